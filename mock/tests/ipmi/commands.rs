//! Commands that tools don't reach, or don't show the edges of: reservations, limits, bridging, users, 1.5 sessions.

use rosefish_mock::ipmi::BridgeReply;

use crate::console::{Console, Incoming, Login, NoSession, message_to, sessionless};
use crate::{plain, start};

#[test]
fn partial_reads_of_the_repository_need_the_latest_reservation() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let [r0, r1] = console.must(0x0A, 0x22, &[])[..] else { panic!("no reservation") };
    let whole = console.must(0x0A, 0x23, &[0, 0, 3, 0, 0, 0xFF]);
    assert_eq!(whole.len() - 2, usize::from(whole[6]) + 5);
    let part = console.must(0x0A, 0x23, &[r0, r1, 3, 0, 5, 10]);
    assert_eq!(part[2..], whole[7..17]);
    assert_eq!(console.ask(0x0A, 0x23, &[0, 0, 3, 0, 5, 10]).0, 0xC5);
    let mut other = Console::admin(bmc.addr());
    other.must(0x0A, 0x22, &[]);
    assert_eq!(console.ask(0x0A, 0x23, &[r0, r1, 3, 0, 5, 10]).0, 0xC5);
    assert_eq!(console.ask(0x0A, 0x23, &[0, 0, 0x77, 0x77, 0, 0xFF]).0, 0xCB);
}

#[test]
fn a_walk_through_the_repository_meets_every_kind_of_record() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let info = console.must(0x0A, 0x20, &[]);
    let mut kinds = Vec::new();
    let (mut next, mut count) = ([0, 0], 0_u16);
    while next != [0xFF, 0xFF] {
        let record = console.must(0x0A, 0x23, &[0, 0, next[0], next[1], 0, 0xFF]);
        next = [record[0], record[1]];
        kinds.push(record[5]);
        count += 1;
    }
    assert_eq!(info[1..3], count.to_le_bytes());
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, [0x01, 0x02, 0x03, 0x08, 0x10, 0x11, 0x12, 0xC0]);
}

#[test]
fn small_bmcs_give_few_bytes_at_a_time() {
    let bmc = start(|builder| builder.max_read(16));
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.ask(0x0A, 0x23, &[0, 0, 0, 0, 0, 0xFF]).0, 0xCA);
    assert_eq!(console.ask(0x0A, 0x11, &[0, 0, 0, 17]).0, 0xCA);
    assert_eq!(console.must(0x0A, 0x11, &[0, 0, 0, 16]).len(), 17);
    assert_eq!(console.ask(0x0A, 0x11, &[0, 0xFF, 0xFF, 16]).0, 0xC9);
    assert_eq!(console.ask(0x0A, 0x11, &[9, 0, 0, 16]).0, 0xCB);
}

#[test]
fn the_log_is_erased_in_its_own_time() {
    let bmc = plain();
    bmc.machine().lock().sel.erase_takes = std::time::Duration::from_secs(5);
    let mut console = Console::admin(bmc.addr());
    let [r0, r1] = console.must(0x0A, 0x42, &[])[..] else { panic!("no reservation") };
    assert_eq!(console.ask(0x0A, 0x47, &[r0 ^ 1, r1, b'C', b'L', b'R', 0xAA]).0, 0xC5);
    assert_eq!(console.ask(0x0A, 0x47, &[r0, r1, b'C', b'L', b'X', 0xAA]).0, 0xCC);
    assert_eq!(console.must(0x0A, 0x47, &[r0, r1, b'C', b'L', b'R', 0xAA]), [0]);
    assert_eq!(console.must(0x0A, 0x47, &[r0, r1, b'C', b'L', b'R', 0x00]), [0]);
    bmc.machine().lock().advance(std::time::Duration::from_secs(6));
    assert_eq!(console.must(0x0A, 0x47, &[r0, r1, b'C', b'L', b'R', 0x00]), [1]);
    assert_eq!(console.ask(0x0A, 0x43, &[0, 0, 0, 0, 0, 0xFF]).0, 0xCB);
    let mut event = vec![0, 0, 2, 0, 0, 0, 0, 0x20, 0, 4, 1, 1, 1, 0x57, 1, 2];
    let id = console.must(0x0A, 0x44, &event);
    let entry = console.must(0x0A, 0x43, &[0, 0, id[0], id[1], 0, 0xFF]);
    event[..2].copy_from_slice(&id);
    assert_eq!(entry[2..5], event[..3]);
    assert_eq!(entry[9..], event[7..]);
}

#[test]
fn non_linear_sensors_say_their_factors_at_each_reading() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let below = console.must(0x04, 0x23, &[9, 0x10]);
    let above = console.must(0x04, 0x23, &[9, 0x90]);
    assert_eq!((below[1], above[1]), (1, 2), "M");
    assert_eq!(console.ask(0x04, 0x2D, &[0xEE]).0, 0xCB);
    assert_eq!(console.ask(0x04, 0x2D, &[0x70]).0, 0xCB, "event-only");
    assert_eq!(console.must(0x04, 0x2D, &[0x0A])[1] & 0x20, 0x20, "unavailable");
    console.must(0x00, 0x02, &[0]);
    assert_eq!(console.must(0x04, 0x2D, &[0x11])[1] & 0x20, 0x20, "fans stand still while off");
}

#[test]
fn a_test_can_move_a_sensor_past_its_threshold() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.must(0x04, 0x2D, &[1]), [54, 0xC0, 0xC0]);
    assert!(bmc.machine().lock().set_reading("CPU0 Temp", 96.0));
    assert_eq!(console.must(0x04, 0x2D, &[1]), [96, 0xC0, 0xD8]);
    console.must(0x04, 0x26, &[1, 0x10, 0, 0, 0, 0, 97, 0]);
    assert_eq!(console.must(0x04, 0x2D, &[1]), [96, 0xC0, 0xC8]);
    assert_eq!(console.ask(0x04, 0x26, &[1, 0x01, 5, 0, 0, 0, 0, 0]).0, 0xCC, "no such threshold");
}

#[test]
fn a_satellite_is_reached_by_a_bridge() {
    for style in [BridgeReply::Separate, BridgeReply::Embedded] {
        let bmc = start(|builder| builder.bridge_reply(style));
        let mut console = Console::admin(bmc.addr());
        let mut inner = vec![0x40];
        inner.extend(message_to(0x30, 0x06, 5, 0x01, &[]));
        let (code, data) = console.ask(0x06, 0x34, &inner);
        assert_eq!(code, 0);
        let device = match style {
            BridgeReply::Separate => match console.receive() {
                Incoming::Reply { netfn: 7, command: 1, sequence: 5, code: 0, data } => data,
                other => panic!("{other:?}"),
            },
            BridgeReply::Embedded => data[7..data.len() - 1].to_vec(),
        };
        assert_eq!(device[0], 0x30);
        let satellite = bmc.journal().into_iter().find(|entry| entry.target == 0x30).expect("noted");
        assert_eq!((satellite.netfn, satellite.command), (6, 1));
        let mut nobody = vec![0x40];
        nobody.extend(message_to(0x62, 0x06, 5, 0x01, &[]));
        assert_eq!(console.ask(0x06, 0x34, &nobody).0, 0x83);
    }
}

#[test]
fn a_new_user_can_log_in_with_the_new_password() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let mut name = vec![3];
    name.extend_from_slice(b"carol\0\0\0\0\0\0\0\0\0\0\0");
    console.must(0x06, 0x45, &name);
    let mut password = vec![0x83, 2];
    password.extend_from_slice(b"a password of twenty");
    console.must(0x06, 0x47, &password);
    console.must(0x06, 0x43, &[0x91, 3, 3, 0]);
    let login = Login { user: "carol", password: b"a password of twenty", privilege: 3, ..Login::default() };
    assert_eq!(Console::open(bmc.addr(), &login).err(), Some(NoSession::Status(0x13, 0x0D)), "not enabled");
    console.must(0x06, 0x47, &[3, 1]);
    assert!(Console::open(bmc.addr(), &login).is_ok());
    password[1] = 3;
    console.must(0x06, 0x47, &password);
    password[5] ^= 1;
    assert_eq!(console.ask(0x06, 0x47, &password).0, 0x80, "not the password");
    assert_eq!(console.must(0x06, 0x44, &[1, 3]), [16, 0x42, 1, 0x13]);
}

#[test]
fn ipmi_1_5_is_there_when_it_is_asked_for() {
    let bmc = plain();
    assert_eq!(sessionless(bmc.addr(), 0x06, 0x38, &[0x8E, 4]).expect("an answer").1[..4], [1, 0x80, 4, 2]);
    let bmc = start(|builder| builder.ipmi_1_5(true));
    assert_eq!(sessionless(bmc.addr(), 0x06, 0x38, &[0x8E, 4]).expect("an answer").1[..4], [1, 0x94, 4, 3]);
    let mut challenge = vec![2];
    challenge.extend_from_slice(b"admin\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(sessionless(bmc.addr(), 0x06, 0x39, &challenge).expect("an answer").1.len(), 20);
}

#[test]
fn commands_of_a_vendor_can_be_added() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.ask(0x30, 0x45, &[0]).0, 0xC1);
    let mut mode = 1;
    bmc.handle(
        0x30,
        0x45,
        Box::new(move |data| match *data {
            [0] => Ok(vec![mode]),
            [1, new] => {
                mode = new;
                Ok(Vec::new())
            }
            _ => Err(0xC7),
        }),
    );
    console.must(0x30, 0x45, &[1, 4]);
    assert_eq!(console.must(0x30, 0x45, &[0]), [4]);
    assert_eq!(console.ask(0x30, 0x45, &[]).0, 0xC7);
}
