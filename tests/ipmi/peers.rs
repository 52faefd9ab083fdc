//! Against independent BMC simulators, value by value with what `ipmitool` prints for the same. `ROSEFISH_IPMI_SIM`
//! (OpenIPMI's simulator) and `ROSEFISH_FAKEBMC` (pyghmi's) name the address and port of each.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::Command;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use rosefish::ipmi::command::CompletionCode;
use rosefish::ipmi::command::boot::BootDevice;
use rosefish::ipmi::command::chassis::{ChassisControl, PowerRestorePolicy};
use rosefish::ipmi::command::lan::{AddressSource, LanParameter};
use rosefish::ipmi::command::sel::AddSelEntry;
use rosefish::ipmi::command::session::{GetSessionInfo, PRESENT_CHANNEL};
use rosefish::ipmi::command::watchdog::GetWatchdogTimer;
use rosefish::ipmi::record::event::{Event, EventType, SensorType};
use rosefish::ipmi::record::sel::{Entry, EntryBody, Generator, Timestamp};
use rosefish::ipmi::record::sensor::{Sensor, Threshold};
use rosefish::ipmi::{AuthType, Builder, CipherSuite, Client, ErrorKind, Privilege};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn peer(variable: &str) -> SocketAddr {
    let address = std::env::var(variable).unwrap_or_else(|_| panic!("{variable} has to name the simulator's address"));
    address.parse().unwrap_or_else(|_| panic!("{variable}={address} isn't an address with a port"))
}

fn builder(address: SocketAddr) -> Builder {
    Client::builder(address.ip().to_string()).port(address.port()).credentials("admin", "password")
}

fn ipmitool_command(address: SocketAddr, arguments: &str) -> Command {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let mut command = Command::new("ipmitool");
    command.args(["-I", "lanplus", "-C", "3", "-U", "admin", "-P", "password", "-H", &host, "-p", &port]);
    command.args(arguments.split(' '));
    command
}

/// What `ipmitool` prints.
fn ipmitool(address: SocketAddr, arguments: &str) -> String {
    let output = ipmitool_command(address, arguments).output().expect("ipmitool has to be installed for this test");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What `ipmitool` prints, its errors included.
fn ipmitool_says(address: SocketAddr, arguments: &str) -> String {
    let output = ipmitool_command(address, arguments).output().expect("ipmitool has to be installed for this test");
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

/// The lines `name : value` of what `ipmitool` prints.
fn table(text: &str) -> BTreeMap<&str, &str> {
    text.lines().filter_map(|line| line.split_once(':')).map(|(name, value)| (name.trim(), value.trim())).collect()
}

#[tokio::test]
#[ignore = "needs ipmi_sim and ipmitool"]
async fn ipmi_sim_tells_the_same_as_it_tells_ipmitool() {
    let address = peer("ROSEFISH_IPMI_SIM");
    let client = builder(address).connect().await.unwrap();
    assert_eq!(client.cipher_suite(), Some(CipherSuite::SHA1_AES), "it has none better");
    device_and_chassis(&client, address).await;
    sensors(&client, address).await;
    event_log(&client, address).await;
    inventory(&client, address).await;
    users(&client, address).await;
    lan(&client, address).await;
    changed_users(&client, address).await;
    changed_lan(&client, address).await;
    session_and_channel(&client, address).await;
    timers_and_stores(&client, address).await;
    what_it_lacks(&client, address).await;
    satellite(&client, address).await;
    console(&client).await;
    client.close().await;
    assert_eq!(client.device_id().await.unwrap_err().kind(), ErrorKind::Closed);
}

async fn device_and_chassis(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "mc info");
    let told = table(&text);
    let id = client.device_id().await.unwrap();
    assert_eq!(told["Device ID"], id.device_id.to_string());
    assert_eq!(told["Device Revision"], id.device_revision.to_string());
    assert_eq!(told["Firmware Revision"], id.firmware.to_string());
    assert_eq!(told["IPMI Version"], format!("{}.{}", id.ipmi_version.0, id.ipmi_version.1));
    assert_eq!(told["Manufacturer ID"], id.manufacturer_id.to_string());
    assert!(told["Product ID"].starts_with(&id.product_id.to_string()));
    assert_eq!(text.contains("SEL Device"), id.support.sel());
    assert_eq!(text.contains("SDR Repository Device"), id.support.sdr_repository());

    // What changes is changed by one client and read by the other, both ways around.
    client.chassis_control(ChassisControl::PowerUp).await.unwrap();
    power_is(client, address, true).await;
    ipmitool(address, "chassis power off");
    power_is(client, address, false).await;
    let text = ipmitool(address, "chassis status");
    let told = table(&text);
    let status = client.chassis_status().await.unwrap();
    let pairs = [
        ("System Power", if status.power_on { "on" } else { "off" }),
        ("Power Overload", if status.power_overload { "true" } else { "false" }),
        ("Main Power Fault", if status.power_fault { "true" } else { "false" }),
        ("Power Control Fault", if status.power_control_fault { "true" } else { "false" }),
        ("Chassis Intrusion", if status.intrusion { "active" } else { "inactive" }),
        ("Drive Fault", if status.drive_fault { "true" } else { "false" }),
        ("Cooling/Fan Fault", if status.cooling_fault { "true" } else { "false" }),
    ];
    for (name, value) in pairs {
        assert_eq!(told[name], value, "{name}");
    }
    client.set_boot_device(BootDevice::Pxe, false, false).await.unwrap();
    assert!(ipmitool(address, "chassis bootparam get 5").contains("Force PXE"));
    ipmitool(address, "chassis bootdev disk");
    assert_eq!(client.boot_flags().await.unwrap().device, BootDevice::Disk);
}

async fn power_is(client: &Client, address: SocketAddr, on: bool) {
    // A change lands about a second later.
    for _ in 0..40 {
        if client.chassis_status().await.unwrap().power_on == on {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = ipmitool(address, "chassis power status");
    assert!(told.contains(if on { "is on" } else { "is off" }), "{told}");
    assert_eq!(client.chassis_status().await.unwrap().power_on, on);
}

async fn sensors(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "sensor");
    let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let sensors = client.sensors().await.unwrap().complete().unwrap();
    assert_eq!(rows.len(), sensors.len());
    let readings: Vec<_> = client.read_sensors(sensors).collect().await;
    for ((sensor, measurement), row) in readings.into_iter().zip(rows) {
        let measurement = measurement.unwrap();
        // Its names of four letters are encoded in a way that this version of ipmitool doesn't read.
        assert!(sensor.name == row[0] || sensor.name.len() == 4, "{} {row:?}", sensor.name);
        if let Some(value) = measurement.value {
            assert_eq!(format!("{value:.3}"), row[1], "{}", sensor.name);
            assert_eq!(sensor.unit.to_string(), row[2]);
            assert_eq!(measurement.states, [row[3]]);
            thresholds(client, &sensor, &row).await;
        } else {
            assert_eq!(row[2], "discrete");
            let states = u16::from_str_radix(row[3].trim_start_matches("0x"), 16).unwrap();
            assert_eq!(measurement.reading.states, states.swap_bytes() & 0x7fff, "{}", sensor.name);
        }
    }
}

async fn thresholds(client: &Client, sensor: &Sensor, row: &[&str]) {
    use Threshold as T;
    let columns = [
        T::LowerNonRecoverable,
        T::LowerCritical,
        T::LowerNonCritical,
        T::UpperNonCritical,
        T::UpperCritical,
        T::UpperNonRecoverable,
    ];
    let thresholds = client.sensor_thresholds(sensor).await.unwrap_or_default();
    for (threshold, column) in columns.into_iter().zip(&row[4..]) {
        let value = thresholds.get(threshold).and_then(|raw| sensor.value(raw));
        let told = value.map_or("na".to_owned(), |value| format!("{value:.3}"));
        assert_eq!(told, *column, "{} {threshold:?}", sensor.name);
    }
}

async fn event_log(client: &Client, address: SocketAddr) {
    for (number, data) in [(1, [0x59, 0x75, 0x70]), (6, [0x01, 0xff, 0xff])] {
        let event = Event {
            sensor_type: SensorType(if number == 1 { 1 } else { 8 }),
            event_type: EventType(if number == 1 { 0x01 } else { 0x6f }),
            asserted: true,
            data,
        };
        let generator = Generator { id: 0x20, lun: 0, channel: 0 };
        let time = Timestamp(0);
        let body = EntryBody::Event { time, generator, sensor: number, revision: 4, event };
        client.send(&AddSelEntry(Entry { id: 0, record_type: 2, body })).await.unwrap();
    }
    let text = ipmitool(address, "sel elist");
    let entries: Vec<Entry> = client.sel().try_collect().await.unwrap();
    assert!(!entries.is_empty());
    assert_eq!(text.lines().count(), entries.len());
    for (entry, line) in entries.iter().zip(text.lines()) {
        let id = line.split('|').next().unwrap().trim();
        assert_eq!(u16::from_str_radix(id, 16), Ok(entry.id), "{line}");
        let words = entry.to_string().to_lowercase();
        let state = line.split('|').nth(4).unwrap().trim().to_lowercase();
        assert!(words.contains(&state), "{words} for {line}");
    }
    let info = client.sel_info().await.unwrap();
    assert_eq!(table(&ipmitool(address, "sel info"))["Entries"], info.entries.to_string());
    client.sel_clear().await.unwrap();
    assert_eq!(table(&ipmitool(address, "sel info"))["Entries"], "0");
    assert!(client.sel().try_collect::<Vec<_>>().await.unwrap().is_empty());
}

async fn inventory(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "fru print 0");
    let told = table(&text);
    let fru = client.fru(0).await.unwrap();
    assert_eq!(fru.defects, []);
    let (chassis, board, product) = (fru.chassis.unwrap(), fru.board.unwrap(), fru.product.unwrap());
    for (name, value) in [
        ("Chassis Part Number", chassis.part_number),
        ("Chassis Serial", chassis.serial_number),
        ("Chassis Extra", chassis.custom.into_iter().next().unwrap()),
        ("Board Mfg", board.manufacturer.clone()),
        ("Board Product", board.product_name.clone()),
        ("Board Serial", board.serial_number.clone()),
        ("Board Part Number", board.part_number.clone()),
        ("Product Manufacturer", product.manufacturer),
        ("Product Name", product.product_name),
        ("Product Part Number", product.part_number),
        ("Product Version", product.version),
        ("Product Serial", product.serial_number),
        ("Product Asset Tag", product.asset_tag),
    ] {
        assert_eq!(told[name], value.to_string(), "{name}");
    }
}

async fn users(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "user list 1");
    let users = client.users().await.unwrap().complete().unwrap();
    assert_eq!(text.lines().skip(1).count(), users.len());
    for (line, user) in text.lines().skip(1).zip(users) {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[0], user.id.to_string());
        assert!(user.name.is_empty() || words[1] == user.name, "{line}");
        if let Some(privilege) = user.access.privilege {
            assert!(line.contains(&format!("{privilege:?}").to_uppercase()), "{line} {privilege:?}");
        }
    }
}

async fn lan(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "lan print 1");
    let told = table(&text);
    let lan = client.lan_configuration(PRESENT_CHANNEL).await.unwrap();
    assert_eq!(told["IP Address"], lan.address.unwrap().to_string());
    assert_eq!(told["Subnet Mask"], lan.subnet_mask.unwrap().to_string());
    assert_eq!(told["Default Gateway IP"], lan.gateway.unwrap().to_string());
    assert_eq!(told["SNMP Community String"], lan.community.unwrap());
    let mac: Vec<String> = lan.mac.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(told["MAC Address"], mac.join(":"));
    let is_static = told["IP Address Source"] == "Static Address";
    assert_eq!(is_static, lan.source == Some(AddressSource::Static));
    assert_eq!(told["802.1q VLAN ID"] == "Disabled", lan.vlan == Some(None));
    let suites: Vec<String> = lan.cipher_suites.iter().map(u8::to_string).collect();
    assert_eq!(told["RMCP+ Cipher Suites"], suites.join(","));
    let text = ipmitool(address, "channel info 1");
    assert_eq!(table(&text)["Channel Medium Type"], client.channel_info(1).await.unwrap().medium_name());
}

/// A user is added by us and seen by ipmitool, and gone again.
async fn changed_users(client: &Client, address: SocketAddr) {
    let id = client.add_user("fresh", "secret".into(), Privilege::Operator).await.unwrap();
    let line = |text: &str| {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(&id.to_string())).map(str::to_owned);
        line.unwrap_or_else(|| panic!("no user {id}: {text}"))
    };
    let told = line(&ipmitool(address, "user list 1"));
    assert!(told.contains("fresh") && told.contains("OPERATOR"), "{told}");
    let fresh = builder(address).credentials("fresh", "secret").privilege(Privilege::Operator).connect().await.unwrap();
    fresh.close().await;
    client.set_user_privilege(id, Some(Privilege::User)).await.unwrap();
    assert!(line(&ipmitool(address, "user list 1")).contains("USER"));
    client.remove_user(id).await.unwrap();
    assert!(!line(&ipmitool(address, "user list 1")).contains("fresh"));
    let refused = builder(address).credentials("fresh", "secret").privilege(Privilege::User).connect().await;
    assert!(refused.unwrap_err().is_auth());
}

/// What is set by one is read by the other, both ways around; and the rest of `lan print`.
async fn changed_lan(client: &Client, address: SocketAddr) {
    let before = client.lan_configuration(1).await.unwrap();
    let other = Ipv4Addr::new(127, 0, 0, 253);
    client.set_lan_configuration(1, &[LanParameter::Gateway(other)]).await.unwrap();
    assert_eq!(table(&ipmitool(address, "lan print 1"))["Default Gateway IP"], other.to_string());
    ipmitool(address, &format!("lan set 1 defgw ipaddr {}", before.gateway.unwrap()));
    let lan = client.lan_configuration(1).await.unwrap();
    assert_eq!(lan, before);

    let text = ipmitool(address, "lan print 1");
    let told = table(&text);
    let mac = |mac: Option<[u8; 6]>| mac.unwrap().map(|byte| format!("{byte:02x}")).join(":");
    let [ttl, flags, service] = lan.ip_header.unwrap();
    let header = [("TTL", ttl), ("Flags", flags & 0xe0), ("Precedence", service & 0xe0), ("TOS", service & 0x1e)];
    let levels = lan.cipher_privileges.iter().map(|level| ["X", "c", "u", "o", "a", "O"][usize::from(*level)]);
    for (name, value) in [
        ("Default Gateway MAC", mac(lan.gateway_mac)),
        ("Backup Gateway IP", lan.backup_gateway.unwrap().to_string()),
        ("Backup Gateway MAC", mac(lan.backup_gateway_mac)),
        ("802.1q VLAN Priority", lan.vlan_priority.unwrap().to_string()),
        ("IP Header", header.map(|(name, value)| format!("{name}={value:#04x}")).join(" ")),
        ("Cipher Suite Priv Max", levels.collect()),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
}

async fn session_and_channel(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "session info active");
    let told = table(&text);
    let info = client.send(&GetSessionInfo::This).await.unwrap();
    let details = info.details.unwrap();
    assert_eq!(told["slot count"], info.possible.to_string());
    assert_eq!(told["user id"], details.user_id.to_string());
    assert_eq!((told["privilege level"], details.privilege), ("ADMINISTRATOR", Privilege::Administrator as u8));
    assert_eq!(told["session type"] == "IPMIv2/RMCP+", details.ipmi_2_0);
    assert_eq!(told["channel number"], format!("{:#04x}", details.channel));

    let text = ipmitool(address, "channel info 1");
    let told = table(&text);
    let (channel, access) = (client.channel_info(1).await.unwrap(), client.channel_access(1).await.unwrap());
    assert_eq!(told["Protocol Vendor ID"], channel.vendor.to_string());
    assert_eq!(told["Session Support"] == "multi-session", channel.session_support == 2);
    let disabled = |name: &str| told[name] == "disabled";
    assert_eq!(disabled("Alerting"), access.alerting_disabled);
    assert_eq!(disabled("Per-message Auth"), access.per_message_disabled);
    assert_eq!(disabled("User Level Auth"), access.user_level_disabled);
    assert_eq!(told["Access Mode"] == "always available", access.mode == 2);

    let text = ipmitool(address, "channel getaccess 1 2");
    let told = table(&text);
    let user = client.user_named("admin").await.unwrap().unwrap();
    assert_eq!(told["User ID"], user.id.to_string());
    assert_eq!(told["User Name"], user.name);
    assert_eq!(told["Maximum User IDs"], user.access.most_users.to_string());
    assert_eq!(told["Enabled User IDs"], user.access.enabled_users.to_string());
    assert_eq!(told["Link Authentication"] == "enabled", user.access.link_authentication);
    assert_eq!(told["IPMI Messaging"] == "enabled", user.access.ipmi_messaging);
    assert_eq!(table(&ipmitool(address, "user summary 1"))["Fixed Name Count"], user.access.fixed_names.to_string());
}

async fn timers_and_stores(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "mc guid");
    assert_eq!(table(&text)["System GUID"], client.system_guid().await.unwrap().to_ipmi_text());
    let text = ipmitool(address, "sdr info");
    let told = table(&text);
    let repository = client.sdr_repository_info().await.unwrap();
    assert_eq!(told["SDR Version"], format!("{:#04x}", repository.version));
    assert_eq!(told["Record Count"], repository.records.to_string());
    let text = ipmitool(address, "sel info");
    let told = table(&text);
    let log = client.sel_info().await.unwrap();
    assert_eq!(told["Free Space"], format!("{} bytes", log.free));
    assert_eq!(told["Overflow"], log.overflow.to_string());
    assert_eq!(told["Supported Cmds"].contains("Delete"), log.supports_delete);
    assert_eq!(told["Supported Cmds"].contains("Reserve"), log.supports_reserve);
    // The log's clock counts from the simulator's start, or shows the date. It continues between the two questions.
    let told = ipmitool(address, "sel time get");
    let time = client.sel_time().await.unwrap();
    assert_eq!(told.starts_with("S+"), time.since_start().is_some(), "{told}");
    if let Some(since) = time.since_start() {
        let parts = told.trim().trim_start_matches("S+").trim().split(':').map(|part| part.parse::<u64>().unwrap());
        let seconds = parts.fold(0, |sum, part| sum * 60 + part);
        assert!((seconds..seconds + 10).contains(&since.as_secs()), "{told} is not {since:?}");
    }
    let text = ipmitool(address, "mc watchdog get");
    let told = table(&text);
    let timer = client.send(&GetWatchdogTimer).await.unwrap();
    assert_eq!(told["Watchdog Timer Is"].starts_with("Started"), timer.running);
    assert_eq!(told["Watchdog Timer Logging"] == "Off", timer.do_not_log);
    assert_eq!(told["Initial Countdown"], format!("{:.1} sec", timer.initial.as_secs_f64()));
    assert_eq!(told["Pre-timeout interval"], format!("{} seconds", timer.pre_timeout));
    let text = ipmitool_says(address, "sol info 1");
    let told = table(&text);
    let sol = client.sol_configuration(1).await.unwrap();
    assert_eq!(Some(told["Enabled"] == "true"), sol.enabled);
    assert_eq!(text.contains("'Authentication (2)' not supported"), sol.authentication.is_none());
    assert_eq!(text.contains("'Retry (4)' not supported"), sol.retry.is_none());
}

/// Both are refused the same.
async fn what_it_lacks(client: &Client, address: SocketAddr) {
    let lacks = |error: rosefish::ipmi::Error| error.completion_code() == Some(CompletionCode::InvalidCommand);
    let cases = [
        ("mc selftest", lacks(client.self_test().await.unwrap_err())),
        ("chassis restart_cause", lacks(client.restart_cause().await.unwrap_err())),
        ("chassis poh", lacks(client.power_on_hours().await.unwrap_err())),
        ("dcmi power reading", lacks(client.power_reading().await.unwrap_err())),
    ];
    for (command, lacks) in cases {
        assert!(lacks, "{command}");
        let refused = ipmitool_says(address, command);
        assert!(refused.contains("Invalid command"), "{command}: {refused}");
    }
}

async fn satellite(client: &Client, address: SocketAddr) {
    let text = ipmitool(address, "-t 0x30 -b 0 mc info");
    let told = table(&text);
    let id = client.satellite(0, 0x30).device_id().await.unwrap();
    assert_eq!(told["Device ID"], id.device_id.to_string());
    assert_eq!(told["Firmware Revision"], id.firmware.to_string());
    let nobody = client.satellite(0, 0x44).device_id().await.unwrap_err();
    assert!(nobody.to_string().contains("satellite"), "{nobody}");
}

async fn console(client: &Client) {
    let mut console = client.sol().await.unwrap();
    // The simulator takes the first packet for a repetition when the last console ended on the same number.
    for line in ["perhaps lost\n", "hello there\n"] {
        console.write_all(line.as_bytes()).await.unwrap();
        console.flush().await.unwrap();
    }
    let mut seen = String::new();
    let mut buffer = [0; 256];
    while !seen.contains("HELLO THERE") {
        let read = tokio::time::timeout(Duration::from_secs(5), console.read(&mut buffer)).await;
        let count = read.unwrap_or_else(|_| panic!("no echo: {seen:?}")).unwrap();
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
}

#[tokio::test]
#[ignore = "needs ipmi_sim and ipmitool"]
async fn ipmi_sim_takes_every_suite_and_version_that_it_has() {
    let address = peer("ROSEFISH_IPMI_SIM");
    for id in [3, 2, 1, 6] {
        let suite = CipherSuite::from_id(id).unwrap();
        let client = builder(address).danger_unprotected_cipher_suite(suite).connect().await.unwrap();
        assert!(client.chassis_status().await.is_ok(), "suite {id}");
        client.close().await;
    }
    for auth_type in [AuthType::None, AuthType::Md5, AuthType::Straight] {
        let client = builder(address).danger_ipmi_1_5(auth_type).connect().await.unwrap();
        assert!(client.chassis_status().await.is_ok(), "{auth_type:?}");
        client.close().await;
    }
    let refused = builder(address).cipher_suite(CipherSuite::SHA256_AES).connect().await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::SessionRefused(_)), "{refused}");
    assert!(builder(address).credentials("admin", "wrong").connect().await.unwrap_err().is_auth());
    assert!(builder(address).credentials("nobody", "x").connect().await.unwrap_err().is_auth());
}

#[tokio::test]
#[ignore = "needs fakebmc and ipmitool"]
async fn fakebmc_is_refused_when_it_answers_another_suite_than_was_asked_for() {
    let address = peer("ROSEFISH_FAKEBMC");
    let refused = builder(address).cipher_suite(CipherSuite::SHA256_AES).connect().await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Untrusted, "{refused}");

    let client = builder(address).cipher_suite(CipherSuite::SHA1_AES).connect().await.unwrap();
    let on = |text: String| text.contains("is on");
    for control in [ChassisControl::PowerUp, ChassisControl::PowerDown] {
        client.chassis_control(control).await.unwrap();
        let status = client.chassis_status().await.unwrap();
        assert_eq!(status.power_on, control == ChassisControl::PowerUp);
        assert_eq!(status.power_on, on(ipmitool(address, "chassis power status")));
    }
    let refused = client.chassis_control(ChassisControl::PowerCycle).await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::Refused(_)), "a refusal isn't a success: {refused}");
    client.set_boot_device(BootDevice::Pxe, false, false).await.unwrap();
    assert_eq!(client.boot_flags().await.unwrap().device, BootDevice::Pxe);
    assert!(ipmitool(address, "chassis bootparam get 5").contains("Force PXE"));
    let id = client.device_id().await.unwrap();
    let text = ipmitool(address, "mc info");
    let told = table(&text);
    assert_eq!(told["Device ID"], id.device_id.to_string());
    assert_eq!(told["Firmware Revision"], id.firmware.to_string());
    assert_eq!(told["Manufacturer ID"], id.manufacturer_id.to_string());
    // It has its GUID in the order of SMBIOS, as ipmitool notices with a warning.
    let guid = client.system_guid().await.unwrap().to_smbios_text();
    assert_eq!(table(&ipmitool(address, "mc guid"))["System GUID"], guid);
    let text = ipmitool(address, "chassis status");
    let (told, status) = (table(&text), client.chassis_status().await.unwrap());
    assert_eq!((told["Power Restore Policy"], status.restore_policy), ("always-off", PowerRestorePolicy::AlwaysOff));
    assert_eq!(told["Front-Panel Lockout"] == "active", status.front_panel_lockout);
    for (command, error) in [
        ("sel info", client.sel_info().await.unwrap_err()),
        ("sdr info", client.sdr_repository_info().await.unwrap_err()),
        ("chassis restart_cause", client.restart_cause().await.unwrap_err()),
    ] {
        assert_eq!(error.completion_code(), Some(CompletionCode::InvalidCommand), "{command}");
        assert!(ipmitool_says(address, command).contains("Invalid command"), "{command}");
    }
    client.close().await;
}
