//! The Serial Over LAN payload (IPMI 2.0, section 15.9): a four-byte header with two sequence numbers, and characters.
//! The retry rules that go with the numbers are in `session`.

use super::{Malformed, Reader};

/// A packet from the console to the BMC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToBmc {
    /// 1 to 15; 0 for a packet that only acknowledges.
    pub sequence: u8,
    /// The BMC packet that is acknowledged; 0 for none.
    pub acknowledged: u8,
    /// How many of its characters were accepted.
    pub accepted: u8,
    /// Whether the BMC is to hold the packet back and send it again later.
    pub nack: bool,
    /// Whether a serial break is to be generated.
    pub send_break: bool,
    /// The characters.
    pub data: Vec<u8>,
}

impl ToBmc {
    /// Returns the payload's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let operation = u8::from(self.nack) << 6 | u8::from(self.send_break) << 4;
        let mut out = vec![self.sequence & 0x0f, self.acknowledged & 0x0f, self.accepted, operation];
        out.extend(&self.data);
        out
    }

    /// Reads the payload, as a BMC does.
    ///
    /// # Errors
    /// When it is shorter than its header.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "SOL payload");
        let [sequence, acknowledged, accepted, operation] = reader.array()?;
        Ok(Self {
            sequence: sequence & 0x0f,
            acknowledged: acknowledged & 0x0f,
            accepted,
            nack: operation & 0x40 != 0,
            send_break: operation & 0x10 != 0,
            data: reader.rest().to_vec(),
        })
    }
}

/// A packet from the BMC to the console.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FromBmc {
    /// 1 to 15; 0 for a packet that only acknowledges.
    pub sequence: u8,
    /// The console packet that is acknowledged; 0 for none.
    pub acknowledged: u8,
    /// How many of its characters were accepted.
    pub accepted: u8,
    /// Whether the console's packet was refused for now.
    pub nack: bool,
    /// Whether the BMC can't transfer characters now (the system is off, say).
    pub unavailable: bool,
    /// Whether SOL is deactivated or about to be.
    pub deactivating: bool,
    /// Whether characters were lost in the BMC.
    pub overrun: bool,
    /// Whether a serial break was seen.
    pub break_seen: bool,
    /// The characters.
    pub data: Vec<u8>,
}

impl FromBmc {
    /// Returns the payload's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let status = u8::from(self.nack) << 6
            | u8::from(self.unavailable) << 5
            | u8::from(self.deactivating) << 4
            | u8::from(self.overrun) << 3
            | u8::from(self.break_seen) << 2;
        let mut out = vec![self.sequence & 0x0f, self.acknowledged & 0x0f, self.accepted, status];
        out.extend(&self.data);
        out
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// When it is shorter than its header.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, "SOL payload");
        let [sequence, acknowledged, accepted, status] = reader.array()?;
        Ok(Self {
            sequence: sequence & 0x0f,
            acknowledged: acknowledged & 0x0f,
            accepted,
            nack: status & 0x40 != 0,
            unavailable: status & 0x20 != 0,
            deactivating: status & 0x10 != 0,
            overrun: status & 0x08 != 0,
            break_seen: status & 0x04 != 0,
            data: reader.rest().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn both_directions_round_trip(sequence in 0u8..16, acknowledged in 0u8..16, accepted: u8, flags: [bool; 5], data: Vec<u8>) {
            let [a, b, c, d, e] = flags;
            let to = ToBmc { sequence, acknowledged, accepted, nack: a, send_break: b, data: data.clone() };
            prop_assert_eq!(ToBmc::decode(&to.encode()), Ok(to));
            let from = FromBmc { sequence, acknowledged, accepted, nack: a, unavailable: b, deactivating: c, overrun: d, break_seen: e, data };
            prop_assert_eq!(FromBmc::decode(&from.encode()), Ok(from));
        }

        #[test]
        fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..16)) {
            let _ = (FromBmc::decode(&bytes), ToBmc::decode(&bytes));
        }
    }
}
