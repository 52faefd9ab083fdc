//! The SOL payload (IPMI 2.0 section 15.9): packets with a sequence number of their own, acknowledged one at a time.
//! The characters come from and go to the machine's console.

use std::time::Duration;

use crate::ipmi::machine::console::Console;

const NACK: u8 = 0x40;
const BREAK: u8 = 0x10;
const FLUSH_INBOUND: u8 = 0x02;
const DEACTIVATED: u8 = 0x10;

#[derive(Clone, Debug)]
struct InFlight {
    sequence: u8,
    data: Vec<u8>,
    again_at: Duration,
    tries: u8,
}

/// An active SOL payload instance.
#[derive(Clone, Debug)]
pub(crate) struct Sol {
    pub(crate) authenticated: bool,
    pub(crate) encrypted: bool,
    pub(crate) retries: u8,
    pub(crate) interval: Duration,
    /// Characters in one packet, at most.
    pub(crate) chunk: usize,
    sequence: u8,
    in_flight: Option<InFlight>,
    /// The console's last packet and how many characters of it were taken.
    received: (u8, u8),
}

impl Sol {
    pub(crate) fn new(authenticated: bool, encrypted: bool, retries: u8, interval: Duration) -> Self {
        Self { authenticated, encrypted, retries, interval, chunk: 240, sequence: 0, in_flight: None, received: (0, 0) }
    }

    /// Takes a packet from the remote console and returns the answer. With `refuse`, input is not acknowledged.
    pub(crate) fn receive(
        &mut self,
        payload: &[u8],
        refuse: bool,
        console: &mut Console,
        now: Duration,
    ) -> Option<Vec<u8>> {
        let [sequence, acknowledged, accepted, operation, data @ ..] = payload else {
            return None;
        };
        let sequence = sequence & 0x0F;
        self.acknowledge(acknowledged & 0x0F, *accepted, operation & NACK != 0, now);
        if sequence == 0 {
            return self.poll(console, now);
        }
        if operation & FLUSH_INBOUND != 0 {
            console.output.clear();
        }
        let (last, taken) = self.received;
        let taken = if sequence == last {
            taken
        } else if refuse {
            return Some(vec![0, sequence, 0, NACK]);
        } else {
            if operation & BREAK != 0 {
                console.serial_break();
            }
            console.type_in(data);
            u8::try_from(data.len()).unwrap_or(u8::MAX)
        };
        self.received = (sequence, taken);
        // Pending output is sent with the acknowledgement.
        let mut reply = self.poll(console, now).unwrap_or_else(|| vec![0, 0, 0, 0]);
        if let [_, acknowledged, accepted, ..] = reply.as_mut_slice() {
            *acknowledged = sequence;
            *accepted = taken;
        }
        Some(reply)
    }

    fn acknowledge(&mut self, sequence: u8, accepted: u8, refused: bool, now: Duration) {
        let Some(sent) = self.in_flight.as_mut().filter(|sent| sent.sequence == sequence && sequence != 0) else {
            return;
        };
        if refused {
            sent.again_at = now + self.interval;
            return;
        }
        let rest = sent.data.get(usize::from(accepted)..).unwrap_or_default().to_vec();
        if rest.is_empty() {
            self.in_flight = None;
        } else {
            // Only part of it was accepted: the rest is sent as a new packet.
            self.sequence = next(self.sequence);
            *sent = InFlight { sequence: self.sequence, data: rest, again_at: now, tries: 0 };
        }
    }

    /// Returns the packet that is due: new characters, or a retransmission of the last ones.
    pub(crate) fn poll(&mut self, console: &mut Console, now: Duration) -> Option<Vec<u8>> {
        if self.in_flight.is_none() {
            let data = console.take(self.chunk);
            if data.is_empty() {
                return None;
            }
            self.sequence = next(self.sequence);
            self.in_flight = Some(InFlight { sequence: self.sequence, data, again_at: now, tries: 0 });
        }
        let sent = self.in_flight.as_mut().filter(|sent| sent.again_at <= now)?;
        if sent.tries > self.retries {
            self.in_flight = None;
            return None;
        }
        sent.tries += 1;
        sent.again_at = now + self.interval;
        let mut packet = vec![sent.sequence, 0, 0, 0];
        packet.extend_from_slice(&sent.data);
        Some(packet)
    }

    /// Creates the packet that informs a console that its payload was deactivated.
    pub(crate) fn deactivation() -> Vec<u8> {
        vec![0, 0, 0, DEACTIVATED]
    }
}

/// Returns the next sequence number, from 1 to 15. Zero is for packets that only acknowledge.
fn next(sequence: u8) -> u8 {
    if sequence >= 15 { 1 } else { sequence + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn quiet() -> (Sol, Console) {
        let mut console = Console::default();
        console.greeting.clear();
        (Sol::new(true, true, 2, Duration::from_millis(10)), console)
    }

    #[test]
    fn input_that_arrives_twice_is_typed_once_and_acknowledged_twice() {
        let (mut sol, mut console) = quiet();
        console.echo = false;
        let packet = [1, 0, 0, 0, b'h', b'i'];
        assert_eq!(sol.receive(&packet, false, &mut console, NOW), Some(vec![0, 1, 2, 0]));
        assert_eq!(sol.receive(&packet, false, &mut console, NOW), Some(vec![0, 1, 2, 0]));
        assert_eq!(console.received(), b"hi");
    }

    #[test]
    fn output_is_sent_again_until_it_is_acknowledged() {
        let (mut sol, mut console) = quiet();
        console.print("boot");
        let first = sol.poll(&mut console, NOW);
        assert_eq!(first.as_deref(), Some(&b"\x01\0\0\0boot"[..]));
        assert_eq!(sol.poll(&mut console, NOW), None);
        assert_eq!(sol.poll(&mut console, NOW + sol.interval), first);
        // Three of four characters were accepted: the fourth comes in a new packet.
        let rest = sol.receive(&[0, 1, 3, 0], false, &mut console, NOW + sol.interval);
        assert_eq!(rest.as_deref(), Some(&b"\x02\0\0\0t"[..]));
        assert_eq!(sol.receive(&[0, 2, 1, 0], false, &mut console, NOW), None);
        assert_eq!(sol.poll(&mut console, NOW * 9), None);
    }

    #[test]
    fn refused_input_may_come_again() {
        let (mut sol, mut console) = quiet();
        assert_eq!(sol.receive(&[5, 0, 0, 0, b'x'], true, &mut console, NOW), Some(vec![0, 5, 0, NACK]));
        assert_eq!(
            sol.receive(&[5, 0, 0, 0, b'x'], false, &mut console, NOW).as_deref(),
            Some(&b"\x01\x05\x01\0x"[..])
        );
    }
}
