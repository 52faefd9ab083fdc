//! What a collection says about the members that clients create in it (`@Redfish.CollectionCapabilities`), and
//! when operations on it are carried out (`@Redfish.OperationApplyTimeSupport`).

use serde_json::{Map, Value};

use crate::action::offer;
use crate::http::call::Call;
use crate::http::uri;
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::message::{self, Message};

const APPLY_TIME: &str = "@Redfish.OperationApplyTime";

/// Checks a new member against the capabilities of its collection.
pub(crate) fn check(store: &Store, collection: &str, body: &Map<String, Value>) -> Vec<Message> {
    let Some(capabilities) =
        store.get(collection).and_then(|collection| collection.object().get("@Redfish.CollectionCapabilities"))
    else {
        return Vec::new();
    };
    let most = capabilities.get("MaxMembers").and_then(Value::as_u64);
    if most.is_some_and(|most| store.members(collection).len() as u64 >= most) {
        return vec![Message::new(&message::CREATE_LIMIT, [])];
    }
    let uses = capabilities.get("Capabilities").and_then(Value::as_array);
    let objects: Vec<_> = uses
        .into_iter()
        .flatten()
        .filter_map(|usage| usage.get("CapabilitiesObject")?.get("@odata.id")?.as_str().and_then(uri::key_of_id))
        .filter_map(|key| store.get(&key))
        .map(|object| misfits(object.object(), body))
        .collect();
    // A member is for one of the uses: what it lacks for the others doesn't matter.
    if objects.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    objects.into_iter().next().unwrap_or_default()
}

fn misfits(object: &Map<String, Value>, body: &Map<String, Value>) -> Vec<Message> {
    let mut wrong = Vec::new();
    for (annotation, said) in object {
        let Some((name, term)) = annotation.split_once("@Redfish.") else {
            continue;
        };
        let given = body.get(name).filter(|given| !given.is_null());
        let pointer = format!("/{name}");
        match (term, given, said) {
            ("RequiredOnCreate", None, Value::Bool(true)) => {
                wrong.push(Message::new(&message::CREATE_MISSING_PROPERTY, [name]).about(&pointer));
            }
            ("AllowableValues", Some(Value::String(text)), Value::Array(allowed))
                if !allowed.iter().any(|allowed| allowed == text.as_str()) =>
            {
                wrong.push(Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [text, name]).about(&pointer));
            }
            _ => {}
        }
    }
    wrong
}

/// Returns whether a request waits for a reset; an error if the service doesn't support that.
pub(crate) fn waits_for_reset(state: &State, call: &Call) -> Result<bool, Message> {
    let body = serde_json::from_slice::<Value>(&call.body).unwrap_or_default();
    let Some(wanted) = body.get(APPLY_TIME).and_then(Value::as_str) else {
        return Ok(false);
    };
    let action = || offer::find(&state.store, &call.key);
    let support = match state.store.get(&call.key) {
        Some(resource) => resource.object().get("@Redfish.OperationApplyTimeSupport").cloned(),
        None => action().and_then(|action| action.apply_times().cloned()),
    };
    let Some(supported) = support.as_ref().and_then(|support| support.get("SupportedValues")?.as_array()) else {
        // A service without support for apply times ignores them.
        return Ok(false);
    };
    if !supported.iter().any(|supported| supported == wanted) {
        return Err(Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [wanted, APPLY_TIME]));
    }
    Ok(wanted == "OnReset")
}
