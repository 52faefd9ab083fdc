//! Firmware: what is installed, in which versions, and what has changed.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::partial::Partial;
use crate::resource::{AnyResource, Resource};
use crate::schema::SoftwareInventory;
use crate::services::select::label;

/// A piece of firmware.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Firmware {
    /// The name to choose it by: its `Id`, or its URI where another one has the same.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// The installed version, as the service spells it.
    pub version: Option<String>,
    /// Whether the service can update it.
    pub updateable: Option<bool>,
    /// Whether a new version comes into force with a reset alone.
    pub reset_required: Option<bool>,
    /// Whether it is the one in use, where there are several images of it.
    pub active: Option<bool>,
    /// Who made it.
    pub manufacturer: Option<String>,
    /// What distinguishes images for it from others.
    pub software_id: Option<String>,
    /// When it was released, as the service writes it.
    pub release_date: Option<String>,
    /// The URIs of what runs it.
    pub related: Vec<String>,
    /// Its URI; empty by IPMI.
    pub uri: String,
}

/// A version that has become another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FirmwareChange {
    /// Which firmware.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// The version before; none where it was not there.
    pub before: Option<String>,
    /// The version afterwards; none where it is not there any more.
    pub after: Option<String>,
}

impl Host {
    /// Returns the firmware that is installed, with its versions. By IPMI that is the BMC's own alone.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// for one in &host.firmware().await?.value {
    ///     println!("{}: {}", one.id, one.version.as_deref().unwrap_or("?"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where no protocol has it.
    pub async fn firmware(&self) -> Result<Outcome<Partial<Firmware>>, Error> {
        self.read(Capability::Firmware, |session| Box::pin(firmware(session))).await
    }
}

async fn firmware(session: Session) -> Result<Partial<Firmware>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let device = bmc.device_id().await?;
            let version = Some(device.firmware.to_string());
            let manufacturer = device.manufacturer().map(str::to_owned);
            let (id, name) = ("BMC".to_owned(), Some("BMC".to_owned()));
            Ok(Partial::whole(vec![Firmware { id, name, version, manufacturer, ..Firmware::default() }]))
        }
        Session::Redfish(service) => {
            let found = installed(&service.client).await?;
            match found.items.is_empty() && !found.missing.is_empty() {
                true => Err(Fault::nothing_read(found.missing)),
                false => Ok(found),
            }
        }
    }
}

/// Lists the firmware in a service's inventory.
pub(super) async fn installed(client: &Client) -> Result<Partial<Firmware>, Error> {
    let service = client.root().update_service().await?;
    let found = service.firmware_inventory().members().collect_all().await;
    // The service has no inventory.
    if found.items.is_empty()
        && let Some(at) = found.missing.iter().position(|missing| missing.error.kind() == ErrorKind::Missing)
    {
        let mut missing = found.missing;
        return Err(missing.swap_remove(at).error);
    }
    let all: Vec<AnyResource> = found.items.iter().map(|one| one.any().clone()).collect();
    Ok(found.map(|one| of(&one, &all)))
}

fn of(one: &Resource<SoftwareInventory>, all: &[AnyResource]) -> Firmware {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let related = one.related_item.iter().filter_map(|link| link.uri());
    Firmware {
        id: label(one.any(), all),
        name: text(&one.name),
        version: text(&one.version),
        updateable: one.updateable,
        reset_required: one.reset_required_on_update,
        active: one.active,
        manufacturer: text(&one.manufacturer),
        software_id: text(&one.software_id),
        release_date: one.release_date.as_ref().map(|date| date.as_str().to_owned()),
        related: related.map(|uri| uri.as_str().to_owned()).collect(),
        uri: one.uri().to_owned(),
    }
}

/// Returns what has changed between two lists. Items that could not be read in one of them are ignored.
pub(super) fn changes(before: &Partial<Firmware>, after: &Partial<Firmware>) -> Vec<FirmwareChange> {
    let unread = |list: &Partial<Firmware>, one: &Firmware| {
        list.missing.iter().any(|missing| missing.place == one.uri || !missing.place.contains("/FirmwareInventory/"))
    };
    let mut found = Vec::new();
    for old in &before.items {
        let new = after.items.iter().find(|new| new.uri == old.uri);
        if new.is_none() && unread(after, old) {
            continue;
        }
        let after = new.and_then(|new| new.version.clone());
        if after != old.version {
            let (id, name) = (old.id.clone(), old.name.clone());
            found.push(FirmwareChange { id, name, before: old.version.clone(), after });
        }
    }
    for new in &after.items {
        if before.items.iter().all(|old| old.uri != new.uri) && !unread(before, new) {
            let (id, name) = (new.id.clone(), new.name.clone());
            found.push(FirmwareChange { id, name, before: None, after: new.version.clone() });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::partial::Missing;

    fn one(id: &str, version: &str) -> Firmware {
        let uri = format!("/redfish/v1/UpdateService/FirmwareInventory/{id}");
        Firmware { id: id.to_owned(), version: Some(version.to_owned()), uri, ..Firmware::default() }
    }

    #[test]
    fn versions_are_compared_where_both_could_be_read() {
        let before = Partial::whole(vec![one("BMC", "1"), one("BIOS", "7"), one("NIC", "3")]);
        let mut after = Partial::whole(vec![one("BMC", "2"), one("BIOS", "7"), one("Boot", "1")]);
        after.missing.push(Missing::new(one("NIC", "").uri, Error::new(ErrorKind::Timeout, "")));
        let found = changes(&before, &after);
        let found: Vec<_> = found.iter().map(|one| (&*one.id, one.before.as_deref(), one.after.as_deref())).collect();
        assert_eq!(found, [("BMC", Some("1"), Some("2")), ("Boot", None, Some("1"))]);
    }
}
