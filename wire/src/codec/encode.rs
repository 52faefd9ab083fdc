//! The encoder: a record as the JSON that it came from, or that its fields now stand for.

use super::decode::still_holds;
use super::lossy::Lossy;
use super::writer::Writer;
use crate::codec::residue::{Beside, Form};
use crate::reflect::record::{Item, Record, Slot};
use crate::value::link::{AnyLink, LinkView};

/// Returns the record as JSON text. A record that was decoded and left alone gives the JSON that it came from, numbers
/// compared by value and the order of names aside.
#[must_use]
pub fn encode(record: &dyn Record) -> String {
    let mut writer = Writer::default();
    writer.record(record);
    writer.text()
}

/// Returns the record as JSON, as [`encode`] has it, with the bytes that came where they are not UTF-8 (the text has
/// U+FFFD there), and with what stood behind the object.
#[must_use]
pub fn encode_bytes(record: &dyn Record) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.record(record);
    if let Some(behind) = record.residue().behind() {
        writer.kept(behind);
    }
    writer.bytes()
}

impl Writer {
    fn record(&mut self, record: &dyn Record) {
        let residue = record.residue();
        let mut first = true;
        self.raw("{");
        for (number, field) in record.table().fields.iter().enumerate() {
            let slot = record.slot(number);
            let beside = if residue.is_empty() { None } else { residue.beside(number) };
            let name = beside.and_then(|beside| beside.name).unwrap_or(field.name);
            match original(record, number, &slot, beside) {
                Some(json) => {
                    self.name(&mut first, name);
                    self.kept(json);
                }
                None if slot.is_empty() => {}
                None => {
                    self.name(&mut first, name);
                    self.slot(&slot, field.flags.many());
                }
            }
        }
        for (name, item) in record.dynamic().into_iter().flat_map(|map| map.iter()) {
            self.name(&mut first, name);
            match item {
                Item::Record(record) => self.record(record),
                Item::Scalar(scalar) => scalar.write(0, self),
            }
        }
        for (name, json) in residue.unknown() {
            self.name(&mut first, name);
            self.kept(json);
        }
        for (name, json) in residue.unreadable() {
            self.comma(&mut first);
            self.raw("\"");
            self.kept(name);
            self.raw("\":");
            self.kept(json);
        }
        self.raw("}");
    }

    fn comma(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.raw(",");
        }
    }

    fn name(&mut self, first: &mut bool, name: &str) {
        self.comma(first);
        self.string(name);
        self.raw(":");
    }

    pub(crate) fn slot(&mut self, slot: &Slot<'_>, many: bool) {
        if !many {
            return self.item(slot, 0);
        }
        self.raw("[");
        match slot {
            Slot::Enum(values) => self.list(values.iter(), Self::string),
            Slot::Record(records) => self.list(records.iter(), Self::record),
            Slot::Link(links) => self.list(links.iter(), Self::link),
            _ => self.list(0..slot.len(), |writer, index| writer.item(slot, index)),
        }
        self.raw("]");
    }

    fn list<T>(&mut self, items: impl Iterator<Item = T>, write: impl Fn(&mut Self, T)) {
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
    }

    pub(crate) fn item(&mut self, slot: &Slot<'_>, index: usize) {
        match slot {
            Slot::Rest(..) | Slot::Map(_) => self.raw("null"),
            Slot::Scalar(scalar) => scalar.write(index, self),
            Slot::Enum(values) => self.string(values.get(index).unwrap_or_default()),
            Slot::Record(records) => match records.get(index) {
                Some(record) => self.record(record),
                None => self.raw("null"),
            },
            Slot::Link(links) => match links.get(index) {
                Some(link) => self.link(link),
                None => self.raw("null"),
            },
        }
    }

    fn link(&mut self, link: &AnyLink) {
        match link.view() {
            LinkView::Reference(uri) => {
                self.raw("{\"@odata.id\":");
                self.string(uri.as_str());
                self.raw("}");
            }
            LinkView::Text(uri) => self.string(uri.as_str()),
            LinkView::Expanded(record) => self.record(record),
            LinkView::Irregular(_) => self.kept(link.irregular_json()),
        }
    }
}

/// The text beside a field, where it still stands for the field.
fn original<'a>(record: &dyn Record, number: usize, slot: &Slot<'_>, beside: Option<Beside<'a>>) -> Option<Lossy<'a>> {
    let beside = beside?;
    let stands = match beside.form {
        Form::Null | Form::Empty | Form::Withheld => slot.is_empty(),
        Form::Coerced => still_holds(record, number, beside.json),
        Form::Unknown | Form::Unreadable | Form::Behind => false,
    };
    stands.then_some(beside.json)
}
