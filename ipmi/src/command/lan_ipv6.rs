//! IPv6 on a LAN channel (IPMI 2.0 with errata 4, table 23-4, parameters 50 to 79): single parameters, and those of a
//! channel together.

use std::net::Ipv6Addr;

use crate::partial::ReadError;

/// Which of the two versions of IP a channel uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Addressing {
    /// IPv4 alone.
    Ipv4Only,
    /// IPv6 alone.
    Ipv6Only,
    /// Both.
    Both,
    /// A value that the specification reserves.
    Reserved(u8),
}

impl Addressing {
    const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Ipv4Only,
            1 => Self::Ipv6Only,
            2 => Self::Both,
            other => Self::Reserved(other),
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Ipv4Only => 0,
            Self::Ipv6Only => 1,
            Self::Both => 2,
            Self::Reserved(number) => number,
        }
    }
}

/// Where an IPv6 address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ipv6Source {
    /// Set by hand.
    Static,
    /// From router advertisements (SLAAC).
    Slaac,
    /// From DHCPv6.
    Dhcpv6,
    /// A value that the specification reserves.
    Reserved(u8),
}

/// The state of an IPv6 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ipv6State {
    /// In use.
    Active,
    /// Not in use.
    Disabled,
    /// Being checked for duplicates.
    Pending,
    /// A duplicate was found.
    Failed,
    /// No longer for new connections.
    Deprecated,
    /// No longer valid.
    Invalid,
    /// A value that the specification reserves.
    Reserved(u8),
}

impl Ipv6State {
    const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Active,
            1 => Self::Disabled,
            2 => Self::Pending,
            3 => Self::Failed,
            4 => Self::Deprecated,
            5 => Self::Invalid,
            other => Self::Reserved(other),
        }
    }
}

/// An IPv6 address of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ipv6Entry {
    /// Its place among those of its kind, from zero.
    pub slot: u8,
    /// Whether it is enabled; `None` for dynamic ones, which have no switch.
    pub enabled: Option<bool>,
    /// Where it comes from.
    pub source: Ipv6Source,
    /// The address.
    pub address: Ipv6Addr,
    /// How many bits the prefix has.
    pub prefix_length: u8,
    /// Its state, if the BMC reports one.
    pub state: Option<Ipv6State>,
}

impl Ipv6Entry {
    fn read(data: &[u8], is_static: bool) -> Option<Self> {
        let (&[slot, first], rest) = data.split_first_chunk()?;
        let (address, rest) = rest.split_first_chunk::<16>()?;
        let (prefix_length, rest) = rest.split_first()?;
        let source = match (is_static, first & 0x0f) {
            (true, 0) => Ipv6Source::Static,
            (false, 1) => Ipv6Source::Slaac,
            (false, 2) => Ipv6Source::Dhcpv6,
            (_, other) => Ipv6Source::Reserved(other),
        };
        Some(Self {
            slot,
            enabled: is_static.then_some(first & 0x80 != 0),
            source,
            address: Ipv6Addr::from(*address),
            prefix_length: *prefix_length,
            state: rest.first().copied().map(Ipv6State::from_number),
        })
    }
}

/// A parameter of IPv6 that can be set, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Ipv6Parameter {
    /// 51: which versions of IP are used.
    Addressing(Addressing),
    /// 56: a static address with the length of its prefix; `None` disables the place.
    Static {
        /// The place, from zero.
        slot: u8,
        /// Address and prefix length.
        address: Option<(Ipv6Addr, u8)>,
    },
    /// 64: whether the static routers are used, and those that advertise themselves.
    RouterControl {
        /// Static routers are used.
        fixed: bool,
        /// Routers that advertise themselves are used.
        advertised: bool,
    },
    /// 65: the address of the first static router.
    Router(Ipv6Addr),
}

impl Ipv6Parameter {
    /// Returns the parameter's number and bytes.
    #[must_use]
    pub fn encode(self) -> (u8, Vec<u8>) {
        match self {
            Self::Addressing(addressing) => (ADDRESSING, vec![addressing.number()]),
            Self::Static { slot, address } => {
                let mut data = vec![slot, if address.is_some() { 0x80 } else { 0 }];
                let (address, prefix) = address.unwrap_or((Ipv6Addr::UNSPECIFIED, 0));
                data.extend(address.octets());
                // The BMC sets the state.
                data.extend([prefix, 0]);
                (STATIC, data)
            }
            Self::RouterControl { fixed, advertised } => {
                (ROUTER_CONTROL, vec![u8::from(fixed) | u8::from(advertised) << 1])
            }
            Self::Router(address) => (ROUTER, address.octets().to_vec()),
        }
    }

    /// Describes the value that was read back into a configuration, if it differs from this one.
    pub(crate) fn contradiction(self, found: &Ipv6Configuration) -> Option<String> {
        match self {
            Self::Addressing(asked) => {
                found.addressing.filter(|found| *found != asked).map(|found| format!("addressing is {found:?}"))
            }
            Self::Static { slot, address } => {
                let entry = found.static_addresses.iter().find(|one| one.slot == slot)?;
                let there = (entry.enabled == Some(true)).then_some((entry.address, entry.prefix_length));
                (there != address).then(|| match there {
                    Some((ip, prefix)) => format!("static address {slot} is {ip}/{prefix}"),
                    None => format!("static address {slot} is disabled"),
                })
            }
            Self::RouterControl { fixed, advertised } => {
                let (is_fixed, is_advertised) = found.router_control?;
                ((is_fixed, is_advertised) != (fixed, advertised))
                    .then(|| format!("static routers: {is_fixed}, advertised routers: {is_advertised}"))
            }
            Self::Router(asked) => {
                found.router.filter(|found| *found != asked).map(|found| format!("the static router is {found}"))
            }
        }
    }

    /// Returns the parameter's number and set selector, for reading it back.
    pub(crate) const fn place(self) -> (u8, u8) {
        match self {
            Self::Addressing(_) => (ADDRESSING, 0),
            Self::Static { slot, .. } => (STATIC, slot),
            Self::RouterControl { .. } => (ROUTER_CONTROL, 0),
            Self::Router(_) => (ROUTER, 0),
        }
    }
}

/// What a channel supports of IPv6.
pub(crate) const SUPPORT: u8 = 50;
const ADDRESSING: u8 = 51;
const HOP_LIMIT: u8 = 53;
/// How many addresses there may be.
pub(crate) const STATUS: u8 = 55;
/// A static address.
pub(crate) const STATIC: u8 = 56;
/// A dynamic address.
pub(crate) const DYNAMIC: u8 = 59;
const ROUTER_CONTROL: u8 = 64;
const ROUTER: u8 = 65;
const ROUTER_MAC: u8 = 66;
const ROUTER_PREFIX_LENGTH: u8 = 67;
const ROUTER_PREFIX: u8 = 68;

/// IPv6 on a LAN channel. What the BMC lacks is `None`, and so is what could not be read, which `missing` lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ipv6Configuration {
    /// Bit 0: IPv6 alone is supported; bit 1: both versions at the same time are; bit 2: alerts may go to IPv6 addresses.
    pub support: Option<u8>,
    /// Which versions of IP are used.
    pub addressing: Option<Addressing>,
    /// The hop limit of packets.
    pub hop_limit: Option<u8>,
    /// How many static and dynamic addresses there may be.
    pub most: Option<(u8, u8)>,
    /// Whether the BMC has DHCPv6, and whether it has SLAAC.
    pub dynamic: Option<(bool, bool)>,
    /// The static addresses, unused places included.
    pub static_addresses: Vec<Ipv6Entry>,
    /// The dynamic addresses, unused places included.
    pub dynamic_addresses: Vec<Ipv6Entry>,
    /// Whether static routers are used, and whether routers that advertise themselves are.
    pub router_control: Option<(bool, bool)>,
    /// The first static router.
    pub router: Option<Ipv6Addr>,
    /// The MAC address of the first static router.
    pub router_mac: Option<[u8; 6]>,
    /// The prefix that the first static router is for, with its length.
    pub router_prefix: Option<(Ipv6Addr, u8)>,
    /// What could not be read, except for what the BMC says that it lacks.
    pub missing: Vec<ReadError>,
}

impl Ipv6Configuration {
    /// The parameters that have one value each. The status is among them, which says how many addresses there are.
    pub(crate) const PARAMETERS: [u8; 9] = [
        SUPPORT,
        ADDRESSING,
        HOP_LIMIT,
        STATUS,
        ROUTER_CONTROL,
        ROUTER,
        ROUTER_MAC,
        ROUTER_PREFIX_LENGTH,
        ROUTER_PREFIX,
    ];

    /// Stores one parameter's value. A value that is too short is left out.
    pub(crate) fn take(&mut self, parameter: u8, data: &[u8]) {
        let byte = data.first().copied();
        let address = || data.first_chunk::<16>().copied().map(Ipv6Addr::from);
        match parameter {
            SUPPORT => self.support = byte,
            ADDRESSING => self.addressing = byte.map(Addressing::from_number),
            HOP_LIMIT => self.hop_limit = byte,
            STATUS => {
                if let Some([fixed, dynamic, bits]) = data.first_chunk() {
                    self.most = Some((*fixed, *dynamic));
                    self.dynamic = Some((bits & 1 != 0, bits & 2 != 0));
                }
            }
            STATIC => self.static_addresses.extend(Ipv6Entry::read(data, true)),
            DYNAMIC => self.dynamic_addresses.extend(Ipv6Entry::read(data, false)),
            ROUTER_CONTROL => self.router_control = byte.map(|bits| (bits & 1 != 0, bits & 2 != 0)),
            ROUTER => self.router = address(),
            ROUTER_MAC => self.router_mac = data.first_chunk().copied(),
            // The length is read before the prefix.
            ROUTER_PREFIX_LENGTH => self.router_prefix = byte.map(|length| (Ipv6Addr::UNSPECIFIED, length)),
            ROUTER_PREFIX => {
                let length = self.router_prefix.map_or(0, |(_, length)| length);
                self.router_prefix = address().map(|address| (address, length));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_static_address_is_read_as_it_is_written() {
        let ip: Ipv6Addr = "2001:db8::7".parse().unwrap();
        let asked = Ipv6Parameter::Static { slot: 1, address: Some((ip, 64)) };
        let (number, data) = asked.encode();
        assert_eq!((number, data.len(), data[..2].to_vec(), data[18]), (56, 20, vec![1, 0x80], 64));
        let mut found = Ipv6Configuration::default();
        found.take(number, &data);
        let entry = found.static_addresses[0];
        assert_eq!((entry.slot, entry.enabled, entry.address, entry.prefix_length), (1, Some(true), ip, 64));
        assert_eq!((entry.source, entry.state), (Ipv6Source::Static, Some(Ipv6State::Active)));
        assert_eq!(asked.contradiction(&found), None);
        let off = Ipv6Parameter::Static { slot: 1, address: None };
        assert_eq!(off.contradiction(&found).unwrap(), "static address 1 is 2001:db8::7/64");
        assert_eq!(off.encode().1[1], 0);
    }

    #[test]
    fn a_configuration_is_put_together_from_what_the_bmc_has() {
        let mut found = Ipv6Configuration::default();
        for (parameter, data) in [(50, &[7][..]), (51, &[2]), (55, &[1, 4, 3]), (64, &[2]), (67, &[64]), (65, &[1, 2])]
        {
            found.take(parameter, data);
        }
        assert_eq!((found.addressing, found.most), (Some(Addressing::Both), Some((1, 4))));
        assert_eq!((found.dynamic, found.router_control), (Some((true, true)), Some((false, true))));
        assert_eq!((found.router, found.router_prefix), (None, Some((Ipv6Addr::UNSPECIFIED, 64))));
        let asked = Ipv6Parameter::RouterControl { fixed: true, advertised: true };
        assert!(asked.contradiction(&found).is_some());
        assert_eq!(Ipv6Parameter::Addressing(Addressing::Both).contradiction(&found), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_parameters_or_none(all in prop::collection::vec((40u8..90, any::<Vec<u8>>()), 0..20)) {
            let mut found = Ipv6Configuration::default();
            for (parameter, data) in &all {
                found.take(*parameter, data);
            }
            let _ = Ipv6Parameter::Static { slot: 0, address: None }.contradiction(&found);
        }
    }
}
