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
             new: w::new::<{rust}>,",
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
        let mut rows = Rows::default();
        for field in &item.fields {
            self.row(&mut rows, from, field, descriptions);
        }
        let _ = writeln!(out, "    fields: {},\n    actions: &[", rows.finish());
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

    /// A line of a table, as `wire::Fields` reads it.
    fn row(&self, rows: &mut Rows, from: &str, field: &Field, descriptions: &mut Descriptions) {
        let kind = match &field.ty {
            FieldType::String => "S".to_owned(),
            FieldType::Int => "I".to_owned(),
            FieldType::Decimal => "F".to_owned(),
            FieldType::Bool => "B".to_owned(),
            FieldType::DateTime => "T".to_owned(),
            FieldType::Duration => "D".to_owned(),
            FieldType::Guid => "G".to_owned(),
            FieldType::Primitive => "P".to_owned(),
            FieldType::ODataId => "U".to_owned(),
            FieldType::ODataType => "Y".to_owned(),
            FieldType::ETag => "V".to_owned(),
            FieldType::Oem => "O".to_owned(),
            FieldType::Enum(name) => format!("E{}", place(&mut rows.enums, self.static_path("E", name, from))),
            FieldType::Struct(name) => format!("R{}", place(&mut rows.records, self.static_path("T", name, from))),
            FieldType::Link(name) => format!("L{}", place(&mut rows.records, self.static_path("T", name, from))),
            FieldType::Action => format!("R{}", place(&mut rows.records, "w::ACTION_TARGET".to_owned())),
        };
        let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
        let word = |text: &Option<String>| text.as_deref().unwrap_or_default().replace(['\t', '\n'], " ");
        let columns = [
            field.json.clone(),
            kind,
            flags(field).to_string(),
            descriptions.place(&field.docs).to_string(),
            since(&field.docs),
            word(&field.unit),
            number(field.minimum),
            number(field.maximum),
            word(&field.pattern),
        ];
        let line = columns.join("\t");
        // A deprecation may have no words: then its column is there, and empty.
        let line = match &field.docs.deprecated {
            Some(deprecation) => format!("{line}\t{}", word(&deprecation.description)),
            None => line.trim_end_matches('\t').to_owned(),
        };
        rows.lines.push(line);
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
        let mut rows = Rows::default();
        for (name, term) in &self.model.terms {
            let field = Field {
                json: name.clone(),
                many: term.many,
                nullable: true,
                docs: term.docs.clone(),
                ..Field::new(name, term.ty.clone())
            };
            self.row(&mut rows, "", &field, descriptions);
        }
        let terms = rows.finish().replace("super::", "");
        let _ = writeln!(root, "];\npub(crate) static TERMS: w::Fields = {terms};");
    }
}

/// The lines of a table and the other tables that they name.
#[derive(Default)]
struct Rows {
    lines: Vec<String>,
    records: Vec<String>,
    enums: Vec<String>,
}

impl Rows {
    fn finish(self) -> String {
        let list = |paths: Vec<String>| paths.iter().map(|path| format!("&{path}")).collect::<Vec<_>>().join(", ");
        format!("w::Fields::new({:?}, &[{}], &[{}])", self.lines.join("\n"), list(self.records), list(self.enums))
    }
}

/// The place of a path among those that were named before it.
fn place(paths: &mut Vec<String>, path: String) -> usize {
    paths.iter().position(|known| *known == path).unwrap_or_else(|| {
        paths.push(path);
        paths.len() - 1
    })
}

/// `1.2.0`, or nothing.
fn since(docs: &Docs) -> String {
    docs.since.map_or_else(String::new, |Version(major, minor, errata)| format!("{major}.{minor}.{errata}"))
}

/// The notes of the members of an enumeration, as `wire::MemberNotes` reads them.
pub(super) fn member_notes<'a>(members: impl Iterator<Item = &'a Docs>, descriptions: &mut Descriptions) -> String {
    let lines: Vec<_> = members.map(|docs| format!("{}\t{}", descriptions.place(docs), since(docs))).collect();
    format!("w::MemberNotes({:?})", lines.join("\n"))
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

fn flags(field: &Field) -> u16 {
    let (read, write) = match field.permissions {
        Some(Permissions::Read) => (true, false),
        Some(Permissions::Write) => (false, true),
        Some(Permissions::ReadWrite) => (true, true),
        Some(Permissions::None) => (false, false),
        // Parameters are for writing, and have no permissions.
        None => (true, false),
    };
    let bits = [field.many, field.nullable, read, write, field.required, field.required_on_create, field.is_url];
    bits.iter().enumerate().map(|(bit, set)| u16::from(*set) << bit).sum()
}
