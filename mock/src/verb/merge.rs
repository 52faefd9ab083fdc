//! How a PATCH changes a resource: property by property, with a message for each that can't be
//! changed. Knows JSON only; what a changed property brings about is the handlers' business.
//!
//! A property can be changed if the resource shows it and the schema allows it, to a value that the schema
//! allows. Of a type that no schema has, the properties take values of the kind that they have, unless their
//! names say that they are never written.

use serde_json::{Map, Value};

use crate::message::{self, Message, text};
use crate::schema::{self, Field, Kind, Type, secret, unfit};

/// Deeper than any resource; a request that nests further is cut off here.
const MAX_DEPTH: usize = 32;

/// These are read-only in every schema that has them, wherever they stand.
static NEVER_WRITTEN: &[&str] = &["Status", "Actions", "MemberId"];

/// These are read-only in every schema that has them at the top of a resource.
static NEVER_WRITTEN_AT_TOP: &[&str] = &[
    "BiosVersion",
    "BootProgress",
    "Description",
    "FirmwareVersion",
    "Id",
    "LastResetTime",
    "ManagerType",
    "MemorySummary",
    "Name",
    "PartNumber",
    "PowerState",
    "ProcessorSummary",
    "RedfishVersion",
    "SKU",
    "SerialNumber",
    "SparePartNumber",
    "SystemType",
    "UUID",
];

/// What became of a PATCH.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// JSON pointers of the properties that have new values.
    pub(crate) applied: Vec<String>,
    pub(crate) rejected: Vec<Message>,
}

/// Applies a PATCH to a resource.
///
/// With `lenient`, properties that the resource doesn't show are added instead of rejected.
pub(crate) fn merge(resource: &mut Map<String, Value>, patch: &Map<String, Value>, lenient: bool) -> Outcome {
    let mut outcome = Outcome::default();
    let place = Place { pointer: String::new(), depth: 0, free: lenient, ty: schema::of(resource) };
    object(resource, patch, &place, &mut outcome);
    outcome
}

/// Makes room for a PUT: what could be written and is not in the request is null, or gone where the names
/// are the service's own.
pub(crate) fn clear(resource: &mut Map<String, Value>, put: &Map<String, Value>) {
    let Some(ty) = schema::of(resource) else {
        return;
    };
    for (name, value) in resource.iter_mut() {
        let Some(field) = ty.field(name) else {
            continue;
        };
        let open = field.object().is_some_and(|ty| ty.open);
        match (put.get(name), value) {
            (Some(Value::Object(new)), Value::Object(old)) if open => old.retain(|name, _| new.contains_key(name)),
            (None, Value::Object(old)) if open => old.clear(),
            (None, value) if field.is_writable() && field.is_nullable() => *value = Value::Null,
            _ => {}
        }
    }
}

/// Where in a resource a value stands.
struct Place {
    pointer: String,
    depth: usize,
    /// Whether properties may be added here: in `Oem`, whose form only the vendor knows.
    free: bool,
    /// The type of the objects here.
    ty: Option<&'static Type>,
}

impl Place {
    /// Where a property of an object here stands.
    fn below(&self, name: &str) -> Self {
        let ty = self.ty.and_then(|ty| ty.field(name)?.object());
        self.at(name, ty)
    }

    /// Where an element of an array here stands.
    fn element(&self, index: usize) -> Self {
        self.at(&index.to_string(), self.ty)
    }

    fn at(&self, name: &str, ty: Option<&'static Type>) -> Self {
        let escaped = name.replace('~', "~0").replace('/', "~1");
        let free = self.free || name == "Oem";
        Self { pointer: format!("{}/{escaped}", self.pointer), depth: self.depth + 1, free, ty }
    }

    fn reject<const N: usize>(&self, kind: &'static message::Kind, args: [&str; N]) -> Message {
        Message::new(kind, args).about(&self.pointer)
    }
}

fn object(current: &mut Map<String, Value>, patch: &Map<String, Value>, place: &Place, outcome: &mut Outcome) {
    for (name, new) in patch {
        // Annotations, @odata.id and the like among them, are not properties; a service passes over
        // them.
        if !name.contains('@') {
            let field = place.ty.and_then(|ty| ty.field(name));
            property(current, name, new, field, &place.below(name), outcome);
        }
    }
}

fn property(
    current: &mut Map<String, Value>,
    name: &str,
    new: &Value,
    field: Option<&Field>,
    place: &Place,
    outcome: &mut Outcome,
) {
    let at_top = place.depth == 1;
    if place.depth > MAX_DEPTH {
        outcome.rejected.push(place.reject(&message::PROPERTY_UNKNOWN, [name]));
        return;
    }
    let read_only = field.is_some_and(Field::is_read_only);
    let Some(old) = current.get(name) else {
        if read_only {
            outcome.rejected.push(place.reject(&message::PROPERTY_NOT_WRITABLE, [name]));
        } else if place.free {
            current.insert(name.to_owned(), without_nulls(new));
            outcome.applied.push(place.pointer.clone());
        } else {
            outcome.rejected.push(place.reject(&message::PROPERTY_UNKNOWN, [name]));
        }
        return;
    };
    let never = NEVER_WRITTEN_AT_TOP.contains(&name) || is_link(old);
    if read_only || NEVER_WRITTEN.contains(&name) || (at_top && field.is_none() && never) {
        outcome.rejected.push(place.reject(&message::PROPERTY_NOT_WRITABLE, [name]));
        return;
    }
    let allowable = current.get(&format!("{name}@Redfish.AllowableValues")).and_then(Value::as_array).cloned();
    if let Some(refused) = allowable.as_deref().and_then(|allowable| not_allowable(new, allowable)) {
        outcome.rejected.push(place.reject(&message::PROPERTY_VALUE_NOT_IN_LIST, [&text(refused), name]));
        return;
    }
    // What the resource itself lists goes before the schema.
    let wrong = field.filter(|_| allowable.is_none()).and_then(|field| misfit(field, new));
    if let Some(wrong) = wrong {
        outcome.rejected.push(wrong.about(&place.pointer));
        return;
    }
    let Some(old) = current.get_mut(name) else {
        return;
    };
    let known = field.is_some_and(|field| field.kind != Kind::Free);
    match (old, new) {
        (Value::Object(old), Value::Object(new)) if !is_reference(new) => {
            // An object that shows nothing yet, such as pending attributes, takes anything.
            let free = place.free || old.is_empty();
            object(old, new, &Place { pointer: place.pointer.clone(), free, ..*place }, outcome);
        }
        (Value::Array(old), Value::Array(new)) => array(old, new, name, place, outcome),
        (old, new) if known || old.is_null() || new.is_null() || same_kind(old, new) => {
            *old = if secret::is_secret(name) { Value::Null } else { without_nulls(new) };
            outcome.applied.push(place.pointer.clone());
        }
        (_, new) => outcome.rejected.push(place.reject(&message::PROPERTY_VALUE_TYPE, [&text(new), name])),
    }
}

/// Replaces an array element by element: `{}` keeps what stands there, an object changes it, `null`
/// removes it; what the request doesn't reach is gone.
fn array(old: &mut Vec<Value>, new: &[Value], name: &str, place: &Place, outcome: &mut Outcome) {
    // An array that shows empty places has a fixed size, which a null keeps.
    let fixed = old.contains(&Value::Null);
    let mut elements = Vec::with_capacity(new.len());
    let mut inner = Outcome::default();
    for (index, new) in new.iter().enumerate() {
        let below = place.element(index);
        match (old.get(index), new) {
            (_, Value::Null) if fixed => elements.push(Value::Null),
            (_, Value::Null) => {}
            (Some(kept), Value::Object(patch)) if patch.is_empty() => elements.push(kept.clone()),
            (Some(Value::Object(kept)), Value::Object(patch)) if !is_reference(patch) => {
                let mut changed = kept.clone();
                object(&mut changed, patch, &below, &mut inner);
                elements.push(Value::Object(changed));
            }
            (Some(kept), new) if !kept.is_null() && !same_kind(kept, new) => {
                inner.rejected.push(below.reject(&message::PROPERTY_VALUE_TYPE, [&text(new), name]));
            }
            (_, new) => elements.push(without_nulls(new)),
        }
    }
    if !inner.rejected.is_empty() {
        outcome.rejected.append(&mut inner.rejected);
        return;
    }
    if fixed {
        elements.resize(old.len().max(elements.len()), Value::Null);
    }
    *old = elements;
    outcome.applied.push(place.pointer.clone());
}

/// What the schema has against a value; of several, of the first that is wrong.
fn misfit(field: &Field, new: &Value) -> Option<Message> {
    match new {
        Value::Array(elements) if field.many => {
            // A null removes an element, and an empty object keeps one.
            let stands =
                |element: &&Value| !element.is_null() && element.as_object().is_none_or(|keeps| !keeps.is_empty());
            elements.iter().filter(stands).find_map(|element| unfit(field, element))
        }
        new if field.many && !new.is_null() => {
            Some(Message::new(&message::PROPERTY_VALUE_TYPE, [&text(new), field.name]))
        }
        new => unfit(field, new),
    }
}

/// Whether an object only points to another resource.
fn is_link(value: &Value) -> bool {
    value.as_object().is_some_and(is_reference)
}

fn is_reference(object: &Map<String, Value>) -> bool {
    object.len() == 1 && object.contains_key("@odata.id")
}

fn same_kind(a: &Value, b: &Value) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

/// The text in a value that the allowable ones don't have.
fn not_allowable<'a>(new: &'a Value, allowable: &[Value]) -> Option<&'a Value> {
    match new {
        Value::Array(elements) => elements.iter().find(|element| element.is_string() && !allowable.contains(element)),
        Value::String(_) if !allowable.contains(new) => Some(new),
        _ => None,
    }
}

/// A new value as it is kept: a null in an object that wasn't there before stands for a property
/// that isn't there.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(object) => object
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name.clone(), without_nulls(value)))
            .collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource() -> Value {
        json!({
            "@odata.id": "/redfish/v1/Systems/1", "Id": "1", "AssetTag": "old", "Count": 4, "Gone": null, "Password": null,
            "Bios": { "@odata.id": "/redfish/v1/Systems/1/Bios" },
            "Boot": { "Target": "None", "Target@Redfish.AllowableValues": ["None", "Pxe"], "Order": ["a", "b", "c"] },
            "Status": { "Health": "OK" },
            "Servers": ["one", null, null],
            "Addresses": [{ "Address": "10.0.0.1", "Gateway": "10.0.0.254" }, { "Address": "10.0.0.2" }],
            "Oem": { "Acme": { "Fan": 1 } },
        })
    }

    fn patched(patch: Value) -> (Value, Outcome) {
        let mut resource = resource();
        let outcome = merge(resource.as_object_mut().unwrap(), patch.as_object().unwrap(), false);
        (resource, outcome)
    }

    #[test]
    fn values_are_taken_deep_in_the_resource() {
        for (patch, pointer, expected) in [
            (json!({ "AssetTag": "new" }), "/AssetTag", json!("new")),
            (json!({ "AssetTag": null }), "/AssetTag", json!(null)),
            (json!({ "Gone": { "A": 1, "B": null } }), "/Gone", json!({ "A": 1 })),
            (json!({ "Boot": { "Target": "Pxe" } }), "/Boot/Target", json!("Pxe")),
            (json!({ "Boot": { "Order": ["c", "a", null] } }), "/Boot/Order", json!(["c", "a"])),
            (json!({ "Boot": { "Order": [{}, {}, {}, "d"] } }), "/Boot/Order", json!(["a", "b", "c", "d"])),
            (json!({ "Servers": ["two", "three"] }), "/Servers", json!(["two", "three", null])),
            (json!({ "Addresses": [null, {}] }), "/Addresses", json!([{ "Address": "10.0.0.2" }])),
            (
                json!({ "Addresses": [{ "Address": "10.0.0.9" }] }),
                "/Addresses",
                json!([{ "Address": "10.0.0.9", "Gateway": "10.0.0.254" }]),
            ),
            (json!({ "Oem": { "Acme": { "Fan": 2, "New": true } } }), "/Oem/Acme", json!({ "Fan": 2, "New": true })),
            (json!({ "Oem": { "Other": { "A": 1 } } }), "/Oem/Other/A", json!(1)),
        ] {
            let (resource, outcome) = patched(patch.clone());
            assert!(outcome.rejected.is_empty(), "{patch}: {:?}", outcome.rejected);
            assert_eq!(resource.pointer(pointer), Some(&expected), "{patch}");
        }
    }

    #[test]
    fn what_cannot_be_changed_is_named_and_the_rest_is_changed() {
        for (patch, pointer, id) in [
            (json!({ "Id": "2" }), "/Id", "PropertyNotWritable"),
            (json!({ "Status": { "Health": "Critical" } }), "/Status", "PropertyNotWritable"),
            (json!({ "Bios": { "@odata.id": "/x" } }), "/Bios", "PropertyNotWritable"),
            (json!({ "Nonsense": 1 }), "/Nonsense", "PropertyUnknown"),
            (json!({ "Boot": { "Nonsense": 1 } }), "/Boot/Nonsense", "PropertyUnknown"),
            (json!({ "AssetTag": 7 }), "/AssetTag", "PropertyValueTypeError"),
            (json!({ "Count": "7" }), "/Count", "PropertyValueTypeError"),
            (json!({ "Boot": { "Target": "Floppy" } }), "/Boot/Target", "PropertyValueNotInList"),
            (json!({ "Boot": { "Order": [1] } }), "/Boot/Order/0", "PropertyValueTypeError"),
            (json!({ "Addresses": [{ "Nonsense": 1 }] }), "/Addresses/0/Nonsense", "PropertyUnknown"),
        ] {
            let mut both = patch.clone();
            if patch.get("AssetTag").is_none() {
                both["AssetTag"] = json!("new");
            }
            let (mut changed, outcome) = patched(both);
            assert_eq!(outcome.rejected.len(), 1, "{patch}");
            assert_eq!(outcome.rejected[0].pointer(), Some(pointer), "{patch}");
            let json = outcome.rejected[0].to_json();
            assert!(json["MessageId"].as_str().unwrap().ends_with(id), "{patch}: {json}");
            changed["AssetTag"] = json!("old");
            assert_eq!(changed, resource(), "{patch}");
        }
    }

    #[test]
    fn annotations_are_passed_over_and_secrets_do_not_stay() {
        let (resource, outcome) =
            patched(json!({ "@odata.etag": "x", "@Redfish.SettingsApplyTime": {}, "Password": "secret" }));
        assert_eq!(outcome.applied, ["/Password"]);
        assert_eq!(resource, self::resource());
    }

    #[test]
    fn a_lenient_service_takes_what_it_did_not_show() {
        let mut resource = resource();
        let outcome = merge(resource.as_object_mut().unwrap(), json!({ "New": 1 }).as_object().unwrap(), true);
        assert_eq!(outcome.applied, ["/New"]);
    }
}
