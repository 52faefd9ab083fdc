//! What happens when an EventDestination is created, changed or deleted.

use serde_json::{Map, Value, json};

use super::service;
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::message::{self, Message, text};

/// Checks that the EventService supports what a new subscription selects by.
pub(crate) fn check(store: &Store, body: &Map<String, Value>) -> Result<(), Message> {
    let Some(service) = service(store).and_then(|key| store.get(&key)) else {
        return Ok(());
    };
    for (name, listed) in [
        ("RegistryPrefixes", "RegistryPrefixes"),
        ("ResourceTypes", "ResourceTypes"),
        ("Severities", "Severities"),
        ("EventTypes", "EventTypesForSubscription"),
        ("EventFormatType", "EventFormatTypes"),
    ] {
        // A missing or empty list doesn't restrict anything.
        let Some(listed) = service.object().get(listed).and_then(Value::as_array).filter(|listed| !listed.is_empty())
        else {
            continue;
        };
        let wanted = match body.get(name) {
            Some(Value::Array(wanted)) => wanted.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        if let Some(refused) = wanted.into_iter().find(|wanted| wanted.is_string() && !listed.contains(wanted)) {
            let message = Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [&text(refused), name]);
            return Err(message.about(&format!("/{name}")));
        }
    }
    Ok(())
}

/// Stores the headers of a new or changed subscription.
pub(crate) fn subscribed(state: &mut State, key: &str, body: &Map<String, Value>) {
    let Some(headers) = body.get("HttpHeaders").and_then(Value::as_array) else {
        return;
    };
    let headers = headers
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    state.events.headers.insert(key.to_owned(), headers);
}

/// Hides the headers, which clients can write but never read.
pub(crate) fn hide_headers(subscription: &mut Map<String, Value>) {
    if let Some(headers) = subscription.get_mut("HttpHeaders") {
        *headers = json!([]);
    }
}

/// Forgets a removed subscription, so that nothing more is sent to it.
pub(crate) fn unsubscribed(state: &mut State, key: &str) {
    state.events.headers.remove(key);
    state.events.queues.remove(key);
    state.events.streams.retain(|listener| listener.resource.as_deref() != Some(key));
}
