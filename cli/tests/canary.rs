//! A canary in each secret: whatever a service keeps or repeats, nothing that the program prints, logs or writes to a file has
//! it, and neither has the command line of any process that the program starts.
#![cfg(unix)]

mod program;

use std::collections::VecDeque;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Echo, Rule};
use rosefish_mock::ipmi::MockIpmi;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use program::{program, runtime};

/// What every secret of these tests begins with; as its base64 in each of three places, and as hexadecimal digits.
const CANARY: &str = "C4n4ryC4n4ry";
const CODED: &[&str] = &["QzRuNHJ5QzRuNHJ5", "M0bjRyeUM0bjRye", "DNG40cnlDNG40cn", "43346e34727943346e347279"];
/// The password of the user; no longer than IPMI takes.
const PASSWORD: &str = "C4n4ryC4n4ry-bmc";
/// A secret that is a number.
const NUMBER: u64 = 485_739_573_917;

const SYSTEM: &str = "/redfish/v1/Systems/1";
const BIOS: &str = "/redfish/v1/Systems/1/Bios";

/// Names of secrets as vendors spell them, a few of each kind; the library's test has all of them.
const SPELLINGS: &[&str] = &[
    "Password",
    "xAuthToken",
    "ClientSecret",
    "SNMPCommunity",
    "private_key",
    "PasswordHash",
    "Users.2.Pwd",
    "passphrase",
];

fn named(value: &Value) -> Map<String, Value> {
    SPELLINGS.iter().map(|name| ((*name).to_owned(), value.clone())).collect()
}

/// A service that keeps secrets wherever services do.
fn serve(runtime: &Runtime) -> MockBmc {
    let builder = MockBmc::builder().plain().credentials("admin", PASSWORD).task_duration(Duration::from_millis(50));
    let bmc = runtime.block_on(builder.start()).unwrap();
    let secret = json!(format!("{CANARY}-kept"));
    let add = |uri: &str, change: &dyn Fn(&mut Value)| {
        let mut resource = bmc.resource(uri).unwrap();
        change(&mut resource);
        bmc.set(uri, resource);
    };
    add(SYSTEM, &|system| {
        system["Oem"]["Contoso"] = json!({
            "Flat": named(&secret),
            "Numbers": named(&NUMBER.into()),
            "Deep": [[named(&secret)]],
            "Lists": named(&json!([secret, { "Value": secret }])),
            "Pairs": SPELLINGS.iter().map(|name| json!({ "Name": name, "Value": secret })).collect::<Vec<_>>(),
            "Certificate": format!("-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----"),
            "Link": format!("https://{CANARY}:{CANARY}@images.example/x?token={CANARY}"),
        });
    });
    add(BIOS, &|bios| bios["Attributes"].as_object_mut().unwrap().extend(named(&secret)));
    add("/redfish/v1/Managers/bmc", &|manager| manager["Oem"]["Contoso"] = named(&secret).into());
    add("/redfish/v1/AccountService", &|service| service["LDAP"]["Authentication"] = named(&secret).into());
    add("/redfish/v1/AccountService/Accounts/1", &|account| account["Password"] = secret.clone());
    bmc
}

/// A folder that goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("rosefish-canary-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where in a text a secret is, if it is: a canary in any form, or a token of the mock, 32 hexadecimal digits.
fn secret_in(text: &str) -> Option<usize> {
    let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_token = |word: &&str| word.len() == 32 && word.bytes().all(is_digit);
    let number = NUMBER.to_string();
    // `rosefish-` and as many digits stand between the parts of an upload.
    let token = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').find(is_token).unwrap_or(CANARY);
    CODED.iter().copied().chain([CANARY, &number, token]).find_map(|form| text.find(form))
}

/// What is wrong: each secret that came out, with what stands around it.
#[derive(Default)]
struct Wrong(Mutex<Vec<String>>);

impl Wrong {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn look(&self, text: &[u8], when: &str) {
        let text = String::from_utf8_lossy(text);
        if let Some(place) = secret_in(&text) {
            let before = text[..place].char_indices().rev().nth(200).map_or(0, |(index, _)| index);
            self.note(format!("{when}: {}", text[before..].chars().take(300).collect::<String>()));
        }
    }

    fn look_at_files(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            self.look(path.to_str().unwrap().as_bytes(), "a path");
            match path.is_dir() {
                true => self.look_at_files(&path),
                false => self.look(&fs::read(&path).unwrap(), &path.display().to_string()),
            }
        }
    }

    #[track_caller]
    fn is_nothing(&self) {
        let wrong = self.0.lock().unwrap();
        assert!(wrong.is_empty(), "{} secrets came out:\n\n{}", wrong.len(), wrong.join("\n\n"));
    }
}

/// The command lines of a process's children while it runs.
fn children(id: u32) -> Vec<Vec<u8>> {
    let tasks = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let ids: Vec<String> = lists.flat_map(|list| list.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
    ids.iter().filter_map(|id| fs::read(format!("/proc/{id}/cmdline")).ok()).collect()
}

/// The program, with a secret in each variable that has one.
fn with_secrets(arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.env("ROSEFISH_PASSWORD", PASSWORD);
    for variable in ["OLD", "NEW", "IMAGE"] {
        command.env(format!("ROSEFISH_{variable}_PASSWORD"), format!("{CANARY}-{}", &variable[..1]));
    }
    command
}

/// Runs it, and looks at all that comes out.
fn run(mut command: Command, when: &str, wrong: &Wrong) -> Output {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let id = child.id();
    let output = std::thread::scope(|scope| {
        let ended = scope.spawn(|| child.wait_with_output().unwrap());
        while !ended.is_finished() {
            children(id).iter().for_each(|line| wrong.look(line, &format!("{when}, a child")));
            std::thread::sleep(Duration::from_millis(10));
        }
        ended.join().unwrap()
    });
    wrong.look(&output.stdout, &format!("{when}, output"));
    wrong.look(&output.stderr, &format!("{when}, errors"));
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code().is_none_or(|code| code == 2 || code == 101) {
        wrong.note(format!("{when}: {:?}: {errors}", output.status));
    }
    output
}

/// What is done to a host, each word once as it is typed. `HOST` is where it is; a `%` stands for a folder.
const READS: &[&str] = &[
    "walk HOST --deviations",
    "walk HOST --json",
    "get HOST/redfish/v1/Systems/1",
    "get HOST/redfish/v1/Systems/1/Bios",
    "get HOST/redfish/v1/Nothing?token=C4n4ryC4n4ry",
    "action HOST /redfish/v1/Systems/1 --list",
    "set HOST /redfish/v1/Systems/1 /Oem/Contoso/Flat/Password=C4n4ryC4n4ry-set --dry-run",
    "power HOST",
    "boot HOST",
    "boot HOST options",
    "sensors HOST",
    "power limit HOST",
    "fans HOST",
    "controls HOST",
    "metrics HOST",
    "metrics reports HOST",
    "health HOST",
    "logs HOST",
    "logs list HOST",
    "storage HOST",
    "sel HOST",
    "inventory HOST --save %/inventory.json",
    "bios HOST",
    "bios get HOST Password",
    "bios pending HOST",
    "bios export HOST %/bios.json",
    "firmware HOST",
    "media HOST",
    "identify HOST",
    "users HOST",
    "bmc HOST",
    "certificate list HOST",
    "sessions HOST",
    "oem HOST",
    "oem HOST --csdl %/csdl",
    "check HOST",
    "record HOST %/recorded",
    "record HOST %/masked --mask",
    "report HOST --output %/report.html --force",
];

const CHANGES: &[&str] = &[
    "set HOST /redfish/v1/Systems/1 /Oem/Contoso/Flat/Password=C4n4ryC4n4ry-set AssetTag=7",
    "action HOST /redfish/v1/Systems/1/Bios ChangePassword PasswordName=Setup OldPassword=C4n4ryC4n4ry-o NewPassword=C4n4ryC4n4ry-n",
    "power reset HOST --force",
    "power limit HOST --watts 500",
    "controls set HOST PowerLimit 600",
    "logs collect HOST --within 1",
    "boot HOST pxe",
    "logs clear HOST --log SEL",
    "sel clear HOST",
    "bios set HOST ProcHyperThreading=Disabled Password=C4n4ryC4n4ry-a",
    "bios apply HOST %/wanted.json",
    "bios reset HOST",
    "bios password HOST Setup",
    "firmware update HOST %/bmc-9.0.0.bin --within 1 --settling 1",
    "firmware update HOST %/bmc-9.0.0.bin --within 1 --settling 1 --oem-parameters {\"Password\":\"C4n4ryC4n4ry-oem\"}",
    "firmware update HOST https://images.example/bmc.bin?token=C4n4ryC4n4ry --image-user joe --within 1 --settling 1",
    "media insert HOST https://images.example/x.iso?sig=C4n4ryC4n4ry&token=C4n4ryC4n4ry --image-user joe",
    "identify on HOST",
    "users add HOST guest read-only",
    "users password HOST admin",
    "users remove HOST guest",
    "bmc reset HOST",
    "certificate csr HOST --common-name bmc-07 --organization Example",
    "certificate replace HOST %/new.pem",
    "sessions end HOST --of admin",
];

/// What else is done than what is asked.
#[derive(Clone, Copy, Debug)]
enum Service {
    /// Answers as it should.
    Plain,
    /// Repeats each request that is not a read, in this form and with this status.
    EchoesChanges(Echo, u16),
    /// Repeats each read after so many.
    EchoesReads(Echo, u16, u64),
}

impl Service {
    fn apply(self, bmc: &MockBmc) {
        bmc.faults().clear();
        // The login is what it should be.
        bmc.faults().add(Rule::on("POST", "**/Sessions").then(Action::Delay(Duration::ZERO)));
        match self {
            Self::Plain => {}
            Self::EchoesChanges(echo, status) => {
                for method in ["POST", "PATCH", "PUT"] {
                    bmc.faults().add(Rule::method(method).then(Action::Echo(status, echo)));
                }
            }
            Self::EchoesReads(echo, status, after) => {
                bmc.faults().add(Rule::method("GET").skip(after).then(Action::Echo(status, echo)));
            }
        }
    }
}

/// Runs each case at a service of its kind, three at a time.
fn run_all(cases: Vec<(&str, Service, &[&str])>, folder: &Folder, wrong: &Wrong) {
    let folder = folder.0.to_str().unwrap();
    let cases = Mutex::new(VecDeque::from(cases));
    let work = || {
        let runtime = runtime();
        let bmc = serve(&runtime);
        loop {
            let Some((case, service, options)) = cases.lock().unwrap().pop_front() else { break };
            service.apply(&bmc);
            let words: Vec<_> =
                case.split(' ').map(|word| word.replace("HOST", &bmc.url()).replace('%', folder)).collect();
            let words: Vec<&str> =
                words.iter().map(String::as_str).chain(["--user", "admin"]).chain(options.iter().copied()).collect();
            run(with_secrets(&words), &format!("{words:?}, {service:?}"), wrong);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
        work();
    });
}

fn has_json(case: &str) -> bool {
    !["get", "record", "report", "walk HOST --json", "bios export", "oem HOST --csdl"]
        .iter()
        .any(|verb| case.starts_with(verb))
}

#[test]
fn no_secret_comes_out_of_any_verb_whatever_a_service_keeps_and_repeats() {
    let folder = Folder::new("verbs");
    folder.file("wanted.json", format!("{{\"Password\":\"{CANARY}-wanted\",\"QuietBoot\":false}}").as_bytes());
    folder.file("bmc-9.0.0.bin", &[7; 64]);
    folder.file("new.pem", b"-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n");
    let mut echoes = Echo::ALL.into_iter().flat_map(|echo| [400, 200, 401, 403].map(|status| (echo, status))).cycle();
    let mut cases: Vec<(&str, Service, &[&str])> = Vec::new();
    for case in READS {
        cases.push((case, Service::Plain, if has_json(case) { &["--json", "-v"] } else { &["-vv"] }));
    }
    for (case, after) in READS.iter().filter(|case| !case.starts_with("record")).zip((1..12).cycle()) {
        let (echo, status) = echoes.next().unwrap();
        cases.push((case, Service::EchoesReads(echo, status, after), &["-vv"]));
    }
    for case in CHANGES {
        let (echo, status) = echoes.next().unwrap();
        cases.push((case, Service::EchoesChanges(echo, status), &["-vv"]));
        let (echo, status) = echoes.next().unwrap();
        cases.push((case, Service::EchoesChanges(echo, status), &["--json", "--basic"]));
    }
    let wrong = Wrong::default();
    run_all(cases, &folder, &wrong);
    for made in ["wanted.json", "new.pem"] {
        fs::remove_file(folder.0.join(made)).unwrap();
    }
    let recorded = fs::read_to_string(folder.0.join("recorded/redfish/v1/Systems/1/index.json")).unwrap();
    assert!(recorded.contains("Contoso"), "it was recorded: {recorded}");
    wrong.look_at_files(&folder.0);
    wrong.is_nothing();
}

#[test]
fn a_password_stays_where_it_was_given() {
    let runtime = runtime();
    let wrong = Wrong::default();
    let bmc = serve(&runtime);
    let ipmi = runtime.block_on(MockIpmi::builder().credentials("admin", PASSWORD).start()).unwrap();
    let port = ipmi.addr().port().to_string();
    let named = |arguments: &[&str]| run(with_secrets(arguments), &format!("{arguments:?}"), &wrong);
    for verb in [&["power", "127.0.0.1"][..], &["sensors", "127.0.0.1"], &["users", "password", "127.0.0.1", "admin"]] {
        named(&[verb, &["--protocol", "ipmi", "--port", &port, "--user", "admin", "-vv"]].concat());
    }
    // From a file, and from a command, which says more than it should.
    let folder = Folder::new("sources");
    let file = folder.file("password", format!("{PASSWORD}\n{CANARY}\n").as_bytes());
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let command = folder.file("bw", format!("sleep 0.1\necho {CANARY} >&2\ncat {file}\n").as_bytes());
    let failing = folder.file("locked", format!("cat {file}\necho {CANARY} >&2\nexit 1\n").as_bytes());
    let without = |arguments: &[&str]| {
        let mut command = with_secrets(&[&["power", &bmc.url(), "--user", "admin", "-vv"], arguments].concat());
        command.env_remove("ROSEFISH_PASSWORD");
        run(command, &format!("{arguments:?}"), &wrong).status.success()
    };
    assert!(without(&["--password-file", &file]));
    assert!(without(&["--password-command", &format!("sh {command} {{host}}")]));
    assert!(!without(&["--password-command", &format!("sh {failing} {{host}}")]));
    // In the URL it is refused, and not repeated.
    let url = bmc.url().replace("http://", &format!("http://admin:{CANARY}@"));
    for verb in ["power", "walk", "get", "check", "certificate", "sessions", "oem"] {
        let refused = named(&[verb, &url, "-vv"]);
        assert!(!refused.status.success(), "{verb} {refused:?}");
    }
    // Of another user, and where it is wrong.
    for (user, basic) in [("nobody", None), ("nobody", Some("--basic"))] {
        let refused = named(&[&["power", &bmc.url(), "--user", user, "-vv"][..], basic.as_slice()].concat());
        assert!(!refused.status.success(), "{refused:?}");
    }
    wrong.is_nothing();
}

/// What is typed is not shown. `script` has the program run in a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn a_password_that_is_typed_is_not_shown() {
    let runtime = runtime();
    let wrong = Wrong::default();
    let bmc = serve(&runtime);
    let line = format!("{} power {} --user admin -vv", env!("CARGO_BIN_EXE_rosefish"), bmc.url());
    let mut child = Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .env_remove("ROSEFISH_PASSWORD")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = child.stdin.take().unwrap();
    let mut shown = child.stdout.take().unwrap();
    // Echo is off when it asks.
    let mut screen = Vec::new();
    let mut byte = [0];
    while !screen.ends_with(b": ") && shown.read(&mut byte).unwrap() > 0 {
        screen.push(byte[0]);
    }
    typed.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    shown.read_to_end(&mut screen).unwrap();
    assert!(child.wait().unwrap().success(), "{}", String::from_utf8_lossy(&screen));
    wrong.look(&screen, "the terminal");
    assert!(String::from_utf8_lossy(&screen).contains("Password of admin"), "it was asked for");
    wrong.is_nothing();
}

#[test]
fn what_is_looked_for_would_be_found() {
    for text in [
        "x C4n4ryC4n4ry-n",
        "485739573917",
        "Basic YWRtaW46QzRuNHJ5QzRuNHJ5LWJtYw==",
        "t: 0123456789abcdef0123456789abcdef",
    ] {
        assert!(secret_in(text).is_some(), "{text}");
    }
    assert_eq!(secret_in("boundary=rosefish-0123456789abcdef0123456789abcdef"), None);
}
