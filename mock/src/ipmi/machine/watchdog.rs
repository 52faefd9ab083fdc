//! The watchdog timer (IPMI 2.0 section 27). It holds the settings; the machine polls it for expiry.

use std::time::Duration;

use super::power::PowerAction;

/// The watchdog's sensor number.
pub(crate) const SENSOR: u8 = 0x74;

/// The watchdog timer.
#[derive(Clone, Debug, Default)]
pub struct Watchdog {
    /// Timer use and the don't-log bit, as written.
    pub(crate) timer_use: u8,
    /// Timeout action and pre-timeout interrupt, as written.
    pub(crate) actions: u8,
    pub(crate) pre_timeout: u8,
    /// Which uses have expired.
    pub(crate) expired: u8,
    /// Initial countdown in tenths of a second.
    pub(crate) initial: u16,
    /// Whether it was ever set.
    pub(crate) ready: bool,
    /// When it runs out, while it runs.
    pub(crate) deadline: Option<Duration>,
}

impl Watchdog {
    /// Returns whether the timer is counting.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.deadline.is_some()
    }

    pub(crate) fn start(&mut self, now: Duration) {
        self.deadline = Some(now + Duration::from_millis(u64::from(self.initial) * 100));
    }

    /// Returns the remaining time, in tenths of a second.
    pub(crate) fn present(&self, now: Duration) -> u16 {
        self.deadline
            .map_or(self.initial, |at| u16::try_from(at.saturating_sub(now).as_millis() / 100).unwrap_or(u16::MAX))
    }

    /// Stops the timer if it has run out. Returns when it did and the action to take.
    pub(crate) fn fire(&mut self, now: Duration) -> Option<(Duration, Option<PowerAction>)> {
        let at = self.deadline.filter(|at| *at <= now)?;
        self.deadline = None;
        self.expired |= 1 << (self.timer_use & 7);
        let action = match self.actions & 7 {
            1 => Some(PowerAction::Reset),
            2 => Some(PowerAction::ForceOff),
            3 => Some(PowerAction::Cycle),
            _ => None,
        };
        Some((at, action))
    }
}
