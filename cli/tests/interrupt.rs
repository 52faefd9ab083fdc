//! Ctrl-C: the first press ends the session, the second the program.
#![cfg(unix)]

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rosefish_mock::MockBmc;
use rosefish_mock::fault::{Action, Rule};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule as IpmiRule};

const FOREVER: Duration = Duration::from_secs(3600);

/// Every verb that talks to a service, on its way through what that has.
const VERBS: &[&[&str]] = &[
    &["get"],
    &["walk"],
    &["check"],
    &["power"],
    &["sensors"],
    &["boot"],
    &["sel"],
    &["inventory"],
    &["bmc"],
    &["users"],
    &["record"],
];

/// Starts a BMC that lets people log in, and doesn't answer anything else.
async fn silent() -> MockBmc {
    let mock = MockBmc::builder().credentials("root", "password").plain().start().await.unwrap();
    for first in ["Systems", "Chassis", "Managers", "AccountService"] {
        mock.faults().add(Rule::on("GET", &format!("/redfish/v1/{first}")).then(Action::Delay(FOREVER)));
    }
    mock
}

struct Program {
    child: Child,
    begin: Instant,
}

impl Program {
    /// Starts a verb and waits until it hangs.
    async fn start(mock: &MockBmc, verb: &[&str]) -> Self {
        let url = if verb == ["get"] { format!("{}/redfish/v1/Systems", mock.url()) } else { mock.url() };
        let folder = std::env::temp_dir().join(format!("rosefish-interrupt-{}", std::process::id()));
        let mut command = Command::new(env!("CARGO_BIN_EXE_rosefish"));
        command.args(verb).arg(url);
        if verb == ["record"] {
            // Another process with this number may have left it.
            let _ = std::fs::remove_dir_all(&folder);
            command.arg(&folder);
        }
        if !["get", "walk", "check", "record"].contains(&verb[0]) {
            command.args(["--protocol", "redfish"]);
        }
        let program = Self::run(&mut command);
        while mock.sessions() == 0 {
            assert!(program.begin.elapsed() < Duration::from_secs(60), "{verb:?} does not log in");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
        Self { begin: Instant::now(), ..program }
    }

    /// Starts a command as `root`.
    fn run(command: &mut Command) -> Self {
        let child = command
            .args(["--user", "root"])
            .env("ROSEFISH_PASSWORD", "password")
            .env_remove("ROSEFISH_USER")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, begin: Instant::now() }
    }

    /// Starts a command, sends a signal this long after it has asked for something, and sees it leave no session.
    async fn signalled(mock: &MockBmc, arguments: &[&str], signal: &str, after: Duration) {
        let program = Self::run(Command::new(env!("CARGO_BIN_EXE_rosefish")).args(arguments));
        // Its handlers are there when it asks for something.
        while mock.requests().is_empty() {
            assert!(program.begin.elapsed() < Duration::from_secs(60));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        tokio::time::sleep(after).await;
        program.send(signal);
        let (output, took) = program.end().await;
        assert_eq!(output.status.code(), Some(130), "{arguments:?} {signal} {after:?}: {output:?}");
        assert_eq!(mock.sessions(), 0, "{arguments:?} {signal} {after:?}: {output:?}");
        assert!(took < Duration::from_secs(8) + after, "{arguments:?} {signal} {after:?}: {took:?}");
    }

    fn press_ctrl_c(&self) {
        self.send("-INT");
    }

    fn send(&self, signal: &str) {
        let sent = Command::new("sh")
            .args(["-c", "kill \"$@\"", "kill", signal, &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    async fn end(self) -> (Output, Duration) {
        let begin = self.begin;
        let output = tokio::task::spawn_blocking(|| self.child.wait_with_output().unwrap()).await.unwrap();
        (output, begin.elapsed())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_ends_the_session_in_every_verb() {
    for verb in VERBS {
        let mock = silent().await;
        let program = Program::start(&mock, verb).await;
        program.press_ctrl_c();
        let (output, took) = program.end().await;
        assert_eq!(output.status.code(), Some(130), "{verb:?} {output:?}");
        assert_eq!(mock.sessions(), 0, "{verb:?} {output:?}");
        assert!(took < Duration::from_secs(4), "{verb:?} {took:?}");
    }
}

/// At every moment from before the login until after it, for each signal that asks the program to end.
#[tokio::test(flavor = "multi_thread")]
async fn no_signal_at_any_moment_of_a_login_leaves_a_session() {
    for (number, signal) in ["-INT", "-TERM", "-HUP"].into_iter().cycle().take(21).enumerate() {
        let mock = MockBmc::builder().credentials("root", "password").plain().latency(Duration::from_millis(60));
        let mock = mock.start().await.unwrap();
        mock.faults().add(Rule::on("GET", "**/Systems").then(Action::Delay(FOREVER)));
        let arguments = ["power", &mock.url(), "--protocol", "redfish"];
        Program::signalled(&mock, &arguments, signal, Duration::from_millis(12) * u32::try_from(number).unwrap()).await;
    }
}

/// Long-running commands: reading everything, recording it, an upload that the service is slow to finish, following a log.
#[tokio::test(flavor = "multi_thread")]
async fn no_signal_at_any_moment_of_what_takes_long_leaves_a_session() {
    let folder = std::env::temp_dir().join(format!("rosefish-signals-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("bmc-9.0.0.bin"), vec![7; 1 << 20]).unwrap();
    for verb in ["walk HOST", "record HOST DIR/N", "firmware update HOST DIR/bmc-9.0.0.bin", "logs HOST --follow"] {
        let points = (0..5_u32).zip(["-INT", "-TERM", "-HUP"].into_iter().cycle()).map(|(number, signal)| {
            let folder = folder.to_str().unwrap().to_owned();
            async move {
                let mock =
                    MockBmc::builder().credentials("root", "password").plain().latency(Duration::from_millis(20));
                let mock = mock.start().await.unwrap();
                mock.faults().add(Rule::on("POST", "**/upload").then(Action::Apply).then(Action::Delay(FOREVER)));
                mock.faults().add(Rule::on("GET", "**/Drives/**").then(Action::Delay(FOREVER)));
                let word = |word: &str| {
                    word.replace("HOST", &mock.url()).replace("DIR", &folder).replace('N', &number.to_string())
                };
                let words: Vec<_> = verb.split(' ').map(word).collect();
                let arguments: Vec<_> = words.iter().map(String::as_str).collect();
                Program::signalled(&mock, &arguments, signal, Duration::from_millis(90) * number).await;
            }
        });
        futures_util::future::join_all(points).await;
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_keeps_its_logout_waiting_does_not_keep_the_program() {
    for verb in [VERBS[0], VERBS[1], VERBS[3]] {
        let mock = silent().await;
        mock.faults().add(Rule::on("DELETE", "**").then(Action::Delay(FOREVER)));
        let program = Program::start(&mock, verb).await;
        program.press_ctrl_c();
        let (output, took) = program.end().await;
        assert_eq!(output.status.code(), Some(130), "{verb:?} {output:?}");
        assert!(took < Duration::from_secs(9), "{verb:?} {took:?}");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(errors.contains("could not be ended"), "{verb:?} {errors}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_press_ends_a_session_of_ipmi_too() {
    const SENSORS: u8 = 0x0a;
    let late = IpmiRule { netfn: SENSORS, command: None, times: u32::MAX, act: Act::Late(Duration::from_secs(10)) };
    let bmc = MockIpmi::builder().credentials("root", "password").rule(late).start().await.unwrap();
    let port = bmc.addr().port().to_string();
    let arguments = ["sensors", "127.0.0.1", "--protocol", "ipmi", "--port", &port];
    let program = Program::run(Command::new(env!("CARGO_BIN_EXE_rosefish")).args(arguments));
    while bmc.sessions() == 0 {
        assert!(program.begin.elapsed() < Duration::from_secs(60), "it does not log in");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    program.press_ctrl_c();
    let (output, _) = program.end().await;
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(bmc.sessions(), 0, "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_press_ends_the_program_at_once() {
    for verb in [VERBS[0], VERBS[1], VERBS[3], VERBS[10]] {
        let mock = silent().await;
        mock.faults().add(Rule::on("DELETE", "**").then(Action::Delay(FOREVER)));
        let mut program = Program::start(&mock, verb).await;
        program.press_ctrl_c();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(program.child.try_wait().unwrap().is_none(), "{verb:?} is still logging out");
        program.begin = Instant::now();
        program.press_ctrl_c();
        let (output, took) = program.end().await;
        assert_eq!(output.status.code(), Some(130), "{verb:?} {output:?}");
        assert!(took < Duration::from_secs(1), "{verb:?} {took:?}");
    }
}
