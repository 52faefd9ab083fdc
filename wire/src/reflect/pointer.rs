//! JSON pointers (RFC 6901) into records.

use crate::codec::json::{Json, Peek};
use crate::codec::splice::{pass, split};
use crate::codec::writer::Writer;
use crate::reflect::record::{Item, Record, Slot};
use crate::value::link::LinkView;

/// Returns the JSON text of what a pointer points at, `/Boot/BootSourceOverrideTarget`; none where nothing is there.
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
                let mut writer = Writer::default();
                scalar.write(0, &mut writer);
                writer.text()
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
        return in_json(beside.json.text, rest);
    }
    if slot.is_empty() {
        return None;
    }
    if rest.is_empty() {
        let mut writer = Writer::default();
        writer.slot(&slot, many);
        return Some(writer.text());
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
    let mut writer = Writer::default();
    writer.item(slot, index);
    writer.text()
}

fn in_json(json: &str, pointer: &str) -> Option<String> {
    let mut json = Json::new(json);
    find(&mut json, pointer).map(str::to_owned)
}

/// Text that was kept is walked as it is: another parser might refuse what is beside that which is asked for.
fn find<'j>(json: &mut Json<'j>, pointer: &str) -> Option<&'j str> {
    let peek = json.peek().ok()?;
    if pointer.is_empty() {
        let start = json.place();
        pass(json, peek)?;
        return Some(json.since(start));
    }
    let (wanted, rest) = split(pointer)?;
    let mut first = true;
    let mut found = None;
    match peek {
        Peek::Object => {
            while let Some(name) = json.next_name(std::mem::take(&mut first)).ok()? {
                if name.text().is_some_and(|name| name == wanted) {
                    // Of a name that comes again the last counts.
                    let mut value = *json;
                    found = find(&mut value, rest);
                }
                let peek = json.peek().ok()?;
                pass(json, peek)?;
            }
        }
        Peek::Array => {
            let mut index: usize = wanted.parse().ok()?;
            while let Some(peek) = json.next_item(std::mem::take(&mut first)).ok()? {
                if index == 0 {
                    return find(json, rest);
                }
                index = index.saturating_sub(1);
                pass(json, peek)?;
            }
        }
        _ => {}
    }
    found
}
