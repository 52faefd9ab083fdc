//! What this project began with: a loop of ipmitool over hosts, with a password of each from a password manager, beside the one line
//! that takes its place. Both have to say the same; how long each takes is printed.
#![cfg(unix)]

mod program;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use rosefish_mock::MockBmc;
use rosefish_mock::Tree;
use rosefish_mock::ipmi::MockIpmi;

use program::{errors, program, runtime, serve};

/// Hosts, unless `HOSTS` says how many.
const HOSTS: usize = 16;

/// The loop; what stands for hosts has a name and a port in each line.
const LOOP: &str = r#"
while read -r host port; do
  export IPMI_PASSWORD="$(./bw get password "$host")"
  echo "$host: $(ipmitool -I lanplus -E -H 127.0.0.1 -p "$port" -U admin chassis power status < /dev/null)"
done < hosts
"#;

/// The lines that it printed, in the order of the hosts, and how long it took.
fn timed(mut command: Command) -> (Vec<String>, Duration) {
    let begin = Instant::now();
    let output: Output = command.output().unwrap();
    let time = begin.elapsed();
    assert!(output.status.success(), "{}", errors(&output));
    let mut lines: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    lines.sort();
    (lines, time)
}

#[test]
#[ignore = "needs ipmitool"]
fn the_manuals_script_is_one_line_that_says_the_same_and_is_faster() {
    let count = std::env::var("HOSTS").ok().and_then(|count| count.parse().ok()).unwrap_or(HOSTS);
    let folder = std::env::temp_dir().join(format!("rosefish-manual-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    // As long as a fast password manager takes.
    fs::write(folder.join("bw"), "#!/bin/sh\n[ \"$1 $2\" = 'get password' ] || exit 2\nsleep 0.2\necho password\n")
        .unwrap();
    fs::set_permissions(folder.join("bw"), fs::Permissions::from_mode(0o700)).unwrap();

    let runtime = runtime();
    let start = || runtime.block_on(MockIpmi::builder().credentials("admin", "password").start()).unwrap();
    let bmcs: Vec<MockIpmi> = (0..count).map(|_| start()).collect();
    let redfish: Vec<MockBmc> = (0..count).map(|_| serve(&runtime, Tree::demo())).collect();
    let name = |number: usize| format!("node{number:02}-ipmi.clusters.example");
    let hosts: String =
        bmcs.iter().enumerate().map(|(number, bmc)| format!("{} {}\n", name(number), bmc.addr().port())).collect();
    fs::write(folder.join("hosts"), hosts).unwrap();
    let inventory = |protocol: &str, address: &dyn Fn(usize) -> String| {
        let mut text = format!(
            "[groups.cluster]\nhosts = [\"node[00-{:02}]-ipmi.clusters.example\"]\nuser = \"admin\"\n\
             protocol = \"{protocol}\"\npassword-command = \"{}/bw get password {{host}}\"\n",
            count - 1,
            folder.display()
        );
        for number in 0..count {
            text.push_str(&format!("[hosts.\"{}\"]\naddress = \"{}\"\n", name(number), address(number)));
        }
        let file = folder.join(format!("{protocol}.toml"));
        fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let by_ipmi = inventory("ipmi", &|number| bmcs[number].addr().to_string());
    let by_redfish = inventory("redfish", &|number| redfish[number].url());
    // Not all of them alike.
    let off = program(&["power", "off", &format!("{},{}", name(1), name(3)), "--force", "--yes", "--hosts", &by_ipmi]);
    timed(off);

    let mut script = Command::new("sh");
    script.args(["-c", LOOP]).current_dir(&folder);
    let (theirs, their_time) = timed(script);
    let one_line = |file: &str| {
        let mut command = program(&["power", "status", "@cluster", "--hosts", file]);
        command.env_remove("ROSEFISH_PASSWORD");
        timed(command)
    };
    let (ours, our_time) = one_line(&by_ipmi);
    let (theirs, expected): (Vec<String>, Vec<String>) = (0..count)
        .map(|number| {
            let state = if number == 1 || number == 3 { "off" } else { "on" };
            (theirs[number].replace("Chassis Power is ", ""), format!("{}: {state}", name(number)))
        })
        .unzip();
    assert_eq!((&theirs, &ours), (&expected, &expected));
    let (also_ours, redfish_time) = one_line(&by_redfish);
    assert_eq!(also_ours.len(), count);
    fs::remove_dir_all(&folder).unwrap();
    println!(
        "{count} hosts: a loop of ipmitool {:.1} s, rosefish by IPMI {:.1} s, by Redfish {:.1} s",
        their_time.as_secs_f64(),
        our_time.as_secs_f64(),
        redfish_time.as_secs_f64()
    );
    assert!(our_time < their_time, "{our_time:?} is not less than {their_time:?}");
}
