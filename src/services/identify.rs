//! The identify light of a system or a chassis, by the property that it has for it: `LocationIndicatorActive`, or
//! `IndicatorLED` of older schemas.

use crate::error::Error;
use crate::resource::Resource;
use crate::resource::edit::{Committed, Edit};
use crate::schema::{Chassis, ComputerSystem, chassis, computer_system};
use crate::task::TaskMonitor;
use crate::wire::{Record, Type};

/// What has the light: the system, or a chassis.
#[derive(Debug, Clone)]
pub(crate) enum Lamp {
    System(Resource<ComputerSystem>),
    Chassis(Resource<Chassis>),
}

/// What was sent to a light.
#[derive(Debug)]
pub(crate) struct Written {
    /// None where it was as wanted before.
    pub(crate) sent: Option<String>,
    /// What brings it about, where the service carries it out later.
    pub(crate) task: Option<TaskMonitor>,
}

impl Lamp {
    /// Finds the light of a system, if it has one.
    pub(crate) fn of_system(system: Resource<ComputerSystem>) -> Option<Self> {
        (system.location_indicator_active.is_some() || system.indicator_led.is_some()).then_some(Self::System(system))
    }

    /// Finds the light of a chassis, if it has one.
    pub(crate) fn of_chassis(chassis: Resource<Chassis>) -> Option<Self> {
        (chassis.location_indicator_active.is_some() || chassis.indicator_led.is_some())
            .then_some(Self::Chassis(chassis))
    }

    /// Returns whether it is on.
    pub(crate) fn is_on(&self) -> bool {
        match self {
            Self::System(system) => system.location_indicator_active.unwrap_or_else(|| {
                use computer_system::IndicatorLED as L;
                matches!(system.indicator_led, Some(L::Lit | L::Blinking))
            }),
            Self::Chassis(chassis) => chassis.location_indicator_active.unwrap_or_else(|| {
                use chassis::IndicatorLED as L;
                matches!(chassis.indicator_led, Some(L::Lit | L::Blinking))
            }),
        }
    }

    /// Reads it again.
    pub(crate) async fn refreshed(&self) -> Result<Self, Error> {
        Ok(match self {
            Self::System(system) => Self::System(system.client().get(system.uri()).await?),
            Self::Chassis(chassis) => Self::Chassis(chassis.client().get(chassis.uri()).await?),
        })
    }

    /// Turns it on or off.
    pub(crate) async fn set(&self, on: bool) -> Result<Written, Error> {
        match self {
            Self::System(system) => {
                use computer_system::IndicatorLED as L;
                let mut edit = system.edit();
                match edit.location_indicator_active {
                    Some(_) => edit.location_indicator_active = Some(on),
                    None => edit.indicator_led = Some(L::from(spelling(system.value(), on))),
                }
                commit(edit).await
            }
            Self::Chassis(chassis) => {
                use chassis::IndicatorLED as L;
                let mut edit = chassis.edit();
                match edit.location_indicator_active {
                    Some(_) => edit.location_indicator_active = Some(on),
                    None => edit.indicator_led = Some(L::from(spelling(chassis.value(), on))),
                }
                commit(edit).await
            }
        }
    }
}

/// How to say it by `IndicatorLED`: a light that can't blink is lit.
fn spelling(owner: &dyn Record, on: bool) -> &'static str {
    let allowed = owner.annotations().allowable_values("IndicatorLED");
    let accepts = |wanted: &str| allowed.as_ref().is_none_or(|all| all.iter().any(|allowed| allowed == wanted));
    match on {
        true if !accepts("Blinking") && accepts("Lit") => "Lit",
        true => "Blinking",
        false => "Off",
    }
}

async fn commit<T: Type>(edit: Edit<T>) -> Result<Written, Error> {
    let sent = Some(format!("PATCH {}", edit.patch().body));
    Ok(match edit.commit().await? {
        Committed::Unchanged => Written { sent: None, task: None },
        Committed::Accepted(task) => Written { sent, task: Some(task) },
        // It is looked at again in any case.
        Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => Written { sent, task: None },
    })
}
