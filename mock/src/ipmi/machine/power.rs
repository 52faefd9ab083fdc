//! The host's power: states, the transitions that a chassis control causes, and how long they take.
//! Transitions are queued and happen when the state is next looked at; no timer is needed.

use std::time::Duration;

/// Whether the host is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerState {
    /// Soft off (S5) or off by force.
    Off,
    /// On.
    On,
}

/// What Chassis Control, Redfish's Reset or a watchdog may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowerAction {
    /// Off, without asking the operating system.
    ForceOff,
    /// On.
    On,
    /// Off, a pause, and on.
    Cycle,
    /// A reset line pulled.
    Reset,
    /// A diagnostic interrupt (NMI).
    DiagnosticInterrupt,
    /// The operating system is asked to shut down (ACPI).
    GracefulShutdown,
}

/// Who asked for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A Chassis Control command.
    ChassisControl,
    /// A request over Redfish, or another service that shares the machine.
    Service(String),
    /// The power button.
    PowerButton,
    /// The reset button.
    ResetButton,
    /// The watchdog timer.
    Watchdog,
    /// Power came back and the policy said to start.
    PowerRestored,
    /// Nobody knows.
    Unknown,
}

impl Cause {
    /// Returns the code of Get System Restart Cause (section 28.11).
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::ChassisControl => 1,
            Self::ResetButton => 2,
            Self::PowerButton => 3,
            Self::Watchdog => 4,
            Self::Service(_) => 5,
            Self::PowerRestored => 6,
        }
    }
}

/// What the host does when mains power returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestorePolicy {
    /// It stays off.
    AlwaysOff,
    /// It goes back to what it was.
    #[default]
    Previous,
    /// It starts.
    AlwaysOn,
}

impl RestorePolicy {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::AlwaysOff => 0,
            Self::Previous => 1,
            Self::AlwaysOn => 2,
        }
    }

    pub(crate) fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::AlwaysOff),
            1 => Some(Self::Previous),
            2 => Some(Self::AlwaysOn),
            _ => None,
        }
    }
}

/// How long transitions take.
#[derive(Clone, Copy, Debug)]
pub struct PowerTiming {
    /// From the command to the host being on.
    pub on: Duration,
    /// From the command to the host being off.
    pub off: Duration,
    /// How long a power cycle keeps it off.
    pub cycle: Duration,
    /// How long the operating system takes to shut down.
    pub shutdown: Duration,
}

impl Default for PowerTiming {
    fn default() -> Self {
        Self {
            on: Duration::ZERO,
            off: Duration::ZERO,
            cycle: Duration::from_millis(100),
            shutdown: Duration::from_millis(100),
        }
    }
}

/// One step of a transition under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Off,
    On,
    Restart,
}

/// The host's power and what is about to happen to it.
#[derive(Clone, Debug)]
pub struct Power {
    /// What the host is now.
    pub(crate) state: PowerState,
    /// Steps that are due, soonest first.
    pub(crate) pending: Vec<(Duration, Step, Cause)>,
    /// How long transitions take.
    pub timing: PowerTiming,
    /// What happens when mains power returns.
    pub policy: RestorePolicy,
    /// Why the host last started.
    pub restart_cause: Cause,
    /// Whether the last power-on came by a command.
    pub on_by_command: bool,
    /// A fault in the main power subsystem.
    pub fault: bool,
    /// More load than the supplies carry.
    pub overload: bool,
    /// A graceful shutdown that the operating system doesn't react to.
    pub ignores_shutdown: bool,
    /// Power-on hours, when the machine was made.
    pub hours: u32,
}

impl Default for Power {
    fn default() -> Self {
        Self {
            state: PowerState::On,
            pending: Vec::new(),
            timing: PowerTiming::default(),
            policy: RestorePolicy::default(),
            restart_cause: Cause::PowerButton,
            on_by_command: false,
            fault: false,
            overload: false,
            ignores_shutdown: false,
            hours: 13_579,
        }
    }
}

impl Power {
    /// Queues the steps of `action`. `None` if the present state doesn't allow it (completion code D5h).
    pub(crate) fn plan(&mut self, action: PowerAction, cause: &Cause, now: Duration) -> Option<()> {
        let timing = self.timing;
        let mut steps = Vec::new();
        match (action, self.state) {
            (PowerAction::On, PowerState::Off) => steps.push((timing.on, Step::On)),
            (PowerAction::On, PowerState::On) | (PowerAction::ForceOff, PowerState::Off) => {}
            (PowerAction::ForceOff, PowerState::On) => steps.push((timing.off, Step::Off)),
            (PowerAction::Cycle, PowerState::On) => {
                steps.push((timing.off, Step::Off));
                steps.push((timing.off + timing.cycle, Step::On));
            }
            (PowerAction::Reset, PowerState::On) => steps.push((Duration::ZERO, Step::Restart)),
            (PowerAction::GracefulShutdown, PowerState::On) => {
                if !self.ignores_shutdown {
                    steps.push((timing.shutdown, Step::Off));
                }
            }
            (PowerAction::DiagnosticInterrupt, PowerState::On) => {}
            (_, PowerState::Off) => return None,
        }
        // A new order replaces the steps of the previous one.
        self.pending = steps.into_iter().map(|(after, step)| (now + after, step, cause.clone())).collect();
        Some(())
    }

    /// Takes the next step if it is due at `now`.
    pub(crate) fn due(&mut self, now: Duration) -> Option<(Duration, Step, Cause)> {
        let (at, ..) = self.pending.first()?;
        (*at <= now).then(|| self.pending.remove(0))
    }
}
