//! The identify light, by which somebody in front of the rack finds the machine.

use std::sync::Arc;
use std::time::Duration;

use super::every::{OfSystem, every};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::ipmi::command::chassis::{ChassisIdentify, IdentifyState};
use crate::resource::Resource;
use crate::resource::partial::{Missing, Partial};
use crate::schema::ComputerSystem;
use crate::services::identify::Lamp;
use crate::services::read_back::follow;

/// What the identify light is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Identify {
    /// Off.
    Off,
    /// On until it is turned off.
    On,
    /// On for so long, which Redfish can't say.
    For(Duration),
}

/// How long the light may take to show what was asked of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// What identifies for less than this may be over before it is looked at.
const SHORTEST_SEEN: Duration = Duration::from_secs(5);

impl Host {
    /// Returns whether the identify light is on.
    ///
    /// # Errors
    ///
    /// Where no protocol has it, and where several systems could be meant.
    pub async fn identify_state(&self) -> Result<Outcome<bool>, Error> {
        self.read(Capability::Identify, |session| Box::pin(state(session))).await
    }

    /// Returns whether the identify light is on, for each system that is meant.
    ///
    /// # Errors
    ///
    /// Where no protocol has it of any.
    pub async fn identify_states(&self) -> Result<Outcome<Partial<OfSystem<bool>>>, Error> {
        self.read(Capability::Identify, |session| Box::pin(states(session))).await
    }

    /// Turns the identify light on or off. Returns whether it is on.
    ///
    /// # Errors
    ///
    /// Where it is refused, no protocol can do it, or the light is not as it was asked afterwards.
    pub async fn identify(&self, identify: Identify) -> Result<Outcome<bool>, Error> {
        let wanted = identify != Identify::Off;
        let patience = self.patience(PATIENCE);
        let look = Arc::new(move |session| {
            Box::pin(async move { Ok(Some(state(session).await?).filter(|found| *found == wanted)) }) as Running<_>
        });
        let operation = move |session| Box::pin(set(session, identify, patience)) as Running<_>;
        self.make(Capability::Identify, operation, Some(look)).await
    }
}

/// The light of what is meant: of the system, or of a chassis.
async fn lamp(service: &Service) -> Result<Lamp, Fault> {
    let by_chassis = service.chosen.chassis.is_some() && service.chosen.system.is_none();
    let system = match service.systems().await {
        _ if by_chassis => None,
        // What has no systems has chassis.
        Ok(systems) if systems.items.is_empty() && systems.missing.iter().all(is_link_missing) => None,
        Ok(systems) => Some(systems.choose(None)?),
        Err(error) => return Err(error.into()),
    };
    let Some(system) = system else {
        let chassis = service.named_chassis().await?;
        return Lamp::of_chassis(chassis).ok_or_else(|| Fault::lacking("the chassis does not have an identify light"));
    };
    Ok(of_system(system).await?)
}

fn is_link_missing(missing: &Missing) -> bool {
    missing.error.kind() == ErrorKind::Missing
}

async fn of_system(system: Resource<ComputerSystem>) -> Result<Lamp, Error> {
    if let Some(lamp) = Lamp::of_system(system.clone()) {
        return Ok(lamp);
    }
    let mut around = system.chassis();
    let mut unread = None;
    while let Some(chassis) = around.next().await {
        match chassis.map(Lamp::of_chassis) {
            Ok(Some(lamp)) => return Ok(lamp),
            Ok(None) => {}
            Err(error) => unread = unread.or(Some(error)),
        }
    }
    let none = || Error::new(ErrorKind::Missing, "neither the system nor its chassis has an identify light");
    Err(unread.unwrap_or_else(none))
}

async fn state(session: Session) -> Result<bool, Fault> {
    match session {
        Session::Ipmi(bmc) => match bmc.chassis_status().await?.identify {
            Some(IdentifyState::Off) => Ok(false),
            Some(IdentifyState::Timed | IdentifyState::Indefinite) => Ok(true),
            _ => Err(Fault::lacking("the BMC does not say by IPMI whether the identify light is on")),
        },
        Session::Redfish(service) => Ok(lamp(&service).await?.is_on()),
    }
}

async fn states(session: Session) -> Result<Partial<OfSystem<bool>>, Fault> {
    match &session {
        Session::Redfish(service) if service.systems().await.is_ok_and(|systems| !systems.items.is_empty()) => {
            every(service, async |system| Ok(of_system(system).await?.is_on())).await
        }
        _ => Ok(OfSystem::only(state(session).await?)),
    }
}

async fn set(session: Session, identify: Identify, patience: Duration) -> Result<Made<bool>, Fault> {
    let service = match session {
        Session::Redfish(service) => service,
        Session::Ipmi(bmc) => {
            let chosen = match identify {
                Identify::Off => ChassisIdentify::Off,
                Identify::On => ChassisIdentify::Indefinitely,
                Identify::For(time) if (1..=255).contains(&time.as_secs()) => ChassisIdentify::For(time),
                Identify::For(_) => return Err(Fault::inexpressible("IPMI can identify for 1 to 255 seconds")),
            };
            bmc.chassis_identify(chosen).await?;
            let asked = identify != Identify::Off;
            let sent = vec![format!("Chassis Identify {chosen:?}")];
            if matches!(identify, Identify::For(time) if time < SHORTEST_SEEN) {
                return Ok(Made::unseen(asked, sent));
            }
            let look = || Box::pin(state(Session::Ipmi(bmc.clone()))) as Running<_>;
            return Confirmed { asked, sent, patience }.seen(look, |found| *found == asked, |_| not_so(asked)).await;
        }
    };
    let on = match identify {
        Identify::Off => false,
        Identify::On => true,
        Identify::For(_) => {
            return Err(Fault::inexpressible(
                "Redfish can't turn the identify light on for a time: turn it on and off",
            ));
        }
    };
    let lamp = lamp(&service).await?;
    let written = lamp.set(on).await.map_err(Fault::of_change)?;
    let Some(sent) = written.sent else { return Ok(Made::unseen(on, Vec::new())) };
    if let Some(task) = written.task {
        follow(task, patience).await.map_err(Fault::of_change)?;
    }
    let look = || {
        let lamp = lamp.clone();
        Box::pin(async move { Ok(lamp.refreshed().await?.is_on()) }) as Running<_>
    };
    let confirmed = Confirmed { asked: on, sent: vec![sent], patience };
    confirmed.seen(look, |found| *found == on, |_| not_so(on)).await
}

fn not_so(asked: bool) -> Result<bool, String> {
    let word = |on| if on { "on" } else { "off" };
    Err(format!("asked to turn the identify light {}; still {}", word(asked), word(!asked)))
}
