//! Firmware from the command line: what is installed, updates by each way, and what is said of their end.

mod program;

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::Value;
use tokio::runtime::Runtime;

use program::{errors, runtime, text};

const SERVICE: &str = "/redfish/v1/UpdateService";
const BMC: &str = "/redfish/v1/UpdateService/FirmwareInventory/BMC";

fn serve(runtime: &Runtime, build: impl FnOnce(rosefish_mock::Builder) -> rosefish_mock::Builder) -> MockBmc {
    let builder = MockBmc::builder().plain().credentials("admin", "password").fetch_images();
    runtime.block_on(build(builder).start()).unwrap()
}

fn run(bmc: &MockBmc, verb: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rosefish"))
        .args(["firmware", verb, &bmc.url()])
        .args(arguments)
        .args(["--protocol", "redfish", "--user", "admin"])
        .env("ROSEFISH_PASSWORD", "password")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn image(name: &str) -> String {
    let folder = std::env::temp_dir().join(format!("rosefish-firmware-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, vec![7; 3_000_000]).unwrap();
    path.to_str().unwrap().to_owned()
}

fn without(bmc: &MockBmc, names: &[&str]) {
    let mut service = bmc.resource(SERVICE).unwrap();
    for name in names {
        service.as_object_mut().unwrap().remove(*name);
    }
    bmc.set(SERVICE, service);
}

#[test]
fn versions_are_listed() {
    let runtime = runtime();
    let bmc = serve(&runtime, |builder| builder);
    let list = text(&run(&bmc, "list", &[]));
    assert!(list.contains("RF2290-BIOS 2.14.0") && list.contains("3.8.2") && list.contains("with reset"), "{list}");
    let json: Value = serde_json::from_slice(&run(&bmc, "list", &["--json"]).stdout).unwrap();
    assert_eq!(json["value"].as_array().unwrap().len(), 4, "{json:#}");
}

#[test]
fn an_image_takes_the_best_way_that_is_offered_and_the_versions_are_compared() {
    let runtime = runtime();
    let file = image("bmc-3.9.0.bin");
    for (gone, path, arguments, version) in [
        (&[][..], "**/upload", &["--target", "bmc", "--force"][..], "3.9.0"),
        (&["MultipartHttpPushUri"], "**/push", &[], ""),
        // Only SimpleUpdate takes targets then: it is served from here.
        (&["MultipartHttpPushUri"], "**/UpdateService.SimpleUpdate", &["--target", "BMC"], "3.9.0"),
        (&["MultipartHttpPushUri", "HttpPushUri"], "**/UpdateService.SimpleUpdate", &[], "3.9.0"),
    ] {
        let bmc = serve(&runtime, |builder| builder.task_duration(Duration::from_millis(300)));
        without(&bmc, gone);
        let mut all = vec![&*file, "--settling", "5"];
        all.extend(arguments);
        let output = run(&bmc, "update", &all);
        let done = text(&output);
        bmc.requests().to("POST", path).assert_once();
        assert!(done.contains(" -> ") && done.contains(version), "{path}: {done}{}", errors(&output));
        if path.ends_with("upload") {
            assert!(errors(&output).contains("100 % of 2.8 MiB sent"), "{}", errors(&output));
            let body = bmc.requests().to("POST", path).assert_once().body().to_vec();
            let form = String::from_utf8_lossy(&body[..600]).into_owned();
            assert!(form.contains(BMC) && form.contains("\"ForceUpdate\":true"), "{form}");
        }
        if path.ends_with("SimpleUpdate") {
            assert_eq!(bmc.fetched_images().len(), 1, "{path}");
        }
        assert_eq!(bmc.sessions(), 0);
    }
}

#[test]
fn an_update_is_followed_across_a_restart_of_the_bmc() {
    let runtime = runtime();
    let second = Duration::from_secs(1);
    let bmc = serve(&runtime, |builder| builder.task_duration(second).restart_delay(second * 2, second));
    let file = image("bmc-4.0.1.bin");
    let output = run(&bmc, "update", &[&file, "--json"]);
    let done: Value = serde_json::from_str(&text(&output)).unwrap();
    let change = &done["value"]["changes"][0];
    assert_eq!((&change["id"], &change["before"], &change["after"]), (&"BMC".into(), &"3.8.2".into(), &"4.0.1".into()));
    assert!(bmc.requests().to("GET", "**").iter().any(|request| request.status() != 200), "the BMC was away");
    assert_eq!(done["value"]["way"], "multipart");
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn a_service_that_says_error_and_has_done_it_is_not_believed_and_one_that_has_not_is() {
    let runtime = runtime();
    let file = image("bmc-5.0.0.bin");
    let bmc = serve(&runtime, |builder| builder.quirk(Quirk::UpdateSaysError));
    assert!(text(&run(&bmc, "update", &[&file, "--settling", "5"])).contains("3.8.2 -> 5.0.0"));
    let bmc = serve(&runtime, |builder| builder);
    bmc.faults().add(Rule::on("POST", "**/upload").then(Action::Status(500)));
    let failed = run(&bmc, "update", &[&file, "--settling", "1"]);
    assert!(!failed.status.success() && errors(&failed).contains("500"), "{}", errors(&failed));
    assert_eq!(bmc.resource(BMC).unwrap()["Version"], "3.8.2");
}

#[test]
fn what_comes_later_is_not_claimed_and_can_be_started() {
    let runtime = runtime();
    let file = image("bmc-6.0.0.bin");
    let bmc = serve(&runtime, |builder| builder.task_duration(Duration::from_millis(200)));
    let later = text(&run(&bmc, "update", &[&file, "--apply", "on-start"]));
    assert!(later.contains("no version has changed so far") && later.contains("BMC"), "{later}");
    assert!(text(&run(&bmc, "start", &["--json"])).contains("6.0.0"));
    let wrong = run(&bmc, "update", &[&file, "--target", "spoon"]);
    assert!(errors(&wrong).contains("choose one of: BIOS, BMC"), "{}", errors(&wrong));
    assert!(!run(&bmc, "update", &["/no/such/image.bin"]).status.success());
}
