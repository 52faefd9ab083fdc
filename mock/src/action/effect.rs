//! What actions other than resets do.

use serde_json::{Map, Value, json};

use super::Action;
use crate::message::Message;
use crate::service::State;
use crate::{account, uri};

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

/// Gives an account another password. The caller's own password, which the action wants too, was
/// checked at login.
pub(super) fn change_password(state: &mut State, action: &Action, given: &Map<String, Value>) -> Result<(), Message> {
    let new = given.get("NewPassword").cloned().unwrap_or_default();
    let patch = Map::from_iter([("Password".to_owned(), new)]);
    account::change(state, &action.owner, &patch)?;
    state.store.update(&action.owner, |account| account::password_changed(account, &patch));
    Ok(())
}

pub(super) fn insert_media(state: &mut State, action: &Action, given: &Map<String, Value>) -> Result<(), Message> {
    state.store.update(&action.owner, |media| {
        let image = given.get("Image").cloned().unwrap_or_default();
        let name = image.as_str().and_then(|image| image.rsplit('/').next()).map(str::to_owned);
        media.insert("Image".to_owned(), image);
        media.insert("ImageName".to_owned(), name.into());
        media.insert("Inserted".to_owned(), given.get("Inserted").cloned().unwrap_or_else(|| true.into()));
        media.insert("WriteProtected".to_owned(), given.get("WriteProtected").cloned().unwrap_or_else(|| true.into()));
        media.insert("ConnectedVia".to_owned(), "URI".into());
        for shown in ["TransferMethod", "TransferProtocolType", "UserName"] {
            if let Some(value) = given.get(shown) {
                media.insert(shown.to_owned(), value.clone());
            }
        }
    });
    Ok(())
}

pub(super) fn eject_media(state: &mut State, action: &Action) -> Result<(), Message> {
    state.store.update(&action.owner, |media| {
        for (name, value) in [
            ("Image", Value::Null),
            ("ImageName", Value::Null),
            ("Inserted", json!(false)),
            ("ConnectedVia", json!("NotConnected")),
        ] {
            media.insert(name.to_owned(), value);
        }
    });
    Ok(())
}
