//! Where passwords come from: which source counts, that a command is run as it is promised, and that each protocol has its own.
#![cfg(unix)]

mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Output;

use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{MockBmc, Tree};

use program::{errors, program, runtime, serve, text};

/// A folder with an inventory and scripts, which goes with its test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("rosefish-passwords-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn file(&self, name: &str, text: &str, mode: u32) -> String {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn is_on(output: &Output) -> bool {
    output.status.success() && String::from_utf8_lossy(&output.stdout).contains("on\n")
}

#[test]
fn the_command_line_comes_before_the_inventory_and_that_before_the_environment() {
    let (runtime, folder) = (runtime(), Folder::new("order"));
    let bmc: MockBmc = serve(&runtime, Tree::demo());
    let right = folder.file("right", "password\n", 0o600);
    let wrong = folder.file("wrong", "wrong\n", 0o600);
    let power = |inventory: &str, more: &[&str], environment: &str| {
        let text = format!("[hosts.n1]\naddress = \"{}\"\nuser = \"admin\"\n{inventory}\n", bmc.url());
        let file = folder.file("hosts.toml", &text, 0o644);
        let mut command = program(&[&["power", "n1", "--hosts", &file], more].concat());
        command.env("ROSEFISH_PASSWORD", environment).env("MINE", "password").output().unwrap()
    };
    let of_file = |file: &str| format!("password-file = \"{file}\"");
    for (inventory, more, environment) in [
        (String::new(), &[][..], "password"),
        (of_file(&right), &[], "wrong"),
        ("password-env = \"MINE\"".to_owned(), &[], "wrong"),
        ("password-command = \"echo password\"".to_owned(), &[], "wrong"),
        (of_file(&wrong), &["--password-command", "echo password"], "wrong"),
        (of_file(&wrong), &["--password-file", &right], "wrong"),
        // In one place, a command comes before a file, and a file before a variable.
        (format!("password-command = \"echo password\"\n{}", of_file(&wrong)), &[], "wrong"),
        (format!("password-env = \"WRONG\"\n{}", of_file(&right)), &[], "wrong"),
    ] {
        let done = power(&inventory, more, environment);
        assert!(is_on(&done), "{inventory} {more:?}: {}", errors(&done));
    }
    for (inventory, more) in [(of_file(&wrong), &[][..]), (of_file(&right), &["--password-file", &wrong])] {
        let refused = power(&inventory, more, "password");
        assert!(errors(&refused).contains("credentials"), "{inventory}: {}", errors(&refused));
    }
    // What is missing is said, and nothing else is tried in its place.
    let unset = power("password-env = \"NOT_SET\"", &[], "password");
    assert!(unset.status.code() == Some(1) && errors(&unset).contains("NOT_SET is not set"), "{}", errors(&unset));
    let open = folder.file("open", "password\n", 0o644);
    let open = power(&of_file(&open), &[], "password");
    assert!(open.status.code() == Some(1) && errors(&open).contains("mode 644"), "{}", errors(&open));
    assert_eq!(bmc.sessions(), 0);
}

#[test]
fn commands_are_run_few_at_a_time_and_without_the_password_of_the_environment() {
    let (runtime, folder) = (runtime(), Folder::new("few"));
    let bmc: MockBmc = serve(&runtime, Tree::demo());
    // It notes how many run with it, what it sees of the environment, and how it was called.
    let script = "#!/bin/sh\ncd \"$(dirname \"$0\")\"\n: > \"running.$1\"\nls running.* | wc -l >> seen\n\
                  echo \"${ROSEFISH_PASSWORD-none}\" >> environment\necho \"$@\" >> calls\nsleep 0.3\nrm \"running.$1\"\n\
                  echo password\n";
    let command = folder.file("bw", script, 0o700);
    let mut text = format!("[defaults]\nuser = \"admin\"\npassword-command = \"{command} {{host}} {{user}}\"\n");
    for number in 1..=24 {
        text.push_str(&format!("[hosts.n{number}]\naddress = \"{}\"\n", bmc.url()));
    }
    let file = folder.file("hosts.toml", &text, 0o644);
    let done = program(&["power", "n[1-24]", "--hosts", &file]).env("ROSEFISH_PASSWORD", "canary").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&done.stdout).lines().count(), 24, "{}", errors(&done));
    let lines = |name: &str| -> Vec<String> {
        fs::read_to_string(folder.0.join(name)).unwrap().lines().map(|line| line.trim().to_owned()).collect()
    };
    let most = lines("seen").iter().map(|count| count.parse::<u32>().unwrap()).max().unwrap();
    assert!((2..=8).contains(&most), "{most} at a time");
    assert_eq!(lines("environment"), vec!["none"; 24]);
    let mut calls = lines("calls");
    calls.sort();
    let mut expected: Vec<_> = (1..=24).map(|number| format!("n{number} admin")).collect();
    expected.sort();
    assert_eq!(calls, expected, "each once");
}

#[test]
fn each_protocol_has_a_user_and_a_password_of_its_own() {
    let (runtime, folder) = (runtime(), Folder::new("protocols"));
    let bmc: MockBmc = serve(&runtime, Tree::demo());
    let ipmi = runtime.block_on(MockIpmi::builder().credentials("operator", "another").start()).unwrap();
    let port = ipmi.addr().port().to_string();
    let address =
        format!("[hosts.n1]\naddress = \"{}\"\nuser = \"admin\"\npassword-command = \"echo password\"\n", bmc.url());
    let power = |own: &str, protocol: &str| {
        let file = folder.file("hosts.toml", &format!("{address}{own}\n"), 0o644);
        let arguments = ["power", "n1", "--hosts", &file, "--protocol", protocol, "--port", &port, "-v"];
        program(&arguments).env("ROSEFISH_PASSWORD", "wrong").env("MINE", "another").output().unwrap()
    };
    let secret = folder.file("secret", "another\n", 0o600);
    for own in [
        "ipmi-user = \"operator\"\nipmi-password-command = \"echo another\"".to_owned(),
        format!("ipmi-user = \"operator\"\nipmi-password-file = \"{secret}\""),
        "ipmi-user = \"operator\"\nipmi-password-env = \"MINE\"".to_owned(),
    ] {
        for protocol in ["redfish", "ipmi"] {
            let done = power(&own, protocol);
            assert!(is_on(&done), "{own} {protocol}: {}", errors(&done));
        }
    }
    // Without an account of its own, the one that there is is IPMI's as well.
    let received = ipmi.stats().received;
    assert!(is_on(&power("", "redfish")) && ipmi.stats().received == received);
    assert!(!is_on(&power("", "ipmi")) && ipmi.stats().received > received);
    assert_eq!(text(&power("", "redfish")), "on\n");
}
