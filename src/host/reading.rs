//! Shared by all lists: a Redfish service is read as far as possible, and what could not be read is reported.

use std::collections::HashSet;

use super::fault::Fault;
use super::redfish::Service;
use crate::ipmi;
use crate::resource::AnyResource;
use crate::resource::partial::{Missing, Partial};
use crate::services::survey::Survey;

/// Reads the selected systems.
pub(super) async fn systems(service: &Service, survey: &mut Survey) -> Result<Vec<AnyResource>, Fault> {
    Ok(survey.adopt(service.systems().await?))
}

/// Reads the selected chassis; if none is named, also those that only other chassis link to.
pub(super) async fn chassis(service: &Service, survey: &mut Survey) -> Result<Vec<AnyResource>, Fault> {
    let mut all = survey.adopt(service.chassis().await?);
    if service.chosen.named().is_none() {
        let mut at = 0_usize;
        while let Some(chassis) = all.get(at).cloned() {
            all.extend(survey.links(&chassis, "Links/Contains").await);
            at = at.saturating_add(1);
        }
    }
    Ok(all)
}

/// Converts what was read by IPMI. Each missing place is reported once, with its first error.
pub(super) fn from_ipmi<T>(read: ipmi::Partial<T>) -> Partial<T> {
    let mut missing: Vec<Missing> = read.missing.into_iter().map(Missing::from).collect();
    let mut named = HashSet::new();
    missing.retain(|one| named.insert(one.place.clone()));
    Partial { items: read.items, missing }
}

impl From<ipmi::ReadError> for Missing {
    fn from(error: ipmi::ReadError) -> Self {
        let rest = if error.ends_list() { " and what comes behind it" } else { "" };
        Self::new(format!("{}{rest}", error.item()), error.into_error().into())
    }
}

/// Returns what was read with what was not. If nothing could be read, that is a fault, as the other protocol may have
/// more.
pub(super) fn finish<T>(items: Vec<T>, missing: Vec<Missing>, lacking: &str) -> Result<Partial<T>, Fault> {
    match (items.is_empty(), missing.is_empty()) {
        (true, true) => Err(Fault::lacking(lacking)),
        (true, false) => Err(Fault::nothing_read(missing)),
        (false, _) => Ok(Partial { items, missing }),
    }
}
