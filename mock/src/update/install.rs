//! What an update changes: the versions that inventory and devices show.

use serde_json::Value;

use super::image;
use super::staged::{Staged, When};
use crate::http::uri;
use crate::machine::state::State;
use crate::schema::capability::schema;

/// Carries out the updates that are due now. Returns the managers that have new firmware.
pub(crate) fn all_due(state: &mut State, when: When) -> Vec<String> {
    let (due, waiting): (Vec<_>, _) =
        std::mem::take(&mut state.staged).into_iter().partition(|staged| staged.when == when);
    state.staged = waiting;
    due.iter().filter_map(|update| one(state, update)).collect()
}

/// Gives the inventory the version of the image, and the devices that run it. Returns the manager that has
/// new firmware, if one has.
pub(crate) fn one(state: &mut State, update: &Staged) -> Option<String> {
    let mut restarted = None;
    for inventory in image::inventory(&state.store, &update.targets, &update.image) {
        let Some(shown) = state.store.get(&inventory).map(|shown| shown.object().clone()) else {
            continue;
        };
        let old = shown.get("Version").and_then(Value::as_str).unwrap_or_default().to_owned();
        let new = image::version(&update.image, &old);
        state.store.update(&inventory, |software| {
            software.insert("Version".to_owned(), new.clone().into());
        });
        let related = shown.get("RelatedItem").and_then(Value::as_array).into_iter().flatten();
        for device in related.filter_map(|link| link.get("@odata.id")?.as_str().and_then(uri::key_of_id)) {
            // The version of a BIOS is shown by its system.
            let is_bios_itself = state.store.get(&device).and_then(schema) == Some("Bios");
            let device = uri::parent(&device).filter(|_| is_bios_itself).map_or(device.clone(), str::to_owned);
            let is_bios = inventory.to_ascii_lowercase().contains("bios");
            state.store.update(&device, |device| image::show(device, is_bios, &old, &new));
            let schema = state.store.get(&device).and_then(schema);
            if schema == Some("Manager") {
                restarted = Some(device);
            }
        }
    }
    restarted
}
