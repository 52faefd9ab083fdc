//! Firmware updates: by SimpleUpdate, by multipart upload (`MultipartHttpPushUri`) and by plain upload
//! (`HttpPushUri`). The contents of an image are ignored: its name says which firmware and version it
//! is.

mod image;
pub(crate) mod install;
mod multipart;
pub(crate) mod push;
pub(crate) mod staged;

use push::{Push, push, service};
use staged::{Staged, When};

use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::restart;
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::message::{self, Message};

/// Handles the upload of an image. `None` if the call is for something else.
pub(crate) fn upload(state: &mut State, call: &Call) -> Option<Reply> {
    let push = push(&state.store, &call.key)?;
    let largest = service(&state.store)
        .and_then(|service| state.store.get(&service)?.object().get("MaxImageSizeBytes")?.as_u64())
        .unwrap_or(u64::MAX);
    if call.body.len() as u64 > largest {
        return Some(Reply::error(Message::new(&message::PAYLOAD_TOO_LARGE, [])));
    }
    let update = match push {
        Push::Multipart => multipart_update(state, call),
        Push::Plain => plain_update(state, call),
    };
    Some(update.map_or_else(|reply| reply, |update| begin(state, update)))
}

/// Reads an update from a multipart upload with `UpdateParameters` and `UpdateFile`.
fn multipart_update(state: &State, call: &Call) -> Result<Staged, Reply> {
    let parts = match multipart::parts(call.header(header::CONTENT_TYPE).unwrap_or_default(), &call.body) {
        Ok(parts) => parts,
        Err(multipart::Malformed::OtherType) => {
            let message = Message::new(&message::HEADER_INVALID, ["Content-Type"]);
            return Err(Reply::errors(StatusCode::UNSUPPORTED_MEDIA_TYPE, &[message]));
        }
        Err(multipart::Malformed::Parts) => return Err(part_missing("UpdateFile")),
    };
    let part = |name: &str| parts.iter().find(|part| part.name == name);
    let file = part("UpdateFile").filter(|file| !file.body.is_empty()).ok_or_else(|| part_missing("UpdateFile"))?;
    let parameters = part("UpdateParameters").ok_or_else(|| part_missing("UpdateParameters"))?;
    let Ok(Value::Object(parameters)) = serde_json::from_slice::<Value>(parameters.body) else {
        return Err(Reply::error(Message::new(&message::MALFORMED_JSON, [])));
    };
    let targets = targets(&state.store, parameters.get("Targets")).map_err(Reply::error)?;
    let when = when(&parameters).map_err(Reply::error)?;
    Ok(Staged { targets, image: file.file_name.clone().unwrap_or_default(), when })
}

/// The registry's message has no argument for the part's name, so the sentence names it.
fn part_missing(part: &str) -> Reply {
    let text = format!("The form lacks the part {part}, or the part is not as it should be.");
    Reply::error(Message::new(&message::PART_MISSING, []).worded(&text))
}

fn plain_update(state: &State, call: &Call) -> Result<Staged, Reply> {
    if call.body.is_empty() {
        return Err(Reply::error(Message::new(&message::UNRECOGNIZED_BODY, [])));
    }
    let own = |name: &str| service(&state.store).and_then(|key| state.store.get(&key)?.object().get(name).cloned());
    let targets = targets(&state.store, own("HttpPushUriTargets").as_ref()).unwrap_or_default();
    let options = own("HttpPushUriOptions").unwrap_or_default();
    // An apply time that isn't supported here means at once.
    let when = options.pointer("/HttpPushUriApplyTime/ApplyTime").and_then(Value::as_str).and_then(of_name);
    Ok(Staged { targets, image: String::new(), when: when.unwrap_or(When::Now) })
}

/// Starts an update with an image that the service fetches. The image's contents are ignored.
pub(crate) fn simple(state: &mut State, given: &Map<String, Value>) -> Result<(), Message> {
    let image = given.get("ImageURI").and_then(Value::as_str).unwrap_or_default();
    let unusable =
        || Message::new(&message::ACTION_PARAMETER_FORMAT, [image, "ImageURI", "UpdateService.SimpleUpdate"]);
    // Either the URI or the parameter gives the protocol for fetching the image.
    if image.trim().is_empty() || (!image.contains("://") && !given.contains_key("TransferProtocol")) {
        return Err(unusable());
    }
    let update =
        Staged { targets: targets(&state.store, given.get("Targets"))?, image: image.to_owned(), when: when(given)? };
    if let Some(fetches) = &state.fetches {
        fetches.begin(image);
    }
    carry_out_or_keep(state, update);
    Ok(())
}

/// Installs the updates that wait for the StartUpdate action.
pub(crate) fn start(state: &mut State) {
    let restarted = install::all_due(state, When::OnStart);
    restart_all(state, restarted);
}

/// Installs the updates that wait for a reset.
pub(crate) fn was_reset(state: &mut State) {
    let restarted = install::all_due(state, When::OnReset);
    restart_all(state, restarted);
}

fn begin(state: &mut State, update: Staged) -> Reply {
    carry_out_or_keep(state, update);
    Reply::empty(StatusCode::NO_CONTENT)
}

fn carry_out_or_keep(state: &mut State, update: Staged) {
    match update.when {
        When::Now => {
            let restarted = install::one(state, &update);
            restart_all(state, restarted);
        }
        When::OnReset | When::OnStart => state.staged.push(update),
    }
}

fn when(parameters: &Map<String, Value>) -> Result<When, Message> {
    let name = "@Redfish.OperationApplyTime";
    match parameters.get(name).and_then(Value::as_str) {
        None => Ok(When::Now),
        Some(time) => of_name(time).ok_or_else(|| Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [time, name])),
    }
}

fn of_name(time: &str) -> Option<When> {
    match time {
        "Immediate" => Some(When::Now),
        "OnReset" => Some(When::OnReset),
        "OnStartUpdateRequest" => Some(When::OnStart),
        _ => None,
    }
}

/// Returns the keys of an update's targets. A client names inventory, or the devices that run it.
fn targets(store: &Store, named: Option<&Value>) -> Result<Vec<String>, Message> {
    let mut targets = Vec::new();
    for target in named.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let key = uri::key_of_id(target).filter(|key| store.contains(key));
        let key = key.ok_or_else(|| Message::new(&message::RESOURCE_MISSING, [target]))?;
        targets.push(store.resolve(&key).to_owned());
    }
    Ok(targets)
}

/// Restarts a BMC with new firmware. A restart that takes no time is skipped, as nobody would see it.
fn restart_all(state: &mut State, managers: impl IntoIterator<Item = String>) {
    if !state.settings.restart.takes_time() {
        return;
    }
    for manager in managers {
        restart::begin(state, &manager);
    }
}
