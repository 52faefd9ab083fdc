//! FreeIPMI against the mock BMC, and the consoles of both tools. Ignored unless they are
//! asked for, as in `tools`.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use rosefish_mock::ipmi::MockIpmi;

use crate::plain;
use crate::tools::{check, text};

/// Runs a console program in a terminal of its own and types into it.
fn typed(command: &str, keys: &[&str]) -> String {
    // What is typed before the program has set up its terminal comes as it was typed, too.
    let command = format!("stty -icrnl; {command}");
    let mut child = Command::new("script")
        .args(["-qec", &command, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script runs");
    let mut input = child.stdin.take().expect("a pipe");
    for keys in keys {
        thread::sleep(Duration::from_millis(500));
        // A program that has ended says why in its output.
        if input.write_all(keys.as_bytes()).is_err() {
            break;
        }
    }
    drop(input);
    let output = child.wait_with_output().expect("an end");
    text(&output)
}

/// A BMC on a port that ipmiconsole can name: it takes 32768 and up for an invalid host.
fn on_a_low_port() -> MockIpmi {
    let start = |port| MockIpmi::builder().credentials("admin", "password").port(port).start_blocking();
    (21_000..22_000).find_map(|port| start(port).ok()).expect("a port is free")
}

#[test]
#[ignore = "needs ipmitool, ipmiconsole and script"]
fn both_tools_open_the_console() {
    for suite in ["3", "17"] {
        let bmc = on_a_low_port();
        let port = bmc.addr().port();
        let ipmitool =
            format!("ipmitool -I lanplus -H 127.0.0.1 -p {port} -U admin -P password -C {suite} sol activate");
        let said = typed(&ipmitool, &["hello\r", "~.", ""]);
        assert!(said.contains("mock console ready") && said.contains("# hello"), "{said}");
        let freeipmi =
            format!("ipmiconsole -h 127.0.0.1:{port} -u admin -p password -l ADMIN -I {suite} -W opensesspriv");
        let said = typed(&freeipmi, &["again\r", "&.", ""]);
        assert!(said.contains("mock console ready") && said.contains("# again"), "{said}");
        assert_eq!(bmc.machine().lock().console.received(), b"hello\ragain\r");
    }
}

#[test]
#[ignore = "needs FreeIPMI"]
fn freeipmi_works() {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("freeipmi");
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "ipmi-sensors",
            "--bridge-sensors --sdr-cache-recreate --quiet-cache",
            &[
                "CPU0 Temp      | Temperature              | 54.00",
                "-4.00",
                "Backplane Temp | Temperature              | 29.00",
            ],
        ),
        ("ipmi-sel", "--quiet-cache", &["Sensor Reading = 88.00 C ; Threshold = 85.00 C", "OEM defined = 01h 02h 03h"]),
        ("ipmi-fru", "--quiet-cache", &["RF-2S Rack Server", "https://bmc.example", "Overall Capacity: 800 Watts"]),
        ("ipmi-chassis", "--get-chassis-status", &["System Power                        : on"]),
        ("ipmi-dcmi", "--get-system-power-statistics", &["Current Power                        : 212 Watts"]),
        ("ipmi-raw", "0 6 1", &["rcvd: 01 00 20 81 02 17 02 BF"]),
        ("ipmipower", "--off", &["ok"]),
        ("ipmipower", "--stat", &["off"]),
        ("bmc-info", "--get-device-id", &["Firmware Revision     : 2.17"]),
    ];
    for suite in ["3", "17"] {
        let bmc = plain();
        let host = bmc.addr().to_string();
        for (program, arguments, wanted) in cases {
            fs::create_dir_all(&home).expect("a folder");
            let cache = home.to_string_lossy().into_owned();
            let mut command = Command::new(program);
            if arguments.contains("cache") {
                command.args(["--sdr-cache-directory", &cache]);
            }
            let output = command
                .args(["-h", &host, "-u", "admin", "-p", "password", "-l", "ADMIN", "-I", suite])
                .args(["-D", "LAN_2_0", "-W", "opensesspriv"])
                .args(arguments.split(' '))
                .output()
                .expect("the tool runs");
            check(&output, &format!("suite {suite}, {program} {arguments}"), wanted);
        }
    }
}
