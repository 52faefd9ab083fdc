//! Hostile input: whatever arrives, the BMC stays up and continues serving its sessions.

use rosefish_mock::ipmi::Faults;

use crate::console::{Console, Incoming, message};
use crate::plain;

/// A small repeatable source of noise.
struct Noise(u64);

impl Noise {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 56) as u8
    }

    fn bytes(&mut self, most: u8) -> Vec<u8> {
        let length = self.byte() % (most + 1);
        (0..length).map(|_| self.byte()).collect()
    }
}

#[test]
fn noise_and_broken_packets_do_no_harm() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let mut noise = Noise(1);
    let good = console.seal(0, 2, &message(0x00, 1, 0x02, &[0]));
    for round in 0..3000 {
        let mut datagram = match round % 3 {
            // Any bytes; any bytes behind a good header; a good packet with a byte or two wrong.
            0 => noise.bytes(80),
            1 => [&[6, 0, 0xFF, 7, 6, noise.byte() & 0x3F][..], &noise.bytes(90)].concat(),
            _ => good.clone(),
        };
        // The RMCP header is not covered by the code: a change there would leave the good packet good.
        let spare = if round % 3 == 2 { 4 } else { 0 };
        if datagram.len() > spare {
            let at = spare + usize::from(noise.byte()) % (datagram.len() - spare);
            datagram[at] ^= noise.byte() | 1;
            if round % 7 == 0 {
                datagram.truncate(at);
            }
        }
        console.socket.send(&datagram).expect("sent");
        // Some get an answer; reading them keeps the queue short.
        if round % 500 == 0 {
            console.drain();
        }
    }
    console.drain();
    console.must(0x06, 0x01, &[]);
    assert_eq!(bmc.executed(0x00, 0x02), 0);
}

#[test]
fn every_command_bears_any_data() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    let mut noise = Noise(2);
    for netfn in [0x00, 0x04, 0x06, 0x0A, 0x0C, 0x2C, 0x2E, 0x30] {
        for command in 0..=0x60 {
            // Resets, close, privilege and access to the channel would end the test rather than the BMC.
            if netfn == 0x06 && matches!(command, 0x02 | 0x03 | 0x3B | 0x3C | 0x40 | 0x43 | 0x47) {
                continue;
            }
            for _ in 0..6 {
                let mut data = noise.bytes(24);
                if let (0x2C, Some(group)) = (netfn, data.first_mut()) {
                    *group = if noise.byte() < 0x80 { 0xDC } else { 0 };
                }
                // Numbers that exist get further than numbers that don't.
                data.iter_mut().filter(|byte| **byte > 0xC0).for_each(|byte| *byte &= 3);
                let asked = console.send(netfn, command, &data);
                loop {
                    match console.receive() {
                        Incoming::Reply { sequence, command: of, .. } if sequence == asked && of == command => break,
                        Incoming::Silence => {
                            panic!("{netfn:02x}/{command:02x} with {data:02x?} went unanswered")
                        }
                        _ => {}
                    }
                }
            }
        }
    }
}

#[test]
fn a_fleet_of_faults_at_once_leaves_the_bmc_standing() {
    let bmc = plain();
    let mut console = Console::admin(bmc.addr());
    bmc.set_faults(Faults {
        seed: 9,
        drop: 0.1,
        duplicate: 0.3,
        reorder: 0.3,
        truncate: 0.1,
        corrupt: 0.1,
        forge: 0.3,
        busy: 0.1,
        ..Faults::default()
    });
    for _ in 0..200 {
        console.send(0x00, 0x01, &[]);
    }
    console.drain();
    bmc.set_faults(Faults::default());
    console.must(0x00, 0x01, &[]);
}
