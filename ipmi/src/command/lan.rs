//! LAN configuration (IPMI 2.0, chapter 23): single parameters, and those of a channel together. `service::lan` writes
//! them under "set in progress".

use std::net::Ipv4Addr;

use super::command;
use crate::partial::ReadError;

/// Asks for a LAN parameter of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetLanConfiguration {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
    /// The parameter's number (table 23-4).
    pub parameter: u8,
    /// The set selector, for parameters that have several values.
    pub set: u8,
    /// The block selector, for parameters that come in blocks.
    pub block: u8,
}

command!(GetLanConfiguration, "Get LAN Configuration Parameters", TRANSPORT 0x02, Reads -> Vec<u8>,
    |this, out| out.extend([this.channel & 0x0f, this.parameter, this.set, this.block]),
    |reader| {
        reader.u8()?; // parameter revision
        reader.take_rest().to_vec()
    },
    0x80 => "the BMC doesn't have this parameter");

/// Sets a LAN parameter of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetLanConfiguration {
    /// The channel.
    pub channel: u8,
    /// The parameter's number (table 23-4).
    pub parameter: u8,
    /// Its value.
    pub data: Vec<u8>,
}

command!(SetLanConfiguration, "Set LAN Configuration Parameters", TRANSPORT 0x01, Changes -> (),
    |this, out| {
        out.extend([this.channel & 0x0f, this.parameter]);
        out.extend(&this.data);
    },
    |_reader| (),
    0x80 => "the BMC doesn't have this parameter",
    0x81 => "another party is setting parameters",
    0x82 => "the parameter can't be written",
    0x83 => "the parameter can't be read");

/// Where the IP address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AddressSource {
    /// Not specified.
    Unspecified,
    /// Set by hand.
    Static,
    /// From DHCP.
    Dhcp,
    /// Loaded by BIOS or system software.
    Bios,
    /// By another address protocol.
    Other,
    /// A value that the specification reserves.
    Reserved(u8),
}

impl AddressSource {
    const fn from_number(number: u8) -> Self {
        match number & 0x0f {
            0 => Self::Unspecified,
            1 => Self::Static,
            2 => Self::Dhcp,
            3 => Self::Bios,
            4 => Self::Other,
            other => Self::Reserved(other),
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::Static => 1,
            Self::Dhcp => 2,
            Self::Bios => 3,
            Self::Other => 4,
            Self::Reserved(number) => number,
        }
    }
}

/// A LAN parameter that can be set, with its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LanParameter {
    /// 3: the address.
    Address(Ipv4Addr),
    /// 4: where it comes from.
    Source(AddressSource),
    /// 5: the MAC address.
    Mac([u8; 6]),
    /// 6: the subnet mask.
    SubnetMask(Ipv4Addr),
    /// 12: the default gateway.
    Gateway(Ipv4Addr),
    /// 13: the default gateway's MAC address.
    GatewayMac([u8; 6]),
    /// 14: the backup gateway.
    BackupGateway(Ipv4Addr),
    /// 15: the backup gateway's MAC address.
    BackupGatewayMac([u8; 6]),
    /// 20: the VLAN, 1 to 4094; `None` for none.
    Vlan(Option<u16>),
    /// 21: the VLAN priority, 0 to 7.
    VlanPriority(u8),
}

impl LanParameter {
    /// Returns the parameter's number and bytes.
    #[must_use]
    pub fn encode(self) -> (u8, Vec<u8>) {
        match self {
            Self::Address(address) => (3, address.octets().to_vec()),
            Self::Source(source) => (4, vec![source.number()]),
            Self::Mac(mac) => (5, mac.to_vec()),
            Self::SubnetMask(mask) => (6, mask.octets().to_vec()),
            Self::Gateway(gateway) => (12, gateway.octets().to_vec()),
            Self::GatewayMac(mac) => (13, mac.to_vec()),
            Self::BackupGateway(gateway) => (14, gateway.octets().to_vec()),
            Self::BackupGatewayMac(mac) => (15, mac.to_vec()),
            Self::Vlan(None) => (20, vec![0, 0]),
            Self::Vlan(Some(vlan)) => (20, (vlan & 0x0fff | 0x8000).to_le_bytes().to_vec()),
            Self::VlanPriority(priority) => (21, vec![priority & 7]),
        }
    }

    /// Describes the value that was read back into a configuration, if it differs from this one.
    pub(crate) fn contradiction(self, lan: &LanConfiguration) -> Option<String> {
        fn other<T: PartialEq>(asked: T, found: Option<T>, say: impl Fn(T) -> String) -> Option<String> {
            found.filter(|found| *found != asked).map(say)
        }
        let address = |what: &'static str| move |found: Ipv4Addr| format!("the {what} is {found}");
        let mac = |what: &'static str| move |found: [u8; 6]| format!("the {what} is {found:02x?}");
        match self {
            Self::Address(asked) => other(asked, lan.address, address("address")),
            Self::Source(asked) => other(asked, lan.source, |found| format!("the address source is {found:?}")),
            Self::Mac(asked) => other(asked, lan.mac, mac("MAC address")),
            Self::SubnetMask(asked) => other(asked, lan.subnet_mask, address("subnet mask")),
            Self::Gateway(asked) => other(asked, lan.gateway, address("gateway")),
            Self::GatewayMac(asked) => other(asked, lan.gateway_mac, mac("gateway's MAC address")),
            Self::BackupGateway(asked) => other(asked, lan.backup_gateway, address("backup gateway")),
            Self::BackupGatewayMac(asked) => other(asked, lan.backup_gateway_mac, mac("backup gateway's MAC address")),
            Self::Vlan(asked) => other(asked.map(|vlan| vlan & 0x0fff), lan.vlan, |found| {
                found.map_or_else(|| "there is no VLAN".to_owned(), |vlan| format!("the VLAN is {vlan}"))
            }),
            Self::VlanPriority(asked) => {
                other(asked & 7, lan.vlan_priority, |found| format!("the VLAN priority is {found}"))
            }
        }
    }
}

/// The parameters of a LAN channel. Those that the BMC lacks are `None`, and so are those that could not be read, which
/// `missing` lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LanConfiguration {
    /// Authentication types of IPMI 1.5 that the channel has, bit by bit.
    pub auth_types: Option<u8>,
    /// Those enabled for callback, user, operator, administrator and OEM level.
    pub auth_enables: Option<[u8; 5]>,
    /// The address.
    pub address: Option<Ipv4Addr>,
    /// Where it comes from.
    pub source: Option<AddressSource>,
    /// The MAC address.
    pub mac: Option<[u8; 6]>,
    /// The subnet mask.
    pub subnet_mask: Option<Ipv4Addr>,
    /// Time to live, flags, and type of service of IP packets.
    pub ip_header: Option<[u8; 3]>,
    /// Whether the BMC sends gratuitous ARPs, and whether it answers ARP requests.
    pub arp: Option<(bool, bool)>,
    /// How often gratuitous ARPs are sent, in half seconds.
    pub arp_interval: Option<u8>,
    /// The default gateway.
    pub gateway: Option<Ipv4Addr>,
    /// The default gateway's MAC address.
    pub gateway_mac: Option<[u8; 6]>,
    /// The backup gateway.
    pub backup_gateway: Option<Ipv4Addr>,
    /// The backup gateway's MAC address.
    pub backup_gateway_mac: Option<[u8; 6]>,
    /// The SNMP community.
    pub community: Option<String>,
    /// The VLAN: `Some(None)` when the BMC has VLANs and none is enabled.
    pub vlan: Option<Option<u16>>,
    /// The VLAN priority.
    pub vlan_priority: Option<u8>,
    /// The numbers of the cipher suites.
    pub cipher_suites: Vec<u8>,
    /// The highest privilege level of each cipher suite, in their order: 0 for a suite that may not be used.
    pub cipher_privileges: Vec<u8>,
    /// What could not be read, except for what the BMC says that it lacks.
    pub missing: Vec<ReadError>,
}

impl LanConfiguration {
    /// The parameters that the configuration consists of.
    pub(crate) const PARAMETERS: [u8; 19] = [1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 20, 21, 22, 23, 24];

    /// Stores one parameter's value. A value that is too short is left out.
    pub(crate) fn take(&mut self, parameter: u8, data: &[u8]) {
        let address = || data.first_chunk::<4>().copied().map(Ipv4Addr::from);
        let mac = || data.first_chunk::<6>().copied();
        let byte = data.first().copied();
        match parameter {
            1 => self.auth_types = byte,
            2 => self.auth_enables = data.first_chunk().copied(),
            3 => self.address = address(),
            4 => self.source = byte.map(AddressSource::from_number),
            5 => self.mac = mac(),
            6 => self.subnet_mask = address(),
            7 => self.ip_header = data.first_chunk().copied(),
            10 => self.arp = byte.map(|bits| (bits & 1 != 0, bits & 2 != 0)),
            11 => self.arp_interval = byte,
            12 => self.gateway = address(),
            13 => self.gateway_mac = mac(),
            14 => self.backup_gateway = address(),
            15 => self.backup_gateway_mac = mac(),
            16 => {
                let text: Vec<u8> = data.iter().copied().take_while(|byte| *byte != 0).collect();
                self.community = Some(String::from_utf8_lossy(&text).into_owned());
            }
            20 => {
                let vlan = data.first_chunk().copied().map(u16::from_le_bytes);
                self.vlan = vlan.map(|vlan| (vlan & 0x8000 != 0).then_some(vlan & 0x0fff));
            }
            21 => self.vlan_priority = byte.map(|priority| priority & 7),
            // Parameter 22 says how many of the sixteen entries of 23 are in use.
            22 => self.cipher_suites = vec![0; usize::from(byte.unwrap_or(0) & 0x1f)],
            23 => {
                let listed = data.iter().skip(1).take(self.cipher_suites.len());
                self.cipher_suites = listed.copied().collect();
            }
            24 => {
                let levels = data.iter().skip(1).flat_map(|pair| [pair & 0x0f, pair >> 4]);
                self.cipher_privileges = levels.take(self.cipher_suites.len()).collect();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vlan_is_written_with_its_enable_bit() {
        assert_eq!(LanParameter::Vlan(Some(100)).encode(), (20, vec![100, 0x80]));
        assert_eq!(LanParameter::Vlan(None).encode(), (20, vec![0, 0]));
    }

    #[test]
    fn a_configuration_is_put_together_from_what_the_bmc_has() {
        let mut lan = LanConfiguration::default();
        for (parameter, data) in [
            (3, &[10, 0, 0, 7][..]),
            (4, &[2]),
            (5, &[1, 2, 3]),
            (16, b"public\0\0"),
            (20, &[5, 0x80]),
            (22, &[3]),
            (23, &[0, 3, 8, 17, 0, 0]),
            (24, &[0, 0x40, 0x04]),
        ] {
            lan.take(parameter, data);
        }
        assert_eq!((lan.address, lan.source), (Some(Ipv4Addr::new(10, 0, 0, 7)), Some(AddressSource::Dhcp)));
        assert_eq!((lan.mac, lan.vlan, lan.community.as_deref()), (None, Some(Some(5)), Some("public")));
        assert_eq!((lan.cipher_suites, lan.cipher_privileges), (vec![3, 8, 17], vec![0, 4, 4]));
    }
}
