//! Faults to order: that each does what it says, so that a client's test of it means something.

use std::time::{Duration, Instant};

use rosefish_mock::ipmi::{Act, Direction, Fate, Faults, Forgery, HandshakeFault, Rule};

use crate::console::{Console, Incoming, Login, NoSession};
use crate::{plain, start};

/// Chassis Status.
const STATUS: (u8, u8) = (0x00, 0x01);
/// Chassis Control.
const CONTROL: (u8, u8) = (0x00, 0x02);

fn replies(incoming: &[Incoming]) -> usize {
    incoming.iter().filter(|incoming| matches!(incoming, Incoming::Reply { .. })).count()
}

#[test]
fn a_lossy_network_loses_what_it_was_told_to_and_the_same_again() {
    let mut answered = Vec::new();
    for _ in 0..2 {
        let bmc = plain();
        let mut console = Console::admin(bmc.addr());
        bmc.set_faults(Faults { seed: 7, drop: 0.2, spare_handshake: true, ..Faults::default() });
        let mut heard = Vec::new();
        for _ in 0..12 {
            console.send(STATUS.0, STATUS.1, &[]);
            heard.push(!console.drain().is_empty());
        }
        let lost = heard.iter().filter(|heard| !**heard).count();
        assert_eq!(bmc.stats().dropped, lost as u64);
        answered.push(heard);
    }
    assert_eq!(answered[0], answered[1]);
    assert!(answered[0].contains(&false) && answered[0].contains(&true));
}

#[test]
fn doubled_datagrams_arrive_twice_and_take_effect_once() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    bmc.set_faults(Faults { duplicate: 1.0, ..Faults::default() });
    console.send(CONTROL.0, CONTROL.1, &[3]);
    let incoming = console.drain();
    // The request's double is a replay to the BMC; the reply's double is one to the console.
    assert_eq!(replies(&incoming), 1);
    assert!(incoming.contains(&Incoming::Rejected("replayed")));
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 1);
}

#[test]
fn reordered_and_delayed_datagrams_all_arrive() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let reorder_by = Duration::from_millis(40);
    let direction = Direction::Replies;
    bmc.set_faults(Faults { seed: 3, direction, reorder: 0.5, reorder_by, ..Faults::default() });
    let asked: Vec<u8> = (0..12).map(|_| console.send(STATUS.0, STATUS.1, &[])).collect();
    let heard: Vec<u8> = console
        .drain()
        .into_iter()
        .filter_map(|incoming| match incoming {
            Incoming::Reply { sequence, .. } => Some(sequence),
            _ => None,
        })
        .collect();
    assert_ne!(heard, asked, "in order after all");
    let mut sorted = heard;
    sorted.sort_unstable();
    assert_eq!(sorted, asked);

    bmc.set_faults(Faults { delay: (Duration::from_millis(60), Duration::from_millis(80)), ..Faults::default() });
    let begin = Instant::now();
    console.must(STATUS.0, STATUS.1, &[]);
    assert!(begin.elapsed() >= Duration::from_millis(120), "there and back");
}

#[test]
fn cut_and_corrupted_requests_are_not_carried_out() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    for faults in [
        Faults { truncate: 1.0, direction: Direction::Requests, ..Faults::default() },
        Faults { corrupt: 1.0, direction: Direction::Requests, ..Faults::default() },
    ] {
        bmc.set_faults(faults);
        for _ in 0..10 {
            console.send(CONTROL.0, CONTROL.1, &[0]);
        }
        assert_eq!(console.drain(), []);
    }
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 0);
    assert_eq!((bmc.stats().truncated, bmc.stats().corrupted), (10, 10));
}

#[test]
fn each_forgery_is_one_that_a_careful_console_rejects() {
    let expected = [
        (Forgery::Plaintext, "not authenticated"),
        (Forgery::WrongCode, "wrong code"),
        (Forgery::Unauthenticated, "not authenticated"),
        (Forgery::Unencrypted, "not encrypted"),
        (Forgery::OtherSession, "another session"),
        (Forgery::Legacy, "not RMCP+"),
        (Forgery::Replay, "replayed"),
    ];
    assert_eq!(expected.map(|(forgery, _)| forgery), Forgery::ALL);
    for (forgery, reason) in expected {
        let bmc = plain();
        let mut console = Console::admin(bmc.addr());
        bmc.set_faults(Faults { forge: 1.0, forgeries: vec![forgery], ..Faults::default() });
        console.send(STATUS.0, STATUS.1, &[]);
        assert_eq!(console.receive(), Incoming::Rejected(reason), "{forgery:?}");
        let Incoming::Reply { code: 0, data, .. } = console.receive() else { panic!("no truth after {forgery:?}") };
        assert_eq!(data.len(), 4);
        assert_ne!(data[0], 0xEE);
    }
}

#[test]
fn rules_affect_the_commands_they_name_as_often_as_they_say() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let once = |act| bmc.rule(Rule::once(CONTROL.0, CONTROL.1, act));

    once(Act::Refuse(0xC3));
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]), (0xC3, vec![]));
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 0);

    once(Act::ExecuteAndSay(0xFF));
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]), (0xFF, vec![]));
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 1);

    once(Act::Swallow);
    console.send(CONTROL.0, CONTROL.1, &[3]);
    console.assert_silence();
    assert_eq!(bmc.journal().last().map(|entry| entry.fate), Some(Fate::Swallowed));
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 1);

    once(Act::ExecuteSilently);
    console.send(CONTROL.0, CONTROL.1, &[3]);
    console.assert_silence();
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 2);
    console.send_again(CONTROL.0, CONTROL.1, &[3]);
    assert!(matches!(console.receive(), Incoming::Reply { code: 0, .. }));
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 2);

    once(Act::Reply(0x00, vec![1, 2, 3]));
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]), (0, vec![1, 2, 3]));

    once(Act::Forge(Forgery::Plaintext));
    console.send(CONTROL.0, CONTROL.1, &[3]);
    assert_eq!(console.receive(), Incoming::Rejected("not authenticated"));
    console.assert_silence();

    bmc.rule(Rule::always(STATUS.0, STATUS.1, Act::Shorten(2)));
    assert_eq!(console.must(STATUS.0, STATUS.1, &[]).len(), 2);
    assert_eq!(console.must(STATUS.0, STATUS.1, &[]).len(), 2);
    bmc.clear_rules();
    assert_eq!(console.must(STATUS.0, STATUS.1, &[]).len(), 4);
}

#[test]
fn a_late_reply_comes_after_the_answer_to_the_next_question() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    bmc.rule(Rule::once(STATUS.0, STATUS.1, Act::Late(Duration::from_millis(80))));
    let first = console.send(STATUS.0, STATUS.1, &[]);
    let second = console.send(STATUS.0, STATUS.1, &[]);
    let heard: Vec<Option<u8>> = console
        .drain()
        .into_iter()
        .map(|incoming| match incoming {
            Incoming::Reply { sequence, .. } => Some(sequence),
            _ => None,
        })
        .collect();
    assert_eq!(heard, [Some(second), Some(first)]);
}

#[test]
fn a_busy_bmc_answers_c0_and_does_nothing() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    bmc.set_faults(Faults { busy: 1.0, ..Faults::default() });
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[0]).0, 0xC0);
    bmc.set_faults(Faults { wrong_code: 1.0, code: 0xD1, ..Faults::default() });
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[0]).0, 0xD1);
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 0);
}

#[test]
fn handshake_faults_show_at_the_message_they_name() {
    let cases = [
        (HandshakeFault::Downgrade(3), NoSession::Wrong("suite")),
        (HandshakeFault::Downgrade(0), NoSession::Wrong("suite")),
        (HandshakeFault::Status(0x11, 0x01), NoSession::Status(0x11, 0x01)),
        (HandshakeFault::Status(0x13, 0x0D), NoSession::Status(0x13, 0x0D)),
        (HandshakeFault::Status(0x15, 0x0F), NoSession::Status(0x15, 0x0F)),
        (HandshakeFault::WrongKeyExchangeCode, NoSession::Wrong("key exchange code")),
        (HandshakeFault::WrongCheckValue, NoSession::Wrong("check value")),
        (HandshakeFault::WrongTag(0x13), NoSession::Wrong("tag")),
        (HandshakeFault::WrongSession(0x15), NoSession::Wrong("session")),
        (HandshakeFault::Truncate(0x11, 12), NoSession::Wrong("short")),
        (HandshakeFault::Silence(0x13), NoSession::Silence),
    ];
    for (fault, expected) in cases {
        let handshake = vec![fault.clone()];
        let bmc = start(|builder| builder.faults(Faults { handshake, ..Faults::default() }));
        assert_eq!(Console::open(bmc.addr(), &Login::default()).err(), Some(expected), "{fault:?}");
        bmc.set_faults(Faults::default());
        assert!(Console::open(bmc.addr(), &Login::default()).is_ok(), "after {fault:?}");
    }
}

#[test]
fn secrets_stay_out_of_the_journal_as_it_prints() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let mut data = vec![2, 2];
    data.extend_from_slice(b"hunter2hunter2\0\0");
    console.must(0x06, 0x47, &data);
    let printed = format!("{:?} {:?}", bmc.journal(), bmc.machine().lock().users);
    assert!(printed.contains("[redacted]"));
    assert!(!printed.contains("68, 75, 6e") && !printed.contains("hunter2"));
    assert!(bmc.machine().lock().users.get(2).is_some_and(|user| user.has_password("hunter2hunter2")));
}
