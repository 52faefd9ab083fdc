//! Where a BMC sends alerts (IPMI 2.0, table 23-4, parameters 17 to 19): the destinations of a LAN channel. Entry 0 is
//! volatile; PEF's alert policies name the others.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::packet::{Malformed, Reader};

/// The parameter with the number of destinations.
pub(crate) const COUNT: u8 = 17;
/// The parameter with how alerts are sent to a destination.
pub(crate) const KIND: u8 = 18;
/// The parameter with the address of a destination.
pub(crate) const ADDRESS: u8 = 19;

/// What is sent to a destination.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlertKind {
    /// 0: an SNMP trap (PET).
    SnmpTrap,
    /// 6: the first kind that the vendor defines.
    Oem1,
    /// 7: the second kind that the vendor defines.
    Oem2,
    /// A value that the specification reserves.
    Reserved(u8),
}

impl AlertKind {
    const fn from_number(number: u8) -> Self {
        match number & 7 {
            0 => Self::SnmpTrap,
            6 => Self::Oem1,
            7 => Self::Oem2,
            other => Self::Reserved(other),
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::SnmpTrap => 0,
            Self::Oem1 => 6,
            Self::Oem2 => 7,
            Self::Reserved(number) => number & 7,
        }
    }
}

/// Where alerts are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AlertDestination {
    /// Its number: 0 is volatile, the others are kept.
    pub number: u8,
    /// What is sent.
    pub kind: AlertKind,
    /// Whether it is sent again until it is acknowledged.
    pub acknowledged: bool,
    /// How long an acknowledgement is waited for, or between two that need none, in seconds.
    pub timeout_seconds: u8,
    /// How often it is sent again, 0 to 7.
    pub retries: u8,
    /// The address. Unspecified (0.0.0.0) where none is set.
    pub address: IpAddr,
    /// Whether the backup gateway is used instead of the default gateway. IPv4 alone.
    pub backup_gateway: bool,
    /// The MAC address; zeros where it is resolved by ARP. IPv4 alone.
    pub mac: [u8; 6],
}

impl AlertDestination {
    /// Returns a destination for SNMP traps that are not acknowledged, sent once more after five seconds.
    #[must_use]
    pub const fn new(number: u8, address: IpAddr) -> Self {
        Self {
            number,
            kind: AlertKind::SnmpTrap,
            acknowledged: false,
            timeout_seconds: 5,
            retries: 1,
            address,
            backup_gateway: false,
            mac: [0; 6],
        }
    }

    /// Returns whether it has no address.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.address.is_unspecified()
    }

    /// Reads a destination from its two parameters, each with the destination's number in front.
    ///
    /// # Errors
    /// When they are shorter than they must be, or the address has a format that isn't known.
    pub fn decode(kind: &[u8], address: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(kind, "alert destination type");
        let [number, how, timeout_seconds, retries] = reader.array()?;
        let mut reader = Reader::new(address, "alert destination address");
        let [_number, format] = reader.array()?;
        let (address, backup_gateway, mac) = match format >> 4 {
            0 => {
                let gateway = reader.u8()?;
                (Ipv4Addr::from(reader.array::<4>()?).into(), gateway & 1 != 0, reader.array()?)
            }
            1 => (Ipv6Addr::from(reader.array::<16>()?).into(), false, [0; 6]),
            _ => return Err(reader.malformed()),
        };
        Ok(Self {
            number: number & 0x0f,
            kind: AlertKind::from_number(how),
            acknowledged: how & 0x80 != 0,
            timeout_seconds,
            retries: retries & 7,
            address,
            backup_gateway,
            mac,
        })
    }

    /// Returns the two parameters with their numbers, address first: what is sent has somewhere to go then.
    #[must_use]
    pub fn encode(&self) -> [(u8, Vec<u8>); 2] {
        let number = self.number & 0x0f;
        let mut address = vec![number];
        match self.address {
            IpAddr::V4(ip) => {
                address.extend([0, u8::from(self.backup_gateway)]);
                address.extend(ip.octets());
                address.extend(self.mac);
            }
            IpAddr::V6(ip) => {
                address.push(0x10);
                address.extend(ip.octets());
            }
        }
        let how = u8::from(self.acknowledged) << 7 | self.kind.number();
        [(ADDRESS, address), (KIND, vec![number, how, self.timeout_seconds, self.retries & 7])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn destinations_are_read_as_they_are_written() {
        for address in ["192.0.2.9", "2001:db8::9"] {
            let mut asked = AlertDestination::new(2, address.parse().unwrap());
            (asked.acknowledged, asked.retries) = (true, 3);
            let [(_, address), (_, kind)] = asked.encode();
            assert_eq!(AlertDestination::decode(&kind, &address), Ok(asked));
        }
        let [(_, address), (_, kind)] = AlertDestination::new(1, [192, 0, 2, 9].into()).encode();
        assert_eq!((kind, address), (vec![1, 0, 5, 1], vec![1, 0, 0, 192, 0, 2, 9, 0, 0, 0, 0, 0, 0]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_destination_or_none(kind: Vec<u8>, address: Vec<u8>) {
            if let Ok(found) = AlertDestination::decode(&kind, &address) {
                let _ = (found.is_empty(), found.encode());
            }
        }
    }
}
