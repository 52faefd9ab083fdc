//! The BIOS from the command line: attributes with their registry, changes, what is pending, files, Secure Boot.

mod program;

use std::process::{Command, Output, Stdio};

use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Rule};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use program::{errors, runtime, text};

const BIOS: &str = "/redfish/v1/Systems/1/Bios";
const PENDING: &str = "/redfish/v1/Systems/1/Bios/Settings";

fn serve(runtime: &Runtime) -> MockBmc {
    runtime.block_on(MockBmc::builder().plain().credentials("admin", "password").start()).unwrap()
}

fn run(bmc: &MockBmc, noun: &str, verb: &str, arguments: &[&str]) -> Output {
    let url = bmc.url();
    Command::new(env!("CARGO_BIN_EXE_rosefish"))
        .args(if noun == "power" { [noun, &url, verb] } else { [noun, verb, &url] })
        .args(arguments)
        .args(["--protocol", "redfish", "--user", "admin"])
        .env("ROSEFISH_PASSWORD", "password")
        .env("ROSEFISH_NEW_PASSWORD", "n3w-secret")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

#[test]
fn attributes_are_shown_with_what_they_take() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    let all = text(&run(&bmc, "bios", "get", &[]));
    for shown in ["NumaNodesPerSocket", "1..4", "Enabled | Disabled", "read-only", "true | false"] {
        assert!(all.contains(shown), "{shown}: {all}");
    }
    let one = text(&run(&bmc, "bios", "get", &["quietboot"]));
    assert!(one.contains("Hides the messages of the firmware.") && one.lines().count() < 9, "{one}");
    assert!(!run(&bmc, "bios", "get", &["Spoon"]).status.success());
}

#[test]
fn a_change_that_the_registry_forbids_is_not_sent_and_one_that_it_allows_is_pending() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    let wrong = run(
        &bmc,
        "bios",
        "set",
        &["NumaNodesPerSocket=9", "PowerProfile=Turbo", "BootMode=Legacy", "Spoon=1", "QuietBoot=off"],
    );
    let told = errors(&wrong);
    for why in ["NumaNodesPerSocket is at most 4", "PowerProfile takes", "BootMode", "Spoon is not an attribute"] {
        assert!(told.contains(why), "{why}: {told}");
    }
    bmc.requests().to("PATCH", "**").assert_none();
    assert_eq!(text(&run(&bmc, "bios", "pending", &[])), "nothing is pending\n");
    text(&run(&bmc, "bios", "set", &["NumaNodesPerSocket=4", "QuietBoot=off", "ProcHyperThreading=disabled"]));
    let sent = bmc.requests().to("PATCH", PENDING).assert_once().json().unwrap();
    let expected = json!({ "NumaNodesPerSocket": 4, "ProcHyperThreading": "Disabled", "QuietBoot": false });
    assert_eq!(sent, json!({ "Attributes": expected }));
    let pending = text(&run(&bmc, "bios", "pending", &[]));
    assert!(pending.lines().count() == 4 && pending.contains("ProcHyperThreading"), "{pending}");
    assert!(text(&run(&bmc, "bios", "set", &["QuietBoot=false"])).starts_with("it is so already\n"));
    // What is in force may be wanted again.
    text(&run(&bmc, "bios", "set", &["QuietBoot=true"]));
    assert_eq!(bmc.resource(PENDING).unwrap()["Attributes"]["QuietBoot"], true);
    text(&run(&bmc, "power", "reset", &["--force"]));
    let now = bmc.resource(BIOS).unwrap();
    assert_eq!(now["Attributes"]["ProcHyperThreading"], "Disabled");
    assert_eq!(text(&run(&bmc, "bios", "pending", &[])), "nothing is pending\n");
    text(&run(&bmc, "bios", "reset", &[]));
    assert!(text(&run(&bmc, "bios", "pending", &[])).contains("defaults"), "{now}");
}

#[test]
fn attributes_go_to_a_file_and_back() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    let file = std::env::temp_dir().join(format!("rosefish-bios-{}.json", std::process::id()));
    let path = file.to_str().unwrap();
    assert!(text(&run(&bmc, "bios", "export", &[path])).starts_with("7 attributes"));
    let same = run(&bmc, "bios", "diff", &[path]);
    assert_eq!((same.status.code(), same.stdout.as_slice()), (Some(0), &b""[..]), "{}", errors(&same));
    assert_eq!(text(&run(&bmc, "bios", "apply", &[path])), "it is so already\n");
    let mut kept: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert!(kept["Attributes"].get("BootMode").is_none(), "{kept:#}");
    kept["Attributes"]["PowerProfile"] = json!("Performance");
    std::fs::write(&file, kept.to_string()).unwrap();
    let differs = run(&bmc, "bios", "diff", &[path]);
    let shown = String::from_utf8(differs.stdout).unwrap();
    assert!(differs.status.code() == Some(4) && shown.contains("Balanced") && shown.lines().count() == 2, "{shown}");
    text(&run(&bmc, "bios", "apply", &[path]));
    let sent = bmc.requests().to("PATCH", PENDING).assert_once().json().unwrap();
    assert_eq!(sent, json!({ "Attributes": { "PowerProfile": "Performance" } }));
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn passwords_are_changed_and_never_shown() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    let done = run(&bmc, "bios", "password", &["Setup", "--json"]);
    assert!(!text(&done).contains("n3w-secret") && !errors(&done).contains("n3w-secret"));
    let sent = bmc.requests().to("POST", "**/Bios.ChangePassword").assert_once().json().unwrap();
    // The journal hides it, too.
    assert_eq!((&sent["PasswordName"], &sent["NewPassword"]), (&json!("Setup"), &json!("***")));
    let wrong = run(&bmc, "bios", "password", &["Spoon"]);
    assert!(errors(&wrong).contains("Setup, Boot"), "{}", errors(&wrong));
}

#[test]
fn a_change_is_read_back_and_what_is_pending_is_shown() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    assert_eq!(text(&run(&bmc, "bios", "set", &["QuietBoot=off"])), "QuietBoot=false  pending until the next reset\n");
    let second = text(&run(&bmc, "bios", "set", &["PowerProfile=Performance"]));
    let pending = "PowerProfile=Performance  pending until the next reset\nQuietBoot=false  pending from before\n";
    assert_eq!(second, pending);
    assert!(text(&run(&bmc, "bios", "set", &["QuietBoot=off"])).starts_with("it is so already\nPowerProfile=Perf"));
}

#[test]
fn a_value_that_the_service_drops_in_silence_is_an_error() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    text(&run(&bmc, "bios", "set", &["PowerProfile=Performance"]));
    bmc.faults().add(Rule::on("PATCH", PENDING).then(Action::Status(204)));
    let dropped = run(&bmc, "bios", "set", &["QuietBoot=off"]);
    assert_eq!(dropped.status.code(), Some(1));
    let said = errors(&dropped);
    assert!(said.contains("confirmed the change, but after") && said.contains("QuietBoot is true"), "{said}");
}

#[test]
fn what_waits_unseen_is_not_called_pending() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    let mut settings = bmc.resource(PENDING).unwrap();
    settings["Attributes"] = json!({});
    bmc.set(PENDING, settings);
    bmc.faults().add(Rule::on("PATCH", "**").then(Action::Status(204)));
    let taken = run(&bmc, "bios", "set", &["QuietBoot=off"]);
    assert_eq!(text(&taken), "QuietBoot=false  sent\n");
    assert!(errors(&taken).contains("shows no pending values"), "{}", errors(&taken));
}

#[test]
fn secure_boot_is_shown_and_changed() {
    let runtime = runtime();
    let bmc = serve(&runtime);
    assert!(
        text(&run(&bmc, "bios", "secure-boot", &[]))
            .starts_with("Secure Boot: on; at the last start: Enabled; mode: UserMode")
    );
    text(&run(&bmc, "bios", "secure-boot", &["off"]));
    let uri = "/redfish/v1/Systems/1/SecureBoot";
    assert_eq!(bmc.requests().to("PATCH", uri).assert_once().json().unwrap(), json!({ "SecureBootEnable": false }));
    text(&run(&bmc, "bios", "secure-boot", &["reset-keys"]));
    let sent = bmc.requests().to("POST", "**/SecureBoot.ResetKeys").assert_once().json().unwrap();
    assert_eq!(sent["ResetKeysType"], "ResetAllKeysToDefault");
}
