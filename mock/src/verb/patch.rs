//! PATCH of a resource, and PUT where a service takes that instead.

use axum::http::{Method, StatusCode, header};
use serde_json::{Map, Value};

use crate::event::subscription;
use crate::http::call::Call;
use crate::http::etag;
use crate::http::reply::Reply;
use crate::machine::state::{Settings, State};
use crate::machine::store::Store;
use crate::machine::{account, bios, media, settings};
use crate::message::{self, Message};
use crate::quirk::names::Quirk;
use crate::schema::capability::{Methods, schema};
use crate::tree::digits;
use crate::verb::refuse::not_allowed;
use crate::verb::{body, merge};

pub(crate) fn answer(state: &mut State, call: &Call, settings: &Settings) -> Reply {
    let key = state.store.resolve(&call.key).to_owned();
    let put = call.method == Method::PUT;
    if !Methods::of(&state.store, &key).update || put != settings.is_put_only(&key) {
        return not_allowed(state, &call.key);
    }
    if let Err(reply) = precondition(state, call) {
        return reply;
    }
    let patch = match body::object(call) {
        Ok(patch) => patch,
        Err(reply) => return reply,
    };
    let active = settings::active_of(&state.store, &key);
    if let Some(active) = &active
        && let Err(message) = settings::check(&state.store, active, &patch)
    {
        return Reply::error(message);
    }
    let refused = attributes(&state.store, &key, active.as_deref(), &patch);
    if !refused.is_empty() {
        return Reply::errors(StatusCode::BAD_REQUEST, &refused);
    }
    let Some(Value::Object(mut resource)) =
        state.store.get(&key).and_then(|resource| resource.json.as_deref()).cloned()
    else {
        return not_allowed(state, &call.key);
    };
    if put {
        merge::clear(&mut resource, &patch);
    }
    let outcome = merge::merge(&mut resource, &patch, settings.lenient);
    if outcome.applied.is_empty() {
        let nothing = [Message::new(&message::NO_OPERATION, [])];
        let messages = if outcome.rejected.is_empty() { &nothing[..] } else { &outcome.rejected };
        return Reply::errors(StatusCode::BAD_REQUEST, messages);
    }
    if let Err(message) = account::change(state, &key, &patch) {
        return Reply::error(message);
    }
    if state.accounts.by_resource(&key).is_some() {
        account::password_changed(&mut resource, &patch);
    }
    let is_media = state.store.get(&key).and_then(schema) == Some("VirtualMedia");
    if is_media && !settings.quirks.has(Quirk::MediaByPatch) {
        media::patched(&mut resource, &patch);
    }
    if is_media && let (Some(fetches), Some(image)) = (&state.fetches, patch.get("Image").and_then(Value::as_str)) {
        fetches.begin(image);
    }
    state.store.set(&key, Value::Object(resource));
    if state.store.get(&key).and_then(schema) == Some("EventDestination") {
        subscription::subscribed(state, &key, &patch);
        state.store.update(&key, subscription::hide_headers);
    }
    if state.store.get(&key).and_then(schema) == Some("LogEntry") {
        state.store.show_in_collection(&key);
    }
    if let Some(active) = active {
        settings::note(state, &active, &patch);
    }
    let Some(changed) = state.store.get(&key) else {
        return Reply::empty(StatusCode::NO_CONTENT);
    };
    if outcome.rejected.is_empty() {
        return changed.reply(StatusCode::OK);
    }
    // What was changed stays changed; the answer says beside it what was not.
    let mut body = changed.exact().cloned().unwrap_or_default();
    if let Some(object) = body.as_object_mut() {
        let messages = outcome.rejected.iter().map(Message::to_json).collect();
        object.insert("@Message.ExtendedInfo".to_owned(), messages);
    }
    Reply::json_text(StatusCode::OK, digits::write(&body)).with(header::ETAG, &changed.etag)
}

/// What is wrong with the BIOS attributes in a request.
fn attributes(store: &Store, key: &str, active: Option<&str>, patch: &Map<String, Value>) -> Vec<Message> {
    let shown = store.get(key).map(|resource| (schema(resource), resource.object()));
    let (Some((Some("Bios"), bios)), Some(attributes)) = (shown, patch.get("Attributes").and_then(Value::as_object))
    else {
        return Vec::new();
    };
    // Those in force are changed by way of the settings resource alone, where there is one.
    if active.is_none() && bios.contains_key("@Redfish.Settings") {
        return vec![Message::new(&message::PROPERTY_NOT_WRITABLE, ["Attributes"]).about("/Attributes")];
    }
    let registry = bios.get("AttributeRegistry").and_then(Value::as_str);
    registry.map(|registry| bios::check(store, registry, attributes)).unwrap_or_default()
}

/// Checks `If-Match`.
pub(crate) fn precondition(state: &State, call: &Call) -> Result<(), Reply> {
    let Some(condition) = call.header(header::IF_MATCH) else {
        return Ok(());
    };
    match state.store.get(&call.key) {
        Some(resource) if !etag::matches(condition, &resource.etag) => {
            Err(Reply::error(Message::new(&message::PRECONDITION_FAILED, [])).with(header::ETAG, &resource.etag))
        }
        _ => Ok(()),
    }
}
