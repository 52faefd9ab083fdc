//! The BMC itself: what it is, and resetting it.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::Error;
use crate::schema::resource::ResetType;

/// What a BMC is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Controller {
    /// Who made it.
    pub manufacturer: Option<String>,
    /// Its model; by IPMI, the product's number.
    pub model: Option<String>,
    /// The version of its firmware.
    pub firmware: Option<String>,
    /// The version of the protocol that it was asked by.
    pub protocol_version: Option<String>,
}

impl Host {
    /// What the BMC is.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn controller(&self) -> Result<Outcome<Controller>, Error> {
        self.read(Capability::Controller, |session| Box::pin(controller(session))).await
    }

    /// Resets the BMC, not the system. It does not answer for a while, and the sessions end. By Redfish it restarts
    /// gracefully where it can; by IPMI it is a cold reset.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it. A BMC that resets before it answers can't be told from one that
    /// doesn't answer: that is an error, after which the other protocol isn't asked.
    pub async fn reset_controller(&self) -> Result<Outcome<()>, Error> {
        self.change(Capability::ControllerReset, |session| Box::pin(reset(session)), None).await
    }
}

async fn controller(session: Session) -> Result<Controller, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let device = bmc.device_id().await?;
            let number = || format!("enterprise {}", device.manufacturer_id);
            Ok(Controller {
                manufacturer: Some(device.manufacturer().map_or_else(number, str::to_owned)),
                model: Some(format!("{:#06x}", device.product_id)),
                firmware: Some(device.firmware.to_string()),
                protocol_version: Some(format!("IPMI {}.{}", device.ipmi_version.0, device.ipmi_version.1)),
            })
        }
        Session::Redfish(service) => {
            let manager = service.manager().await?.into_value();
            let version = service.client.root().redfish_version.clone();
            Ok(Controller {
                manufacturer: manager.manufacturer,
                model: manager.model,
                firmware: manager.firmware_version,
                protocol_version: version.map(|version| format!("Redfish {version}")),
            })
        }
    }
}

async fn reset(session: Session) -> Result<(), Fault> {
    match session {
        Session::Ipmi(bmc) => Ok(bmc.cold_reset().await?),
        Session::Redfish(service) => {
            let manager = service.manager().await?;
            let graceful = manager.reset(ResetType::GracefulRestart);
            let allowed = graceful.allowable_values("ResetType").await?;
            let can = |wanted: &str| allowed.as_ref().is_none_or(|all| all.iter().any(|allowed| allowed == wanted));
            let call = if can("GracefulRestart") { graceful } else { manager.reset(ResetType::ForceRestart) };
            call.await.map(|_| ()).map_err(Fault::of_action)
        }
    }
}
