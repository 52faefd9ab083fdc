//! The encoder: a record as the JSON that it came from, or that its fields now stand for.

use std::fmt::{self, Write as _};

use crate::codec::decode::still_holds;
use crate::codec::residue::{Beside, Form};
use crate::reflect::record::{Item, Record, Slot};
use crate::value::link::{AnyLink, LinkView};

/// The record as JSON text. A record that was decoded and left alone gives the JSON that it came from, numbers
/// compared by value and the order of names aside.
#[must_use]
pub fn encode(record: &dyn Record) -> String {
    let mut encoder = Encoder::default();
    encoder.record(record);
    encoder.out
}

/// Writes records as JSON text.
#[derive(Debug, Default)]
pub struct Encoder {
    out: String,
}

impl Encoder {
    pub(crate) fn raw(&mut self, json: &str) {
        self.out.push_str(json);
    }

    pub(crate) fn print(&mut self, value: &dyn fmt::Display) {
        // A String takes whatever is written to it.
        let _ = write!(self.out, "{value}");
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    fn record(&mut self, record: &dyn Record) {
        let residue = record.residue();
        let mut first = true;
        self.out.push('{');
        for (number, field) in record.table().fields.iter().enumerate() {
            let slot = record.slot(number);
            let beside = if residue.is_empty() { None } else { residue.beside(number) };
            let name = beside.and_then(|beside| beside.name).unwrap_or(field.name);
            match original(record, number, &slot, beside) {
                Some(json) => {
                    self.name(&mut first, name);
                    self.raw(json);
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
        for (name, json) in residue.iter() {
            self.name(&mut first, name);
            self.raw(json);
        }
        for (name, json) in residue.unreadable() {
            self.comma(&mut first);
            self.print(&format_args!("\"{name}\":{json}"));
        }
        self.out.push('}');
    }

    fn comma(&mut self, first: &mut bool) {
        if !std::mem::take(first) {
            self.out.push(',');
        }
    }

    fn name(&mut self, first: &mut bool, name: &str) {
        self.comma(first);
        self.string(name);
        self.out.push(':');
    }

    pub(crate) fn slot(&mut self, slot: &Slot<'_>, many: bool) {
        if !many {
            return self.item(slot, 0);
        }
        self.out.push('[');
        match slot {
            Slot::Enum(values) => self.list(values.iter(), Self::string),
            Slot::Record(records) => self.list(records.iter(), Self::record),
            Slot::Link(links) => self.list(links.iter(), Self::link),
            _ => self.list(0..slot.len(), |encoder, index| encoder.item(slot, index)),
        }
        self.out.push(']');
    }

    fn list<T>(&mut self, items: impl Iterator<Item = T>, write: impl Fn(&mut Self, T)) {
        for (index, item) in items.enumerate() {
            if index > 0 {
                self.out.push(',');
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
            LinkView::Irregular(json) => self.raw(json),
        }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }
}

/// The text beside a field, where it still stands for the field.
fn original<'a>(record: &dyn Record, number: usize, slot: &Slot<'_>, beside: Option<Beside<'a>>) -> Option<&'a str> {
    let beside = beside?;
    let stands = match beside.form {
        Form::Null | Form::Empty | Form::Withheld => slot.is_empty(),
        Form::Coerced => still_holds(record, number, beside.json),
        Form::Unknown | Form::Unreadable => false,
    };
    stands.then_some(beside.json)
}

/// A JSON string.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}
