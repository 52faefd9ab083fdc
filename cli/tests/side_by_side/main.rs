//! `docs/from-ipmitool.md`, line by line: commands that mean the same according to it do the same. Both programs run against BMCs
//! of their own that begin alike, and afterwards ipmitool shows the state of both. What only reads is compared value by value.

#[path = "../program/mod.rs"]
mod program;
mod rest;
mod shows;

use std::collections::BTreeMap;
use std::process::{Command, Output};

use rosefish_mock::ipmi::{MockIpmi, Privilege, User};
use serde_json::Value;

use program::{errors, program};
use shows::{controller, lan, sol, users};

const PAGE: &str = include_str!("../../../docs/from-ipmitool.md");

/// How to find out whether two commands mean the same.
enum Same {
    /// Both change the BMC. Afterwards, ipmitool prints the same for both by this command.
    Then(&'static str),
    /// The same, for what this function leaves of the output.
    ThenLike(&'static str, fn(&str) -> String),
    /// Both write the same file, for what this function leaves of it.
    Files(fn(&[u8]) -> Vec<u8>),
    /// Both have the BMC do the same: the first thing that it recorded.
    Deed,
    /// Both show the same.
    Shows(fn(&str, &Value) -> Vec<String>),
    /// Both print the same, apart from the gaps.
    Text,
    /// It can't be compared here.
    Elsewhere,
}

use Same::{Deed, Elsewhere, Files, Shows, Text, Then, ThenLike};

/// A command of each program. Commands of ipmitool that stand for one of ours have a semicolon between them.
const CASES: &[(&str, &str, Same)] = &[
    ("power status", "power HOST", Shows(power)),
    ("power off", "power off HOST --force", Then("power status")),
    ("power on", "power on HOST", Then("power status")),
    ("power soft", "power off HOST", Deed),
    ("power cycle", "power cycle HOST", Deed),
    ("power reset", "power reset HOST --force", Deed),
    ("power diag", "power nmi HOST", Deed),
    ("chassis bootdev pxe", "boot HOST pxe --legacy", Then(BOOT)),
    ("chassis bootdev pxe options=efiboot,persistent", "boot HOST pxe --uefi --persistent", Then(BOOT)),
    ("chassis bootdev disk", "boot HOST disk --legacy", Then(BOOT)),
    ("chassis bootdev cdrom", "boot HOST cd --legacy", Then(BOOT)),
    ("chassis bootdev floppy", "boot HOST floppy --legacy", Then(BOOT)),
    ("chassis bootdev bios", "boot HOST bios-setup --legacy", Then(BOOT)),
    ("chassis bootdev diag", "boot HOST diagnostics --legacy", Then(BOOT)),
    ("chassis bootdev none", "boot HOST none", Then(BOOT)),
    ("chassis bootparam get 5", "boot HOST", Shows(boot)),
    ("chassis identify 15", "identify on HOST --seconds 15", Deed),
    ("chassis identify force", "identify on HOST", Deed),
    ("chassis identify 0", "identify off HOST", Deed),
    ("chassis policy always-off", "power policy HOST always-off", Then("chassis status")),
    ("chassis status", "ipmi HOST", Shows(flags)),
    ("chassis poh", "ipmi HOST", Shows(hours)),
    ("mc selftest", "ipmi HOST", Shows(self_test)),
    ("dcmi power reading", "ipmi HOST", Shows(watts)),
    ("sdr list", "sensors HOST", Shows(names)),
    ("sdr type temperature", "sensors HOST --kind temperature", Shows(names)),
    ("sensor list", "sensors HOST --thresholds", Shows(readings)),
    ("sel list", "sel HOST", Shows(entries)),
    ("sel elist", "logs HOST", Shows(named_entries)),
    ("sel clear", "sel clear HOST", Then("sel list")),
    ("fru print", "inventory HOST", Shows(parts)),
    ("fru print", "fru HOST", Shows(parts)),
    ("mc info", "bmc HOST", Shows(controller)),
    ("mc reset cold", "bmc reset HOST", Deed),
    ("mc reset warm", "raw HOST 6 3", Deed),
    ("user list 1", "users HOST", Shows(users)),
    // The level and the password; ipmitool opens serial lines to the user as well, which is left alone here.
    (ADD, "users add HOST carol operator", Then("user test 4 16 new-Secret-7")),
    ("user set password 3 another-pass", "users password HOST operator", Then("user test 3 16 another-pass")),
    ("user priv 3 2", "users role HOST operator user", Then("user list 1")),
    ("user disable 3", "users disable HOST operator", Then("channel getaccess 1 3")),
    ("user enable 3", "users enable HOST operator", Then("channel getaccess 1 3")),
    ("lan print", "lan HOST", Shows(lan)),
    ("lan set 1 ipsrc dhcp", "lan set HOST --source dhcp", Then(LAN)),
    (STATIC, "lan set HOST --address 10.0.0.8 --netmask 255.255.255.0 --gateway 10.0.0.1", Then(LAN)),
    ("lan set 1 vlan id 7", "lan set HOST --vlan 7", Then(LAN)),
    ("lan set 1 vlan id off", "lan set HOST --vlan off", Then(LAN)),
    ("raw 0x06 0x01", "raw HOST 0x06 0x01", Text),
    ("sol info 1", "console HOST --protocol ipmi", Shows(sol)),
    ("sol set enabled false 1", "console set HOST --protocol ipmi --disable", Then(SOL)),
    (RATES, "console set HOST --protocol ipmi --bit-rate 57600", Then(SOL)),
    ("sol set privilege-level admin 1", "console set HOST --protocol ipmi --lowest administrator", Then(SOL)),
    // A test of the mock has the terminal that they need (mock/tests/ipmi/sol.rs, cli/tests/host.rs).
    ("sol activate", "sol HOST", Elsewhere),
    ("sol deactivate", "sol HOST --take-over", Elsewhere),
];

fn cases() -> impl Iterator<Item = &'static (&'static str, &'static str, Same)> {
    CASES.iter().chain(rest::CASES)
}

const ADD: &str = "user set name 4 carol; user set password 4 new-Secret-7; user priv 4 3 1; \
                   channel setaccess 1 4 link=off ipmi=on callin=on privilege=3; user enable 4";
const STATIC: &str = "lan set 1 ipaddr 10.0.0.8; lan set 1 netmask 255.255.255.0; lan set 1 defgw ipaddr 10.0.0.1";
const RATES: &str = "sol set volatile-bit-rate 57.6 1; sol set non-volatile-bit-rate 57.6 1";
const BOOT: &str = "chassis bootparam get 5";
const LAN: &str = "lan print 1";
const SOL: &str = "sol info 1";

fn ipmitool(port: &str, arguments: &str) -> Output {
    let options = ["-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", port, "-U", "admin", "-P", "password"];
    let words = arguments.split_whitespace().map(|word| match word {
        "FILE" => file("ipmitool", port),
        // A gap within a word.
        word => word.replace('~', " "),
    });
    Command::new("ipmitool").args(options).args(words).env("TZ", "UTC").output().unwrap()
}

/// Returns the file that a program reads or writes for a BMC.
fn file(program: &str, port: &str) -> String {
    let name = format!("{program}-{}-{port}", std::process::id());
    std::env::temp_dir().join(name).to_str().unwrap().to_owned()
}

fn rosefish(port: &str, words: &str, json: bool) -> Output {
    let file = file("rosefish", port);
    let replaced = |word| match word {
        "HOST" => "127.0.0.1",
        "FILE" => &file,
        word => word,
    };
    let mut arguments: Vec<&str> = words.split_whitespace().map(replaced).collect();
    arguments.extend(["--port", port, "--user", "admin", "-C", "3"]);
    let only_ipmi = ["ipmi", "lan", "raw", "sol", "fru", "channel"].contains(&arguments[0]);
    if !only_ipmi && !words.contains("--protocol") {
        arguments.extend(["--protocol", "ipmi"]);
    }
    if json {
        arguments.push("--json");
    }
    let password = match words {
        words if words.contains("password") => "another-pass",
        words if words.contains("users test") => "old-password",
        _ => "new-Secret-7",
    };
    program(&arguments).env("ROSEFISH_NEW_PASSWORD", password).output().unwrap()
}

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// Reads ipmitool's lines of `name : value`. If names repeat, the first one counts.
fn table(text: &str) -> BTreeMap<&str, &str> {
    let mut table = BTreeMap::new();
    for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
        table.entry(name.trim()).or_insert(value.trim());
    }
    table
}

fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines().map(|line| line.split('|').map(str::trim).collect()).filter(|row: &Vec<_>| row.len() > 1).collect()
}

/// Returns what differs between ipmitool's values and ours.
fn compare(theirs: &BTreeMap<&str, &str>, pairs: &[(&str, Value)]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, ours) in pairs {
        let theirs = theirs.get(name).copied().unwrap_or("(nothing)");
        // Of what a BMC does not have, ipmitool prints what stands for it in an empty answer.
        let is_empty = ["0", "false", "Unknown (0x00)", "IPMI-Over-Serial-Setting"].contains(&theirs);
        if ours.is_null() && is_empty {
            continue;
        }
        let ours = ours.as_str().map_or_else(|| ours.to_string(), str::to_owned);
        if !theirs.eq_ignore_ascii_case(&ours) {
            wrong.push(format!("{name}: {theirs} and {ours}"));
        }
    }
    wrong
}

fn power(theirs: &str, ours: &Value) -> Vec<String> {
    let ours = format!("Chassis Power is {}", ours.as_str().unwrap_or_default());
    if theirs.trim() == ours { Vec::new() } else { vec![format!("{theirs:?} and {ours:?}")] }
}

fn boot(theirs: &str, ours: &Value) -> Vec<String> {
    let is_valid = theirs.contains("Boot Flag Valid");
    if is_valid == ours.is_null() { vec![format!("valid: {is_valid}, and {ours}")] } else { Vec::new() }
}

fn all(ours: &Value) -> &[Value] {
    ours.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn sensor<'v>(ours: &'v Value, name: &str) -> Option<&'v Value> {
    let exact = all(ours).iter().find(|one| one["name"] == name);
    // Of sensors that share a record, ipmitool shows one, without its number.
    let numbered = |one: &&Value| one["name"].as_str().is_some_and(|ours| without_number(ours) == name);
    exact.or_else(|| all(ours).iter().find(numbered))
}

fn without_number(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

fn names(theirs: &str, ours: &Value) -> Vec<String> {
    let rows = rows(theirs);
    if rows.is_empty() {
        return vec![format!("nothing to compare: {theirs}")];
    }
    // It also lists what is not a sensor: the places of inventories and of controllers. Of some names, it prints bytes that don't
    // belong to them.
    let is_sensor = |row: &&Vec<&str>| {
        let kind = row[1].to_lowercase();
        row[0].is_ascii() && !["log", "static", "dynamic"].iter().any(|other| kind.contains(other))
    };
    let missing = rows.iter().filter(is_sensor).filter(|row| sensor(ours, row[0]).is_none());
    missing.map(|row| format!("{} is missing", row[0])).collect()
}

fn same(pairs: &[(&str, String, String)]) -> Vec<String> {
    let differ = pairs.iter().filter(|(_, theirs, ours)| theirs != ours);
    differ.map(|(name, theirs, ours)| format!("{name}: {theirs} and {ours}")).collect()
}

fn flags(theirs: &str, ours: &Value) -> Vec<String> {
    let theirs = table(theirs);
    let names = [
        ("Power Overload", "power_overload"),
        ("Main Power Fault", "power_fault"),
        ("Power Control Fault", "power_control_fault"),
        ("Chassis Intrusion", "intrusion"),
        ("Front-Panel Lockout", "front_panel_lockout"),
        ("Drive Fault", "drive_fault"),
        ("Cooling/Fan Fault", "cooling_fault"),
    ];
    let flag = |name: &str| (matches!(theirs.get(name), Some(&"true" | &"active"))).to_string();
    same(&names.map(|(name, own)| (name, flag(name), ours[own].to_string())))
}

fn hours(theirs: &str, ours: &Value) -> Vec<String> {
    let number = |unit: &str| {
        let before = theirs.split(&format!(" {unit}")).next().unwrap_or_default();
        before.split(' ').next_back().and_then(|word| word.parse::<u64>().ok()).unwrap_or_default()
    };
    same(&[("hours", (number("day") * 24 + number("hour")).to_string(), ours["power_on_hours"].to_string())])
}

fn watts(theirs: &str, ours: &Value) -> Vec<String> {
    let theirs = table(theirs).get("Instantaneous power reading").and_then(|text| text.split(' ').next()).unwrap_or("");
    same(&[("power", theirs.to_owned(), ours["power_watts"].to_string())])
}

fn self_test(theirs: &str, ours: &Value) -> Vec<String> {
    let theirs = table(theirs).get("Selftest").copied().unwrap_or_default().to_owned();
    let ours = ours["self_test"].as_str().unwrap_or_default().to_owned();
    if theirs == "not implemented" && ours == "there is none" {
        Vec::new()
    } else {
        same(&[("self test", theirs, ours)])
    }
}

fn readings(theirs: &str, ours: &Value) -> Vec<String> {
    const THRESHOLDS: [&str; 6] =
        ["lower_fatal", "lower_critical", "lower_caution", "upper_caution", "upper_critical", "upper_fatal"];
    let mut wrong = Vec::new();
    let mut seen = 0;
    for row in rows(theirs) {
        let (Some(one), Ok(reading)) = (sensor(ours, row[0]), row[1].parse::<f64>()) else { continue };
        let same = |a: f64, b: Option<f64>| b.is_some_and(|b| (a - b).abs() <= 0.0006 + b.abs() * 1e-6);
        if !same(reading, one["reading"].as_f64()) {
            wrong.push(format!("{}: {reading} and {}", row[0], one["reading"]));
        }
        seen += 1;
        // Where the record says that there are none, only ipmitool asks all the same: the page says so.
        let has_some = THRESHOLDS.iter().any(|name| !one["thresholds"][name].is_null());
        for (at, name) in THRESHOLDS.iter().enumerate().filter(|_| has_some) {
            let found = &one["thresholds"][name];
            match row.get(4 + at).and_then(|text| text.parse::<f64>().ok()) {
                Some(value) if !same(value, found.as_f64()) => {
                    wrong.push(format!("{} {name}: {value} and {found}", row[0]))
                }
                _ => {}
            }
        }
    }
    if seen < 3 { vec![format!("only {seen} readings to compare")] } else { wrong }
}

fn entries(theirs: &str, ours: &Value) -> Vec<String> {
    let count = rows(theirs).len();
    if count == all(ours).len() { Vec::new() } else { vec![format!("{count} entries and {}", all(ours).len())] }
}

fn named_entries(theirs: &str, ours: &Value) -> Vec<String> {
    let mut wrong = entries(theirs, ours);
    let theirs = theirs.replace("#0x", "0x");
    let named = all(ours).iter().filter_map(|one| one["sensor"].as_str());
    wrong
        .extend(named.filter(|name| !theirs.contains(without_number(name))).map(|name| format!("{name} is not there")));
    wrong
}

fn parts(theirs: &str, ours: &Value) -> Vec<String> {
    let text = ours.to_string();
    let wanted = ["Serial", "Part Number", "Manufacturer"];
    let lines = theirs.lines().filter_map(|line| line.split_once(':'));
    let wanted = lines.filter(|(name, _)| wanted.iter().any(|wanted| name.trim().ends_with(wanted)));
    let values: Vec<_> = wanted.map(|(_, value)| value.trim()).filter(|value| !value.is_empty()).collect();
    if values.is_empty() {
        return vec!["nothing to compare".to_owned()];
    }
    values.into_iter().filter(|value| !text.contains(*value)).map(|value| format!("{value} is missing")).collect()
}

fn port(bmc: &MockIpmi) -> String {
    bmc.addr().port().to_string()
}

/// Returns what differs between the two commands on machines that begin alike.
fn differences(theirs: &str, ours: &str, same: &Same) -> Vec<String> {
    let [first, second] = [(); 2].map(|()| {
        let users = MockIpmi::builder().user(User::new("admin", "password", Privilege::Administrator));
        users.user(User::new("operator", "old-password", Privilege::Operator)).start_blocking().unwrap()
    });
    let (their_port, our_port) = (port(&first), port(&second));
    if matches!(same, Elsewhere) {
        return Vec::new();
    }
    let their_outputs: Vec<_> = theirs.split("; ").map(|one| (one, ipmitool(&their_port, one))).collect();
    for (command, output) in &their_outputs {
        // ipmitool waits for a BMC that restarts, and at times calls that a failure. It does the same with an inventory that it has
        // edited.
        let says_so_anyway = ["mc reset", "fru edit"].iter().any(|one| command.starts_with(one));
        if !output.status.success() && !says_so_anyway {
            return vec![format!("ipmitool {command}: {}", said(output))];
        }
    }
    let is_read = matches!(same, Shows(_));
    let mut our_outputs: Vec<_> = ours.split("; ").map(|one| rosefish(&our_port, one, is_read)).collect();
    if let Some(failed) = our_outputs.iter().find(|output| !matches!(output.status.code(), Some(0 | 3))) {
        return vec![format!("rosefish {ours}: {}", errors(failed))];
    }
    let output = our_outputs.pop().unwrap();
    let their_text = String::from_utf8_lossy(&their_outputs[0].1.stdout).into_owned();
    let equal = |a: String, b: String| if a == b { Vec::new() } else { vec![format!("\n{a}\nand\n{b}")] };
    match same {
        Then(probe) => equal(said(&ipmitool(&their_port, probe)), said(&ipmitool(&our_port, probe))),
        ThenLike(probe, left) => {
            let shown = |port: &str| left(&said(&ipmitool(port, probe)));
            equal(shown(&their_port), shown(&our_port))
        }
        Files(left) => {
            let content = |program: &str, port: &str| {
                let file = file(program, port);
                let bytes = std::fs::read(&file).unwrap_or_default();
                let _ = std::fs::remove_file(&file);
                left(&bytes)
            };
            let (first, second) = (content("ipmitool", &their_port), content("rosefish", &our_port));
            let differs = first != second || first.is_empty();
            differs.then(|| format!("files of {} and {} bytes differ", first.len(), second.len())).into_iter().collect()
        }
        Deed => {
            let deed = |bmc: &MockIpmi| format!("{:?}", bmc.machine().lock().changes().first().map(|one| &one.kind));
            equal(deed(&first), deed(&second))
        }
        Shows(compare) => {
            let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
            compare(&their_text, &json["value"])
        }
        Text => {
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            equal(words(&their_text), words(&String::from_utf8_lossy(&output.stdout)))
        }
        Elsewhere => Vec::new(),
    }
}

/// Returns the first cells of the page's table of commands, each with the commands in it.
fn lines() -> Vec<Vec<String>> {
    let (_, rest) = PAGE.split_once("## Command by command").unwrap();
    let lines = rest.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| "));
    let cells = lines.filter_map(|line| line.split(" | ").next()).skip(1);
    let codes = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    cells.map(codes).filter(|codes| !codes.is_empty()).collect()
}

#[test]
fn every_line_of_the_page_is_tried() {
    let normal = |text: &str| {
        text.replace(" NAME", " carol").replace("another-pass", "").replace("PASSWORD", "").trim().to_owned()
    };
    let mut untried = Vec::new();
    for codes in lines() {
        let is_tried = codes.iter().any(|code| {
            let code = normal(code);
            cases().any(|(theirs, ..)| {
                let verb = |text: &str| text.split_whitespace().take(3).collect::<Vec<_>>().join(" ");
                theirs.split("; ").any(|one| normal(one).starts_with(&code) || verb(one) == verb(&code))
            })
        });
        if !is_tried
            && !codes.iter().any(|code| {
                code.contains("\"\"")
                    || code == "user set password 4 PASSWORD"
                    || code == "user priv 4 2"
                    || code.starts_with("user enable 4")
            })
        {
            untried.push(codes.join(", "));
        }
    }
    assert!(untried.is_empty(), "no case of this file is about {untried:#?}");
}

#[test]
#[ignore = "needs ipmitool"]
fn what_the_page_says_means_the_same_does_the_same() {
    let mut wrong = Vec::new();
    // Most of the time is spent waiting for one of the two.
    std::thread::scope(|scope| {
        let mut running = Vec::new();
        let all: Vec<_> = cases().collect();
        let parts: Vec<_> = all.chunks(all.len().div_ceil(4)).map(<[_]>::to_vec).collect();
        for part in parts {
            running.push(scope.spawn(move || {
                part.iter()
                    .map(|(theirs, ours, same)| (*theirs, *ours, differences(theirs, ours, same)))
                    .collect::<Vec<_>>()
            }));
        }
        for part in running {
            for (theirs, ours, found) in part.join().unwrap() {
                println!("{:5} ipmitool {theirs:55} rosefish {ours}", if found.is_empty() { "same" } else { "OTHER" });
                wrong.extend(found.into_iter().map(|found| format!("{theirs} and {ours}: {found}")));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is printed if the simulator doesn't have it.
const LACKS: [&str; 3] = ["the BMC doesn't", "the BMC keeps no texts", "there is no user"];

/// What only reads, on OpenIPMI's simulator: both programs on the same machine.
#[test]
#[ignore = "needs ipmi_sim and ipmitool"]
fn reads_show_what_they_show_to_ipmitool() {
    let address = std::env::var("ROSEFISH_IPMI_SIM").unwrap();
    let port = address.rsplit(':').next().unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (theirs, ours, same) in cases() {
        let Shows(compare) = same else { continue };
        let their_output = ipmitool(port, theirs);
        let output = rosefish(port, ours, true);
        match (their_output.status.success(), matches!(output.status.code(), Some(0 | 3))) {
            (true, true) => {
                seen += 1;
                let json: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
                let found = compare(&String::from_utf8_lossy(&their_output.stdout), &json["value"]);
                wrong.extend(found.into_iter().map(|found| format!("{theirs} and {ours}: {found}")));
            }
            // The simulator doesn't have it.
            (false, _) => println!("ipmitool {theirs}: {}", said(&their_output).trim()),
            // ipmitool says so, or prints nothing, and calls that a success; or it is about the mock's users.
            (true, false) if LACKS.iter().any(|lacks| errors(&output).contains(lacks)) => {
                println!("rosefish {ours}: {}", errors(&output).trim());
            }
            (true, false) => wrong.push(format!("rosefish {ours}: {}", errors(&output))),
        }
    }
    assert!(wrong.is_empty() && seen > 5, "{seen} compared\n{}", wrong.join("\n"));
}
