//! The machine behind the BMC: power, boot options, sensors, logs, inventory, users, and a journal of what changed.
//! It knows no packets and no sessions, so that a Redfish service can be put in front of the same machine.

pub mod boot;
pub mod console;
pub mod fru;
pub mod lan;
pub mod pef;
pub mod power;
pub mod sdr;
pub mod sel;
pub mod sensor;
pub mod text;
mod two_socket;
pub mod users;
pub mod watchdog;

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use boot::{BootOptions, BootOverride};
use power::{Cause, Power, PowerAction, PowerState, Step};
use sensor::{Sensor, SensorKey};

/// What happened to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// The host was turned on or off.
    Power(PowerState),
    /// The host was reset while on.
    Reset,
    /// The host started, and followed this override.
    Started(Option<BootOverride>),
    /// The operating system was asked to shut down.
    ShutdownRequested,
    /// A diagnostic interrupt was delivered.
    DiagnosticInterrupt,
    /// The boot override was written.
    BootOverride(Option<BootOverride>),
    /// The boot override ran out before anybody used it.
    BootOverrideExpired,
    /// The identify light; `None` is off, zero is until further notice.
    Identify(Option<Duration>),
    /// The BMC was reset: cold or warm.
    ControllerReset {
        /// Whether the reset was a cold one.
        cold: bool,
    },
    /// The event log was cleared.
    LogCleared,
    /// A user's slot was changed.
    User(u8),
    /// A LAN configuration parameter was written.
    Lan(u8),
    /// A FRU device was written.
    Fru(u8),
    /// A sensor's thresholds, hysteresis or event enables were written.
    Sensor(SensorKey),
    /// The watchdog ran out.
    WatchdogExpired,
    /// The power limit was set; `None` is without a limit.
    PowerLimit(Option<u16>),
}

/// An entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Machine time: since the machine was made, with what it was advanced by.
    pub at: Duration,
    /// What happened.
    pub kind: ChangeKind,
    /// Who brought it about.
    pub cause: Cause,
}

/// What Get Device ID and its neighbours say.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Device id.
    pub device: u8,
    /// Device revision.
    pub revision: u8,
    /// Firmware version, major and minor; the minor is a number to 99.
    pub firmware: (u8, u8),
    /// Auxiliary firmware revision.
    pub auxiliary: [u8; 4],
    /// IANA enterprise number.
    pub manufacturer: u32,
    /// Product id.
    pub product: u16,
    /// System GUID, in the order in which it is sent.
    pub guid: [u8; 16],
    /// Self test result, two bytes; 55h 00h is passed.
    pub self_test: [u8; 2],
    /// System info parameters: 1 firmware version, 2 system name, 3 OS name, 4 running OS.
    pub info: BTreeMap<u8, String>,
    /// DCMI asset tag.
    pub asset_tag: String,
    /// DCMI management controller id string.
    pub controller_id: String,
}

/// DCMI power readings and the limit.
#[derive(Clone, Debug)]
pub struct PowerMeter {
    /// Watts: now, least, most, average.
    pub watts: [u16; 4],
    /// Whether readings are being taken.
    pub active: bool,
    /// The limit in watts.
    pub limit: u16,
    /// What happens when the limit can't be kept: 0 nothing, 1 off, 11h a SEL entry.
    pub exception: u8,
    /// Milliseconds in which the limit must be met.
    pub correction: u32,
    /// Sampling period in seconds.
    pub period: u16,
    /// Whether the limit is in force.
    pub limited: bool,
}

/// The chassis identify light.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identify {
    /// Off.
    Off,
    /// On until this machine time.
    Until(Duration),
    /// On until further notice.
    On,
}

/// A simulated machine.
#[derive(Clone, Debug)]
pub struct Machine {
    started: Instant,
    skew: Duration,
    /// What the BMC says about itself.
    pub identity: Identity,
    /// The host's power.
    pub power: Power,
    /// Boot options.
    pub boot: BootOptions,
    pub(crate) identify: Identify,
    /// Chassis intrusion.
    pub intrusion: bool,
    /// A drive has failed.
    pub drive_fault: bool,
    /// A fan has failed.
    pub cooling_fault: bool,
    /// Front panel: which buttons are disabled (bits 3:0: off, reset, diagnostic, standby).
    pub front_panel: u8,
    /// The watchdog timer.
    pub watchdog: watchdog::Watchdog,
    /// Sensors of the BMC and of controllers behind it.
    pub sensors: Vec<Sensor>,
    /// The SDR repository.
    pub sdr: sdr::SdrRepository,
    /// The system event log.
    pub sel: sel::Sel,
    /// FRU images by device id.
    pub fru: BTreeMap<u8, Vec<u8>>,
    /// Users.
    pub users: users::Users,
    /// LAN configuration.
    pub lan: lan::LanConfig,
    /// Platform event filtering.
    pub pef: pef::Pef,
    /// The serial console.
    pub console: console::Console,
    /// DCMI power readings.
    pub meter: PowerMeter,
    /// Seconds that were added to the clock by Set SEL Time.
    pub(crate) clock_offset: i64,
    /// Minutes from UTC, as Get SEL Time UTC Offset has it.
    pub(crate) utc_offset: i16,
    journal: Vec<Change>,
}

impl Machine {
    /// Machine time: since the machine was made, with what it was advanced by.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.started.elapsed() + self.skew
    }

    /// Lets time pass for the machine without anybody waiting: timeouts, watchdog and transitions see it.
    pub fn advance(&mut self, by: Duration) {
        self.skew += by;
        self.catch_up();
    }

    /// Returns the clock of the event log: seconds since 1970.
    #[must_use]
    pub fn clock(&self) -> u32 {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + self.skew;
        let seconds = i64::try_from(unix.as_secs()).unwrap_or(i64::MAX).saturating_add(self.clock_offset);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// Returns whether the host is on.
    #[must_use]
    pub fn power_state(&self) -> PowerState {
        self.power.state
    }

    /// Returns the identify light.
    #[must_use]
    pub fn identify(&self) -> Identify {
        self.identify
    }

    /// Returns what happened so far, oldest first.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.journal
    }

    pub(crate) fn record(&mut self, kind: ChangeKind, cause: Cause) {
        let at = self.now();
        self.journal.push(Change { at, kind, cause });
    }

    /// Carries out a power action.
    ///
    /// # Errors
    ///
    /// Completion code D5h where the present power state rules the action out.
    pub fn control(&mut self, action: PowerAction, cause: Cause) -> Result<(), u8> {
        self.catch_up();
        let now = self.now();
        self.power.plan(action, &cause, now).ok_or(0xD5_u8)?;
        match action {
            PowerAction::GracefulShutdown => self.record(ChangeKind::ShutdownRequested, cause),
            PowerAction::DiagnosticInterrupt => self.record(ChangeKind::DiagnosticInterrupt, cause),
            _ => {}
        }
        self.catch_up();
        Ok(())
    }

    /// Writes the boot override; `None` clears it.
    pub fn set_boot_override(&mut self, wanted: Option<BootOverride>, cause: Cause) {
        let now = self.now();
        self.boot.set(wanted, now);
        self.record(ChangeKind::BootOverride(wanted), cause);
    }

    /// Switches the identify light: `None` is off, zero is until further notice.
    pub fn set_identify(&mut self, wanted: Option<Duration>, cause: Cause) {
        self.identify = match wanted {
            None => Identify::Off,
            Some(Duration::ZERO) => Identify::On,
            Some(interval) => Identify::Until(self.now() + interval),
        };
        self.record(ChangeKind::Identify(wanted), cause);
    }

    /// Returns the sensor of this name.
    #[must_use]
    pub fn sensor(&self, name: &str) -> Option<&Sensor> {
        self.sensors.iter().find(|sensor| sensor.name == name)
    }

    /// Returns the sensor of this name, to be changed.
    pub fn sensor_mut(&mut self, name: &str) -> Option<&mut Sensor> {
        self.sensors.iter_mut().find(|sensor| sensor.name == name)
    }

    /// Gives an analog sensor the raw byte nearest to this value. `false` if there is no such sensor.
    pub fn set_reading(&mut self, name: &str, value: f64) -> bool {
        let Some(sensor) = self.sensor_mut(name) else {
            return false;
        };
        let Some(conversion) = sensor.conversion else {
            return false;
        };
        sensor.raw = conversion.raw(value);
        true
    }

    pub(crate) fn sensor_at(&mut self, key: SensorKey) -> Option<&mut Sensor> {
        self.sensors.iter_mut().find(|sensor| sensor.key == key)
    }

    /// Lets everything happen that is due: power steps, the watchdog, timeouts.
    pub(crate) fn catch_up(&mut self) {
        let now = self.now();
        if let Identify::Until(end) = self.identify
            && end <= now
        {
            self.identify = Identify::Off;
        }
        if let Some((at, action)) = self.watchdog.fire(now) {
            self.journal.push(Change { at, kind: ChangeKind::WatchdogExpired, cause: Cause::Watchdog });
            if self.watchdog.timer_use & 0x80 == 0 {
                let offset = action.map_or(0, |action| match action {
                    PowerAction::Reset => 1,
                    PowerAction::ForceOff => 2,
                    _ => 3,
                });
                let data = [0xC0 | offset, self.watchdog.timer_use & 7, 0xFF];
                let clock = self.clock();
                self.sel.add(sel::system_event(0, 0x23, watchdog::SENSOR, 0x6F, data), clock);
            }
            if let Some(action) = action {
                self.power.plan(action, &Cause::Watchdog, at);
            }
        }
        if self.boot.expire(now) {
            self.record(ChangeKind::BootOverrideExpired, Cause::Unknown);
        }
        while let Some((at, step, cause)) = self.power.due(now) {
            self.step(at, step, &cause);
        }
    }

    fn step(&mut self, at: Duration, step: Step, cause: &Cause) {
        let mut note = |kind| self.journal.push(Change { at, kind, cause: cause.clone() });
        match step {
            Step::Off => {
                self.power.state = PowerState::Off;
                note(ChangeKind::Power(PowerState::Off));
                return;
            }
            Step::On => {
                self.power.state = PowerState::On;
                self.power.on_by_command = matches!(cause, Cause::ChassisControl | Cause::Service(_));
                note(ChangeKind::Power(PowerState::On));
            }
            Step::Restart => note(ChangeKind::Reset),
        }
        let followed = self.boot.consume();
        note(ChangeKind::Started(followed));
        self.power.restart_cause = cause.clone();
    }
}

/// A machine that several services look at.
#[derive(Clone, Debug)]
pub struct SharedMachine(Arc<Mutex<Machine>>);

impl SharedMachine {
    /// Shares a machine.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self(Arc::new(Mutex::new(machine)))
    }

    /// Returns the machine as it is now, with everything done that was due. Keep the guard short: the BMC waits for it.
    #[must_use]
    pub fn lock(&self) -> MachineGuard<'_> {
        // A test that panicked with the lock in hand leaves a machine that is still good to look at.
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        guard.catch_up();
        MachineGuard(guard)
    }
}

/// Access to a shared machine.
#[derive(Debug)]
pub struct MachineGuard<'a>(MutexGuard<'a, Machine>);

impl Deref for MachineGuard<'_> {
    type Target = Machine;

    fn deref(&self) -> &Machine {
        &self.0
    }
}

impl DerefMut for MachineGuard<'_> {
    fn deref_mut(&mut self) -> &mut Machine {
        &mut self.0
    }
}
