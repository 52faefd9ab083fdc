//! Flaws of single things: the one that was named is as ordered, all others are as before.

use rosefish_mock::ipmi::machine::sensor::{Conversion, Sensor};
use rosefish_mock::ipmi::{Act, Flaw, FruArea, FruPlace, Item, MockIpmi, Rule, SequenceEcho};

use crate::console::{Console, Incoming, Login, sessionless};
use crate::{plain, start};

type Record = (u16, Result<Vec<u8>, u8>);

/// Walks through records or entries: where one is refused, on to the next id.
fn walk(console: &mut Console, command: u8, most: u16) -> Vec<Record> {
    let mut records = Vec::new();
    let mut next = 0_u16;
    while next != 0xFFFF && records.len() < 200 {
        let [low, high] = next.to_le_bytes();
        match console.ask(0x0A, command, &[0, 0, low, high, 0, 0xFF]) {
            (0, data) => {
                records.push((next, Ok(data[2..].to_vec())));
                next = u16::from_le_bytes([data[0], data[1]]);
            }
            (code, _) => {
                records.push((next, Err(code)));
                next = if next >= most { 0xFFFF } else { next.max(1) + 1 };
            }
        }
    }
    records
}

/// What is read of an item.
fn read(console: &mut Console, item: Item) -> (u8, Vec<u8>) {
    match item {
        Item::Record(id) => console.ask(0x0A, 0x23, &[0, 0, id.to_le_bytes()[0], id.to_le_bytes()[1], 0, 0xFF]),
        Item::Entry(id) => console.ask(0x0A, 0x43, &[0, 0, id.to_le_bytes()[0], id.to_le_bytes()[1], 0, 0xFF]),
        Item::FruDevice(device) => console.ask(0x0A, 0x11, &[device, 0, 0, 8]),
        Item::FruArea(device, area) => {
            let header = console.must(0x0A, 0x11, &[device, 0, 0, 8]);
            let place = FruArea::ALL.iter().position(|other| *other == area).unwrap();
            let [low, high] = (u16::from(header[place + 2]) * 8).to_le_bytes();
            console.ask(0x0A, 0x11, &[device, low, high, 8])
        }
        Item::Sensor(number) => console.ask(0x04, 0x2D, &[number]),
        Item::User(id) => console.ask(0x06, 0x46, &[id]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_thing_can_be_refused_and_all_others_are_as_before() {
    let bmc = plain();
    let items = bmc.items();
    let count = |is: fn(&Item) -> bool| items.iter().filter(|item| is(item)).count();
    assert!(count(|item| matches!(item, Item::Record(_))) > 30);
    assert_eq!(count(|item| matches!(item, Item::Entry(_))), 9);
    assert_eq!(count(|item| matches!(item, Item::FruDevice(_))), 3);
    assert_eq!(count(|item| matches!(item, Item::FruArea(0, _))), 5);
    let mut console = Console::admin(bmc.addr());
    let before: Vec<_> = items.iter().map(|item| read(&mut console, *item)).collect();
    for (index, item) in items.iter().enumerate() {
        let code = [0xC3, 0xCB, 0xCC, 0xFF][index % 4];
        bmc.flaw(*item, Flaw::Refused(code));
        assert_eq!(read(&mut console, *item), (code, Vec::new()), "{item:?}");
        let neighbour = items
            .iter()
            .position(|other| other != item && std::mem::discriminant(other) == std::mem::discriminant(item));
        if let Some(neighbour) = neighbour {
            assert_eq!(read(&mut console, items[neighbour]), before[neighbour], "{item:?}");
        }
        bmc.clear_flaws();
        assert_eq!(read(&mut console, *item), before[index], "{item:?}");
    }
}

#[test]
fn a_refused_record_leaves_the_walk_to_whoever_walks_on() {
    let bmc = start(|builder| builder.flaw(Item::Record(4), Flaw::Refused(0xC3)));
    let mut console = Console::admin(bmc.addr());
    let records = walk(&mut console, 0x23, 60);
    assert_eq!(records.iter().filter(|(_, record)| record.is_err()).map(|(id, _)| *id).collect::<Vec<_>>(), [4]);
    bmc.clear_flaws();
    assert_eq!(walk(&mut console, 0x23, 60).len(), records.len());
}

#[test]
fn a_record_or_an_entry_comes_twice() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    for (command, item) in [(0x23, Item::Record as fn(u16) -> Item), (0x43, Item::Entry)] {
        let once = walk(&mut console, command, 60);
        for id in [1, 5] {
            bmc.flaw(item(id), Flaw::Doubled);
            let twice = walk(&mut console, command, 60);
            assert_eq!(twice.len(), once.len() + 1, "{command:x} {id}");
            let same: Vec<_> = twice.windows(2).filter(|pair| pair[0].1 == pair[1].1).collect();
            assert_eq!(same.len(), 1);
            let ids = [same[0][0].0, same[0][1].0];
            assert_eq!(ids, if id == 1 { [0, 1] } else { [5, 0x8005] });
            bmc.clear_flaws();
        }
    }
    bmc.flaw(Item::FruDevice(1), Flaw::Doubled);
    let locators = walk(&mut console, 0x23, 60);
    let of_device = |record: &&Record| record.1.as_ref().is_ok_and(|record| record[3] == 0x11 && record[6] == 1);
    assert_eq!(locators.iter().filter(of_device).count(), 2);
}

#[test]
fn things_are_cut_short() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    bmc.flaw(Item::Record(3), Flaw::CutShort(7));
    bmc.flaw(Item::Entry(2), Flaw::CutShort(4));
    bmc.flaw(Item::FruDevice(1), Flaw::CutShort(12));
    bmc.flaw(Item::Sensor(1), Flaw::CutShort(1));
    assert_eq!(read(&mut console, Item::Record(3)).1.len(), 2 + 7);
    assert_eq!(console.ask(0x0A, 0x23, &[0, 0, 3, 0, 0, 5]).1.len(), 2 + 5);
    assert_eq!(read(&mut console, Item::Entry(2)).1.len(), 2 + 4);
    assert_eq!(
        console.ask(0x0A, 0x11, &[1, 8, 0, 8]).1,
        [&[4][..], &console.must(0x0A, 0x11, &[1, 8, 0, 4])[1..]].concat()
    );
    assert_eq!(console.ask(0x0A, 0x11, &[1, 12, 0, 4]).0, 0xC9);
    assert_eq!(read(&mut console, Item::Sensor(1)).1.len(), 1);
    let board = Item::FruArea(0, FruArea::Board);
    let whole = read(&mut console, board).1;
    bmc.flaw(board, Flaw::CutShort(3));
    assert_eq!(read(&mut console, board).1, [&whole[..4], &[0; 5]].concat());
}

#[test]
fn offsets_of_fru_areas_lead_elsewhere_and_the_header_still_adds_up() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let records = read(&mut console, Item::FruArea(1, FruArea::MultiRecord));
    let product = Item::FruArea(1, FruArea::Product);
    for (place, expected) in [
        (FruPlace::Area(FruArea::MultiRecord), records),
        (FruPlace::Zeros, (0, [&[8][..], &[0; 8]].concat())),
        (FruPlace::Beyond, (0xC9, Vec::new())),
    ] {
        bmc.flaw(product, Flaw::LeadsTo(place));
        assert_eq!(read(&mut console, product), expected, "{place:?}");
        let header = console.must(0x0A, 0x11, &[1, 0, 0, 8]);
        assert_eq!(header[1..].iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)), 0);
        bmc.clear_flaws();
    }
}

#[test]
fn a_locked_place_refuses_all_that_is_done_to_its_user() {
    let bmc = start(|builder| builder.flaw(Item::User(3), Flaw::Refused(0xCC)));
    let mut console = Console::admin(bmc.addr());
    let mut named = vec![3];
    named.extend_from_slice(&[b'x'; 16]);
    for (command, data) in
        [(0x43, vec![0x91, 3, 4]), (0x44, vec![1, 3]), (0x45, named), (0x46, vec![3]), (0x47, vec![3, 1])]
    {
        assert_eq!(console.ask(0x06, command, &data).0, 0xCC, "{command:x}");
    }
    assert_eq!(console.ask(0x06, 0x44, &[1, 4]).0, 0);
}

#[test]
fn cipher_suites_are_silent_empty_or_garbled_and_channel_commands_refused() {
    let ask = |bmc: &MockIpmi| sessionless(bmc.addr(), 0x06, 0x54, &[0x0E, 0, 0x80]);
    for (act, expected) in [
        (Act::Swallow, None),
        (Act::Reply(0, vec![1]), Some((0, vec![1]))),
        (Act::Reply(0, vec![1, 0xFF, 0x41]), Some((0, vec![1, 0xFF, 0x41]))),
        (Act::Refuse(0xC1), Some((0xC1, Vec::new()))),
    ] {
        let bmc = start(|builder| builder.rule(Rule::cipher_suites(act)));
        assert_eq!(ask(&bmc), expected);
        // The session is opened all the same by who knows the suite.
        Console::admin(bmc.addr()).must(0x00, 0x01, &[]);
    }
    let bmc = plain();
    Rule::channel_commands(Act::Refuse(0xD4)).into_iter().for_each(|rule| bmc.rule(rule));
    let mut console = Console::admin(bmc.addr());
    for (command, data) in [(0x41, vec![1, 0x80]), (0x42, vec![1]), (0x44, vec![1, 2])] {
        assert_eq!(console.ask(0x06, command, &data).0, 0xD4, "{command:x}");
    }
}

#[test]
fn responses_bear_the_sequence_number_zero() {
    for (echo, expected) in [
        (SequenceEcho::AsSent, [true, true]),
        (SequenceEcho::ZeroAtFirst, [false, true]),
        (SequenceEcho::Zero, [false, false]),
    ] {
        let bmc = start(|builder| builder.sequence_echo(echo));
        let mut console = Console::open(bmc.addr(), &Login::default()).unwrap();
        for as_sent in expected {
            let sent = console.send(0x00, 0x01, &[]);
            assert_ne!(sent, 0);
            let Incoming::Reply { sequence, .. } = console.receive() else { panic!("no reply") };
            assert_eq!(sequence, if as_sent { sent } else { 0 }, "{echo:?}");
        }
    }
}

#[test]
fn a_discrete_sensor_has_a_number_beside_its_states() {
    let bmc = plain();
    let supply =
        Sensor::discrete(0x80, "Power Supply 3", 8, 0x6F, (10, 3), 1).with_analog(Conversion::linear(6, 4, 0), 120.0);
    {
        let mut machine = bmc.machine().lock();
        machine.sdr.push_sensor(&supply);
        machine.sensors.push(supply);
    }
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.must(0x04, 0x2D, &[0x80]), [30, 0xC0, 0x01, 0x80]);
    let record = console.must(0x0A, 0x23, &[0, 0, 0xFF, 0xFF, 0, 0xFF])[2..].to_vec();
    // A full record, event/reading type 6Fh, unsigned, in watts, M = 4.
    assert_eq!((record[3], record[13], record[20], record[21], record[24]), (0x01, 0x6F, 0x00, 6, 4));
    assert_eq!(console.ask(0x04, 0x27, &[0x80]).0, 0xCC);
}
