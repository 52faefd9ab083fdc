//! Where a record leads: all links in it, those of objects within it included.

use crate::reflect::record::{Item, Record, Slot};
use crate::reflect::table::{Kind, Table};
use crate::value::link::LinkView;
use crate::value::odata::ODataId;

/// A link that was found in a record.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FoundLink {
    /// Where it is, as a JSON pointer.
    pub pointer: String,
    /// Where it leads.
    pub uri: ODataId,
    /// The type that the schema says is there.
    pub target: &'static Table,
}

/// Returns all links of a record that lead somewhere.
#[must_use]
pub fn links(record: &dyn Record) -> Vec<FoundLink> {
    let mut found = Vec::new();
    search(record, "", &mut found);
    found
}

fn search(record: &dyn Record, at: &str, found: &mut Vec<FoundLink>) {
    for (number, field) in record.table().fields.iter().enumerate() {
        let place = |index: usize| match field.flags.many() {
            true => format!("{at}/{}/{index}", field.name),
            false => format!("{at}/{}", field.name),
        };
        match record.slot(number) {
            Slot::Record(records) => {
                for (index, inner) in records.iter().enumerate() {
                    search(inner, &place(index), found);
                }
            }
            Slot::Link(links) => {
                for (index, link) in links.iter().enumerate() {
                    if let (Some(uri), Kind::Link(target)) = (link.uri(), field.kind) {
                        found.push(FoundLink { pointer: place(index), uri: uri.clone(), target });
                    }
                    if let LinkView::Expanded(inner) = link.view() {
                        search(inner, &place(index), found);
                    }
                }
            }
            _ => {}
        }
    }
    for (name, item) in record.dynamic().into_iter().flat_map(|map| map.iter()) {
        if let Item::Record(inner) = item {
            search(inner, &format!("{at}/{name}"), found);
        }
    }
}
