//! Certificates that are trusted when they are first seen: which is written down, what is accepted after that, and that the password
//! goes nowhere else.
#![cfg(unix)]

mod program;

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use rosefish_mock::MockBmc;
use rosefish_mock::ipmi::MockIpmi;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use program::{errors, json, program, runtime, text};

/// A user's configuration, which goes with its test.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-first-use-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(folder.join("rosefish")).unwrap();
        Self(folder)
    }

    fn rosefish(&self, arguments: &[&str]) -> Output {
        program(arguments).env("XDG_CONFIG_HOME", &self.0).output().unwrap()
    }

    /// The power state, as `admin`.
    fn power(&self, host: &str, more: &[&str]) -> Output {
        self.rosefish(&[&["power", host, "--user", "admin", "--protocol", "redfish"], more].concat())
    }

    /// One reading, by what keeps its session between several.
    fn watch(&self, host: &str, more: &[&str]) -> Output {
        let line =
            ["watch", host, "--user", "admin", "--protocol", "redfish", "--count", "1", "--no-components", "--json"];
        self.rosefish(&[&line, more].concat())
    }

    fn file(&self) -> PathBuf {
        self.0.join("rosefish").join("known-bmcs")
    }

    /// Host and SHA-256 of what is known.
    fn known(&self) -> Vec<(String, String)> {
        let all = json(&self.rosefish(&["certificate", "known", "--json"]));
        let schema: Value = serde_json::from_str(include_str!("../../docs/output.schema.json")).unwrap();
        let mut known = schema.clone();
        for key in ["type", "properties", "required", "additionalProperties"] {
            known.as_object_mut().unwrap().remove(key);
        }
        known["$ref"] = "#/$defs/known-bmcs".into();
        assert!(jsonschema::validator_for(&known).unwrap().is_valid(&all), "{all}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        all.as_array().unwrap().iter().map(|bmc| (text(&bmc["host"]), text(&bmc["sha256"]))).collect()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const FIRST: &[&str] = &["--trust-on-first-use"];

fn start(runtime: &Runtime, port: u16) -> MockBmc {
    let start = || runtime.block_on(MockBmc::builder().credentials("admin", "password").port(port).start());
    // A port that is named may not be free yet.
    let tries = (0..200).find_map(|_| start().inspect_err(|_| std::thread::sleep(Duration::from_millis(50))).ok());
    tries.unwrap_or_else(|| start().unwrap())
}

/// Ends a service, and waits until nobody answers there.
fn stop(bmc: MockBmc) {
    let address = place(&bmc);
    drop(bmc);
    while std::net::TcpStream::connect(&address).is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn sha256(bmc: &MockBmc) -> String {
    bmc.fingerprint_sha256().unwrap().replace(':', "").to_lowercase()
}

fn place(bmc: &MockBmc) -> String {
    bmc.url().trim_start_matches("https://").trim_end_matches('/').to_owned()
}

fn port(bmc: &MockBmc) -> u16 {
    place(bmc).rsplit_once(':').unwrap().1.parse().unwrap()
}

#[test]
fn who_keeps_a_session_trusts_a_certificate_when_it_is_first_seen_as_well() {
    let (runtime, home) = (runtime(), Home::new("watch"));
    let bmc = start(&runtime, 0);
    assert_eq!(home.watch(&bmc.url(), &[]).status.code(), Some(1));
    assert!(!home.file().exists() && bmc.request_count() == 0);
    let watched = home.watch(&bmc.url(), FIRST);
    assert!(watched.status.success() && errors(&watched).contains("trusted from now on"), "{}", errors(&watched));
    assert_eq!(home.known(), [(place(&bmc), sha256(&bmc))]);
    assert!(home.watch(&bmc.url(), &[]).status.success());
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn a_certificate_is_trusted_when_it_is_first_seen_and_no_other_after_that() {
    let (runtime, home) = (runtime(), Home::new("first"));
    let bmc = start(&runtime, 0);
    let (place, port, first) = (place(&bmc), port(&bmc), sha256(&bmc));
    let refused = home.power(&bmc.url(), &[]);
    assert!(refused.status.code() == Some(1) && errors(&refused).contains("--pin"), "{}", errors(&refused));
    // A look at it trusts nothing.
    let looked = text(&home.rosefish(&["certificate", &place, "--trust-on-first-use"]));
    assert!(looked.contains("Not trusted: ") && !home.file().exists(), "{looked}");
    let trusted = home.power(&bmc.url(), FIRST);
    assert_eq!(text(&trusted), "on\n");
    let told = errors(&trusted);
    assert!(told.contains(&first) && told.contains(&place) && told.contains("known-bmcs"), "{told}");
    assert_eq!(fs::metadata(home.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.known(), [(place.clone(), first.clone())]);
    // Known from then on, with the option and without, by each name; and nothing is said of it any more.
    for (host, more) in [(bmc.url(), FIRST), (place.clone(), &[]), (bmc.url().to_uppercase(), &[])] {
        let again = home.power(&host, more);
        assert_eq!((text(&again).as_str(), errors(&again).as_str()), ("on\n", ""));
    }
    let lines = text(&home.rosefish(&["certificate", "known"]));
    assert!(lines.starts_with(&format!("{place} {first} 20")) && lines.lines().count() == 1, "{lines}");
    assert!(text(&home.rosefish(&["certificate", &place])).contains("Trusted by these options"));
    assert_eq!(bmc.sessions(), 0);
    stop(bmc);

    // Somebody else answers, or it has a new certificate: nothing is sent there.
    let other = start(&runtime, port);
    let second = sha256(&other);
    for more in [FIRST, &[]] {
        let refused = home.power(&other.url(), more);
        let told = errors(&refused);
        assert!(refused.status.code() == Some(1) && told.contains(&first) && told.contains(&second), "{told}");
        assert!(told.contains("since 20") && told.contains(&format!("certificate forget {place}")), "{told}");
    }
    assert_eq!(other.request_count(), 0);
    let looked = text(&home.rosefish(&["certificate", &place]));
    assert!(looked.contains(&format!("forget {place}")), "{looked}");
    assert_eq!(home.known(), [(place.clone(), first.clone())], "the first stays");
    let watched = home.watch(&other.url(), FIRST);
    let said = String::from_utf8_lossy(&watched.stdout).into_owned() + &errors(&watched);
    assert!(watched.status.code() == Some(1) && said.contains(&first), "{said}");
    assert_eq!(other.request_count(), 0);
    // Who names what to trust is not held to what is known.
    for named in [&["--pin", &second][..], &["--insecure"]] {
        assert_eq!(text(&home.power(&other.url(), named)), "on\n");
    }
    assert_eq!(
        text(&home.rosefish(&["certificate", "forget", &place])),
        format!("forgot the certificate of {place}\n")
    );
    let nobody = home.rosefish(&["certificate", "forget", &place]);
    assert!(nobody.status.code() == Some(1) && errors(&nobody).contains("is not in"), "{}", errors(&nobody));
    assert_eq!(text(&home.power(&other.url(), FIRST)), "on\n");
    assert_eq!(home.known(), [(place, second)]);
}

#[test]
fn a_certificate_that_somebody_vouches_for_is_not_written_down() {
    let (runtime, home) = (runtime(), Home::new("vouched"));
    let bmc = start(&runtime, 0);
    let ca = home.0.join("ca.pem");
    fs::write(&ca, bmc.certificate_pem().unwrap()).unwrap();
    let ca = ca.to_str().unwrap();
    assert_eq!(text(&home.power(&bmc.url(), &["--trust-on-first-use", "--ca", ca])), "on\n");
    assert!(!home.file().exists());
    // The authority of others does not vouch for this one.
    let other = start(&runtime, 0);
    assert_eq!(text(&home.power(&other.url(), &["--trust-on-first-use", "--ca", ca])), "on\n");
    assert_eq!(home.known(), [(place(&other), sha256(&other))]);
    for wrong in [&["--pin", "00"][..], &["--insecure"]] {
        assert_eq!(home.power(&bmc.url(), &[FIRST, wrong].concat()).status.code(), Some(2));
    }
}

/// Answers as one service for so many connections, and as another one after that.
fn changeling(runtime: &Runtime, first: &MockBmc, connections: usize, then: &MockBmc) -> String {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let (first, then): (SocketAddr, SocketAddr) = (place(first).parse().unwrap(), place(then).parse().unwrap());
    runtime.spawn(async move {
        for number in 0.. {
            let (mut client, _) = listener.accept().await.unwrap();
            let to = if number < connections { first } else { then };
            tokio::spawn(async move {
                let mut service = TcpStream::connect(to).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut service).await;
            });
        }
    });
    format!("https://{address}")
}

#[test]
fn the_password_goes_to_the_certificate_that_was_written_down_and_to_no_other() {
    let (runtime, home) = (runtime(), Home::new("gap"));
    let (good, bad) = (start(&runtime, 0), start(&runtime, 0));
    // Another one answers before it is written down.
    let host = changeling(&runtime, &good, 1, &bad);
    let refused = home.power(&host, FIRST);
    assert!(refused.status.code() == Some(1) && errors(&refused).contains(&sha256(&bad)), "{}", errors(&refused));
    assert!(!home.file().exists() && good.request_count() == 0, "{}", errors(&refused));
    // And between that and the login.
    let host = changeling(&runtime, &good, 2, &bad);
    let refused = home.power(&host, FIRST);
    let told = errors(&refused);
    assert!(refused.status.code() == Some(1) && told.contains(&sha256(&bad)) && told.contains("forget"), "{told}");
    assert_eq!(home.known(), [(host.replace("https://", ""), sha256(&good))]);
    assert_eq!(good.requests().iter().filter(|request| request.method() != "GET").count(), 0);
    assert_eq!(bad.request_count(), 0);
}

#[test]
fn many_hosts_and_several_programs_at_a_time_lose_nothing() {
    let (runtime, home) = (runtime(), Home::new("many"));
    let bmcs: Vec<MockBmc> = (0..12).map(|_| start(&runtime, 0)).collect();
    let mut inventory = "[defaults]\nuser = \"admin\"\nprotocol = \"redfish\"\ntrust-on-first-use = true\n".to_owned();
    for (number, bmc) in bmcs.iter().enumerate() {
        inventory.push_str(&format!("[hosts.n{number}]\naddress = \"{}\"\n", bmc.url()));
    }
    fs::write(home.0.join("rosefish").join("hosts.toml"), inventory).unwrap();
    // Those of the first six are seen by both.
    let children = ["n[0-8]", "n[0-5],n[9-11]"].map(|hosts| {
        program(&["power", hosts]).env("XDG_CONFIG_HOME", &home.0).stdout(std::process::Stdio::piped()).spawn()
    });
    for child in children {
        let output = child.unwrap().wait_with_output().unwrap();
        assert_eq!(text(&output).lines().filter(|line| line.ends_with(": on")).count(), 9, "{}", errors(&output));
    }
    let mut expected: Vec<_> = bmcs.iter().map(|bmc| (place(bmc), sha256(bmc))).collect();
    expected.sort();
    assert_eq!(home.known(), expected);
    // By its name in the inventory, and of several with a yes alone.
    let refused = home.rosefish(&["certificate", "forget", "n[1-11]"]);
    assert!(refused.status.code() == Some(1) && errors(&refused).contains("--yes"), "{}", errors(&refused));
    assert!(home.rosefish(&["certificate", "forget", "n[1-11]", "--yes"]).status.success());
    assert_eq!(home.known(), [(place(&bmcs[0]), sha256(&bmcs[0]))]);
    assert!(bmcs.iter().all(|bmc| bmc.sessions() == 0));
}

#[test]
fn a_known_host_is_not_asked_by_ipmi_because_it_can_not_be_reached() {
    let (runtime, home) = (runtime(), Home::new("ipmi"));
    let bmc = start(&runtime, 0);
    assert_eq!(text(&home.power(&bmc.url(), FIRST)), "on\n");
    let place = place(&bmc);
    stop(bmc);
    let ipmi = runtime.block_on(MockIpmi::builder().credentials("admin", "password").start()).unwrap();
    let port = ipmi.addr().port().to_string();
    let power = || home.rosefish(&["power", &place, "--user", "admin", "--port", &port]);
    let refused = power();
    assert!(refused.status.code() == Some(1) && ipmi.stats().received == 0, "{}", errors(&refused));
    home.rosefish(&["certificate", "forget", &place]);
    assert_eq!(text(&power()), "on\n");
    assert!(ipmi.stats().received > 0);
}

#[test]
fn a_file_that_can_not_be_understood_trusts_nobody() {
    let (runtime, home) = (runtime(), Home::new("broken"));
    let bmc = start(&runtime, 0);
    fs::write(home.file(), "# mine\nbmc 00\n").unwrap();
    for more in [FIRST, &[]] {
        let refused = home.power(&bmc.url(), more);
        let told = errors(&refused);
        assert!(refused.status.code() == Some(1) && told.contains("known-bmcs:2: expected HOST:PORT"), "{told}");
    }
    assert_eq!(bmc.request_count(), 0);
    // Where it can't be written, nobody is trusted either.
    fs::remove_file(home.file()).unwrap();
    fs::create_dir(home.file()).unwrap();
    assert_eq!(home.power(&bmc.url(), FIRST).status.code(), Some(1));
    assert!(bmc.requests().iter().all(|request| request.method() == "GET"));
}
