//! Each rule is broken by a payload that breaks it, and kept by one that keeps it; and hostile payloads do no harm.

mod profile;
#[path = "../program/mod.rs"]
mod program;

use std::fs;
use std::path::PathBuf;

use rosefish_mock::Tree;
use serde_json::{Value, json};

use program::{errors, json as json_of, rosefish as run, runtime};

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-validate-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let file = self.0.join(name);
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    }

    fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The rules that are broken in a folder, each with its pointer, sorted.
#[track_caller]
fn found(folder: &str) -> Vec<String> {
    let report = json_of(&run(&["validate", folder, "--json"]));
    let one =
        |finding: &Value| format!("{} {}", finding["rule"].as_str().unwrap(), finding["pointer"].as_str().unwrap());
    let mut all: Vec<_> = report["findings"].as_array().unwrap().iter().map(one).collect();
    all.sort();
    all
}

/// A chassis that keeps all rules.
fn chassis() -> Value {
    json!({
        "@odata.id": "/redfish/v1/Chassis/1", "@odata.type": "#Chassis.v1_20_0.Chassis", "Id": "1", "Name": "One",
        "ChassisType": "RackMount", "Status": {"State": "Enabled", "Health": "OK"},
        "Links": {"ManagedBy": [{"@odata.id": "/redfish/v1/Managers/1"}], "ManagedBy@odata.count": 1},
        "Actions": {"#Chassis.Reset": {
            "target": "/redfish/v1/Chassis/1/Actions/Chassis.Reset", "ResetType@Redfish.AllowableValues": ["On", "ForceOff"],
        }},
        "Oem": {"Contoso": null},
    })
}

/// The chassis with what stands at these pointers in place of what stood there; null removes it.
fn with(changes: &[(&str, Value)]) -> Value {
    let mut payload = chassis();
    for (pointer, value) in changes {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        let object = payload.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        let name = name.replace("~1", "/");
        match value.as_str() {
            Some("(nothing)") => object.remove(&name),
            _ => object.insert(name, value.clone()),
        };
    }
    payload
}

fn nothing() -> Value {
    json!("(nothing)")
}

/// A name, what is changed, and what is then found.
type Case = (&'static str, Vec<(&'static str, Value)>, &'static [&'static str]);

#[test]
fn each_rule_of_payloads_is_broken_by_what_breaks_it_and_by_nothing_else() {
    let cases: Vec<Case> = vec![
        ("nothing", vec![], &[]),
        ("no-type", vec![("/@odata.type", nothing())], &["type.missing /@odata.type"]),
        ("type-form", vec![("/@odata.type", json!("Chassis.v1_20_0.Chassis"))], &["type.form /@odata.type"]),
        ("type-unknown", vec![("/@odata.type", json!("#ContosoShelf.v1_0_0.ContosoShelf"))], &["type.unknown "]),
        ("type-version", vec![("/@odata.type", json!("#Chassis.v1_999_0.Chassis"))], &["type.version "]),
        (
            "type-misfit",
            vec![("/Status", json!({"@odata.type": "#Chassis.v1_20_0.Chassis", "State": "Enabled"}))],
            &["type.misfit /Status"],
        ),
        ("unknown", vec![("/Colour", json!("red"))], &["property.unknown /Colour"]),
        ("required", vec![("/ChassisType", nothing())], &["property.required /ChassisType"]),
        ("null", vec![("/Name", json!(null))], &["property.null /Name"]),
        ("array", vec![("/Name", json!(["One"]))], &["property.array /Name"]),
        (
            "no-array",
            vec![("/Links/ManagedBy", json!({"@odata.id": "/redfish/v1/Managers/1"}))],
            &["property.array /Links/ManagedBy"],
        ),
        ("kind", vec![("/HeightMm", json!("44"))], &["property.kind /HeightMm"]),
        ("whole", vec![("/ThermalManagedByParent", json!(1))], &["property.kind /ThermalManagedByParent"]),
        ("object", vec![("/Status", json!("OK"))], &["property.object /Status"]),
        ("deprecated", vec![("/IndicatorLED", json!("Lit"))], &["property.deprecated /IndicatorLED"]),
        ("format", vec![("/UUID", json!("not a uuid"))], &["value.format /UUID"]),
        ("enum", vec![("/ChassisType", json!("rackmount"))], &["value.enum /ChassisType"]),
        (
            "enum-version",
            vec![("/@odata.type", json!("#Chassis.v1_0_0.Chassis")), ("/ChassisType", json!("HeatExchanger"))],
            &["value.enum-version /ChassisType"],
        ),
        ("range", vec![("/HeightMm", json!(-1))], &["value.range /HeightMm"]),
        ("empty", vec![("/Model", json!(""))], &["value.empty /Model"]),
        ("slash", vec![("/@odata.id", json!("/redfish/v1/Chassis/1/"))], &["uri.trailing-slash /@odata.id"]),
        (
            "uri",
            vec![("/@odata.id", json!("/redfish/v1/Boxes/1")), ("/Actions", nothing())],
            &["uri.pattern /@odata.id"],
        ),
        ("id", vec![("/Id", json!("2"))], &["identity.id /Id"]),
        (
            "uri-and-id",
            vec![("/@odata.id", json!("/redfish/v1/Boxes/1")), ("/Id", json!("2")), ("/Actions", nothing())],
            &["identity.id /Id", "uri.pattern /@odata.id"],
        ),
        (
            "reference-form",
            vec![("/Links/ManagedBy", json!([{"href": "/redfish/v1/Managers/1"}]))],
            &["reference.form /Links/ManagedBy/0"],
        ),
        (
            "reference-extra",
            vec![("/Links/ManagedBy", json!([{"@odata.id": "/redfish/v1/Managers/1", "Name": "BMC"}]))],
            &["reference.extra /Links/ManagedBy/0"],
        ),
        (
            "reference-type",
            vec![("/Links/ManagedBy", json!([{"@odata.id": "/redfish/v1/Chassis/1"}]))],
            &["reference.type /Links/ManagedBy/0"],
        ),
        (
            "reference-pointer",
            vec![("/Links/ManagedBy", json!([{"@odata.id": "#/Links/Nothing"}]))],
            &["reference.pointer /Links/ManagedBy/0"],
        ),
        (
            "count",
            vec![("/Links/ManagedBy@odata.count", json!(2))],
            &["collection.array-count /Links/ManagedBy@odata.count"],
        ),
        ("annotation", vec![("/@Redfish.Colour", json!("red"))], &["annotation.unknown /@Redfish.Colour"]),
        (
            "annotation-kind",
            vec![("/@Redfish.WriteableProperties", json!("Name"))],
            &["annotation.kind /@Redfish.WriteableProperties"],
        ),
        (
            "annotation-place",
            vec![("/Colour@Redfish.AllowableValues", json!(["red"]))],
            &["annotation.place /Colour@Redfish.AllowableValues"],
        ),
        (
            "action-object",
            vec![("/Actions/#Chassis.Reset", json!("Reset"))],
            &["action.object /Actions/#Chassis.Reset"],
        ),
        (
            "action-unknown",
            vec![("/Actions/#Chassis.Paint", json!({"target": "/redfish/v1/Chassis/1/Actions/Chassis.Paint"}))],
            &["action.unknown /Actions/#Chassis.Paint"],
        ),
        (
            "action-place",
            vec![(
                "/Actions/#ComputerSystem.Reset",
                json!({"target": "/redfish/v1/Chassis/1/Actions/ComputerSystem.Reset"}),
            )],
            &["action.place /Actions/#ComputerSystem.Reset"],
        ),
        (
            "action-target",
            vec![("/Actions/#Chassis.Reset", json!({"target": "/redfish/v1/Chassis/1/Reset"}))],
            &["action.target /Actions/#Chassis.Reset/target"],
        ),
        (
            "action-without",
            vec![("/Actions/#Chassis.Reset", json!({}))],
            &["property.required /Actions/#Chassis.Reset/target"],
        ),
        (
            "action-property",
            vec![("/Actions/#Chassis.Reset/Colour", json!("red"))],
            &["action.property /Actions/#Chassis.Reset/Colour"],
        ),
        (
            "allowable",
            vec![("/Actions/#Chassis.Reset/ResetType@Redfish.AllowableValues", json!(["On", "Explode"]))],
            &["action.allowable /Actions/#Chassis.Reset/ResetType@Redfish.AllowableValues/1"],
        ),
        (
            "parameter",
            vec![("/Actions/#Chassis.Reset/Colour@Redfish.AllowableValues", json!(["red"]))],
            &["action.parameter /Actions/#Chassis.Reset/Colour@Redfish.AllowableValues"],
        ),
        ("oem", vec![("/Oem/Contoso", json!("text"))], &["oem.object /Oem/Contoso", "property.object /Oem/Contoso"]),
        ("oem-type", vec![("/Oem/Contoso", json!({"Colour": "red"}))], &["type.missing /Oem/Contoso/@odata.type"]),
    ];
    let manager = json!({
        "@odata.id": "/redfish/v1/Managers/1", "@odata.type": "#Manager.v1_10_0.Manager", "Id": "1", "Name": "BMC",
    });
    for (name, changes, expected) in cases {
        let folder = Folder::new(name);
        folder.write("manager.json", &manager.to_string());
        folder.write("chassis.json", &with(&changes).to_string());
        assert_eq!(found(folder.text()), expected, "{name}");
    }
}

#[test]
fn collections_members_and_sensors_have_rules_of_their_own() {
    let collection = |members: Value, count: u64| {
        json!({
            "@odata.id": "/redfish/v1/Chassis", "@odata.type": "#ChassisCollection.ChassisCollection", "Name": "All",
            "Members": members, "Members@odata.count": count,
        })
    };
    let member = json!({"@odata.id": "/redfish/v1/Chassis/1"});
    let power = |id: &str, uri: &str| {
        json!({
            "@odata.id": "/redfish/v1/Chassis/1/Power", "@odata.type": "#Power.v1_5_0.Power", "Id": "Power", "Name": "Power",
            "PowerControl": [{"@odata.id": uri, "MemberId": id, "Name": "All"}],
        })
    };
    let own = "/redfish/v1/Chassis/1/Power#/PowerControl/0";
    let temperature = |excerpt: Value| {
        json!({
            "@odata.id": "/redfish/v1/Chassis/1/ThermalSubsystem/ThermalMetrics", "@odata.type": "#ThermalMetrics.v1_3_0.ThermalMetrics",
            "Id": "ThermalMetrics", "Name": "Metrics", "TemperatureReadingsCelsius": [excerpt],
        })
    };
    // What `Power` is about has other places since.
    let is_deprecation = |finding: &String| finding.contains(".deprecated ");
    for (name, payload, expected) in [
        ("whole", collection(json!([member]), 1), vec![]),
        ("count", collection(json!([member]), 2), vec!["collection.count /Members@odata.count"]),
        ("twice", collection(json!([member, member]), 2), vec!["collection.duplicate /Members/1"]),
        ("negative", collection(json!([member]), 1), vec![]),
        ("power", power("0", own), vec![]),
        ("member-id", power("1", own), vec!["identity.member-id /PowerControl/0/MemberId"]),
        ("pointer", power("0", "/redfish/v1/Chassis/1/Power#/0"), vec!["identity.pointer /PowerControl/0/@odata.id"]),
        ("excerpt", temperature(json!({"Reading": 20.5, "DeviceName": "CPU"})), vec![]),
        (
            "not-excerpt",
            temperature(json!({"Reading": 20.5, "Id": "1"})),
            vec!["property.excerpt /TemperatureReadingsCelsius/0/Id"],
        ),
    ] {
        let folder = Folder::new(&format!("member-{name}"));
        folder.write("payload.json", &payload.to_string());
        let mut found = found(folder.text());
        found.retain(|finding| !is_deprecation(finding));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn what_is_not_json_or_not_an_object_is_named() {
    for (name, text, expected) in [
        ("html", "<html>", "answer.json "),
        ("array", "[]", "answer.object "),
        ("empty", "", "answer.json "),
        ("twice", &chassis().to_string().replacen('{', "{\"Name\": \"Two\",", 1), "answer.duplicate-name /Name"),
    ] {
        let folder = Folder::new(&format!("json-{name}"));
        folder.write("payload.json", text);
        assert_eq!(found(folder.text()), [expected], "{name}");
    }
}

#[test]
fn hostile_payloads_do_no_harm() {
    let deep = format!("{}1{}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    let script = "</td><script>alert(1)</script>\u{1b}]0;x\u{7}\u{202e}\u{ffff}]]>&";
    let odd = with(&[
        ("/@odata.type", json!("#Chassis.v1_999999_0.Chassis")),
        (&format!("/{}", script.replace('/', "~1")), json!(script)),
        ("/Name", json!({"a": script})),
        ("/Oem", json!({script: {"@odata.type": format!("#{script}")}})),
        ("/Links/ManagedBy", json!([{"@odata.id": format!("#{}", "/0".repeat(10_000))}, null, 1])),
    ]);
    let folder = Folder::new("hostile");
    folder.write("deep.json", &deep);
    folder.write("odd.json", &odd.to_string());
    let out = Folder::new("hostile-out");
    let (html, junit) = (out.write("report.html", ""), out.write("report.xml", ""));
    let output = run(&["validate", folder.text(), "--html", &html, "--junit", &junit]);
    assert_eq!(output.status.code(), Some(4), "{}", errors(&output));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(!table.contains('\u{1b}') && !table.contains('\u{202e}'));
    let html = fs::read_to_string(html).unwrap();
    assert!(html.contains("&lt;script&gt;") && !html.contains("<script") && !html.contains('\u{1b}'));
    let junit = fs::read_to_string(junit).unwrap();
    assert!(junit.contains("&lt;script&gt;") && !junit.contains("<script") && !junit.contains('\u{ffff}'));
    assert!(junit.contains("<testsuites name=\"rosefish validate\" tests=\"2\" failures=\"2\""), "{junit}");
}

#[test]
fn a_secret_is_not_shown_where_it_should_not_be_there() {
    let folder = Folder::new("secret");
    let account = json!({
        "@odata.id": "/redfish/v1/AccountService/Accounts/1", "@odata.type": "#ManagerAccount.v1_8_0.ManagerAccount", "Id": "1",
        "Name": "root", "Password": "hunter2", "UserName": "root", "RoleId": "Administrator", "AccountTypes": ["Redfish"],
        "Links": {},
    });
    folder.write("account.json", &account.to_string());
    let output = run(&["validate", folder.text(), "--json"]);
    assert_eq!(json_of(&output)["findings"][0]["rule"], "property.write-only");
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hunter2"));
}

#[test]
fn schemas_of_a_vendor_are_used_where_they_are_given() {
    let schemas = Folder::new("schemas");
    schemas.write(
        "ContosoShelf_v1.xml",
        r#"<edmx:Edmx xmlns:edmx="x" Version="4.0"><edmx:Reference Uri="x"><edmx:Include Namespace="Resource.v1_0_0" Alias="R"/>
           </edmx:Reference><edmx:DataServices><Schema Namespace="ContosoShelf"><EntityType Name="ContosoShelf" BaseType="R.Resource"
           Abstract="true"/></Schema><Schema Namespace="ContosoShelf.v1_0_0"><EntityType Name="ContosoShelf"
           BaseType="ContosoShelf.ContosoShelf"><Property Name="Depth" Type="Edm.Int64"/></EntityType></Schema></edmx:DataServices></edmx:Edmx>"#,
    );
    let folder = Folder::new("shelf");
    let shelf = json!({
        "@odata.id": "/redfish/v1/Oem/Contoso/Shelf", "@odata.type": "#ContosoShelf.v1_0_0.ContosoShelf", "Id": "Shelf",
        "Name": "Shelf", "Depth": "3",
    });
    folder.write("shelf.json", &shelf.to_string());
    assert_eq!(found(folder.text()), ["type.unknown "]);
    let report = json_of(&run(&["validate", folder.text(), "--json", "--schemas", schemas.text()]));
    assert_eq!(report["findings"][0]["rule"], "property.kind", "{report:#}");
    assert_eq!(report["errors"], 1);
}

#[test]
fn a_service_is_judged_by_how_it_answers() {
    let runtime = runtime();
    let bmc = program::serve(&runtime, Tree::demo());
    let output = run(&["validate", &bmc.url(), "--user", "admin", "--json"]);
    let report = json_of(&output);
    let of = |rule: &str| {
        let all = report["findings"].as_array().unwrap().iter();
        all.filter(|finding| finding["rule"] == rule).map(|finding| finding["uri"].clone()).collect::<Vec<_>>()
    };
    assert!(report["resources"].as_u64().unwrap() > 100, "{report:#}");
    assert!(report["partial"].as_array().unwrap().is_empty(), "{:#}", report["partial"]);
    for rule in [
        "answer.status",
        "http.odata-version",
        "http.not-found",
        "http.method-not-allowed",
        "http.login-wanted",
        "http.versions",
    ] {
        assert_eq!(of(rule), Vec::<Value>::new(), "{rule}");
    }
}

/// What breaks most rules of HTTP: answers without headers, and everything is 200.
#[test]
fn a_service_that_answers_anything_is_found_out() {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let root = json!({
        "@odata.id": "/redfish/v1/", "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Id": "Root", "Name": "Root",
        "RedfishVersion": "1.6.0", "Links": {"Sessions": {"@odata.id": "/redfish/v1/SessionService/Sessions"}},
    });
    let server = std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0_u8; 4096];
            let read = stream.read(&mut request).unwrap_or(0);
            if request.starts_with(b"GET /end") || read == 0 {
                return;
            }
            let body = root.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\nETag: abc\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let output = run(&["validate", &url, "--json"]);
    let mut end = std::net::TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    let _ = end.write_all(b"GET /end HTTP/1.1\r\n\r\n");
    server.join().unwrap();
    let report = json_of(&output);
    for rule in [
        "http.odata-version",
        "http.content-type",
        "http.cache-control",
        "http.allow-missing",
        "http.etag",
        "http.not-found",
        "http.method-not-allowed",
        "http.versions",
        "http.metadata",
        "http.not-modified",
        "uri.other",
        "reference.type",
    ] {
        assert!(report["rules"][rule].as_u64().is_some(), "{rule}: {report:#}");
    }
}

#[test]
fn a_dangling_reference_is_found_in_a_whole_tree_alone() {
    let root = json!({
        "@odata.id": "/redfish/v1", "@odata.type": "#ServiceRoot.v1_5_0.ServiceRoot", "Id": "Root", "Name": "Root",
        "RedfishVersion": "1.6.0", "Links": {"Sessions": {"@odata.id": "/redfish/v1/SessionService/Sessions"}},
    });
    let folder = Folder::new("dangling");
    folder.write("chassis.json", &chassis().to_string());
    assert_eq!(found(folder.text()), Vec::<String>::new());
    folder.write("root.json", &root.to_string());
    assert_eq!(found(folder.text()), ["reference.broken /Links/ManagedBy/0", "reference.broken /Links/Sessions"]);
}
