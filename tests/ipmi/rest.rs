//! What an operator does besides: single entries of the event log, thresholds, fields of inventories, IPv6, alerts, texts and
//! switches. Each change is read back, and a BMC that only says that it made it is not believed.

use std::net::IpAddr;

use rosefish::ipmi::command::alert::{AlertDestination, AlertKind};
use rosefish::ipmi::command::dcmi::{DcmiText, LimitAction, PowerLimit};
use rosefish::ipmi::command::device::SystemInfo;
use rosefish::ipmi::command::enables::GlobalEnable;
use rosefish::ipmi::command::event::PlatformEvent;
use rosefish::ipmi::command::lan_ipv6::{Addressing, Ipv6Parameter, Ipv6Source};
use rosefish::ipmi::command::sel::SetSelTimeUtcOffset;
use rosefish::ipmi::record::fru_edit::FruField;
use rosefish::ipmi::record::sel::{Entry, Timestamp};
use rosefish::ipmi::record::sensor::Threshold;
use rosefish::ipmi::{Client, ErrorKind, Item, PasswordTest};
use rosefish_mock::ipmi::{Act, Flaw, Item as FlawedItem, MockIpmi, Rule};

use crate::{builder, connect, start};

/// The BMC says that it did something, and does nothing.
fn pretend(bmc: &MockIpmi, net_fn: u8, command: u8, answer: &'static [u8]) {
    bmc.handle(net_fn, command, Box::new(move |_| Ok(answer.to_vec())));
}

#[track_caller]
fn is_not_in_force<T: std::fmt::Debug>(done: Result<T, rosefish::ipmi::Error>, what: &str) {
    let error = done.unwrap_err();
    assert!(error.kind() == ErrorKind::NotInForce && error.to_string().contains(what), "{what}: {error}");
}

fn ipv6(text: &str) -> std::net::Ipv6Addr {
    text.parse().unwrap()
}

#[tokio::test]
async fn single_entries_are_read_added_and_deleted() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let before = client.sel().collect_all().await.unwrap().items;
    let third = before[2].clone();
    assert_eq!(client.sel_entry(third.id).await.unwrap(), third);
    let id = client.sel_add(&third).await.unwrap();
    let added = client.sel_entry(id).await.unwrap();
    assert_eq!((added.id, &added.encode()[7..]), (id, &third.encode()[7..]));
    client.sel_delete(third.id).await.unwrap();
    let gone = client.sel_entry(third.id).await.unwrap_err();
    assert!(gone.completion_code().is_some());
    assert!(client.sel_delete(third.id).await.is_err());
    for wildcard in [0, 0xffff] {
        assert_eq!(client.sel_delete(wildcard).await.unwrap_err().kind(), ErrorKind::Invalid);
    }
    let after: Vec<Entry> = client.sel().collect_all().await.unwrap().items;
    assert_eq!(after.len(), before.len());
    let allocation = client.sel_allocation().await.unwrap().unwrap();
    assert_eq!(allocation.unit_bytes, 16);
    client.send(&SetSelTimeUtcOffset(Some(-60))).await.unwrap();
    assert_eq!(client.sel_utc_offset().await.unwrap(), Some(-60));
}

#[tokio::test]
async fn a_reservation_that_is_taken_away_is_made_once_more() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let first = client.sel().collect_all().await.unwrap().items[0].id;
    bmc.rule(Rule { times: 2, ..Rule::once(0x0a, 0x46, Act::Refuse(0xc5)) });
    client.sel_delete(first).await.unwrap();
    assert!(client.sel_entry(first).await.is_err());
}

#[tokio::test]
async fn what_a_bmc_only_says_that_it_did_is_an_error() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let sensor = client.sensors().await.unwrap().items.into_iter().find(|one| one.name == "Exhaust Temp").unwrap();
    let first = client.sel_entry(0).await.unwrap();
    pretend(&bmc, 0x0a, 0x46, &[1, 0]);
    is_not_in_force(client.sel_delete(first.id).await, "still there");
    pretend(&bmc, 0x0a, 0x44, &[0x70, 0x70]);
    is_not_in_force(client.sel_add(&first).await, "no entry 0x7070");
    pretend(&bmc, 0x0a, 0x49, &[]);
    is_not_in_force(client.set_sel_time(Timestamp(1_000_000_000)).await, "s off");
    pretend(&bmc, 0x04, 0x26, &[]);
    let asked = [(Threshold::UpperCritical, 66.0)];
    is_not_in_force(client.set_sensor_thresholds(&sensor, &asked).await, "UpperCritical of Exhaust Temp is 80");
    pretend(&bmc, 0x06, 0x58, &[]);
    is_not_in_force(client.set_system_info(SystemInfo::SystemName, "node7").await, "it is");
    let enables = client.global_enables().await.unwrap();
    pretend(&bmc, 0x06, 0x2e, &[]);
    let other = enables.with(GlobalEnable::EventLogging, !enables.is_on(GlobalEnable::EventLogging));
    is_not_in_force(client.set_global_enables(other).await, "they are 0x09");
    pretend(&bmc, 0x2c, 0x08, &[0xdc, 5]);
    is_not_in_force(client.set_dcmi_text(DcmiText::AssetTag, "rack7").await, "it is");
    pretend(&bmc, 0x2c, 0x05, &[0xdc]);
    let limit = PowerLimit {
        action: LimitAction::None,
        watts: 400,
        correction: std::time::Duration::from_secs(1),
        sampling: std::time::Duration::from_secs(1),
    };
    is_not_in_force(client.set_power_limit(Some(limit)).await, "there is no limit");
    let destination = AlertDestination::new(1, IpAddr::from([192, 0, 2, 7]));
    let static_address = Ipv6Parameter::Static { slot: 0, address: Some((ipv6("2001:db8::7"), 64)) };
    pretend(&bmc, 0x0c, 0x01, &[]);
    is_not_in_force(client.set_alert_destination(1, destination).await, "destination 1 is 192.0.2.99");
    is_not_in_force(client.set_ipv6_configuration(1, &[static_address]).await, "static address 0 is disabled");
    pretend(&bmc, 0x0a, 0x12, &[16]);
    let change = ("product.asset-tag".parse().unwrap(), "rack7".to_owned());
    is_not_in_force(client.edit_fru(0, &[change]).await, "bytes are others");
}

#[tokio::test]
async fn thresholds_are_set_by_one_command_and_read_back() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let sensors = client.sensors().await.unwrap().items;
    let sensor = sensors.iter().find(|one| one.name == "P12V").unwrap();
    let asked = [(Threshold::UpperCritical, 13.0), (Threshold::LowerCritical, 10.5)];
    let before = bmc.executed(0x04, 0x26);
    let found = client.set_sensor_thresholds(sensor, &asked).await.unwrap();
    for (threshold, value) in asked {
        let there = sensor.value(found.get(threshold).unwrap()).unwrap();
        assert!((there - value).abs() < 0.04, "{threshold:?}: {there}");
    }
    assert_eq!(bmc.executed(0x04, 0x26), before + 1);
    let far = client.set_sensor_thresholds(sensor, &[(Threshold::UpperCritical, 1e9)]).await.unwrap_err();
    assert_eq!(far.kind(), ErrorKind::Invalid);
}

fn fields(all: &[(&str, &str)]) -> Vec<(FruField, String)> {
    all.iter().map(|(field, text)| (field.parse().unwrap(), (*text).to_owned())).collect()
}

#[tokio::test]
async fn fields_of_an_inventory_change_and_the_rest_stays() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let (before, bytes) = (client.fru(0).await.unwrap(), client.fru_bytes(0).await.unwrap());
    let asked = fields(&[("product.asset-tag", "rack 7, place 12"), ("board.serial-number", "B-1")]);
    assert!(client.edit_fru(0, &asked).await.unwrap() > 0);
    let after = client.fru(0).await.unwrap();
    assert_eq!(after.defects, before.defects);
    let (product, board) = (after.product.unwrap(), after.board.unwrap());
    assert_eq!(product.asset_tag.as_str(), Some("rack 7, place 12"));
    assert_eq!(board.serial_number.as_str(), Some("B-1"));
    assert_eq!((board.manufactured_minutes, after.records.len()), {
        let board = before.board.unwrap();
        (board.manufactured_minutes, before.records.len())
    });
    assert_eq!(product.product_name, before.product.unwrap().product_name);
    assert_eq!(after.chassis, before.chassis);
    // The same once more writes nothing.
    assert_eq!(client.edit_fru(0, &asked).await.unwrap(), 0);
    assert!(client.write_fru(0, &bytes).await.unwrap() > 0);
    assert_eq!(client.fru_bytes(0).await.unwrap(), bytes);
    let too_many = [bytes.as_slice(), &[0]].concat();
    assert_eq!(client.write_fru(0, &too_many).await.unwrap_err().kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn an_inventory_that_is_damaged_or_too_small_is_left_alone() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let bytes = client.fru_bytes(0).await.unwrap();
    let long = "x".repeat(63);
    let many: Vec<_> = (1..30).map(|number| (format!("board.extra{number}").parse().unwrap(), long.clone())).collect();
    let full = client.edit_fru(0, &many).await.unwrap_err();
    assert!(full.kind() == ErrorKind::Invalid && full.to_string().contains("room for"), "{full}");
    if let Some(image) = bmc.machine().lock().fru.get_mut(&0) {
        // A field of the board area.
        let at = usize::from(image[3]) * 8 + 8;
        image[at] ^= 1;
    }
    let damaged = client.edit_fru(0, &fields(&[("product.name", "x2")])).await.unwrap_err();
    assert!(damaged.to_string().contains("damaged"), "{damaged}");
    assert_eq!(client.fru_bytes(0).await.unwrap().iter().zip(&bytes).filter(|(a, b)| a != b).count(), 1);
}

#[tokio::test]
async fn a_write_that_fails_in_the_middle_says_what_may_be_damaged() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let asked = fields(&[("board.manufacturer", "Another maker of boards"), ("product.asset-tag", "rack 7, place 12")]);
    let mut writes = 0;
    let machine = bmc.machine().clone();
    bmc.handle(
        0x0a,
        0x12,
        Box::new(move |data| {
            writes += 1;
            if writes > 1 {
                return Err(0x80);
            }
            let at = usize::from(data[1]) | usize::from(data[2]) << 8;
            let mut machine = machine.lock();
            machine.fru.get_mut(&data[0]).unwrap()[at..at + data.len() - 3].copy_from_slice(&data[3..]);
            Ok(vec![u8::try_from(data.len() - 3).unwrap()])
        }),
    );
    let error = client.edit_fru(0, &asked).await.unwrap_err();
    let text = error.to_string();
    assert!(text.contains("write-protected") && text.contains("may be damaged") && error.may_have_acted(), "{text}");
}

#[tokio::test]
async fn ipv6_and_alert_destinations_are_read_and_set() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let found = client.ipv6_configuration(1).await.unwrap();
    assert_eq!((found.addressing, found.most, found.hop_limit), (Some(Addressing::Both), Some((1, 2)), Some(64)));
    assert_eq!((found.static_addresses.len(), found.dynamic_addresses.len(), found.missing.len()), (1, 2, 0));
    assert_eq!(found.dynamic_addresses[0].source, Ipv6Source::Slaac);
    let asked = [
        Ipv6Parameter::Router(ipv6("2001:db8::1")),
        Ipv6Parameter::RouterControl { fixed: true, advertised: false },
        Ipv6Parameter::Static { slot: 0, address: Some((ipv6("2001:db8::7"), 64)) },
        Ipv6Parameter::Addressing(Addressing::Ipv6Only),
    ];
    client.set_ipv6_configuration(1, &asked).await.unwrap();
    let found = client.ipv6_configuration(1).await.unwrap();
    assert_eq!((found.router, found.router_control), (Some(ipv6("2001:db8::1")), Some((true, false))));
    assert_eq!(
        (found.static_addresses[0].address, found.addressing),
        (ipv6("2001:db8::7"), Some(Addressing::Ipv6Only))
    );

    let mut destination = client.alert_destinations(1).await.unwrap().items[1];
    (destination.address, destination.kind) = (IpAddr::from([192, 0, 2, 7]), AlertKind::Oem1);
    (destination.acknowledged, destination.retries) = (true, 5);
    client.set_alert_destination(1, destination).await.unwrap();
    assert_eq!(client.alert_destinations(1).await.unwrap().items[1], destination);
    assert!(client.lan_statistics(1).await.unwrap().rmcp_received > 0);
    client.clear_lan_statistics(1).await.unwrap();
    assert_eq!(client.lan_statistics(1).await.unwrap().rmcp_received, 0);
}

#[tokio::test]
async fn texts_of_any_length_are_set_in_blocks() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    for text in ["n", "fourteen bytes", "fifteen bytes!!", &"a name that takes several blocks ".repeat(4)] {
        client.set_system_info(SystemInfo::SystemName, text).await.unwrap();
        assert_eq!(client.system_info(SystemInfo::SystemName).await.unwrap().as_deref(), Some(text));
    }
    let error = client.set_system_info(SystemInfo::SystemName, &"x".repeat(256)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
}

#[tokio::test]
async fn filters_that_cannot_be_read_hide_none_of_the_others() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let whole = client.event_filtering().await.unwrap();
    assert_eq!((whole.filters.len(), whole.policies.len(), whole.missing.len()), (4, 2, 0));
    assert!(whole.control.unwrap().enabled && whole.last.is_some());
    bmc.handle(
        0x04,
        0x13,
        Box::new(move |data| match data {
            [5, ..] => Ok(vec![0x11, 4]),
            [6, 2, _] => Err(0xff),
            [6, set, _] => Ok([&[0x11, *set, 0x80, 1, 1][..], &[0; 17]].concat()),
            _ => Err(0x80),
        }),
    );
    let part = client.event_filtering().await.unwrap();
    assert_eq!(part.filters.len(), 3);
    assert_eq!(part.missing.len(), 1);
    assert_eq!(part.missing[0].item(), &Item::PefParameter { parameter: 6, set: 2 });
}

#[tokio::test]
async fn channels_and_sessions_are_shown_whole() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let lan = client.channel_state(1).await.unwrap();
    assert!(lan.info.is_lan() && lan.access.is_some() && lan.kept_access.is_some() && lan.missing.is_empty());
    assert!(lan.authentication.unwrap().ipmi_2_0 && lan.suites.iter().any(|suite| suite.id == 17));
    let bus = client.channel_state(0).await.unwrap();
    assert!(!bus.info.is_lan() && bus.access.is_none() && bus.missing.is_empty());
    let _other = connect(&bmc).await;
    let sessions = client.sessions().await.unwrap();
    assert_eq!((sessions.items.len(), sessions.missing.len()), (2, 0));
    assert!(sessions.items.iter().all(|one| one.details.as_ref().is_some_and(|of| of.user_id == 2)));
}

#[tokio::test]
async fn a_session_may_be_with_a_satellite_from_the_start() {
    let bmc = start().await;
    let satellite = builder(&bmc).satellite(0, 0x30).connect().await.unwrap();
    assert_eq!(satellite.device_id().await.unwrap().device_id, 0x30);
    assert_eq!(satellite.bmc().device_id().await.unwrap().device_id, 0x20);
    let itself = builder(&bmc).satellite(0, 0x20).connect().await.unwrap();
    assert_eq!(itself.device_id().await.unwrap().device_id, 0x20);
}

#[tokio::test]
async fn passwords_and_events_are_taken_as_they_are() {
    let bmc = start().await;
    let client: Client = connect(&bmc).await;
    let test = async |password: &str, long| client.test_user_password_stored_in(2, password.into(), long).await;
    assert_eq!(test("password", false).await.unwrap(), PasswordTest::Right);
    assert_eq!(test("other", false).await.unwrap(), PasswordTest::Wrong);
    assert_eq!(test("longer than sixteen", false).await.unwrap_err().kind(), ErrorKind::Invalid);
    bmc.rule(Rule::once(0x06, 0x47, Act::Refuse(0x81)));
    assert_eq!(test("password", true).await.unwrap(), PasswordTest::OtherLength);
    let before = client.sel_info().await.unwrap().entries;
    let event = PlatformEvent::from_bytes([4, 1, 0x30, 1, 0x59, 0, 0]);
    client.send(&event).await.unwrap();
    let last = client.sel_last(1).await.unwrap().items.remove(0);
    assert_eq!(client.sel_info().await.unwrap().entries, before + 1);
    assert!(last.to_string().contains("Temperature"), "{last}");
}

#[tokio::test]
async fn bytes_of_records_are_those_that_are_there() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let bytes = client.sdr_bytes().collect_all().await.unwrap();
    let records = client.sdr().collect_all().await.unwrap();
    assert_eq!((bytes.items.len(), bytes.missing.len()), (records.items.len(), 0));
    assert!(bytes.items.iter().all(|one| one.len() == usize::from(one[4]) + 5));
    bmc.flaw(FlawedItem::Record(4), Flaw::Refused(0xc3));
    let part = client.sdr_bytes().collect_all().await.unwrap();
    assert_eq!((part.items.len(), part.missing.len()), (bytes.items.len() - 1, 1));
}
