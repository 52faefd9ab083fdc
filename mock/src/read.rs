//! GET and HEAD of a resource.

use axum::http::{StatusCode, header};

use crate::capability::Methods;
use crate::message::{self, Message};
use crate::reply::Reply;
use crate::service::{Call, State};
use crate::{etag, store::Resource};

pub(crate) fn answer(state: &State, call: &Call) -> Reply {
    let Some(resource) = state.store.get(&call.key) else {
        return missing(&call.key);
    };
    if let Some(condition) = call.header(header::IF_NONE_MATCH)
        && etag::matches(condition, &resource.etag)
    {
        return Reply::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, &resource.etag);
    }
    let reply = Reply::resource(StatusCode::OK, resource).with(
        header::ALLOW,
        &Methods::of(&state.store, &call.key).header(),
    );
    match schema_uri(resource) {
        Some(schema) => reply.with(header::LINK, &format!("<{schema}>; rel=describedby")),
        None => reply,
    }
}

pub(crate) fn missing(key: &str) -> Reply {
    Reply::error(Message::new(&message::RESOURCE_MISSING, [key]))
}

/// Where the schema of a resource is published: `#Chassis.v1_25_0.Chassis` is described by `Chassis.v1_25_0.json`.
fn schema_uri(resource: &Resource) -> Option<String> {
    let named = resource
        .object()
        .get("@odata.type")?
        .as_str()?
        .strip_prefix('#')?;
    let (namespace, _) = named.rsplit_once('.')?;
    let plain = namespace
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_');
    plain.then(|| format!("http://redfish.dmtf.org/schemas/v1/{namespace}.json"))
}
