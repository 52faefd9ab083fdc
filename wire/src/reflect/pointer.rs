//! JSON pointers (RFC 6901) into records.

use crate::codec::encode::Encoder;
use crate::reflect::record::{Item, Record, Slot};
use crate::value::link::LinkView;

/// The JSON text of what a pointer points at, `/Boot/BootSourceOverrideTarget`; none where nothing is there.
#[must_use]
pub fn at(record: &dyn Record, pointer: &str) -> Option<String> {
    if pointer.is_empty() {
        return Some(crate::codec::encode::encode(record));
    }
    let (name, rest) = split(pointer)?;
    if let Some(json) = record.residue().get(&name) {
        return in_json(json, rest);
    }
    if let Some(item) = record.dynamic().and_then(|map| map.get(&name)) {
        return match item {
            Item::Record(record) => at(record, rest),
            Item::Scalar(scalar) => rest.is_empty().then(|| {
                let mut encoder = Encoder::default();
                scalar.write(0, &mut encoder);
                encoder.finish()
            }),
        };
    }
    let number = record.table().find(&name)?;
    let many = record.table().fields.get(number)?.flags.many();
    let slot = record.slot(number);
    // Positions count as they came, nulls and all: so where the original is kept, it is asked.
    if let Some(beside) = record.residue().beside(number)
        && (slot.is_empty() || (many && crate::codec::decode::still_holds(record, number, beside.json)))
    {
        return in_json(beside.json, rest);
    }
    if slot.is_empty() {
        return None;
    }
    if rest.is_empty() {
        let mut encoder = Encoder::default();
        encoder.slot(&slot, many);
        return Some(encoder.finish());
    }
    let (index, rest) = match many {
        true => {
            let (index, rest) = split(rest)?;
            (index.parse().ok()?, rest)
        }
        false => (0, rest),
    };
    match &slot {
        Slot::Record(records) => at(records.get(index)?, rest),
        Slot::Link(links) => match links.get(index)?.view() {
            LinkView::Expanded(record) => at(record, rest),
            _ => in_json(&item(&slot, index), rest),
        },
        _ if index < slot.len() => in_json(&item(&slot, index), rest),
        _ => None,
    }
}

fn item(slot: &Slot<'_>, index: usize) -> String {
    let mut encoder = Encoder::default();
    encoder.item(slot, index);
    encoder.finish()
}

fn in_json(json: &str, pointer: &str) -> Option<String> {
    if pointer.is_empty() {
        return Some(json.to_owned());
    }
    serde_json::from_str::<serde_json::Value>(json).ok()?.pointer(pointer).map(ToString::to_string)
}

fn split(pointer: &str) -> Option<(String, &str)> {
    let pointer = pointer.strip_prefix('/')?;
    let end = pointer.find('/').unwrap_or(pointer.len());
    let (name, rest) = pointer.split_at(end);
    Some((name.replace("~1", "/").replace("~0", "~"), rest))
}
