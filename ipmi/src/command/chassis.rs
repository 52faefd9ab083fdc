//! Power, identification and the reasons for restarts (IPMI 2.0, chapter 28). Boot options have a module of their own.

use std::fmt;
use std::time::Duration;

use super::command;

/// Asks for [`ChassisStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChassisStatus;

/// What a host without power does when its power supply gets power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PowerRestorePolicy {
    /// It stays off.
    AlwaysOff,
    /// It goes back to what it was.
    Previous,
    /// It powers up.
    AlwaysOn,
    /// The BMC doesn't know.
    Unknown,
}

/// How the identify light is, where the BMC reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentifyState {
    /// Off.
    Off,
    /// On for a time.
    Timed,
    /// On until it is turned off.
    Indefinite,
    /// A value that the specification reserves.
    Reserved,
}

/// Why the power last changed, bit by bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LastPowerEvent(pub u8);

impl LastPowerEvent {
    /// AC failed.
    #[must_use]
    pub const fn ac_failed(self) -> bool {
        self.0 & 1 != 0
    }

    /// Power down by an overload.
    #[must_use]
    pub const fn overload(self) -> bool {
        self.0 & 2 != 0
    }

    /// Power down by an interlock.
    #[must_use]
    pub const fn interlock(self) -> bool {
        self.0 & 4 != 0
    }

    /// Power down by a fault.
    #[must_use]
    pub const fn fault(self) -> bool {
        self.0 & 8 != 0
    }

    /// Power up by an IPMI command.
    #[must_use]
    pub const fn by_command(self) -> bool {
        self.0 & 16 != 0
    }
}

/// The front panel's buttons: which can be disabled, and which are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FrontPanel(pub u8);

impl FrontPanel {
    /// Returns whether a button is disabled: 0 power off, 1 reset, 2 diagnostic interrupt, 3 standby.
    #[must_use]
    pub const fn is_disabled(self, button: u8) -> bool {
        button < 4 && self.0 & 1 << button != 0
    }

    /// Returns whether a button may be disabled.
    #[must_use]
    pub const fn may_be_disabled(self, button: u8) -> bool {
        button < 4 && self.0 & 0x10 << button != 0
    }
}

/// The state of the chassis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChassisStatus {
    /// Whether the system's power is on.
    pub power_on: bool,
    /// Whether it shut down by a power overload.
    pub power_overload: bool,
    /// Whether an interlock (an open cover) keeps it off.
    pub interlock_active: bool,
    /// Whether the main power subsystem has a fault.
    pub power_fault: bool,
    /// Whether an attempt to change the power failed.
    pub power_control_fault: bool,
    /// What happens when AC returns.
    pub restore_policy: PowerRestorePolicy,
    /// Why the power last changed.
    pub last_event: LastPowerEvent,
    /// Whether somebody opened the chassis.
    pub intrusion: bool,
    /// Whether the front panel is locked out.
    pub front_panel_lockout: bool,
    /// Whether a drive has a fault.
    pub drive_fault: bool,
    /// Whether cooling or a fan has a fault.
    pub cooling_fault: bool,
    /// How the identify light is, if the BMC supports reporting it.
    pub identify: Option<IdentifyState>,
    /// The front panel's buttons, if the BMC reports them.
    pub front_panel: Option<FrontPanel>,
}

command!(GetChassisStatus, "Get Chassis Status", CHASSIS 0x01, Reads -> ChassisStatus, |_t, _out| (), |reader| {
    let [power, last, misc] = reader.array()?;
    ChassisStatus {
        power_on: power & 1 != 0,
        power_overload: power & 2 != 0,
        interlock_active: power & 4 != 0,
        power_fault: power & 8 != 0,
        power_control_fault: power & 16 != 0,
        restore_policy: match power >> 5 & 3 {
            0 => PowerRestorePolicy::AlwaysOff,
            1 => PowerRestorePolicy::Previous,
            2 => PowerRestorePolicy::AlwaysOn,
            _ => PowerRestorePolicy::Unknown,
        },
        last_event: LastPowerEvent(last),
        intrusion: misc & 1 != 0,
        front_panel_lockout: misc & 2 != 0,
        drive_fault: misc & 4 != 0,
        cooling_fault: misc & 8 != 0,
        identify: (misc & 0x40 != 0).then_some(match misc >> 4 & 3 {
            0 => IdentifyState::Off,
            1 => IdentifyState::Timed,
            2 => IdentifyState::Indefinite,
            _ => IdentifyState::Reserved,
        }),
        front_panel: reader.u8().ok().map(FrontPanel),
    }
});

/// Changes the power, or resets the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum ChassisControl {
    /// Off at once, without asking the operating system.
    PowerDown = 0,
    /// On.
    PowerUp = 1,
    /// Off for at least a second, then on. Some systems that are off power up, others refuse.
    PowerCycle = 2,
    /// A hard reset.
    HardReset = 3,
    /// A diagnostic interrupt, an NMI on most systems.
    DiagnosticInterrupt = 4,
    /// A soft shutdown: the operating system is asked, by ACPI, as when the power button is pressed.
    SoftShutdown = 5,
}

command!(ChassisControl, "Chassis Control", CHASSIS 0x02, Changes -> (),
    |this, out| out.push(*this as u8), |_reader| ());

/// Turns the identify light on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChassisIdentify {
    /// Off.
    Off,
    /// On for so many seconds, 1 to 255; what is longer is cut.
    For(Duration),
    /// On until it is turned off. Not every BMC can.
    Indefinitely,
}

command!(ChassisIdentify, "Chassis Identify", CHASSIS 0x04, Changes -> (),
    |this, out| match this {
        Self::Off => out.push(0),
        Self::For(time) => out.push(u8::try_from(time.as_secs().max(1)).unwrap_or(u8::MAX)),
        Self::Indefinitely => out.extend([0, 1]),
    },
    |_reader| ());

/// Sets what happens when AC returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetPowerRestorePolicy(pub PowerRestorePolicy);

/// Which policies a chassis supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PowerRestoreSupport {
    /// It can power up when AC returns.
    pub always_on: bool,
    /// It can go back to what it was.
    pub previous: bool,
    /// It can stay off.
    pub always_off: bool,
}

command!(SetPowerRestorePolicy, "Set Power Restore Policy", CHASSIS 0x06, Changes -> PowerRestoreSupport,
|this, out| out.push(match this.0 {
    PowerRestorePolicy::AlwaysOff => 0,
    PowerRestorePolicy::Previous => 1,
    PowerRestorePolicy::AlwaysOn => 2,
    PowerRestorePolicy::Unknown => 3, // no change; only says what is supported
}),
|reader| {
    let bits = reader.u8()?;
    PowerRestoreSupport { always_on: bits & 4 != 0, previous: bits & 2 != 0, always_off: bits & 1 != 0 }
});

/// Asks why the system last restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetSystemRestartCause;

/// Why the system last restarted (table 28-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RestartCause(pub u8);

impl RestartCause {
    /// Returns the cause in words.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self.0 & 0x0f {
            0x0 => "unknown",
            0x1 => "chassis control command",
            0x2 => "reset via pushbutton",
            0x3 => "power-up via power pushbutton",
            0x4 => "watchdog expired",
            0x5 => "OEM",
            0x6 => "power-up due to always-restore power policy",
            0x7 => "power-up due to restore-previous power policy",
            0x8 => "reset via PEF",
            0x9 => "power-cycle via PEF",
            0xa => "soft reset",
            0xb => "power-up via RTC wakeup",
            _ => "reserved",
        }
    }
}

impl fmt::Display for RestartCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.meaning())
    }
}

command!(GetSystemRestartCause, "Get System Restart Cause", CHASSIS 0x07, Reads -> RestartCause,
    |_t, _out| (), |reader| RestartCause(reader.u8()? & 0x0f));

/// Asks how long the system was powered on in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetPowerOnHours;

/// The power-on counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PowerOnHours {
    /// How many minutes one count stands for.
    pub minutes_per_count: u8,
    /// The counter.
    pub count: u32,
}

impl PowerOnHours {
    /// Returns the time powered on.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.count).saturating_mul(self.minutes_per_count.into()).saturating_mul(60))
    }
}

command!(GetPowerOnHours, "Get POH Counter", CHASSIS 0x0f, Reads -> PowerOnHours, |_t, _out| (),
    |reader| PowerOnHours { minutes_per_count: reader.u8()?, count: reader.u32()? });

/// Asks what the chassis device can do and where its helpers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GetChassisCapabilities;

/// What a chassis device can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChassisCapabilities {
    /// Intrusion sensor (bit 0), front panel lockout (1), diagnostic interrupt (2), power interlock (3).
    pub flags: u8,
    /// IPMB address of the FRU inventory device.
    pub fru_address: u8,
    /// IPMB address of the SDR device.
    pub sdr_address: u8,
    /// IPMB address of the SEL device.
    pub sel_address: u8,
    /// IPMB address of the system management device.
    pub management_address: u8,
    /// IPMB address of the bridge, if it is reported.
    pub bridge_address: Option<u8>,
}

command!(GetChassisCapabilities, "Get Chassis Capabilities", CHASSIS 0x00, Reads -> ChassisCapabilities,
|_t, _out| (),
|reader| ChassisCapabilities {
    flags: reader.u8()?,
    fru_address: reader.u8()?,
    sdr_address: reader.u8()?,
    sel_address: reader.u8()?,
    management_address: reader.u8()?,
    bridge_address: reader.u8().ok(),
});

#[cfg(test)]
mod tests {
    use super::super::Command;
    use super::*;

    fn sent(command: &impl Command) -> Vec<u8> {
        let mut data = Vec::new();
        command.encode(&mut data);
        data
    }

    #[test]
    fn a_chassis_status_is_read_bit_by_bit() {
        let status = GetChassisStatus.decode(&[0x41, 0x11, 0x68]).unwrap();
        assert!(status.power_on && !status.power_fault && status.cooling_fault);
        assert_eq!(status.restore_policy, PowerRestorePolicy::AlwaysOn);
        assert!(status.last_event.ac_failed() && status.last_event.by_command());
        assert_eq!(status.identify, Some(IdentifyState::Indefinite));
        assert_eq!(status.front_panel, None);
        assert!(GetChassisStatus.decode(&[1, 0]).is_err());
    }

    #[test]
    fn identify_forces_on_only_where_it_is_asked_to() {
        assert_eq!(sent(&ChassisIdentify::Off), [0]);
        assert_eq!(sent(&ChassisIdentify::For(Duration::from_secs(15))), [15]);
        assert_eq!(sent(&ChassisIdentify::For(Duration::from_secs(1000))), [255]);
        assert_eq!(sent(&ChassisIdentify::Indefinitely), [0, 1]);
    }

    #[test]
    fn power_on_hours_count_in_the_unit_that_the_bmc_names() {
        let hours = GetPowerOnHours.decode(&[60, 2, 0, 0, 0]).unwrap();
        assert_eq!(hours.duration(), Duration::from_secs(7200));
    }

    #[test]
    fn only_reads_may_be_repeated() {
        use super::super::Effect;
        assert_eq!(ChassisControl::PowerUp.effect(), Effect::Changes);
        assert_eq!(GetChassisStatus.effect(), Effect::Reads);
    }
}
