//! Which virtual media slot is used for an image: one of the system that is empty, is for this kind of medium, and
//! whose service can fetch from the image's location.

use crate::error::{Error, ErrorKind};
use crate::resource::partial::{Missing, Partial};
use crate::resource::transfer_protocol::protocol_of;
use crate::resource::{AnyResource, Resource};
use crate::schema::resource::State;
use crate::schema::virtual_media::MediaType;
use crate::schema::{ComputerSystem, VirtualMedia};
use crate::services::manager::{self, Owner};
use crate::services::select::{self, Selector};

/// Reads the slots of a system: its own, else those of its managers, where older services have them.
pub(crate) async fn of_system(system: &Resource<ComputerSystem>) -> Partial<Resource<VirtualMedia>> {
    let own = system.virtual_media().members().collect_all().await;
    if !own.items.is_empty() {
        return own;
    }
    let mut slots = without_link(own);
    match manager::candidates(system.client(), None, &Owner::System(system.clone())).await {
        Ok(managers) => {
            slots.missing.extend(managers.missing);
            for manager in &managers.items {
                let found = without_link(manager.virtual_media().members().collect_all().await);
                slots.items.extend(found.items);
                slots.missing.extend(found.missing);
            }
        }
        Err(error) => slots.missing.push(Missing::new(system.uri(), error)),
    }
    slots
}

/// Drops failures that only mean that a resource has no slots.
fn without_link(mut slots: Partial<Resource<VirtualMedia>>) -> Partial<Resource<VirtualMedia>> {
    slots.missing.retain(|missing| missing.error.kind() != ErrorKind::Missing);
    slots
}

/// Returns the protocols that the service fetches images by; `None` if it doesn't list them.
pub(crate) async fn protocols(slot: &Resource<VirtualMedia>) -> Option<Vec<String>> {
    slot.insert_media(String::new()).allowable_values("TransferProtocolType").await.unwrap_or_default()
}

/// Returns the slot for an image: the one that is named, else the most suitable one.
///
/// # Errors
///
/// If no slot is suitable: the error lists the reason for each.
pub(crate) async fn choose(
    slots: Partial<Resource<VirtualMedia>>,
    image: &str,
    named: Option<&Selector>,
    replaces: bool,
) -> Result<Resource<VirtualMedia>, Error> {
    let slots = slots.narrow(named)?;
    if slots.items.is_empty() {
        return slots.choose(None);
    }
    let all: Vec<AnyResource> = slots.items.iter().map(|slot| slot.any().clone()).collect();
    let mut best: Option<(u8, Resource<VirtualMedia>)> = None;
    let mut refusals = Vec::new();
    for slot in slots.items {
        match suits(&slot, image, protocols(&slot).await.as_deref(), replaces) {
            Ok(rank) if best.as_ref().is_none_or(|(least, _)| rank < *least) => best = Some((rank, slot)),
            Ok(_) => {}
            Err(why) => refusals.push(format!("{} {why}", select::label(slot.any(), &all))),
        }
    }
    if let Some((_, slot)) = best {
        return Ok(slot);
    }
    refusals.extend(slots.missing.iter().map(|missing| format!("not read: {missing}")));
    let text = format!("no slot for virtual media takes {image}: {}", refusals.join("; "));
    Err(Error::new(ErrorKind::NotAllowed, text))
}

/// Ranks how suitable a slot is for an image, 0 best, or returns why it isn't.
fn suits(
    slot: &Resource<VirtualMedia>,
    image: &str,
    protocols: Option<&[String]>,
    replaces: bool,
) -> Result<u8, String> {
    let state = slot.status.as_ref().and_then(|status| status.state.as_ref());
    if matches!(state, Some(State::Disabled | State::Absent)) {
        return Err("is disabled".to_owned());
    }
    if slot.is_inserted() && !replaces {
        let what = slot.image.as_deref().filter(|image| !image.is_empty()).unwrap_or("another image");
        return Err(format!("has {what} in it"));
    }
    if let Some(protocols) = protocols
        && !protocols.is_empty()
        && image.contains("://")
        && protocol_of(image, Some(protocols)).is_none()
    {
        return Err(format!("fetches images by {} alone", protocols.join(", ")));
    }
    let mut rank = 0_u8;
    if !slot.insert_media(String::new()).is_supported() {
        // Lenovo's slots for uploads and for the remote console don't take URLs.
        let id = slot.id.as_deref().unwrap_or_default();
        if id.starts_with("RDOC") || id.starts_with("Remote") {
            return Err("takes uploads alone".to_owned());
        }
        rank = rank.saturating_add(1);
    }
    if !slot.media_types.is_empty() {
        let has = |kinds: &[MediaType]| slot.media_types.iter().any(|kind| kinds.contains(kind));
        let disc = has(&[MediaType::CD, MediaType::DVD]);
        let stick = has(&[MediaType::USBStick, MediaType::Floppy]);
        match is_stick(image) {
            true if !stick => return Err("takes discs alone, and this is an image of a stick".to_owned()),
            false if !disc => return Err("takes no discs".to_owned()),
            // A slot for this kind of medium only is preferred.
            true if disc => rank = rank.saturating_add(2),
            false if stick => rank = rank.saturating_add(2),
            _ => {}
        }
    }
    if slot.is_inserted() {
        rank = rank.saturating_add(4);
    }
    Ok(rank)
}

/// Returns whether an image is of a USB stick or floppy instead of a disc, by its file name.
pub(crate) fn is_stick(image: &str) -> bool {
    let path = image.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    [".img", ".ima", ".raw", ".usb", ".efi", ".dsk"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_image_is_of_is_told_by_its_name() {
        for (image, expected) in [
            ("http://h/install.iso", false),
            ("http://h/stick.IMG?token=1", true),
            ("nfs://h/export/floppy.ima", true),
            (r"\\\\h\\share\\stick.img", true),
            ("http://h/img/disc", false),
        ] {
            assert_eq!(is_stick(image), expected, "{image}");
        }
    }
}
