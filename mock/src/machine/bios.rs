//! BIOS attributes as the machine's attribute registry describes them (DSP0266, "BIOS"): which
//! there are, which values they take, and their defaults.

use serde_json::{Map, Value};

use crate::http::uri;
use crate::machine::store::Store;
use crate::message::{self, Message, text};

/// Returns the entries of the registry of this name, or `None` if the tree doesn't have it.
fn entries<'a>(store: &'a Store, name: &str) -> Option<&'a Vec<Value>> {
    let file = |resource: &crate::machine::store::Resource| {
        let object = resource.object();
        let said = |property: &str| object.get(property).and_then(Value::as_str);
        let location = object.get("Location")?.as_array()?.first()?.get("Uri")?.as_str()?;
        (said("Id") == Some(name) || said("Registry") == Some(name)).then(|| uri::key_of_id(location)).flatten()
    };
    let key = store.iter().find_map(|(_, resource)| file(resource))?;
    store.get(&key)?.json.as_deref()?.pointer("/RegistryEntries/Attributes")?.as_array()
}

/// Returns the default values of all attributes that have one.
pub(crate) fn defaults(store: &Store, registry: &str) -> Map<String, Value> {
    let default = |entry: &Value| {
        let name = entry.get("AttributeName")?.as_str()?.to_owned();
        Some((name, entry.get("DefaultValue").filter(|value| !value.is_null())?.clone()))
    };
    entries(store, registry).into_iter().flatten().filter_map(default).collect()
}

/// Checks attributes to be written. Returns a message for each that is wrong.
pub(crate) fn check(store: &Store, registry: &str, attributes: &Map<String, Value>) -> Vec<Message> {
    let Some(entries) = entries(store, registry) else {
        return Vec::new();
    };
    let mut wrong = Vec::new();
    for (name, value) in attributes {
        let entry = entries.iter().find(|entry| entry.get("AttributeName").and_then(Value::as_str) == Some(name));
        let about = |message: Message| message.about(&format!("/Attributes/{name}"));
        match entry {
            None => wrong.push(about(Message::new(&message::PROPERTY_UNKNOWN, [name]))),
            Some(entry) => wrong.extend(misfit(entry, name, value).map(about)),
        }
    }
    wrong
}

fn misfit(entry: &Value, name: &str, value: &Value) -> Option<Message> {
    if entry.get("ReadOnly").and_then(Value::as_bool) == Some(true) {
        return Some(Message::new(&message::PROPERTY_NOT_WRITABLE, [name]));
    }
    let kind = entry.get("Type").and_then(Value::as_str).unwrap_or_default();
    let fits = match kind {
        "Boolean" => value.is_boolean(),
        "Integer" => value.is_i64() || value.is_u64(),
        "String" | "Password" | "Enumeration" => value.is_string(),
        _ => true,
    };
    if !fits {
        return Some(Message::new(&message::PROPERTY_VALUE_TYPE, [&text(value), name]));
    }
    let bound = |bound: &str| entry.get(bound).and_then(Value::as_i64);
    let outside = |number: i64, least: &str, most: &str| {
        bound(least).is_some_and(|least| number < least) || bound(most).is_some_and(|most| number > most)
    };
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|number| outside(number, "LowerBound", "UpperBound")) => {
            Some(Message::new(&message::PROPERTY_OUT_OF_RANGE, [&text(value), name]))
        }
        Value::String(chosen) if kind == "Enumeration" => {
            let mut allowed = entry.get("Value").and_then(Value::as_array).into_iter().flatten();
            let known = allowed.any(|allowed| allowed.get("ValueName").and_then(Value::as_str) == Some(chosen));
            (!known).then(|| Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [chosen, name]))
        }
        Value::String(given) => {
            let length = i64::try_from(given.chars().count()).unwrap_or(i64::MAX);
            outside(length, "MinLength", "MaxLength")
                .then(|| Message::new(&message::PROPERTY_VALUE_FORMAT, [given, name]))
        }
        _ => None,
    }
}
