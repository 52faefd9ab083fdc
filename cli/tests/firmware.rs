//! Firmware from the command line: what is installed, updates by each way, and what is said of their end.

mod program;

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Quirk};
use serde_json::{Value, json};
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
        // Only SimpleUpdate takes targets then, as there are no HttpPushUriTargets: it is served from here.
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

/// A service without a form, which takes targets and a time all the same.
fn plain(bmc: &MockBmc, more: &Value) {
    let mut service = bmc.resource(SERVICE).unwrap();
    service.as_object_mut().unwrap().remove("MultipartHttpPushUri");
    let options = json!({ "HttpPushUriApplyTime": { "ApplyTime": "Immediate" }, "ForceUpdate": false });
    let own = json!({
        "HttpPushUriTargets": [], "HttpPushUriTargetsBusy": false,
        "HttpPushUriOptions": options, "HttpPushUriOptionsBusy": false,
    });
    for add in [&own, more] {
        service.as_object_mut().unwrap().extend(add.as_object().unwrap().clone());
    }
    bmc.set(SERVICE, service);
}

#[test]
fn without_a_form_targets_and_time_are_reserved_while_the_image_goes_out_and_put_back() {
    let runtime = runtime();
    let file = image("nameless.bin");
    let bmc = serve(&runtime, |builder| builder);
    plain(&bmc, &json!({}));
    let arguments = [&*file, "--target", "bios", "--apply", "on-reset", "--force", "--settling", "1", "--json"];
    let done: Value = serde_json::from_str(&text(&run(&bmc, "update", &arguments))).unwrap();
    assert_eq!((&done["value"]["way"], &done["value"]["left_behind"]), (&"push".into(), &Value::Null), "{done:#}");
    let sent: Vec<_> = bmc.requests().to("PATCH", SERVICE).iter().map(|one| one.json().unwrap()).collect();
    let bios = "/redfish/v1/UpdateService/FirmwareInventory/BIOS";
    let taken = json!({
        "HttpPushUriTargets": [bios], "HttpPushUriTargetsBusy": true,
        "HttpPushUriOptions": { "HttpPushUriApplyTime": { "ApplyTime": "OnReset" }, "ForceUpdate": true },
        "HttpPushUriOptionsBusy": true,
    });
    let back = json!({
        "HttpPushUriTargets": [], "HttpPushUriTargetsBusy": false,
        "HttpPushUriOptions": { "HttpPushUriApplyTime": { "ApplyTime": "Immediate" }, "ForceUpdate": false },
        "HttpPushUriOptionsBusy": false,
    });
    assert_eq!(sent, [taken, back]);
    let all = bmc.requests();
    let at = |method: &str, path: &str| {
        let is = |one: &rosefish_mock::Request| one.method() == method && one.path() == path;
        all.iter().enumerate().filter(|(_, one)| is(one)).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let (patches, pushes) = (at("PATCH", SERVICE), at("POST", "/redfish/v1/UpdateService/push"));
    assert!(patches[0] < pushes[0] && pushes[0] < patches[1], "{patches:?} {pushes:?}");
    assert_eq!(bmc.fetched_images().len(), 0);
}

#[test]
fn what_was_reserved_is_put_back_where_the_image_is_refused_and_what_others_reserved_is_left_alone() {
    let runtime = runtime();
    let file = image("nameless.bin");
    let bmc = serve(&runtime, |builder| builder);
    plain(&bmc, &json!({}));
    bmc.faults().add(Rule::on("POST", "**/push").then(Action::Status(400)));
    assert!(!run(&bmc, "update", &[&file, "--target", "bios"]).status.success());
    let service = bmc.resource(SERVICE).unwrap();
    assert_eq!((&service["HttpPushUriTargets"], &service["HttpPushUriTargetsBusy"]), (&json!([]), &json!(false)));
    bmc.faults().clear();
    bmc.clear_requests();
    for arguments in [&[&*file, "--target", "bios"][..], &[&*file]] {
        plain(&bmc, &json!({ "HttpPushUriTargetsBusy": true }));
        let refused = run(&bmc, "update", arguments);
        assert!(errors(&refused).contains("HttpPushUriTargetsBusy is true"), "{}", errors(&refused));
    }
    bmc.requests().to("PATCH", "**").assert_none();
    bmc.requests().to("POST", "**/push").assert_none();
}

#[test]
fn what_a_service_without_a_form_does_not_take_is_fetched_by_it() {
    let runtime = runtime();
    let file = image("bmc-3.9.1.bin");
    let bmc = serve(&runtime, |builder| builder);
    // There is no ForceUpdate.
    let times = json!({ "ApplyTime": "Immediate" });
    plain(&bmc, &json!({ "HttpPushUriOptions": { "HttpPushUriApplyTime": times } }));
    text(&run(&bmc, "update", &[&file, "--target", "bmc", "--force", "--settling", "1"]));
    assert_eq!(bmc.fetched_images().len(), 1);
    bmc.requests().to("PATCH", SERVICE).assert_none();
}
