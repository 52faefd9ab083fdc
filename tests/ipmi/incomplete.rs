//! Nothing hidden: one record, entry, device, sensor, user or parameter that can't be read hides none of the others, and
//! is named with the reason.

use std::collections::{BTreeMap, HashMap};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use rosefish::ipmi::command::sdr::{GetSdr, LAST_RECORD, SdrPart};
use rosefish::ipmi::command::sel::{GetSelEntry, LAST_ENTRY};
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use rosefish::ipmi::record::fru::Problem;
use rosefish::ipmi::record::sensor::Sensor;
use rosefish::ipmi::{Client, ErrorKind, Item, Partial, ReadError, Severity};
use rosefish_mock::ipmi::{Act, MockIpmi, Rule};

use crate::{builder, connect, start};

const STORAGE: u8 = 0x0a;
const GET_SDR: u8 = 0x23;
const GET_SEL_ENTRY: u8 = 0x43;
const READ_FRU: u8 = 0x11;

/// What happens to one item.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Refused(u8),
    /// Its answer is shorter than the ID of the next.
    Garbled,
    /// It has no more than this many bytes.
    Cut(usize),
    /// The first time, it names itself as the next.
    Doubled,
}

/// Items linked by their IDs, as a BMC answers them.
struct Store {
    items: Vec<(u16, Vec<u8>)>,
    faulty: Option<(u16, Fault)>,
    doubled: bool,
}

impl Store {
    fn answer(&mut self, data: &[u8]) -> Result<Vec<u8>, u8> {
        let [_, _, low, high, offset, count] = data.try_into().map_err(|_| 0xc7)?;
        let index = match u16::from_le_bytes([low, high]) {
            0 => 0,
            id => self.items.iter().position(|(at, _)| *at == id).ok_or(0xcb)?,
        };
        let (id, bytes) = self.items.get(index).ok_or(0xcb)?;
        let mut next = self.items.get(index + 1).map_or(LAST_RECORD, |(id, _)| *id);
        let mut bytes = bytes.as_slice();
        match self.faulty.filter(|(at, _)| at == id) {
            Some((_, Fault::Refused(code))) => return Err(code),
            Some((_, Fault::Garbled)) => return Ok(vec![1]),
            Some((_, Fault::Cut(length))) => bytes = &bytes[..length.min(bytes.len())],
            Some((id, Fault::Doubled)) if !self.doubled => {
                self.doubled = true;
                next = id;
            }
            _ => {}
        }
        let rest = bytes.get(usize::from(offset)..).unwrap_or_default();
        Ok([&next.to_le_bytes(), &rest[..rest.len().min(count.into())]].concat())
    }
}

async fn records(client: &Client) -> Vec<(u16, Vec<u8>)> {
    let (mut id, mut all) = (0, Vec::new());
    while id != LAST_RECORD {
        let part = SdrPart { reservation: 0, record: id, offset: 0, count: 0xff };
        let found = client.send(&GetSdr(part)).await.unwrap();
        all.push((u16::from_le_bytes([found.data[0], found.data[1]]), found.data));
        id = found.next;
    }
    all
}

async fn entries(client: &Client) -> Vec<(u16, Vec<u8>)> {
    let (mut id, mut all) = (0, Vec::new());
    while id != LAST_ENTRY {
        let found = client.send(&GetSelEntry::whole(id)).await.unwrap();
        all.push((u16::from_le_bytes([found.data[0], found.data[1]]), found.data));
        id = found.next;
    }
    all
}

fn befall(bmc: &MockIpmi, command: u8, items: &[(u16, Vec<u8>)], id: u16, fault: Fault) {
    let mut store = Store { items: items.to_vec(), faulty: Some((id, fault)), doubled: false };
    bmc.handle(STORAGE, command, Box::new(move |data| store.answer(data)));
}

/// The IDs of what is missing. That of the first is its place.
fn named(missing: &[ReadError], first: u16) -> Vec<u16> {
    let id = |missing: &ReadError| match missing.item() {
        Item::Record(0) | Item::Entry(0) => first,
        Item::Record(id) | Item::Entry(id) => *id,
        other => panic!("{other}"),
    };
    missing.iter().map(id).collect()
}

const REFUSALS: [u8; 10] = [0x80, 0xc0, 0xc3, 0xc9, 0xcb, 0xcc, 0xce, 0xd0, 0xd5, 0xff];

/// A client that doesn't wait long for what stays busy.
async fn hasty(bmc: &MockIpmi) -> Client {
    builder(bmc).repeat_after(Duration::from_millis(2)).timeout(Duration::from_millis(200)).connect().await.unwrap()
}

#[tokio::test]
async fn each_record_in_turn_refused_cut_or_doubled_hides_none_of_the_others() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let all = records(&client).await;
    let first = all[0].0;
    let mut faults: Vec<_> = REFUSALS.map(Fault::Refused).to_vec();
    faults.extend([Fault::Garbled, Fault::Cut(0), Fault::Cut(3), Fault::Cut(5), Fault::Cut(20), Fault::Doubled]);
    for (round, (id, bytes)) in all.iter().enumerate() {
        for (kind, fault) in faults.iter().enumerate() {
            // Each fault for some records, and the first and last for all.
            if round != 0 && round + 1 != all.len() && kind % 8 != round % 8 {
                continue;
            }
            befall(&bmc, GET_SDR, &all, *id, *fault);
            let read = client.sdr().collect_all().await.unwrap();
            let ids: Vec<_> = read.items.iter().map(|record| record.header.id).collect();
            let expected: Vec<_> = all
                .iter()
                .map(|(id, _)| *id)
                // What is cut behind its header is a record still.
                .filter(|other| other != id || matches!(fault, Fault::Cut(5..) | Fault::Doubled))
                .collect();
            assert_eq!(ids, expected, "{id:#06x}: {fault:?}");
            let is_whole = match fault {
                Fault::Cut(length) => *length >= bytes.len(),
                fault => *fault == Fault::Doubled,
            };
            let missing = if is_whole { vec![] } else { vec![*id] };
            assert_eq!(named(&read.missing, first), missing, "{fault:?}: {:?}", read.missing);
        }
    }
}

#[tokio::test]
async fn each_entry_in_turn_refused_cut_or_doubled_hides_none_of_the_others() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let all = entries(&client).await;
    assert!(all.len() > 2);
    let mut faults: Vec<_> = REFUSALS.map(Fault::Refused).to_vec();
    faults.extend([Fault::Garbled, Fault::Cut(0), Fault::Cut(15), Fault::Doubled]);
    for (id, _) in &all {
        for fault in &faults {
            befall(&bmc, GET_SEL_ENTRY, &all, *id, *fault);
            let read = client.sel().collect_all().await.unwrap();
            let ids: Vec<_> = read.items.iter().map(|entry| entry.id).collect();
            let others: Vec<_> =
                all.iter().map(|(id, _)| *id).filter(|other| other != id || *fault == Fault::Doubled).collect();
            assert_eq!(ids, others, "{id:#06x}: {fault:?}");
            let missing = if *fault == Fault::Doubled { vec![] } else { vec![*id] };
            assert_eq!(named(&read.missing, all[0].0), missing, "{fault:?}: {:?}", read.missing);
        }
    }
}

#[tokio::test]
async fn a_record_that_is_never_answered_hides_none_of_the_others() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(400)).connect().await.unwrap();
    let whole = client.sdr().collect_all().await.unwrap().items;
    let probes = || bmc.journal().iter().filter(|entry| (entry.netfn, entry.command) == (0x06, 0x01)).count();
    let mut stream = client.sdr();
    let mut read = Partial::default();
    for _ in 0..3 {
        read.items.push(stream.next().await.unwrap().unwrap());
    }
    bmc.rule(Rule::always(STORAGE, GET_SDR, Act::Swallow));
    let before = probes();
    let answered_again = async {
        // Each time that the record stays without an answer, the BMC is asked for a sign of life.
        while probes() < before + 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bmc.clear_rules();
    };
    let rest = async {
        while let Some(item) = stream.next().await {
            match item {
                Ok(record) => read.items.push(record),
                Err(missing) => read.missing.push(missing),
            }
        }
    };
    futures_util::future::join(answered_again, rest).await;
    let others: Vec<_> = whole.iter().enumerate().filter(|(index, _)| *index != 3).map(|(_, record)| record).collect();
    assert_eq!(read.items.iter().collect::<Vec<_>>(), others);
    assert_eq!(named(&read.missing, 0), [whole[3].header.id]);
    assert!(read.missing[0].error().is_timeout() && !read.missing[0].ends_list());
}

#[tokio::test]
async fn a_bmc_that_goes_away_ends_a_list_and_what_was_read_is_kept() {
    let bmc = start().await;
    let client = builder(&bmc).timeout(Duration::from_millis(200)).connect().await.unwrap();
    let mut stream = client.sdr();
    stream.next().await.unwrap().unwrap();
    bmc.set_online(false);
    let missing = stream.next().await.unwrap().unwrap_err();
    assert!(missing.ends_list() && missing.error().is_timeout(), "{missing}");
    assert!(stream.next().await.is_none());
    // Nothing at all is an error, and no list of sensors that all say so takes long.
    assert!(client.sensors().await.unwrap_err().is_timeout());
    bmc.set_online(true);
    let sensors = client.sensors().await.unwrap().complete().unwrap();
    bmc.set_online(false);
    let begun = Instant::now();
    let readings: Vec<_> = client.read_sensors(sensors.clone()).collect().await;
    assert_eq!(readings.len(), sensors.len());
    assert!(readings.iter().all(|(_, reading)| reading.is_err()));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_log_whose_first_entry_comes_twice_shows_it_once() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let all = entries(&client).await;
    let whole = client.sel().collect_all().await.unwrap().items;
    let first = all[0].0;
    // The first names itself as the next; it has no ID when it is asked for as the first.
    for nameless in [false, true] {
        let items: HashMap<_, _> = all.iter().cloned().collect();
        let ids: Vec<_> = all.iter().map(|(id, _)| *id).collect();
        bmc.handle(
            STORAGE,
            GET_SEL_ENTRY,
            Box::new(move |data| {
                let id = u16::from_le_bytes([data[2], data[3]]);
                let mut entry = items.get(if id == 0 { &first } else { &id }).ok_or(0xcb)?.clone();
                let behind = ids.iter().position(|other| *other == id).and_then(|at| ids.get(at + 1));
                let next = if id == 0 { first } else { behind.copied().unwrap_or(LAST_ENTRY) };
                if id == 0 && nameless {
                    entry[..2].fill(0);
                }
                Ok([&next.to_le_bytes()[..], &entry].concat())
            }),
        );
        let read = client.sel().collect_all().await.unwrap();
        assert_eq!((read.items.len(), read.missing.len()), (whole.len(), 0), "{nameless}");
        assert_eq!(read.items[1..], whole[1..]);
    }
}

#[tokio::test]
async fn a_log_that_leads_back_into_itself_or_has_no_end_ends() {
    let bmc = start().await;
    let client = builder(&bmc).read_limit(Duration::from_millis(700)).connect().await.unwrap();
    let entry = entries(&client).await[0].1.clone();
    let endless = entry.clone();
    bmc.handle(
        STORAGE,
        GET_SEL_ENTRY,
        Box::new(move |data| {
            let id = u16::from_le_bytes([data[2], data[3]]).max(1);
            let next = id % 0xfff0 + 1;
            Ok([&next.to_le_bytes()[..], &id.to_le_bytes(), &endless[2..]].concat())
        }),
    );
    let begun = Instant::now();
    let read = client.sel().collect_all().await.unwrap();
    assert!(read.missing.last().unwrap().ends_list() && begun.elapsed() < Duration::from_secs(3));
    bmc.handle(
        STORAGE,
        GET_SEL_ENTRY,
        Box::new(move |data| {
            let id = u16::from_le_bytes([data[2], data[3]]).max(1);
            if id > 3 {
                return Err(0xcb);
            }
            Ok([&(id % 3 + 1).to_le_bytes()[..], &id.to_le_bytes(), &entry[2..]].concat())
        }),
    );
    let read = client.sel().collect_all().await.unwrap();
    assert_eq!(read.items.iter().map(|entry| entry.id).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn entries_are_read_in_parts_from_a_bmc_that_gives_little_at_a_time() {
    let whole = connect(&start().await).await.sel().collect_all().await.unwrap().items;
    for most in [4, 8, 12] {
        let bmc = MockIpmi::builder().max_read(most).start().await.unwrap();
        let read = connect(&bmc).await.sel().collect_all().await.unwrap();
        assert_eq!((read.items.len(), read.missing.as_slice()), (whole.len(), &[][..]), "{most} bytes at a time");
    }
}

#[tokio::test]
async fn each_fru_device_in_turn_refused_hides_none_of_the_others() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let whole = client.frus().collect_all().await.unwrap();
    assert!(whole.items.len() > 1 && whole.is_complete(), "{whole:?}");
    let devices: Vec<_> = whole.items.iter().map(|fru| fru.device).collect();
    let memory: BTreeMap<u8, Vec<u8>> = bmc.machine().lock().fru.clone().into_iter().collect();
    for refused in &devices {
        for code in [0xc0, 0xc3, 0xcb, 0xcc, 0xff, 0x81] {
            for refusing in [0x10, READ_FRU] {
                for command in [0x10, READ_FRU] {
                    let (memory, refused) = (memory.clone(), *refused);
                    bmc.handle(
                        STORAGE,
                        command,
                        Box::new(move |data| {
                            let bytes = memory
                                .get(&data[0])
                                .filter(|_| data[0] != refused || command != refusing)
                                .ok_or(code)?;
                            if command == 0x10 {
                                return Ok([&(bytes.len() as u16).to_le_bytes()[..], &[0]].concat());
                            }
                            let from = usize::from(u16::from_le_bytes([data[1], data[2]]));
                            let to = (from + usize::from(data[3])).min(bytes.len());
                            let part = bytes.get(from..to).ok_or(0xc9)?;
                            Ok([&[part.len() as u8], part].concat())
                        }),
                    );
                }
                let refused = *refused;
                let read = client.frus().collect_all().await.unwrap();
                let others: Vec<_> = whole.items.iter().filter(|fru| fru.device != refused).collect();
                assert_eq!(read.items.iter().collect::<Vec<_>>(), others, "{refused}: {code:#04x}");
                let [missing] = &read.missing[..] else { panic!("{:?}", read.missing) };
                assert!(matches!(missing.item(), Item::Fru { device, .. } if *device == refused), "{missing}");
                assert_eq!(missing.is_absent(), code == 0xcb);
            }
        }
    }
}

#[tokio::test]
async fn areas_that_point_where_there_is_none_hide_none_of_the_others_and_take_few_steps() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let good = bmc.machine().lock().fru[&0].clone();
    let whole = client.fru(0).await.unwrap();
    let checksum = |bytes: &[u8]| bytes.iter().fold(0u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg();
    // Internal use, chassis, board, product, multirecord.
    for area in 2..=5 {
        for (what, offset) in [("zeros", 120), ("beyond the end", 255), ("another area", good[3] + 1)] {
            let mut bytes = good.clone();
            bytes.resize(2040, 0);
            bytes[area] = offset;
            bytes[7] = checksum(&bytes[..7]);
            bmc.machine().lock().fru.insert(0, bytes);
            bmc.clear_journal();
            let read = client.fru(0).await.unwrap();
            let case = format!("area {area} in {what}: {:?}", read.defects);
            assert_eq!(read.chassis.is_some(), whole.chassis.is_some() && area != 2, "{case}");
            assert_eq!(read.board.is_some(), whole.board.is_some() && area != 3, "{case}");
            assert_eq!(read.product.is_some(), whole.product.is_some() && area != 4, "{case}");
            assert_eq!(read.defects.len(), 1, "{case}");
            assert!(bmc.executed(STORAGE, READ_FRU) < 40, "{case}: {}", bmc.executed(STORAGE, READ_FRU));
        }
    }
}

#[tokio::test]
async fn an_area_that_is_refused_is_a_defect_of_the_inventory() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let good = bmc.machine().lock().fru[&0].clone();
    let board = usize::from(good[3]) * 8;
    let bytes = good.clone();
    bmc.handle(
        STORAGE,
        READ_FRU,
        Box::new(move |data| {
            let from = usize::from(u16::from_le_bytes([data[1], data[2]]));
            if from == board {
                return Err(0xc3);
            }
            let part = bytes.get(from..(from + usize::from(data[3])).min(bytes.len())).ok_or(0xc9)?;
            Ok([&[part.len() as u8], part].concat())
        }),
    );
    let read = client.fru(0).await.unwrap();
    assert!(read.board.is_none() && read.product.is_some());
    let [defect] = &read.defects[..] else { panic!("{:?}", read.defects) };
    assert!(defect.area == "board" && matches!(&defect.problem, Problem::Unreadable(why) if why.contains("0xc3")));
}

#[tokio::test]
async fn each_sensor_in_turn_refused_hides_none_of_the_others() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let sensors: Vec<_> = client.sensors().await.unwrap().complete().unwrap();
    // The controllers behind the BMC answer for themselves, and event-only sensors don't answer at all.
    let is_own = |sensor: &Sensor| sensor.masks.is_some() && sensor.owner.slave_address() == Some(0x20);
    let sensors: Vec<_> = sensors.into_iter().filter(is_own).collect();
    for (index, refused) in sensors.iter().enumerate() {
        let code = REFUSALS[index % REFUSALS.len()];
        let number = refused.number;
        bmc.handle(
            0x04,
            0x2d,
            Box::new(move |data| if data[0] == number { Err(code) } else { Ok(vec![1, 0xc0, 0xc0, 0x80]) }),
        );
        let readings: Vec<_> = client.read_sensors(sensors.clone()).collect().await;
        for (sensor, reading) in readings {
            assert_eq!(reading.is_err(), sensor.number == number, "{}: {code:#04x}", sensor.name);
        }
    }
}

#[tokio::test]
async fn absent_sensors_have_no_reading_and_failed_power_supplies_are_a_problem() {
    let bmc = start().await;
    let client = connect(&bmc).await;
    let sensors: Vec<_> = client.sensors().await.unwrap().complete().unwrap();
    let supply = sensors.iter().find(|sensor| sensor.sensor_type.0 == 0x08 && sensor.event_type.is_sensor_specific());
    let supply = supply.expect("the mock has a power supply");
    let temperature = sensors.iter().find(|sensor| sensor.is_analog() && sensor.owner == supply.owner).unwrap();
    for (flags, states, severity) in [
        (0xc0, 0b0001, Some(Severity::Ok)),
        (0xc0, 0b0011, Some(Severity::Critical)),
        (0xc0, 0b0101, Some(Severity::Warning)),
        (0xc0, 0b1001, Some(Severity::Critical)),
        (0xe0, 0b0011, None), // reading unavailable
        (0x80, 0b0011, None), // scanning disabled
    ] {
        bmc.handle(0x04, 0x2d, Box::new(move |_| Ok(vec![25, flags, states, 0x80])));
        let read = client.read_sensor(supply).await.unwrap();
        assert_eq!((read.severity, read.states.is_empty()), (severity, severity.is_none()), "{flags:#04x} {states:b}");
        let read = client.read_sensor(temperature).await.unwrap();
        assert_eq!(read.value.is_some(), flags == 0xc0);
    }
}

#[tokio::test]
async fn a_place_for_a_user_that_is_locked_hides_none_of_the_others() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let whole = client.users().await.unwrap().complete().unwrap();
    for locked in 1..=whole.len() as u8 {
        for code in [0xcc, 0xc9, 0xcb, 0xff, 0xd5, 0xc3] {
            let access: HashMap<_, _> =
                whole.iter().map(|user| (user.id, if user.id == 2 { (0x42, 0x14) } else { (0x82, 0x0f) })).collect();
            let most = whole.len() as u8;
            bmc.handle(
                0x06,
                0x44,
                Box::new(move |data| {
                    let (enabled, access) = access.get(&data[1]).filter(|_| data[1] != locked).ok_or(code)?;
                    Ok(vec![most, *enabled, 1, *access])
                }),
            );
            let read = client.users().await.unwrap();
            let ids: Vec<_> = read.items.iter().map(|user| user.id).collect();
            assert_eq!(ids, (1..=most).filter(|id| *id != locked).collect::<Vec<_>>(), "{locked}: {code:#04x}");
            assert_eq!(read.missing.iter().map(ReadError::item).collect::<Vec<_>>(), [&Item::User(locked)]);
            // Who isn't found may be the one whose place can't be read.
            assert!(client.user_named("nobody").await.is_err());
            assert_eq!(client.user_named("admin").await.is_ok(), locked != 2);
        }
    }
}

#[tokio::test]
async fn a_lan_parameter_that_is_refused_hides_none_of_the_others_and_a_channel_that_is_refused_is_an_error() {
    let bmc = start().await;
    let client = hasty(&bmc).await;
    let answer = |refused: u8, code: u8| {
        Box::new(move |data: &[u8]| if data[1] == refused { Err(code) } else { Ok(vec![0x11, 10, 0, 0, 1, 0, 0]) })
    };
    for (code, told) in [(0x80, false), (0xcc, false), (0xd4, true), (0xc3, true), (0xff, true)] {
        bmc.handle(0x0c, 0x02, answer(12, code));
        let lan = client.lan_configuration(PRESENT_CHANNEL).await.unwrap();
        assert!(lan.address.is_some() && lan.gateway.is_none() && lan.subnet_mask.is_some());
        let missing: Vec<_> = lan.missing.iter().map(ReadError::item).collect();
        assert_eq!(missing, if told { vec![&Item::LanParameter(12)] } else { vec![] }, "{code:#04x}");
    }
    for code in [0x80, 0xcc, 0xc9, 0xd4, 0xc1, 0xff] {
        bmc.handle(0x0c, 0x02, Box::new(move |_| Err(code)));
        let error = client.lan_configuration(7).await.unwrap_err();
        assert_eq!(error.completion_code().map(|code| code.number()), Some(code), "{error}");
    }
    // It answers something, and isn't there.
    bmc.handle(0x0c, 0x02, answer(3, 0xcc));
    let error = client.lan_configuration(7).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Refused(0xcc.into()), "{error}");
    assert!(client.lan_configuration(PRESENT_CHANNEL).await.is_ok());
}
