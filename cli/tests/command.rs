//! The program as a person or a script meets it: arguments in, text and exit code out.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

const SECRET: &str = "hunter2-and-more";

fn rosefish(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rosefish"));
    command.args(arguments).stdin(Stdio::null()).env_remove("ROSEFISH_USER").env_remove("ROSEFISH_PASSWORD");
    command
}

fn run(arguments: &[&str]) -> Output {
    rosefish(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn json_of(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", stderr(output)))
}

/// A machine with a link that dangles, one that leads away, and a service root that departs from the schemas.
fn odd_tree() -> Tree {
    Tree::new()
        .with(
            "/redfish/v1",
            json!({
                "@odata.id": "/redfish/v1", "@odata.type": "#ServiceRoot.v1_17_0.ServiceRoot",
                "Id": "RootService", "Name": "Root", "RedfishVersion": 1.5,
                "Systems": { "@odata.id": "/redfish/v1/Systems" },
                "Chassis": { "@odata.id": "/redfish/v1/Gone" },
                "Links": { "Sessions": { "@odata.id": "/redfish/v1/SessionService/Sessions" } },
                "Oem": { "Contoso": { "Extra": { "@odata.id": "/redfish/v1/Oem/Extra/" } } },
            }),
        )
        .with(
            "/redfish/v1/Systems",
            json!({
                "Name": "Systems", "Members@odata.count": 2,
                "Members": [{ "@odata.id": "/redfish/v1/Systems/1" }, { "@odata.id": "https://elsewhere.example/redfish/v1/Systems/2" }],
            }),
        )
        .with("/redfish/v1/SessionService/Sessions", json!({ "Name": "Sessions", "Members": [], "Members@odata.count": 0 }))
        .with("/redfish/v1/Systems/1", json!({ "Id": "1", "Name": "One" }))
        .with("/redfish/v1/Oem/Extra", json!({ "@odata.type": "#Contoso.v1_0_0.Extra", "Id": "Extra", "Name": "Extra" }))
}

async fn odd() -> MockBmc {
    MockBmc::builder().tree(odd_tree()).credentials("root", SECRET).plain().start().await.unwrap()
}

#[test]
fn a_walk_of_the_demo_tells_programs_what_it_found() {
    let output = run(&["walk", "--demo", "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let walk = json_of(&output);
    let mut names: Vec<_> = walk.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["bytes", "deviations", "errors", "partial", "requests", "resources", "seconds", "types"]);
    assert!(walk["resources"].as_u64().unwrap() > 100, "{walk}");
    assert!(walk["requests"].as_u64() > walk["resources"].as_u64(), "{walk}");
    assert!(walk["bytes"].as_u64().unwrap() > 10_000 && walk["seconds"].as_f64().unwrap() > 0.0, "{walk}");
    assert_eq!(walk["types"]["ComputerSystem"], 1);
    assert_eq!(walk["errors"], 0, "{}", stderr(&output));
}

#[test]
fn a_walk_of_the_demo_ends_with_a_table() {
    let output = run(&["walk", "--demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = stdout(&output);
    for word in ["ComputerSystem ", "resources ", "requests ", "bytes ", "time ", "errors ", "deviations "] {
        assert!(table.contains(&format!("\n{word}")), "{word}: {table}");
    }
    assert_eq!(stderr(&output), "", "the progress bar is for terminals");
}

#[tokio::test]
async fn a_walk_names_what_it_could_not_read_and_is_done_in_part() {
    let bmc = odd().await;
    let arguments = ["walk", &bmc.url(), "--user", "root"];
    let output = rosefish(&arguments).env("ROSEFISH_PASSWORD", SECRET).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let table = stdout(&output);
    assert!(table.contains("/redfish/v1/Gone: dangling: 404"), "{table}");
    assert!(table.contains("elsewhere.example/redfish/v1/Systems/2: not followed"), "{table}");
    assert!(table.contains("(linked from /redfish/v1/#/Chassis)"), "{table}");
    assert!(table.contains("Contoso.Extra"), "vendors' resources are reached as well: {table}");
    assert!(table.contains("ComputerSystem "), "a system without @odata.type is known by its link: {table}");
    assert_eq!(bmc.sessions(), 0, "the walk has logged out");

    let arguments = ["walk", &bmc.url(), "--user", "root", "--json"];
    let output = rosefish(&arguments).env("ROSEFISH_PASSWORD", SECRET).output().unwrap();
    let walk = json_of(&output);
    // Root, collection of systems, system, the vendor's, collection of sessions and the walk's own session.
    assert_eq!((&walk["resources"], &walk["errors"]), (&json!(6), &json!(2)), "{walk}");
    assert!(!walk["deviations"].as_object().unwrap().is_empty(), "{walk}");
    assert_eq!(stderr(&output).lines().count(), 2, "{}", stderr(&output));
}

#[tokio::test]
async fn a_walk_without_a_user_says_what_would_show_more() {
    let bmc = odd().await;
    let output = run(&["walk", &bmc.url(), "--json"]);
    assert_eq!(output.status.code(), Some(3), "the root was read: {}", stderr(&output));
    assert!(json_of(&output)["errors"].as_u64().unwrap() > 1);
    assert!(stderr(&output).contains("/redfish/v1/Systems: 401"), "{}", stderr(&output));
    assert!(stderr(&output).contains("--user"), "{}", stderr(&output));
}

#[tokio::test]
async fn get_shows_the_resource_as_it_came() {
    let bmc = odd().await;
    let url = format!("{}/redfish/v1", bmc.url());
    let get = |more: &[&str]| {
        let arguments = [&["get", &url, "--user", "root"], more].concat();
        rosefish(&arguments).env("ROSEFISH_PASSWORD", SECRET).output().unwrap()
    };
    let output = get(&[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(json_of(&output), bmc.resource("/redfish/v1").unwrap());
    assert!(stdout(&output).contains("\n  \"RedfishVersion\": 1.5"), "{}", stdout(&output));
    let told = stderr(&output);
    assert!(told.contains("ServiceRoot") && told.contains("/RedfishVersion: "), "{told}");

    let raw = get(&["--json"]);
    assert_eq!(raw.stdout, odd_tree().bytes("/redfish/v1").unwrap());

    let missing = rosefish(&["get", &format!("{url}/Nothing")]).output().unwrap();
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(bmc.sessions(), 0);
}

#[tokio::test]
async fn check_decodes_what_a_service_has() {
    let bmc = odd().await;
    let arguments = ["check", &bmc.url(), "--user", "root", "--json"];
    let output = rosefish(&arguments).env("ROSEFISH_PASSWORD", SECRET).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "some of it could not be read: {}", stderr(&output));
    let report = json_of(&output);
    assert_eq!(
        (&report["resources"], &report["lossless"], &report["fatal"]),
        (&json!(6), &json!(6), &json!(0)),
        "{report}"
    );
    assert_eq!(report["unknown_types"].as_object().unwrap().len(), 1, "only the vendor's own: {report}");
    assert!(stderr(&output).contains("/redfish/v1/Gone: "), "{}", stderr(&output));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn a_host_that_is_not_there_is_an_error_in_one_line() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for url in [format!("http://127.0.0.1:{port}"), format!("https://127.0.0.1:{port}")] {
        for command in ["walk", "get"] {
            let output = run(&[command, &url, "--timeout", "5"]);
            assert_eq!(output.status.code(), Some(1));
            let told = stderr(&output);
            assert!(told.starts_with("rosefish: ") && told.contains(&port.to_string()), "{told}");
            assert_eq!((told.lines().count(), stdout(&output)), (1, String::new()), "{told}");
        }
    }
}

#[test]
fn a_wrong_command_line_is_another_exit_code() {
    for arguments in
        [&["walk"][..], &["walk", "--demo", "https://bmc"], &["walk", "bmc", "--insecure", "--pin", "00"], &["fly"]]
    {
        assert_eq!(run(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn without_a_terminal_the_password_is_not_asked_for() {
    let output = run(&["get", "http://127.0.0.1:9/redfish/v1", "--user", "root"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("set ROSEFISH_PASSWORD"), "{}", stderr(&output));
}

/// A child that does not outlive the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn mock(arguments: &[&str], lines: usize) -> (Running, Vec<String>) {
    let mut child = rosefish(&[&["mock"], arguments].concat())
        .env("ROSEFISH_PASSWORD", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let lines = out.lines().take(lines).map(Result::unwrap).collect();
    (Running(child), lines)
}

#[test]
fn the_mocks_first_line_is_its_url() {
    let (_running, lines) = mock(&["--user", "root", "--ipmi"], 2);
    let [url, ipmi] = &lines[..] else { panic!("{lines:?}") };
    assert!(url.starts_with("https://127.0.0.1:"), "{url}");
    assert!(ipmi.starts_with("127.0.0.1:"), "{ipmi}");
    let system = format!("{url}/redfish/v1/Systems/1");
    let get = |more: &[&str]| {
        let arguments = [&["get", &system, "--user", "root"], more].concat();
        rosefish(&arguments).env("ROSEFISH_PASSWORD", SECRET).output().unwrap()
    };
    let output = get(&["--insecure"]);
    assert_eq!(json_of(&output)["PowerState"], "On", "{}", stderr(&output));
    // Nobody vouches for its certificate, and the one that is pinned is another one.
    for more in [&[][..], &["--pin", &"00".repeat(32)]] {
        let output = get(more);
        assert_eq!(output.status.code(), Some(1));
        assert!(stderr(&output).contains("certificate"), "{}", stderr(&output));
    }
}

/// Status and body of a request over HTTP, without anything that a client would add.
fn http(url: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    use std::io::{Read as _, Write as _};
    let host = url.strip_prefix("http://").unwrap();
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
    (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
}

#[test]
fn the_mock_misbehaves_on_request() {
    let (_running, lines) = mock(&["--plain", "--control", "--quirk", "root-wants-login"], 1);
    assert_eq!(http(&lines[0], "GET", "/redfish/v1", "").0, 401);
    let rule = r#"{ "path": "/redfish/v1", "times": 1, "then": { "status": 503 } }"#;
    assert_eq!(http(&lines[0], "POST", "/mock/faults", rule).0, 201);
    assert_eq!(http(&lines[0], "GET", "/redfish/v1", "").0, 503);
    assert_eq!(http(&lines[0], "GET", "/redfish/v1", "").0, 401);
    let (_, journal) = http(&lines[0], "GET", "/mock/requests", "");
    assert_eq!(serde_json::from_str::<Value>(&journal).unwrap()["requests"].as_array().unwrap().len(), 3);

    let (_running, lines) = mock(&["--plain", "--faults", "0", "--seed", "3"], 1);
    assert_eq!(http(&lines[0], "GET", "/mock/requests", "").0 / 100, 4, "there is no control unless asked for");
    let listed = stdout(&run(&["mock", "--quirk", "list"]));
    assert!(listed.lines().count() > 30 && listed.contains("account-slots"), "{listed}");
    let output = run(&["mock", "--quirk", "no-such"]);
    assert!(!output.status.success() && stderr(&output).contains("gzip-tags"), "{}", stderr(&output));
}

#[test]
fn the_mock_serves_a_folder_or_says_why_not() {
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../mock/demo");
    let (_running, lines) = mock(&[demo, "--plain"], 1);
    assert!(lines[0].starts_with("http://127.0.0.1:"), "{lines:?}");
    let empty = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let output = run(&["mock", empty]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("service root"), "{}", stderr(&output));
}

#[tokio::test]
async fn secrets_are_in_no_output() {
    let bmc = MockBmc::builder().tree(odd_tree()).credentials("root", "another").plain().start().await.unwrap();
    let host = bmc.url().replace("http://", "");
    let inline = format!("http://root:{SECRET}@{host}");
    for arguments in [
        &["walk", &bmc.url(), "--user", "root"][..],
        &["walk", &bmc.url(), "--user", "root", "--basic", "--deviations"],
        &["get", &bmc.url(), "--user", "root"],
        &["get", &inline],
        &["walk", &inline],
        &["mock", "--help"],
        &["mock", "no such folder"],
    ] {
        let output = rosefish(arguments).env("ROSEFISH_PASSWORD", SECRET).env("RUST_LOG", "trace").output().unwrap();
        let told = stdout(&output) + &stderr(&output);
        assert!(!told.contains(SECRET), "{arguments:?}: {told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_ends_a_walk_with_what_was_seen_and_a_logout() {
    let latency = std::time::Duration::from_millis(150);
    let bmc = MockBmc::builder().credentials("root", SECRET).plain().latency(latency).start().await.unwrap();
    let arguments = ["walk", &bmc.url(), "--user", "root", "--concurrency", "1"];
    let child = rosefish(&arguments)
        .env("ROSEFISH_PASSWORD", SECRET)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Some way into it: the root, the login and a few resources.
    while bmc.request_count() < 5 {
        tokio::time::sleep(latency).await;
    }
    assert_eq!(bmc.sessions(), 1);
    let killed =
        Command::new("sh").args(["-c", "kill \"$@\"", "kill", "-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
    assert!(stdout(&output).contains("\nresources "), "{}", stdout(&output));
    assert_eq!(bmc.sessions(), 0);
    assert!(bmc.request_count() < 20, "{}", bmc.request_count());
}

#[tokio::test]
async fn a_hint_names_what_would_help_and_nothing_else() {
    const PASSWORD: &str = "ROSEFISH_PASSWORD";
    let plain = || MockBmc::builder().credentials("root", SECRET).plain();
    let power = |url: &str, more: &[&str], password: &str| {
        let arguments = [&["power", url, "--protocol", "redfish"][..], more].concat();
        let output = rosefish(&arguments).env("ROSEFISH_PASSWORD", password).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?} {}", stderr(&output));
        stderr(&output)
    };
    let user = &["--user", "root"][..];

    // The login.
    let bmc = plain().start().await.unwrap();
    let told = power(&bmc.url(), user, "wrong");
    assert!(told.contains(PASSWORD) && !told.contains("--basic"), "{told}");
    let told = power(&bmc.url(), &[], SECRET);
    assert!(told.contains("--user"), "{told}");
    for status in [400, 500, 503] {
        bmc.faults().clear();
        bmc.faults().add(Rule::on("POST", "**/Sessions").then(Action::Status(status)));
        let told = power(&bmc.url(), user, SECRET);
        assert!(told.contains("--basic") && !told.contains(PASSWORD), "{status}: {told}");
    }
    let full = plain().session_limit(0).start().await.unwrap();
    let told = power(&full.url(), user, SECRET);
    assert!(told.contains("--basic") && !told.contains(PASSWORD), "{told}");
    // What follows it is another matter.
    bmc.faults().clear();
    bmc.faults().add(Rule::on("GET", "/redfish/v1/Systems").then(Action::Status(500)));
    let told = power(&bmc.url(), user, SECRET);
    assert!(!told.contains("--basic") && !told.contains(PASSWORD), "{told}");

    // The certificate.
    let bmc = MockBmc::builder().credentials("root", SECRET).start().await.unwrap();
    let shown = bmc.fingerprint_sha256().unwrap().replace(':', "").to_ascii_lowercase();
    let told = power(&bmc.url(), user, SECRET);
    assert!(told.contains(&format!("--pin {shown}")), "{told}");
    let told = power(&bmc.url(), &[user, &["--pin", &"0".repeat(64)]].concat(), SECRET);
    assert!(told.contains(&shown) && !told.contains("--pin"), "{told}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let told = power(&format!("https://{nobody}"), user, SECRET);
    assert!(!told.contains("--pin"), "{told}");
}
