//! What the tables of types say of a property, by its JSON pointer.

use rosefish::wire::{ItemMut, Kind, Table};

/// Returns what is in properties whose names the service makes up, if the type has such.
pub(crate) fn dynamic(table: &'static Table) -> Option<Kind> {
    if table.patterns.is_empty() {
        return None;
    }
    let mut empty = table.make();
    let mut kind = None;
    empty.dynamic_mut()?.insert("", &mut |item| {
        kind = Some(match item {
            ItemMut::Record(record) => Kind::Record(record.table()),
            ItemMut::Scalar(_) => Kind::Primitive,
        });
        false
    });
    kind
}

/// Returns what a property holds, or `None` if the type doesn't declare it. In the pointer, `*` is any element of an array.
pub(crate) fn kind_at(table: &'static Table, pointer: &str) -> Option<Kind> {
    let mut kind = Kind::Record(table);
    for name in pointer.split('/').filter(|name| !name.is_empty() && *name != "*") {
        let (Kind::Record(table) | Kind::Link(table)) = kind else { return None };
        let name = name.replace("~1", "/").replace("~0", "~");
        let field = table.find(&name).or_else(|| table.find_miscased(&name)).and_then(|at| table.fields.get(at));
        kind = match field {
            Some(field) => field.kind,
            None => dynamic(table).filter(|_| table.allows(&name))?,
        };
    }
    Some(kind)
}
