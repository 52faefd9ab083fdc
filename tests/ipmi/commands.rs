//! Commands and conversations, held against what the mock's machine is.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use rosefish::ipmi::command::boot::BootDevice;
use rosefish::ipmi::command::chassis::{
    ChassisControl, ChassisIdentify, GetChassisCapabilities, PowerRestorePolicy, SetPowerRestorePolicy,
};
use rosefish::ipmi::command::dcmi::{DcmiText, LimitAction, PowerLimit};
use rosefish::ipmi::command::device::SystemInfo;
use rosefish::ipmi::command::lan::LanParameter;
use rosefish::ipmi::command::sel::AddSelEntry;
use rosefish::ipmi::command::sensor::Hysteresis;
use rosefish::ipmi::command::session::{GetSessionInfo, PRESENT_CHANNEL};
use rosefish::ipmi::command::watchdog::{
    GetWatchdogTimer, ResetWatchdogTimer, SetWatchdogTimer, TimeoutAction, TimerUse,
};
use rosefish::ipmi::record::sdr::{Body, Record};
use rosefish::ipmi::record::sel::{Entry, EntryBody, Timestamp};
use rosefish::ipmi::record::sensor::Threshold;
use rosefish::ipmi::{CoolingIsMyConcern, ErrorKind, Privilege};
use rosefish_mock::ipmi::{Act, BridgeReply, MockIpmi, Rule};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{builder, connect, eventually, start};

#[tokio::test]
async fn the_bmc_says_what_it_is() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let id = client.device_id().await.unwrap();
    assert!(id.support.sdr_repository() && id.support.sel() && id.available);
    assert!(client.self_test().await.is_ok());
    assert_eq!(client.system_guid().await.unwrap().0, client.session_guid().unwrap());
    let info = client.send(&GetSessionInfo::This).await.unwrap().details.unwrap();
    assert_eq!((info.user_id, info.privilege), (2, 4));
    assert!(client.send(&GetChassisCapabilities).await.is_ok());
    match client.system_info(SystemInfo::FirmwareVersion).await {
        Ok(version) => assert!(version.is_none_or(|version| !version.contains('\0'))),
        Err(error) => panic!("{error}"),
    }
    assert_eq!(client.firmware().await.unwrap().controller, id.firmware);
}

#[tokio::test]
async fn power_boot_and_identification_reach_the_machine() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    client.chassis_control(ChassisControl::PowerDown).await.unwrap();
    for _ in 0..100 {
        if !client.chassis_status().await.unwrap().power_on {
            break;
        }
        bmc.machine().lock().advance(Duration::from_secs(1));
    }
    assert!(!client.chassis_status().await.unwrap().power_on);
    assert!(client.restart_cause().await.is_ok() && client.power_on_hours().await.is_ok());
    client.chassis_identify(ChassisIdentify::For(Duration::from_secs(30))).await.unwrap();
    client.send(&SetPowerRestorePolicy(PowerRestorePolicy::Previous)).await.unwrap();
    assert_eq!(client.chassis_status().await.unwrap().restore_policy, PowerRestorePolicy::Previous);

    for (device, persistent, efi) in [
        (BootDevice::Pxe, false, true),
        (BootDevice::Disk, true, false),
        (BootDevice::Cd, false, false),
        (BootDevice::BiosSetup, false, true),
        (BootDevice::None, false, false),
    ] {
        client.set_boot_device(device, persistent, efi).await.unwrap();
        let flags = client.boot_flags().await.unwrap();
        assert_eq!((flags.valid, flags.device, flags.persistent, flags.efi), (true, device, persistent, efi));
    }
    // The BMC was instructed not to clear the flags by itself.
    bmc.machine().lock().advance(Duration::from_secs(120));
    assert!(client.boot_flags().await.unwrap().valid);
}

#[tokio::test]
async fn boot_flags_are_set_on_a_bmc_that_has_nothing_but_them() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    // Set in progress, valid bit clearing and acknowledgement are refused.
    for _ in 0..3 {
        bmc.rule(Rule::once(0x00, 0x08, Act::Refuse(0x80)));
    }
    client.set_boot_device(BootDevice::Pxe, false, false).await.unwrap();
    assert_eq!(client.boot_flags().await.unwrap().device, BootDevice::Pxe);
}

#[tokio::test]
async fn sensors_read_what_the_machine_has() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let sensors = client.sensors().await.unwrap().complete().unwrap();
    assert!(sensors.len() > 25);
    let readings: Vec<_> = client.read_sensors(sensors).collect().await;
    let mut compared = 0;
    for (sensor, measurement) in readings {
        if sensor.masks.is_none() {
            continue; // event-only
        }
        let measurement = measurement.unwrap_or_else(|error| panic!("{}: {error}", sensor.name));
        let machine = bmc.machine().lock();
        let Some(expected) = machine.sensor(&sensor.name).and_then(|sensor| sensor.value()) else {
            continue;
        };
        if !measurement.reading.is_available() {
            assert_eq!(measurement.value, None);
            continue;
        }
        let value = measurement.value.unwrap_or_else(|| panic!("{} has no value: {measurement:?}", sensor.name));
        assert!((value - expected).abs() <= expected.abs() * 1e-9, "{}: {value} for {expected}", sensor.name);
        compared += 1;
    }
    assert!(compared > 15, "{compared}");
}

#[tokio::test]
async fn records_are_read_in_parts_from_a_bmc_that_gives_little_at_a_time() {
    let generous = start().await;
    let whole: Vec<Record> = connect(&generous).await.sdr().try_collect().await.unwrap();
    for most in [8, 16, 40] {
        let bmc = MockIpmi::builder().max_read(most).start().await.unwrap();
        let client = connect(&bmc).await;
        let records: Vec<Record> = client.sdr().try_collect().await.unwrap();
        assert_eq!(records, whole, "{most} bytes at a time");
        assert_eq!(client.fru(0).await.unwrap(), connect(&generous).await.fru(0).await.unwrap());
    }
    assert!(whole.iter().all(|record| !matches!(record.body, Body::Unknown(_))), "{whole:?}");
}

#[tokio::test]
async fn a_reservation_that_is_lost_on_the_way_is_taken_again() {
    let bmc = MockIpmi::builder().max_read(16).start().await.unwrap();
    let client = connect(&bmc).await;
    let whole: Vec<Record> = client.sdr().try_collect().await.unwrap();
    for _ in 0..3 {
        bmc.rule(Rule { times: 1, ..Rule::once(0x0a, 0x23, Act::Refuse(0xc5)) });
    }
    let again: Vec<Record> = client.sdr().try_collect().await.unwrap();
    assert_eq!(again, whole);
}

#[tokio::test]
async fn thresholds_and_hysteresis_are_set_as_values() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let sensors = client.sensors().await.unwrap().complete().unwrap();
    let mut set = 0;
    for sensor in sensors.iter().filter(|sensor| sensor.is_analog()) {
        let Ok(thresholds) = client.sensor_thresholds(sensor).await else {
            continue;
        };
        let upper = Threshold::UpperCritical;
        let Some(before) = thresholds.get(upper).and_then(|raw| sensor.value(raw)) else {
            continue;
        };
        if !sensor.masks.is_some_and(|masks| masks.is_settable(upper)) {
            continue;
        }
        client.set_sensor_threshold(sensor, upper, before).await.unwrap();
        let after = client.sensor_thresholds(sensor).await.unwrap();
        assert_eq!(after, thresholds, "{}", sensor.name);
        set += 1;
    }
    assert!(set > 0);
    let sensor = sensors.iter().find(|sensor| sensor.is_analog()).unwrap();
    let hysteresis = Hysteresis { positive: 3, negative: 2 };
    if client.set_sensor_hysteresis(sensor, hysteresis).await.is_ok() {
        assert_eq!(client.sensor_hysteresis(sensor).await.unwrap(), hysteresis);
    }
    let error = client.set_sensor_threshold(sensor, Threshold::UpperCritical, 1e9).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn the_event_log_is_walked_dated_and_cleared() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let before = client.sel_info().await.unwrap().entries;
    let oem = |record_type, body| AddSelEntry(Entry { id: 0, record_type, body });
    let added = oem(0xc1, EntryBody::OemTimestamped { time: Timestamp(0), manufacturer: 7, data: [1; 6] });
    client.send(&added).await.unwrap();
    client.send(&oem(0xe1, EntryBody::Oem { data: [2; 13] })).await.unwrap();
    let entries: Vec<Entry> = client.sel().try_collect().await.unwrap();
    assert_eq!(entries.len(), usize::from(before) + 2);
    assert!(matches!(entries.last().unwrap().body, EntryBody::Oem { data } if data == [2; 13]));
    let events = entries.iter().filter(|entry| matches!(entry.body, EntryBody::Event { .. }));
    assert!(events.clone().count() > 0);
    for event in events {
        assert!(!event.to_string().contains("state "), "{event}");
    }
    client.sel_delete(entries[0].id).await.unwrap();
    let fewer: Vec<Entry> = client.sel().try_collect().await.unwrap();
    assert_eq!(fewer, entries[1..]);
    let rest: Vec<Entry> = client.sel_from(entries[2].id).try_collect().await.unwrap();
    assert_eq!(rest, entries[2..]);
    client.set_sel_time(Timestamp(1_700_000_000)).await.unwrap();
    assert!((1_700_000_000..1_700_000_010).contains(&client.sel_time().await.unwrap().0));
    client.sel_clear().await.unwrap();
    let left: Vec<Entry> = client.sel().try_collect().await.unwrap();
    // Some BMCs log that the log was cleared.
    assert!(left.len() <= 1, "{left:?}");
}

#[tokio::test]
async fn inventories_are_read_area_by_area() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let locators: Vec<Record> = client.sdr().try_collect().await.unwrap();
    let devices = locators.iter().filter_map(|record| match &record.body {
        Body::FruDevice(fru) if fru.logical => Some(fru.device),
        _ => None,
    });
    let mut devices: Vec<u8> = devices.chain([0]).collect();
    devices.sort_unstable();
    devices.dedup();
    for device in devices {
        let inventory = client.fru(device).await.unwrap();
        assert_eq!(inventory.defects, [], "device {device}");
        assert!(inventory.product.is_some() || inventory.board.is_some());
        let bytes = client.fru_bytes(device).await.unwrap();
        assert_eq!(bytes, bmc.machine().lock().fru[&device], "device {device}");
    }
}

#[tokio::test]
async fn users_are_made_and_changed() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    client.set_user_name(4, "fresh").await.unwrap();
    client.set_user_password(4, "a long password 18".into()).await.unwrap();
    client.set_user_privilege(4, Some(Privilege::Operator)).await.unwrap();
    client.enable_user(4, true).await.unwrap();
    assert!(client.test_user_password(4, "a long password 18".into()).await.unwrap());
    assert!(!client.test_user_password(4, "another".into()).await.unwrap());
    let users = client.users().await.unwrap().complete().unwrap();
    let fresh = users.iter().find(|user| user.id == 4).unwrap();
    assert_eq!((fresh.name.as_str(), fresh.access.privilege), ("fresh", Some(Privilege::Operator)));
    assert_ne!(fresh.access.enabled, Some(false));
    assert_eq!(client.set_user_name(4, "a name that is too long").await.unwrap_err().kind(), ErrorKind::Invalid);
    let info = client.channel_info(PRESENT_CHANNEL).await.unwrap();
    assert!(info.is_lan());
    assert!(client.channels().await.unwrap().items.iter().any(|channel| channel.channel == info.channel));
    assert!(client.channel_access(PRESENT_CHANNEL).await.is_ok());
}

#[tokio::test]
async fn an_added_user_can_log_in_until_removed() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let id = client.add_user("fresh", "secret".into(), Privilege::Operator).await.unwrap();
    assert_eq!(client.user_named("fresh").await.unwrap().unwrap().id, id);
    let as_fresh = || builder(&bmc).credentials("fresh", "secret").privilege(Privilege::Operator).connect();
    let fresh = as_fresh().await.unwrap();
    assert!(fresh.chassis_status().await.is_ok());
    fresh.close().await;
    let taken = client.add_user("fresh", "another".into(), Privilege::User).await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Invalid, "{taken}");

    client.remove_user(id).await.unwrap();
    assert_eq!(client.user_named("fresh").await.unwrap(), None);
    assert!(as_fresh().await.unwrap_err().is_auth());
    assert_eq!(client.add_user("next", "secret".into(), Privilege::User).await.unwrap(), id, "the place is free again");
}

#[tokio::test]
async fn a_user_whose_password_is_refused_leaves_nothing_behind() {
    const TOO_SIMPLE: u8 = 0xcc;
    let bmc = start().await;
    let client = connect(&bmc).await;
    bmc.rule(Rule::once(0x06, 0x47, Act::Refuse(TOO_SIMPLE)));
    let refused = client.add_user("fresh", "1234".into(), Privilege::Operator).await.unwrap_err();
    assert_eq!(refused.completion_code().map(|code| code.number()), Some(TOO_SIMPLE), "{refused}");
    assert_eq!(client.user_named("fresh").await.unwrap(), None);
}

#[tokio::test]
async fn the_lan_configuration_is_read_and_written() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let before = client.lan_configuration(PRESENT_CHANNEL).await.unwrap();
    assert!(before.address.is_some() && before.mac.is_some() && before.cipher_suites.contains(&17), "{before:?}");
    let channel = client.channel_info(PRESENT_CHANNEL).await.unwrap().channel;
    let gateway = Ipv4Addr::new(10, 9, 8, 7);
    let wanted = [LanParameter::Gateway(gateway), LanParameter::Vlan(Some(42))];
    client.set_lan_configuration(channel, &wanted).await.unwrap();
    let after = client.lan_configuration(channel).await.unwrap();
    assert_eq!((after.gateway, after.vlan), (Some(gateway), Some(Some(42))));
}

#[tokio::test]
async fn a_lan_parameter_that_is_refused_takes_the_others_with_it() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let before = client.lan_configuration(PRESENT_CHANNEL).await.unwrap();
    let wanted = [LanParameter::Gateway(Ipv4Addr::new(10, 9, 8, 7)), LanParameter::VlanPriority(3)];
    // "Set in progress" and the gateway are carried out, and what comes next is refused.
    bmc.rule(Rule { times: 2, ..Rule::once(0x0c, 0x01, Act::ExecuteAndSay(0)) });
    bmc.rule(Rule::once(0x0c, 0x01, Act::Refuse(0x82)));
    let refused = client.set_lan_configuration(PRESENT_CHANNEL, &wanted).await.unwrap_err();
    assert!(refused.to_string().contains("can't be written"), "{refused}");
    assert_eq!(client.lan_configuration(PRESENT_CHANNEL).await.unwrap(), before, "the BMC has rolled back");
}

#[tokio::test]
async fn a_console_carries_bytes_both_ways_over_a_bad_network() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    bmc.set_faults(rosefish_mock::ipmi::Faults {
        seed: 11,
        drop: 0.15,
        duplicate: 0.15,
        sol_nack: 0.1,
        ..Default::default()
    });
    let mut console = client.sol().await.unwrap();
    let text: String = (0..40).map(|line| format!("line {line} of what is typed\n")).collect();
    console.write_all(text.as_bytes()).await.unwrap();
    console.flush().await.unwrap();
    assert_eq!(String::from_utf8_lossy(bmc.machine().lock().console.received()), text);
    bmc.machine().lock().console.print("a mark at the end of the output");
    let mut seen = String::new();
    let mut buffer = [0; 100];
    while !seen.ends_with("a mark at the end of the output") {
        let read = tokio::time::timeout(Duration::from_secs(5), console.read(&mut buffer)).await;
        let count = read.unwrap_or_else(|_| panic!("nothing more after {seen:?}")).unwrap();
        seen.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    console.send_break();
    assert!(eventually(|| bmc.machine().lock().console.breaks() == 1).await);
    bmc.set_faults(rosefish_mock::ipmi::Faults::default());
    let taken = client.sol().await.unwrap_err();
    assert_eq!(taken.completion_code().map(|code| code.number()), Some(0x80), "{taken}");
    drop(console);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let again = client.sol().await.unwrap();
    drop(again);
    drop(client);
    assert!(eventually(|| bmc.sessions() == 0).await, "the console kept the session, and then nothing did");
}

#[tokio::test]
async fn a_console_ends_when_another_session_takes_it() {
    let bmc = start().await;
    let (first, second) = (connect(&bmc).await, connect(&bmc).await);
    let mut losing = first.sol().await.unwrap();
    let _winning = second.take_over_sol().await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(3), losing.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "it was told nothing");
    assert!(second.sol_configuration(PRESENT_CHANNEL).await.unwrap().enabled.is_some());
}

#[tokio::test]
async fn a_satellite_controller_is_reached_in_both_ways_that_bmcs_answer() {
    for style in [BridgeReply::Separate, BridgeReply::Embedded] {
        let bmc = MockIpmi::builder().bridge_reply(style).start().await.unwrap();
        let client = connect(&bmc).await;
        let records: Vec<Record> = client.sdr().try_collect().await.unwrap();
        let controllers: Vec<_> = records
            .iter()
            .filter_map(|record| match &record.body {
                Body::ManagementController(found) if found.address != 0x20 => Some((found.channel, found.address)),
                _ => None,
            })
            .collect();
        assert!(!controllers.is_empty());
        for (channel, address) in controllers {
            let satellite = client.satellite(channel, address);
            assert!(satellite.device_id().await.is_ok(), "{address:#04x}, {style:?}");
        }
        let nobody = client.satellite(0, 0x7e).device_id().await.unwrap_err();
        assert!(nobody.to_string().contains("satellite") || nobody.is_timeout(), "{nobody}");
        assert!(client.device_id().await.is_ok());
    }
}

#[tokio::test]
async fn dcmi_tells_power_and_keeps_names() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let reading = client.power_reading().await.unwrap();
    assert!(reading.minimum <= reading.average && reading.average <= reading.maximum, "{reading:?}");
    assert_eq!(client.power_limit().await.unwrap(), None);
    let limit = PowerLimit {
        action: LimitAction::Log,
        watts: 450,
        correction: Duration::from_secs(6),
        sampling: Duration::from_secs(30),
    };
    client.set_power_limit(Some(limit)).await.unwrap();
    assert_eq!(client.power_limit().await.unwrap(), Some(limit));
    client.set_power_limit(None).await.unwrap();
    assert_eq!(client.power_limit().await.unwrap(), None);
    let tag = "an asset tag that is longer than one part";
    client.set_dcmi_text(DcmiText::AssetTag, tag).await.unwrap();
    assert_eq!(client.asset_tag().await.unwrap(), tag);
    client.set_dcmi_text(DcmiText::ControllerName, "bmc-07.example").await.unwrap();
    assert_eq!(client.controller_name().await.unwrap(), "bmc-07.example");
}

#[tokio::test]
async fn the_watchdog_is_set_and_started() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let timer = SetWatchdogTimer {
        do_not_log: false,
        keep_running: false,
        timer_use: TimerUse::OsLoad,
        action: TimeoutAction::None,
        pre_timeout_interrupt: 0,
        pre_timeout: 0,
        clear_expired: 0x3e,
        countdown: Duration::from_secs(90),
    };
    client.send(&timer).await.unwrap();
    client.send(&ResetWatchdogTimer).await.unwrap();
    let running = client.send(&GetWatchdogTimer).await.unwrap();
    assert!(running.running && running.initial == Duration::from_secs(90));
}

#[tokio::test]
async fn fans_are_taken_over_on_machines_of_the_right_vendor_alone() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    for refused in [
        client.dell_fans(CoolingIsMyConcern).await.unwrap_err(),
        client.supermicro_fans(CoolingIsMyConcern).await.unwrap_err(),
        client.inspur_fans(CoolingIsMyConcern).await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Unsupported);
        assert!(refused.to_string().contains("nothing was sent"), "{refused}");
    }
    // As a Dell.
    let id = vec![0x20, 1, 2, 0x10, 2, 0xbf, 0xa2, 0x02, 0, 0, 1];
    bmc.rule(Rule::once(0x06, 0x01, Act::Reply(0, id)));
    bmc.rule(Rule::always(0x30, 0x30, Act::Reply(0, Vec::new())));
    let fans = client.dell_fans(CoolingIsMyConcern).await.unwrap();
    fans.set_speed(None, 20).await.unwrap();
    fans.restore_automatic().await.unwrap();
    let sent = bmc.journal().into_iter().filter(|entry| entry.netfn == 0x30).map(|entry| entry.data);
    assert_eq!(sent.collect::<Vec<_>>(), [vec![1, 0], vec![2, 0xff, 20], vec![1, 1]]);
}

#[tokio::test]
async fn a_reset_of_the_bmc_ends_the_session_and_the_next_command_opens_another() {
    let bmc = MockIpmi::builder().reset_takes(Duration::from_millis(200)).start().await.unwrap();
    let client = builder(&bmc).timeout(Duration::from_secs(1)).connect().await.unwrap();
    match client.cold_reset().await {
        Ok(()) => {}
        Err(error) => assert!(error.may_have_acted(), "{error}"),
    }
    assert!(client.device_id().await.is_ok());
    assert_eq!(bmc.stats().sessions_opened, 2);
}

#[tokio::test]
async fn the_newest_entries_are_read_without_the_others_where_their_ids_allow_it() {
    const GET_SEL_ENTRY: (u8, u8) = (0x0a, 0x43);
    let bmc = start().await;
    let client = connect(&bmc).await;
    for number in 0..60 {
        let body = EntryBody::Oem { data: [number; 13] };
        client.send(&AddSelEntry(Entry { id: 0, record_type: 0xe1, body })).await.unwrap();
    }
    let whole: Vec<Entry> = client.sel().try_collect().await.unwrap();
    for count in [0, 1, 5, 59, 1000, usize::MAX] {
        bmc.clear_journal();
        let last = client.sel_last(count).await.unwrap();
        assert!(last.missing.is_empty());
        assert_eq!(last.items, whole[whole.len().saturating_sub(count)..], "{count}");
        let asked = bmc.executed(GET_SEL_ENTRY.0, GET_SEL_ENTRY.1);
        assert!(asked <= count.saturating_add(3) || count > 59, "{count}: {asked}");
    }
    // What was deleted is not a reason to give fewer.
    for gone in [10, 3, 2] {
        client.sel_delete(whole[whole.len() - gone].id).await.unwrap();
    }
    let whole: Vec<Entry> = client.sel().try_collect().await.unwrap();
    for count in 1..20 {
        assert_eq!(client.sel_last(count).await.unwrap().items, whole[whole.len() - count..], "{count}");
    }
}
