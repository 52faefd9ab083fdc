//! What only IPMI has, from the command line: single entries and the clock of the event log, fields of inventories, passwords,
//! controllers behind the BMC, the key K_G; which of it reads and which changes; and thresholds by either protocol.

mod program;

use std::path::PathBuf;
use std::process::Output;

use rosefish_mock::Tree;
use rosefish_mock::ipmi::{MockIpmi, Privilege, User};
use serde_json::{Value, json};

use program::{errors, json as json_of, on, program, rosefish, runtime, serve, text};

fn bmc() -> MockIpmi {
    let builder = MockIpmi::builder().user(User::new("admin", "password", Privilege::Administrator));
    builder.user(User::new("operator", "old-password", Privilege::Operator)).start_blocking().unwrap()
}

/// Runs words on a BMC, with `HOST` where the host goes.
fn run(bmc: &MockIpmi, words: &str) -> Output {
    let port = bmc.addr().port().to_string();
    let words: Vec<&str> = words.split(' ').map(|word| if word == "HOST" { "127.0.0.1" } else { word }).collect();
    let only_ipmi = ["ipmi", "lan", "raw", "fru", "channel"].contains(&words[0]) || words.contains(&"--protocol");
    let protocol: &[&str] = if only_ipmi { &[] } else { &["--protocol", "ipmi"] };
    rosefish(&[&words, protocol, &["--port", &port, "--user", "admin"]].concat())
}

/// A file that is gone with the test.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rosefish-rest-{name}-{}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn count(bmc: &MockIpmi) -> usize {
    bmc.machine().lock().sel.len()
}

#[test]
fn entries_that_are_not_there_are_named_and_the_others_deleted() {
    let bmc = bmc();
    let before = count(&bmc);
    let part = run(&bmc, "sel delete HOST 1 200 3 --json");
    assert_eq!(part.status.code(), Some(3), "{}", errors(&part));
    let json = json_of(&part);
    assert_eq!(json["value"], json!(["0x0001", "0x0003"]));
    assert!(json["partial"][0]["where"] == "entry 0x00c8" && errors(&part).contains("entry 0x00c8"), "{json}");
    assert_eq!(count(&bmc), before - 2);
    let none = run(&bmc, "sel delete HOST 200");
    assert!(none.status.code() == Some(1) && errors(&none).contains("entry 0x00c8"), "{}", errors(&none));
}

#[test]
fn a_file_of_events_is_added_whole_or_not_at_all() {
    let bmc = bmc();
    let before = count(&bmc);
    let wrong = File::new("wrong", "0x04 0x01 0x30 0x01 0x59 0x75 0x70\n0x04 0x01 spoon\n");
    let refused = run(&bmc, &format!("sel add HOST {}", wrong.path()));
    assert!(refused.status.code() == Some(1) && errors(&refused).contains("line 2"), "{}", errors(&refused));
    assert_eq!(count(&bmc), before);
    let right = File::new("right", "0x04 0x01 0x30 0x01 0x59 0x75 0x70 # hot\n\n# that is all\n");
    assert!(text(&run(&bmc, &format!("sel add HOST {}", right.path()))).starts_with("added 0x"));
    assert_eq!(count(&bmc), before + 1);
    let saved = File::new("saved", "");
    run(&bmc, &format!("sel save HOST {}", saved.path()));
    let saved = std::fs::read_to_string(saved.path()).unwrap();
    assert!(saved.lines().last().unwrap().starts_with("0x04 0x01 0x30 0x01 0x59 0x75 0x70 # Temperature"), "{saved}");
}

#[test]
fn an_inventory_is_saved_edited_and_written_back() {
    let bmc = bmc();
    let file = File::new("fru", "");
    text(&run(&bmc, &format!("fru read HOST {}", file.path())));
    let saved = std::fs::read(file.path()).unwrap();
    let edited = text(&run(&bmc, "fru edit HOST product.asset-tag=rack7 board.extra1=new"));
    assert_eq!(edited, "product.asset-tag is rack7\nboard.extra1 is new\n");
    let shown = json_of(&run(&bmc, "fru list HOST --device 0 --json"));
    let device = &shown["value"][0];
    assert_eq!((&device["product"]["asset_tag"], &device["board"]["extra"][0]), (&json!("rack7"), &json!("new")));
    assert_eq!(device["defects"], json!([]));
    let unknown = run(&bmc, "fru edit HOST product.spoon=1");
    assert!(unknown.status.code() == Some(2) && errors(&unknown).contains("product.asset-tag"), "{}", errors(&unknown));
    text(&run(&bmc, &format!("fru write HOST {}", file.path())));
    assert_eq!(bmc.machine().lock().fru[&0], saved);
}

#[test]
fn a_password_that_is_another_one_is_found_and_not_shown() {
    let bmc = bmc();
    let port = bmc.addr().port().to_string();
    let test = |password: &str, more: &[&str]| {
        let words =
            ["users", "test", "127.0.0.1", "operator", "--protocol", "ipmi", "--port", &port, "--user", "admin"];
        program(&[&words, more].concat()).env("ROSEFISH_NEW_PASSWORD", password).output().unwrap()
    };
    assert_eq!(text(&test("old-password", &[])), "it is the password of operator\n");
    let wrong = test("C4n4ry-Secret", &["--json"]);
    assert_eq!((wrong.status.code(), &json_of(&wrong)["value"]), (Some(4), &json!("wrong")));
    let all = [wrong.stdout, wrong.stderr].concat();
    assert!(!String::from_utf8_lossy(&all).contains("C4n4ry"));
    let unknown =
        rosefish(&["users", "test", "127.0.0.1", "nobody", "--protocol", "ipmi", "--port", &port, "--user", "admin"]);
    assert!(!unknown.status.success());
}

#[test]
fn a_controller_behind_the_bmc_is_reached() {
    let bmc = bmc();
    assert!(text(&run(&bmc, "raw HOST 6 1 -t 0x30")).starts_with(" 30 "));
    assert!(text(&run(&bmc, "raw HOST 6 1 -t 0x20")).starts_with(" 20 "));
    assert!(text(&run(&bmc, "bmc HOST -t 0x30 -b 0")).contains("0x0030"));
    let nobody = run(&bmc, "raw HOST 6 1 -t 0x32");
    assert!(nobody.status.code() == Some(1) && !errors(&nobody).is_empty());
    for wrong in ["raw HOST 6 1 -t 0x31", "raw HOST 6 1 -b 0", "raw HOST 6 1 -t 0x30 -b 16"] {
        assert_eq!(run(&bmc, wrong).status.code(), Some(2), "{wrong}");
    }
    let redfish = run(&bmc, "sensors HOST -t 0x30 --protocol redfish");
    assert!(redfish.status.code() == Some(1) && errors(&redfish).contains("-t"), "{}", errors(&redfish));
}

#[test]
fn the_key_of_a_bmc_comes_from_a_file_or_a_variable_and_is_not_shown() {
    let builder = MockIpmi::builder().user(User::new("admin", "password", Privilege::Administrator));
    let bmc = builder.kg(b"C4n4ry-key").start_blocking().unwrap();
    let file = File::new("kg", "C4n4ry-key\n");
    assert_eq!(text(&run(&bmc, &format!("power HOST --kg-file {}", file.path()))), "on\n");
    let port = bmc.addr().port().to_string();
    let words = ["power", "127.0.0.1", "--protocol", "ipmi", "--port", &port, "--user", "admin"];
    let hexadecimal = "0x43346e3472792d6b6579";
    assert_eq!(text(&program(&words).env("ROSEFISH_IPMI_KG", hexadecimal).output().unwrap()), "on\n");
    for wrong in ["C4n4ry-other", "0xC4n4ry", "C4n4ry that is longer than twenty bytes"] {
        let refused = program(&words).env("ROSEFISH_IPMI_KG", wrong).output().unwrap();
        assert!(!refused.status.success() && !errors(&refused).contains("C4n4ry"), "{}", errors(&refused));
    }
}

#[test]
fn what_redfish_does_not_have_is_refused_where_redfish_alone_may_be_used() {
    let runtime = runtime();
    let redfish = serve(&runtime, Tree::demo());
    for noun in ["sel info", "users summary", "bmc watchdog"] {
        let words: Vec<&str> = noun.split(' ').collect();
        let url = redfish.url();
        let refused = rosefish(&[&words[..], &[&url, "--protocol", "redfish", "--user", "admin"]].concat());
        assert!(refused.status.code() == Some(1) && errors(&refused).contains("only IPMI"), "{}", errors(&refused));
        let one_system = rosefish(&[&words[..], &[&url, "--system", "1", "--user", "admin"]].concat());
        assert!(errors(&one_system).contains("--system"), "{}", errors(&one_system));
    }
    assert!(redfish.requests().is_empty());
}

/// Of several hosts, what changes something wants to be sure, and what reads doesn't.
#[test]
fn the_same_verb_reads_without_its_argument_and_changes_with_it() {
    let (first, second) = (bmc(), bmc());
    let hosts = format!("{},{}", first.addr(), second.addr());
    let both = |words: &str| {
        let words: Vec<&str> = words.split(' ').map(|word| if word == "HOST" { &hosts } else { word }).collect();
        rosefish(&[&words[..], &["--user", "admin"]].concat())
    };
    for (reads, changes) in [
        ("lan stats HOST", "lan stats HOST --clear"),
        ("ipmi asset-tag HOST", "ipmi asset-tag HOST rack7"),
        ("sel time HOST --protocol ipmi", "sel time HOST now --protocol ipmi"),
        ("bmc enables HOST --protocol ipmi", "bmc enables HOST event-log=off --protocol ipmi"),
        ("power limit HOST --protocol ipmi", "power limit HOST --off --protocol ipmi"),
        ("power limit HOST --protocol ipmi", "power limit HOST --watts 400 --protocol ipmi"),
    ] {
        let output = both(reads);
        assert!(!errors(&output).contains("--yes"), "{reads}: {}", errors(&output));
        let output = both(changes);
        assert!(output.status.code() == Some(1) && errors(&output).contains("--yes"), "{changes}: {}", errors(&output));
    }
}

#[test]
fn thresholds_are_set_by_either_protocol() {
    let runtime = runtime();
    let redfish = serve(&runtime, Tree::demo());
    let url = redfish.url();
    let all = json_of(&on(&url, "sensors", &["--json", "--protocol", "redfish"]));
    let with_limit = |one: &&Value| {
        let is_plain = one["id"].as_str().is_some_and(|id| id.contains("/Sensors/") && !id.contains('#'));
        is_plain && one["thresholds"]["upper_critical"].is_number()
    };
    let one = all["value"].as_array().unwrap().iter().find(with_limit).expect("a sensor with thresholds");
    let id = one["id"].as_str().unwrap();
    let words = ["sensors", "threshold", &url, id, "--upper-critical", "77.5", "--user", "admin", "--json"];
    let set = json_of(&rosefish(&words));
    assert_eq!((&set["backend"], &set["value"]["upper_critical"]), (&json!("redfish"), &json!(77.5)), "{set}");
    assert_eq!(set["value"]["upper_caution"], one["thresholds"]["upper_caution"]);
    let shown = json_of(&rosefish(&["sensors", "get", &url, id, "--user", "admin", "--json"]));
    assert_eq!(shown["value"][0]["thresholds"]["upper_critical"], 77.5);

    let bmc = bmc();
    let set = json_of(&run(&bmc, "sensors threshold HOST P12V --upper-critical 13 --lower-critical 11 --json"));
    let near = |name: &str, value: f64| (set["value"][name].as_f64().unwrap() - value).abs() < 0.07;
    assert!(near("upper_critical", 13.0) && near("lower_critical", 11.0), "{set}");
    let several = run(&bmc, "sensors threshold HOST 0x01 --upper-critical 80");
    assert!(errors(&several).contains("choose one"), "{}", errors(&several));
    for wrong in ["sensors threshold HOST P12V", "sensors threshold HOST P12V --upper-critical hot"] {
        assert_eq!(run(&bmc, wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_power_limit_is_set_shown_and_lifted() {
    let bmc = bmc();
    let shown = || json_of(&run(&bmc, "power limit HOST --json"))["value"][0]["watts"].clone();
    assert_eq!(shown(), json!(null));
    let set = json_of(&run(&bmc, "power limit HOST --watts 400 --json"));
    assert_eq!((&set["value"]["watts"], &set["backend"]), (&json!(400.0), &json!("ipmi")), "{set}");
    let table = text(&run(&bmc, "power limit HOST"));
    assert!(table.contains("DCMI   400 W"), "{table}");
    for (wrong, code, why) in [("1", 1, "out of range"), ("400.5", 2, "--watts"), ("70000", 1, "65535 W")] {
        let refused = run(&bmc, &format!("power limit HOST --watts {wrong}"));
        assert!(refused.status.code() == Some(code) && errors(&refused).contains(why), "{wrong}: {}", errors(&refused));
    }
    assert_eq!(shown(), json!(400.0));
    assert_eq!(text(&run(&bmc, "power limit HOST --off")), "DCMI: no limit\n");
    assert!(!bmc.machine().lock().meter.limited);
}
