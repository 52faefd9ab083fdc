//! Any datagram, and any bytes inside of a sealed packet: no panic, what re-encodes is the same, and a changed bit in a packet
//! with an integrity code is always noticed.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use rosefish_ipmi::AuthType;
use rosefish_ipmi::packet::auth::Keys;
use rosefish_ipmi::packet::message::{Request, Response};
use rosefish_ipmi::packet::rakp::{Rakp2, Rakp4, RakpStatus, decode_open_session};
use rosefish_ipmi::packet::rmcp::{self, Datagram};
use rosefish_ipmi::packet::session15;
use rosefish_ipmi::packet::session20::{self, PayloadType};
use rosefish_ipmi::packet::sol::{FromBmc, ToBmc};
use rosefish_ipmi::packet::suite::{Integrity, SUITES, decode_records};
use rosefish_ipmi::packet::window::Window;

const PASSWORD: &[u8] = b"fuzz";
const RMCP_HEADER: usize = 4;

static KEYS: LazyLock<Vec<Keys>> =
    LazyLock::new(|| SUITES.into_iter().map(|suite| Keys::derive(suite, &[7; 20])).collect());

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (choice, place, bytes) = input;
    match choice % 8 {
        0 | 1 => datagram(bytes),
        2 => messages(bytes),
        3 => handshake(bytes),
        4 => payloads(bytes),
        5 => sealed(choice, place, bytes),
        6 => ciphertext(choice, bytes),
        _ => window(place, bytes),
    }
});

fn datagram(bytes: &[u8]) {
    match rmcp::decode(bytes) {
        Ok(Datagram::Ipmi(rest)) => {
            assert_eq!(rest, &bytes[RMCP_HEADER..]);
            session(rest);
        }
        Ok(Datagram::Ping { tag }) => assert_eq!(rmcp::decode(&rmcp::ping(tag)), Ok(Datagram::Ping { tag })),
        Ok(Datagram::Pong(pong)) => assert_eq!(rmcp::decode(&pong.encode()), Ok(Datagram::Pong(pong))),
        Ok(Datagram::Other { .. }) | Err(_) => {}
    }
    // The fuzzer need not find the RMCP header to get to what is behind it.
    session(bytes);
}

fn session(bytes: &[u8]) {
    if let Ok(packet) = session15::Packet::decode(bytes) {
        for auth_type in [AuthType::None, AuthType::Md5, AuthType::Straight] {
            if packet.is_authentic(auth_type, PASSWORD) {
                let again = session15::encode(auth_type, PASSWORD, packet.session, packet.sequence, packet.payload);
                assert_eq!(session15::Packet::decode(&again[RMCP_HEADER..]), Ok(packet.clone()));
            }
        }
        messages(packet.payload);
    }
    if let Ok(packet) = session20::Packet::decode(bytes) {
        assert!(packet.payload.len() <= bytes.len());
        for keys in KEYS.iter() {
            let Ok(plain) = packet.open(keys) else { continue };
            // What opens is protected as the suite says; without a code nothing more can be asked of it.
            assert_eq!(packet.authenticated, keys.suite().integrity() != Integrity::None);
            if packet.payload_type != PayloadType::OEM_EXPLICIT {
                let again =
                    session20::seal(keys, packet.payload_type, packet.session, packet.sequence, [9; 16], &plain);
                let again = session20::Packet::decode(&again[RMCP_HEADER..]).unwrap();
                assert_eq!(again.open(keys), Ok(plain));
            }
        }
        messages(packet.payload);
        handshake(packet.payload);
    }
}

fn messages(bytes: &[u8]) {
    if let Ok(request) = Request::decode(bytes) {
        assert_eq!(Request::decode(&request.encode()), Ok(request));
    }
    if let Ok(response) = Response::decode(bytes) {
        assert!(response.net_fn.is_response());
        assert_eq!(Response::decode(&response.encode()), Ok(response));
    }
}

fn handshake(bytes: &[u8]) {
    // The status comes before the length: two bytes are enough for a refusal, whatever follows.
    let refusal =
        bytes.get(1).map(|status| RakpStatus::from_code(*status)).filter(|status| *status != RakpStatus::Success);
    if let Some(status) = refusal {
        assert_eq!(decode_open_session(bytes).unwrap().outcome, Err(status));
        assert_eq!(Rakp2::decode(bytes).unwrap().outcome, Err(status));
        assert_eq!(Rakp4::decode(bytes).unwrap().outcome, Err(status));
        assert_eq!(RakpStatus::from_code(status.code()), status);
        let _ = status.to_string();
        return;
    }
    if let Ok(answer) = decode_open_session(bytes) {
        let opened = answer.outcome.unwrap();
        assert!(SUITES.into_iter().filter(|suite| opened.is(*suite)).count() <= 1);
    }
    if let Ok(answer) = Rakp2::decode(bytes) {
        let message = answer.outcome.unwrap();
        assert_eq!(40 + message.code.len(), bytes.len());
    }
    if let Ok(answer) = Rakp4::decode(bytes) {
        let message = answer.outcome.unwrap();
        assert_eq!(8 + message.check.len(), bytes.len());
    }
}

fn payloads(bytes: &[u8]) {
    if let Ok(payload) = FromBmc::decode(bytes) {
        assert_eq!(FromBmc::decode(&payload.encode()), Ok(payload));
    }
    if let Ok(payload) = ToBmc::decode(bytes) {
        assert_eq!(ToBmc::decode(&payload.encode()), Ok(payload));
    }
    let records = decode_records(bytes);
    assert!(2 * records.len() <= bytes.len());
    for record in records {
        if let Some(suite) = record.suite() {
            assert_eq!(suite.id(), record.id);
        }
    }
}

/// A packet that was sealed, with one bit of it changed.
fn sealed(choice: u8, place: u16, plain: &[u8]) {
    let keys = &KEYS[usize::from(choice / 8) % KEYS.len()];
    let good = session20::seal(keys, PayloadType::IPMI, 7, u32::from(place), [5; 16], plain);
    let packet = session20::Packet::decode(&good[RMCP_HEADER..]).unwrap();
    assert_eq!(packet.open(keys).as_deref(), Ok(plain));

    let mut bad = good[RMCP_HEADER..].to_vec();
    let bit = usize::from(place) % (bad.len() * 8);
    bad[bit / 8] ^= 1 << (bit % 8);
    let opened = session20::Packet::decode(&bad).map(|packet| packet.open(keys));
    if keys.suite().integrity() != Integrity::None {
        assert!(!matches!(opened, Ok(Ok(_))), "{}: bit {bit} was changed and not noticed", keys.suite());
    }
}

/// Bytes that are said to be encrypted.
fn ciphertext(choice: u8, bytes: &[u8]) {
    let keys = &KEYS[usize::from(choice / 8) % KEYS.len()];
    if let Ok(plain) = keys.decrypt(bytes) {
        assert!(plain.len() <= bytes.len());
        assert_eq!(keys.decrypt(&keys.encrypt(&plain, [3; 16])), Ok(plain));
    }
}

/// Sequence numbers in any order: none is taken twice.
fn window(start: u16, bytes: &[u8]) {
    let mut window = Window::starting_after(u32::from(start));
    let mut taken = std::collections::HashSet::new();
    for step in bytes {
        let sequence = u32::from(start).wrapping_add(u32::from(*step)).wrapping_sub(64);
        if window.accept(sequence) {
            assert!(taken.insert(sequence), "{sequence} was taken twice");
        }
    }
}
