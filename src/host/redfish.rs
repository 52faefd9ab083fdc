//! Shared by the Redfish side of all capabilities: which system, chassis and manager is selected.

use super::fault::Fault;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::partial::{Partial, key};
use crate::resource::{AnyResource, Resource, links_at};
use crate::schema::resource::State;
use crate::schema::{Chassis, ComputerSystem, Manager};
use crate::services::manager::{self, Owner, links_to};
use crate::services::select::Selector;

/// The resources that were named, for services that have several.
#[derive(Debug, Clone, Default)]
pub(super) struct Chosen {
    pub(super) system: Option<Selector>,
    pub(super) chassis: Option<Selector>,
    pub(super) manager: Option<Selector>,
}

impl Chosen {
    /// Parses the path of a URL: a system, a chassis, a manager, or something within one of them.
    pub(super) fn by_url(url: &str) -> Result<Self, Error> {
        let mut chosen = Self::default();
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path = rest.split(['?', '#']).next().unwrap_or_default();
        let Some((_, path)) = path.split_once("/redfish/") else { return Ok(chosen) };
        let mut segments = path.split('/').filter(|segment| !segment.is_empty());
        let (Some(version), Some(collection), Some(id)) = (segments.next(), segments.next(), segments.next()) else {
            return Ok(chosen);
        };
        let named = Some(Selector::new(format!("/redfish/{version}/{collection}/{id}")));
        match collection {
            "Systems" => chosen.system = named,
            "Chassis" => chosen.chassis = named,
            "Managers" => chosen.manager = named,
            _ => {
                let text = format!("/redfish/{path} is not a system, a chassis or a manager, nor within one");
                return Err(Error::new(ErrorKind::Configuration, text));
            }
        }
        Ok(chosen)
    }

    /// Returns the kind of what was named, if anything was.
    pub(super) fn named(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self { system: Some(_), .. } => Some(("a system", "systems")),
            Self { chassis: Some(_), .. } => Some(("a chassis", "chassis")),
            Self { manager: Some(_), .. } => Some(("a manager", "managers")),
            Self { system: None, chassis: None, manager: None } => None,
        }
    }
}

/// A Redfish service, and which of its resources are selected.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) client: Client,
    pub(super) chosen: Chosen,
    /// The selected system, if it was already read.
    only: Option<Resource<ComputerSystem>>,
}

impl Service {
    pub(super) fn new(client: Client, chosen: Chosen) -> Self {
        Self { client, chosen, only: None }
    }

    /// Returns the service with this system selected.
    pub(super) fn of(&self, system: Resource<ComputerSystem>) -> Self {
        let chosen = Chosen { system: Some(Selector::new(system.uri())), ..self.chosen.clone() };
        Self { client: self.client.clone(), chosen, only: Some(system) }
    }

    /// Reads the selected systems: the one that was named, else those of the named chassis or manager, else all.
    pub(super) async fn systems(&self) -> Result<Partial<Resource<ComputerSystem>>, Error> {
        if let Some(only) = &self.only {
            return Ok(Partial::whole(vec![only.clone()]));
        }
        let mut systems = self.client.root().systems().members().collect_all().await;
        let Chosen { system, chassis, manager } = &self.chosen;
        if system.is_some() {
            return systems.narrow(system.as_ref());
        }
        // Absent systems are empty slots. They only count if there is nothing else.
        let is_there = |system: &Resource<ComputerSystem>| {
            let state = system.status.as_ref().and_then(|status| status.state.as_ref());
            state != Some(&State::Absent)
        };
        if systems.items.iter().any(is_there) {
            systems.items.retain(is_there);
        }
        if chassis.is_some() {
            let named = self.named_chassis().await?.into_any();
            return Ok(related(systems, &named, "Links/ComputerSystems", "Links/Chassis"));
        }
        if manager.is_some() {
            let named =
                self.client.root().managers().members().collect_all().await.choose(manager.as_ref())?.into_any();
            return Ok(related(systems, &named, "Links/ManagerForServers", "Links/ManagedBy"));
        }
        Ok(systems)
    }

    /// Reads the selected system: the only one, or the one that was named.
    pub(super) async fn system(&self) -> Result<Resource<ComputerSystem>, Fault> {
        Ok(self.systems().await?.choose(None)?)
    }

    /// Reads the selected chassis: the one that was named, else all.
    pub(super) async fn chassis(&self) -> Result<Partial<Resource<Chassis>>, Fault> {
        let all = self.client.root().chassis().members().collect_all().await;
        Ok(all.narrow(self.chosen.chassis.as_ref())?)
    }

    /// Reads the one selected chassis.
    pub(super) async fn named_chassis(&self) -> Result<Resource<Chassis>, Error> {
        self.client.root().chassis().members().collect_all().await.choose(self.chosen.chassis.as_ref())
    }

    /// Reads the managers that may be selected. What the service and the system say usually leaves only one.
    pub(super) async fn managers(&self) -> Result<Partial<Resource<Manager>>, Fault> {
        let Chosen { system, chassis, manager } = &self.chosen;
        let owner = if manager.is_some() {
            Owner::Service
        } else if system.is_some() {
            Owner::System(self.system().await?)
        } else if chassis.is_some() {
            Owner::Chassis(self.named_chassis().await?)
        } else {
            // Managers exist whether there is one system, several or none.
            match self.systems().await.and_then(|systems| systems.choose(None)) {
                Ok(only) => Owner::System(only),
                Err(_) => Owner::Service,
            }
        };
        Ok(manager::candidates(&self.client, manager.as_ref(), &owner).await?)
    }

    /// Reads the selected manager in order to read from it: if several are left, the one that provides the service.
    pub(super) async fn manager(&self) -> Result<Resource<Manager>, Fault> {
        let managers = self.managers().await?;
        match manager::provider(&self.client, &managers) {
            Some(provider) => Ok(provider),
            None => Ok(managers.choose(None)?),
        }
    }

    /// Reads the selected manager in order to change it: fails if several are left.
    pub(super) async fn manager_to_change(&self) -> Result<Resource<Manager>, Fault> {
        Ok(self.managers().await?.choose(None)?)
    }
}

/// Returns the systems that belong to another resource, by the links of either. Returns all if neither has links.
fn related(
    systems: Partial<Resource<ComputerSystem>>,
    owner: &AnyResource,
    to_systems: &str,
    to_owner: &str,
) -> Partial<Resource<ComputerSystem>> {
    let named = links_at(owner.record(), to_systems);
    let is_named = |uri: &str| named.iter().filter_map(|link| link.uri()).any(|link| key(link.as_str()) == key(uri));
    let belongs =
        |system: &Resource<ComputerSystem>| is_named(system.uri()) || links_to(system.any(), to_owner, owner.uri());
    let unread = systems.missing.iter().any(|missing| is_named(&missing.place));
    if !unread && !systems.items.iter().any(belongs) {
        return systems;
    }
    let Partial { mut items, mut missing } = systems;
    items.retain(belongs);
    // A system that could not be read may link to an owner that names no systems, but not to one that names others.
    missing.retain(|missing| named.is_empty() || is_named(&missing.place));
    Partial { items, missing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_system_a_chassis_or_a_manager() {
        let named = |url: &str| {
            let Chosen { system, chassis, manager } = Chosen::by_url(url).unwrap();
            [system, chassis, manager].map(|one| one.map(|one| one.to_string()))
        };
        let system = [Some("/redfish/v1/Systems/Node2".to_owned()), None, None];
        for url in [
            "https://bmc/redfish/v1/Systems/Node2",
            "bmc:8443/redfish/v1/Systems/Node2/",
            "https://gateway/rack/7/redfish/v1/Systems/Node2/LogServices/SEL?x#y",
        ] {
            assert_eq!(named(url), system, "{url}");
        }
        assert_eq!(named("https://bmc/redfish/v1/Chassis/1U")[1].as_deref(), Some("/redfish/v1/Chassis/1U"));
        assert_eq!(named("https://bmc/redfish/v1/Managers/BMC")[2].as_deref(), Some("/redfish/v1/Managers/BMC"));
        for url in ["bmc", "https://bmc/", "https://bmc/redfish/v1/", "https://bmc/redfish/v1/Systems", "[::1]:8443"] {
            assert_eq!(named(url), [None, None, None], "{url}");
        }
        assert!(Chosen::by_url("https://bmc/redfish/v1/Fabrics/SAS").is_err());
    }
}
