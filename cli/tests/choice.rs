//! Machines of which a service has several, and changes that are not seen: what is printed, and the exit codes.

use std::process::{Command, Output, Stdio};

use rosefish_mock::fault::{Action, Rule, Unreadable};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule as IpmiRule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

const SYSTEMS: &str = "/redfish/v1/Systems";

/// A service with these systems, and a runtime that serves it.
fn service(systems: &[&str]) -> (tokio::runtime::Runtime, MockBmc) {
    of_tree(Tree::demo(), systems)
}

/// As [`service`], with all that belongs to a system below each.
fn whole_service(systems: &[&str]) -> (tokio::runtime::Runtime, MockBmc) {
    let mut tree = Tree::demo();
    let below = format!("{SYSTEMS}/1/");
    let uris: Vec<String> = tree.uris().filter(|uri| uri.starts_with(&below)).map(str::to_owned).collect();
    for uri in uris {
        let text = tree.json(&uri).unwrap().to_string();
        for id in systems {
            let rename = |text: &str| text.replace("/Systems/1/", &format!("/Systems/{id}/"));
            tree.insert(&rename(&uri), serde_json::from_str(&rename(&text)).unwrap());
        }
    }
    of_tree(tree, systems)
}

fn of_tree(mut tree: Tree, systems: &[&str]) -> (tokio::runtime::Runtime, MockBmc) {
    let first = tree.json(&format!("{SYSTEMS}/1")).unwrap().to_string();
    for id in systems {
        let mut one: Value = serde_json::from_str(&first.replace("/Systems/1", &format!("/Systems/{id}"))).unwrap();
        (one["Id"], one["Name"]) = (json!(id), json!(format!("Node {id}")));
        tree.insert(&format!("{SYSTEMS}/{id}"), one);
    }
    let members: Value = systems.iter().map(|id| json!({ "@odata.id": format!("{SYSTEMS}/{id}") })).collect();
    let mut collection = tree.json(SYSTEMS).unwrap().clone();
    (collection["Members"], collection["Members@odata.count"]) = (members, json!(systems.len()));
    tree.insert(SYSTEMS, collection);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let builder = MockBmc::builder().tree(tree).plain().credentials("admin", "password");
    let mock = runtime.block_on(builder.start()).unwrap();
    (runtime, mock)
}

fn run(command: &str, host: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rosefish"))
        .args([command, host])
        .args(arguments)
        .args(["--user", "admin"])
        .env("ROSEFISH_PASSWORD", "password")
        .env_remove("ROSEFISH_USER")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The exit code, standard output, and standard error.
fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn redfish(mock: &MockBmc, command: &str, arguments: &[&str]) -> (Option<i32>, String, String) {
    told(&run(command, &mock.url(), &[arguments, &["--protocol", "redfish"]].concat()))
}

#[test]
fn every_read_is_of_all_systems() {
    let (_runtime, mock) = whole_service(&["NodeA", "NodeB"]);
    for (noun, verb) in [
        ("power", "status"),
        ("power", "policy"),
        ("boot", "status"),
        ("boot", "options"),
        ("boot", "progress"),
        ("bios", "get"),
        ("bios", "secure-boot"),
        ("sel", "list"),
        ("identify", "status"),
    ] {
        let (code, shown, errors) = redfish(&mock, noun, &[verb]);
        assert!(code == Some(0) && shown.starts_with("SYSTEM"), "{noun} {verb}: {code:?} {shown}{errors}");
        for node in ["NodeA", "NodeB"] {
            assert!(shown.lines().any(|line| line.starts_with(node)), "{noun} {verb}: {shown}");
        }
        let (_, shown, _) = redfish(&mock, noun, &[verb, "--system", "NodeB"]);
        assert!(!shown.contains("SYSTEM") && !shown.contains("NodeA"), "{noun} {verb}: {shown}");
    }
    assert_eq!(redfish(&mock, "bios", &["pending"]).1, "nothing is pending\n");
    redfish(&mock, "bios", &["set", "QuietBoot=off", "--system", "NodeB"]);
    let (_, pending, errors) = redfish(&mock, "bios", &["pending"]);
    assert!(pending.lines().nth(1).is_some_and(|line| line.starts_with("NodeB")), "{pending}{errors}");
    let (_, json, _) = redfish(&mock, "sel", &["list", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert!(json["value"][1]["system"] == "NodeB" && json["value"][1]["value"][0]["message"].is_string(), "{json:#}");
}

#[test]
fn a_service_of_chassis_alone_names_them_where_one_is_lit() {
    let (_runtime, mock) = service(&[]);
    let mut chassis = mock.resource("/redfish/v1/Chassis").unwrap();
    let first = mock.resource("/redfish/v1/Chassis/1U").unwrap().to_string();
    let mut rack: Value = serde_json::from_str(&first.replace("/Chassis/1U", "/Chassis/Rack")).unwrap();
    rack["Id"] = json!("Rack");
    mock.set("/redfish/v1/Chassis/Rack", rack);
    chassis["Members"].as_array_mut().unwrap().push(json!({ "@odata.id": "/redfish/v1/Chassis/Rack" }));
    mock.set("/redfish/v1/Chassis", chassis);
    for verb in ["status", "on"] {
        let (code, _, errors) = redfish(&mock, "identify", &[verb]);
        assert!(code == Some(1) && errors.contains("several chassis") && errors.contains("Rack"), "{verb}: {errors}");
    }
    assert_eq!(redfish(&mock, "identify", &["on", "--chassis", "Rack"]).1, "on\n");
    assert_eq!(redfish(&mock, "identify", &["status", "--chassis", "Rack"]).1, "on\n");
    assert_ne!(redfish(&mock, "identify", &["status", "--chassis", "1U"]).1, "on\n");
}

#[test]
fn all_systems_are_shown_and_one_is_changed() {
    let (_runtime, mock) = service(&["NodeA", "NodeB"]);
    let (code, _, errors) = redfish(&mock, "power", &["off", "--force"]);
    assert_eq!(code, Some(1));
    let text = "this service has several systems; choose one of: NodeA, NodeB (`--system`, `HostBuilder::system`)";
    assert!(errors.contains(text), "{errors}");

    let (code, out, _) = redfish(&mock, "power", &["off", "--force", "--system", "nodeb"]);
    assert_eq!((code, out.as_str()), (Some(0), "turned off\n"));
    let (code, out, _) = redfish(&mock, "power", &[]);
    assert_eq!((code, out.as_str()), (Some(0), "SYSTEM  POWER\nNodeA   on\nNodeB   off\n"));
    let (_, out, _) = redfish(&mock, "power", &["--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["value"][1], json!({ "system": "NodeB", "value": "off" }), "{json}");

    // The URL of a system names it as well, and one system alone is shown as ever.
    let url = format!("{}{SYSTEMS}/NodeB", mock.url());
    assert_eq!(told(&run("power", &url, &["--protocol", "redfish"])).1, "off\n");
    assert_eq!(told(&run("power", &url, &["on", "--protocol", "redfish"])).1, "turned on\n");
    let (code, _, errors) = redfish(&mock, "power", &["on", "--system", "NodeC"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("there is no system NodeC here; choose one of: NodeA, NodeB"), "{errors}");
    for verb in ["boot", "identify"] {
        let (code, out, errors) = redfish(&mock, verb, &[]);
        assert_eq!((code, out.lines().count()), (Some(0), 3), "{verb}: {out}{errors}");
        let (_, out, _) = redfish(&mock, verb, &["--system", "NodeA"]);
        assert_eq!(out.lines().count(), 1, "{verb}: {out}");
    }
    assert_eq!(mock.sessions(), 0);
}

#[test]
fn a_system_that_cannot_be_read_is_named_and_the_others_are_shown() {
    let (_runtime, mock) = service(&["NodeA", "NodeB"]);
    mock.faults().add(Rule::unreadable(&format!("{SYSTEMS}/NodeA"), Unreadable::ServerError));
    let (code, out, errors) = redfish(&mock, "power", &[]);
    assert_eq!((code, out.as_str()), (Some(3), "SYSTEM  POWER\nNodeB   on\n"), "{errors}");
    assert!(errors.contains("not read: /redfish/v1/Systems/NodeA"), "{errors}");
    let (code, out, _) = redfish(&mock, "power", &["--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &json["partial"][0]["where"]), (Some(3), &json!("/redfish/v1/Systems/NodeA")));
}

#[test]
fn nothing_is_said_to_be_done_that_was_not_seen() {
    let (_runtime, mock) = service(&["1"]);
    let reset = "/redfish/v1/Systems/1/Actions/*";
    let system = "/redfish/v1/Systems/1";
    for (command, arguments, method, path, still) in [
        ("boot", &["pxe", "--uefi"][..], "PATCH", system, "asked for pxe, once, UEFI; still no override after 5 s"),
        ("identify", &["on"], "PATCH", system, "asked to turn the identify light on; still off after 5 s"),
        ("power", &["off", "--force"], "POST", reset, "asked to turn off; still on after 10 s"),
    ] {
        let rule = mock.faults().add(Rule::pretended(method, path));
        let (code, out, errors) = redfish(&mock, command, arguments);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{command}");
        assert!(errors.contains(still), "{command}: {errors}");
        mock.faults().remove(rule);
    }
    for (command, arguments, method, path, words) in [
        ("boot", &["pxe", "--uefi"][..], "PATCH", system, "pxe, once, UEFI\n"),
        ("identify", &["on"], "PATCH", system, "on\n"),
        ("power", &["off", "--force"], "POST", reset, "asked to turn off\n"),
    ] {
        let gone = mock.faults().add(
            Rule::confirmed(method, path).then(Action::arm(Rule::unreadable(system, Unreadable::NotFound).times(6))),
        );
        let (code, out, errors) = redfish(&mock, command, arguments);
        assert_eq!((code, out.as_str()), (Some(0), words), "{command}: {errors}");
        assert!(errors.contains("could not be read") && errors.contains("404"), "{command}: {errors}");
        mock.faults().remove(gone);
        mock.faults().clear();
    }
    for (arguments, words) in [
        (&["on"][..], "turned on\n"),
        (&["reset"], "asked to restart\n"),
        (&["reset", "--force"], "reset sent\n"),
        (&["cycle"], "asked to turn off and on\n"),
        (&["nmi"], "interrupt sent\n"),
        (&["off"], "asked to shut down\n"),
    ] {
        let (code, out, errors) = redfish(&mock, "power", arguments);
        assert_eq!((code, out.as_str()), (Some(0), words), "{arguments:?}: {errors}");
    }
}

#[test]
fn what_was_really_sent_is_in_the_json() {
    let (_runtime, mock) = service(&["1"]);
    let uri = format!("{SYSTEMS}/1");
    let mut system = mock.resource(&uri).unwrap();
    system["Actions"]["#ComputerSystem.Reset"]["ResetType@Redfish.AllowableValues"] = json!(["On", "ForceOff"]);
    mock.set(&uri, system);
    let (code, out, errors) = redfish(&mock, "power", &["cycle", "--json"]);
    assert_eq!(code, Some(0), "{errors}");
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["sent"], json!(["ComputerSystem.Reset ForceOff", "ComputerSystem.Reset On"]));
    let told = "turned off and on (ComputerSystem.Reset ForceOff, then ComputerSystem.Reset On)\n";
    assert_eq!(redfish(&mock, "power", &["cycle"]).1, told);
}

#[test]
fn by_ipmi_nothing_is_said_either_that_was_not_seen() {
    const CHASSIS: u8 = 0;
    let bmc = MockIpmi::builder().start_blocking().unwrap();
    let port = bmc.addr().port().to_string();
    let ipmi = |command: &str, arguments: &[&str]| {
        told(&run(command, "127.0.0.1", &[arguments, &["--protocol", "ipmi", "--port", &port]].concat()))
    };
    bmc.rule(IpmiRule::always(CHASSIS, 0x02, Act::Reply(0, Vec::new())));
    let (code, out, errors) = ipmi("power", &["off", "--force"]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("asked to turn off; still on after 10 s"), "{errors}");
    bmc.clear_rules();
    assert_eq!(ipmi("power", &["off", "--force"]).1, "turned off\n");
    let (code, _, errors) = ipmi("power", &["--system", "1"]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("IPMI can't tell systems apart"), "{errors}");

    // A channel that isn't there is an error.
    let lan = |arguments: &[&str]| told(&run("lan", "127.0.0.1", &[arguments, &["--port", &port]].concat()));
    assert_eq!(lan(&["--channel", "9"]).0, Some(1));
    // A parameter that is set and doesn't stick.
    bmc.rule(IpmiRule::always(0x0C, 0x01, Act::Reply(0, Vec::new())));
    let (code, out, errors) = lan(&["set", "--gateway", "192.0.2.77"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{errors}");
    assert!(errors.contains("accepted it, but"), "{errors}");
}
