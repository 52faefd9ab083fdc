//! GET and HEAD of a resource.

use axum::http::{StatusCode, header};

use crate::capability::Methods;
use crate::message::{self, Message};
use crate::reply::Reply;
use crate::service::{Call, State, not_allowed};
use crate::store::Resource;
use crate::{etag, uri};

pub(crate) fn answer(state: &State, call: &Call) -> Reply {
    let Some(resource) = state.store.get(&call.key) else {
        // The target of an action exists, but there is nothing to read.
        return not_allowed(state, &call.key);
    };
    if let Some(parameter) = call.query.as_deref().and_then(unsupported) {
        return Reply::error(Message::new(&message::QUERY_UNSUPPORTED, [&parameter]));
    }
    if let Some(condition) = call.header(header::IF_NONE_MATCH)
        && etag::matches(condition, &resource.etag)
    {
        return Reply::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, &resource.etag);
    }
    let reply =
        Reply::resource(StatusCode::OK, resource).with(header::ALLOW, &Methods::of(&state.store, &call.key).header());
    match schema_uri(resource) {
        Some(schema) => reply.with(header::LINK, &format!("<{schema}>; rel=describedby")),
        None => reply,
    }
}

/// The answer to whatever asks for something that isn't there.
pub(crate) fn missing(state: &State, key: &str) -> Reply {
    if let Some((owner, action)) = key.split_once("/Actions/")
        && state.store.contains(owner)
    {
        return Reply::error(Message::new(&message::ACTION_NOT_SUPPORTED, [action]));
    }
    Reply::error(Message::new(&message::RESOURCE_MISSING, [key]))
}

/// The first query parameter that a service must not pass over although it doesn't know it: those
/// that begin with `$`.
fn unsupported(query: &str) -> Option<String> {
    query
        .split('&')
        .map(|parameter| uri::decode(parameter.split('=').next().unwrap_or(parameter)))
        .find(|name| name.starts_with('$'))
}

/// Where the schema of a resource is published: `#Chassis.v1_25_0.Chassis` is described by
/// `Chassis.v1_25_0.json`.
fn schema_uri(resource: &Resource) -> Option<String> {
    let named = resource.object().get("@odata.type")?.as_str()?.strip_prefix('#')?;
    let (namespace, _) = named.rsplit_once('.')?;
    let plain = namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_');
    plain.then(|| format!("http://redfish.dmtf.org/schemas/v1/{namespace}.json"))
}
