//! What actions other than resets do.

use serde_json::{Map, Value, json};

use super::offer::Action;
use crate::http::uri;
use crate::machine::state::State;
use crate::machine::{account, bios, clock, ids, media, restart, settings};
use crate::message::{self, Message};

/// Removes all entries of a log.
pub(super) fn clear_log(state: &mut State, action: &Action) -> Result<(), Message> {
    let entries = state
        .store
        .get(&action.owner)
        .and_then(|log| log.object().get("Entries")?.get("@odata.id")?.as_str().and_then(uri::key_of_id));
    if let Some(entries) = entries {
        for entry in state.store.members(&entries) {
            state.store.remove_member(&entries, &entry);
        }
    }
    Ok(())
}

/// The size of a diagnostic data file, in bytes.
const DUMP_SIZE: usize = 100_000;

/// Adds an entry with a file to download to a log. Returns the entry's key, or `None` if the log has no `Entries`.
pub(super) fn collect_diagnostics(state: &mut State, action: &Action, given: &Map<String, Value>) -> Option<String> {
    let log = state.store.get(&action.owner)?;
    let entries = log.object().get("Entries")?.get("@odata.id")?.as_str().and_then(uri::key_of_id)?;
    let id = ids::next_id(&state.store, &entries);
    let key = format!("{entries}/{id}");
    let file = format!("{key}/attachment");
    let kind = given.get("DiagnosticDataType").cloned().unwrap_or_default();
    let line = format!("diagnostic data {kind} of {}\n", action.owner);
    let content: Vec<u8> = line.bytes().cycle().take(DUMP_SIZE).collect();
    let mut entry = json!({
        "@odata.id": key,
        "@odata.type": ids::type_of_new(&state.store, "LogEntry"),
        "Id": id,
        "Name": "Diagnostic Data",
        "EntryType": "Event",
        "Severity": "OK",
        "Created": clock::now(),
        "Message": "Diagnostic data was collected",
        "DiagnosticDataType": kind,
        "AdditionalDataURI": file,
        "AdditionalDataSizeBytes": content.len(),
    });
    if let (Some(oem), Some(entry)) = (given.get("OEMDiagnosticDataType"), entry.as_object_mut()) {
        entry.insert("OEMDiagnosticDataType".to_owned(), oem.clone());
    }
    state.store.add_member(&entries, &key, entry);
    state.store.add_file(&file, content.into());
    Some(key)
}

/// Changes an account's password. The caller must repeat their own.
pub(super) fn change_password(state: &mut State, action: &Action, given: &Map<String, Value>) -> Result<(), Message> {
    let own = given.get("SessionAccountPassword").and_then(Value::as_str).unwrap_or_default();
    let caller = state.caller.clone().unwrap_or_default();
    if state.accounts.log_in(&caller, own).is_none() {
        let name = "SessionAccountPassword";
        return Err(Message::new(&message::ACTION_PARAMETER_ERROR, [name, &action.name]));
    }
    let new = given.get("NewPassword").cloned().unwrap_or_default();
    let patch = Map::from_iter([("Password".to_owned(), new)]);
    account::change(state, &action.owner, &patch)?;
    state.store.update(&action.owner, |account| account::password_changed(account, &patch));
    Ok(())
}

/// Resets the resources to their initial state and restarts the service.
pub(super) fn reset_to_defaults(state: &mut State, action: &Action, given: &Map<String, Value>) -> Result<(), Message> {
    let reset_type = given.get("ResetType").and_then(Value::as_str).unwrap_or("ResetAll");
    restart::to_defaults(state, reset_type);
    restart::begin(state, &action.owner);
    Ok(())
}

/// Resets all attributes to their defaults, which take effect when the machine is next reset.
pub(super) fn reset_bios(state: &mut State, action: &Action) -> Result<(), Message> {
    let registry = state.store.get(&action.owner).and_then(|bios| bios.object().get("AttributeRegistry")?.as_str());
    let mut defaults = registry.map(|name| bios::defaults(&state.store, name)).unwrap_or_default();
    let (first, _) = &*state.origin;
    let known = |bios: &Map<String, Value>| bios.get("Attributes").and_then(Value::as_object).cloned();
    let first = first.get(&action.owner).and_then(|bios| known(bios.object())).unwrap_or_default();
    // Attributes without a default in the registry return to their initial values.
    for (name, value) in first {
        defaults.entry(name).or_insert(value);
    }
    let patch = Map::from_iter([("Attributes".to_owned(), Value::Object(defaults))]);
    state.store.update(&action.owner, |bios| {
        if let Some(waiting) = bios.get_mut("ResetBiosToDefaultsPending") {
            *waiting = true.into();
        }
    });
    settings::at_reset(state, &action.owner, patch);
    Ok(())
}

/// Restores the initial boot order.
pub(super) fn default_boot_order(state: &mut State, action: &Action) -> Result<(), Message> {
    let (first, _) = &*state.origin;
    let order = first.get(&action.owner).and_then(|system| system.json.as_deref()?.pointer("/Boot/BootOrder").cloned());
    state.store.update(&action.owner, |system| {
        if let (Some(boot), Some(order)) = (system.get_mut("Boot").and_then(Value::as_object_mut), order) {
            boot.insert("BootOrder".to_owned(), order);
        }
    });
    Ok(())
}

pub(super) fn insert_media(state: &mut State, action: &Action, given: &Map<String, Value>) -> Result<(), Message> {
    if let Some(shown) = state.store.get(&action.owner) {
        media::check(shown.object(), given)?;
    }
    state.store.update(&action.owner, |shown| media::insert(shown, given));
    if let (Some(fetches), Some(image)) = (&state.fetches, given.get("Image").and_then(Value::as_str)) {
        fetches.begin(image);
    }
    Ok(())
}

pub(super) fn eject_media(state: &mut State, action: &Action) -> Result<(), Message> {
    state.store.update(&action.owner, media::eject);
    Ok(())
}
