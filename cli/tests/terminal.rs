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

/// Each command that talks to a machine or reads what one has said, and after those that read, those that change.
const LINES: &[&str] = &[
    "walk {url} --deviations",
    "get {system}",
    "get {missing}",
    "check {url}",
    "record {url} {record}",
    "check {record}",
    "validate {url}",
    "validate {record}",
    "oem {url}",
    "oem {url} --csdl {drafts}",
    "schemas fetch {url} {schemas}",
    "power status {url}",
    "power policy {url}",
    "power limit {url}",
    "boot status {url}",
    "boot options {url}",
    "boot order {url} Boot0002",
    "boot progress {url}",
    "fans status {url}",
    "controls list {url}",
    "metrics show {url}",
    "metrics reports {url}",
    "metrics definitions {url}",
    "metrics triggers {url}",
    "sensors list {url}",
    "sensors get {url} CPU1Temp",
    "health {url}",
    "logs show {url}",
    "logs list {url}",
    "sel list {url}",
    "inventory {url}",
    "inventory {url} --wide",
    "inventory {url} --csv",
    "power status {url} --group-by value",
    "bios get {url}",
    "bios pending {url}",
    "bios secure-boot {url}",
    "firmware list {url}",
    "media list {url}",
    "identify status {url}",
    "users list {url}",
    "bmc info {url}",
    "network show {url}",
    "storage list {url}",
    "lan show {url}",
    "ipmi show {url} --timeout 1",
    "console list {url}",
    "certificate list {url}",
    "sessions list {url}",
    "report {url} -o -",
    "watch {url} --count 1",
    "set {url} /redfish/v1/Systems/1 AssetTag=new",
    "action {url} /redfish/v1/Systems/1 ComputerSystem.Reset ResetType=Nonsense",
    "action {url} /redfish/v1/Systems/1 ComputerSystem.Reset ResetType=ForceRestart",
    "boot once pxe {url}",
    "boot target {url} nonsense",
    "bios set {url} Nonsense=1",
    "users add {url} other ReadOnly",
    "users role {url} other Administrator",
    "users remove {url} other",
    "network set {url} --hostname new",
    "media insert {url} https://images.example/a.iso",
    "media eject {url}",
    "storage locate {url} Nonsense",
    "identify on {url}",
    "sessions end {url} Nonsense",
    "logs clear {url} --log SEL",
    "power limit {url} --watts 500",
    "controls set {url} PowerLimit 600",
    "logs collect {url} --within 20",
    "logs download {url} Nonsense --save {record}/none",
    "firmware update {url} https://images.example/a.bin",
    "bmc reset {url}",
    "power off {url}",
];

/// Commands that say nothing of a machine's own, and those that others stand for.
const OTHERS: &[&str] = &[
    "power on",
    "power cycle",
    "power reset",
    "power nmi",
    "boot always",
    "boot clear",
    "boot http",
    "boot next",
    "power limit",
    "fans mode",
    "fans speed",
    "fans automatic",
    "sel clear",
    "sel info",
    "sel time",
    "sel get",
    "sel delete",
    "sel add",
    "sel save",
    "sensors threshold",
    "fru list",
    "fru edit",
    "fru read",
    "fru write",
    "users test",
    "users summary",
    "users access",
    "bmc watchdog",
    "bmc enables",
    "bmc sysinfo",
    "channel show",
    "channel list",
    "ipmi dcmi",
    "ipmi asset-tag",
    "ipmi controller-id",
    "ipmi event",
    "ipmi pef",
    "ipmi sdr",
    "ipmi sessions",
    "lan ipv6",
    "lan alerts",
    "lan alert",
    "lan stats",
    "bios reset",
    "bios export",
    "bios diff",
    "bios apply",
    "bios password",
    "firmware start",
    "media boot",
    "media serve",
    "identify off",
    "users password",
    "users enable",
    "users disable",
    "storage create",
    "storage initialise",
    "storage delete",
    "storage erase",
    "lan set",
    "console set",
    "certificate show",
    "certificate csr",
    "certificate replace",
    "certificate known",
    "certificate forget",
    "keyring status",
    "keyring set",
    "keyring forget",
    "raw",
    "sol",
    "exporter",
    "fleet submit",
    "fleet results",
    "fleet worker",
    "schema",
    "schemas diff",
    "mock",
    "completions",
    "man",
];

#[test]
fn no_command_is_left_out() {
    let page = include_str!("../../docs/cli.md");
    let headings: Vec<_> =
        page.lines().filter_map(|line| line.strip_prefix("## ").or(line.strip_prefix("### "))).collect();
    let is_leaf = |name: &&&str| !headings.iter().any(|other| other.starts_with(&format!("{name} ")));
    let known = |name: &str| {
        let spaced = format!("{name} ");
        OTHERS.contains(&name) || LINES.iter().any(|line| line.starts_with(&spaced))
    };
    let mut leaves = headings
        .iter()
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || matches!(c, ' ' | '-')))
        .filter(is_leaf);
    let missing: Vec<_> = leaves.by_ref().filter(|name| !known(name)).collect();
    assert!(missing.is_empty() && headings.len() > 90, "neither in LINES nor in OTHERS: {missing:?}");
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
    let fetched = folder.join("schemas");
    let drafts = folder.join("drafts");
    let paths = [("{url}", url.as_str()), ("{system}", &system), ("{missing}", &missing), ("{record}", &target)];
    let paths =
        paths.into_iter().chain([("{schemas}", fetched.to_str().unwrap()), ("{drafts}", drafts.to_str().unwrap())]);
    let paths: Vec<_> = paths.collect();
    let filled = |word: &str| paths.iter().fold(word.to_owned(), |word, (name, value)| word.replace(name, value));
    let mut cases: Vec<Vec<String>> = Vec::new();
    for line in LINES {
        let words: Vec<String> = line.split(' ').map(filled).collect();
        // `get --json` is byte by byte what came, unless it goes to a terminal.
        let takes_json = !["get ", "record", "oem {url} --csdl", "report", "completions", "man"]
            .iter()
            .any(|one| line.starts_with(one));
        if takes_json && !line.contains("--csv") && !line.contains("--group-by") {
            cases.push(words.iter().cloned().chain(["--json".to_owned()]).collect());
        }
        cases.push(words);
    }
    let mut seen = 0;
    for arguments in cases {
        let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let output = tokio::task::block_in_place(|| run(&mock, &words));
        for text in [&output.stdout, &output.stderr] {
            let text = std::str::from_utf8(text).unwrap();
            let found = text.lines().find(|line| line.contains(is_hidden));
            assert_eq!(found, None, "{arguments:?}");
            seen += text.matches("\\u001b]0;owned").count();
        }
        // Words that the command line doesn't take would hide what the command prints.
        assert_ne!(output.status.code(), Some(2), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        if words.contains(&"--json") && output.status.success() {
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(serde_json::from_str::<Value>(&text).is_ok(), "{arguments:?}: {text}");
        }
    }
    assert!(seen > 50, "only {seen} times was there anything to hide");
    std::fs::remove_dir_all(folder).unwrap();
}
