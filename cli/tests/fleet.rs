//! One command, many hosts: Redfish and IPMI, some of them dead, slow or talking nonsense.
#![cfg(unix)]

mod program;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{Crowd, MockBmc, Tree};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use program::{errors, inventory, program, rosefish, runtime};

/// A folder of its own, which goes with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-fleet-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(runtime: &Runtime, count: usize) -> Vec<MockBmc> {
    let crowd = Crowd::new(1).unwrap();
    let one = || MockBmc::builder().crowd(&crowd).tree(Tree::small()).plain().credentials("admin", "password").start();
    (0..count).map(|_| runtime.block_on(one()).unwrap()).collect()
}

const SCHEMA: &str = include_str!("../../docs/output.schema.json");

/// What a definition of the schema says.
fn validator(definition: &str) -> jsonschema::Validator {
    let mut schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let schema = json!({ "$ref": format!("#/$defs/{definition}"), "$defs": schema["$defs"].take() });
    jsonschema::validator_for(&schema).unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Lines in the order of the hosts, which is not that in which they are done.
fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn every_host_has_a_line_and_a_single_one_looks_as_ever() {
    let (runtime, folder) = (runtime(), Folder::new("lines"));
    let bmcs = start(&runtime, 3);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let many = rosefish(&["power", "status", "n[1-2]", "n3", "--hosts", &file]);
    assert_eq!(
        (many.status.code(), sorted(&out(&many))),
        (Some(0), vec!["n1: on", "n2: on", "n3: on"]),
        "{}",
        errors(&many)
    );
    assert_eq!(errors(&many), "");
    let one = rosefish(&["power", "n1", "--hosts", &file]);
    assert_eq!(out(&one), "on\n");
    // How they were named decides, not how many there turned out to be.
    assert_eq!(out(&rosefish(&["power", "@cluster,!n[2-3]", "--hosts", &file])), "n1: on\n");
    // Standard input, and nothing but words.
    let mut child =
        program(&["power", "-", "--hosts", &file]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"# two of them\nn1 n2 # and a third\nn3\n").unwrap();
    assert_eq!(out(&child.wait_with_output().unwrap()).lines().count(), 3);
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
fn a_cluster_is_asked_with_the_passwords_of_a_command() {
    let (runtime, folder) = (runtime(), Folder::new("command"));
    let bmcs = start(&runtime, 4);
    // What `bw get password HOST` would be: it writes down how it was called, and never sees a shell.
    let bw = folder
        .file("bw", "#!/bin/sh\necho \"$@\" >> \"$(dirname \"$0\")/calls\"\necho secret noise >&2\necho password\n");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&bw, mode).unwrap();
    let text = inventory(&bmcs).replace(
        "[groups.cluster]\n",
        &format!("[groups.cluster]\npassword-command = \"{bw} get password {{host}}\"\n"),
    );
    let file = folder.file("hosts.toml", &text);
    let run =
        program(&["power", "status", "@cluster", "--hosts", &file]).env_remove("ROSEFISH_PASSWORD").output().unwrap();
    assert_eq!(
        (run.status.code(), sorted(&out(&run))),
        (Some(0), vec!["n1: on", "n2: on", "n3: on", "n4: on"]),
        "{}",
        errors(&run)
    );
    let calls = std::fs::read_to_string(folder.0.join("calls")).unwrap();
    let expected: Vec<String> = (1..=4).map(|number| format!("get password n{number}")).collect();
    assert_eq!(sorted(&calls), expected, "each once");
    // With a trace, nothing that the command printed is seen.
    let loud =
        program(&["-vv", "power", "@cluster", "--hosts", &file]).env_remove("ROSEFISH_PASSWORD").output().unwrap();
    let seen = errors(&loud) + &out(&loud);
    assert!(seen.contains("Sessions") && !seen.contains("secret noise"), "{seen}");
    assert!(!seen.contains("\"password\""), "{seen}");
    // A command that fails is named, with nothing of what it said.
    folder.file("bw", "#!/bin/sh\necho half-a-secret\necho half-a-secret >&2\nexit 1\n");
    let failed = program(&["power", "@cluster", "--hosts", &file]).env_remove("ROSEFISH_PASSWORD").output().unwrap();
    assert_eq!(failed.status.code(), Some(1));
    assert!(
        errors(&failed).contains("n1: the password command") && !errors(&failed).contains("half-a-secret"),
        "{}",
        errors(&failed)
    );
}

#[test]
fn dead_slow_and_garbled_hosts_are_lines_like_others() {
    let (runtime, folder) = (runtime(), Folder::new("faults"));
    let mut bmcs = start(&runtime, 5);
    bmcs[1].faults().add(Rule::any().then(Action::Delay(Duration::from_secs(600))));
    bmcs[2].faults().add(Rule::any().then(Action::Garbage));
    let text = inventory(&bmcs);
    drop(bmcs.remove(4));
    let ipmi = runtime.block_on(MockIpmi::builder().credentials("admin", "password").start()).unwrap();
    let text = format!("{text}[hosts.i1]\naddress = \"{}\"\nprotocol = \"ipmi\"\n", ipmi.addr());
    let file = folder.file("hosts.toml", &text);
    let begin = Instant::now();
    let run = rosefish(&["power", "@all", "--hosts", &file, "--json", "--host-deadline", "3"]);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(run.status.code(), Some(3), "{}", errors(&run));
    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let (envelope, failure) = (jsonschema::validator_for(&schema).unwrap(), validator("failure"));
    let mut seen: Vec<(String, String)> = Vec::new();
    for line in out(&run).lines() {
        let json: Value = serde_json::from_str(line).unwrap();
        let what = match json.get("error") {
            Some(error) => {
                assert!(failure.is_valid(&json), "{json}");
                error["kind"].to_string()
            }
            None => {
                assert!(envelope.is_valid(&json), "{json}");
                format!("{} {}", json["value"], json["backend"])
            }
        };
        seen.push((json["host"].as_str().unwrap().to_owned(), what.replace('"', "")));
    }
    seen.sort();
    let expected = [
        ("i1", "on ipmi"),
        ("n1", "on redfish"),
        ("n2", "unreachable"),
        ("n3", "unreachable"),
        ("n4", "on redfish"),
        ("n5", "unreachable"),
    ];
    assert_eq!(seen, expected.map(|(host, what)| (host.to_owned(), what.to_owned())), "{}", errors(&run));
    assert!(errors(&run).contains("rosefish: 6 hosts: 3 done, 3 not reached"), "{}", errors(&run));
    // None at all, and all wrong.
    assert_eq!(rosefish(&["power", "n5,n5", "--hosts", &file, "--retries", "0"]).status.code(), Some(5));
    let wrong = program(&["power", "n1,n4", "--hosts", &file]).env("ROSEFISH_PASSWORD", "wrong").output().unwrap();
    assert_eq!(wrong.status.code(), Some(1), "{}", errors(&wrong));
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
fn changes_of_several_hosts_want_a_yes() {
    let (runtime, folder) = (runtime(), Folder::new("yes"));
    let bmcs = start(&runtime, 4);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let state = |bmc: &MockBmc| bmc.resource("/redfish/v1/Systems/1").unwrap()["PowerState"].clone();
    let refused = rosefish(&["power", "off", "@cluster", "--force", "--hosts", &file]);
    assert!(refused.status.code() == Some(1) && errors(&refused).contains("--yes"), "{}", errors(&refused));
    let planned = rosefish(&["power", "off", "@cluster", "--force", "--hosts", &file, "--dry-run", "--batch", "3"]);
    assert_eq!(out(&planned), "would do `power off` on 3 hosts: n[1-3]\nwould do `power off` on 1 hosts: n4\n");
    let planned = rosefish(&["power", "off", "n1", "--force", "--hosts", &file, "--dry-run"]);
    assert_eq!(out(&planned), "would do `power off` on 1 hosts: n1\n");
    assert!(bmcs.iter().all(|bmc| state(bmc) == "On" && bmc.request_count() == 0));
    let done =
        rosefish(&["power", "off", "@cluster", "--force", "--hosts", &file, "--yes", "--batch", "3", "--pause", "0.1"]);
    assert_eq!((done.status.code(), sorted(&out(&done)).len()), (Some(0), 4), "{}", errors(&done));
    assert!(bmcs.iter().all(|bmc| state(bmc) == "Off" && bmc.sessions() == 0));
}

#[test]
fn a_batch_that_fails_leaves_the_others_alone() {
    let (runtime, folder) = (runtime(), Folder::new("batch"));
    let bmcs = start(&runtime, 4);
    for bmc in &bmcs[..2] {
        bmc.faults().add(Rule::any().then(Action::Status(500)));
    }
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let run = rosefish(&["power", "off", "@cluster", "--force", "--hosts", &file, "-y", "--batch", "2"]);
    assert_eq!(run.status.code(), Some(1), "{}", errors(&run));
    assert!(errors(&run).contains("the other 2 are left alone"), "{}", errors(&run));
    assert!(bmcs[2..].iter().all(|bmc| bmc.request_count() == 0));
}

#[test]
fn results_are_a_table_csv_or_groups() {
    let (runtime, folder) = (runtime(), Folder::new("forms"));
    let bmcs = start(&runtime, 5);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let mut system = bmcs[2].resource("/redfish/v1/Systems/1").unwrap();
    system["PowerState"] = json!("Off");
    bmcs[2].set("/redfish/v1/Systems/1", system);
    bmcs[4].faults().add(Rule::any().then(Action::Reset));
    let run = |more: &[&str]| rosefish(&[&["power", "@cluster", "--hosts", &file, "--retries", "0"], more].concat());
    let grouped = run(&["--group-by", "value"]);
    assert_eq!(out(&grouped), "3 on\n1 off: n3\n1 unreachable: n5\n", "{}", errors(&grouped));
    assert_eq!(out(&run(&["--group-by", "/backend"])), "4 redfish\n1 unreachable: n5\n");
    let json = run(&["--group-by", "value", "--json"]);
    let lines: Vec<Value> = out(&json).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let group = validator("group");
    assert!(lines.iter().all(|line| group.is_valid(line)), "{lines:#?}");
    assert_eq!(
        lines[0],
        json!({ "by": "value", "value": "on", "count": 3, "hosts": ["n1", "n2", "n4"], "in_part": [] })
    );
    assert_eq!(lines[1], json!({ "by": "value", "value": "off", "count": 1, "hosts": ["n3"], "in_part": [] }));
    let gone = &lines[2];
    assert!(gone["error"]["kind"] == "unreachable" && gone["hosts"] == json!(["n5"]) && lines.len() == 3, "{gone}");
    assert!(gone["error"]["messages"]["n5"].is_string() && json.status.code() == Some(3), "{gone}");
    let nothing = run(&["--group-by", "status", "--json"]);
    assert!(errors(&nothing).contains("no host has \"status\" in its JSON"), "{}", errors(&nothing));
    let csv = out(&run(&["--csv"]));
    let rows: Vec<_> = csv.split('\n').collect();
    assert_eq!(rows[..4], ["host,value,error", "n1,on,", "n2,on,", "n3,off,"]);
    assert!(rows[5].starts_with("n5,,") && rows.len() == 7, "{csv}");
    // Tables of all hosts are one.
    let table = out(&rosefish(&["sessions", "list", "n[1-4]", "--hosts", &file]));
    assert!(table.is_empty(), "nobody else is logged in: {table}");
    let parts = out(&rosefish(&["inventory", "n[1-4]", "--hosts", &file]));
    let of = |number: i32| parts.lines().filter(|line| line.starts_with(&format!("n{number}: "))).count();
    assert!((1..=4).all(|number| of(number) > 0) && (1..=4).map(of).sum::<usize>() == parts.lines().count(), "{parts}");
}

#[test]
fn a_file_for_each_host_has_its_name() {
    let (runtime, folder) = (runtime(), Folder::new("files"));
    let bmcs = start(&runtime, 2);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let save = |name: &str| {
        rosefish(&["inventory", "n[1-2]", "--hosts", &file, "--save", folder.0.join(name).to_str().unwrap()])
    };
    let refused = save("all.json");
    assert!(refused.status.code() == Some(1) && errors(&refused).contains("{host}"), "{}", errors(&refused));
    assert!(!folder.0.join("all.json").exists());
    assert_eq!(save("{host}.json").status.code(), Some(0));
    assert!(["n1.json", "n2.json"].iter().all(|name| Path::new(&folder.0.join(name)).exists()));
}

#[test]
fn walks_and_what_vendors_add_are_of_many_hosts() {
    let (runtime, folder) = (runtime(), Folder::new("walks"));
    let mut bmcs = start(&runtime, 3);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    for bmc in &bmcs[..2] {
        let mut system = bmc.resource("/redfish/v1/Systems/1").unwrap();
        system["Oem"] = json!({ "Contoso": { "Lights": "On" } });
        bmc.set("/redfish/v1/Systems/1", system);
    }
    drop(bmcs.remove(2));
    let run = |words: &[&str]| rosefish(&[words, &["@cluster", "--hosts", &file, "--retries", "0"]].concat());
    for (command, definition) in [("walk", "walk"), ("oem", "oem")] {
        let output = run(&[command, "--json"]);
        let lines: Vec<Value> = out(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (own, failure) = (validator(definition), validator("failure"));
        let mut hosts: Vec<(&str, bool)> = Vec::new();
        for line in &lines {
            let is_failure = line.get("error").is_some();
            assert!(if is_failure { failure.is_valid(line) } else { own.is_valid(line) }, "{line}");
            hosts.push((line["host"].as_str().unwrap(), is_failure));
        }
        hosts.sort_unstable();
        assert_eq!(hosts, [("n1", false), ("n2", false), ("n3", true)], "{command}: {}", errors(&output));
        assert_eq!(output.status.code(), Some(3), "{command}");
    }
    let walked = out(&run(&["walk"]));
    assert!(walked.contains("n1: ") && walked.lines().all(|line| line.starts_with("n1: ") || line.starts_with("n2: ")));
    let table = out(&run(&["oem"]));
    let rows: Vec<_> = table.lines().collect();
    assert!(rows[0].starts_with("HOST ") && rows.len() == 3, "{table}");
    assert!(rows[1..].iter().all(|row| row.contains("Contoso") && row.contains("Lights")), "{table}");
    // Without a host there is the machine that the program carries, and nothing else.
    assert_eq!(rosefish(&["walk"]).status.code(), Some(2));
    assert_eq!(rosefish(&["walk", "n1", "--demo"]).status.code(), Some(2));
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
fn each_host_is_recorded_into_a_folder_of_its_own() {
    let (runtime, folder) = (runtime(), Folder::new("record"));
    let bmcs = start(&runtime, 2);
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let record = |dir: &str| {
        let dir = folder.0.join(dir);
        rosefish(&["record", "@cluster", dir.to_str().unwrap(), "--hosts", &file])
    };
    let recorded = record("all");
    assert_eq!(recorded.status.code(), Some(0), "{}", errors(&recorded));
    assert_eq!(out(&recorded).lines().filter(|line| line.contains(" resources, 0 not read")).count(), 2);
    for host in ["n1", "n2"] {
        let tree = Tree::from_dir(folder.0.join("all").join(host)).unwrap();
        assert!(tree.json("/redfish/v1/Systems/1").is_some_and(|system| system["PowerState"] == "On"), "{host}");
    }
    // What is there stays as it is, and one folder that is taken hides no other host.
    std::fs::remove_dir_all(folder.0.join("all/n2")).unwrap();
    let again = record("all");
    assert_eq!(again.status.code(), Some(3), "{}", errors(&again));
    assert!(errors(&again).contains("n1: ") && errors(&again).contains("empty or new"), "{}", errors(&again));
    assert!(folder.0.join("all/n2/redfish/v1/index.json").exists());
    assert_eq!(record("of-{host}").status.code(), Some(0));
    assert!(folder.0.join("of-n1/redfish/v1/index.json").exists());
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
fn what_was_read_of_each_host_before_ctrl_c_stays() {
    let (runtime, folder) = (runtime(), Folder::new("given-up"));
    let bmcs = start(&runtime, 2);
    let thermal = "/redfish/v1/Chassis/1/Thermal";
    for bmc in &bmcs {
        bmc.faults().add(Rule::on("GET", thermal).then(Action::Delay(Duration::from_secs(600))));
    }
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    let dir = folder.0.join("all");
    // With --mask, nothing is written before all is read.
    let child = program(&["record", "@cluster", dir.to_str().unwrap(), "--mask", "--hosts", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begin = Instant::now();
    while bmcs.iter().any(|bmc| bmc.requests().to("GET", thermal).is_empty()) {
        assert!(begin.elapsed() < Duration::from_secs(60), "it does not read");
        std::thread::sleep(Duration::from_millis(20));
    }
    // What was asked for beside it comes.
    std::thread::sleep(Duration::from_millis(300));
    assert!(
        std::process::Command::new("sh")
            .args(["-c", "kill \"$@\"", "kill", "-INT", &child.id().to_string()])
            .status()
            .unwrap()
            .success()
    );
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{}", errors(&ended));
    for host in ["n1", "n2"] {
        let tree = Tree::from_dir(dir.join(host)).unwrap();
        assert!(tree.has_root() && tree.json("/redfish/v1/Systems/1").is_some(), "{host}: {:?}", tree);
        assert!(tree.json(thermal).is_none(), "{host}");
    }
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
fn ctrl_c_logs_out_everywhere() {
    let (runtime, folder) = (runtime(), Folder::new("interrupt"));
    let bmcs = start(&runtime, 6);
    for bmc in &bmcs {
        bmc.faults().add(Rule::on("GET", "/redfish/v1/Systems").then(Action::Delay(Duration::from_secs(600))));
    }
    let file = folder.file("hosts.toml", &inventory(&bmcs));
    for signal in ["-INT", "-TERM"] {
        let child = program(&["power", "@cluster", "--hosts", &file])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begin = Instant::now();
        while bmcs.iter().any(|bmc| bmc.sessions() == 0) {
            assert!(begin.elapsed() < Duration::from_secs(60), "it does not log in");
            std::thread::sleep(Duration::from_millis(20));
        }
        let begin = Instant::now();
        assert!(
            std::process::Command::new("sh")
                .args(["-c", "kill \"$@\"", "kill", signal, &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        let ended = child.wait_with_output().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
        assert_eq!(ended.status.code(), Some(130), "{}", errors(&ended));
        assert!(errors(&ended).contains("6 interrupted or not begun"), "{}", errors(&ended));
        assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0), "every session is ended");
    }
}

#[test]
fn mistakes_in_lists_and_inventories_are_named_with_their_line() {
    let folder = Folder::new("mistakes");
    let file = folder
        .file("hosts.toml", "[defaults]\nuser = \"admin\"\n\n[groups.a]\nhosts = [\"n1\"]\npasword-file = \"x\"\n");
    let run = rosefish(&["power", "@a", "--hosts", &file]);
    assert!(
        run.status.code() == Some(1) && errors(&run).contains("hosts.toml:6: unknown field `pasword-file`"),
        "{}",
        errors(&run)
    );
    let file = folder.file("good.toml", "[groups.a]\nhosts = [\"n1\"]\n");
    for (list, why) in
        [("@b", "no such group; it has: a"), ("n[3-1]", "ends before it begins"), ("@a,!@a", "the list is empty")]
    {
        let run = rosefish(&["power", list, "--hosts", &file]);
        assert!(run.status.code() == Some(1) && errors(&run).contains(why), "{list}: {}", errors(&run));
    }
    let run = rosefish(&["sol", "n[1-2]"]);
    assert!(errors(&run).contains("one host at a time"), "{}", errors(&run));
}
