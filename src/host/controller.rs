//! The BMC itself: what it is, and resetting it.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::Error;
use crate::resource::Resource;
use crate::resource::partial::Partial;
use crate::schema::Manager;
use crate::services::manager;

/// What a BMC is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Controller {
    /// The `Id` of the manager, by Redfish.
    pub id: Option<String>,
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
    /// Returns what the BMC is: where a service has several managers, the one of the system that is meant, else the one that provides
    /// the service.
    ///
    /// # Errors
    ///
    /// Where no protocol has it, and where several managers could be meant.
    pub async fn controller(&self) -> Result<Outcome<Controller>, Error> {
        self.read(Capability::Controller, |session| Box::pin(controller(session))).await
    }

    /// Returns what the BMCs are: all managers that could be meant, and those that could not be read.
    ///
    /// # Errors
    ///
    /// Where no protocol has it.
    pub async fn controllers(&self) -> Result<Outcome<Partial<Controller>>, Error> {
        self.read(Capability::Controller, |session| Box::pin(controllers(session))).await
    }

    /// Resets the BMC, not the system. It does not answer for a while, and the sessions end. By Redfish it restarts
    /// gracefully where it can; by IPMI it is a cold reset.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it, and where several managers could be meant. A BMC that resets before it
    /// answers can't be distinguished from one that doesn't answer: that is an error, after which the other protocol isn't asked.
    pub async fn reset_controller(&self) -> Result<Outcome<()>, Error> {
        self.make(Capability::ControllerReset, |session| Box::pin(reset(session)), None).await
    }
}

async fn controllers(session: Session) -> Result<Partial<Controller>, Fault> {
    let Session::Redfish(service) = session else {
        return Ok(Partial::whole(vec![controller(session).await?]));
    };
    let managers = service.managers().await?;
    if managers.items.is_empty() {
        // Why there are none.
        managers.choose(None)?;
        return Err(Fault::lacking("the Redfish service knows no managers"));
    }
    Ok(managers.map(|manager| of_redfish(&service, manager)))
}

fn of_redfish(service: &Service, manager: Resource<Manager>) -> Controller {
    let version = service.client.root().redfish_version.clone();
    let manager = manager.into_value();
    Controller {
        id: manager.id,
        manufacturer: manager.manufacturer,
        model: manager.model,
        firmware: manager.firmware_version,
        protocol_version: version.map(|version| format!("Redfish {version}")),
    }
}

async fn controller(session: Session) -> Result<Controller, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let device = bmc.device_id().await?;
            let number = || format!("enterprise {}", device.manufacturer_id);
            Ok(Controller {
                id: None,
                manufacturer: Some(device.manufacturer().map_or_else(number, str::to_owned)),
                model: Some(format!("{:#06x}", device.product_id)),
                firmware: Some(device.firmware.to_string()),
                protocol_version: Some(format!("IPMI {}.{}", device.ipmi_version.0, device.ipmi_version.1)),
            })
        }
        Session::Redfish(service) => {
            let manager = service.manager().await?;
            Ok(of_redfish(&service, manager))
        }
    }
}

async fn reset(session: Session) -> Result<Made<()>, Fault> {
    let sent = match session {
        Session::Ipmi(bmc) => {
            bmc.cold_reset().await?;
            "Cold Reset".to_owned()
        }
        Session::Redfish(service) => {
            let manager = service.manager_to_change().await?;
            match manager::reset(&manager).await.map_err(Fault::of_action)? {
                Some(how) => format!("Manager.Reset {how}"),
                None => "Manager.Reset".to_owned(),
            }
        }
    };
    Ok(Made::unseen((), vec![sent]))
}
