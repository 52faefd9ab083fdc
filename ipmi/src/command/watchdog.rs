//! The watchdog timer (IPMI 2.0, chapter 27).

use std::time::Duration;

use super::command;

/// What the timer is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimerUse {
    /// BIOS FRB2.
    BiosFrb2,
    /// BIOS POST.
    BiosPost,
    /// Loading the operating system.
    OsLoad,
    /// System management software or operating system.
    SmsOs,
    /// Defined by the vendor.
    Oem,
    /// A value that the specification reserves.
    Reserved(u8),
}

impl TimerUse {
    const fn from_number(number: u8) -> Self {
        match number & 7 {
            1 => Self::BiosFrb2,
            2 => Self::BiosPost,
            3 => Self::OsLoad,
            4 => Self::SmsOs,
            5 => Self::Oem,
            other => Self::Reserved(other),
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::BiosFrb2 => 1,
            Self::BiosPost => 2,
            Self::OsLoad => 3,
            Self::SmsOs => 4,
            Self::Oem => 5,
            Self::Reserved(number) => number & 7,
        }
    }
}

/// What happens when the timer expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutAction {
    /// Nothing.
    None,
    /// A hard reset.
    HardReset,
    /// The power goes off.
    PowerDown,
    /// The power goes off and on.
    PowerCycle,
    /// A value that the specification reserves.
    Reserved(u8),
}

impl TimeoutAction {
    const fn from_number(number: u8) -> Self {
        match number & 7 {
            0 => Self::None,
            1 => Self::HardReset,
            2 => Self::PowerDown,
            3 => Self::PowerCycle,
            other => Self::Reserved(other),
        }
    }

    const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::HardReset => 1,
            Self::PowerDown => 2,
            Self::PowerCycle => 3,
            Self::Reserved(number) => number & 7,
        }
    }
}

/// Asks for the watchdog timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetWatchdogTimer;

/// The watchdog timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchdogTimer {
    /// Whether it runs.
    pub running: bool,
    /// Whether its expiration is not logged.
    pub do_not_log: bool,
    /// What it is used for.
    pub timer_use: TimerUse,
    /// What happens when it expires.
    pub action: TimeoutAction,
    /// The interrupt before that: 0 none, 1 SMI, 2 NMI, 3 messaging.
    pub pre_timeout_interrupt: u8,
    /// How many seconds before.
    pub pre_timeout: u8,
    /// Which uses have expired: bits 1 to 5.
    pub expired: u8,
    /// What it starts from.
    pub initial: Duration,
    /// What is left, where the BMC reports it.
    pub present: Option<Duration>,
}

fn tenths(count: u16) -> Duration {
    Duration::from_millis(u64::from(count) * 100)
}

command!(GetWatchdogTimer, "Get Watchdog Timer", APP 0x25, Reads -> WatchdogTimer, |_t, _out| (), |reader| {
    let [timer_use, actions, pre_timeout, expired] = reader.array()?;
    WatchdogTimer {
        running: timer_use & 0x40 != 0,
        do_not_log: timer_use & 0x80 != 0,
        timer_use: TimerUse::from_number(timer_use),
        action: TimeoutAction::from_number(actions),
        pre_timeout_interrupt: actions >> 4 & 7,
        pre_timeout,
        expired,
        initial: tenths(reader.u16()?),
        present: reader.u16().ok().map(tenths),
    }
});

/// Sets the watchdog timer. It is started by [`ResetWatchdogTimer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetWatchdogTimer {
    /// Whether its expiration is not to be logged.
    pub do_not_log: bool,
    /// Whether it keeps running if it runs, instead of being stopped.
    pub keep_running: bool,
    /// What it is used for.
    pub timer_use: TimerUse,
    /// What happens when it expires.
    pub action: TimeoutAction,
    /// The interrupt before that: 0 none, 1 SMI, 2 NMI, 3 messaging.
    pub pre_timeout_interrupt: u8,
    /// How many seconds before.
    pub pre_timeout: u8,
    /// Which expiration flags are to be cleared: bits 1 to 5.
    pub clear_expired: u8,
    /// What it starts from, in steps of a tenth of a second up to 6553.5 seconds; what is longer is cut.
    pub countdown: Duration,
}

command!(SetWatchdogTimer, "Set Watchdog Timer", APP 0x24, Changes -> (),
    |this, out| {
        out.extend([
            u8::from(this.do_not_log) << 7 | u8::from(this.keep_running) << 6 | this.timer_use.number(),
            (this.pre_timeout_interrupt & 7) << 4 | this.action.number(),
            this.pre_timeout,
            this.clear_expired,
        ]);
        let count = u16::try_from(this.countdown.as_millis() / 100).unwrap_or(u16::MAX);
        out.extend(count.to_le_bytes());
    },
    |_reader| ());

/// Starts the watchdog timer, or has it begin again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetWatchdogTimer;

command!(ResetWatchdogTimer, "Reset Watchdog Timer", APP 0x22, Changes -> (), |_t, _out| (), |_reader| (),
    0x80 => "the timer was never set");

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    #[test]
    fn the_timer_is_read_and_written_in_tenths_of_a_second() {
        let timer = GetWatchdogTimer.decode(&[0x44, 0x21, 5, 0x10, 0x2c, 1, 0x96, 0]).unwrap();
        assert!(timer.running && !timer.do_not_log);
        assert_eq!(
            (timer.timer_use, timer.action, timer.pre_timeout_interrupt),
            (TimerUse::SmsOs, TimeoutAction::HardReset, 2)
        );
        assert_eq!((timer.initial, timer.present), (Duration::from_secs(30), Some(Duration::from_secs(15))));
        let set = SetWatchdogTimer {
            do_not_log: true,
            keep_running: false,
            timer_use: TimerUse::OsLoad,
            action: TimeoutAction::PowerCycle,
            pre_timeout_interrupt: 0,
            pre_timeout: 0,
            clear_expired: 0x3e,
            countdown: Duration::from_secs(100_000),
        };
        let mut data = Vec::new();
        set.encode(&mut data);
        assert_eq!(data, [0x83, 3, 0, 0x3e, 0xff, 0xff]);
    }
}
