//! What the capabilities share on the Redfish side: finding the system, the chassis and the managers.

use crate::client::Client;
use crate::resource::Resource;
use crate::schema::{Chassis, ComputerSystem, Manager};

use super::fault::Fault;

/// A Redfish service, and which of its systems is meant.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) client: Client,
    pub(super) system: Option<String>,
}

impl Service {
    /// The system that is meant: the one there is, or the one that was named.
    pub(super) async fn system(&self) -> Result<Resource<ComputerSystem>, Fault> {
        let mut systems: Vec<_> = self.client.root().systems().members().try_collect().await?;
        if let Some(wanted) = &self.system {
            let ids = names(&systems);
            let found = systems.into_iter().find(|system| system.id.as_ref() == Some(wanted));
            return found.ok_or_else(|| Fault::refused(format!("there is no system {wanted:?} here: there is {ids}")));
        }
        match systems.len() {
            0 => Err(Fault::lacking("the Redfish service knows no systems")),
            1 => systems.pop().ok_or_else(|| Fault::lacking("the Redfish service knows no systems")),
            _ => {
                let ids = names(&systems);
                Err(Fault::refused(format!("this service has several systems, say which one is meant: {ids}")))
            }
        }
    }

    pub(super) async fn chassis(&self) -> Result<Vec<Resource<Chassis>>, Fault> {
        Ok(self.client.root().chassis().members().try_collect().await?)
    }

    pub(super) async fn managers(&self) -> Result<Vec<Resource<Manager>>, Fault> {
        Ok(self.client.root().managers().members().try_collect().await?)
    }

    /// The manager of the system; where the service doesn't say, the one there is.
    pub(super) async fn manager(&self) -> Result<Resource<Manager>, Fault> {
        let system = self.system().await?;
        let mut managers: Vec<_> = system.managed_by().try_collect().await?;
        if managers.is_empty() {
            managers = self.managers().await?;
        }
        let several = managers.len() > 1;
        let first =
            managers.into_iter().next().ok_or_else(|| Fault::lacking("the Redfish service knows no managers"))?;
        if several {
            tracing::debug!(manager = first.uri(), "several managers: the first that the system names is used");
        }
        Ok(first)
    }
}

fn names(systems: &[Resource<ComputerSystem>]) -> String {
    systems.iter().map(|system| system.id.as_deref().unwrap_or(system.uri())).collect::<Vec<_>>().join(", ")
}
