//! LAN configuration parameters (IPMI 2.0 section 23.1): what a `lan print` reads and `lan set` writes.

use std::collections::BTreeMap;

/// The parameters of one LAN channel, by selector; those with a set selector have it in front of their data.
#[derive(Clone, Debug)]
pub struct LanConfig {
    values: BTreeMap<u8, Vec<u8>>,
    /// What comes back when a "set in progress" ends without a commit.
    before: Option<BTreeMap<u8, Vec<u8>>>,
    /// Alert destinations: type and address rows, by set selector.
    pub(crate) destinations: Vec<([u8; 3], [u8; 12])>,
    /// Static IPv6 addresses, by set selector: enable bit, address, prefix length, state.
    pub(crate) static_ipv6: Vec<[u8; 19]>,
    /// Dynamic IPv6 addresses, by set selector: source, address, prefix length, state.
    pub(crate) dynamic_ipv6: Vec<[u8; 19]>,
    /// What Get IP/UDP/RMCP Statistics counts.
    pub(crate) counters: [u16; 9],
}

/// The selector of "set in progress".
const IN_PROGRESS: u8 = 0;
/// The selector of the IP address.
pub(crate) const ADDRESS: u8 = 3;
/// The selector of the list of cipher suites.
pub(crate) const SUITES: u8 = 23;
/// The selector of the number of cipher suites.
pub(crate) const SUITE_COUNT: u8 = 22;
const READ_ONLY: [u8; 6] = [1, 17, SUITE_COUNT, SUITES, 50, 55];
/// The state of an IPv6 address that is not in use.
const DISABLED: u8 = 1;

impl Default for LanConfig {
    fn default() -> Self {
        let mut community = b"public".to_vec();
        community.resize(18, 0);
        let values = BTreeMap::from([
            (0, vec![0]),
            (1, vec![0x14]),
            (2, vec![0x14; 5]),
            (ADDRESS, vec![192, 0, 2, 10]),
            (4, vec![1]),
            (5, vec![0x02, 0x00, 0x5E, 0x10, 0x20, 0x30]),
            (6, vec![255, 255, 255, 0]),
            (7, vec![64, 0x40, 0x10]),
            (8, 623_u16.to_le_bytes().to_vec()),
            (9, 664_u16.to_le_bytes().to_vec()),
            (10, vec![1]),
            (11, vec![4]),
            (12, vec![192, 0, 2, 1]),
            (13, vec![0x02, 0x00, 0x5E, 0x00, 0x00, 0x01]),
            (14, vec![0; 4]),
            (15, vec![0; 6]),
            (16, community),
            (17, vec![2]),
            (20, vec![0, 0]),
            (21, vec![0]),
            (24, vec![0, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44, 0x44]),
            (26, vec![0, 0, 0, 0, 0, 0]),
            // IPv6: alone, beside IPv4, and for alerts; both are used.
            (50, vec![7]),
            (51, vec![2]),
            (52, vec![0]),
            (53, vec![64]),
            // One static address, two dynamic ones; DHCPv6 and SLAAC.
            (55, vec![1, 2, 3]),
            (64, vec![2]),
            (65, vec![0; 16]),
            (66, vec![0; 6]),
            (67, vec![0]),
            (68, vec![0; 16]),
        ]);
        let link_local = [0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0x5E, 0xFF, 0xFE, 0x10, 0x20, 0x30];
        let mut slaac = [0; 19];
        for (slot, byte) in slaac.iter_mut().zip([&[1][..], &link_local, &[64, 0]].concat()) {
            *slot = byte;
        }
        let mut unused = [0; 19];
        if let Some(state) = unused.last_mut() {
            *state = DISABLED;
        }
        // Type and acknowledge, timeout, retries; format, gateway selector, address, MAC.
        let how = [0, 5, 3];
        let remote = [0, 0, 192, 0, 2, 99, 0, 0, 0, 0, 0, 0];
        Self {
            values,
            before: None,
            destinations: vec![(how, [0; 12]), (how, remote), (how, [0; 12])],
            static_ipv6: vec![unused],
            dynamic_ipv6: vec![slaac, unused],
            counters: [1200, 0, 3, 0, 1100, 1190, 1180, 0, 0],
        }
    }
}

impl LanConfig {
    /// Returns the parameter's data, as Get LAN Configuration Parameters gives it.
    #[must_use]
    pub fn get(&self, selector: u8) -> Option<&[u8]> {
        self.values.get(&selector).map(Vec::as_slice)
    }

    /// Puts a parameter there, whatever it is.
    pub fn put(&mut self, selector: u8, data: &[u8]) {
        self.values.insert(selector, data.to_vec());
    }

    /// Writes a static IPv6 address: enable bit, address and prefix length, with or without a state, which is the BMC's.
    pub(crate) fn write_static_ipv6(&mut self, set: u8, data: &[u8]) -> Result<(), u8> {
        let row = self.static_ipv6.get_mut(usize::from(set)).ok_or(0xC9_u8)?;
        if !matches!(data.len(), 18 | 19) {
            return Err(0xC7);
        }
        let enabled = data.first().is_some_and(|flags| flags & 0x80 != 0);
        for (slot, byte) in row.iter_mut().zip(data) {
            *slot = *byte;
        }
        if let Some(state) = row.last_mut() {
            *state = if enabled { 0 } else { DISABLED };
        }
        Ok(())
    }

    /// Writes a parameter as a client may: 80h unsupported, 82h read-only, C7h wrong length. What was written since "set in
    /// progress" is gone with "set complete", unless "commit write" came in between.
    pub(crate) fn write(&mut self, selector: u8, data: &[u8]) -> Result<(), u8> {
        if READ_ONLY.contains(&selector) {
            return Err(0x82);
        }
        let value = self.values.get_mut(&selector).ok_or(0x80_u8)?;
        if selector == IN_PROGRESS && data.first() == Some(&1) && value.first() == Some(&1) {
            return Err(0x81);
        }
        // The community string may come short; all others have one length.
        let padded = selector == 16 && data.len() <= 18;
        if data.len() != value.len() && !padded {
            return Err(0xC7);
        }
        value.fill(0);
        for (slot, byte) in value.iter_mut().zip(data) {
            *slot = *byte;
        }
        match (selector, data.first()) {
            (IN_PROGRESS, Some(1)) => self.before = Some(self.values.clone()),
            (IN_PROGRESS, Some(2)) => self.before = None,
            (IN_PROGRESS, _) => {
                if let Some(before) = self.before.take() {
                    self.values = before;
                    self.put(IN_PROGRESS, data);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
