//! What passed through a LAN channel (IPMI 2.0, section 23.4).

use super::command;

/// Asks for the counters of a LAN channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetLanStatistics {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
}

/// Sets the counters of a LAN channel to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClearLanStatistics {
    /// The channel; 0Eh is the present one.
    pub channel: u8,
}

/// The counters of a LAN channel. They stop at 65,535.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LanStatistics {
    /// IP packets received.
    pub ip_received: u16,
    /// Received IP packets with a wrong header.
    pub ip_header_errors: u16,
    /// Received IP packets for another address.
    pub ip_address_errors: u16,
    /// Fragments of IP packets received.
    pub ip_fragments: u16,
    /// IP packets sent.
    pub ip_sent: u16,
    /// UDP packets received.
    pub udp_received: u16,
    /// Valid RMCP packets received.
    pub rmcp_received: u16,
    /// UDP packets passed on for somebody else; none where the BMC doesn't count them.
    pub proxy_received: Option<u16>,
    /// UDP packets for somebody else that were dropped; none where the BMC doesn't count them.
    pub proxy_dropped: Option<u16>,
}

command!(GetLanStatistics, "Get IP/UDP/RMCP Statistics", TRANSPORT 0x04, Reads -> LanStatistics,
|this, out| out.extend([this.channel & 0x0f, 0]),
|reader| LanStatistics {
    ip_received: reader.u16()?,
    ip_header_errors: reader.u16()?,
    ip_address_errors: reader.u16()?,
    ip_fragments: reader.u16()?,
    ip_sent: reader.u16()?,
    udp_received: reader.u16()?,
    rmcp_received: reader.u16()?,
    proxy_received: reader.u16().ok(),
    proxy_dropped: reader.u16().ok(),
});
command!(ClearLanStatistics, "Get IP/UDP/RMCP Statistics", TRANSPORT 0x04, Changes -> (),
    |this, out| out.extend([this.channel & 0x0f, 1]), |_reader| ());

#[cfg(test)]
mod tests {
    use super::super::{Command, Effect};
    use super::*;

    #[test]
    fn counters_are_read_and_cleared_by_one_command() {
        let data: Vec<u8> = (1..=9_u8).flat_map(|count| [count, 0]).collect();
        let found = GetLanStatistics { channel: 1 }.decode(&data).unwrap();
        assert_eq!((found.ip_received, found.rmcp_received, found.proxy_dropped), (1, 7, Some(9)));
        let old = GetLanStatistics { channel: 1 }.decode(&data[..14]).unwrap();
        assert_eq!((old.rmcp_received, old.proxy_received), (7, None));
        assert!(GetLanStatistics { channel: 1 }.decode(&data[..13]).is_err());
        let clear = ClearLanStatistics { channel: 1 };
        let mut sent = Vec::new();
        clear.encode(&mut sent);
        assert_eq!((sent, clear.effect()), (vec![1, 1], Effect::Changes));
    }
}
