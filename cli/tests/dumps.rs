//! Diagnostic data from the command line: collected, downloaded, and what is never done to a file that is there.

mod program;

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use rosefish_mock::fault::{Action, Answer, Rule};
use rosefish_mock::{MockBmc, TaskRule, Tree};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use program::{errors, json as printed, rosefish, runtime, text};

const LOG: &str = "/redfish/v1/Managers/bmc/LogServices/Audit";
const MANAGER: &str = "/redfish/v1/Managers/bmc";
const SIZE: usize = 100_000;

/// A folder that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-dumps-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn serve(runtime: &tokio::runtime::Runtime, tree: Tree, rule: Option<TaskRule>) -> MockBmc {
    let builder = MockBmc::builder().tree(tree).plain().credentials("admin", "password");
    let builder = builder.task_duration(Duration::from_millis(100));
    let builder = rule.into_iter().fold(builder, rosefish_mock::Builder::task);
    runtime.block_on(builder.start()).unwrap()
}

fn logs(bmc: &MockBmc, verb: &str, words: &[&str]) -> Output {
    rosefish(&[&["logs", verb, bmc.url().as_str()], words, &["--protocol", "redfish", "--user", "admin"]].concat())
}

fn change(tree: &mut Tree, uri: &str, change: impl FnOnce(&mut Value)) {
    let mut resource = tree.json(uri).cloned().unwrap();
    change(&mut resource);
    tree.insert(uri, resource);
}

fn collected(bmc: &MockBmc) -> usize {
    bmc.requests().iter().filter(|one| one.method() == "POST" && one.path().contains("CollectDiagnosticData")).count()
}

#[test]
fn a_dump_is_collected_saved_for_its_owner_alone_and_verified() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo(), None);
    let folder = Folder::new("saved");
    let file = folder.file("dump.bin");
    let told = printed(&logs(&bmc, "collect", &["--save", &file, "--json"]));
    assert_eq!(told["sent"], json!(["LogService.CollectDiagnosticData Manager"]));
    let value = &told["value"];
    assert_eq!((&value["log"], &value["entry"], &value["bytes"]), (&json!(LOG), &json!("4"), &json!(SIZE)), "{told:#}");
    let content = std::fs::read(&file).unwrap();
    assert_eq!((content.len(), &value["saved"]["announced"]), (SIZE, &json!(SIZE)));
    let sha256: String = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(value["saved"]["sha256"], json!(sha256));
    #[cfg(unix)]
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).unwrap().permissions()) & 0o777,
        0o600
    );

    let again = logs(&bmc, "collect", &["--save", &file]);
    assert!(again.status.code() == Some(1) && errors(&again).contains("is there already"), "{}", errors(&again));
    assert_eq!(collected(&bmc), 1, "a file that is there is known before anything is sent");
    assert_eq!(std::fs::read(&file).unwrap(), content);

    let shown = text(&logs(&bmc, "show", &["--log", "Audit", "--wide"]));
    assert!(shown.contains("[a file of 100000 bytes]"), "{shown}");
    let other = folder.file("other.bin");
    let saved = text(&logs(&bmc, "download", &["4", "--save", &other]));
    assert!(saved.contains("100000 bytes, as many as the service says") && saved.contains(&sha256), "{saved}");
    assert_eq!(std::fs::read(&other).unwrap(), content);
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn what_the_log_does_not_collect_is_refused_before_anything_is_sent() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo(), None);
    let listed = printed(&logs(&bmc, "list", &["--json"]));
    let collects: Vec<_> = listed["value"].as_array().unwrap().iter().map(|log| &log["collects"]).collect();
    assert_eq!(collects, [&Value::Null, &json!(["Manager", "OS"])], "{listed:#}");
    let refused = logs(&bmc, "collect", &["--kind", "pre-os"]);
    assert!(refused.status.code() == Some(1) && errors(&refused).contains("Manager, OS"), "{}", errors(&refused));
    let named = logs(&bmc, "collect", &["--log", "SEL"]);
    assert!(errors(&named).contains("choose one of: Audit"), "{}", errors(&named));
    assert_eq!(collected(&bmc), 0);
    for (entry, part) in [("1", "names no file"), ("999", "no log has an entry 999")] {
        let folder = Folder::new("none");
        let missing = logs(&bmc, "download", &[entry, "--log", "Audit", "--save", &folder.file("x")]);
        assert!(missing.status.code() == Some(1) && errors(&missing).contains(part), "{}", errors(&missing));
        assert!(folder.names().is_empty());
    }
}

#[test]
fn a_collection_that_fails_is_not_done() {
    let runtime = runtime();
    let rule = TaskRule::new("POST", "**/LogService.CollectDiagnosticData").fails("the disk is full");
    let bmc = serve(&runtime, Tree::demo(), Some(rule));
    let folder = Folder::new("failed");
    let failed = logs(&bmc, "collect", &["--save", &folder.file("dump.bin")]);
    assert!(failed.status.code() == Some(1) && errors(&failed).contains("the disk is full"), "{}", errors(&failed));
    assert!(failed.stdout.is_empty() && folder.names().is_empty());
}

#[test]
fn a_download_that_breaks_off_leaves_no_file() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo(), None);
    let folder = Folder::new("broken");
    bmc.faults().add(Rule::on("GET", "**/attachment").then(Action::Truncate(5000)));
    let broken = logs(&bmc, "collect", &["--save", &folder.file("dump.bin")]);
    assert_eq!(broken.status.code(), Some(3), "it is collected, and not saved: {}", errors(&broken));
    assert!(errors(&broken).contains("not saved: "), "{}", errors(&broken));
    assert!(String::from_utf8_lossy(&broken.stdout).contains("logs download"), "how it is tried again");
    let broken = logs(&bmc, "download", &["4", "--save", &folder.file("dump.bin")]);
    assert_eq!(broken.status.code(), Some(1), "{}", errors(&broken));
    assert_eq!(folder.names(), [""; 0]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_in_the_middle_of_a_download_leaves_neither_a_file_nor_a_session() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo(), None);
    let folder = Folder::new("interrupted");
    let slow = Action::Drip { bytes: 1000, every: Duration::from_millis(100) };
    bmc.faults().add(Rule::on("GET", "**/attachment").then(slow));
    let file = folder.file("dump.bin");
    let url = bmc.url();
    let words = ["logs", "collect", &url, "--save", &file, "--protocol", "redfish", "--user", "admin"];
    let mut program = program::program(&words);
    let child = program.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let begin = std::time::Instant::now();
    while std::fs::metadata(&file).map_or(0, |about| about.len()) == 0 {
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    let sent = std::process::Command::new("sh")
        .args(["-c", "kill \"$@\"", "kill", "-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert_eq!((folder.names(), bmc.sessions()), (Vec::new(), 0));
}

#[test]
fn a_size_that_is_not_the_one_in_the_entry_is_told() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo(), None);
    let folder = Folder::new("size");
    bmc.faults().add(Rule::on("GET", "**/Entries/4").then(Action::Merge(json!({ "AdditionalDataSizeBytes": 7 }))));
    let odd = logs(&bmc, "collect", &["--save", &folder.file("dump.bin")]);
    assert_eq!(odd.status.code(), Some(3));
    assert!(errors(&odd).contains("the entry says 7 bytes, and 100000 came"), "{}", errors(&odd));
    assert_eq!(folder.names(), ["dump.bin"]);
}

/// Lenovo's services overwrite the entry that they have for each kind of data.
#[test]
fn an_entry_that_was_there_before_is_found_by_its_new_file() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo(), None);
    let entry = format!("{LOG}/Entries/2");
    let mut said = bmc.resource(&entry).unwrap();
    said["AdditionalDataURI"] = json!("/redfish/v1/dumps/ffdc.tzz");
    said["AdditionalDataSizeBytes"] = json!(4);
    let written = Rule::on("GET", &entry).then(Action::Merge(said));
    let posted = Rule::on("POST", "**/LogService.CollectDiagnosticData");
    bmc.faults().add(posted.then(Action::arm(written)).then(Action::Status(204)));
    bmc.faults().add(Rule::on("GET", "/redfish/v1/dumps/*").then(Action::Answer(Answer::new(200).body("ffdc"))));
    let folder = Folder::new("anew");
    let file = folder.file("ffdc.tzz");
    let told = printed(&logs(&bmc, "collect", &["--save", &file, "--json"]));
    assert_eq!(told["value"]["entry"], json!("2"), "{told:#}");
    assert_eq!(std::fs::read(&file).unwrap(), b"ffdc");
}

/// HPE's services refuse clients that take no compression; the file is what it was before that.
#[test]
fn a_file_that_comes_compressed_is_saved_as_it_is() {
    let runtime = runtime();
    let builder =
        MockBmc::builder().plain().credentials("admin", "password").quirk(rosefish_mock::Quirk::CompressedOnly);
    let bmc = runtime.block_on(builder.task_duration(Duration::from_millis(100)).start()).unwrap();
    let folder = Folder::new("compressed");
    let file = folder.file("dump.bin");
    let saved = text(&logs(&bmc, "collect", &["--save", &file]));
    assert!(saved.contains("100000 bytes, as many as the service says"), "the entry says it: {saved}");
    assert_eq!(std::fs::read(&file).unwrap().len(), SIZE);
}

#[test]
fn an_entry_that_never_shows_is_not_made_up() {
    let runtime = runtime();
    let mut tree = Tree::demo();
    change(&mut tree, LOG, |log| drop(log.as_object_mut().unwrap().remove("Entries")));
    let bmc = serve(&runtime, tree, None);
    let lost = logs(&bmc, "collect", &["--json"]);
    assert_eq!(lost.status.code(), Some(3), "{}", errors(&lost));
    let told = printed(&lost);
    assert_eq!((&told["value"]["uri"], &told["value"]["entry"]), (&Value::Null, &Value::Null));
    assert!(told["unread"].as_str().unwrap().contains("no entry shows"), "{told:#}");
}

#[test]
fn vendors_ways_are_taken_where_no_log_collects() {
    let runtime = runtime();
    let plain = || {
        let mut tree = Tree::demo();
        change(&mut tree, LOG, |log| {
            log["Actions"].as_object_mut().unwrap().remove("#LogService.CollectDiagnosticData");
        });
        tree
    };
    let nothing = logs(&serve(&runtime, plain(), None), "collect", &[]);
    assert!(errors(&nothing).contains("no log of this service collects"), "{}", errors(&nothing));

    let mut dell = plain();
    let service = format!("{MANAGER}/Oem/Dell/DellLCService");
    change(&mut dell, MANAGER, |manager| {
        manager["Links"]["Oem"] = json!({ "Dell": { "DellLCService": { "@odata.id": service } } });
    });
    let target = format!("{service}/Actions/DellLCService.SupportAssistCollection");
    let actions = json!({ "#DellLCService.SupportAssistCollection": { "target": target } });
    let dell = dell
        .with(&service, json!({ "@odata.type": "#DellLCService.v1_0_0.DellLCService", "Id": "x", "Actions": actions }));
    let bmc = serve(&runtime, dell, None);
    let job = Answer::new(204).header("Location", "/redfish/v1/Dell/sacollect.zip");
    bmc.faults().add(Rule::on("POST", "**/DellLCService.SupportAssistCollection").then(Action::Answer(job)));
    bmc.faults()
        .add(Rule::on("GET", "/redfish/v1/Dell/sacollect.zip").then(Action::Answer(Answer::new(200).body("zip"))));
    let folder = Folder::new("vendors");
    let file = folder.file("dell.zip");
    let told = printed(&logs(&bmc, "collect", &["--save", &file, "--json"]));
    assert_eq!(told["sent"], json!(["DellLCService.SupportAssistCollection HWData,TTYLogs"]));
    assert_eq!(std::fs::read(&file).unwrap(), b"zip");
    let sent = bmc.requests().iter().filter(|one| one.path().contains("SupportAssist")).count();
    let other = logs(&bmc, "collect", &["--kind", "pre-os"]);
    assert!(other.status.code() == Some(1) && errors(&other).contains("not PreOS"), "{}", errors(&other));
    assert_eq!(bmc.requests().iter().filter(|one| one.path().contains("SupportAssist")).count(), sent);

    let mut hpe = plain();
    let system = format!("{MANAGER}/ActiveHealthSystem");
    change(&mut hpe, MANAGER, |manager| {
        manager["Oem"] = json!({ "Hpe": { "Links": { "ActiveHealthSystem": { "@odata.id": system } } } });
    });
    let links = json!({ "AHSLocation": { "extref": "/ahsdata/x.ahs?downloadAll=1" } });
    let hpe = hpe.with(&system, json!({ "@odata.type": "#HpeiLOActiveHealthSystem.v2_0_0.HpeiLOActiveHealthSystem", "Id": "x", "Links": links }));
    let bmc = serve(&runtime, hpe, None);
    bmc.faults().add(Rule::on("GET", "/ahsdata/**").then(Action::Answer(Answer::new(200).body("ahs"))));
    let file = folder.file("hpe.ahs");
    let told = printed(&logs(&bmc, "collect", &["--save", &file, "--json"]));
    assert_eq!((&told["sent"], &told["value"]["entry"]), (&json!([]), &Value::Null), "it is a file that there is");
    assert!(
        text(&logs(&bmc, "collect", &[])).starts_with("always there, so that nothing was collected: /ahsdata/x.ahs")
    );
    let other = logs(&bmc, "collect", &["--kind", "os"]);
    assert!(other.status.code() == Some(1) && errors(&other).contains("Active Health System"), "{}", errors(&other));
    assert_eq!(std::fs::read(&file).unwrap(), b"ahs");
}
