//! Platform event filtering (IPMI 2.0 chapter 30): which events have the BMC do what, and whom it alerts. It is kept and
//! shown; nothing is done about events.

use std::collections::BTreeMap;

/// A filter's twenty bytes behind its number.
pub type Filter = [u8; 20];
/// An alert policy's three bytes behind its number.
pub type Policy = [u8; 3];

/// What the BMC does about events.
#[derive(Clone, Debug)]
pub struct Pef {
    /// Which actions there are: 0 alert, 1 off, 2 reset, 3 cycle, 4 OEM, 5 diagnostic interrupt.
    pub actions: u8,
    /// The filters, from number one.
    pub filters: Vec<Filter>,
    /// Where alerts go, from number one.
    pub policies: Vec<Policy>,
    /// The last entry of the event log that software has looked at.
    pub by_software: u16,
    /// The last entry of the event log that the BMC has looked at.
    pub by_bmc: u16,
    /// Parameters that are not a table, by number.
    pub(crate) values: BTreeMap<u8, Vec<u8>>,
}

/// A filter for sensors of a type going critical, which alerts by policy 1.
const fn filter(configuration: u8, actions: u8, sensor_type: u8, event_type: u8, offsets: u16) -> Filter {
    let [low, high] = offsets.to_le_bytes();
    let any = 0xFF;
    let mask = 0;
    [
        configuration,
        actions,
        1,
        0x10,
        any,
        any,
        sensor_type,
        any,
        event_type,
        low,
        high,
        mask,
        0,
        0,
        mask,
        0,
        0,
        mask,
        0,
        0,
    ]
}

impl Default for Pef {
    fn default() -> Self {
        let values = BTreeMap::from([
            (0, vec![0]),
            // Enabled, and what is done is logged.
            (1, vec![0x03]),
            (2, vec![0x0F]),
            (3, vec![60]),
            (4, vec![60]),
            (10, vec![0; 17]),
            (11, vec![0]),
        ]);
        Self {
            actions: 0x2F,
            // Temperature and voltage, set by the manufacturer; a fan, off; one that nobody uses.
            filters: vec![
                filter(0xC0, 0x01, 0x01, 0x01, 0x0A95),
                filter(0xC0, 0x03, 0x02, 0x01, 0x0A95),
                filter(0x00, 0x01, 0x04, 0x01, 0x0A95),
                [0; 20],
            ],
            // Policy 1, in use, always; channel 1, destination 1.
            policies: vec![[0x18, 0x11, 0], [0, 0, 0]],
            by_software: 0,
            by_bmc: 0,
            values,
        }
    }
}
