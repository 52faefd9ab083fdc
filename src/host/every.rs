//! What is read from each system of a host.

use serde::{Deserialize, Serialize};

use super::fault::{Fault, Running};
use super::redfish::Service;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::partial::{Missing, Partial};
use crate::schema::ComputerSystem;
use crate::services::select;

/// Something of one of the systems of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OfSystem<T> {
    /// The name to choose the system by: its `Id`, or its URI where it has none or another one has the same. Empty by IPMI,
    /// which doesn't tell systems apart.
    pub system: String,
    /// What was read of it.
    pub value: T,
}

impl<T> OfSystem<T> {
    /// Wraps the value of the only system, which IPMI doesn't name.
    pub(super) fn only(value: T) -> Partial<Self> {
        Partial::whole(vec![Self { system: String::new(), value }])
    }
}

impl<T> Partial<OfSystem<Partial<T>>> {
    /// Adds what is missing from the lists to what is missing from the systems.
    fn flat(self) -> Partial<OfSystem<Vec<T>>> {
        let Self { items, mut missing } = self;
        let mut all = Vec::new();
        for OfSystem { system, value } in items {
            missing.extend(value.missing);
            all.push(OfSystem { system, value: value.items });
        }
        Partial { items: all, missing }
    }
}

/// Reads something from each selected system, given a function that reads it from one. IPMI has one system. A service
/// without systems is still asked, as another resource may have the value.
pub(super) async fn of_each<T: Send>(
    session: Session,
    read: impl Fn(Session) -> Running<T> + Send + Sync,
) -> Result<Partial<OfSystem<T>>, Fault> {
    match &session {
        Session::Redfish(service) if service.systems().await.is_ok_and(|systems| !systems.items.is_empty()) => {
            let of = |system| {
                let reading = read(Session::Redfish(service.of(system)));
                async { reading.await.map_err(|fault| fault.error) }
            };
            every(service, of).await
        }
        _ => Ok(OfSystem::only(read(session).await?)),
    }
}

/// Like [`of_each`], for lists.
pub(super) async fn lists_of_each<T: Send>(
    session: Session,
    read: impl Fn(Session) -> Running<Partial<T>> + Send + Sync,
) -> Result<Partial<OfSystem<Vec<T>>>, Fault> {
    Ok(of_each(session, read).await?.flat())
}

/// Reads something from each selected system. Systems whose read fails are reported as missing.
pub(super) async fn every<T, F: Future<Output = Result<T, Error>> + Send>(
    service: &Service,
    of: impl Fn(Resource<ComputerSystem>) -> F + Send,
) -> Result<Partial<OfSystem<T>>, Fault> {
    let Partial { items, mut missing } = service.systems().await?;
    let is_only = items.len() == 1 && missing.is_empty();
    if items.is_empty() {
        return match (Partial { items, missing }).choose(None) {
            Ok(_) => Err(Fault::lacking("this service has no systems")),
            Err(error) => Err(error.into()),
        };
    }
    let untyped: Vec<_> = items.iter().map(|system| system.any().clone()).collect();
    let mut all = Vec::new();
    for system in items {
        let (label, uri) = (select::label(system.any(), &untyped), system.uri().to_owned());
        match of(system).await {
            Ok(value) => all.push(OfSystem { system: label, value }),
            Err(error) if is_only => return Err(error.into()),
            Err(error) => missing.push(Missing::new(uri, error)),
        }
    }
    if !all.is_empty() {
        return Ok(Partial { items: all, missing });
    }
    // If one system lacks it and another could not be read, the failed read is reported.
    let (unread, mut lacking): (Vec<_>, Vec<_>) =
        missing.into_iter().partition(|missing| missing.error.kind() != ErrorKind::Missing);
    Err(match lacking.pop().filter(|_| unread.is_empty()) {
        Some(last) => last.error.into(),
        None => Fault::nothing_read(unread),
    })
}
