//! Record types: a plain struct with public fields, and the way from numbers to fields.

use std::fmt::Write as _;

use super::docs;
use super::paths::Paths;
use crate::model::ir::{Field, FieldType, Struct, StructKind, TypeName};

/// The record type of this number in its schema.
pub(super) fn emit(out: &mut String, paths: Paths<'_>, item: &Struct, number: usize) {
    let rust = &item.rust_name;
    let from = &item.name.schema;
    docs::item(out, "", &item.docs, &what(item));
    let _ = writeln!(out, "pub struct {rust} {{");
    for field in &item.fields {
        docs::field(out, "    ", field);
        let value = paths.value_type(&field.ty, from);
        let holder = if field.many { "Vec" } else { "Option" };
        let _ = writeln!(out, "    pub {}: {holder}<{value}>,", field.rust);
    }
    if let Some(dynamic) = &item.dynamic {
        let patterns: Vec<_> = dynamic.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
        let value = paths.value_type(&dynamic.ty, from);
        let _ = writeln!(
            out,
            "    /// The properties whose names the service makes up, {}.\n    pub {}: std::collections::BTreeMap<String, {value}>,",
            patterns.join(" or "),
            dynamic.rust
        );
    }
    let _ = writeln!(out, "    /// What the payload had beyond these fields.\n    pub residue: w::Residue,\n}}");
    default(out, item);
    record(out, item, number);
    if let StructKind::Collection(member) = &item.kind
        && let Some(field) = item.fields.iter().find(|field| field.json == "Members")
    {
        let member = paths.path(member, from);
        let _ = writeln!(
            out,
            "impl w::Collection for {rust} {{\n    type Member = {member};\n    \
             fn members(&self) -> &[w::Link<{member}>] {{ &self.{} }}\n}}",
            field.rust
        );
    }
}

/// By hand: what `derive` makes calls a function per field, and the compiler spends its time on what would have to be
/// dropped if one of them panicked. And once for each type, not in whatever makes one.
fn default(out: &mut String, item: &Struct) {
    let _ = write!(
        out,
        "impl Default for {} {{\n    #[inline(never)]\n    fn default() -> Self {{\n        Self {{ ",
        item.rust_name
    );
    for field in &item.fields {
        let _ = write!(out, "{}: {}, ", field.rust, if field.many { "Vec::new()" } else { "None" });
    }
    if let Some(dynamic) = &item.dynamic {
        let _ = write!(out, "{}: std::collections::BTreeMap::new(), ", dynamic.rust);
    }
    let _ = writeln!(out, "residue: w::NONE }}\n    }}\n}}");
}

fn record(out: &mut String, item: &Struct, number: usize) {
    let _ = writeln!(out, "impl w::Record for {} {{", item.rust_name);
    for (suffix, receiver, slot, rest) in [
        ("", "&", "Slot", format!("M.table({number}), &self.residue")),
        ("_mut", "&mut ", "SlotMut", "&mut self.residue".to_owned()),
    ] {
        let _ = write!(
            out,
            "    fn slot{suffix}({receiver}self, slot: usize) -> w::{slot}<'_> {{\n        match slot {{\n"
        );
        for (number, field) in item.fields.iter().enumerate() {
            let of = slot_of(field);
            let _ = writeln!(out, "            {number} => w::{of}{suffix}({receiver}self.{}),", field.rust);
        }
        if let Some(dynamic) = &item.dynamic {
            let _ = writeln!(out, "            w::MAP => w::map{suffix}({receiver}self.{}),", dynamic.rust);
        }
        let _ = writeln!(out, "            _ => w::rest{suffix}({rest}),\n        }}\n    }}");
    }
    let _ = writeln!(out, "    #[inline]\n    fn type_table() -> &'static w::Table {{ M.table({number}) }}\n}}");
}

/// A collection like all others: the library has one type for them, which is told what the members are.
pub(super) fn collection(out: &mut String, paths: Paths<'_>, item: &Struct, member: &TypeName, number: usize) {
    let rust = &item.rust_name;
    docs::item(out, "", &item.docs, &what(item));
    let _ = writeln!(
        out,
        "pub type {rust} = w::ResourceCollection<{rust}Kind>;\n\
         /// What [`{rust}`] is a collection of.\n\
         #[allow(missing_debug_implementations, reason = \"there are no values of it\")]\n\
         pub enum {rust}Kind {{}}\n\
         impl w::CollectionKind for {rust}Kind {{\n    \
         type Member = {};\n    \
         fn table() -> &'static w::Table {{ M.table({number}) }}\n}}\n",
        paths.path(member, &item.name.schema),
    );
}

/// Whether a collection has the properties of the library's `ResourceCollection`.
pub(super) fn is_usual(item: &Struct) -> bool {
    const USUAL: [&str; 10] = [
        "@odata.context",
        "@odata.id",
        "@odata.type",
        "@odata.etag",
        "Description",
        "Name",
        "Oem",
        "Members",
        "Members@odata.count",
        "Members@odata.nextLink",
    ];
    item.dynamic.is_none() && item.fields.iter().map(|field| field.json.as_str()).eq(USUAL)
}

/// An `Actions` type: the library has one type for them all.
pub(super) fn is_actions(item: &Struct) -> bool {
    let mut fields = item.fields.iter();
    item.name.name == "Actions" && fields.all(|field| field.ty == FieldType::Action || field.ty == FieldType::Oem)
}

/// What of `wire::generated` makes the slot of a field. The names are short and bare, as they come some ten thousand times.
fn slot_of(field: &Field) -> &'static str {
    match (&field.ty, field.many) {
        (FieldType::String, false) => "string",
        (FieldType::Int, false) => "int",
        (FieldType::Decimal, false) => "decimal",
        (FieldType::Bool, false) => "boolean",
        (FieldType::DateTime, false) => "date_time",
        (FieldType::Duration, false) => "duration",
        (FieldType::ODataId, false) => "odata_id",
        (FieldType::ODataType, false) => "odata_type",
        (FieldType::ETag, false) => "etag",
        (FieldType::Oem, false) => "oem",
        (FieldType::String, true) => "strings",
        (FieldType::Enum(_), _) => "enumeration",
        (FieldType::Struct(_) | FieldType::Action, _) => "record",
        (FieldType::Link(_), _) => "link",
        _ => "scalar",
    }
}

fn what(item: &Struct) -> String {
    let name = format!("`{}.{}`", item.name.schema, item.name.name);
    match &item.kind {
        StructKind::Entity => format!("The {name} resource."),
        StructKind::Collection(member) => format!("A collection of `{}` resources.", member.name),
        StructKind::Complex => format!("The {name} object."),
        StructKind::Excerpt { of, .. } => {
            format!("What other resources carry of a `{}` resource.", of.name)
        }
        StructKind::Parameters => format!("The parameters of an action, {name}."),
    }
}
