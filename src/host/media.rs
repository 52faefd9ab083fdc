//! Virtual media: slots, what is in them, inserting and ejecting. IPMI has none.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::Error;
use crate::resource::partial::Partial;
use crate::resource::{AnyResource, Resource};
use crate::schema::VirtualMedia;
use crate::services::media_slot::{choose, is_stick, of_system, protocols};
use crate::services::select::{Selector, label};

const PATIENCE: Duration = Duration::from_secs(60);

/// A place where a BMC plugs an image in as a drive of the system.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MediaSlot {
    /// The name to choose it by: its `Id`, or its URI where another one has the same.
    pub slot: String,
    /// What it is called.
    pub name: Option<String>,
    /// The kinds of media that it takes, as Redfish spells them (`CD`, `USBStick`).
    pub media_types: Vec<String>,
    /// Whether there is something in it.
    pub inserted: bool,
    /// The URI of the image, as the service shows it. Some keep it when it is ejected.
    pub image: Option<String>,
    /// Whether the system can't write to it.
    pub write_protected: Option<bool>,
    /// How it is connected (`URI`, `Applet`, `NotConnected`).
    pub connected_via: Option<String>,
    /// The protocols that it fetches images by, where the service says so.
    pub protocols: Vec<String>,
    /// Its URI.
    pub uri: String,
}

/// An image to insert.
///
/// ```no_run
/// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
/// use rosefish::host::MediaImage;
///
/// let slots = host.media_slots().await?;
/// println!("{} slots", slots.value.len());
/// let done = host.insert_media(MediaImage::new("https://images.example/install.iso")).await?;
/// println!("in {}: {}", done.value.slot, done.sent.join(", "));
/// host.eject_media(Some("CD1".into())).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MediaImage {
    uri: String,
    login: Option<(String, SecretString)>,
    write_protected: Option<bool>,
    slot: Option<Selector>,
    replaces: bool,
    patience: Option<Duration>,
}

impl MediaImage {
    /// Names an image by its URI: `http`, `https`, `nfs`, `cifs` or `smb`, whatever the service fetches by.
    pub fn new(uri: impl Into<String>) -> Self {
        let uri = uri.into();
        Self { uri, login: None, write_protected: None, slot: None, replaces: false, patience: None }
    }

    /// Sets who fetches the image from where it is.
    #[must_use]
    pub fn login(mut self, user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.login = Some((user.into(), password.into()));
        self
    }

    /// Sets whether the system can't write to it. Without, the service does as it does.
    #[must_use]
    pub fn write_protected(mut self, protected: bool) -> Self {
        self.write_protected = Some(protected);
        self
    }

    /// Names the slot. Without, it is an empty one that takes such an image, best one that takes nothing else.
    #[must_use]
    pub fn slot(mut self, slot: Selector) -> Self {
        self.slot = Some(slot);
        self
    }

    /// Ejects what is in the slot. Without, a slot that has something in it is not taken.
    #[must_use]
    pub fn replace(mut self) -> Self {
        self.replaces = true;
        self
    }

    /// Sets how long to wait until the service shows the image as inserted. Defaults to a minute.
    #[must_use]
    pub fn within(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Returns whether it is an image of a stick or a floppy, by its name (`.img`), instead of a disc.
    #[must_use]
    pub fn is_stick(&self) -> bool {
        is_stick(&self.uri)
    }
}

impl Host {
    /// Returns the slots for virtual media, of all systems that are meant.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or it has none.
    pub async fn media_slots(&self) -> Result<Outcome<Partial<MediaSlot>>, Error> {
        self.read(Capability::Media, |session| Box::pin(slots(session))).await
    }

    /// Inserts an image, and waits until the service shows it. Returns the slot as it is then.
    ///
    /// # Errors
    ///
    /// Where no slot takes it (the error says of each why), the service refuses it, or doesn't show it in time
    /// ([`ErrorKind::Timeout`](crate::ErrorKind::Timeout)); and where several systems could be meant.
    pub async fn insert_media(&self, image: MediaImage) -> Result<Outcome<MediaSlot>, Error> {
        let patience = image.patience.unwrap_or(self.patience(PATIENCE));
        let operation = move |session| Box::pin(insert(session, image.clone(), patience)) as Running<_>;
        self.make(Capability::Media, operation, None).await
    }

    /// Ejects what is in a slot, or in the only one that has something in it. Returns the slot; none where all are empty.
    ///
    /// # Errors
    ///
    /// Where several have something in them, or none is named so ([`ErrorKind::Ambiguous`](crate::ErrorKind::Ambiguous)); where the service refuses it, or
    /// still shows the image after a minute.
    pub async fn eject_media(&self, slot: Option<Selector>) -> Result<Outcome<Option<MediaSlot>>, Error> {
        let operation = move |session| Box::pin(eject(session, slot.clone())) as Running<_>;
        self.make(Capability::Media, operation, None).await
    }
}

fn service(session: Session) -> Result<Service, Fault> {
    match session {
        Session::Redfish(service) => Ok(service),
        Session::Ipmi(_) => Err(Fault::lacking("IPMI has no virtual media")),
    }
}

fn of(slot: &Resource<VirtualMedia>, all: &[AnyResource], protocols: Option<Vec<String>>) -> MediaSlot {
    MediaSlot {
        slot: label(slot.any(), all),
        name: slot.name.clone(),
        media_types: slot.media_types.iter().map(|kind| kind.as_str().to_owned()).collect(),
        inserted: slot.is_inserted(),
        image: slot.image.clone().filter(|image| !image.is_empty()),
        write_protected: slot.write_protected,
        connected_via: slot.connected_via.as_ref().map(|via| via.as_str().to_owned()),
        protocols: protocols.unwrap_or_default(),
        uri: slot.uri().to_owned(),
    }
}

fn untyped(slots: &[Resource<VirtualMedia>]) -> Vec<AnyResource> {
    slots.iter().map(|slot| slot.any().clone()).collect()
}

async fn slots(session: Session) -> Result<Partial<MediaSlot>, Fault> {
    let service = service(session)?;
    let systems = service.systems().await?;
    let mut found = Partial::whole(Vec::<Resource<VirtualMedia>>::new());
    found.missing = systems.missing;
    for system in &systems.items {
        let of_system = of_system(system).await;
        found.missing.extend(of_system.missing);
        for slot in of_system.items {
            if found.items.iter().all(|known| known.uri() != slot.uri()) {
                found.items.push(slot);
            }
        }
    }
    if found.items.is_empty() {
        return Err(match found.missing.is_empty() {
            true => Fault::lacking("this service has no slots for virtual media"),
            false => Fault::nothing_read(found.missing),
        });
    }
    let all = untyped(&found.items);
    let mut items = Vec::new();
    for slot in &found.items {
        items.push(of(slot, &all, protocols(slot).await));
    }
    Ok(Partial { items, missing: found.missing })
}

async fn insert(session: Session, image: MediaImage, patience: Duration) -> Result<Made<MediaSlot>, Fault> {
    let system = service(session)?.system().await?;
    let slots = of_system(&system).await;
    let all = untyped(&slots.items);
    let slot = choose(slots, &image.uri, image.slot.as_ref(), image.replaces).await?;
    let mut sent = Vec::new();
    if slot.is_inserted() {
        slot.eject().await.map_err(Fault::of_action)?;
        sent.push("VirtualMedia.EjectMedia".to_owned());
    }
    let mut insert = slot.insert(image.uri).within(patience);
    if let Some((user, password)) = image.login {
        insert = insert.login(user, password);
    }
    if let Some(protected) = image.write_protected {
        insert = insert.write_protected(protected);
    }
    let (slot, how) = insert.send().await.map_err(Fault::of_action)?;
    sent.push(how);
    Ok(Made::unseen(of(&slot, &all, None), sent))
}

async fn eject(session: Session, named: Option<Selector>) -> Result<Made<Option<MediaSlot>>, Fault> {
    let system = service(session)?.system().await?;
    let mut slots = of_system(&system).await;
    let all = untyped(&slots.items);
    if named.is_none() {
        slots.items.retain(Resource::<VirtualMedia>::is_inserted);
        if slots.items.is_empty() && slots.missing.is_empty() {
            return match all.is_empty() {
                true => Err(Fault::lacking("this service has no slots for virtual media")),
                false => Ok(Made::unseen(None, Vec::new())),
            };
        }
    }
    let slot = slots.choose(named.as_ref())?;
    if !slot.is_inserted() {
        return Ok(Made::unseen(Some(of(&slot, &all, None)), Vec::new()));
    }
    let slot = slot.eject().await.map_err(Fault::of_action)?;
    Ok(Made::unseen(Some(of(&slot, &all, None)), vec!["VirtualMedia.EjectMedia".to_owned()]))
}
