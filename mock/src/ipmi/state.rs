//! What commands change besides the machine.

use std::collections::BTreeMap;

use super::config::Config;
use super::flaws::Flaws;
use crate::random::Random;

/// What commands change besides the machine.
pub(crate) struct State {
    pub(crate) config: Config,
    /// The UDP port this BMC is reached at.
    pub(crate) port: u16,
    pub(crate) random: Random,
    pub(crate) flaws: Flaws,
    pub(crate) sdr_reservation: u16,
    pub(crate) sel_reservation: u16,
    /// Challenges of IPMI 1.5 sessions to be: temporary session id, user, challenge.
    pub(crate) challenges: Vec<(u32, u8, [u8; 16])>,
    pub(crate) global_enables: u8,
    pub(crate) acpi: (u8, u8),
    /// SOL configuration parameters by selector.
    pub(crate) sol: BTreeMap<u8, Vec<u8>>,
}

impl State {
    pub(crate) fn new(config: Config, port: u16, sol: BTreeMap<u8, Vec<u8>>) -> Self {
        Self {
            config,
            port,
            random: Random::fresh(),
            flaws: Flaws::default(),
            sdr_reservation: 0,
            sel_reservation: 0,
            challenges: Vec::new(),
            global_enables: 0x09,
            acpi: (0, 0),
            sol,
        }
    }
}
