//! The difference of two values of a type, as the body of a PATCH that makes one into the other (DSP0266, "PATCH
//! (update)"): only what changed, null for what was taken away.

use std::any::Any;
use std::fmt;

use crate::codec::encode::encode;
use crate::codec::writer::Writer;
use crate::reflect::compare::{same, same_slot};
use crate::reflect::json_diff::{Members, below, by_name, is_last, leaves};
use crate::reflect::meaning::{alike, alike_slot};
use crate::reflect::record::{Item, Record, RecordSlot, Slot};
use crate::reflect::secret::is_secret;
use crate::value::oem::Oem;

/// A change that a PATCH would make.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PropertyChange {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// The type that has the property, `ComputerSystem.Boot`.
    pub owner: &'static str,
    /// The schema lets clients write the property.
    pub writable: bool,
    /// The service made the name of the property up.
    pub dynamic: bool,
}

/// What a PATCH would have to say. Its `Debug` leaves secrets out; its body has them.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Patch {
    /// The body: JSON text of an object. Empty (`{}`) where nothing changed.
    pub body: String,
    /// The changes in it, one for each property.
    pub changes: Vec<PropertyChange>,
}

impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = masked(&self.body).unwrap_or_else(|| "***".to_owned());
        f.debug_struct("Patch").field("body", &body).field("changes", &self.changes).finish()
    }
}

/// A body without the values of its secrets. None where it can't be read.
fn masked(body: &str) -> Option<String> {
    fn mask(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(items) => items.iter_mut().for_each(mask),
            serde_json::Value::Object(members) => {
                for (name, value) in members {
                    if is_secret(name) { *value = "***".into() } else { mask(value) }
                }
            }
            _ => {}
        }
    }
    let mut value = serde_json::from_str(body).ok()?;
    mask(&mut value);
    Some(value.to_string())
}

impl Patch {
    /// Returns whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Returns what a PATCH has to say to make `old` into `new`. Numbers are compared by value, and objects whatever the
/// order of their members: what went through JSON and back (`serde_json::to_value`, `from_value`) is not a change.
#[must_use]
pub fn diff(old: &dyn Record, new: &dyn Record) -> Patch {
    if alike(old, new) {
        return Patch { body: "{}".to_owned(), changes: Vec::new() };
    }
    let mut changes = Vec::new();
    let body = object(old, new, "", &mut changes).unwrap_or_else(|| "{}".to_owned());
    Patch { body, changes }
}

/// Returns what a POST that creates `new` would say: all that is set.
#[must_use]
pub fn creation(new: &dyn Record) -> Patch {
    let patch = diff(&*new.table().make(), new);
    Patch { body: encode(new), ..patch }
}

fn object(old: &dyn Record, new: &dyn Record, pointer: &str, changes: &mut Vec<PropertyChange>) -> Option<String> {
    let mut members = Members::default();
    fields(old, new, pointer, changes, &mut members);
    dynamic(old, new, pointer, changes, &mut members);
    residue(old, new, pointer, changes, &mut members);
    members.finish()
}

/// What has no field: unknown properties and annotations that the caller put in or changed.
fn residue(
    old: &dyn Record,
    new: &dyn Record,
    pointer: &str,
    changes: &mut Vec<PropertyChange>,
    members: &mut Members,
) {
    let owner = new.table().name;
    let mut note = |pointer| changes.push(PropertyChange { pointer, owner, writable: true, dynamic: true });
    let (old, new) = (old.residue(), new.residue());
    if new.is_empty() {
        return;
    }
    let (last_before, last_after) = (by_name(old.iter()), by_name(new.iter()));
    for (name, json) in new.iter().filter(|(name, json)| is_last(&last_after, name, json)) {
        let at = below(pointer, name);
        let json = match last_before.get(name) {
            Some(before) => leaves(before, json, &at, &mut note),
            None => {
                note(at);
                Some(json.to_owned())
            }
        };
        if let Some(json) = json {
            members.push(name, &json);
        }
    }
}

fn change(owner: &dyn Record, pointer: &str, name: &str, writable: bool, dynamic: bool) -> PropertyChange {
    PropertyChange { pointer: below(pointer, name), owner: owner.table().name, writable, dynamic }
}

/// The vendor object that a slot holds.
fn oem<'a>(slot: &Slot<'a>) -> Option<&'a Oem> {
    let Slot::Scalar(scalar) = slot else { return None };
    let scalar: &dyn Any = *scalar;
    scalar.downcast_ref::<Option<Oem>>()?.as_ref()
}

fn fields(old: &dyn Record, new: &dyn Record, pointer: &str, changes: &mut Vec<PropertyChange>, members: &mut Members) {
    for (number, field) in new.table().fields.iter().enumerate() {
        let (before, after) = (old.slot(number), new.slot(number));
        let many = field.flags.many();
        if same_slot(&before, &after) || alike_slot(&before, &after, many) {
            continue;
        }
        if let (Slot::Record(before), Slot::Record(after)) = (&before, &after)
            && !after.is_empty()
        {
            let inside = format!("{pointer}/{}", field.name);
            members.push(field.name, &records(*before, *after, many, &inside, changes));
            continue;
        }
        if let (Some(before), Some(after)) = (oem(&before), oem(&after)) {
            let (owner, writable) = (new.table().name, field.flags.writable());
            let mut note = |pointer| changes.push(PropertyChange { pointer, owner, writable, dynamic: false });
            let at = below(pointer, field.name);
            if let Some(json) = leaves(before.as_json(), after.as_json(), &at, &mut note) {
                members.push(field.name, &json);
            }
            continue;
        }
        changes.push(change(new, pointer, field.name, field.flags.writable(), false));
        let json = match (after.is_empty(), many) {
            (true, true) => "[]".to_owned(),
            (true, false) => "null".to_owned(),
            (false, _) => {
                let mut writer = Writer::default();
                writer.slot(&after, many);
                writer.text()
            }
        };
        members.push(field.name, &json);
    }
}

/// Objects within the object. Of an array every place has to be there: `{}` leaves one alone, null takes it away.
fn records(
    before: &dyn RecordSlot,
    after: &dyn RecordSlot,
    many: bool,
    pointer: &str,
    changes: &mut Vec<PropertyChange>,
) -> String {
    let one = |index: usize, pointer: &str, changes: &mut Vec<PropertyChange>| {
        let Some(after) = after.get(index) else { return "null".to_owned() };
        let json = match before.get(index) {
            Some(before) => object(before, after, pointer, changes),
            None => object(&*after.table().make(), after, pointer, changes),
        };
        json.unwrap_or_else(|| "{}".to_owned())
    };
    if !many {
        return one(0, pointer, changes);
    }
    let places = (0..before.len().max(after.len())).map(|index| one(index, &format!("{pointer}/{index}"), changes));
    format!("[{}]", places.collect::<Vec<_>>().join(","))
}

fn dynamic(
    old: &dyn Record,
    new: &dyn Record,
    pointer: &str,
    changes: &mut Vec<PropertyChange>,
    members: &mut Members,
) {
    let (Some(before), Some(after)) = (old.dynamic(), new.dynamic()) else { return };
    for (name, item) in after.iter() {
        let json = match (before.get(name), item) {
            (Some(Item::Scalar(before)), Item::Scalar(after)) if before.same(after) => continue,
            (Some(Item::Record(before)), Item::Record(after)) if same(before, after) => continue,
            (_, Item::Record(after)) => encode(after),
            (_, Item::Scalar(after)) => {
                let mut writer = Writer::default();
                after.write(0, &mut writer);
                writer.text()
            }
        };
        changes.push(change(new, pointer, name, true, true));
        members.push(name, &json);
    }
    for (name, _) in before.iter().filter(|(name, _)| after.get(name).is_none()) {
        changes.push(change(new, pointer, name, true, true));
        members.push(name, "null");
    }
}
