//! The program as tests run it: as `admin`, whose password is `password`.
#![allow(dead_code, unreachable_pub, reason = "each test file takes what it needs")]

pub mod terminal;

use std::process::{Command, Output, Stdio};

use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Returns the program, without what the environment says of users and looks.
pub fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosefish"));
    command.args(arguments).env("ROSEFISH_PASSWORD", "password").stdin(Stdio::null());
    // Keeps it from reading the user's own inventory.
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    for variable in ["ROSEFISH_USER", "ROSEFISH_NEW_PASSWORD", "ROSEFISH_IPMI_KG", "COLUMNS", "NO_COLOR"] {
        command.env_remove(variable);
    }
    command
}

pub fn rosefish(arguments: &[&str]) -> Output {
    program(arguments).output().unwrap()
}

/// Returns an inventory in which `n1`, `n2`, ... are these services.
pub fn inventory(bmcs: &[MockBmc]) -> String {
    let mut text = format!(
        "[defaults]\nuser = \"admin\"\nprotocol = \"redfish\"\n[groups.cluster]\nhosts = [\"n[1-{}]\"]\n",
        bmcs.len()
    );
    for (number, bmc) in bmcs.iter().enumerate() {
        text.push_str(&format!("[hosts.n{}]\naddress = \"{}\"\n", number + 1, bmc.url()));
    }
    text
}

/// Runs a command on a host, as `admin`.
pub fn on(host: &str, noun: &str, arguments: &[&str]) -> Output {
    rosefish(&[&[noun], arguments, &[host, "--user", "admin"]].concat())
}

pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Returns what it printed. It must have succeeded.
#[track_caller]
pub fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", errors(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Returns the JSON that it printed, however it ended.
#[track_caller]
pub fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", errors(output)))
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

/// Starts a service with `admin` as its user.
pub fn serve(runtime: &Runtime, tree: Tree) -> MockBmc {
    runtime.block_on(MockBmc::builder().tree(tree).plain().credentials("admin", "password").start()).unwrap()
}

/// Returns the demo machine with a trigger for a metric, which it doesn't have by itself.
pub fn with_triggers() -> Tree {
    let (service, triggers) = ("/redfish/v1/TelemetryService", "/redfish/v1/TelemetryService/Triggers");
    let mut tree = Tree::demo();
    let mut telemetry = tree.json(service).cloned().unwrap();
    telemetry["Triggers"] = json!({ "@odata.id": triggers });
    tree.insert(service, telemetry);
    tree.with(
        triggers,
        json!({
            "@odata.id": triggers,
            "@odata.type": "#TriggersCollection.TriggersCollection",
            "Name": "Triggers",
            "Members": [{ "@odata.id": format!("{triggers}/Hot") }],
            "Members@odata.count": 1,
        }),
    )
    .with(
        &format!("{triggers}/Hot"),
        json!({
            "@odata.id": format!("{triggers}/Hot"),
            "@odata.type": "#Triggers.v1_4_0.Triggers",
            "Id": "Hot",
            "Name": "Too hot",
            "MetricType": "Numeric",
            "TriggerActions": ["LogToLogService"],
            "NumericThresholds": { "UpperCritical": { "Reading": 45, "Activation": "Increasing" } },
            "MetricProperties": ["/redfish/v1/Chassis/1U/Sensors/IntakeTemp#/Reading"],
        }),
    )
}
