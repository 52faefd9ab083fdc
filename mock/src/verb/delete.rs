//! DELETE of a member of a collection, and what goes with it: a session's token, an account's login, the links back to it of what it
//! links to, as of drives to a volume.

use axum::http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::event::subscription;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::state::State;
use crate::message::{self, Message};
use crate::schema::capability::Methods;
use crate::task::operation;
use crate::verb::{patch, refuse};

pub(crate) fn answer(state: &mut State, call: &Call) -> Reply {
    if !state.store.contains(&call.key) {
        return refuse::missing(state, &call.key);
    }
    let key = state.store.resolve(&call.key).to_owned();
    let methods = Methods::of(&state.store, &key);
    let Some(collection) = state.store.collection_of(&key).filter(|_| methods.delete) else {
        return Reply::error(Message::new(&message::CANNOT_BE_DELETED, []))
            .with(header::ALLOW, &methods.header(state.settings.is_put_only(&key)));
    };
    if let Err(reply) = patch::precondition(state, call) {
        return reply;
    }
    if state.sessions.has_resource(&key) {
        state.end_sessions(|session| session.key == key);
        return Reply::empty(StatusCode::NO_CONTENT);
    }
    if let Some(account) = state.accounts.remove_resource(&key) {
        state.end_sessions(|session| session.user == account.user);
    }
    let linked = linked(state, &key);
    state.store.remove_member(&collection, &key);
    for other in linked {
        let Some(Value::Object(mut object)) = state.store.get(&other).and_then(|found| found.json.as_deref()).cloned()
        else {
            continue;
        };
        // What didn't link back is not changed, and no event says so.
        if unlink(&mut object, &key) {
            state.store.set(&other, Value::Object(object));
        }
    }
    operation::cancel_resource(state, &key);
    subscription::unsubscribed(state, &key);
    Reply::empty(StatusCode::NO_CONTENT)
}

fn key_of(link: &Value) -> Option<String> {
    link.get("@odata.id").and_then(Value::as_str).and_then(uri::key_of_id)
}

/// The resources that stand in the `Links` of this one.
fn linked(state: &State, key: &str) -> Vec<String> {
    let Some(Value::Object(links)) = state.store.get(key).and_then(|resource| resource.object().get("Links")) else {
        return Vec::new();
    };
    let each = |value: &Value| match value {
        Value::Array(all) => all.iter().filter_map(key_of).collect::<Vec<_>>(),
        one => key_of(one).into_iter().collect(),
    };
    links.values().flat_map(each).collect()
}

/// Takes the links to this one out of the lists in the `Links` of another; whether there were any.
fn unlink(object: &mut Map<String, Value>, key: &str) -> bool {
    let Some(Value::Object(links)) = object.get_mut("Links") else { return false };
    let mut counts = Vec::new();
    for (name, value) in links.iter_mut() {
        let Value::Array(all) = value else { continue };
        let before = all.len();
        all.retain(|link| key_of(link).is_none_or(|linked| linked != key));
        if all.len() != before {
            counts.push((format!("{name}@odata.count"), json!(all.len())));
        }
    }
    let changed = !counts.is_empty();
    for (name, count) in counts {
        if links.contains_key(&name) {
            links.insert(name, count);
        }
    }
    changed
}
