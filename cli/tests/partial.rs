//! What can't be read hides nothing else on the command line either: it is named on standard error and in JSON, and the
//! exit code says so.

mod program;

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::{Flaw, Item, MockIpmi};
use rosefish_mock::{MockBmc, Tree};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use program::{errors, json, runtime};

const DONE_IN_PART: Option<i32> = Some(3);

fn rosefish(arguments: &[&str]) -> std::process::Output {
    program::rosefish(&[arguments, &["--user", "admin"]].concat())
}

/// A service that is asked for each member by itself.
fn start(runtime: &tokio::runtime::Runtime, mut tree: Tree) -> MockBmc {
    if let Some(mut root) = tree.json("/redfish/v1").cloned() {
        root.as_object_mut().unwrap().remove("ProtocolFeaturesSupported");
        tree.insert("/redfish/v1", root);
    }
    runtime.block_on(MockBmc::builder().tree(tree).plain().credentials("admin", "password").start()).unwrap()
}

#[test]
fn what_a_service_does_not_give_is_named_and_the_rest_is_shown() {
    let runtime = runtime();
    let bmc = start(&runtime, Tree::demo());
    let url = bmc.url();
    for (verb, place, others) in [
        ("sensors", "/redfish/v1/Chassis/1U/Sensors/CPU1Temp", "CPU 2"),
        ("inventory", "/redfish/v1/Systems/1/Memory/DIMM_P1_B1", "DIMM"),
        ("users", "/redfish/v1/AccountService/Accounts/2", "admin"),
    ] {
        let whole = rosefish(&[verb, &url, "--protocol", "redfish", "--json"]);
        assert_eq!((whole.status.code(), &json(&whole)["partial"]), (Some(0), &Value::Array(Vec::new())), "{verb}");
        let rule = bmc.faults().add(Rule::on("GET", place).then(Action::Status(404)));
        let text = rosefish(&[verb, &url, "--protocol", "redfish"]);
        assert_eq!(text.status.code(), DONE_IN_PART, "{verb}: {}", errors(&text));
        assert!(String::from_utf8_lossy(&text.stdout).contains(others), "{verb}");
        let said = errors(&text);
        assert!(said.starts_with(&format!("not read: {place}: ")) && said.lines().count() == 1, "{verb}: {said}");
        let part = rosefish(&[verb, &url, "--protocol", "redfish", "--json"]);
        assert_eq!(part.status.code(), DONE_IN_PART, "{verb}");
        let missing = &json(&part)["partial"];
        assert_eq!((missing.as_array().unwrap().len(), &missing[0]["where"]), (1, &Value::from(place)));
        assert!(missing[0]["why"].as_str().unwrap().contains("404") && missing[0]["kind"] == "not-found");
        bmc.faults().remove(rule);
    }
    bmc.faults().add(Rule::on("GET", "/redfish/v1/Systems/1/Bios").then(Action::Status(500)));
    for arguments in [&["walk", &url][..], &["walk", &url, "--json"], &["check", &url]] {
        let walked = rosefish(arguments);
        assert_eq!(walked.status.code(), DONE_IN_PART, "{arguments:?}: {}", errors(&walked));
        let said = String::from_utf8_lossy(&walked.stdout).into_owned() + &errors(&walked);
        assert!(said.contains("/redfish/v1/Systems/1/Bios: "), "{arguments:?}: {said}");
    }
    let walked = json(&rosefish(&["walk", &url, "--json"]));
    assert_eq!(walked["partial"][0]["where"], "/redfish/v1/Systems/1/Bios");
    let folder = std::env::temp_dir().join(format!("rosefish-partial-{}", std::process::id()));
    let recorded = rosefish(&["record", &url, folder.to_str().unwrap()]);
    let _ = std::fs::remove_dir_all(&folder);
    assert_eq!(recorded.status.code(), DONE_IN_PART);
    assert!(errors(&recorded).contains("not read: "), "{}", errors(&recorded));
}

#[test]
fn what_a_legacy_bmc_does_not_give_is_named_and_the_rest_is_shown() {
    let bmc = MockIpmi::builder().start_blocking().unwrap();
    let port = bmc.addr().port().to_string();
    for (verb, item, place) in [
        ("sensors", Item::Record(4), "sensor data record 0x0004"),
        ("inventory", Item::FruDevice(1), "FRU device 1"),
        ("sel", Item::Entry(3), "event log entry 0x0003"),
        ("users", Item::User(3), "user 3"),
    ] {
        bmc.flaw(item, Flaw::Refused(0xc3));
        let part = rosefish(&[verb, "127.0.0.1", "--protocol", "ipmi", "--port", &port, "--json"]);
        bmc.clear_flaws();
        assert_eq!(part.status.code(), DONE_IN_PART, "{verb}: {}", errors(&part));
        let json = json(&part);
        assert!(!json["value"].as_array().unwrap().is_empty(), "{verb}");
        let missing = json["partial"][0]["where"].as_str().unwrap_or_default();
        assert!(missing.starts_with(place) && errors(&part).contains(place), "{verb}: {missing}");
    }
}

#[test]
fn only_the_newest_entries_of_a_log_are_shown_if_that_is_wanted() {
    let bmc = MockIpmi::builder().start_blocking().unwrap();
    let port = bmc.addr().port().to_string();
    let sel = |more: &[&str]| {
        let arguments = [&["sel", "127.0.0.1", "--protocol", "ipmi", "--port", &port, "--json"], more].concat();
        rosefish(&arguments)
    };
    let all = json(&sel(&[]))["value"].as_array().unwrap().clone();
    let last = json(&sel(&["--last", "2"]))["value"].as_array().unwrap().clone();
    assert_eq!(last, all[all.len() - 2..]);
    assert_eq!(sel(&["clear", "--last", "2"]).status.code(), Some(2));
}

#[test]
#[ignore = "needs ../shared/corpus"]
fn a_bad_member_in_any_captured_tree_is_named_by_the_verbs() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus");
    let list = std::fs::read_to_string(corpus.join("TREES.tsv")).unwrap();
    let places = list.lines().skip(1).filter_map(|line| {
        let mut columns = line.split('\t');
        Some(corpus.join(columns.next()?).join(columns.next()?))
    });
    let runtime = runtime();
    let faults = [Action::Status(404), Action::Status(500), Action::html(200), Action::Close];
    let dirs: Vec<PathBuf> = places.collect::<BTreeSet<PathBuf>>().into_iter().collect();
    let next = AtomicUsize::new(0);
    // Programs that try again wait most of the time: several trees at once.
    let some_trees = || {
        let (mut trees, mut runs, mut named, mut wrong) = (0, 0, 0, Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(dir) = dirs.get(number) else { return (trees, runs, named, wrong) };
            let Ok(tree) = Tree::from_dir(dir) else { continue };
            let bmc = start(&runtime, tree.clone());
            let url = bmc.url();
            trees += 1;
            for (at, verb) in ["sensors", "inventory", "sel", "users"].into_iter().enumerate() {
                let run =
                    || rosefish(&[verb, &url, "--protocol", "redfish", "--json", "--basic", "--concurrency", "16"]);
                bmc.clear_requests();
                let whole = run();
                if whole.status.code() == Some(1) {
                    continue;
                }
                let asked: BTreeSet<String> =
                    bmc.requests().iter().map(|request| request.path().trim_end_matches('/').to_owned()).collect();
                let bad = bad_members(&tree, &asked);
                if bad.is_empty() {
                    continue;
                }
                // Each fault in turn, so that all of them come about without as many runs.
                let action = &faults[(number + at) % faults.len()];
                for uri in bad.iter().flat_map(|uri| [uri.clone(), format!("{uri}/")]) {
                    bmc.faults().add(Rule::on("GET", &uri).then(action.clone()));
                }
                bmc.clear_requests();
                let part = run();
                bmc.faults().clear();
                runs += 1;
                let asked: BTreeSet<String> =
                    bmc.requests().iter().map(|request| request.path().trim_end_matches('/').to_owned()).collect();
                let said = errors(&part);
                for uri in bad.iter().filter(|uri| asked.contains(*uri)) {
                    named += 1;
                    let is_named = said.lines().any(|line| line.contains(uri.as_str()));
                    if !is_named || !matches!(part.status.code(), Some(1 | 3)) {
                        wrong.push(format!(
                            "{} {verb} {action:?} {uri}: {:?} {said}",
                            dir.display(),
                            part.status.code()
                        ));
                    }
                }
            }
        }
    };
    let (mut trees, mut runs, mut named, mut wrong) = (0, 0, 0, Vec::new());
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(some_trees)).collect();
        for found in threads.into_iter().map(|thread| thread.join().expect("no panic")) {
            trees += found.0;
            runs += found.1;
            named += found.2;
            wrong.extend(found.3);
        }
    });
    println!("{trees} trees, {runs} runs of a verb, {named} places that could not be read, {} not named", wrong.len());
    assert!(trees > 50 && runs > 50 && wrong.is_empty(), "{wrong:#?}");
}

/// Of each collection that has several members, one that was asked for.
fn bad_members(tree: &Tree, asked: &BTreeSet<String>) -> Vec<String> {
    let mut bad = Vec::new();
    for uri in asked {
        let members = tree.json(uri).and_then(|json| json.get("Members")).and_then(Value::as_array);
        let uris = members.into_iter().flatten().filter_map(|member| member["@odata.id"].as_str());
        let uris: Vec<_> = uris.map(|uri| uri.trim_end_matches('/').to_owned()).collect();
        let read: Vec<_> = uris.iter().filter(|uri| asked.contains(*uri)).collect();
        if uris.len() > 1 && !read.is_empty() {
            bad.push(read[read.len() / 2].clone());
        }
    }
    bad
}
