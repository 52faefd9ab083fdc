//! Serial over LAN.

use rosefish_mock::ipmi::Faults;

use crate::console::{Console, Incoming};
use crate::plain;

const ACTIVATE: [u8; 6] = [1, 1, 0xC0, 0, 0, 0];
const DEACTIVATE: [u8; 6] = [1, 1, 0, 0, 0, 0];

/// Reads packets, acknowledging each, until this text has come.
fn expect(console: &mut Console, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        match console.receive() {
            Incoming::Sol(packet) => {
                text.push_str(&String::from_utf8_lossy(&packet[4..]));
                if packet[0] != 0 {
                    let count = u8::try_from(packet.len() - 4).expect("short");
                    console.send_payload(1, &[0, packet[0], count, 0]);
                }
            }
            other => panic!("wanted {wanted:?}, have {text:?} and {other:?}"),
        }
    }
    text
}

fn activated(bmc: &rosefish_mock::ipmi::MockIpmi) -> Console {
    let mut console = Console::admin(bmc.addr());
    let data = console.must(0x06, 0x48, &ACTIVATE);
    assert_eq!(data[8..10], bmc.addr().port().to_le_bytes());
    console
}

#[test]
fn the_console_greets_and_echoes() {
    let bmc = plain();
    let mut console = activated(&bmc);
    expect(&mut console, "console ready");
    console.send_payload(1, b"\x01\0\0\0ls\r");
    expect(&mut console, "ls\r\n#");
    assert_eq!(bmc.machine().lock().console.received(), b"ls\r");
    bmc.machine().lock().console.print("kernel: hello");
    expect(&mut console, "kernel: hello");
}

#[test]
fn output_comes_again_until_it_is_acknowledged() {
    let bmc = plain();
    let mut console = activated(&bmc);
    let (Incoming::Sol(first), Incoming::Sol(again)) = (console.receive(), console.receive()) else {
        panic!("not two packets");
    };
    assert_eq!(first, again);
    assert_eq!(first[0], 1);
}

#[test]
fn input_that_is_refused_or_repeated_is_typed_once() {
    let bmc = plain();
    let mut console = activated(&bmc);
    expect(&mut console, "# ");
    bmc.set_faults(Faults { sol_nack: 1.0, ..Faults::default() });
    console.send_payload(1, b"\x01\0\0\0x");
    assert_eq!(console.receive(), Incoming::Sol(vec![0, 1, 0, 0x40]));
    bmc.set_faults(Faults::default());
    console.send_payload(1, b"\x01\0\0\0x");
    console.send_payload(1, b"\x01\0\0\0x");
    expect(&mut console, "x");
    assert_eq!(bmc.machine().lock().console.received(), b"x");
}

#[test]
fn there_is_one_console_and_its_loss_is_announced() {
    let bmc = plain();
    let mut first = activated(&bmc);
    expect(&mut first, "# ");
    let mut second = Console::admin(bmc.addr());
    assert_eq!(second.ask(0x06, 0x48, &ACTIVATE).0, 0x80);
    assert_eq!(second.must(0x06, 0x4A, &[1]), [1, 1, 0]);
    second.must(0x06, 0x49, &DEACTIVATE);
    assert_eq!(first.receive(), Incoming::Sol(vec![0, 0, 0, 0x10]));
    second.must(0x06, 0x48, &ACTIVATE);
    expect(&mut second, "console ready");
    second.must(0x06, 0x49, &DEACTIVATE);
    assert_eq!(second.ask(0x06, 0x49, &DEACTIVATE).0, 0x80);
}

#[test]
fn not_everybody_may_have_the_console() {
    let bmc = plain();
    if let Some(user) = bmc.machine().lock().users.get_mut(2) {
        user.payloads = 0x01;
    }
    let mut console = Console::admin(bmc.addr());
    assert_eq!(console.ask(0x06, 0x48, &ACTIVATE).0, 0xD4);
    console.must(0x06, 0x4C, &[1, 2, 0x02, 0, 0, 0]);
    console.must(0x06, 0x48, &ACTIVATE);
    expect(&mut console, "# ");
    console.must(0x06, 0x49, &DEACTIVATE);
    // Encryption is required here.
    assert_eq!(console.ask(0x06, 0x48, &[1, 1, 0x40, 0, 0, 0]).0, 0x84);
}
