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
}

/// The selector of "set in progress".
const IN_PROGRESS: u8 = 0;
/// The selector of the IP address.
pub(crate) const ADDRESS: u8 = 3;
/// The selector of the list of cipher suites.
pub(crate) const SUITES: u8 = 23;
/// The selector of the number of cipher suites.
pub(crate) const SUITE_COUNT: u8 = 22;
const READ_ONLY: [u8; 4] = [1, 17, SUITE_COUNT, SUITES];

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
        ]);
        // Type and acknowledge, timeout, retries; format, gateway selector, address, MAC.
        let how = [0, 5, 3];
        let remote = [0, 0, 192, 0, 2, 99, 0, 0, 0, 0, 0, 0];
        Self { values, before: None, destinations: vec![(how, [0; 12]), (how, remote), (how, [0; 12])] }
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
