//! Properties that are named by a path: `Status/Health`.

use crate::wire::{Field, Kind, Table};

/// Finds the property at a path; `None` if the path leads into something that no schema describes.
pub(crate) fn property(table: &'static Table, path: &str) -> Result<Option<&'static Field>, String> {
    let mut owner = table;
    let mut names = path.split('/').peekable();
    while let Some(name) = names.next() {
        let Some(field) = owner.field(name) else {
            if owner.is_generic() || owner.allows(name) || name.contains('@') {
                return Ok(None);
            }
            let near = owner.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            let hint = near.map(|near| format!(": is {} meant?", near.name)).unwrap_or_default();
            return Err(format!("{path}: {} has no property {name}{hint}", owner.name));
        };
        if names.peek().is_none() {
            return Ok(Some(field));
        }
        owner = match field.kind {
            Kind::Record(inner) | Kind::Link(inner) => inner,
            Kind::Oem => return Ok(None),
            _ => return Err(format!("{path}: {name} of {} has no properties", owner.name)),
        };
    }
    Ok(None)
}
