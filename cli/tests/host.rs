//! Operating a machine from the command line: one that knows IPMI alone, and one that has both.

mod program;

use std::process::Output;

use rosefish_mock::ipmi::{MockIpmi, Privilege};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::Value;

use program::terminal::Terminal;
use program::{errors, program, text};

/// Runs a command on a host that knows IPMI alone: nobody listens where its Redfish service would be.
fn legacy(bmc: &MockIpmi, command: &str, arguments: &[&str]) -> Output {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    run(&format!("http://{nobody}"), bmc, command, arguments)
}

fn run(host: &str, bmc: &MockIpmi, command: &str, arguments: &[&str]) -> Output {
    let port = bmc.addr().port().to_string();
    let line = [&[command, host], arguments, &["--port", &port, "--user", "admin"]].concat();
    program(&line).env("ROSEFISH_NEW_PASSWORD", "a new one").output().unwrap()
}

#[track_caller]
fn json(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap()
}

fn bmc() -> MockIpmi {
    MockIpmi::builder().start_blocking().unwrap()
}

#[test]
fn the_power_of_a_legacy_host_is_told_and_changed() {
    let bmc = bmc();
    let output = legacy(&bmc, "power", &["status"]);
    assert_eq!(text(&output), "on\n");
    assert!(errors(&output).contains("not by Redfish (probe)"), "{}", errors(&output));
    assert_eq!(text(&legacy(&bmc, "power", &["off", "--force"])), "turned off\n");
    let state = json(&legacy(&bmc, "power", &["--json"]));
    assert_eq!((&state["value"], &state["backend"]), (&Value::from("off"), &Value::from("ipmi")));
    assert_eq!(text(&legacy(&bmc, "power", &["on"])), "turned on\n");
    let refused = legacy(&bmc, "power", &["reset"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(errors(&refused).contains("restart"), "{}", errors(&refused));
}

#[test]
fn the_sensors_of_a_legacy_host_are_shown() {
    let bmc = bmc();
    let shown = text(&legacy(&bmc, "sensors", &["--thresholds"]));
    assert!(shown.starts_with("NAME") && shown.contains("CPU0 Temp") && shown.contains("P12V"), "{shown}");
    let all = json(&legacy(&bmc, "sensors", &["--json"]));
    let rail = all["value"].as_array().unwrap().iter().find(|sensor| sensor["name"] == "P12V").unwrap();
    assert_eq!(rail["status"], "ok");
    assert!((rail["reading"].as_f64().unwrap() - 12.0).abs() < 0.1, "{rail}");
}

#[test]
fn the_event_log_of_a_legacy_host_is_shown_and_cleared() {
    let bmc = bmc();
    let shown = text(&legacy(&bmc, "sel", &[]));
    assert!(shown.lines().count() > 2 && shown.contains("20"), "{shown}");
    assert_eq!(text(&legacy(&bmc, "sel", &["clear"])), "cleared\n");
    let left = json(&legacy(&bmc, "sel", &["--json"]));
    assert!(left["value"].as_array().unwrap().len() <= 1, "{left}");
}

#[test]
fn the_inventory_of_a_legacy_host_is_shown() {
    let bmc = bmc();
    let shown = text(&legacy(&bmc, "inventory", &[]));
    for kind in ["system", "chassis", "board", "power-supply"] {
        assert!(shown.contains(kind), "{shown}");
    }
}

#[test]
fn the_boot_override_of_a_legacy_host_is_told_and_set() {
    let bmc = bmc();
    assert_eq!(text(&legacy(&bmc, "boot", &[])), "no override\n");
    assert_eq!(text(&legacy(&bmc, "boot", &["pxe", "--uefi"])), "pxe, once, UEFI\n");
    assert_eq!(text(&legacy(&bmc, "boot", &[])), "pxe, once, UEFI\n");
    assert_eq!(text(&legacy(&bmc, "boot", &["none"])), "no override\n");
    let refused = legacy(&bmc, "boot", &["uefi-http", "--uefi"]);
    assert!(!refused.status.success() && errors(&refused).contains("IPMI"), "{}", errors(&refused));
}

#[test]
fn the_rest_works_on_a_legacy_host_as_well() {
    let bmc = bmc();
    assert_eq!(text(&legacy(&bmc, "identify", &["on", "--seconds", "5"])), "on\n");
    assert_eq!(text(&legacy(&bmc, "identify", &[])), "on\n");
    assert!(text(&legacy(&bmc, "bmc", &[])).contains("IPMI 2.0"));
    assert!(text(&legacy(&bmc, "users", &[])).contains("admin"));
    let lan = text(&legacy(&bmc, "lan", &[]));
    assert!(lan.contains("192.0.2.10") && lan.contains("02:00:5e:10:20:30"), "{lan}");
    // Get Device ID; the device's number comes first.
    assert!(text(&legacy(&bmc, "raw", &["6", "0x01", "-C", "17", "-L", "user"])).starts_with(" 20 "));
    assert_eq!(text(&legacy(&bmc, "bmc", &["reset"])), "the BMC restarts\n");
}

#[test]
fn the_console_of_a_legacy_host_is_shown_until_the_input_ends() {
    let bmc = bmc();
    let output = legacy(&bmc, "sol", &[]);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(errors(&output).contains("detached"), "{}", errors(&output));
}

#[test]
#[ignore = "needs script"]
fn the_console_takes_the_terminal_and_gives_it_back() {
    let bmc = bmc();
    let (program, port) = (env!("CARGO_BIN_EXE_rosefish"), bmc.addr().port());
    let command = format!(
        "echo before $(stty -g); {program} sol 127.0.0.1 --port {port} --user admin; echo code $?; echo after $(stty -g)"
    );
    let mut terminal = Terminal::run(&command);
    terminal.until("mock console ready");
    // Ctrl-C goes to the machine as well: the terminal makes no signal of it.
    terminal.type_in("\x03hello\r");
    terminal.until("hello\r\n# ");
    terminal.type_in("~.");
    let seen = terminal.end();
    assert!(seen.contains("detached") && seen.contains("code 0"), "{seen}");
    let settings = |when: &str| seen.split_once(when).unwrap().1.split_whitespace().next().unwrap().to_owned();
    assert_eq!(settings("before "), settings("after "), "{seen}");
    assert_eq!(bmc.machine().lock().console.received(), b"\x03hello\r");
}

#[test]
fn the_lan_configuration_of_a_legacy_host_is_changed() {
    let bmc = bmc();
    let arguments =
        ["set", "--source", "static", "--address", "192.0.2.77", "--netmask", "255.255.254.0", "--vlan", "7"];
    assert_eq!(text(&legacy(&bmc, "lan", &arguments)), "set\n");
    let shown = json(&legacy(&bmc, "lan", &["--json"]))["value"].clone();
    assert_eq!((&shown["address"], &shown["subnet_mask"]), (&"192.0.2.77".into(), &"255.255.254.0".into()));
    assert_eq!((&shown["vlan"], &shown["gateway"]), (&7.into(), &"192.0.2.1".into()));
    assert_eq!(text(&legacy(&bmc, "lan", &["set", "--vlan", "off"])), "set\n");
    assert_eq!(json(&legacy(&bmc, "lan", &["--json"]))["value"]["vlan"], Value::Null);
    for wrong in [&["set"][..], &["--address", "192.0.2.9"], &["set", "--netmask", "255.0.255.0"]] {
        assert_eq!(legacy(&bmc, "lan", wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn users_of_a_legacy_host_are_added_changed_and_removed() {
    let bmc = bmc();
    let held = |name: &str| {
        let machine = bmc.machine().lock();
        machine.users.iter().find(|(_, user)| user.name == name).map(|(_, user)| user.clone())
    };
    let added = text(&legacy(&bmc, "users", &["add", "monitor", "user"]));
    assert!(added.starts_with("added monitor as user "), "{added}");
    let user = held("monitor").unwrap();
    assert!(user.enabled && user.messaging && user.has_password("a new one"), "{user:?}");
    assert_eq!(user.privilege, Some(Privilege::User));
    let again = legacy(&bmc, "users", &["add", "monitor", "user"]);
    assert!(!again.status.success() && errors(&again).contains("already"), "{}", errors(&again));

    text(&legacy(&bmc, "users", &["role", "monitor", "operator"]));
    assert_eq!(held("monitor").unwrap().privilege, Some(Privilege::Operator));
    text(&legacy(&bmc, "users", &["disable", "monitor"]));
    assert!(!held("monitor").unwrap().enabled);
    text(&legacy(&bmc, "users", &["enable", "monitor"]));
    assert!(held("monitor").unwrap().enabled);
    text(&legacy(&bmc, "users", &["password", "admin"]));
    assert!(held("admin").unwrap().has_password("a new one"));
}

#[test]
fn a_removed_user_is_gone_and_unknown_ones_are_refused() {
    let bmc = bmc();
    text(&legacy(&bmc, "users", &["add", "monitor", "user"]));
    assert_eq!(text(&legacy(&bmc, "users", &["remove", "monitor"])), "removed monitor\n");
    assert!(!text(&legacy(&bmc, "users", &[])).contains("monitor"));
    let unknown = legacy(&bmc, "users", &["disable", "monitor"]);
    assert!(!unknown.status.success() && errors(&unknown).contains("no user"), "{}", errors(&unknown));
    for wrong in [&["add"][..], &["add", "monitor"], &["remove", "monitor", "user"]] {
        assert_eq!(legacy(&bmc, "users", wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn users_are_changed_by_redfish_under_the_same_verb() {
    let ipmi = bmc();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for quirk in [None, Some(Quirk::AccountSlots)] {
        let mut builder = MockBmc::builder().plain().credentials("admin", "password");
        if let Some(quirk) = quirk {
            builder = builder.quirk(quirk);
        }
        let redfish = runtime.block_on(builder.start()).unwrap();
        let users = |arguments: &[&str]| run(&redfish.url(), &ipmi, "users", arguments);
        assert!(text(&users(&["add", "monitor", "read-only"])).starts_with("added monitor as user "));
        text(&users(&["role", "monitor", "operator"]));
        text(&users(&["password", "monitor"]));
        text(&users(&["disable", "monitor"]));
        let list = json(&users(&["--json"]));
        let monitor = list["value"].as_array().unwrap().iter().find(|user| user["name"] == "monitor").unwrap().clone();
        assert_eq!((&monitor["role"], &monitor["enabled"]), (&Value::from("Operator"), &Value::from(false)));
        let unknown = users(&["role", "monitor", "king"]);
        assert!(!unknown.status.success() && errors(&unknown).contains("choose one of"), "{}", errors(&unknown));
        assert_eq!(text(&users(&["remove", "monitor"])), "removed monitor\n");
        assert_eq!(redfish.sessions(), 0);
    }
    assert_eq!(ipmi.stats().received, 0);
}

#[test]
fn a_protocol_can_be_insisted_on() {
    let ipmi = bmc();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let redfish = runtime.block_on(MockBmc::builder().plain().credentials("admin", "password").start()).unwrap();
    for (protocol, backend) in [("auto", "redfish"), ("redfish", "redfish"), ("ipmi", "ipmi")] {
        let state = json(&run(&redfish.url(), &ipmi, "power", &["--protocol", protocol, "--json"]));
        assert_eq!(state["backend"], backend);
    }
    assert_eq!(redfish.sessions(), 0);
    let none = legacy(&ipmi, "power", &["--protocol", "redfish"]);
    assert!(!none.status.success());
}
