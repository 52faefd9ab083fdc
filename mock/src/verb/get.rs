//! GET and HEAD of a resource.

use axum::http::{StatusCode, header};

use crate::http::call::Call;
use crate::http::etag;
use crate::http::reply::Reply;
use crate::machine::state::{Settings, State};
use crate::machine::store::Resource;
use crate::schema::capability::Methods;
use crate::verb::query::Asked;
use crate::verb::query::support::Features;
use crate::verb::refuse::{missing, not_allowed};

pub(crate) fn answer(state: &State, call: &Call, settings: &Settings) -> Reply {
    if !state.store.contains(&call.key) {
        // The target of an action exists, but there is nothing to read.
        return not_allowed(state, &call.key);
    }
    let query = call.query.as_deref().unwrap_or_default();
    let features = Features::of(&state.store, &settings.queries);
    let asked = match Asked::parse(query, &features, &state.store, &call.key) {
        Ok(asked) => asked,
        Err(message) => return Reply::error(message),
    };
    let key = asked.subject(&state.store, &call.key);
    let Some(resource) = state.store.get(&key) else {
        return missing(state, &key);
    };
    let made =
        match asked.apply(&state.store, &key, query, &settings.queries, &|key| settings.faults.make_unreadable(key)) {
            Ok(made) => made,
            Err(message) => return Reply::error(message),
        };
    if let Some(json) = made {
        let made = Resource::made(json, asked.is_part_of_one().then_some(resource.etag.as_str()));
        return whole(state, call, &key, &made);
    }
    whole(state, call, &key, resource)
}

/// The answer with a resource, or with what a query made of one.
fn whole(state: &State, call: &Call, key: &str, resource: &Resource) -> Reply {
    if let Some(condition) = call.header(header::IF_NONE_MATCH)
        && etag::matches(condition, &resource.etag)
    {
        return Reply::empty(StatusCode::NOT_MODIFIED).with(header::ETAG, &resource.etag);
    }
    let reply = resource
        .reply(StatusCode::OK)
        .with(header::ALLOW, &Methods::of(&state.store, key).header(state.settings.is_put_only(key)));
    match schema_uri(resource) {
        Some(schema) => reply.with(header::LINK, &format!("<{schema}>; rel=describedby")),
        None => reply,
    }
}

/// Where the schema of a resource is published: `#Chassis.v1_25_0.Chassis` is described by
/// `Chassis.v1_25_0.json`.
fn schema_uri(resource: &Resource) -> Option<String> {
    let named = resource.object().get("@odata.type")?.as_str()?.strip_prefix('#')?;
    let (namespace, _) = named.rsplit_once('.')?;
    let plain = namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_');
    plain.then(|| format!("http://redfish.dmtf.org/schemas/v1/{namespace}.json"))
}
