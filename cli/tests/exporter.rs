//! Metrics of several hosts, some of them dead or slow, as Prometheus reads them.
#![cfg(unix)]

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Tree};
use serde_json::json;
use tokio::runtime::Runtime;

use program::{program, runtime, serve};

/// An exporter that runs, with a folder of its own.
struct Exporter {
    child: Child,
    address: String,
    folder: PathBuf,
}

impl Exporter {
    fn start(name: &str, hosts: &[(&str, String)], more: &[&str], password: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-exporter-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut text = "[defaults]\nuser = \"admin\"\n".to_owned();
        for (host, address) in hosts {
            let protocol = if address.starts_with("http") { "redfish" } else { "ipmi" };
            text.push_str(&format!("[hosts.{host}]\naddress = \"{address}\"\nprotocol = \"{protocol}\"\n"));
        }
        let file = folder.join("hosts.toml");
        std::fs::write(&file, text).unwrap();
        let arguments = ["exporter", "@all", "--hosts", file.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let mut command = program(&[&arguments, more].concat());
        command.env("ROSEFISH_PASSWORD", password).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().strip_suffix("/metrics").unwrap().to_owned();
        Self { child, address, folder }
    }

    /// The status, the head and the body of what is answered.
    fn get(&self, path: &str, headers: &[&str]) -> (u16, String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: exporter\r\nConnection: close\r\n{headers}\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_ascii_lowercase(), body.to_owned())
    }

    /// The samples of a scrape that is given so many seconds.
    fn scrape(&self, path: &str, seconds: u32) -> BTreeMap<String, f64> {
        let time = format!("X-Prometheus-Scrape-Timeout-Seconds: {seconds}");
        let (status, head, body) = self.get(path, &[&time, "Accept: application/openmetrics-text;version=1.0.0"]);
        assert!(status == 200 && head.contains("content-type: application/openmetrics-text; version=1.0.0"), "{head}");
        assert!(body.ends_with("\n# EOF\n"), "{body}");
        samples(&body)
    }

    fn end(mut self, signal: &str) -> (ExitStatus, String) {
        let id = self.child.id().to_string();
        assert!(Command::new("sh").args(["-c", "kill \"$@\"", "kill", signal, &id]).status().unwrap().success());
        let ended = self.child.wait().unwrap();
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        (ended, said)
    }
}

impl Drop for Exporter {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What stands in quotation marks from here on, and what is behind it.
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.strip_prefix('"').unwrap().char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 2..]),
            '\\' => match letters.next().unwrap().1 {
                'n' => value.push('\n'),
                letter @ ('"' | '\\') => value.push(letter),
                other => panic!("\\{other} in {text}"),
            },
            letter => value.push(letter),
        }
    }
    panic!("no end: {text}")
}

/// Reads the text format as its grammar has it; each sample stands below the name and type of its family, and only once.
/// `name{a="b"}` is the key of a sample, its labels as they are, in order of their names.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let is_name = |name: &str| {
        name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    };
    let (mut family, mut all) = (String::new(), BTreeMap::new());
    let mut families = BTreeSet::new();
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            let words: Vec<&str> = comment.splitn(3, ' ').collect();
            match words[..] {
                ["HELP", name, help] => {
                    assert!(is_name(name) && !help.is_empty() && families.insert(name.to_owned()), "{line}");
                    family = name.to_owned();
                }
                ["TYPE", name, kind] => {
                    assert!(name == family && ["gauge", "counter", "info"].contains(&kind), "{line}");
                }
                ["UNIT", name, unit] => assert!(name == family && name.ends_with(unit), "{line}"),
                ["EOF"] => {}
                _ => panic!("{line}"),
            }
            continue;
        }
        let end = line.find(['{', ' ']).unwrap();
        let (name, mut rest) = line.split_at(end);
        let suffix = name.strip_prefix(&family).unwrap_or_else(|| panic!("{line} stands below {family}"));
        assert!(["", "_total", "_info"].contains(&suffix) && is_name(name), "{line}");
        let mut labels = BTreeMap::new();
        if let Some(inside) = rest.strip_prefix('{') {
            rest = inside;
            while !rest.starts_with('}') {
                let (label, behind) = rest.split_once('=').unwrap();
                let (value, behind) = quoted(behind);
                assert!(is_name(label) && labels.insert(label.to_owned(), value).is_none(), "{line}");
                rest = behind.strip_prefix(',').unwrap_or(behind);
            }
            rest = &rest[1..];
        }
        let value: f64 = rest.strip_prefix(' ').unwrap().parse().unwrap();
        assert!(value.is_finite(), "{line}");
        let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}={value:?}")).collect();
        assert_eq!(all.insert(format!("{name}{{{}}}", labels.join(",")), value), None, "twice: {line}");
    }
    all
}

/// A machine with these temperatures.
fn machine(temperatures: serde_json::Value) -> Tree {
    let thermal = json!({
        "@odata.type": "#Thermal.v1_7_1.Thermal", "Id": "Thermal", "Name": "Thermal", "Temperatures": temperatures,
    });
    Tree::small().with("/redfish/v1/Chassis/1/Thermal", thermal)
}

fn warm(runtime: &Runtime) -> MockBmc {
    serve(
        runtime,
        machine(json!([{ "MemberId": "0", "Name": "Inlet", "ReadingCelsius": 21.5, "UpperThresholdCritical": 42 }])),
    )
}

const NEVER: Duration = Duration::from_secs(600);

#[test]
fn dead_and_slow_hosts_are_samples_like_others_and_the_deadline_is_kept() {
    let runtime = runtime();
    let (well, slow, half) = (warm(&runtime), warm(&runtime), warm(&runtime));
    let demo = serve(&runtime, Tree::demo());
    slow.faults().add(Rule::any().then(Action::Delay(NEVER)));
    half.faults().add(Rule::on("GET", "/redfish/v1/Chassis").then(Action::Delay(NEVER)));
    let gone = warm(&runtime);
    let dead = gone.url();
    drop(gone);
    let ipmi = runtime.block_on(MockIpmi::builder().credentials("admin", "password").start()).unwrap();
    let hosts = [
        ("well", well.url()),
        ("demo", demo.url()),
        ("slow", slow.url()),
        ("half", half.url()),
        ("dead", dead),
        ("ipmi", ipmi.addr().to_string()),
    ];
    let exporter = Exporter::start("faults", &hosts, &[], "password");
    let begin = Instant::now();
    let all = exporter.scrape("/metrics", 12);
    assert!(begin.elapsed() < NEVER / 5, "{:?}", begin.elapsed());
    for (sample, value) in [
        ("rosefish_up{host=\"well\"}", 1.0),
        ("rosefish_up{host=\"demo\"}", 1.0),
        ("rosefish_up{host=\"slow\"}", 0.0),
        ("rosefish_up{host=\"half\"}", 1.0),
        ("rosefish_up{host=\"dead\"}", 0.0),
        ("rosefish_up{host=\"ipmi\"}", 1.0),
        ("rosefish_scrape_error{host=\"slow\",kind=\"timeout\",part=\"connection\"}", 1.0),
        ("rosefish_scrape_error{host=\"dead\",kind=\"connect\",part=\"connection\"}", 1.0),
        // What is known by then is there, and what is not is named.
        ("rosefish_scrape_error{host=\"half\",kind=\"timeout\",part=\"sensors\"}", 1.0),
        ("rosefish_power_state{host=\"half\",state=\"on\",system=\"1\"}", 1.0),
        ("rosefish_power_state{host=\"well\",state=\"off\",system=\"1\"}", 0.0),
        ("rosefish_host_info{host=\"ipmi\",protocol=\"ipmi\"}", 1.0),
        ("rosefish_health{host=\"well\"}", 0.0),
        ("rosefish_unread{host=\"well\",part=\"sensors\"}", 0.0),
        ("rosefish_exporter_hosts{}", 6.0),
        ("rosefish_exporter_scrapes_total{}", 6.0),
    ] {
        assert_eq!(all.get(sample), Some(&value), "{sample}: {all:#?}");
    }
    let has = |start: &str| all.keys().any(|sample| sample.starts_with(start));
    for start in [
        "rosefish_temperature_celsius{host=\"well\",",
        "rosefish_temperature_threshold_celsius{host=\"well\",",
        "rosefish_fan_speed_ratio{host=\"demo\",",
        "rosefish_energy_joules_total{host=\"demo\",",
        "rosefish_power_watts{host=\"demo\",",
        "rosefish_voltage_volts{host=\"demo\",",
        "rosefish_firmware_info{firmware=\"BMC Firmware\",host=\"demo\",",
        "rosefish_component_health{component=\"RF-2290 Server\",host=\"demo\",",
        "rosefish_temperature_celsius{host=\"ipmi\",",
        "rosefish_sensor_status{host=\"ipmi\",",
    ] {
        assert!(has(start), "{start}: {all:#?}");
    }
    // Nothing is claimed of what was not read.
    assert!(!has("rosefish_temperature_celsius{host=\"half\",") && !has("rosefish_health{host=\"dead\""), "{all:#?}");
    let (ended, said) = exporter.end("-INT");
    assert!(said.contains("dead: connection: ") && said.contains("half: sensors: "), "{said}");
    assert_eq!(ended.code(), Some(130), "{said}");
    for bmc in [&well, &demo, &slow, &half] {
        assert_eq!(bmc.sessions(), 0, "{said}");
    }
}

#[test]
fn a_session_is_kept_between_scrapes_opened_again_if_it_is_lost_and_ended_at_the_end() {
    let runtime = runtime();
    let bmc = warm(&runtime);
    let exporter = Exporter::start("sessions", &[("n1", bmc.url())], &["--no-components"], "password");
    let logins = || bmc.requests().to("POST", "/redfish/v1/SessionService/Sessions").len();
    for _ in 0..3 {
        assert_eq!(exporter.scrape("/metrics?target=n1", 60)["rosefish_up{host=\"n1\"}"], 1.0);
    }
    assert_eq!((bmc.sessions(), logins()), (1, 1));
    bmc.end_sessions();
    let all = exporter.scrape("/metrics?target=n1", 60);
    let temperature = "rosefish_temperature_celsius{host=\"n1\",id=\"/redfish/v1/Chassis/1/Thermal#/Temperatures/0\",sensor=\"Inlet\"}";
    assert_eq!(all.get(temperature), Some(&21.5), "{all:#?}");
    assert!(!all.keys().any(|sample| sample.starts_with("rosefish_scrape_error")), "{all:#?}");
    assert_eq!((bmc.sessions(), logins()), (1, 2));
    let (ended, said) = exporter.end("-TERM");
    assert_eq!((ended.code(), bmc.sessions()), (Some(130), 0), "{said}");
}

#[test]
fn a_login_that_was_refused_is_not_repeated_with_each_scrape() {
    let runtime = runtime();
    let bmc = warm(&runtime);
    let exporter = Exporter::start("refused", &[("n1", bmc.url())], &[], "hunter2 is wrong");
    for _ in 0..3 {
        let all = exporter.scrape("/metrics?target=n1", 60);
        assert_eq!(all["rosefish_up{host=\"n1\"}"], 0.0);
        let error = "rosefish_scrape_error{host=\"n1\",kind=\"unauthorized\",part=\"connection\"}";
        assert_eq!(all.get(error), Some(&1.0), "{all:#?}");
    }
    assert_eq!(bmc.requests().to("POST", "/redfish/v1/SessionService/Sessions").len(), 1);
    let (_, said) = exporter.end("-TERM");
    assert!(said.matches("n1: connection: ").count() == 1 && !said.contains("hunter2"), "{said}");
}

#[test]
fn new_entries_of_logs_are_counted_where_that_is_asked_for() {
    const ENTRIES: &str = "/redfish/v1/Systems/1/LogServices/SEL/Entries";
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let hosts = [("n1", bmc.url())];
    let exporter =
        Exporter::start("logs", &hosts, &["--logs", "--no-components", "--components-every", "0.2"], "password");
    let counted = |all: &BTreeMap<String, f64>, severity: &str| {
        all.get(&format!("rosefish_log_entries_total{{host=\"n1\",severity={severity:?}}}")).copied()
    };
    let until = |is_so: &dyn Fn(&BTreeMap<String, f64>) -> bool| {
        let begin = Instant::now();
        loop {
            let all = exporter.scrape("/metrics?target=n1", 60);
            if is_so(&all) {
                return all;
            }
            assert!(begin.elapsed() < Duration::from_secs(60), "{all:#?}");
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    // What was there before is not new, and each severity has a sample, so that its rate can be taken.
    let first = until(&|all| counted(all, "critical").is_some());
    for severity in ["ok", "warning", "critical", "unknown"] {
        assert_eq!(counted(&first, severity), Some(0.0), "{severity}: {first:#?}");
    }
    let mut entry = bmc.resource(&format!("{ENTRIES}/6")).unwrap();
    entry["@odata.id"] = format!("{ENTRIES}/7").into();
    entry["Id"] = "7".into();
    entry["Severity"] = "Critical".into();
    entry["Created"] = "2031-01-01T00:00:00Z".into();
    bmc.set(&format!("{ENTRIES}/7"), entry);
    let mut entries = bmc.resource(ENTRIES).unwrap();
    entries["Members"].as_array_mut().unwrap().push(json!({ "@odata.id": format!("{ENTRIES}/7") }));
    entries["Members@odata.count"] = entries["Members"].as_array().unwrap().len().into();
    bmc.set(ENTRIES, entries);
    let later = until(&|all| counted(all, "critical") == Some(1.0));
    assert_eq!((counted(&later, "warning"), counted(&later, "ok")), (Some(0.0), Some(0.0)));
    let newest = later["rosefish_log_newest_timestamp_seconds{host=\"n1\",severity=\"critical\"}"];
    assert_eq!(newest, 1_924_992_000.0);
    // Logs that can't be read are named, and what was counted stays.
    bmc.faults().add(Rule::on("GET", ENTRIES).then(Action::Status(500)));
    let failed = until(&|all| {
        let failed = all.keys().any(|sample| sample.starts_with("rosefish_scrape_error{") && sample.contains("logs"));
        failed || all.get("rosefish_unread{host=\"n1\",part=\"logs\"}").is_some_and(|places| *places > 0.0)
    });
    assert_eq!(counted(&failed, "critical"), Some(1.0), "{failed:#?}");
    let (_, said) = exporter.end("-TERM");
    assert!(said.contains("n1: logs: ") && bmc.sessions() == 0, "{said}");
    let without = Exporter::start("no-logs", &hosts, &["--no-components"], "password");
    let all = without.scrape("/metrics?target=n1", 60);
    assert!(!all.keys().any(|sample| sample.contains("_log")), "{all:#?}");
}

#[test]
fn only_hosts_that_were_named_are_scraped() {
    let runtime = runtime();
    let (bmc, other) = (warm(&runtime), warm(&runtime));
    let exporter = Exporter::start("targets", &[("n1", bmc.url())], &[], "password");
    for target in [other.url(), other.url().replace("http://", ""), "n2".into(), String::new()] {
        let (status, _, body) = exporter.get(&format!("/metrics?target={target}"), &[]);
        assert!(status == 404 && !body.contains("n2"), "{target}: {status} {body}");
    }
    assert_eq!((other.request_count(), exporter.get("/metrics?target=n1&target=n1", &[]).0), (0, 400));
    assert_eq!(exporter.get("/-/healthy", &[]).0, 200);
    let (status, head, page) = exporter.get("/", &[]);
    assert!(status == 200 && head.contains("text/plain") && page.contains("\nn1\n"), "{head}{page}");
    // Who doesn't ask for OpenMetrics has the older format.
    let (_, head, body) = exporter.get("/metrics?target=n1", &[]);
    assert!(head.contains("content-type: text/plain; version=0.0.4") && !body.contains("EOF"), "{head}{body}");
    assert_eq!(samples(&body)["rosefish_up{host=\"n1\"}"], 1.0);
}

#[test]
fn what_a_bmc_calls_things_breaks_no_line_and_names_that_it_gives_twice_are_told_apart() {
    let runtime = runtime();
    let odd = "a\"b\\c\nrosefish_up{host=\"n2\"} 1\u{202e}";
    let one = |id: &str, name: &str, value: serde_json::Value| json!({ "MemberId": id, "Name": name, "ReadingCelsius": value });
    let temperatures = json!([
        one("0", odd, json!(1)),
        one("1", "same", json!(2)),
        one("1", "same", json!(3)),
        one("4", "none", json!(null))
    ]);
    let bmc = serve(&runtime, machine(temperatures));
    let exporter = Exporter::start("names", &[("n1", bmc.url())], &[], "password");
    let all = exporter.scrape("/metrics?target=n1", 60);
    assert!(!all.contains_key("rosefish_up{host=\"n2\"}"), "{all:#?}");
    let celsius: Vec<_> =
        all.iter().filter(|(sample, _)| sample.starts_with("rosefish_temperature_celsius{")).collect();
    let is_odd = |sample: &str| sample.ends_with(&format!("sensor={odd:?}}}"));
    assert!(celsius.iter().any(|(sample, value)| is_odd(sample) && **value == 1.0), "{celsius:#?}");
    let mut same: Vec<f64> =
        celsius.iter().filter(|(sample, _)| sample.contains("same")).map(|(_, value)| **value).collect();
    same.sort_by(f64::total_cmp);
    // What has no reading has no sample.
    assert!(same == [2.0, 3.0] && celsius.len() == 3, "{celsius:#?}");
}

#[test]
fn options_that_mean_one_host_after_the_other_are_refused() {
    for option in ["--csv", "--dry-run", "--yes"] {
        let output = program(&["exporter", "a,b", option]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{option}");
        assert!(program::errors(&output).contains(option), "{}", program::errors(&output));
    }
}
