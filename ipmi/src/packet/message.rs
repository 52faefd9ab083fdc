//! IPMI LAN messages (IPMI 2.0, section 13.8): addresses, network function, request sequence, command, completion code
//! and the two checksums. What a command's data mean is `command`'s; how a message travels is the session wrappers'.

use std::fmt;

use super::{Malformed, Reader, checksum};

/// The slave address of the BMC.
pub const BMC_ADDRESS: u8 = 0x20;
/// The software ID that a remote console uses as its address.
pub const CONSOLE_ADDRESS: u8 = 0x81;

/// A network function, even for requests (IPMI 2.0, table 5-1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NetFn(pub u8);

impl NetFn {
    /// Chassis control and status.
    pub const CHASSIS: Self = Self(0x00);
    /// Bridging.
    pub const BRIDGE: Self = Self(0x02);
    /// Sensors and events.
    pub const SENSOR_EVENT: Self = Self(0x04);
    /// Device, session, user and channel management.
    pub const APP: Self = Self(0x06);
    /// Firmware transfer.
    pub const FIRMWARE: Self = Self(0x08);
    /// FRU, SDR and SEL.
    pub const STORAGE: Self = Self(0x0a);
    /// LAN, serial and SOL configuration.
    pub const TRANSPORT: Self = Self(0x0c);
    /// Group extensions; the first data byte names the group (DCMI is 0xDC).
    pub const GROUP: Self = Self(0x2c);
    /// OEM commands whose first three data bytes are an enterprise number.
    pub const OEM_GROUP: Self = Self(0x2e);

    /// Returns the network function of the response.
    #[must_use]
    pub const fn response(self) -> Self {
        Self(self.0 | 1)
    }

    /// Returns whether this is a response's.
    #[must_use]
    pub const fn is_response(self) -> bool {
        self.0 & 1 == 1
    }
}

impl fmt::Display for NetFn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x}", self.0)
    }
}

/// A request, as it stands in an IPMI payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Address of the responder: [`BMC_ADDRESS`], or a satellite controller's.
    pub responder: u8,
    /// Address of the requester: [`CONSOLE_ADDRESS`], or the BMC's where it asks in our place.
    pub requester: u8,
    /// Network function, even.
    pub net_fn: NetFn,
    /// Logical unit of the responder, 0 to 3.
    pub lun: u8,
    /// Request sequence, 0 to 63; the same on a retry.
    pub sequence: u8,
    /// The command.
    pub command: u8,
    /// The command's data.
    pub data: Vec<u8>,
}

impl Request {
    /// Returns the message with both checksums.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.data.len().saturating_add(7));
        out.extend([self.responder, self.net_fn.0 << 2 | self.lun & 3]);
        out.push(checksum(&out));
        let second = [self.requester, self.sequence << 2, self.command];
        let sum = checksum(&second).wrapping_add(checksum(&self.data));
        out.extend(second);
        out.extend(&self.data);
        out.push(sum);
        out
    }

    /// Reads a request.
    ///
    /// # Errors
    /// When it is too short or a checksum is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let parts = Parts::decode(bytes, "IPMI request")?;
        Ok(Self {
            responder: parts.to,
            requester: parts.from,
            net_fn: parts.net_fn,
            lun: parts.to_lun,
            sequence: parts.sequence,
            command: parts.command,
            data: parts.data.to_vec(),
        })
    }
}

/// A response, as it stands in an IPMI payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// Address of the requester.
    pub requester: u8,
    /// Address of the responder.
    pub responder: u8,
    /// Network function, odd.
    pub net_fn: NetFn,
    /// Logical unit of the responder.
    pub lun: u8,
    /// The sequence of the request.
    pub sequence: u8,
    /// The command of the request.
    pub command: u8,
    /// How it went; 0 is success.
    pub completion: u8,
    /// The data behind the completion code.
    pub data: Vec<u8>,
}

impl Response {
    /// Returns the message with both checksums.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.data.len().saturating_add(8));
        out.extend([self.requester, self.net_fn.0 << 2]);
        out.push(checksum(&out));
        let second = [self.responder, self.sequence << 2 | self.lun & 3, self.command, self.completion];
        let sum = checksum(&second).wrapping_add(checksum(&self.data));
        out.extend(second);
        out.extend(&self.data);
        out.push(sum);
        out
    }

    /// Reads a response.
    ///
    /// # Errors
    /// When it is too short, a checksum is wrong, or it is a request.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let parts = Parts::decode(bytes, "IPMI response")?;
        let (completion, data) = parts.data.split_first().ok_or(Malformed::new("IPMI response", 6))?;
        if !parts.net_fn.is_response() {
            return Err(Malformed::new("IPMI response", 1));
        }
        Ok(Self {
            requester: parts.to,
            responder: parts.from,
            net_fn: parts.net_fn,
            lun: parts.from_lun,
            sequence: parts.sequence,
            command: parts.command,
            completion: *completion,
            data: data.to_vec(),
        })
    }
}

struct Parts<'a> {
    to: u8,
    to_lun: u8,
    from: u8,
    from_lun: u8,
    net_fn: NetFn,
    sequence: u8,
    command: u8,
    data: &'a [u8],
}

impl<'a> Parts<'a> {
    fn decode(bytes: &'a [u8], what: &'static str) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes, what);
        let (to, net_fn_lun, first_sum) = (reader.u8()?, reader.u8()?, reader.u8()?);
        if checksum(&[to, net_fn_lun]) != first_sum {
            return Err(Malformed::new(what, 2));
        }
        let second = reader.rest();
        let (from, sequence_lun, command) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let (sum, data) = reader.rest().split_last().ok_or(reader.malformed())?;
        let covered = second.len().saturating_sub(1);
        if checksum(second.get(..covered).unwrap_or_default()) != *sum {
            return Err(Malformed::new(what, bytes.len().saturating_sub(1)));
        }
        Ok(Self {
            to,
            to_lun: net_fn_lun & 3,
            from,
            from_lun: sequence_lun & 3,
            net_fn: NetFn(net_fn_lun >> 2),
            sequence: sequence_lun >> 2,
            command,
            data,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn get_channel_authentication_capabilities_encodes_as_the_specification_shows() {
        let request = Request {
            responder: 0x20,
            requester: 0x81,
            net_fn: NetFn::APP,
            lun: 0,
            sequence: 0,
            command: 0x38,
            data: vec![0x8e, 0x04],
        };
        assert_eq!(request.encode(), [0x20, 0x18, 0xc8, 0x81, 0x00, 0x38, 0x8e, 0x04, 0xb5]);
    }

    #[test]
    fn a_flipped_bit_is_noticed_wherever_it_is() {
        let response = Response {
            requester: 0x81,
            responder: 0x20,
            net_fn: NetFn(7),
            lun: 0,
            sequence: 5,
            command: 1,
            completion: 0,
            data: vec![1, 2],
        };
        let good = response.encode();
        assert_eq!(Response::decode(&good), Ok(response));
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(Response::decode(&bad).is_err(), "bit {bit}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_decode_or_fail(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = Response::decode(&bytes);
            let _ = Request::decode(&bytes);
        }

        #[test]
        fn requests_round_trip(responder: u8, requester: u8, net_fn in 0u8..64, lun in 0u8..4, sequence in 0u8..64, command: u8, data: Vec<u8>) {
            let request = Request { responder, requester, net_fn: NetFn(net_fn), lun, sequence, command, data };
            prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
        }

        #[test]
        fn responses_round_trip(responder: u8, requester: u8, net_fn in 0u8..32, lun in 0u8..4, sequence in 0u8..64, command: u8, completion: u8, data: Vec<u8>) {
            let response = Response { requester, responder, net_fn: NetFn(net_fn * 2 + 1), lun, sequence, command, completion, data };
            prop_assert_eq!(Response::decode(&response.encode()), Ok(response));
        }
    }
}
