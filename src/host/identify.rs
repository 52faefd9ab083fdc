//! The identify light, by which somebody in front of the rack finds the machine.

use std::sync::Arc;
use std::time::Duration;

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::Error;
use crate::ipmi::command::chassis::{ChassisIdentify, IdentifyState};
use crate::resource::Resource;
use crate::schema::{Chassis, ComputerSystem, chassis, computer_system};

/// What the identify light is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Identify {
    /// Off.
    Off,
    /// On until it is turned off.
    On,
    /// On for so long, which Redfish can't say.
    For(Duration),
}

impl Host {
    /// Whether the identify light is on.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn identify_state(&self) -> Result<Outcome<bool>, Error> {
        self.read(Capability::Identify, |session| Box::pin(state(session))).await
    }

    /// Turns the identify light on or off.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it.
    pub async fn identify(&self, identify: Identify) -> Result<Outcome<()>, Error> {
        let wanted = identify != Identify::Off;
        let holds = Arc::new(move |session| Box::pin(async move { Ok(state(session).await? == wanted) }) as _);
        self.change(Capability::Identify, move |session| Box::pin(set(session, identify)), Some(holds)).await
    }
}

/// What has the light: the system, or its chassis.
enum Lamp {
    System(Resource<ComputerSystem>),
    Chassis(Resource<Chassis>),
}

async fn lamp(service: &Service) -> Result<Lamp, Fault> {
    let system = service.system().await?;
    if system.location_indicator_active.is_some() || system.indicator_led.is_some() {
        return Ok(Lamp::System(system));
    }
    let mut around = system.chassis();
    while let Some(chassis) = around.try_next().await? {
        if chassis.location_indicator_active.is_some() || chassis.indicator_led.is_some() {
            return Ok(Lamp::Chassis(chassis));
        }
    }
    Err(Fault::lacking("neither the system nor its chassis has an identify light"))
}

async fn state(session: Session) -> Result<bool, Fault> {
    match session {
        Session::Ipmi(bmc) => match bmc.chassis_status().await?.identify {
            Some(IdentifyState::Off) => Ok(false),
            Some(IdentifyState::Timed | IdentifyState::Indefinite) => Ok(true),
            _ => Err(Fault::lacking("the BMC doesn't tell by IPMI whether the identify light is on")),
        },
        Session::Redfish(service) => Ok(match lamp(&service).await? {
            Lamp::System(system) => system.location_indicator_active.unwrap_or_else(|| {
                use computer_system::IndicatorLED as L;
                matches!(system.indicator_led, Some(L::Lit | L::Blinking))
            }),
            Lamp::Chassis(chassis) => chassis.location_indicator_active.unwrap_or_else(|| {
                use chassis::IndicatorLED as L;
                matches!(chassis.indicator_led, Some(L::Lit | L::Blinking))
            }),
        }),
    }
}

async fn set(session: Session, identify: Identify) -> Result<(), Fault> {
    let service = match session {
        Session::Redfish(service) => service,
        Session::Ipmi(bmc) => {
            let identify = match identify {
                Identify::Off => ChassisIdentify::Off,
                Identify::On => ChassisIdentify::Indefinitely,
                Identify::For(time) if (1..=255).contains(&time.as_secs()) => ChassisIdentify::For(time),
                Identify::For(_) => return Err(Fault::inexpressible("IPMI can identify for 1 to 255 seconds")),
            };
            return Ok(bmc.chassis_identify(identify).await?);
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
    match lamp(&service).await? {
        Lamp::System(system) => {
            use computer_system::IndicatorLED as L;
            let mut edit = system.edit();
            match edit.location_indicator_active {
                Some(_) => edit.location_indicator_active = Some(on),
                None => edit.indicator_led = Some(if on { L::Blinking } else { L::Off }),
            }
            edit.commit().await.map(|_| ()).map_err(Fault::of_change)
        }
        Lamp::Chassis(chassis) => {
            use chassis::IndicatorLED as L;
            let mut edit = chassis.edit();
            match edit.location_indicator_active {
                Some(_) => edit.location_indicator_active = Some(on),
                None => edit.indicator_led = Some(if on { L::Blinking } else { L::Off }),
            }
            edit.commit().await.map(|_| ()).map_err(Fault::of_change)
        }
    }
}
