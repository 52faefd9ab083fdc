//! Copying, comparing and printing records, written once for all types.

use std::fmt;

use crate::reflect::record::{Item, ItemMut, Member, Record, Slot, SlotMut};
use crate::reflect::secret::{is_secret, shown};
use crate::reflect::secret_text::without_secrets;
use crate::value::link::{AnyLink, LinkView};

/// Copies `record` into `copy`, which is empty and of the same type.
pub(crate) fn copy(record: &dyn Record, copy: &mut dyn Record) {
    for number in 0..record.table().fields.len() {
        copy_slot(&record.slot(number), copy.slot_mut(number));
    }
    if let (Some(from), Some(to)) = (record.dynamic(), copy.dynamic_mut()) {
        for (name, item) in from.iter() {
            to.insert(name, &mut |to| {
                match (&item, to) {
                    (Item::Record(from), ItemMut::Record(to)) => self::copy(*from, to),
                    (Item::Scalar(from), ItemMut::Scalar(to)) => to.assign(*from),
                    _ => return false,
                }
                true
            });
        }
    }
    if let Some(residue) = copy.residue_mut() {
        *residue = record.residue().clone();
    }
}

fn copy_slot(from: &Slot<'_>, to: SlotMut<'_>) {
    match (from, to) {
        (Slot::Scalar(from), SlotMut::Scalar(to)) => to.assign(*from),
        (Slot::Enum(from), SlotMut::Enum(to)) => {
            to.put(None);
            from.iter().for_each(|spelling| to.put(Some(Member { number: None, spelling })));
        }
        (Slot::Record(from), SlotMut::Record(to)) => {
            to.put(false);
            for record in from.iter() {
                if let Some(made) = to.put(true) {
                    made.adopt(record.table());
                    copy(record, made);
                }
            }
        }
        (Slot::Link(from), SlotMut::Link(to)) => {
            to.put(false);
            for link in from.iter() {
                let Some(copied) = to.put(true) else { continue };
                match link.view() {
                    LinkView::Reference(uri) => copied.refer(uri.clone(), false),
                    LinkView::Text(uri) => copied.refer(uri.clone(), true),
                    LinkView::Expanded(record) => copied.expand(record.to_box()),
                    LinkView::Irregular(_) => copied.irregular(link.irregular_json()),
                }
            }
        }
        (from, to) => debug_assert!(false, "{from:?} can't be copied to {to:?}"),
    }
}

/// Returns a copy of a record.
pub fn copied<T: Record + Default>(record: &T) -> T {
    let mut made = T::default();
    copy(record, &mut made);
    made
}

/// Returns whether two records are of one type and have the same content.
pub fn same(one: &dyn Record, other: &dyn Record) -> bool {
    one.table() == other.table()
        && (0..one.table().fields.len()).all(|number| same_slot(&one.slot(number), &other.slot(number)))
        && same_dynamic(one, other)
        && one.residue() == other.residue()
}

fn same_dynamic(one: &dyn Record, other: &dyn Record) -> bool {
    let (Some(one), Some(other)) = (one.dynamic(), other.dynamic()) else { return true };
    let mut others = other.iter();
    one.iter().all(|(name, item)| {
        others.next().is_some_and(|(other_name, other)| {
            name == other_name
                && match (item, other) {
                    (Item::Record(one), Item::Record(other)) => same(one, other),
                    (Item::Scalar(one), Item::Scalar(other)) => one.same(other),
                    _ => false,
                }
        })
    }) && others.next().is_none()
}

pub(crate) fn same_slot(one: &Slot<'_>, other: &Slot<'_>) -> bool {
    one.len() == other.len() && (0..one.len()).all(|index| same_item(one, other, index))
}

/// Returns whether two arrays have the same item at an index.
pub(crate) fn same_item(one: &Slot<'_>, other: &Slot<'_>, index: usize) -> bool {
    match (one, other) {
        (Slot::Rest(..), Slot::Rest(..)) => true,
        // Scalars are compared as a whole, at the first index.
        (Slot::Scalar(one), Slot::Scalar(other)) => index > 0 || one.same(*other),
        (Slot::Enum(one), Slot::Enum(other)) => one.get(index) == other.get(index),
        (Slot::Record(one), Slot::Record(other)) => match (one.get(index), other.get(index)) {
            (Some(one), Some(other)) => same(one, other),
            (one, other) => one.is_none() == other.is_none(),
        },
        (Slot::Link(one), Slot::Link(other)) => match (one.get(index), other.get(index)) {
            (Some(one), Some(other)) => same_link(one, other),
            (one, other) => one.is_none() == other.is_none(),
        },
        _ => false,
    }
}

/// Returns whether two links have the same form and the same target.
pub(crate) fn same_link(one: &AnyLink, other: &AnyLink) -> bool {
    match (one.view(), other.view()) {
        (LinkView::Reference(one), LinkView::Reference(other)) => one == other,
        (LinkView::Text(one), LinkView::Text(other)) => one == other,
        (LinkView::Expanded(one), LinkView::Expanded(other)) => same(one, other),
        (LinkView::Irregular(_), LinkView::Irregular(_)) => {
            one.irregular_json().bytes() == other.irregular_json().bytes()
        }
        _ => false,
    }
}

/// Prints a record for a person: the type's name and the properties that it has, by their names in the standard.
pub fn print(record: &dyn Record, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let table = record.table();
    let mut out = f.debug_struct(table.name.rsplit('.').next().unwrap_or(table.name));
    for (number, field) in table.fields.iter().enumerate() {
        let slot = record.slot(number);
        if !slot.is_empty() {
            match is_secret(field.name) {
                true => out.field(field.name, &format_args!("***")),
                false => out.field(field.name, &Printed { slot, many: field.flags.many() }),
            };
        }
    }
    for (name, item) in record.dynamic().into_iter().flat_map(|map| map.iter()) {
        match item {
            Item::Record(record) => out.field(name, &record),
            Item::Scalar(_) if is_secret(name) => out.field(name, &format_args!("***")),
            Item::Scalar(scalar) => out.field(name, &Shown(scalar.print(0))),
        };
    }
    let residue = record.residue();
    let unreadable = residue.unreadable().map(|(name, json)| (name.text, json.text));
    for (name, json) in residue.iter().chain(unreadable) {
        out.field(name, &format_args!("{}", without_secrets(shown(name, json))));
    }
    out.finish()
}

struct Shown<'a>(&'a dyn fmt::Debug);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        printed(self.0, f)
    }
}

fn printed(value: &dyn fmt::Debug, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = if f.alternate() { format!("{value:#?}") } else { format!("{value:?}") };
    f.write_str(&without_secrets(&text))
}

struct Printed<'a> {
    slot: Slot<'a>,
    many: bool,
}

impl fmt::Debug for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |index: usize, f: &mut fmt::Formatter<'_>| match &self.slot {
            Slot::Rest(..) | Slot::Map(_) => Ok(()),
            Slot::Scalar(scalar) => printed(scalar.print(index), f),
            Slot::Enum(values) => f.write_str(values.get(index).unwrap_or_default()),
            Slot::Record(records) => records.get(index).map_or(Ok(()), |record| record.fmt(f)),
            Slot::Link(links) => links.get(index).map_or(Ok(()), |link| link.fmt(f)),
        };
        if !self.many {
            return one(0, f);
        }
        let mut list = f.debug_list();
        for index in 0..self.slot.len() {
            list.entry(&std::fmt::from_fn(|f| one(index, f)));
        }
        list.finish()
    }
}

impl Clone for Box<dyn Record> {
    fn clone(&self) -> Self {
        self.to_box()
    }
}

impl fmt::Debug for dyn Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self, f)
    }
}

impl dyn Record {
    /// Returns a copy, whatever its type.
    #[must_use]
    pub fn to_box(&self) -> Box<dyn Record> {
        let mut made = self.table().make();
        copy(self, &mut *made);
        made
    }
}

impl PartialEq for AnyLink {
    fn eq(&self, other: &Self) -> bool {
        same_link(self, other)
    }
}
