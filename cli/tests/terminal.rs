//! What the program prints of a machine that puts into each of its texts what moves a terminal's cursor, turns lines around or
//! can't be seen.

use std::process::{Command, Output, Stdio};

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

const HIDDEN: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\r\u{8}\u{9b}1A\u{202e}\u{2066}\u{200b}\u{feff}\u{e0041}\u{7f}";

/// Texts in which nothing but one of the known words would be right stay as they are.
fn poison(value: &mut Value) {
    match value {
        Value::String(text) if text.contains(' ') || !text.contains(['/', '#', ':', '.', '-']) => text.push_str(HIDDEN),
        Value::Array(items) => items.iter_mut().for_each(poison),
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                let needed = name.starts_with('@') || ["target", "UserName", "Id", "RedfishVersion"].contains(&&**name);
                if !needed {
                    poison(member);
                }
            }
            members.insert(format!("Extra{HIDDEN}"), json!(HIDDEN));
        }
        _ => {}
    }
}

fn run(mock: &MockBmc, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_rosefish"))
        .args(arguments)
        .env("ROSEFISH_USER", mock.user())
        .env("ROSEFISH_PASSWORD", mock.password())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t'))
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_machine_says_does_anything_to_the_terminal() {
    let demo = Tree::demo();
    let mut tree = Tree::new();
    for uri in demo.uris() {
        let Some(mut json) = demo.json(uri).cloned() else { continue };
        poison(&mut json);
        tree = tree.with(uri, json);
    }
    let mock = MockBmc::builder().tree(tree).plain().start().await.unwrap();
    mock.faults().add(Rule::on("GET", "**/Drives/**").then(Action::message(500, "Base.1.8.InternalError", HIDDEN)));
    let folder = std::env::temp_dir().join(format!("rosefish-terminal-{}", std::process::id()));
    let target = folder.to_str().unwrap().to_owned();
    let url = mock.url();
    let system = format!("{url}/redfish/v1/Systems/1");
    let missing = format!("{url}/redfish/v1/Gone\u{9b}2J");
    let mut cases: Vec<Vec<&str>> = vec![
        vec!["walk", &url, "--deviations"],
        vec!["get", &system],
        vec!["get", &missing],
        vec!["check", &url],
        vec!["record", &url, &target],
        vec!["check", &target],
    ];
    for verb in ["power", "boot", "sensors", "sel", "fru", "identify", "bmc", "users", "lan"] {
        cases.push(vec![verb, &url]);
        cases.push(vec![verb, &url, "--json"]);
    }
    let mut seen = 0;
    for arguments in cases {
        let output = tokio::task::block_in_place(|| run(&mock, &arguments));
        for text in [&output.stdout, &output.stderr] {
            let text = std::str::from_utf8(text).unwrap();
            let found = text.lines().find(|line| line.contains(is_hidden));
            assert_eq!(found, None, "{arguments:?}");
            seen += text.matches("\\u001b]0;owned").count();
        }
        if arguments.contains(&"--json") && output.status.success() {
            serde_json::from_slice::<Value>(&output.stdout).unwrap();
        }
    }
    assert!(seen > 50, "only {seen} times was there anything to hide");
    std::fs::remove_dir_all(folder).unwrap();
}
