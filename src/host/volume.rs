//! Volumes: making, erasing and removing them.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use super::storage::{PATIENCE, StorageVolume, WITHIN, of_volume, or_unread, service, subsystem, to_change, volume_of};
use crate::error::Error;
use crate::resource::AnyResource;
use crate::resource::partial::key;
use crate::services::select::{Selector, label};
use crate::services::storage;

/// A volume to be made.
///
/// ```no_run
/// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
/// use rosefish::host::NewVolume;
///
/// // Of two spare drives that are alike.
/// let made = host.create_volume(NewVolume::new("RAID1").name("scratch")).await?.value;
/// println!("{} of {}", made.volume, made.drives.join(", "));
/// host.delete_volume(None, made.volume.into()).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct NewVolume {
    raid: String,
    storage: Option<Selector>,
    drives: Vec<Selector>,
    count: Option<usize>,
    name: Option<String>,
    capacity_bytes: Option<u64>,
    within: Option<Duration>,
}

impl NewVolume {
    /// Names the RAID type as Redfish spells it (`RAID1`), in any case.
    pub fn new(raid: impl Into<String>) -> Self {
        let raid: String = raid.into();
        let raid = if raid.eq_ignore_ascii_case("none") { "None".to_owned() } else { raid.to_ascii_uppercase() };
        Self { raid, storage: None, drives: Vec::new(), count: None, name: None, capacity_bytes: None, within: None }
    }

    /// Names the subsystem, where there are several.
    #[must_use]
    pub fn storage(mut self, storage: Selector) -> Self {
        self.storage = Some(storage);
        self
    }

    /// Names a drive that it is made of. Without, spare ones are chosen that are alike.
    #[must_use]
    pub fn drive(mut self, drive: Selector) -> Self {
        self.drives.push(drive);
        self
    }

    /// Sets how many spare drives are chosen. Defaults to as many as the RAID type needs.
    #[must_use]
    pub fn count(mut self, count: usize) -> Self {
        self.count = Some(count);
        self
    }

    /// Sets what it is called.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets its size in bytes. Defaults to all that there is.
    #[must_use]
    pub fn capacity_bytes(mut self, bytes: u64) -> Self {
        self.capacity_bytes = Some(bytes);
        self
    }

    /// Sets how long it may take. Defaults to an hour.
    #[must_use]
    pub fn within(mut self, within: Duration) -> Self {
        self.within = Some(within);
        self
    }
}

/// How a volume is initialised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Initialize {
    /// What describes its content is erased.
    Fast,
    /// All of it is erased.
    Slow,
}

impl Host {
    /// Makes a volume and waits for it. Returns it as the service shows it then.
    ///
    /// # Errors
    ///
    /// Where several subsystems could be meant, there are not enough spare drives (the error says of each why), a named drive is in
    /// a volume already, the service refuses it, or its task fails.
    pub async fn create_volume(&self, volume: NewVolume) -> Result<Outcome<StorageVolume>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(create(session, volume.clone(), patience)) as Running<_>;
        self.make(Capability::Storage, operation, None).await
    }

    /// Erases the content of a volume and waits for the end of it. Returns the volume.
    ///
    /// # Errors
    ///
    /// Where several volumes could be meant, the service does not initialise it in this way, refuses it, or its task fails.
    pub async fn initialize_volume(
        &self,
        storage: Option<Selector>,
        volume: Selector,
        how: Initialize,
    ) -> Result<Outcome<StorageVolume>, Error> {
        let operation = move |session| {
            let (storage, volume) = (storage.clone(), volume.clone());
            Box::pin(async move {
                let (subsystem, volume) = volume_of(session, storage, volume).await?;
                let word = if how == Initialize::Fast { "Fast" } else { "Slow" };
                let done = storage::act(&volume, "Volume.Initialize", &[("InitializeType", word)], WITHIN).await;
                let sent = done.map_err(Fault::of_action)?;
                Ok(Made::unseen(of_volume(&volume, &subsystem), vec![sent]))
            }) as Running<_>
        };
        self.make(Capability::Storage, operation, None).await
    }

    /// Removes a volume with all that is on it, and looks that it is gone. Returns what it was.
    ///
    /// # Errors
    ///
    /// Where several volumes could be meant, it is refused, or the volume is still there afterwards ([`ErrorKind::NotInForce`](crate::ErrorKind::NotInForce)).
    pub async fn delete_volume(
        &self,
        storage: Option<Selector>,
        volume: Selector,
    ) -> Result<Outcome<StorageVolume>, Error> {
        let patience = self.patience(PATIENCE);
        let operation =
            move |session| Box::pin(delete(session, storage.clone(), volume.clone(), patience)) as Running<_>;
        self.make(Capability::Storage, operation, None).await
    }
}

async fn create(session: Session, wanted: NewVolume, patience: Duration) -> Result<Made<StorageVolume>, Fault> {
    let service = service(session)?;
    let (found, missing) = to_change(&service).await?;
    let before = or_unread(subsystem(found, wanted.storage.as_ref()), missing)?;
    let drives = match (wanted.drives.is_empty(), wanted.count.or(storage::fewest(&wanted.raid))) {
        (false, _) => before.named(&wanted.drives)?,
        (true, Some(count)) => before.spare(count)?,
        (true, None) => {
            let text = format!("how many drives {} takes is not known here: say how many, or which", wanted.raid);
            return Err(Fault::refused(text));
        }
    };
    if let Some((drive, why)) = drives.iter().find_map(|drive| Some((drive, before.taken(drive)?)))
        && !before.volumes_of(drive).is_empty()
    {
        return Err(Fault::refused(format!("drive {} {why}", label(drive, &before.drives))));
    }
    let links: Vec<Value> = drives.iter().map(|drive| json!({ "@odata.id": drive.uri() })).collect();
    let mut body =
        Map::from_iter([("RAIDType".to_owned(), json!(wanted.raid)), ("Links".to_owned(), json!({ "Drives": links }))]);
    body.extend(wanted.name.map(|name| ("Name".to_owned(), json!(name))));
    body.extend(wanted.capacity_bytes.map(|bytes| ("CapacityBytes".to_owned(), json!(bytes))));
    let within = wanted.within.unwrap_or(WITHIN);
    let made = storage::create(&before.storage, Value::Object(body), within).await.map_err(Fault::of_change)?;
    let (uri, sent) = made;
    let old: Vec<String> = before.volumes.iter().map(|one| key(one.uri()).to_owned()).collect();
    let place = before.storage.uri().to_owned();
    let look = || {
        let (service, old, uri, place) = (service.clone(), old.clone(), uri.clone(), place.clone());
        Box::pin(async move {
            let (found, missing) = to_change(&service).await?;
            let now = found.into_iter().find(|one| key(one.storage.uri()) == key(&place));
            let is_new = |one: &&AnyResource| match &uri {
                // A Location may name the host, too.
                Some(uri) => key(uri).ends_with(key(one.uri())),
                None => !old.iter().any(|old| old == key(one.uri())),
            };
            match now.as_ref().and_then(|now| Some((now, now.volumes.iter().find(is_new)?))) {
                Some((now, volume)) => Ok(Some(of_volume(volume, now))),
                None => match missing.into_iter().next() {
                    Some(unread) => Err(unread.error.into()),
                    None => Ok(None),
                },
            }
        }) as Running<Option<StorageVolume>>
    };
    let drives = drives.iter().map(|drive| label(drive, &before.drives)).collect();
    let asked =
        StorageVolume { raid: Some(wanted.raid), drives, uri: uri.clone().unwrap_or_default(), ..Default::default() };
    let confirmed = Confirmed { asked: Some(asked), sent: vec![sent], patience };
    let otherwise = |_| Err("the service made a volume, it says; none is shown".to_owned());
    let made = confirmed.seen(look, Option::is_some, otherwise).await?;
    Ok(Made { value: made.value.unwrap_or_default(), sent: made.sent, unread: made.unread })
}

async fn delete(
    session: Session,
    storage: Option<Selector>,
    volume: Selector,
    patience: Duration,
) -> Result<Made<StorageVolume>, Fault> {
    let (subsystem, volume) = volume_of(session, storage, volume).await?;
    let value = of_volume(&volume, &subsystem);
    let sent = storage::delete(&volume, WITHIN).await.map_err(Fault::of_change)?;
    let look = || {
        let volume = volume.clone();
        Box::pin(async move {
            match volume.client().get_any(volume.uri(), Some(volume.table())).await {
                Ok(_) => Ok(false),
                Err(error) if error.is_not_found() => Ok(true),
                Err(error) => Err(error.into()),
            }
        }) as Running<bool>
    };
    let confirmed = Confirmed { asked: true, sent: vec![sent], patience };
    let made = confirmed.seen(look, |gone| *gone, |_| Err("deleted; still there".to_owned())).await?;
    Ok(Made { value, sent: made.sent, unread: made.unread })
}
