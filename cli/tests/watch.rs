//! The watch of several hosts, some of them dead or slow: as JSON, as lines, and on a terminal.
#![cfg(unix)]

mod program;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use program::terminal::Terminal;
use program::{errors, program, runtime, serve, text};

const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

const NEVER: Duration = Duration::from_secs(600);

/// An inventory, which goes with its test.
struct Inventory(std::path::PathBuf);

impl Inventory {
    fn new(name: &str, hosts: &[(&str, String)]) -> Self {
        let mut text = "[defaults]\nuser = \"admin\"\n".to_owned();
        for (host, address) in hosts {
            let protocol = if address.starts_with("http") { "redfish" } else { "ipmi" };
            text.push_str(&format!("[hosts.{host}]\naddress = \"{address}\"\nprotocol = \"{protocol}\"\n"));
        }
        let file = std::env::temp_dir().join(format!("rosefish-watch-{name}-{}.toml", std::process::id()));
        std::fs::write(&file, text).unwrap();
        Self(file)
    }

    /// It ends, whatever becomes of what a test waits for.
    fn watch(&self, more: &[&str]) -> Command {
        program(&[&["watch", "@all", "--deadline", "300", "--hosts", self.0.to_str().unwrap()], more].concat())
    }
}

impl Drop for Inventory {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A watch that runs.
struct Running(Child, BufReader<ChildStdout>);

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self(child, out)
    }

    /// The first line from here on that is so.
    fn until(&mut self, is_so: impl Fn(&str) -> bool) -> String {
        let mut seen = String::new();
        loop {
            let mut line = String::new();
            assert!(self.1.read_line(&mut line).unwrap() > 0, "the watch ended: {seen}");
            if is_so(&line) {
                return line;
            }
            seen.push_str(&line);
        }
    }

    /// The exit code.
    fn end(mut self, signal: &str) -> Option<i32> {
        kill(signal, &self.0.id().to_string());
        self.0.wait().unwrap().code()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn kill(signal: &str, id: &str) {
    assert!(Command::new("sh").args(["-c", "kill \"$@\"", "kill", signal, id]).status().unwrap().success());
}

/// The lines, each as the schema describes them.
fn lines(text: &str) -> Vec<Value> {
    let mut schema: Value = serde_json::from_str(include_str!("../../docs/output.schema.json")).unwrap();
    let schema = json!({ "$ref": "#/$defs/watch-line", "$defs": schema["$defs"].take() });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let lines = text.lines().map(|line| {
        let value: Value = serde_json::from_str(line).unwrap();
        assert!(validator.is_valid(&value), "{line}");
        value
    });
    lines.collect()
}

#[test]
fn dead_and_slow_hosts_are_lines_like_others_and_hold_up_nobody() {
    let runtime = runtime();
    let (well, slow) = (serve(&runtime, Tree::demo()), serve(&runtime, Tree::demo()));
    slow.faults().add(Rule::any().then(Action::Delay(NEVER)));
    let gone = serve(&runtime, Tree::demo());
    let dead = gone.url();
    drop(gone);
    let ipmi = runtime.block_on(MockIpmi::builder().credentials("admin", "password").start()).unwrap();
    let hosts = [("well", well.url()), ("slow", slow.url()), ("dead", dead), ("ipmi", ipmi.addr().to_string())];
    let inventory = Inventory::new("faults", &hosts);
    let arguments = ["--json", "--count", "2", "--every", "1", "--host-deadline", "20"];
    let output = inventory.watch(&arguments).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", errors(&output));
    let lines = lines(std::str::from_utf8(&output.stdout).unwrap());
    let readings: Vec<&Value> = lines.iter().filter(|line| line.get("reached").is_some()).collect();
    let mut of = BTreeMap::<&str, Vec<&Value>>::new();
    for reading in &readings {
        of.entry(reading["host"].as_str().unwrap()).or_default().push(reading);
    }
    assert!(of.len() == 4 && of.values().all(|all| all.len() == 2), "{readings:#?}");
    // Both readings of those that are well are there before the first of the one that never answers.
    let at = |host: &str, last: bool| {
        let mut all = readings.iter().enumerate().filter(|(_, one)| one["host"] == host);
        if last { all.next_back() } else { all.next() }.unwrap().0
    };
    assert!(at("well", true) < at("slow", true) && at("dead", true) < at("slow", true), "{readings:#?}");
    let last = |host: &str| of[host][1];
    assert_eq!((&last("well")["reached"], &last("well")["backend"]), (&json!(true), &json!("redfish")));
    assert_eq!(last("well")["power"][0]["value"], "on");
    assert!(last("well")["temperatures"].as_array().unwrap().len() > 1, "{}", last("well"));
    assert!(last("well")["watts"]["value"].as_f64().unwrap() > 1.0, "{}", last("well"));
    assert!(last("well")["verdict"].is_string(), "{}", last("well"));
    assert_eq!(last("ipmi")["backend"], "ipmi");
    assert!(!last("ipmi")["temperatures"].as_array().unwrap().is_empty(), "{}", last("ipmi"));
    for (host, kind) in [("slow", "timeout"), ("dead", "connect")] {
        // Nothing is claimed of what was not seen.
        assert_eq!((&last(host)["reached"], &last(host)["verdict"]), (&json!(false), &Value::Null), "{host}");
        assert_eq!((&last(host)["failures"][0]["kind"], &last(host)["power"]), (&json!(kind), &json!([])), "{host}");
    }
    assert_eq!((well.sessions(), slow.sessions()), (0, 0));
    assert_eq!(well.requests().to("POST", SESSIONS).len(), 1);
}

#[test]
fn what_happens_is_told_as_it_comes() {
    let runtime = runtime();
    let bmc = serve(&runtime, Tree::demo());
    let inventory = Inventory::new("events", &[("node01", bmc.url())]);
    let mut json = Running::start(inventory.watch(&["--json"]));
    let mut plain = Running::start(inventory.watch(&["--every", "1"]));
    json.until(|line| line.contains("\"note\"") && line.contains("the stream of the service"));
    plain.until(|line| line.contains(" node01: on, "));
    text(&program(&["power", "off", &bmc.url(), "--force", "--user", "admin"]).output().unwrap());
    let event = json.until(|line| line.contains("\"event\""));
    let event = &lines(&event)[0];
    assert!(event["host"] == "node01" && event["event"]["message"].is_string(), "{event}");
    plain.until(|line| line.contains(" node01: power: on, now off"));
    assert_eq!((json.end("-INT"), plain.end("-TERM")), (Some(130), Some(130)));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn a_service_without_a_stream_has_its_logs_read() {
    let runtime = runtime();
    let (bmc, uri) = (serve(&runtime, Tree::demo()), "/redfish/v1/EventService");
    bmc.faults().add(Rule::on("GET", uri).then(Action::Status(404)));
    let inventory = Inventory::new("logs", &[("node01", bmc.url())]);
    let mut plain = Running::start(inventory.watch(&["--every", "1"]));
    plain.until(|line| line.contains("the service offers no stream"));
    assert_eq!(plain.end("-INT"), Some(130));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn exit_codes_are_those_of_many_hosts() {
    let runtime = runtime();
    let gone: Vec<String> = (0..2).map(|_| serve(&runtime, Tree::demo()).url()).collect();
    let inventory = Inventory::new("codes", &[("a", gone[0].clone()), ("b", gone[1].clone())]);
    let code = |command: &mut Command| command.output().unwrap().status.code();
    assert_eq!(code(&mut inventory.watch(&["--count", "1"])), Some(5));
    assert_eq!(code(&mut program(&["watch", &gone[0], "--user", "admin", "--count", "1"])), Some(1));
    assert_eq!(code(&mut inventory.watch(&["--batch", "2"])), Some(2));
    let bmc = serve(&runtime, Tree::demo());
    let mut endless = program(&["watch", &bmc.url(), "--user", "admin", "--deadline", "5"]);
    assert!([Some(0), Some(1), Some(3)].contains(&code(&mut endless)));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
#[ignore = "needs script"]
fn the_screen_is_taken_and_given_back_however_it_ends() {
    let runtime = runtime();
    let bmc: MockBmc = serve(&runtime, Tree::demo());
    for (end, code) in [("q", 0), ("\u{1b}", 0), ("\u{3}", 130), ("-TERM", 130)] {
        let watch = format!("{} watch {} --user admin", env!("CARGO_BIN_EXE_rosefish"), bmc.url());
        let command = format!(
            "stty rows 24 cols 80; echo before $(stty -g); sh -c 'echo pid $$.; exec {watch}'; echo code $?.; echo after $(stty -g)."
        );
        let mut terminal = Terminal::run(&command);
        // It is drawn before anything is known, and again when it is.
        terminal.until("not read yet");
        let shown = terminal.until("Temperatures");
        assert!(shown.contains("\u{1b}[?1049h") && !shown.contains("\u{1b}[?1049l"), "{end:?}: {shown}");
        assert_eq!(bmc.sessions(), 1, "{end:?}");
        let id = shown.split_once("pid ").unwrap().1.split_once('.').unwrap().0.to_owned();
        match end.starts_with('-') {
            true => kill(end, &id),
            false => terminal.type_in(end),
        }
        let seen = terminal.end();
        let behind = seen.split_once("\u{1b}[?1049l").unwrap_or_else(|| panic!("{end:?}: the screen stays: {seen}")).1;
        assert!(behind.contains("\u{1b}[?25h") && behind.contains(&format!("code {code}.")), "{end:?}: {seen}");
        let settings = |when: &str| seen.split_once(when).unwrap().1.split([' ', '.', '\r']).next().unwrap().to_owned();
        assert_eq!(settings("before "), settings("after "), "{end:?}: {seen}");
        assert_eq!(bmc.sessions(), 0, "{end:?}");
    }
}
