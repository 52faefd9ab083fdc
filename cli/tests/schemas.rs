//! `rosefish schemas`: what a service publishes as files, and what differs.

mod program;

use std::fs;
use std::path::{Path, PathBuf};

use program::{errors, json, rosefish, runtime, serve, text};
use rosefish_mock::Tree;
use serde_json::json;

const METADATA: &str = r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
  <edmx:Reference Uri="/redfish/v1/Schemas/Contoso_v1.xml"><edmx:Include Namespace="Contoso"/></edmx:Reference>
  <edmx:Reference Uri="/redfish/v1/Schemas/..%2f..%2fLost_v1.xml"><edmx:Include Namespace="Lost"/></edmx:Reference>
  <edmx:Reference Uri="http://redfish.dmtf.org/schemas/v1/Chassis_v1.xml"><edmx:Include Namespace="Chassis"/></edmx:Reference>
  <edmx:DataServices/>
</edmx:Edmx>"#;

/// Refers back to where it was referred to.
const CSDL: &str = r#"<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
  <edmx:Reference Uri="/redfish/v1/$metadata"/>
  <edmx:DataServices><Schema Namespace="Contoso.v1_0_0">
    <ComplexType Name="Part"><Property Name="Size" Type="Edm.Int64"/></ComplexType></Schema></edmx:DataServices>
</edmx:Edmx>"#;

const JSON_SCHEMA: &str =
    r#"{"definitions": {"Part": {"type": "object", "properties": {"Size": {"type": "integer"}}}}}"#;

fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("schemas").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

fn path(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

/// The demo machine with schemas of its own.
fn tree() -> Tree {
    let demo = Tree::demo();
    let mut root = demo.json("/redfish/v1").unwrap().clone();
    root["JsonSchemas"] = json!({"@odata.id": "/redfish/v1/JsonSchemas"});
    let file = |id: &str, uri: &str| {
        json!({"@odata.id": format!("/redfish/v1/JsonSchemas/{id}"), "@odata.type": "#JsonSchemaFile.v1_1_5.JsonSchemaFile", "Id": id, "Name": id,
               "Location": [{"Language": "ja", "Uri": "/ja.json"}, {"Language": "en", "Uri": uri}]})
    };
    let members: Vec<_> =
        ["Contoso", "Far"].iter().map(|id| json!({"@odata.id": format!("/redfish/v1/JsonSchemas/{id}")})).collect();
    demo.with("/redfish/v1", root)
        .with(
            "/redfish/v1/JsonSchemas",
            json!({"@odata.id": "/redfish/v1/JsonSchemas", "@odata.type": "#JsonSchemaFileCollection.JsonSchemaFileCollection",
                   "Name": "Files", "Members": members, "Members@odata.count": 2}),
        )
        .with("/redfish/v1/JsonSchemas/Contoso", file("Contoso", "/redfish/v1/SchemaStore/Contoso.json"))
        .with("/redfish/v1/JsonSchemas/Far", file("Far", "https://elsewhere.example/Far.json"))
        .with_body("/redfish/v1/SchemaStore/Contoso.json", JSON_SCHEMA)
        .with_body("/redfish/v1/$metadata", METADATA)
        .with_body("/redfish/v1/Schemas/Contoso_v1.xml", CSDL)
        .with_body("/redfish/v1/openapi.yaml", "openapi: 3.0.1\npaths: {}\n")
}

#[test]
fn what_a_service_publishes_becomes_files_and_what_is_elsewhere_is_named() {
    let runtime = runtime();
    let bmc = serve(&runtime, tree());
    let (dir, url) = (folder("fetched"), bmc.url());
    let output = rosefish(&["schemas", "fetch", &url, path(&dir), "--user", "admin", "--json"]);
    let told = json(&output);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert_eq!(told["value"]["files"], json!({"csdl": 2, "json-schema": 1, "openapi": 1}), "{told:#}");
    assert_eq!(fs::read_to_string(dir.join("csdl/Contoso_v1.xml")).unwrap(), CSDL);
    assert_eq!(fs::read_to_string(dir.join("csdl/metadata.xml")).unwrap(), METADATA);
    assert_eq!(fs::read_to_string(dir.join("json-schema/Contoso.json")).unwrap(), JSON_SCHEMA);
    assert!(dir.join("openapi/openapi.yaml").is_file());
    let errors = errors(&output);
    for named in ["Lost_v1.xml", "http://redfish.dmtf.org/schemas/v1/Chassis_v1.xml"] {
        assert!(
            errors.lines().any(|line| line.starts_with("not read: ") && line.contains(named)),
            "{named} in {errors}"
        );
    }
    // A circle of references is read once.
    bmc.requests().to("GET", "/redfish/v1/$metadata").assert_once();
    let again = rosefish(&["schemas", "fetch", &url, path(&dir), "--user", "admin"]);
    assert_eq!(again.status.code(), Some(1), "the folder is not empty any more");
}

#[test]
fn what_differs_between_two_folders_is_a_line_each() {
    let dir = folder("compared");
    for (name, text) in [
        ("a/csdl/Contoso_v1.xml", CSDL.to_owned()),
        ("b/Contoso_v1.xml", CSDL.replace("Edm.Int64", "Edm.String")),
        ("c/json-schema/Contoso.v1_0_0.json", JSON_SCHEMA.to_owned()),
        ("d/Broken_v1.xml", "<Edmx>".to_owned()),
    ] {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    let diff = |one: &str, other: &str, more: &[&str]| {
        let (one, other) = (dir.join(one), dir.join(other));
        rosefish(&[&["schemas", "diff", path(&one), path(&other)], more].concat())
    };
    let output = diff("a", "b", &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "~ Contoso.Part/Size: type integer -> string\n");
    assert_eq!(output.status.code(), Some(4));
    assert_eq!(json(&diff("a", "b", &["--json"]))[0]["aspect"], "type");
    assert_eq!(text(&diff("a", "a", &[])), "");
    let other_language = String::from_utf8(diff("a", "c", &[]).stdout).unwrap();
    assert!(!other_language.contains("type integer"), "{other_language}");
    let output = diff("a", "d", &[]);
    assert!(output.status.code() == Some(1) && errors(&output).contains("Broken_v1.xml:1"), "{}", errors(&output));
}

#[test]
fn a_type_is_shown_as_json_schema() {
    let output = rosefish(&["schema", "Thermal", "--json-schema"]);
    assert_eq!(json(&output)["title"], "Thermal.Thermal");
    assert_eq!(rosefish(&["schema", "Thermal/Fans", "--json-schema"]).status.code(), Some(1));
}
