//! Writes record types: a plain struct with public fields, and the mapping from numbers to fields.

use std::fmt::Write as _;

use super::paths::Paths;
use super::{docs, layout};
use crate::model::ir::{Field, FieldType, Struct, StructKind, TypeName};

/// Writes a record type, the one with this number in its schema. `page` adds to what the schema says about it.
pub(super) fn emit(out: &mut String, paths: Paths<'_>, item: &Struct, number: usize, page: Option<&str>) {
    let rust = &item.rust_name;
    let from = &item.name.schema;
    docs::item(out, "", &item.docs, &what(item), page);
    let _ = writeln!(out, "pub struct {rust} {{");
    for field in &item.fields {
        docs::field(out, "    ", field);
        let value = paths.value_type(&field.ty, from);
        let holder = if field.many { "Vec" } else { "Option" };
        member(out, &field.rust, &format!("{holder}<{value}>"));
    }
    if let Some(dynamic) = &item.dynamic {
        let patterns: Vec<_> = dynamic.patterns.iter().map(|pattern| docs::line(&format!("`{pattern}`"))).collect();
        let value = paths.value_type(&dynamic.ty, from);
        let _ = writeln!(out, "    /// The properties whose names the service makes up, {}.", patterns.join(" or "));
        member(out, &dynamic.rust, &format!("std::collections::BTreeMap<String, {value}>"));
    }
    let _ = writeln!(out, "    /// What the payload had beyond these fields.\n    pub residue: w::Residue,\n}}\n");
    default(out, item);
    record(out, item, number);
    if let StructKind::Collection(member) = &item.kind
        && let Some(field) = item.fields.iter().find(|field| field.json == "Members")
    {
        let member = paths.path(member, from);
        let _ = writeln!(
            out,
            "impl w::Collection for {rust} {{\n    type Member = {member};\n\n    \
             fn members(&self) -> &[w::Link<{member}>] {{\n        &self.{}\n    }}\n}}\n",
            field.rust
        );
    }
}

/// Writes a field of a struct.
fn member(out: &mut String, name: &str, ty: &str) {
    let line = format!("pub {name}: {ty},");
    let gap = if layout::fits(4, &line) { " " } else { "\n        " };
    let _ = writeln!(out, "    pub {name}:{gap}{ty},");
}

/// Writes `Default` with a constant. What `derive` writes calls a function per field, and the compiler spends its time on what
/// would have to be dropped if one of them panicked. Each type has its own function, rather than code wherever a value is made.
fn default(out: &mut String, item: &Struct) {
    let fields = item.fields.iter().map(|field| match field.many {
        true => format!("{}: Vec::new()", field.rust),
        false => format!("{}: None", field.rust),
    });
    let dynamic = item.dynamic.iter().map(|dynamic| format!("{}: std::collections::BTreeMap::new()", dynamic.rust));
    let values: Vec<_> = fields.chain(dynamic).chain(["residue: w::NONE".to_owned()]).collect();
    // rustfmt doesn't count the word `const` when it checks whether the block fits on a line.
    let block = layout::list(8, "{ Self {", &values, "} }", 0);
    let body = match block.contains('\n') {
        false => format!("const {block}"),
        true => format!("const {{\n            {}\n        }}", layout::list(12, "Self {", &values, "}", 0)),
    };
    let _ = writeln!(
        out,
        "impl Default for {} {{\n    #[inline(never)]\n    fn default() -> Self {{\n        {body}\n    }}\n}}\n",
        item.rust_name,
    );
}

fn record(out: &mut String, item: &Struct, number: usize) {
    let _ = writeln!(out, "impl w::Record for {} {{", item.rust_name);
    for (suffix, receiver, slot, rest) in [
        ("", "&", "Slot", format!("M.table({number}), &self.residue")),
        ("_mut", "&mut ", "SlotMut", "&mut self.residue".to_owned()),
    ] {
        if item.fields.is_empty() && item.dynamic.is_none() {
            let head = format!("    fn slot{suffix}({receiver}self, _slot: usize) -> w::{slot}<'_> {{");
            let _ = writeln!(out, "{head}\n        w::rest{suffix}({rest})\n    }}\n");
            continue;
        }
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
        let _ = writeln!(out, "            _ => w::rest{suffix}({rest}),\n        }}\n    }}\n");
    }
    let _ = writeln!(
        out,
        "    #[inline]\n    fn type_table() -> &'static w::Table {{\n        M.table({number})\n    }}\n}}\n"
    );
}

/// Writes a collection like all others: an alias of the library's one type for them, with the type of the members.
pub(super) fn collection(
    out: &mut String,
    paths: Paths<'_>,
    item: &Struct,
    member: &TypeName,
    number: usize,
    page: Option<&str>,
) {
    let rust = &item.rust_name;
    docs::item(out, "", &item.docs, &what(item), page);
    let _ = writeln!(
        out,
        "pub type {rust} = w::ResourceCollection<{rust}Kind>;\n\n\
         /// What [`{rust}`] is a collection of.\n\
         #[allow(missing_debug_implementations, reason = \"there are no values of it\")]\n\
         pub enum {rust}Kind {{}}\n\n\
         impl w::CollectionKind for {rust}Kind {{\n    \
         type Member = {};\n\n    \
         fn table() -> &'static w::Table {{\n        M.table({number})\n    }}\n}}\n",
        paths.path(member, &item.name.schema),
    );
}

/// Returns whether a collection has exactly the properties of the library's `ResourceCollection`.
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

/// Returns whether it is an `Actions` type: the library has one type for them all.
pub(super) fn is_actions(item: &Struct) -> bool {
    let mut fields = item.fields.iter();
    item.name.name == "Actions" && fields.all(|field| field.ty == FieldType::Action || field.ty == FieldType::Oem)
}

/// Returns the function of `wire::generated` that makes the slot of a field. The names are short, as they occur about ten
/// thousand times.
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
