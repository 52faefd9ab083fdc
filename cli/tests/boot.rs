//! From where a machine starts, from the command line: options, order, the next start, and how far it is.

mod program;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rosefish_mock::MockBmc;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use program::{errors, runtime, text};

const SYSTEM: &str = "/redfish/v1/Systems/1";

fn serve(runtime: &Runtime) -> MockBmc {
    let delay = Duration::from_millis(400);
    let builder = MockBmc::builder().plain().credentials("admin", "password").power_delay(delay);
    runtime.block_on(builder.start()).unwrap()
}

fn command(bmc: &MockBmc, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosefish"));
    command.args(["boot", &bmc.url()]).args(arguments).args(["--protocol", "redfish", "--user", "admin"]);
    command.env("ROSEFISH_PASSWORD", "password").stdin(Stdio::null());
    command
}

fn run(bmc: &MockBmc, arguments: &[&str]) -> Output {
    command(bmc, arguments).output().unwrap()
}

#[test]
fn options_are_shown_in_their_order_and_the_order_is_changed() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    let shown = text(&run(&bmc, &["options"]));
    assert!(shown.lines().nth(1).unwrap().contains("Boot0001") && shown.lines().count() == 4, "{shown}");
    assert_eq!(text(&run(&bmc, &["order", "boot0003"])), "Boot0003, Boot0001, Boot0002\n");
    let sent = bmc.requests().to("PATCH", SYSTEM).assert_once().json().unwrap();
    assert_eq!(sent, json!({ "Boot": { "BootOrder": ["Boot0003", "Boot0001", "Boot0002"] } }));
    let first: Value = serde_json::from_slice(&run(&bmc, &["options", "--json"]).stdout).unwrap();
    assert_eq!((&first["value"][0]["reference"], &first["value"][0]["place"]), (&json!("Boot0003"), &json!(1)));
    // Once more is not a change.
    text(&run(&bmc, &["order", "Boot0003", "Boot0001"]));
    bmc.requests().to("PATCH", SYSTEM).assert_once();
    let unknown = run(&bmc, &["order", "Boot0099"]);
    assert!(
        !unknown.status.success() && errors(&unknown).contains("Boot0003, Boot0001, Boot0002"),
        "{}",
        errors(&unknown)
    );
    assert_eq!(run(&bmc, &["order"]).status.code(), Some(2));
}

#[test]
fn the_next_start_is_from_a_uri_a_path_or_an_option() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    for (arguments, target, property, value) in [
        (["http", "http://192.0.2.1/boot.efi"], "UefiHttp", "HttpBootUri", "http://192.0.2.1/boot.efi"),
        (
            ["target", "PciRoot(0x0)/Pci(0x1,0x0)"],
            "UefiTarget",
            "UefiTargetBootSourceOverride",
            "PciRoot(0x0)/Pci(0x1,0x0)",
        ),
        (["next", "Boot0002"], "UefiBootNext", "BootNext", "Boot0002"),
    ] {
        bmc.clear_requests();
        let told = text(&run(&bmc, &arguments));
        assert!(told.contains(value) && told.contains("once"), "{told}");
        let sent = bmc.requests().to("PATCH", SYSTEM).assert_once().json().unwrap();
        assert_eq!(
            (&sent["Boot"]["BootSourceOverrideTarget"], &sent["Boot"][property]),
            (&json!(target), &json!(value))
        );
        assert_eq!(text(&run(&bmc, &[])), told, "read back");
    }
    assert_eq!(run(&bmc, &["http"]).status.code(), Some(2));
    assert_eq!(run(&bmc, &["pxe", "spoon"]).status.code(), Some(2));
}

#[test]
fn a_start_is_followed_until_the_operating_system_runs() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    assert_eq!(text(&run(&bmc, &["progress"])), "OSRunning\n");
    let mut system = bmc.resource(SYSTEM).unwrap();
    system["BootProgress"]["LastState"] = json!("PrimaryProcessorInitializationStarted");
    bmc.set(SYSTEM, system.clone());
    let mut child = command(&bmc, &["progress", "--follow"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().ends_with("PrimaryProcessorInitializationStarted"));
    for stage in ["OSBootStarted", "OSRunning"] {
        system["BootProgress"]["LastState"] = json!(stage);
        bmc.set(SYSTEM, system.clone());
        assert!(lines.next().unwrap().unwrap().ends_with(stage));
    }
    assert!(lines.next().is_none() && child.wait().unwrap().success());
    assert_eq!(bmc.sessions(), 0);
}
