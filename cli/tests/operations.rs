//! What people do to a machine from the command line: inventory, sensors, logs, power.

mod program;

use std::process::Output;

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::ipmi::machine::sensor::{Conversion, Sensor};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use program::{errors, json as json_of, on, rosefish, runtime, serve, text, with_triggers};

fn run(bmc: &MockBmc, arguments: &[&str]) -> Output {
    let url = bmc.url();
    let rest = [&[arguments[0], url.as_str()], &arguments[1..], &["--protocol", "redfish", "--user", "admin"]].concat();
    rosefish(&rest)
}

#[test]
fn an_inventory_is_kept_and_compared() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let file = std::env::temp_dir().join(format!("rosefish-inventory-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    assert!(text(&run(&bmc, &["inventory", "--save", path])).contains("memory"));
    let same = run(&bmc, &["inventory", "--diff", path]);
    assert_eq!((same.status.code(), text(&same).as_str()), (Some(0), ""));
    let uri = "/redfish/v1/Systems/1/Memory/DIMM_P1_B1";
    let mut dimm = bmc.resource(uri).unwrap();
    dimm["SerialNumber"] = json!("ANOTHER");
    bmc.set(uri, dimm);
    let changed = run(&bmc, &["inventory", "--diff", path]);
    assert_eq!(changed.status.code(), Some(4));
    let shown = String::from_utf8(changed.stdout).unwrap();
    assert!(shown.starts_with("changed: memory") && shown.contains("ANOTHER") && shown.lines().count() == 1, "{shown}");
    std::fs::remove_file(&file).unwrap();
    let only = text(&run(&bmc, &["inventory", "--kind", "power-supply"]));
    assert!(only.lines().skip(1).all(|line| line.starts_with("power-supply")) && only.lines().count() > 1, "{only}");
    let wrong = run(&bmc, &["inventory", "--kind", "spoon"]);
    assert!(wrong.status.code() == Some(2) && errors(&wrong).contains("power-supply"), "{}", errors(&wrong));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn problems_are_found_and_have_an_exit_code() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let well = run(&bmc, &["sensors", "--problems"]);
    let before: usize = String::from_utf8_lossy(&well.stdout).lines().count();
    assert!(matches!(well.status.code(), Some(0 | 4)));
    let uri = "/redfish/v1/Chassis/1U/PowerSubsystem/PowerSupplies/PSU2";
    let mut supply = bmc.resource(uri).unwrap();
    supply["Status"] = json!({ "State": "UnavailableOffline", "Health": "Critical" });
    bmc.set(uri, supply);
    let uri = "/redfish/v1/Chassis/1U/PowerSubsystem";
    let mut subsystem = bmc.resource(uri).unwrap();
    subsystem["PowerSupplyRedundancy"] =
        json!([{ "RedundancyType": "NPlusM", "Status": { "State": "Enabled", "Health": "Warning" } }]);
    bmc.set(uri, subsystem);
    let found = run(&bmc, &["sensors", "--problems", "--json"]);
    assert_eq!(found.status.code(), Some(4));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    let has = |kind: &str, status: &str| {
        found["value"].as_array().unwrap().iter().any(|one| one["kind"] == kind && one["status"] == status)
    };
    assert!(has("power-supply", "critical") && has("redundancy", "warning"), "{found:#}");
    assert!(found["value"].as_array().unwrap().len() > before.saturating_sub(1));
    let kinds = run(&bmc, &["sensors", "--kind", "Temperature", "--json"]);
    let kinds: Value = serde_json::from_slice(&kinds.stdout).unwrap();
    let all = kinds["value"].as_array().unwrap();
    assert!(!all.is_empty() && all.iter().all(|one| one["kind"] == "temperature" && one["unit"] == "Cel"), "{kinds:#}");
    let none = run(&bmc, &["sensors", "--kind", "moonlight"]);
    assert!(!none.status.success() && errors(&none).contains("temperature"), "{}", errors(&none));
}

#[test]
fn logs_are_shown_listed_saved_and_cleared_by_name() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let list: Value = serde_json::from_str(&text(&run(&bmc, &["logs", "list", "--json"]))).unwrap();
    let log = list["value"][0]["log"].as_str().unwrap().to_owned();
    let all = text(&run(&bmc, &["logs"]));
    assert!(all.starts_with("TIME") && all.contains(&log), "{all}");
    assert_eq!(text(&run(&bmc, &["logs", "--last", "1"])).lines().count(), 2);
    let file = std::env::temp_dir().join(format!("rosefish-logs-{}.json", std::process::id()));
    let saved = text(&run(&bmc, &["logs", "--save", file.to_str().unwrap()]));
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(saved.starts_with(&format!("{} entries", kept.as_array().unwrap().len())), "{saved}");
    assert!(kept[0]["log"].is_string() && kept[0]["message"].is_string(), "{kept:#}");
    for wrong in [&["logs", "clear"][..], &["logs", "list", "--last", "1"], &["logs", "--since", "soon"]] {
        assert_eq!(run(&bmc, wrong).status.code(), Some(2), "{wrong:?}");
    }
    let unknown = run(&bmc, &["logs", "clear", "--log", "FDR"]);
    assert!(!unknown.status.success() && errors(&unknown).contains(&log), "{}", errors(&unknown));
    assert_eq!(text(&run(&bmc, &["logs", "clear", "--log", &log])), format!("cleared {log}\n"));
}

#[test]
fn a_restart_in_two_steps_says_so_and_a_wait_sees_its_end() {
    let runtime = runtime();
    let uri = "/redfish/v1/Systems/1";
    let mut tree = Tree::demo();
    let mut system = tree.json(uri).cloned().unwrap();
    let reset = &mut system["Actions"]["#ComputerSystem.Reset"];
    reset["ResetType@Redfish.AllowableValues"] = json!(["On", "ForceOff", "GracefulShutdown"]);
    reset.as_object_mut().unwrap().remove("@Redfish.ActionInfo");
    system["PowerRestorePolicy"] = json!("AlwaysOn");
    tree.insert(uri, system);
    let bmc = serve(&runtime, tree);
    let done = text(&run(&bmc, &["power", "reset", "--wait=20"]));
    assert!(done.contains("GracefulShutdown, then ComputerSystem.Reset On"), "{done}");
    assert_eq!(text(&run(&bmc, &["power", "off", "--wait"])), "turned off\n");
    assert_eq!(text(&run(&bmc, &["power", "policy"])), "always on\n");
    assert_eq!(text(&run(&bmc, &["power", "policy", "last-state"])), "last state\n");
    // A second word is a second host, and several are not changed just so.
    let two = run(&bmc, &["power", "on", "last-state"]);
    assert!(two.status.code() == Some(1) && errors(&two).contains("2 hosts"), "{}", errors(&two));
}

#[test]
fn a_verdict_has_reasons_and_an_exit_code() {
    let runtime = runtime();
    let mut tree = Tree::demo();
    let well = |tree: &Tree| {
        let bmc = serve(&runtime, tree.clone());
        run(&bmc, &["health", "--json"])
    };
    // The machine that is well, whatever the demo's is.
    let before: Value = serde_json::from_slice(&well(&tree).stdout).unwrap();
    let known = before["value"]["reasons"].as_array().unwrap().len();
    assert!(before["value"]["seen"].as_u64().unwrap() > 10, "{before:#}");
    let uri = "/redfish/v1/Chassis/1U/Drives/Bay1";
    let mut drive = tree.json(uri).cloned().unwrap();
    drive["Status"] = json!({ "State": "Enabled", "Health": "Critical" });
    tree.insert(uri, drive);
    let bad = well(&tree);
    assert_eq!(bad.status.code(), Some(4));
    let bad: Value = serde_json::from_slice(&bad.stdout).unwrap();
    assert_eq!(
        (&bad["value"]["verdict"], bad["value"]["reasons"].as_array().unwrap().len()),
        (&json!("critical"), known + 1)
    );
    assert_eq!(bad["value"]["reasons"][0]["id"], uri, "the worst comes first: {bad:#}");
    let bmc = serve(&runtime, tree);
    let shown = String::from_utf8(run(&bmc, &["health", "--since", "3650d"]).stdout).unwrap();
    assert!(shown.starts_with("critical\n") && shown.contains(uri), "{shown}");
}

#[test]
fn units_are_the_same_by_either_protocol() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let ipmi = MockIpmi::builder().start_blocking().unwrap();
    let port = ipmi.addr().port().to_string();
    let by_ipmi = on("127.0.0.1", "sensors", &["--protocol", "ipmi", "--json", "--port", &port]);
    let units = |output: &Output, kind: &str| -> Vec<String> {
        let all: Value = serde_json::from_slice(&output.stdout).unwrap();
        let of_kind = all["value"].as_array().unwrap().iter().filter(|one| one["kind"] == kind);
        let mut units: Vec<_> = of_kind.filter_map(|one| one["unit"].as_str().map(str::to_owned)).collect();
        units.sort();
        units.dedup();
        units
    };
    let by_redfish = run(&bmc, &["sensors", "--json"]);
    for (kind, unit) in [("temperature", "Cel"), ("voltage", "V")] {
        for output in [&by_redfish, &by_ipmi] {
            assert_eq!(units(output, kind), [unit], "{kind}");
        }
    }
}

/// The body of a full sensor record (IPMI 2.0, table 43-1) of a temperature in degrees: what it says of its abilities, and which thresholds
/// it names as readable.
fn record(number: u8, name: &str, abilities: u8, readable: u16) -> Vec<u8> {
    let mut body = vec![0x20, 0, number, 0x37, 1, 0x7F, abilities, 1, 1];
    for word in [0, 0, readable] {
        body.extend_from_slice(&u16::to_le_bytes(word));
    }
    // Unsigned degrees, linear, M = 1; then nominal values, range, initial thresholds, hysteresis.
    body.extend_from_slice(&[0, 1, 0, 0, 1, 0, 0, 0, 0, 0]);
    body.extend_from_slice(&[7, 40, 50, 30, 0xFF, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0]);
    body.push(0xC0 | u8::try_from(name.len()).unwrap());
    body.extend_from_slice(name.as_bytes());
    body
}

#[test]
fn thresholds_are_those_that_the_record_of_a_sensor_knows_of() {
    let bmc = MockIpmi::builder().start_blocking().unwrap();
    // The BMC has an upper critical threshold of each and would answer. Bits 2 and 3 of the abilities say whether it can be read.
    let sensors = [
        (0xA1, "Named", 0x68, 0b01_0000, Some(90.0)),
        (0xA2, "Only able", 0x68, 0, Some(90.0)),
        (0xA3, "Named alone", 0x60, 0b01_0000, Some(90.0)),
        (0xA4, "Neither", 0x60, 0, None),
    ];
    {
        let mut machine = bmc.machine().lock();
        for (number, name, abilities, readable, _) in sensors {
            machine.sdr.push(1, &record(number, name, abilities, readable));
            let sensor = Sensor::analog(number, name, 1, (0x37, 1), Conversion::linear(1, 1, 0), 40.0);
            machine.sensors.push(sensor.with_thresholds([None, None, None, None, Some(90.0), None]));
        }
    }
    let port = bmc.addr().port().to_string();
    let arguments = ["sensors", "127.0.0.1", "--protocol", "ipmi", "--port", &port, "--user", "admin", "--json"];
    let shown = json_of(&rosefish(&arguments));
    let all = shown["value"].as_array().unwrap();
    for (_, name, _, _, wanted) in sensors {
        let one = all.iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("{name}: {shown:#}"));
        assert_eq!(one["reading"], 40.0, "{name}");
        assert_eq!(one["thresholds"]["upper_critical"].as_f64(), wanted, "{name}: {one:#}");
    }
}

#[test]
fn a_place_that_is_a_list_is_shown_by_the_parts_that_are_there() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let uri = "/redfish/v1/Chassis/1U";
    for (info, format, shown) in [
        (";;;;1", "DataCenter;RoomName;Aisle;RackName;RackSlot", json!("RackSlot 1")),
        ("Paris;;7;;", "DataCenter;RoomName;Aisle;RackName;RackSlot", json!("DataCenter Paris, Aisle 7")),
        ("row 3", "text", json!("row 3")),
        (";;;;", "DataCenter;RoomName;Aisle;RackName;RackSlot", Value::Null),
    ] {
        let mut chassis = bmc.resource(uri).unwrap();
        chassis["Location"] = json!({ "Info": info, "InfoFormat": format });
        bmc.set(uri, chassis);
        let all = json_of(&run(&bmc, &["inventory", "--kind", "chassis", "--json"]));
        let one = &all["value"][0];
        assert_eq!(one["details"].get("location").unwrap_or(&Value::Null), &shown, "{info}: {one:#}");
    }
}

/// `--protocol` stands behind the verb's own words.
fn verb(bmc: &MockBmc, verb: &[&str], words: &[&str]) -> Output {
    let url = bmc.url();
    rosefish(&[verb, &[url.as_str()], words, &["--protocol", "redfish", "--user", "admin"]].concat())
}

fn patches(bmc: &MockBmc) -> usize {
    bmc.requests().iter().filter(|one| one.method() == "PATCH").count()
}

const CONTROL: &str = "/redfish/v1/Chassis/1U/Controls/PowerLimit";

#[test]
fn a_power_limit_is_shown_once_set_within_its_range_and_taken_out_of_force() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let shown = json_of(&verb(&bmc, &["power", "limit"], &["--json"]));
    let all = shown["value"].as_array().unwrap();
    assert_eq!(all.len(), 1, "the same limit is in three places: {shown:#}");
    assert_eq!(all[0]["also_at"].as_array().unwrap().len(), 2, "{shown:#}");
    let range = (&all[0]["active"], &all[0]["lowest_watts"], &all[0]["highest_watts"]);
    assert_eq!(range, (&json!(false), &json!(250.0), &json!(760.0)));
    for (watts, part) in [("100", "at least 250 W"), ("9000", "at most 760 W")] {
        let refused = verb(&bmc, &["power", "limit"], &["--watts", watts]);
        assert!(refused.status.code() == Some(1) && errors(&refused).contains(part), "{}", errors(&refused));
    }
    assert_eq!(patches(&bmc), 0, "what is out of range is not sent");
    assert_eq!(text(&verb(&bmc, &["power", "limit"], &["--watts", "500"])), "PowerLimit: 500 W\n");
    let control = bmc.resource(CONTROL).unwrap();
    assert_eq!((&control["SetPoint"], &control["ControlMode"]), (&json!(500), &json!("Automatic")));
    let again = json_of(&verb(&bmc, &["power", "limit"], &["--watts", "500", "--json"]));
    assert_eq!(again["sent"], json!([]), "it is so already");
    assert_eq!(patches(&bmc), 1);
    assert_eq!(text(&verb(&bmc, &["power", "limit"], &["--off"])), "PowerLimit: 500 W, not in force\n");
    assert_eq!(bmc.resource(CONTROL).unwrap()["ControlMode"], "Disabled");
    let both = verb(&bmc, &["power", "limit"], &["--off", "--watts", "500"]);
    assert_eq!(both.status.code(), Some(2));
    let named = verb(&bmc, &["power", "limit"], &["--watts", "500", "--limit", "Nine"]);
    assert!(errors(&named).contains("choose one of: PowerLimit"), "{}", errors(&named));
}

#[test]
fn of_several_power_limits_one_is_named() {
    let runtime = runtime();
    let mut tree = Tree::demo();
    for (uri, name) in [("/redfish/v1/Chassis/1U", "Controls"), ("/redfish/v1/Chassis/1U", "EnvironmentMetrics")] {
        let mut chassis = tree.json(uri).cloned().unwrap();
        chassis.as_object_mut().unwrap().remove(name);
        tree.insert(uri, chassis);
    }
    let power = "/redfish/v1/Chassis/1U/Power";
    let mut old = tree.json(power).cloned().unwrap();
    let mut second = old["PowerControl"][0].clone();
    second["Name"] = json!("Memory");
    old["PowerControl"].as_array_mut().unwrap().push(second);
    tree.insert(power, old);
    let bmc = serve(&runtime, tree);
    let several = verb(&bmc, &["power", "limit"], &["--watts", "300"]);
    assert!(errors(&several).contains("choose one of: 1U/0, 1U/1"), "{}", errors(&several));
    let one = verb(&bmc, &["power", "limit"], &["--watts", "300", "--limit", "memory"]);
    assert_eq!(text(&one), "1U/1: 300 W\n");
    let limits = bmc.resource(power).unwrap();
    let limit = |at: usize| &limits["PowerControl"][at]["PowerLimit"]["LimitInWatts"];
    assert_eq!((limit(0), limit(1)), (&Value::Null, &json!(300)));
    assert_eq!(text(&verb(&bmc, &["power", "limit"], &["--off", "--limit", "1U/1"])), "1U/1: no limit\n");
}

#[test]
fn a_power_limit_that_was_confirmed_and_is_not_there_is_an_error() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    bmc.faults().add(Rule::on("PATCH", "**/Controls/PowerLimit").then(Action::Status(204)));
    let lost = verb(&bmc, &["power", "limit"], &["--watts", "500"]);
    assert_eq!(lost.status.code(), Some(1));
    assert!(errors(&lost).contains("asked for 500; still 700, and not in force"), "{}", errors(&lost));
    assert_eq!(patches(&bmc), 1, "it is sent once");
}

#[test]
fn the_dcmi_limit_is_set_by_ipmi() {
    let bmc = MockIpmi::builder().start_blocking().unwrap();
    let port = bmc.addr().port().to_string();
    let limit = |words: &[&str]| {
        let rest = ["--protocol", "ipmi", "--port", &port, "--user", "admin"];
        rosefish(&[&["power", "limit", "127.0.0.1"], words, &rest].concat())
    };
    assert_eq!(text(&limit(&["--watts", "400"])), "DCMI: 400 W\n");
    let shown = json_of(&limit(&["--json"]));
    let one = &shown["value"][0];
    assert_eq!((&one["kind"], &one["watts"], &one["active"]), (&json!("dcmi"), &json!(400.0), &json!(true)));
    assert!(one["consumed_watts"].is_number(), "{shown:#}");
    assert_eq!(text(&limit(&["--off"])), "DCMI: no limit\n");
    assert!(!limit(&["--watts", "70000"]).status.success());
}

#[test]
fn a_fan_control_is_set_in_its_unit() {
    let runtime = runtime();
    let mut tree = Tree::demo();
    let (collection, fan) = ("/redfish/v1/Chassis/1U/Controls", "/redfish/v1/Chassis/1U/Controls/FanSpeed");
    let mut controls = tree.json(collection).cloned().unwrap();
    controls["Members"].as_array_mut().unwrap().push(json!({ "@odata.id": fan }));
    tree.insert(collection, controls);
    let tree = tree.with(
        fan,
        json!({
            "@odata.id": fan,
            "@odata.type": "#Control.v1_7_0.Control",
            "Id": "FanSpeed",
            "Name": "Fan speed",
            "ControlType": "Percent",
            "PhysicalContext": "Fan",
            "ControlMode": "Automatic",
            "SetPoint": 45,
            "SetPointUnits": "%",
            "AllowableMin": 20,
            "AllowableMax": 100,
        }),
    );
    let bmc = serve(&runtime, tree);
    let shown = text(&verb(&bmc, &["controls"], &["--wide"]));
    assert!(shown.contains("45 %") && shown.contains("20-100") && shown.contains("PowerLimit"), "{shown}");
    let set = json_of(&verb(&bmc, &["controls", "set"], &["fanspeed", "62.5", "--json"]));
    assert_eq!((&set["value"]["set_point"], &set["value"]["unit"]), (&json!(62.5), &json!("%")));
    assert_eq!(bmc.resource(fan).unwrap()["SetPoint"], json!(62.5));
    let low = verb(&bmc, &["controls", "set"], &["FanSpeed", "5"]);
    assert!(errors(&low).contains("at least 20 %"), "{}", errors(&low));
    let limits = json_of(&verb(&bmc, &["power", "limit"], &["--json"]));
    assert_eq!(limits["value"].as_array().unwrap().len(), 1, "a fan is not a power limit");
}

#[test]
fn metrics_have_units_and_what_is_missing_is_named() {
    let runtime = runtime();
    let bmc = serve(&runtime, with_triggers());
    let shown = json_of(&verb(&bmc, &["metrics"], &["--json"]));
    let all = shown["value"].as_array().unwrap();
    let one = |id: &str| all.iter().find(|one| one["id"] == id).unwrap_or_else(|| panic!("{id}: {shown:#}"));
    let power = one("PowerConsumption");
    assert_eq!((&power["number"], &power["unit"], &power["report"]), (&json!(318.0), &json!("W"), &json!("Power")));
    let only = text(&verb(&bmc, &["metrics"], &["Power", "--latest"]));
    assert!(only.lines().count() == 2 && only.contains("318.0"), "{only}");
    let wrong = verb(&bmc, &["metrics"], &["Nonsense"]);
    assert!(errors(&wrong).contains("choose one of:") && errors(&wrong).contains("Temperature"), "{}", errors(&wrong));
    for (words, part) in [("reports", "Temperature"), ("definitions", "Cel"), ("triggers", "UpperCritical 45")] {
        let shown = text(&verb(&bmc, &["metrics", words], &["--wide"]));
        assert!(shown.contains(part), "{words}: {shown}");
    }
    bmc.faults().add(Rule::on("GET", "**/MetricReports/Temperature").then(Action::Status(500)));
    bmc.faults().add(Rule::on("GET", "**/MetricDefinitions/PowerConsumption").then(Action::Status(500)));
    let partial = verb(&bmc, &["metrics"], &["--json"]);
    assert_eq!(partial.status.code(), Some(3));
    let shown = json_of(&partial);
    assert_eq!((&shown["value"][0]["id"], &shown["value"][0]["unit"]), (&json!("PowerConsumption"), &Value::Null));
    assert_eq!(shown["partial"].as_array().unwrap().len(), 2, "{shown:#}");
}
