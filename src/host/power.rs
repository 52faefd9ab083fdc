//! Power: its state, on, off, cycle, reset, and the diagnostic interrupt.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::{ReadBack, Session};
use crate::error::Error;
use crate::ipmi::command::chassis::ChassisControl;
use crate::schema::resource::{self, ResetType};

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
pub enum Manner {
    /// The operating system is asked to shut down, and may take its time or not do it.
    Graceful,
    /// At once; what is not written to disk is lost.
    Forced,
}

impl Host {
    /// The power of the system.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn power_state(&self) -> Result<Outcome<HostPowerState>, Error> {
        self.read(Capability::Power, |session| Box::pin(state(session))).await
    }

    /// Turns the power on.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it.
    pub async fn power_on(&self) -> Result<Outcome<()>, Error> {
        self.power(
            ResetType::On,
            ChassisControl::PowerUp,
            Some(becomes(&[HostPowerState::On, HostPowerState::PoweringOn])),
        )
        .await
    }

    /// Turns the power off. A graceful shutdown has only begun when this returns.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn power_off(&self, manner: Manner) -> Result<Outcome<()>, Error> {
        match manner {
            // That a shutdown was asked for can't be seen from outside.
            Manner::Graceful => self.power(ResetType::GracefulShutdown, ChassisControl::SoftShutdown, None).await,
            Manner::Forced => {
                let off = becomes(&[HostPowerState::Off, HostPowerState::PoweringOff]);
                self.power(ResetType::ForceOff, ChassisControl::PowerDown, Some(off)).await
            }
        }
    }

    /// Turns the power off and on again, at once.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn power_cycle(&self) -> Result<Outcome<()>, Error> {
        self.power(ResetType::PowerCycle, ChassisControl::PowerCycle, None).await
    }

    /// Restarts the system without turning the power off. IPMI knows forced resets alone; a graceful one is refused there.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn reset(&self, manner: Manner) -> Result<Outcome<()>, Error> {
        match manner {
            Manner::Forced => self.power(ResetType::ForceRestart, ChassisControl::HardReset, None).await,
            Manner::Graceful => {
                let why = "IPMI can't ask the operating system to restart: shut down gracefully and power on, or reset by force";
                self.control(Capability::Reset, ResetType::GracefulRestart, Err(why), None).await
            }
        }
    }

    /// Sends a diagnostic interrupt, an NMI on most systems: the operating system mostly writes a dump and restarts.
    ///
    /// # Errors
    ///
    /// As [`power_on`](Self::power_on).
    pub async fn diagnostic_interrupt(&self) -> Result<Outcome<()>, Error> {
        let interrupt = Ok(ChassisControl::DiagnosticInterrupt);
        self.control(Capability::DiagnosticInterrupt, ResetType::Nmi, interrupt, None).await
    }

    async fn power(
        &self,
        redfish: ResetType,
        ipmi: ChassisControl,
        read_back: Option<ReadBack>,
    ) -> Result<Outcome<()>, Error> {
        self.control(Capability::Power, redfish, Ok(ipmi), read_back).await
    }

    async fn control(
        &self,
        capability: Capability,
        redfish: ResetType,
        ipmi: Result<ChassisControl, &'static str>,
        read_back: Option<ReadBack>,
    ) -> Result<Outcome<()>, Error> {
        let operation = move |session| Box::pin(control(session, redfish.clone(), ipmi)) as _;
        self.change(capability, operation, read_back).await
    }
}

async fn state(session: Session) -> Result<HostPowerState, Fault> {
    Ok(match session {
        Session::Ipmi(bmc) if bmc.chassis_status().await?.power_on => HostPowerState::On,
        Session::Ipmi(_) => HostPowerState::Off,
        Session::Redfish(service) => match &service.system().await?.power_state {
            Some(resource::PowerState::On) => HostPowerState::On,
            Some(resource::PowerState::Off) => HostPowerState::Off,
            Some(resource::PowerState::PoweringOn) => HostPowerState::PoweringOn,
            Some(resource::PowerState::PoweringOff) => HostPowerState::PoweringOff,
            Some(other) => HostPowerState::Other(other.as_str().to_owned()),
            None => return Err(Fault::lacking("the system doesn't tell its PowerState")),
        },
    })
}

async fn control(
    session: Session,
    redfish: ResetType,
    ipmi: Result<ChassisControl, &'static str>,
) -> Result<(), Fault> {
    match session {
        Session::Ipmi(bmc) => Ok(bmc.chassis_control(ipmi.map_err(Fault::inexpressible)?).await?),
        Session::Redfish(service) => {
            let system = service.system().await?;
            system.reset(redfish).await.map(|_| ()).map_err(Fault::of_action)
        }
    }
}

fn becomes(wanted: &'static [HostPowerState]) -> ReadBack {
    Arc::new(move |session| Box::pin(async move { Ok(wanted.contains(&state(session).await?)) }))
}
