//! Sessions: what the handshake insists on, what each packet must be, and how sessions end.

use std::time::Duration;

use rosefish_mock::ipmi::{Duplicates, Fate, MockIpmi, Privilege, Refusal, User};

use crate::console::{Console, Incoming, Login, NoSession, message, receive, sessionless, socket};
use crate::{plain, start};

const DEVICE_ID: (u8, u8) = (0x06, 0x01);
const CONTROL: (u8, u8) = (0x00, 0x02);

#[test]
fn both_suites_carry_a_session() {
    let bmc = plain();
    for suite in [3, 17] {
        let mut console = Console::open(bmc.addr(), &Login { suite, ..Login::default() }).expect("a session");
        assert_eq!(console.must(0x06, 0x01, &[])[0], 0x20);
        console.must(0x06, 0x3C, &console.bmc_id.to_le_bytes());
    }
    assert_eq!(bmc.sessions(), 0);
    assert_eq!((bmc.stats().sessions_opened, bmc.stats().sessions_closed), (2, 2));
}

#[test]
fn only_the_suites_on_offer_are_taken() {
    let bmc = start(|builder| builder.suites(&[3]));
    let refused = Console::open(bmc.addr(), &Login::default()).err();
    assert_eq!(refused, Some(NoSession::Status(0x11, 0x11)));
    let (code, suites) = sessionless(bmc.addr(), 0x06, 0x54, &[0x0E, 0x00, 0x80]).expect("an answer");
    assert_eq!((code, suites), (0, vec![1, 0xC0, 3, 1, 0x41, 0x81]));
}

#[test]
fn the_handshake_says_why_it_fails() {
    let user = User::new("joe", "joespassword", Privilege::User);
    let bmc = start(|builder| builder.user(user).kg(b"group key"));
    let kg = Some(&b"group key"[..]);
    let login = |user, password, privilege, kg| Login { suite: 3, user, password, privilege, kg };
    let cases = [
        ("nobody", login("nobody", b"password", 4, kg), NoSession::Status(0x13, 0x0D)),
        ("too much privilege", login("joe", b"joespassword", 3, kg), NoSession::Status(0x13, 0x0A)),
        ("wrong password", login("admin", b"wrong", 4, kg), NoSession::Wrong("key exchange code")),
        ("no group key", login("admin", b"password", 4, None), NoSession::Wrong("check value")),
    ];
    for (case, login, expected) in cases {
        assert_eq!(Console::open(bmc.addr(), &login).err(), Some(expected), "{case}");
    }
    assert!(Console::open(bmc.addr(), &login("joe", b"joespassword", 2, kg)).is_ok());
    let capabilities = sessionless(bmc.addr(), 0x06, 0x38, &[0x8E, 4]).expect("an answer").1;
    assert_eq!(capabilities[2] & 0x20, 0x20, "K_G is set");
}

#[test]
fn a_session_starts_as_user_and_rises_to_its_limit() {
    let bmc = start(|builder| builder.user(User::new("op", "op-password", Privilege::Operator)));
    let login = Login { user: "op", password: b"op-password", privilege: 3, ..Login::default() };
    let mut console = Console::open(bmc.addr(), &login).expect("a session");
    assert_eq!(console.ask(0x00, 0x04, &[]).0, 0xD4, "identify is an operator's");
    assert_eq!(console.ask(0x06, 0x3B, &[4]).0, 0x80);
    assert_eq!(console.must(0x06, 0x3B, &[3]), [3]);
    assert_eq!(console.must(0x06, 0x3B, &[0]), [3]);
    console.must(0x00, 0x04, &[]);
    assert_eq!(console.ask(0x06, 0x02, &[]).0, 0xD4, "a cold reset is an administrator's");
}

#[test]
fn handshake_messages_that_arrive_twice_are_answered_alike() {
    let bmc = plain();
    let socket = socket(bmc.addr());
    let mut open = vec![6, 0, 0xFF, 7, 6, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0];
    open.extend_from_slice(&[1, 0, 0, 0, 1, 2, 3, 4]);
    for (kind, algorithm) in [(0, 3), (1, 4), (2, 1)] {
        open.extend_from_slice(&[kind, 0, 0, 8, algorithm, 0, 0, 0]);
    }
    socket.send(&open).expect("sent");
    socket.send(&open).expect("sent");
    let (first, second) = (receive(&socket).expect("an answer"), receive(&socket).expect("an answer"));
    assert_eq!(first, second);
}

#[test]
fn a_replayed_packet_is_refused_and_the_session_stands() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let request = message(CONTROL.0, 9, CONTROL.1, &[3]);
    console.session_sequence += 1;
    let datagram = console.seal(0, console.session_sequence, &request);
    console.socket.send(&datagram).expect("sent");
    assert!(matches!(console.receive(), Incoming::Reply { code: 0, .. }));
    console.socket.send(&datagram).expect("sent");
    console.assert_silence();
    assert_eq!(bmc.stats().refusals, [Refusal::Replayed]);
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 1);
    console.must(0x06, 0x01, &[]);
}

#[test]
fn packets_that_are_less_than_was_negotiated_are_refused() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let request = message(CONTROL.0, 9, CONTROL.1, &[3]);
    let plaintext = console.plain(0x00, 50, &request);
    let unencrypted = console.sign(console.plain(0x40, 5, &request));
    let mut wrong_code = console.seal(0, 5, &request);
    *wrong_code.last_mut().expect("a code") ^= 1;
    let far_ahead = console.seal(0, 5000, &request);
    let mut elsewhere = console.seal(0, 5, &request);
    elsewhere[6] ^= 1;
    for datagram in [plaintext, unencrypted, wrong_code, far_ahead, elsewhere] {
        console.socket.send(&datagram).expect("sent");
    }
    console.assert_silence();
    let expected = [
        Refusal::NotAuthenticated,
        Refusal::NotEncrypted,
        Refusal::WrongCode,
        Refusal::Replayed,
        Refusal::UnknownSession,
    ];
    assert_eq!(bmc.stats().refusals, expected);
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 0);
    console.must(0x06, 0x01, &[]);
}

#[test]
fn a_repeated_request_is_answered_as_before_and_not_carried_out() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]).0, 0);
    console.send_again(CONTROL.0, CONTROL.1, &[3]);
    assert!(matches!(console.receive(), Incoming::Reply { code: 0, .. }));
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 1);
    assert_eq!(bmc.journal().last().map(|entry| entry.fate), Some(Fate::AnsweredAgain));
    // The same command with a new request sequence number is a new command.
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]).0, 0);
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 2);
    // And so is one whose number has come round.
    for _ in 0..63 {
        console.must(DEVICE_ID.0, DEVICE_ID.1, &[]);
    }
    assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]).0, 0);
    assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), 3);
}

#[test]
fn real_bmcs_do_otherwise_with_repetitions_and_so_can_this_one() {
    for (habit, executed, answered) in [(Duplicates::ExecuteAgain, 2, true), (Duplicates::Ignore, 1, false)] {
        let bmc = start(|builder| builder.duplicates(habit));
        let mut console = Console::admin(bmc.addr());
        assert_eq!(console.ask(CONTROL.0, CONTROL.1, &[3]).0, 0);
        console.send_again(CONTROL.0, CONTROL.1, &[3]);
        assert_eq!(matches!(console.receive(), Incoming::Reply { .. }), answered, "{habit:?}");
        assert_eq!(bmc.executed(CONTROL.0, CONTROL.1), executed, "{habit:?}");
    }
}

#[test]
fn sessions_have_a_limit_and_run_out() {
    let bmc = start(|builder| builder.max_sessions(2).inactivity(Duration::from_secs(60)));
    let mut first = Console::admin(bmc.addr());
    let mut second = Console::admin(bmc.addr());
    let refused = Console::open(bmc.addr(), &Login::default()).err();
    assert_eq!(refused, Some(NoSession::Status(0x11, 0x01)));
    bmc.machine().lock().advance(Duration::from_secs(40));
    first.must(0x06, 0x01, &[]);
    bmc.machine().lock().advance(Duration::from_secs(40));
    second.send(0x06, 0x01, &[]);
    second.assert_silence();
    first.must(0x06, 0x01, &[]);
    assert_eq!(bmc.sessions(), 1);
}

#[test]
fn sessions_end_by_id_by_handle_and_without_a_word() {
    let bmc = plain();
    let mut first = Console::admin(bmc.addr());
    let mut second = Console::admin(bmc.addr());
    let info = second.must(0x06, 0x3D, &[0x00]);
    assert_eq!(info[1..5], [16, 2, 2, 4], "possible, active, user, privilege");
    assert_eq!(first.ask(0x06, 0x3C, &[9, 9, 9, 9]).0, 0x87);
    first.must(0x06, 0x3C, &[0, 0, 0, 0, info[0]]);
    second.send(0x06, 0x01, &[]);
    second.assert_silence();
    bmc.forget_sessions();
    first.send(0x06, 0x01, &[]);
    first.assert_silence();
}

#[test]
fn nothing_else_is_answered_outside_of_sessions() {
    let bmc = plain();
    assert_eq!(sessionless(bmc.addr(), 0x06, 0x01, &[]).expect("an answer").0, 0xD4);
    assert_eq!(sessionless(bmc.addr(), 0x00, 0x02, &[0]).expect("an answer").0, 0xD4);
    assert_eq!(sessionless(bmc.addr(), 0x06, 0x37, &[]).expect("an answer").0, 0);
    assert_eq!(bmc.executed(0x00, 0x02), 0);
}

#[test]
fn a_ping_is_answered_with_a_pong() {
    let bmc = plain();
    let socket = socket(bmc.addr());
    socket.send(&[6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 0x42, 0, 0]).expect("sent");
    let pong = receive(&socket).expect("a pong");
    assert_eq!((pong.len(), pong[8], pong[9], pong[20] & 0x80), (28, 0x40, 0x42, 0x80));
}

#[test]
fn a_bmc_can_be_offline_and_a_reset_one_is_away() {
    let bmc = start(|builder| builder.reset_takes(Duration::from_secs(30)));
    let mut console = Console::admin(bmc.addr());
    bmc.set_online(false);
    console.send(0x06, 0x01, &[]);
    console.assert_silence();
    bmc.set_online(true);
    console.must(0x06, 0x01, &[]);
    console.must(0x06, 0x02, &[]);
    assert_eq!(Console::open(bmc.addr(), &Login::default()).err(), Some(NoSession::Silence));
    bmc.machine().lock().advance(Duration::from_secs(30));
    assert!(Console::open(bmc.addr(), &Login::default()).is_ok());
}

#[test]
fn a_fleet_is_many_bmcs_on_one_thread() {
    let fleet = futures_free(MockIpmi::fleet(50)).expect("a fleet");
    for bmc in fleet.members() {
        Console::admin(bmc.addr()).must(0x00, 0x02, &[0]);
    }
    let off = |bmc: &MockIpmi| bmc.machine().lock().power_state() == rosefish_mock::ipmi::PowerState::Off;
    assert!(fleet.members().iter().all(off));
    let alone = fleet.members().iter().map(|bmc| bmc.executed(0x00, 0x02)).collect::<Vec<_>>();
    assert_eq!(alone, [1; 50]);
    fleet.shutdown();
}

/// Runs a future that needs no runtime of ours.
fn futures_free<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}
