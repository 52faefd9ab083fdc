//! Storage from the command line: volumes of spare drives, lamps, and what is asked before something is erased.

mod program;

use std::process::Output;

use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use program::{errors, json as printed, on, runtime, serve, text};

const STORAGE: &str = "/redfish/v1/Systems/1/Storage/1";
const DRIVES: &str = "/redfish/v1/Chassis/1U/Drives";

fn run(bmc: &MockBmc, arguments: &[&str]) -> Output {
    on(&bmc.url(), "storage", &[arguments, &["--protocol", "redfish"]].concat())
}

fn change(tree: &mut Tree, uri: &str, change: impl FnOnce(&mut Value)) {
    let mut resource = tree.json(uri).cloned().unwrap();
    change(&mut resource);
    tree.insert(uri, resource);
}

/// The demo without its second volume: two drives are spare.
fn with_spare_drives() -> Tree {
    let mut tree = Tree::demo();
    change(&mut tree, &format!("{STORAGE}/Volumes"), |volumes| {
        volumes["Members"].as_array_mut().unwrap().truncate(1);
        volumes["Members@odata.count"] = json!(1);
    });
    for bay in ["Bay2", "Bay3"] {
        change(&mut tree, &format!("{DRIVES}/{bay}"), |drive| drive["Links"]["Volumes"] = json!([]));
    }
    tree
}

/// `--protocol` stands behind the verb's own words.
fn verb(bmc: &MockBmc, verb: &str, words: &[&str]) -> Output {
    program::rosefish(
        &[&["storage", verb, bmc.url().as_str()], words, &["--protocol", "redfish", "--user", "admin"]].concat(),
    )
}

#[test]
fn both_models_of_controllers_are_shown() {
    let runtime = runtime();
    let mut old = Tree::demo();
    change(&mut old, STORAGE, |storage| {
        storage.as_object_mut().unwrap().remove("Controllers");
        storage["StorageControllers"] = json!([{ "MemberId": "0", "Name": "Old Controller", "FirmwareVersion": "7" }]);
    });
    for (tree, name) in [(Tree::demo(), "RAID"), (old, "Old Controller, 7")] {
        let bmc = serve(&runtime, tree);
        let shown = text(&run(&bmc, &["--wide"]));
        for part in [name, "Bay3", "3.8 TB", "in volume 2", "RAID1", "Bay0, Bay1"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}

#[test]
fn a_volume_is_made_of_spare_drives_and_deleted() {
    let runtime = runtime();
    let bmc = serve(&runtime, with_spare_drives());
    let made = verb(&bmc, "create", &["raid1", "--name", "scratch", "--size", "500GB", "--json"]);
    let made = printed(&made);
    assert_eq!(
        (&made["value"]["raid"], &made["value"]["drives"]),
        (&json!("RAID1"), &json!(["Bay2", "Bay3"])),
        "{made:#}"
    );
    let id = made["value"]["volume"].as_str().unwrap();
    let volume = bmc.resource(&format!("{STORAGE}/Volumes/{id}")).unwrap();
    assert_eq!((&volume["CapacityBytes"], &volume["Name"]), (&json!(500_000_000_000_u64), &json!("scratch")));
    let full = verb(&bmc, "create", &["raid0"]);
    assert!(errors(&full).contains("Bay0 is in volume 1"), "{}", errors(&full));
    let taken = verb(&bmc, "create", &["raid0", "--drive", "Bay0"]);
    assert!(errors(&taken).contains("in volume 1"), "{}", errors(&taken));
    let asked = verb(&bmc, "delete", &[id]);
    assert!(asked.status.code() == Some(1) && errors(&asked).contains("--yes"), "{}", errors(&asked));
    let deleted = text(&verb(&bmc, "delete", &[id, "--yes"]));
    assert!(deleted.starts_with(&format!("deleted volume {id}, RAID1 of Bay2, Bay3")), "{deleted}");
    assert!(bmc.resource(&format!("{STORAGE}/Volumes/{id}")).is_none());
    let unknown = verb(&bmc, "delete", &["Nine", "--yes"]);
    assert!(errors(&unknown).contains("choose one of: 1"), "{}", errors(&unknown));
    let strange = verb(&bmc, "create", &["raid7"]);
    assert!(errors(&strange).contains("say how many"), "{}", errors(&strange));
}

#[test]
fn what_erases_asks_first_and_says_what_was_sent() {
    let runtime = runtime();
    let bmc = serve(&runtime, with_spare_drives());
    let posts = |bmc: &MockBmc| {
        bmc.requests().iter().filter(|one| one.method() == "POST" && one.path().contains("Actions")).count()
    };
    for (word, what) in [("initialise", "1"), ("erase", "Bay2")] {
        assert!(errors(&verb(&bmc, word, &[what])).contains("--yes"), "{word}");
    }
    let in_use = verb(&bmc, "erase", &["Bay0", "--yes"]);
    assert!(errors(&in_use).contains("delete that first"), "{}", errors(&in_use));
    let wrong = verb(&bmc, "erase", &["Bay2", "--yes", "--how", "Overwrite"]);
    assert!(!wrong.status.success() && errors(&wrong).contains("BlockErase"), "{}", errors(&wrong));
    let sent = posts(&bmc);
    assert_eq!(sent, 0, "nothing is sent that the service does not take");
    assert!(text(&verb(&bmc, "initialise", &["1", "--yes"])).contains("initialised volume 1, RAID1"));
    let erased = printed(&verb(&bmc, "erase", &["Bay2", "--yes", "--how", "CryptographicErase", "--json"]));
    assert_eq!(erased["sent"], json!(["Drive.SecureErase CryptographicErase"]));
    assert_eq!(posts(&bmc), sent + 2);
}

#[test]
fn a_drive_is_lit_by_the_property_that_it_has() {
    let runtime = runtime();
    let mut old = with_spare_drives();
    let uri = format!("{DRIVES}/Bay3");
    change(&mut old, &uri, |drive| {
        drive.as_object_mut().unwrap().remove("LocationIndicatorActive");
        drive["IndicatorLED"] = json!("Off");
    });
    for (tree, property, value) in
        [(with_spare_drives(), "LocationIndicatorActive", json!(true)), (old, "IndicatorLED", json!("Blinking"))]
    {
        let bmc = serve(&runtime, tree);
        assert_eq!(text(&verb(&bmc, "locate", &["Bay3"])), "the lamp of Bay3 is on\n");
        assert_eq!(bmc.resource(&uri).unwrap()[property], value);
        assert!(text(&run(&bmc, &["--wide"])).contains("lamp on"));
        assert_eq!(text(&verb(&bmc, "locate", &["bay3", "--off"])), "the lamp of Bay3 is off\n");
    }
}

/// `SimpleStorage` is the model from before `Storage`; services have both, of the same drives.
#[test]
fn simple_storage_is_shown_where_nothing_else_describes_it() {
    let runtime = runtime();
    let mut tree = Tree::demo();
    let (system, simple) = ("/redfish/v1/Systems/1", "/redfish/v1/Systems/1/SimpleStorage");
    change(&mut tree, system, |system| system["SimpleStorage"] = json!({ "@odata.id": simple }));
    let members = ["1", "Linked", "SATA"].map(|id| json!({ "@odata.id": format!("{simple}/{id}") }));
    let mut tree = tree.with(
        simple,
        json!({ "@odata.type": "#SimpleStorageCollection.SimpleStorageCollection", "Name": "Simple", "Members": members }),
    );
    for id in ["1", "Linked", "SATA"] {
        let links = if id == "Linked" { json!({ "Storage": { "@odata.id": STORAGE } }) } else { json!({}) };
        let devices = json!([
            { "Name": "Bay 1", "Model": "3000GT8", "CapacityBytes": 8_000_000_000_000_u64, "Status": { "Health": "OK" } },
            { "Name": "Bay 2", "Status": { "State": "Absent" } },
        ]);
        tree.insert(
            &format!("{simple}/{id}"),
            json!({ "@odata.type": "#SimpleStorage.v1_3_2.SimpleStorage", "Id": id, "Name": id, "Links": links, "Devices": devices }),
        );
    }
    let bmc = serve(&runtime, tree);
    let shown = printed(&run(&bmc, &["--json"]));
    let all = shown["value"].as_array().unwrap();
    let names: Vec<_> = all.iter().map(|one| one["storage"].as_str().unwrap()).collect();
    assert_eq!(names, ["1", "SATA"], "what Storage describes as well is there once: {shown:#}");
    let drives = all[1]["drives"].as_array().unwrap();
    assert_eq!((drives.len(), &drives[0]["capacity_bytes"]), (2, &json!(8_000_000_000_000_u64)), "{shown:#}");
    assert_eq!(drives[1]["uri"], json!(format!("{simple}/SATA#/Devices/1")));
    let table = text(&run(&bmc, &["--wide"]));
    assert!(table.contains("8 TB") && table.contains("in SimpleStorage"), "{table}");
    // No volume is made of what has none.
    let full = verb(&bmc, "create", &["raid0", "--storage", "SATA"]);
    assert!(!full.status.success() && errors(&full).contains("choose one of: 1"), "{}", errors(&full));
}
