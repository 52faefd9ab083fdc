//! ipmitool against the mock BMC. These tests are ignored unless they are asked for, with
//! `cargo test -- --include-ignored`; then they fail where it is not installed.

use std::process::{Command, Output};

use rosefish_mock::ipmi::machine::boot::{BootDevice, BootOverride};
use rosefish_mock::ipmi::{BridgeReply, Faults, MockIpmi};

use crate::{plain, start};

pub(crate) fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn ipmitool(bmc: &MockIpmi, options: &[&str], arguments: &str) -> Output {
    let port = bmc.addr().port().to_string();
    Command::new("ipmitool")
        .args(["-I", "lanplus", "-H", "127.0.0.1", "-p", &port, "-U", "admin", "-P", "password"])
        .args(options)
        .args(arguments.split(' '))
        .output()
        .expect("ipmitool runs")
}

pub(crate) fn check(output: &Output, what: &str, wanted: &[&str]) {
    let said = text(output);
    assert!(output.status.success(), "{what}: {said}");
    for wanted in wanted {
        assert!(said.contains(wanted), "{what}: no {wanted:?} in\n{said}");
    }
}

/// Commands of ipmitool's, in order, each with what it must say.
const CASES: &[(&str, &[&str])] = &[
    (
        "mc info",
        &["Device ID                 : 32", "Firmware Revision         : 2.17", "IPMI Version              : 2.0"],
    ),
    ("mc selftest", &["Selftest: passed"]),
    ("mc guid", &["04030201-8652-4111-fedc-ba9876543210"]),
    ("mc watchdog get", &["Stopped"]),
    ("mc getsysinfo primary_os_name", &["Example Linux 12"]),
    ("chassis status", &["System Power         : on", "Power Restore Policy : previous"]),
    ("chassis poh", &["565 days, 19 hours"]),
    ("chassis restart_cause", &["power-up via pushbutton"]),
    ("chassis identify 5", &["5 seconds"]),
    ("chassis policy always-off", &["always-off"]),
    (
        "sdr list all",
        &["Inlet Temp       | -4 degrees C", "Inlet Delta      | -2.50 degrees C", "VPD EEPROM       | Generic"],
    ),
    (
        "sdr elist full",
        &[
            "CPU0 Temp        | 01h | ok  |  3.1 | 54 degrees C",
            "NVMe Temp        | 09h | ok  |  4.1 | 142 degrees C",
            "Fan1             | 11h | ok  | 29.1 | 7500 RPM",
            "Pump Tach        | 18h | ok  | 29.7 | 2500 RPM",
            "Airflow          | 19h | ok  | 55.1 | 80 CFM",
            "GPU Temp         | 0Ah | ns  | 11.1 | No Reading",
            // Through the bridge: a sensor of the satellite's.
            "Backplane Temp   | 01h | ok  | 15.1 | 29 degrees C",
        ],
    ),
    ("sdr elist compact", &["PSU2 Status      | 53h | ok  | 10.2 | Presence detected, Power Supply AC lost"]),
    ("sensor", &["P12V             | 11.970", "10.773    | 11.025    | 11.403    | 12.600", "Drive            | 0x1"]),
    ("sensor get P12V", &["Upper Critical        : 12.978", "Positive Hysteresis   : 0.126"]),
    ("sensor thresh P12V ucr 12.915", &["Upper Critical threshold to 12.915"]),
    ("sensor get P12V", &["Upper Critical        : 12.915"]),
    ("sel info", &["Entries          : 9", "Overflow         : false"]),
    (
        "sel list",
        &[
            "Pre-Init",
            "01/01/26 | 01:00:00 UTC | Temperature #0x01 | Upper Non-critical going high | Asserted",
            "OEM record c1 | 007ed9 | 010203040506",
            "OEM record e5 | 524f5345464953482d4f454d21",
        ],
    ),
    (
        "sel elist",
        &["Temperature CPU0 Temp | Upper Non-critical going high", "Power Supply PSU2 Status | Power Supply AC lost"],
    ),
    (
        "fru print",
        &[
            "Chassis Type          : Rack Mount Chassis",
            "Chassis Serial        : CHS 00421",
            "Board Mfg Date        : Thu Jan  1 00:00:00 2026",
            "Board Serial          : 0042-1177.09",
            "Board Part Number     : MB-2S-REV-C",
            "Product Name          : RF-2S Rack Server",
            "Product Serial        : VS8000002",
        ],
    ),
    ("user list 1", &["2   admin            true    true       true       ADMINISTRATOR"]),
    ("user set name 4 carol", &[]),
    ("user set password 4 carols-password", &["successful"]),
    ("user enable 4", &[]),
    ("channel setaccess 1 4 link=on ipmi=on callin=on privilege=3", &["successful"]),
    ("user list 1", &["4   carol            true    true       true       OPERATOR"]),
    ("user test 4 16 carols-password", &["Success"]),
    ("lan print 1", &["IP Address              : 192.0.2.10", "RMCP+ Cipher Suites     : 3,17"]),
    ("lan set 1 ipaddr 192.0.2.77", &[]),
    ("lan print 1", &["IP Address              : 192.0.2.77"]),
    ("channel info 1", &["802.3 LAN", "multi-session", "Active Session Count  : 1"]),
    ("channel getaccess 1 2", &["User Name            : admin", "ADMINISTRATOR"]),
    ("channel getciphers ipmi 1", &["17   N/A     hmac_sha256     sha256_128      aes_cbc_128"]),
    ("session info active", &["IPMIv2/RMCP+"]),
    ("sol info 1", &["Enabled                         : true", "Retry Count                     : 7"]),
    ("chassis bootdev pxe options=efiboot,persistent", &["Set Boot Device to pxe"]),
    ("chassis bootparam get 5", &["Boot Flag Valid", "apply to all future boots", "BIOS EFI boot", "Force PXE"]),
    ("dcmi discover", &["Power management available"]),
    ("dcmi power reading", &["Instantaneous power reading:                   212 Watts"]),
    ("dcmi power set_limit limit 400", &["Power Limit:         400 Watts"]),
    ("dcmi power activate", &["successfully activated"]),
    ("dcmi power get_limit", &["Power Limit Active"]),
    ("dcmi set_asset_tag NEW-TAG-0123456789ABCDEF", &[]),
    ("dcmi asset_tag", &["NEW-TAG-0123456789ABCDEF"]),
    ("dcmi get_temp_reading", &["Inlet air temperature(40h)\t\t1\t\t-4 C"]),
    ("hpm check", &["BMC          |   2.17 00010203", "BIOS"]),
    ("raw 0x06 0x01", &["20 81 02 17 02 bf d9 7e 00 11 25 00 01 02 03"]),
    ("power off", &["Down/Off"]),
    ("power status", &["is off"]),
    ("power on", &["Up/On"]),
    ("power reset", &["Reset"]),
    ("power cycle", &["Cycle"]),
    ("sel clear", &["Clearing SEL"]),
    ("sel list", &["SEL has no entries"]),
];

#[test]
#[ignore = "needs ipmitool"]
fn ipmitool_works_with_either_suite() {
    for suite in ["3", "17"] {
        let bmc = plain();
        for (arguments, wanted) in CASES {
            let output = ipmitool(&bmc, &["-C", suite], arguments);
            check(&output, &format!("suite {suite}, {arguments}"), wanted);
        }
        let followed = BootOverride { device: BootDevice::Pxe, uefi: true, persistent: true };
        assert_eq!(bmc.machine().lock().boot.active(), Some(followed));
        assert_eq!(bmc.executed(0x00, 0x02), 4, "off, on, reset, cycle");
        assert_eq!(bmc.sessions(), 0, "ipmitool closes its sessions");
    }
}

#[test]
#[ignore = "needs ipmitool"]
fn ipmitool_is_refused_what_is_refused() {
    let bmc = start(|builder| builder.kg(b"a group key"));
    bmc.machine()
        .lock()
        .control(rosefish_mock::ipmi::PowerAction::ForceOff, rosefish_mock::ipmi::Cause::Unknown)
        .expect("off");
    let kg = ["-C", "17", "-k", "a group key"];
    check(&ipmitool(&bmc, &kg, "power status"), "K_G", &["is off"]);
    let refused: &[(&[&str], &str, &str)] = &[
        (&["-C", "17", "-k", "another", "-R", "1"], "power status", "Unable to establish"),
        (&["-C", "8", "-R", "1"], "power status", "Unable to establish"),
        (&kg, "power cycle", "not supported in present state"),
        (&kg, "raw 0x30 0x45 0x00", "Invalid command"),
    ];
    for (options, arguments, wanted) in refused {
        let output = ipmitool(&bmc, options, arguments);
        assert!(!output.status.success() && text(&output).contains(wanted), "{arguments}: {}", text(&output));
    }
}

#[test]
#[ignore = "needs ipmitool"]
fn ipmitool_bridges_to_the_satellite_either_way() {
    for style in [BridgeReply::Separate, BridgeReply::Embedded] {
        let bmc = start(|builder| builder.bridge_reply(style));
        let output = ipmitool(&bmc, &["-t", "0x30"], "mc info");
        check(&output, &format!("{style:?}"), &["Device ID                 : 48", "Firmware Revision         : 1.06"]);
    }
}

#[test]
#[ignore = "needs ipmitool"]
fn ipmitool_gets_through_a_lossy_network() {
    let bmc = plain();
    bmc.set_faults(Faults { seed: 5, drop: 0.1, duplicate: 0.1, ..Faults::default() });
    let output = ipmitool(&bmc, &["-C", "17", "-N", "1", "-R", "8"], "chassis status");
    check(&output, "chassis status", &["System Power         : on"]);
    assert!(bmc.stats().dropped + bmc.stats().duplicated > 0);
}

#[test]
#[ignore = "needs ipmitool"]
fn ipmitool_speaks_1_5_where_it_is_offered() {
    let bmc = start(|builder| builder.ipmi_1_5(true));
    let port = bmc.addr().port().to_string();
    for auth_type in ["MD5", "PASSWORD"] {
        let output = Command::new("ipmitool")
            .args(["-I", "lan", "-H", "127.0.0.1", "-p", &port, "-U", "admin", "-P", "password", "-A", auth_type])
            .args(["sdr", "elist", "full"])
            .output()
            .expect("ipmitool runs");
        check(&output, auth_type, &["CPU0 Temp        | 01h | ok  |  3.1 | 54 degrees C"]);
    }
}
