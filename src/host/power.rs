//! Power: its state, on, off, cycle, reset, and the diagnostic interrupt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::every::{OfSystem, every};
use super::fault::{Fault, Reason, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::{AttemptPhase, Outcome};
use super::profile::Capability;
use super::route::{Look, Session};
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::ipmi::command::chassis::ChassisControl;
use crate::resource::partial::Partial;
use crate::schema::ComputerSystem;
use crate::schema::resource::{self, ResetType};
use crate::services::power;
use crate::services::read_back::{Seen, read_back, seconds};

/// The power of a system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HostPowerState {
    /// On.
    On,
    /// Off.
    Off,
    /// On its way from off to on.
    PoweringOn,
    /// On its way from on to off.
    PoweringOff,
    /// Another one, as Redfish spells it.
    #[serde(untagged)]
    Other(String),
}

impl fmt::Display for HostPowerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::On => "on",
            Self::Off => "off",
            Self::PoweringOn => "powering on",
            Self::PoweringOff => "powering off",
            Self::Other(text) => text,
        })
    }
}

/// Whether the operating system is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Manner {
    /// The operating system is asked to shut down, and may take time or not do it.
    Graceful,
    /// At once; what is not written to disk is lost.
    Forced,
}

/// How long the power may take to change.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is wanted of the power, in the words of both protocols.
#[derive(Debug, Clone)]
struct Wish {
    redfish: ResetType,
    /// Or why IPMI can't say it.
    ipmi: Result<ChassisControl, &'static str>,
    /// What is to be seen then; none where nothing shows it.
    goal: Option<HostPowerState>,
    /// Whether it is to be on again after it was shut down, if that takes two steps.
    restarts: bool,
}

impl Wish {
    fn new(redfish: ResetType, ipmi: ChassisControl) -> Self {
        Self { redfish, ipmi: Ok(ipmi), goal: None, restarts: false }
    }

    fn until(self, goal: HostPowerState) -> Self {
        Self { goal: Some(goal), ..self }
    }

    /// Whether this is what was wanted.
    fn is_reached(&self, state: &HostPowerState) -> bool {
        self.goal.as_ref().is_none_or(|goal| goal == state)
    }

    /// Whether it is on its way beyond return.
    fn is_under_way(&self, state: &HostPowerState) -> bool {
        self.goal == Some(HostPowerState::On) && *state == HostPowerState::PoweringOn
    }
}

impl Host {
    /// Returns the power state of the system.
    ///
    /// # Errors
    ///
    /// Where no protocol has it, and where several systems could be meant.
    pub async fn power_state(&self) -> Result<Outcome<HostPowerState>, Error> {
        self.read(Capability::Power, |session| Box::pin(state(session))).await
    }

    /// Returns the power state of each system that is meant.
    ///
    /// # Errors
    ///
    /// Where no protocol has it of any.
    pub async fn power_states(&self) -> Result<Outcome<Partial<OfSystem<HostPowerState>>>, Error> {
        self.read(Capability::Power, |session| Box::pin(states(session))).await
    }

    /// Turns the power on, and waits for a while until it is. Returns the state that was seen: on, or on its way there; none
    /// where it could not be read.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it; and where it was confirmed and the power is another one after that
    /// time ([`ErrorKind::NotInForce`]).
    pub async fn power_on(&self) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let wish = Wish::new(ResetType::On, ChassisControl::PowerUp).until(HostPowerState::On);
        self.control(Capability::Power, wish).await
    }

    /// Turns the power off. A forced one waits for a while until it is off, and returns that. A graceful shutdown has only
    /// been asked for when this returns, with no state.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn power_off(&self, manner: Manner) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let wish = match manner {
            // That a shutdown was asked for can't be seen from outside.
            Manner::Graceful => Wish::new(ResetType::GracefulShutdown, ChassisControl::SoftShutdown),
            Manner::Forced => Wish::new(ResetType::ForceOff, ChassisControl::PowerDown).until(HostPowerState::Off),
        };
        self.control(Capability::Power, wish).await
    }

    /// Turns the power off and on again, at once. Where a system can't do so by itself it is turned off, and on when it is
    /// off: [`Outcome::sent`] has both then, and the state is the one that was seen. Else no state is returned, as it is on
    /// before and after.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn power_cycle(&self) -> Result<Outcome<Option<HostPowerState>>, Error> {
        self.control(Capability::Power, Wish::new(ResetType::PowerCycle, ChassisControl::PowerCycle)).await
    }

    /// Restarts the system without turning the power off. IPMI knows forced resets alone; a graceful one is refused there.
    /// No state is returned, as it is on before and after.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn reset(&self, manner: Manner) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let (capability, wish) = match manner {
            Manner::Forced => (Capability::Power, Wish::new(ResetType::ForceRestart, ChassisControl::HardReset)),
            Manner::Graceful => {
                let why = "IPMI can't ask the operating system to restart at once: give it time to shut down (`--wait`, \
                           `Host::restart`), or reset by force";
                let wish = Wish::new(ResetType::GracefulRestart, ChassisControl::SoftShutdown);
                (Capability::Reset, Wish { ipmi: Err(why), ..wish })
            }
        };
        self.control(capability, wish).await
    }

    /// Has the operating system restart, within a time that it may take to shut down. Where a BMC has no word for that, and
    /// by IPMI, which has none, it is asked to shut down, and turned on when it is off: [`Outcome::sent`] has both then, and the
    /// state is the one that was seen.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on); and where it was asked to shut down and is not off within the time. It is not turned on
    /// again then, as it may shut down yet.
    pub async fn restart(&self, within: Duration) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let wish = Wish { restarts: true, ..Wish::new(ResetType::GracefulRestart, ChassisControl::SoftShutdown) };
        self.control_within(Capability::Power, wish, within).await
    }

    /// Sends a diagnostic interrupt, an NMI on most systems: the operating system mostly writes a dump and restarts. No
    /// state is returned.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn diagnostic_interrupt(&self) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let wish = Wish::new(ResetType::Nmi, ChassisControl::DiagnosticInterrupt);
        self.control(Capability::DiagnosticInterrupt, wish).await
    }

    async fn control(&self, capability: Capability, wish: Wish) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let patience = self.patience(PATIENCE);
        self.control_within(capability, wish, patience).await
    }

    async fn control_within(
        &self,
        capability: Capability,
        wish: Wish,
        patience: Duration,
    ) -> Result<Outcome<Option<HostPowerState>>, Error> {
        let look = wish.goal.is_some().then(|| {
            let wish = wish.clone();
            Arc::new(move |session| {
                let wish = wish.clone();
                Box::pin(async move {
                    let found = state(session).await?;
                    let begun = wish.is_reached(&found)
                        || wish.is_under_way(&found)
                        || (wish.goal == Some(HostPowerState::Off) && found == HostPowerState::PoweringOff);
                    Ok(begun.then_some(Some(found)))
                }) as Running<_>
            }) as Look<_>
        });
        let operation = move |session| Box::pin(control(session, wish.clone(), patience)) as Running<_>;
        self.make(capability, operation, look).await
    }
}

async fn state(session: Session) -> Result<HostPowerState, Fault> {
    Ok(match session {
        Session::Ipmi(bmc) if bmc.chassis_status().await?.power_on => HostPowerState::On,
        Session::Ipmi(_) => HostPowerState::Off,
        Session::Redfish(service) => of_system(&*service.system().await?)?,
    })
}

async fn states(session: Session) -> Result<Partial<OfSystem<HostPowerState>>, Fault> {
    match session {
        Session::Ipmi(_) => Ok(OfSystem::only(state(session).await?)),
        Session::Redfish(service) => every(&service, async |system| of_system(&system)).await,
    }
}

fn of_system(system: &ComputerSystem) -> Result<HostPowerState, Error> {
    Ok(match &system.power_state {
        Some(resource::PowerState::On) => HostPowerState::On,
        Some(resource::PowerState::Off) => HostPowerState::Off,
        Some(resource::PowerState::PoweringOn) => HostPowerState::PoweringOn,
        Some(resource::PowerState::PoweringOff) => HostPowerState::PoweringOff,
        Some(other) => HostPowerState::Other(other.as_str().to_owned()),
        None => return Err(Error::new(ErrorKind::Missing, "the system does not show its PowerState")),
    })
}

async fn control(session: Session, wish: Wish, patience: Duration) -> Result<Made<Option<HostPowerState>>, Fault> {
    let (sent, look): (Vec<String>, Box<dyn Fn() -> Running<HostPowerState> + Send + Sync>) = match session {
        Session::Ipmi(bmc) => {
            let command = wish.ipmi.map_err(Fault::inexpressible)?;
            let look = {
                let bmc = bmc.clone();
                move || Box::pin(state(Session::Ipmi(bmc.clone()))) as Running<_>
            };
            match bmc.chassis_control(command).await {
                // Refused, as it is so already.
                Err(error) if error.completion_code().is_some() && is_so(&wish, &look).await => {
                    return Ok(Made::unseen(wish.goal, Vec::new()));
                }
                done => done?,
            }
            let mut sent = vec![format!("Chassis Control {command:?}")];
            if wish.restarts {
                on_when_off(&bmc, patience).await?;
                sent.push(format!("Chassis Control {:?}", ChassisControl::PowerUp));
            }
            (sent, Box::new(look))
        }
        Session::Redfish(service) => {
            let system = service.system().await?;
            let (client, uri) = (service.client.clone(), system.uri().to_owned());
            let look = move || {
                let (client, uri) = (client.clone(), uri.clone());
                Box::pin(async move { Ok(of_system(&*client.get::<ComputerSystem>(&uri).await?)?) }) as Running<_>
            };
            let done = match wish.redfish {
                ResetType::PowerCycle => power::cycle(&system, patience).await,
                ResetType::GracefulRestart if wish.restarts => power::restart(&system, patience).await,
                ref reset => power::reset(&system, reset.clone(), patience).await.map(|sent| vec![sent]),
            };
            let sent = match done {
                Ok(sent) => sent.iter().map(ToString::to_string).collect(),
                // Refused, as it is so already.
                Err(error) if matches!(error.status(), Some(400 | 409)) && is_so(&wish, &look).await => {
                    return Ok(Made::unseen(wish.goal, Vec::new()));
                }
                Err(error) => return Err(Fault::of_action(error)),
            };
            (sent, Box::new(look))
        }
    };
    // What was turned off and on in two steps is on in the end.
    let goal = if sent.len() > 1 { Some(HostPowerState::On) } else { wish.goal.clone() };
    let wish = Wish { goal, ..wish };
    if wish.goal.is_none() {
        return Ok(Made::unseen(None, sent));
    }
    let asked = if wish.goal == Some(HostPowerState::On) { "asked to turn on" } else { "asked to turn off" };
    let otherwise = |found: Option<HostPowerState>| match &found {
        Some(state) if wish.is_under_way(state) => Ok(found),
        Some(state) => Err(format!("{asked}; still {state}")),
        None => Err(asked.to_owned()),
    };
    let is_wanted = |found: &Option<HostPowerState>| found.as_ref().is_some_and(|found| wish.is_reached(found));
    let look = || {
        let looking = look();
        Box::pin(async { looking.await.map(Some) }) as Running<_>
    };
    Confirmed { asked: None, sent, patience }.seen(look, is_wanted, otherwise).await
}

/// Turns on what was asked to shut down, when it is off.
async fn on_when_off(bmc: &ipmi::Client, within: Duration) -> Result<(), Fault> {
    let look = || async { Ok(bmc.chassis_status().await?.power_on) };
    let text = match read_back(within, look, |on| !on).await {
        Seen::AsWanted(_) => {
            bmc.chassis_control(ChassisControl::PowerUp).await?;
            return Ok(());
        }
        Seen::Otherwise(_) => {
            format!("asked to shut down; still on after {}, and not turned on again", seconds(within))
        }
        Seen::Unread(error) => format!("asked to shut down; whether it is off could not be read ({error})"),
    };
    let error = Error::new(ErrorKind::NotInForce, text);
    Err(Fault { phase: AttemptPhase::Change, reason: Reason::Final, error })
}

/// Whether the state is what was wanted, as far as it can be read.
async fn is_so(wish: &Wish, look: &(dyn Fn() -> Running<HostPowerState> + Send + Sync)) -> bool {
    wish.goal.is_some() && look().await.is_ok_and(|found| wish.is_reached(&found))
}
