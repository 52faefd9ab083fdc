//! Writes what the schemas say about types, for use at run time: a text per schema, which the library's `wire::Module` reads.

use std::fmt::Write as _;

use super::access::Access;
use super::descriptions::Descriptions;
use super::structs;
use crate::model::ir::{Docs, Enum, Field, FieldType, Model, Struct, StructKind, Version};

/// Writes the lines of a record type.
pub(super) fn record(out: &mut String, item: &Struct, access: &Access, descriptions: &mut Descriptions) {
    let kind = match &item.kind {
        _ if structs::is_actions(item) => 'A',
        StructKind::Entity => 'E',
        StructKind::Collection(_) => 'L',
        StructKind::Complex => 'C',
        StructKind::Excerpt { .. } => 'X',
        StructKind::Parameters => 'P',
    };
    let allowed = |allowed: Option<bool>, yes: &'static str, no: &'static str| match allowed {
        Some(true) => yes,
        Some(false) => no,
        None => "",
    };
    let marks = [
        if item.open { "o" } else { "" },
        if item.shell { "s" } else { "" },
        allowed(item.capabilities.insertable, "I", "i"),
        allowed(item.capabilities.updatable, "U", "u"),
        allowed(item.capabilities.deletable, "D", "d"),
    ];
    let place = descriptions.place(&item.docs).to_string();
    let name = format!("{}.{}", item.name.schema, item.name.name);
    line(out, "\n*", &[name, place, format!("{kind}{}", marks.concat()), since(&item.docs)]);
    for uri in item.uris.iter().chain(&item.deprecated_uris) {
        line(out, "", std::slice::from_ref(uri));
    }
    for place in &item.places {
        line(out, "=", std::slice::from_ref(place));
    }
    for pattern in item.dynamic.iter().flat_map(|dynamic| &dynamic.patterns) {
        line(out, "~", std::slice::from_ref(pattern));
    }
    for action in &item.actions {
        let name = format!("{}.{}", action.name.schema, action.name.name);
        let place = descriptions.place(&action.docs).to_string();
        let parameters = action.parameters.as_ref().map(|name| format!("{}.{}", name.schema, name.name));
        line(out, ">", &[name, place, since(&action.docs), parameters.unwrap_or_default()]);
    }
    for field in &item.fields {
        row(out, field, access.rights(item, field), descriptions);
    }
}

/// Writes the annotation terms.
pub(super) fn terms(root: &mut String, model: &Model, descriptions: &mut Descriptions) {
    let mut rows = String::new();
    for (name, term) in &model.terms {
        let field = Field {
            json: name.clone(),
            many: term.many,
            nullable: true,
            docs: term.docs.clone(),
            ..Field::new(name, term.ty.clone())
        };
        row(&mut rows, &field, (true, false), descriptions);
    }
    let _ = writeln!(root, "\nconst TERM_LINES: &str = {};\n", literal(&rows));
    let _ = writeln!(root, "static TERMS: w::Fields = w::Fields::new(TERM_LINES, MODULES);");
}

/// Writes the lines of an enumeration.
pub(super) fn enumeration(out: &mut String, item: &Enum, descriptions: &mut Descriptions) {
    let name = format!("{}.{}", item.name.schema, item.name.name);
    line(out, "\n%", &[name, descriptions.place(&item.docs).to_string()]);
    for member in &item.members {
        let place = descriptions.place(&member.docs).to_string();
        line(out, "", &[member.json.clone(), place, since(&member.docs)]);
    }
}

/// Writes the line of a property, in the form that `wire::Fields` reads.
fn row(out: &mut String, field: &Field, rights: (bool, bool), descriptions: &mut Descriptions) {
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
        FieldType::Action => "A".to_owned(),
        FieldType::Enum(name) => format!("E{}.{}", name.schema, name.name),
        FieldType::Struct(name) => format!("R{}.{}", name.schema, name.name),
        FieldType::Link(name) => format!("L{}.{}", name.schema, name.name),
    };
    let number = |number: Option<i64>| number.map_or_else(String::new, |number| number.to_string());
    let word = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut columns = vec![
        field.json.clone(),
        descriptions.place(&field.docs).to_string(),
        kind,
        flags(field, rights).to_string(),
        since(&field.docs),
        word(&field.unit),
        number(field.minimum),
        number(field.maximum),
        word(&field.pattern),
    ];
    if let Some(deprecation) = &field.docs.deprecated {
        // A deprecation without a description still has its column, which is empty.
        columns.push(word(&deprecation.description));
        let _ = writeln!(out, "{}", columns.iter().map(|text| column(text)).collect::<Vec<_>>().join("\t"));
        return;
    }
    line(out, "", &columns);
}

/// Writes a line of columns, without empty ones at its end.
fn line(out: &mut String, mark: &str, columns: &[String]) {
    let columns: Vec<_> = columns.iter().map(|text| column(text)).collect();
    let _ = writeln!(out, "{mark}{}", columns.join("\t").trim_end_matches('\t'));
}

/// Makes text from a schema safe for a line: it must not begin another line or column.
fn column(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Returns the version that added something (`1.2.0`), or an empty text.
fn since(docs: &Docs) -> String {
    docs.since.map_or_else(String::new, version)
}

/// Formats a version (`1.2.0`).
pub(super) fn version(Version(major, minor, errata): Version) -> String {
    format!("{major}.{minor}.{errata}")
}

/// Returns a string literal of lines, without the end of the last: a raw one, unless the text has something that it can't hold.
pub(super) fn literal(lines: &str) -> String {
    const LONGEST_FENCE: usize = 8;
    let text = lines.trim_end_matches('\n');
    if text.contains('\r') || text.contains(&format!("\"{}", "#".repeat(LONGEST_FENCE))) {
        return format!("{text:?}");
    }
    let mut fence = "#".to_owned();
    while text.contains(&format!("\"{fence}")) {
        fence.push('#');
    }
    format!("r{fence}\"{text}\"{fence}")
}

fn flags(field: &Field, (read, write): (bool, bool)) -> u16 {
    let bits = [field.many, field.nullable, read, write, field.required, field.required_on_create, field.is_url];
    bits.iter().enumerate().map(|(bit, set)| u16::from(*set) << bit).sum()
}
