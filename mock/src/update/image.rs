//! Which firmware and version an image has, judged by its name.

use serde_json::{Map, Value};

use crate::http::uri;
use crate::machine::store::Store;
use crate::schema::capability::schema;

/// Returns the inventory that an image is for: the named targets, otherwise the first whose Id is in the image's
/// name, otherwise the first that can be updated.
pub(super) fn inventory(store: &Store, targets: &[String], image: &str) -> Vec<String> {
    let updateable = updateable(store);
    if targets.is_empty() {
        let file = image.rsplit('/').next().unwrap_or(image).to_ascii_lowercase();
        let named = updateable.iter().find(|key| {
            let id = key.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
            !id.is_empty() && file.contains(&id)
        });
        return named.or(updateable.first()).cloned().into_iter().collect();
    }
    let mut found = Vec::new();
    for target in targets {
        if store.get(target).and_then(schema) == Some("SoftwareInventory") {
            found.push(target.clone());
            continue;
        }
        // The target is a device: update its inventory.
        found.extend(updateable.iter().filter(|key| is_about(store, key, target)).cloned());
    }
    found
}

fn updateable(store: &Store) -> Vec<String> {
    let follow =
        |key: &str, name: &str| store.get(key)?.object().get(name)?.get("@odata.id")?.as_str().and_then(uri::key_of_id);
    let collection = super::push::service(store).and_then(|service| follow(&service, "FirmwareInventory"));
    let mut members = collection.map(|collection| store.members(&collection)).unwrap_or_default();
    members.retain(|key| {
        let said = store.get(key).and_then(|software| software.object().get("Updateable")?.as_bool());
        said != Some(false)
    });
    members
}

fn is_about(store: &Store, inventory: &str, device: &str) -> bool {
    let related = store.get(inventory).and_then(|software| software.object().get("RelatedItem")?.as_array());
    related
        .into_iter()
        .flatten()
        .filter_map(|link| link.get("@odata.id")?.as_str().and_then(uri::key_of_id))
        .any(|key| key == device)
}

/// Returns the version in an image's name, `3.9.0` in `bmc-3.9.0.bin`; without one, the version after the old.
pub(super) fn version(image: &str, old: &str) -> String {
    let file = image.rsplit('/').next().unwrap_or(image);
    let file = file.split(['?', '#']).next().unwrap_or(file);
    let numbers = |part: &&str| {
        part.contains('.')
            && part.split('.').all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut parts = file.split(|sign: char| !sign.is_ascii_digit() && sign != '.').map(|part| part.trim_matches('.'));
    match parts.rfind(numbers) {
        Some(version) => in_place_of_number(old, version),
        None => next(old),
    }
}

/// Replaces the number in the old version and keeps the text around it: `BIOS 2.15.0` after `BIOS 2.14.0`.
fn in_place_of_number(old: &str, version: &str) -> String {
    let is_number = |sign: char| sign.is_ascii_digit() || sign == '.';
    let number = old.split(|sign| !is_number(sign)).find(|part| part.contains('.'));
    match number {
        Some(number) => old.replacen(number, version, 1),
        None => version.to_owned(),
    }
}

/// Increments the last number of a version.
fn next(old: &str) -> String {
    let start = old.rfind(|sign: char| !sign.is_ascii_digit()).map_or(0, |place| place + 1);
    let (head, last) = old.split_at_checked(start).unwrap_or((old, ""));
    match last.parse::<u64>() {
        Ok(number) => format!("{head}{}", number.saturating_add(1)),
        Err(_) => format!("{old}.1"),
    }
}

/// Shows the new version in the device that runs it.
pub(super) fn show(device: &mut Map<String, Value>, is_bios: bool, old: &str, new: &str) {
    let name = if is_bios { "BiosVersion" } else { "FirmwareVersion" };
    if let Some(Value::String(shown)) = device.get_mut(name) {
        *shown = if shown.contains(old) && !old.is_empty() { shown.replace(old, new) } else { new.to_owned() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_of_the_version_in_their_name_or_of_the_next() {
        for (image, old, expected) in [
            ("bmc-3.9.0.bin", "3.8.2", "3.9.0"),
            ("https://images.example/10.0.0.1/BIOS_2.15.1-signed.cap?x=1.2", "2.14.0", "2.15.1"),
            ("image.bin", "3.8.2", "3.8.3"),
            ("x-2.15.cap", "RF-BIOS 2.14.0", "RF-BIOS 2.15"),
            ("", "22.31.9", "22.31.10"),
            ("image", "A", "A.1"),
        ] {
            assert_eq!(version(image, old), expected, "{image}");
        }
    }
}
