//! What vendors add is found in files and services, and drafted as CSDL that compiles.

mod program;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rosefish_codegen::csdl::Document;
use rosefish_codegen::{Manifest, Model, Selection, build, csdl, load, pinned, rust};
use rosefish_mock::MockBmc;
use serde_json::{Value, json};

use program::{errors, json as json_of, rosefish as run};

/// A folder that is removed when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-oem-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
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

/// Returns what a made-up vendor adds, with names that are difficult for CSDL and for Rust.
fn payloads() -> [(&'static str, Value); 3] {
    [
        (
            "chassis.json",
            json!({
                "@odata.id": "/redfish/v1/Chassis/1", "@odata.type": "#Chassis.v1_20_0.Chassis", "Id": "1", "Name": "One",
                "Actions": {"Oem": {"#Contoso.Polish": {
                    "target": "/redfish/v1/Chassis/1/Actions/Oem/Contoso.Polish",
                    "@Redfish.ActionInfo": "/redfish/v1/Chassis/1/PolishActionInfo",
                    "Shine@Redfish.AllowableValues": ["High", "Low"],
                }}},
                "Links": {"Oem": {"Contoso": {"Shelf": {"@odata.id": "/redfish/v1/Oem/Contoso/Shelf"}}}},
                "Oem": {"Contoso": {
                    "@odata.type": "#ContosoChassis.v1_2_0.ContosoChassis",
                    "Lights": "On", "Watts": 1.5, "Slots": 4, "Quiet": true, "Nothing": null, "AdminPassword": "hunter2",
                    "Fans": [{"Name": "a", "Speed": 1}, {"Name": "b", "Speed": "fast", "Inner": {"type": 1}}],
                    "Attributes": {"Users.2.Name": "root", "Users.3.Name": 7, "self": "me", "Self": "you", "1": "x"},
                    "Words": ["a", "b"], "Matrix": [[1], [2]], "Empty": {}, "None": [],
                    "Peers": [{"@odata.id": "/redfish/v1/Chassis/2"}], "Peers@odata.count": 1,
                    "a\"><Bad/>&\u{1b}\u{202e}": "name",
                }, "Fabrikam": "plain"},
            }),
        ),
        (
            "shelf.json",
            json!({
                "@odata.id": "/redfish/v1/Oem/Contoso/Shelf", "@odata.type": "#ContosoShelf.v1_0_0.ContosoShelf",
                "Id": "Shelf", "Name": "Shelf", "Depth": 3, "ContosoShelf": {"Depth": 4}, "Oem": {"contoso": {"Type": "x"}},
            }),
        ),
        (
            "info.json",
            json!({
                "@odata.id": "/redfish/v1/Chassis/1/PolishActionInfo", "@odata.type": "#ActionInfo.v1_4_2.ActionInfo",
                "Id": "I", "Name": "I", "Parameters": [{"Name": "Times", "DataType": "Number", "Required": true}],
            }),
        ),
    ]
}

fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    for (file, payload) in payloads() {
        fs::write(folder.0.join(file), payload.to_string()).unwrap();
    }
    folder
}

fn vendor<'a>(found: &'a Value, name: &str) -> &'a Value {
    found["vendors"].as_array().unwrap().iter().find(|vendor| vendor["name"] == name).unwrap()
}

fn property<'a>(place: &'a Value, pointer: &str) -> &'a Value {
    let mut all = place["properties"].as_array().unwrap().iter();
    all.find(|property| property["pointer"] == pointer).unwrap_or_else(|| panic!("no {pointer}: {place}"))
}

#[track_caller]
fn is_contoso(found: &Value) {
    let contoso = vendor(found, "Contoso");
    let places = contoso["places"].as_array().unwrap();
    let at = |pointer: &str| places.iter().find(|place| place["pointer"] == pointer).unwrap();
    let place = at("/Oem/Contoso");
    assert_eq!((&place["resource"], &place["count"]), (&json!("Chassis"), &json!(1)));
    assert_eq!(place["types"], json!(["#ContosoChassis.v1_2_0.ContosoChassis"]));
    assert_eq!(property(place, "/Lights")["samples"], json!(["On"]));
    assert_eq!(property(place, "/Fans/*/Speed")["kinds"], json!(["text", "number"]));
    assert_eq!(property(place, "/Fans/*/Name")["count"], 2);
    assert_eq!(property(place, "/Nothing")["kinds"], json!(["null"]));
    assert_eq!(property(at("/Links/Oem/Contoso"), "/Shelf")["kinds"], json!(["object"]));
    let action = &contoso["actions"][0];
    assert_eq!((&action["name"], &action["resource"]), (&json!("#Contoso.Polish"), &json!("Chassis")));
    let names: Vec<_> = action["parameters"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["Times", "Shine"]);
    assert_eq!(contoso["types"][0]["name"], "ContosoShelf.ContosoShelf");
    assert!(!found.to_string().contains("hunter2"), "secrets are not shown");
}

#[test]
fn what_a_vendor_adds_is_found_in_files() {
    let folder = folder("files");
    fs::write(folder.0.join("broken.json"), "{").unwrap();
    let output = run(&["oem", folder.text(), "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    assert!(errors(&output).contains("not read: broken.json"), "{}", errors(&output));
    is_contoso(&json_of(&output));
    assert_eq!(vendor(&json_of(&output), "Fabrikam")["places"][0]["kinds"], json!(["text"]));
    let table = String::from_utf8(run(&["oem", folder.text(), "--vendor", "contoso", "--wide"]).stdout).unwrap();
    for words in ["/Oem/Contoso/Lights", "#Contoso.Polish", "Times Shine=High|Low", "ContosoShelf.ContosoShelf"] {
        assert!(table.contains(words), "{words}: {table}");
    }
    assert!(!table.contains("Fabrikam") && !table.contains("hunter2") && !table.contains('\u{1b}'), "{table}");
}

#[tokio::test]
async fn what_a_vendor_adds_is_found_in_a_service() {
    let mock = MockBmc::builder().plain().credentials("admin", "password").start().await.unwrap();
    for (_, payload) in payloads() {
        let uri = payload["@odata.id"].as_str().unwrap().to_owned();
        mock.set(&uri, payload);
    }
    let mut chassis = mock.resource("/redfish/v1/Chassis").unwrap();
    chassis["Members"].as_array_mut().unwrap().push(json!({"@odata.id": "/redfish/v1/Chassis/1"}));
    mock.set("/redfish/v1/Chassis", chassis);
    let output = run(&["oem", &mock.url(), "--json", "--vendor", "contoso", "--user", "admin"]);
    is_contoso(&json_of(&output));
    assert_eq!(mock.sessions(), 0, "the command has logged out");
}

#[test]
fn what_a_pack_has_a_type_for_is_told() {
    // The service root of an IEIT SYSTEMS server, as the vendor's manual has it; its values are made up.
    let folder = Folder::new("typed");
    let payload = json!({
        "@odata.id": "/redfish/v1", "@odata.type": "#ServiceRoot.v1_12_0.ServiceRoot", "Id": "RootService", "Name": "Root Service",
        "Oem": {"Public": {
            "ManagementIPv4": "192.0.2.7", "Manufacturer": "IEIT SYSTEMS", "Model": "SA5212-M7", "SerialNumber": "123",
            "Unheard": true,
        }},
    });
    fs::write(folder.0.join("root.json"), payload.to_string()).unwrap();
    let found = json_of(&run(&["oem", folder.text(), "--json"]));
    let place = &vendor(&found, "Public")["places"][0];
    for (name, ty) in [
        ("/ManagementIPv4", json!("OemPublic.ServiceRoot")),
        ("/Manufacturer", json!("OemPublic.ServiceRoot")),
        ("/Model", json!("OemPublic.ServiceRoot")),
        ("/SerialNumber", json!("OemPublic.ServiceRoot")),
        ("/Unheard", Value::Null),
    ] {
        assert_eq!(property(place, name)["type"], ty, "{name}");
    }
    let table = String::from_utf8(run(&["oem", folder.text(), "--wide"]).stdout).unwrap();
    let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap_or_default();
    assert!(line("/Model").contains("OemPublic.ServiceRoot") && line("/Model").contains("SA5212-M7"), "{table}");
    assert!(!line("/Unheard").contains("OemPublic"), "{table}");
    let checked = json_of(&run(&["check", folder.text(), "--json"]));
    assert_eq!(checked["oem"], json!({"Public": {"leaves": 5, "typed_leaves": 4}}));
}

/// Compiles Redfish's schemas together with drafts.
fn compiled(mut documents: Vec<Document>, drafts: &Path) -> Model {
    let manifest = Manifest::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/bundle.toml")).unwrap();
    let mut files: Vec<_> = fs::read_dir(drafts).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let name = file.file_name().unwrap().to_str().unwrap();
        documents.push(csdl::parse(name, &text).unwrap_or_else(|error| panic!("{error}")));
    }
    build(documents, &manifest, &Selection::All).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the fields of a type, and what they are.
fn fields(model: &Model, schema: &str, name: &str) -> Vec<(String, String)> {
    let found = model.structs.values().find(|ty| ty.name.schema == schema && ty.name.name == name);
    let found = found.unwrap_or_else(|| panic!("no {schema}.{name}"));
    found.fields.iter().map(|field| (field.json.clone(), format!("{:?}", field.ty))).collect()
}

#[test]
fn a_draft_of_hard_names_compiles() {
    let (payloads, drafts) = (folder("hard"), Folder::new("drafts"));
    let output = run(&["oem", payloads.text(), "--csdl", drafts.text()]);
    assert!(output.status.success(), "{}", errors(&output));
    let model = compiled(load(&pinned()).unwrap(), &drafts.0);
    assert!(rust::emit(&model).files.iter().any(|(name, _)| name.ends_with("contoso_chassis.rs")));
    let chassis = fields(&model, "ContosoChassis", "ContosoChassis");
    let names: Vec<_> = chassis.iter().map(|(name, _)| name.as_str()).collect();
    for name in
        ["Lights", "Watts", "Slots", "Quiet", "Nothing", "Fans", "Attributes", "Words", "Matrix", "Empty", "Peers"]
    {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(fields(&model, "ContosoShelf", "ContosoShelf").iter().any(|(name, _)| name == "Depth"));
    let again = run(&["oem", payloads.text(), "--csdl", drafts.text()]);
    assert_eq!(again.status.code(), Some(1), "drafts that somebody may have worked on are not overwritten");
}

/// Names that would be paths, markup, code or too long, each beside a harmless one.
#[test]
fn drafts_of_hostile_names_stay_in_their_folder_and_hide_none_of_the_others() {
    let (payloads, drafts) = (Folder::new("hostile"), Folder::new("hostile-drafts"));
    let long = "A".repeat(5000);
    let names = [
        "\"/><Evil",
        "*/ fn x(){}",
        "a\"#b",
        "\u{202e}abc",
        "fn",
        "../../etc",
        "a\nb",
        "<!--",
        "\0",
        "}}",
        &long,
        "Zeta",
    ];
    let oem: serde_json::Map<_, _> = names
        .iter()
        .map(|name| {
            let inner = json!({ *name: { *name: 1 }, "@odata.type": format!("#{name}.{name}"), "Plain": 1 });
            ((*name).to_owned(), inner)
        })
        .collect();
    let system = json!({ "@odata.id": "/redfish/v1/Systems/1", "@odata.type": "#ComputerSystem.v1_0_0.ComputerSystem", "Oem": oem });
    fs::create_dir_all(&payloads.0).unwrap();
    fs::write(payloads.0.join("system.json"), system.to_string()).unwrap();
    let target = drafts.0.join("inner");
    let output = run(&["oem", payloads.text(), "--csdl", target.to_str().unwrap()]);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(!errors(&output).contains(['\u{202e}', '\0']), "{}", errors(&output));
    assert_eq!(fs::read_dir(&drafts.0).unwrap().count(), 1, "nothing is beside the folder");
    let written = fs::read_dir(&target).unwrap().count();
    assert!(written >= names.len() - 3 && target.join("OemZeta_v1.xml").exists(), "{written}");
    let model = compiled(load(&pinned()).unwrap(), &target);
    // Another test covers what the compiler makes of such texts.
    for (name, _) in &rust::emit(&model).files {
        assert!(!name.contains(".."), "{name}");
    }
}

#[test]
#[ignore = "needs ../shared/corpus"]
fn the_drafts_of_whole_trees_compile() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let list = fs::read_to_string(corpus.join("TREES.tsv")).unwrap();
    let rows: BTreeSet<(&str, &str)> = list
        .lines()
        .skip(1)
        .filter_map(|row| row.split_once('\t'))
        .map(|(source, rest)| (source, first(rest)))
        .collect();
    let (standard, mut drafted) = (load(&pinned()).unwrap(), 0);
    for (source, tree) in rows {
        let folder = find(corpus.join(source), tree);
        let drafts = Folder::new(&format!("{source}-{tree}"));
        let output = run(&["oem", folder.to_str().unwrap(), "--csdl", drafts.text()]);
        assert!(matches!(output.status.code(), Some(0 | 3)), "{source} {tree}: {}", errors(&output));
        if fs::read_dir(&drafts.0).unwrap().next().is_some() {
            assert!(!rust::emit(&compiled(standard.clone(), &drafts.0)).files.is_empty(), "{source} {tree}");
            drafted += 1;
        }
    }
    assert!(drafted > 20, "{drafted}");
}

fn first(row: &str) -> &str {
    row.split('\t').next().unwrap_or_default()
}

fn find(source: PathBuf, tree: &str) -> PathBuf {
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        if folder.file_name().is_some_and(|name| name == tree) {
            return folder;
        }
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        folders.extend(entries.map(|entry| entry.path()).filter(|path| path.is_dir()));
    }
    panic!("no tree {tree}");
}
