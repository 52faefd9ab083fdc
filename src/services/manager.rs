//! Which manager is meant by "the BMC": the one that manages the system in question, by what the service says of both,
//! and no auxiliary one. Its place in a collection says nothing.

use crate::client::Client;
use crate::error::Error;
use crate::resource::partial::{Partial, key};
use crate::resource::{AnyResource, Resource, links_at};
use crate::schema::manager::ManagerType;
use crate::schema::resource::ResetType;
use crate::schema::{Chassis, ComputerSystem, Manager};
use crate::services::select::Selector;

/// What a manager is looked for.
#[derive(Debug, Clone)]
pub(crate) enum Owner {
    System(Resource<ComputerSystem>),
    Chassis(Resource<Chassis>),
    /// The service as a whole.
    Service,
}

/// Reads the managers that may be meant: the one that was named, else those that the service says manage the owner, else all;
/// in each case without auxiliary ones where there are others.
pub(crate) async fn candidates(
    client: &Client,
    selector: Option<&Selector>,
    owner: &Owner,
) -> Result<Partial<Resource<Manager>>, Error> {
    if selector.is_some() {
        return client.root().managers().members().collect_all().await.narrow(selector);
    }
    let named = match owner {
        Owner::System(system) => system.managed_by().collect_all().await,
        Owner::Chassis(chassis) => chassis.managed_by().collect_all().await,
        Owner::Service => Partial::default(),
    };
    if !named.items.is_empty() {
        return Ok(by_type(named, owner));
    }
    let mut all = client.root().managers().members().collect_all().await;
    let (property, uri) = match owner {
        Owner::System(system) => ("Links/ManagerForServers", system.uri()),
        Owner::Chassis(chassis) => ("Links/ManagerForChassis", chassis.uri()),
        Owner::Service => return Ok(by_type(all, owner)),
    };
    let manages = |manager: &Resource<Manager>| links_to(manager.any(), property, uri);
    if all.items.iter().any(manages) {
        return Ok(by_type(Partial::whole(all.items.into_iter().filter(manages).collect()), owner));
    }
    // Those that the owner names and that can't be read may be the ones that are meant.
    let is_new = |place: &str| all.missing.iter().all(|known| key(&known.place) != key(place));
    let unread: Vec<_> = named.missing.into_iter().filter(|missing| is_new(&missing.place)).collect();
    all.missing.extend(unread);
    Ok(by_type(all, owner))
}

/// Finds the one that the service says it is provided by.
pub(crate) fn provider(client: &Client, among: &Partial<Resource<Manager>>) -> Option<Resource<Manager>> {
    let root = client.root();
    let property = "Links/ManagerProvidingService";
    among.items.iter().find(|manager| links_to(root.any(), property, manager.uri())).cloned()
}

/// Returns whether the links of a property lead to a place.
pub(crate) fn links_to(from: &AnyResource, property: &str, uri: &str) -> bool {
    links_at(from.record(), property).iter().filter_map(|link| link.uri()).any(|link| key(link.as_str()) == key(uri))
}

/// Those whose type says most that they are "the BMC".
fn by_type(mut managers: Partial<Resource<Manager>>, owner: &Owner) -> Partial<Resource<Manager>> {
    let rank = |manager: &Resource<Manager>| match &manager.manager_type {
        // Of an enclosure, the manager of the enclosure is meant as much as that of a blade.
        Some(ManagerType::BMC) if matches!(owner, Owner::System(_)) => 0,
        Some(ManagerType::Service) => 2,
        Some(ManagerType::AuxiliaryController | ManagerType::RackManager | ManagerType::FabricManager) => 3,
        _ => 1,
    };
    if let Some(best) = managers.items.iter().map(rank).min() {
        managers.items.retain(|manager| rank(manager) == best);
    }
    managers
}

/// Restarts a manager, gracefully where it can, and without saying how where it takes no `ResetType`. Returns how it was asked.
pub(crate) async fn reset(manager: &Resource<Manager>) -> Result<Option<ResetType>, Error> {
    let graceful = manager.reset(ResetType::GracefulRestart);
    let allowed = graceful.allowable_values("ResetType").await.unwrap_or_default();
    let can = |wanted: &str| allowed.as_ref().is_none_or(|all| all.iter().any(|allowed| allowed == wanted));
    let how = if can("GracefulRestart") { ResetType::GracefulRestart } else { ResetType::ForceRestart };
    match manager.reset(how.clone()).await {
        Ok(_) => Ok(Some(how)),
        // It proves that nothing was done.
        Err(error) if error.status() == Some(400) && takes_no_type(&error) => {
            manager.reset(None).await?;
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether a refusal is about there being a `ResetType` at all.
fn takes_no_type(error: &Error) -> bool {
    error.messages().iter().any(|message| {
        let is_unknown = message
            .message_id
            .as_deref()
            .is_some_and(|id| id.contains("ParameterUnknown") || id.contains("ParameterNotSupported"));
        let names = |text: &String| text.contains("ResetType");
        is_unknown && (message.message.iter().any(names) || message.message_args.iter().any(names))
    })
}
