//! Requests that quirks answer themselves, mostly by refusing them.

use std::borrow::Cow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode, Version, header};
use serde_json::Value;

use crate::event::stream;
use crate::http::call::Call;
use crate::http::encoding::{self, Encoding};
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::login;
use crate::machine::session::Account;
use crate::machine::state::State;
use crate::message::{self, Message};
use crate::quirk::names::{Quirk, Quirks};
use crate::schema::capability::schema;

/// The delay with which `Inserted` follows `Image`.
const MEDIA_LAG: Duration = Duration::from_millis(150);

/// How many wrong passwords are allowed.
const MAX_WRONG_PASSWORDS: u32 = 3;

/// Redirects a request for the sessions to their path with a trailing slash, if a quirk wants that.
pub(crate) fn redirect(quirks: &Quirks, state: &State, path: &str) -> Option<Reply> {
    let slashed = quirks.has(Quirk::SlashedSessions) && !path.ends_with('/');
    (slashed && login::is_sessions(state, path))
        .then(|| Reply::empty(StatusCode::MOVED_PERMANENTLY).with(header::LOCATION, &format!("{path}/")))
}

/// Returns the request as the service should see it.
pub(crate) fn rewrite<'a>(quirks: &Quirks, call: &'a Call) -> Cow<'a, Call> {
    let Some(condition) = call.header(header::IF_MATCH).filter(|_| quirks.has(Quirk::UnquotedTags)) else {
        return Cow::Borrowed(call);
    };
    let bare = !condition.contains('"') && condition != "*";
    let seen = if bare { format!("\"{condition}\"") } else { "\"\"".to_owned() };
    let mut call = call.clone();
    if let Ok(seen) = HeaderValue::from_str(&seen) {
        call.headers.insert(header::IF_MATCH, seen);
    }
    Cow::Owned(call)
}

/// Returns the answer that a quirk gives in place of the service, if any.
pub(crate) fn refuse(quirks: &Quirks, state: &mut State, call: &Call) -> Option<Reply> {
    if quirks.set.is_empty() {
        return None;
    }
    let json: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    quirks.set.iter().find_map(|quirk| one(quirks, *quirk, state, call, &json))
}

fn one(quirks: &Quirks, quirk: Quirk, state: &mut State, call: &Call, json: &Value) -> Option<Reply> {
    let posted = |action: &str| call.method == Method::POST && call.key.ends_with(action);
    let patched = call.method == Method::PATCH;
    let of = |state: &State, wanted: &str| {
        let is = state.store.get(&call.key).and_then(schema) == Some(wanted);
        is && !call.key.ends_with("/Settings")
    };
    let if_match = call.header(header::IF_MATCH);
    let has = |pointer: &str| json.pointer(pointer).is_some();
    match quirk {
        Quirk::CompressedOnly => {
            let plain = encoding::accepted(&call.headers, &Encoding::ALL).is_none();
            plain.then(|| Reply::empty(StatusCode::NOT_ACCEPTABLE))
        }
        Quirk::WeakTags => if_match.is_some_and(|tag| tag.starts_with("W/")).then(stale),
        Quirk::EmptyTags => if_match.is_some_and(|tag| tag.trim_matches('"').is_empty()).then(stale),
        Quirk::NoTagsOnActions => (posted("") && call.key.contains("/Actions/") && if_match.is_some()).then(stale),
        Quirk::BootInSettings if patched && has("/Boot") && of(state, "ComputerSystem") => {
            Some(about(&message::PROPERTY_NOT_WRITABLE, "Boot"))
        }
        Quirk::NoBootInSettings if patched && has("/Boot") && call.key.ends_with("/Settings") => {
            Some(about(&message::PROPERTY_UNKNOWN, "Boot"))
        }
        Quirk::MediaByPatch if patched && has("/Image") && of(state, "VirtualMedia") => {
            let (key, inserted) = (call.key.clone(), json.get("Image").is_some_and(Value::is_string));
            state.schedule(MEDIA_LAG, move |state| {
                state.store.update(&key, |media| {
                    media.insert("Inserted".to_owned(), inserted.into());
                });
            });
            None
        }
        Quirk::NoApplyTime => ["@Redfish.SettingsApplyTime", "@Redfish.OperationApplyTime"]
            .into_iter()
            .find(|name| json.get(name).is_some())
            .map(|name| about(&message::PROPERTY_UNKNOWN, name))
            .or_else(|| {
                let continuous = json.pointer("/Boot/BootSourceOverrideEnabled")? == "Continuous";
                continuous.then(|| about(&message::PROPERTY_VALUE_ERROR, "Boot/BootSourceOverrideEnabled"))
            }),
        Quirk::BareInsert if posted("/VirtualMedia.InsertMedia") => ["Inserted", "WriteProtected"]
            .into_iter()
            .find(|name| json.get(name).is_some())
            .map(|name| parameter(&message::ACTION_PARAMETER_UNKNOWN, "VirtualMedia.InsertMedia", name)),
        Quirk::BareInsert if posted("/VirtualMedia.EjectMedia") => {
            let slot = call.key.split("/Actions/").next().unwrap_or_default();
            state.store.update(slot, |media| {
                media.insert("Inserted".to_owned(), false.into());
                media.insert("ConnectedVia".to_owned(), "NotConnected".into());
            });
            Some(Reply::empty(StatusCode::NO_CONTENT))
        }
        Quirk::BootModeWithTarget if patched && has("/Boot/BootSourceOverrideTarget") => {
            (!has(BOOT_MODE)).then(|| about(&message::CREATE_MISSING_PROPERTY, "Boot/BootSourceOverrideMode"))
        }
        Quirk::BootModeReadOnly if patched && has(BOOT_MODE) => {
            Some(about(&message::PROPERTY_NOT_WRITABLE, "Boot/BootSourceOverrideMode"))
        }
        Quirk::TransferTypeWanted if posted("/VirtualMedia.InsertMedia") => {
            missing(json, "VirtualMedia.InsertMedia", ["TransferProtocolType", "TransferMethod"])
        }
        Quirk::UpdateProtocolWanted if posted("/UpdateService.SimpleUpdate") => {
            missing(json, "UpdateService.SimpleUpdate", ["TransferProtocol"])
        }
        Quirk::MediaLoginWanted if posted("/VirtualMedia.InsertMedia") => {
            missing(json, "VirtualMedia.InsertMedia", ["UserName", "Password"])
        }
        Quirk::ClearLogWantsTag if posted("/LogService.ClearLog") => {
            missing(json, "LogService.ClearLog", ["LogEntriesETag"]).or_else(|| {
                let log = call.key.split("/Actions/").next()?;
                let entries = state.store.get(log)?.object().get("Entries")?.get("@odata.id")?.as_str()?;
                let tag = &state.store.get(&uri::key(entries))?.etag;
                (json.get("LogEntriesETag")? != tag.as_str()).then(stale)
            })
        }
        Quirk::EmptyObjectWanted if posted("") && call.key.contains("/Actions/") => {
            call.body.is_empty().then(|| Reply::error(Message::new(&message::MALFORMED_JSON, [])))
        }
        Quirk::PlainManagerReset if posted("/Manager.Reset") => {
            has("/ResetType").then(|| parameter(&message::ACTION_PARAMETER_UNKNOWN, "Manager.Reset", "ResetType"))
        }
        Quirk::AccountSlots => account_slots(state, call, json),
        Quirk::LockOut => {
            let locked = quirks.wrong_passwords.load(Ordering::Relaxed) >= MAX_WRONG_PASSWORDS;
            let logs_in = call.headers.contains_key(header::AUTHORIZATION) || login::is_sessions(state, &call.key);
            (locked && logs_in).then(|| Reply::error(Message::new(&message::UNAUTHORIZED, [])))
        }
        Quirk::EventsOverHttp1 if call.version == Version::HTTP_2 && stream::is_stream(state, call) => {
            Some(Reply::error(Message::new(&message::RESOURCE_MISSING, [&call.key])))
        }
        Quirk::RootWantsLogin if call.key == uri::ROOT => login::authenticate(state, call).err(),
        Quirk::OemMultipart if call.header(header::CONTENT_TYPE).is_some_and(|kind| kind.starts_with("multipart/")) => {
            (!multipart_as_wanted(call)).then(|| about(&message::CREATE_MISSING_PROPERTY, "OemParameters"))
        }
        _ => None,
    }
}

const BOOT_MODE: &str = "/Boot/BootSourceOverrideMode";

fn stale() -> Reply {
    Reply::error(Message::new(&message::PRECONDITION_FAILED, []))
}

fn about(kind: &'static message::Kind, property: &str) -> Reply {
    Reply::errors(StatusCode::BAD_REQUEST, &[Message::new(kind, [property]).about(&format!("/{property}"))])
}

fn parameter(kind: &'static message::Kind, action: &str, name: &str) -> Reply {
    Reply::error(Message::new(kind, [action, name]))
}

fn missing<const N: usize>(json: &Value, action: &str, wanted: [&str; N]) -> Option<Reply> {
    let missing = wanted.into_iter().find(|name| json.get(name).is_none_or(Value::is_null))?;
    Some(parameter(&message::ACTION_PARAMETER_MISSING, action, missing))
}

/// Fixed account slots: no POST, no DELETE, and the name can only be cleared while the account
/// is disabled.
fn account_slots(state: &mut State, call: &Call, json: &Value) -> Option<Reply> {
    let shown = state.store.get(&call.key).and_then(schema);
    let refused = match call.method {
        Method::POST => shown == Some("ManagerAccountCollection"),
        Method::DELETE => shown == Some("ManagerAccount"),
        _ => false,
    };
    if refused {
        let allowed = if call.method == Method::POST { "GET, HEAD" } else { "GET, HEAD, PATCH" };
        return Some(Reply::error(Message::new(&message::NOT_ALLOWED, [])).with(header::ALLOW, allowed));
    }
    if call.method != Method::PATCH || shown != Some("ManagerAccount") || json.get("UserName")? != "" {
        return None;
    }
    if state.store.get(&call.key)?.object().get("Enabled") != Some(&false.into()) {
        return Some(about(&message::PROPERTY_VALUE_ERROR, "UserName"));
    }
    let account = state.accounts.by_resource(&call.key)?;
    let mut slot = Account::without_password("", "ReadOnly");
    slot.resource = account.resource.take();
    *account = slot;
    state.store.update(&call.key, |account| {
        account.insert("UserName".to_owned(), "".into());
    });
    Some(Reply::empty(StatusCode::NO_CONTENT))
}

/// Returns whether the request has a `Content-Length` and the expected parts in the expected order.
fn multipart_as_wanted(call: &Call) -> bool {
    let body = String::from_utf8_lossy(&call.body);
    let mut rest = &*body;
    let in_order = ["UpdateParameters", "OemParameters", "UpdateFile"].into_iter().all(|part| {
        let found = rest.split_once(&format!("name=\"{part}\"")).or_else(|| rest.split_once(&format!("name={part}")));
        found.is_some_and(|(_, after)| {
            rest = after;
            true
        })
    });
    in_order && call.headers.contains_key(header::CONTENT_LENGTH)
}
