//! The reflection tables: what the schemas say of a type, as `static` data.

use std::fmt::Write as _;

use super::Emitter;
use super::descriptions::Descriptions;
use crate::model::ir::{Docs, Field, FieldType, Permissions, Schema, Struct, StructKind, Version};

impl Emitter<'_> {
    pub(super) fn table(&self, out: &mut String, item: &Struct, schema: &Schema, descriptions: &mut Descriptions) {
        let from = &item.name.schema;
        let rust = &item.rust_name;
        let upper = rust.to_uppercase();
        let kind = match &item.kind {
            StructKind::Entity => "Entity".to_owned(),
            StructKind::Collection(member) => {
                format!("Collection(&{})", self.static_path("T", member, from))
            }
            StructKind::Complex => "Complex".to_owned(),
            StructKind::Excerpt { .. } => "Excerpt".to_owned(),
            StructKind::Parameters => "Parameters".to_owned(),
        };
        let texts = |texts: &[String]| texts.iter().map(|t| text(t)).collect::<Vec<_>>().join(", ");
        let patterns = item.dynamic.as_ref().map_or_else(String::new, |dynamic| texts(&dynamic.patterns));
        let uris: Vec<_> = item.uris.iter().chain(&item.deprecated_uris).cloned().collect();
        let allowed = |allowed: Option<bool>| format!("{allowed:?}");
        let _ = writeln!(
            out,
            "pub(crate) static T_{upper}: w::Table = w::Table {{\n    name: {}, kind: w::TypeKind::{kind}, patterns: &[{patterns}], \
             open: {}, shell: {}, uris: &[{}],\n    \
             capabilities: w::Capabilities {{ insertable: {}, updatable: {}, deletable: {} }}, version: {}, notes: {},\n    \
             new: w::new::<{rust}>, index: w::Index::new(),\n    fields: &[",
            text(&format!("{}.{}", from, item.name.name)),
            item.open,
            item.shell,
            texts(&uris),
            allowed(item.capabilities.insertable),
            allowed(item.capabilities.updatable),
            allowed(item.capabilities.deletable),
            version(schema.version),
            notes(&item.docs, descriptions),
        );
        for field in &item.fields {
            let _ = writeln!(
                out,
                "        w::field({}, {}, {}, {}, {}),",
                text(&field.json),
                self.kind(&field.ty, from),
                flags(field),
                notes(&field.docs, descriptions),
                detail(field),
            );
        }
        let _ = writeln!(out, "    ],\n    actions: &[");
        for action in &item.actions {
            let parameters = action
                .parameters
                .as_ref()
                .map_or_else(|| "None".to_owned(), |name| format!("Some(&{})", self.static_path("T", name, from)));
            let _ = writeln!(
                out,
                "        w::ActionTable {{ name: {}, parameters: {parameters}, notes: {} }},",
                text(&format!("{}.{}", action.name.schema, action.name.name)),
                notes(&action.docs, descriptions),
            );
        }
        let _ = writeln!(out, "    ],\n}};\n");
    }

    pub(super) fn kind(&self, ty: &FieldType, from: &str) -> String {
        match ty {
            FieldType::Enum(name) => {
                format!("w::Kind::Enum(&{})", self.static_path("E", name, from))
            }
            FieldType::Struct(name) => format!("w::Kind::Record(&{})", self.static_path("T", name, from)),
            FieldType::Action => "w::Kind::Record(&w::ACTION_TARGET)".to_owned(),
            FieldType::Link(name) => format!("w::Kind::Link(&{})", self.static_path("T", name, from)),
            plain => format!("w::Kind::{plain:?}"),
        }
    }

    /// The list of all types, which the types of payloads are looked up in, and of all annotation terms.
    pub(super) fn registry(&self, root: &mut String, descriptions: &mut Descriptions) {
        let mut types: Vec<_> =
            self.model.structs.keys().map(|name| (format!("{}.{}", name.schema, name.name), name)).collect();
        types.sort_unstable();
        let _ = writeln!(root, "pub(crate) static TYPES: &[(&str, &w::Table)] = &[");
        for (full, name) in types {
            let path = self.static_path("T", name, "");
            let _ = writeln!(root, "    ({full:?}, &{}),", path.trim_start_matches("super::"));
        }
        let _ = writeln!(root, "];\npub(crate) static TERMS: &[w::Field] = &[");
        for (name, term) in &self.model.terms {
            let kind = self.kind(&term.ty, "").replace("super::", "");
            let many = if term.many { "w::Flags::MANY | w::Flags::NULLABLE" } else { "w::Flags::NULLABLE" };
            let _ = writeln!(
                root,
                "    w::field({}, {kind}, {many}, {}, None),",
                text(name),
                notes(&term.docs, descriptions)
            );
        }
        let _ = writeln!(root, "];");
    }
}

/// A string literal.
pub(super) fn text(text: &str) -> String {
    format!("{text:?}")
}

fn version(version: Option<Version>) -> String {
    match version {
        Some(Version(major, minor, errata)) => format!("w::Version({major}, {minor}, {errata})"),
        None => "w::Version::NONE".to_owned(),
    }
}

/// `w::n(major, minor, errata, place)`
pub(super) fn notes(docs: &Docs, descriptions: &mut Descriptions) -> String {
    let Version(major, minor, errata) = docs.since.unwrap_or_default();
    format!("w::n({major}, {minor}, {errata}, {})", descriptions.place(docs))
}

fn flags(field: &Field) -> String {
    let (read, write) = match field.permissions {
        Some(Permissions::Read) => (true, false),
        Some(Permissions::Write) => (false, true),
        Some(Permissions::ReadWrite) => (true, true),
        Some(Permissions::None) => (false, false),
        // Parameters are for writing, and have no permissions.
        None => (true, false),
    };
    let bits = [field.many, field.nullable, read, write, field.required, field.required_on_create, field.is_url];
    bits.iter().enumerate().map(|(bit, set)| u16::from(*set) << bit).sum::<u16>().to_string()
}

fn detail(field: &Field) -> String {
    let deprecated = field.docs.deprecated.as_ref().map(|d| d.description.clone().unwrap_or_default());
    let plain = field.unit.is_none() && field.minimum.is_none() && field.maximum.is_none() && field.pattern.is_none();
    if plain && deprecated.is_none() {
        return "None".to_owned();
    }
    format!(
        "Some(&w::Detail {{ unit: {:?}, minimum: {:?}, maximum: {:?}, pattern: {:?}, deprecated: {:?} }})",
        field.unit, field.minimum, field.maximum, field.pattern, deprecated
    )
}
