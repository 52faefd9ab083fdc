//! Logging in: sessions and Basic authentication (DSP0266, section 13). Sessions appear as
//! resources in the collection that they were opened in.

use std::time::Duration;

use axum::http::{HeaderName, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::state::{Settings, State};
use crate::machine::{account, clock, ids, lockout};
use crate::message::{self, Message};
use crate::quirk::names::Quirk;
use crate::verb::body;

/// The key of the sessions if the service root doesn't name one.
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// The timeout in the standard's own example of a SessionService.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30 * 60);

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");

/// Who sent a request.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) user: String,
    pub(crate) role: String,
}

/// The key of the collection of sessions.
fn collection(state: &State) -> String {
    state
        .store
        .get(uri::ROOT)
        .and_then(|root| root.json.as_deref()?.pointer("/Links/Sessions/@odata.id")?.as_str().and_then(uri::key_of_id))
        .unwrap_or_else(|| SESSIONS.to_owned())
}

/// Returns whether a POST to this key opens a session.
pub(crate) fn is_sessions(state: &State, key: &str) -> bool {
    let sessions = collection(state);
    key.strip_suffix("/Members").unwrap_or(key) == sessions
}

/// Ends the sessions that timed out.
pub(crate) fn expire(state: &mut State, settings: &Settings) {
    if state.sessions.len() == 0 {
        return;
    }
    let sessions = collection(state);
    let said = uri::parent(&sessions)
        .and_then(|service| state.store.get(service)?.object().get("SessionTimeout")?.as_u64())
        .map_or(DEFAULT_TIMEOUT, Duration::from_secs);
    // iLO reports 0 if sessions don't expire.
    let timeout = settings.session_timeout.or((!said.is_zero()).then_some(said));
    for session in timeout.map(|timeout| state.sessions.expire(timeout)).unwrap_or_default() {
        state.store.remove_member(&session.collection, &session.key);
    }
}

/// Ends the session that a request belongs to, if any.
pub(crate) fn end_of(state: &mut State, call: &Call) {
    let key = call.header(TOKEN).and_then(|token| state.sessions.touch(token)).map(|session| session.key.clone());
    if let Some(key) = key {
        state.end_sessions(|session| session.key == key);
    }
}

/// Opens a session.
pub(crate) fn open(state: &mut State, call: &Call) -> Reply {
    let body = match body::object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    let (user, password) = match (text("UserName"), text("Password")) {
        (Some(user), Some(password)) => (user, password),
        (None, _) => {
            return Reply::error(Message::new(&message::CREATE_MISSING_PROPERTY, ["UserName"]));
        }
        (_, None) => {
            return Reply::error(Message::new(&message::CREATE_MISSING_PROPERTY, ["Password"]));
        }
    };
    if state.accounts.log_in(user, password).is_none() {
        lockout::failed(state, user);
        return Reply::error(Message::new(&message::UNAUTHORIZED, []));
    }

    lockout::succeeded(state, user);
    if state.settings.session_limit.is_some_and(|limit| state.sessions.len() >= limit) {
        let message = Message::new(&message::SESSION_LIMIT, []);
        let lenient = state.settings.quirks.has(Quirk::SessionLimitSays400);
        let status = if lenient { StatusCode::BAD_REQUEST } else { message.status() };
        return Reply::errors(status, &[message]);
    }
    let sessions = collection(state);
    let id = ids::free_id(&state.store, &sessions);
    let key = format!("{sessions}/{id}");
    let Ok(token) = state.sessions.open(user, &key, &sessions) else {
        return Reply::error(Message::new(&message::INTERNAL_ERROR, []));
    };
    let resource = json!({
        "@odata.id": key,
        "@odata.type": ids::type_of_new(&state.store, "Session"),
        "Id": id,
        "Name": format!("Session {id}"),
        "Description": "A session opened by a client",
        "UserName": user,
        "Password": null,
        "CreatedTime": clock::now(),
    });
    state.store.add_member(&sessions, &key, resource);
    let Some(resource) = state.store.get(&key) else {
        return Reply::error(Message::new(&message::INTERNAL_ERROR, []));
    };
    let mut body = resource.object().clone();
    // The login succeeds; the message says that the password must be changed.
    if let Some(message) = account::must_change_password(state, user) {
        body.insert("@Message.ExtendedInfo".to_owned(), json!([message.to_json()]));
    }
    let shape = state.settings.login_answer;
    let scheme = if state.settings.quirks.secure { "https" } else { "http" };
    let origin = format!("{scheme}://{}", call.header(header::HOST).unwrap_or_default());
    let mut reply = match shape.body_of(body, &token) {
        Some(body) => Reply::json(StatusCode::CREATED, &body).with(header::ETAG, &resource.etag),
        None => Reply::empty(StatusCode::CREATED),
    };
    if shape.has_header() {
        reply = reply.with(TOKEN, &token);
    }
    match shape.location_of(&key, &origin) {
        Some(location) => reply.with(header::LOCATION, &location),
        None => reply,
    }
}

/// Finds out who sent a request.
pub(crate) fn authenticate(state: &mut State, call: &Call) -> Result<Caller, Reply> {
    let refused = |kind| Err(Reply::error(Message::new(kind, [])));
    if let Some(token) = call.header(TOKEN) {
        let Some(session) = state.sessions.touch(token) else {
            return refused(&message::NO_VALID_SESSION);
        };
        let Some(account) = state.accounts.by_user(&session.user) else {
            return refused(&message::NO_VALID_SESSION);
        };
        return Ok(Caller { user: account.user.clone(), role: account.role.clone() });
    }
    let Some(authorization) = call.header(header::AUTHORIZATION) else {
        return refused(&message::NO_VALID_SESSION);
    };
    let Some((user, password)) = basic(authorization) else {
        return refused(&message::UNAUTHORIZED);
    };
    match state.accounts.log_in(&user, &password) {
        Some(account) => {
            let caller = Caller { user: account.user.clone(), role: account.role.clone() };
            lockout::succeeded(state, &user);
            Ok(caller)
        }
        None => {
            lockout::failed(state, &user);
            refused(&message::UNAUTHORIZED)
        }
    }
}

/// Returns the user name and password of `Basic ...` (RFC 7617).
fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, encoded) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_may_hold_colons_in_the_password_only() {
        assert_eq!(basic("Basic cm9vdDphOmI="), Some(("root".to_owned(), "a:b".to_owned())));
        assert_eq!(basic("basic cm9vdDo="), Some(("root".to_owned(), String::new())));
        for broken in ["Basic", "Basic !", "Basic cm9vdA==", "Bearer cm9vdDphOmI="] {
            assert_eq!(basic(broken), None, "{broken}");
        }
    }
}
