//! Record types: a plain struct with public fields, and the way from numbers to fields.

use std::fmt::Write as _;

use super::{Emitter, docs};
use crate::model::ir::{Field, FieldType, Struct, StructKind};

impl Emitter<'_> {
    /// The record type of this number in its schema.
    pub(super) fn structure(&self, out: &mut String, item: &Struct, number: usize) {
        let rust = &item.rust_name;
        let from = &item.name.schema;
        docs::item(out, "", &item.docs, &what(item));
        let _ = writeln!(out, "pub struct {rust} {{");
        for field in &item.fields {
            docs::field(out, "    ", field);
            let value = self.value_type(&field.ty, from);
            let holder = if field.many { "Vec" } else { "Option" };
            let _ = writeln!(out, "    pub {}: {holder}<{value}>,", field.rust);
        }
        if let Some(dynamic) = &item.dynamic {
            let patterns: Vec<_> = dynamic.patterns.iter().map(|pattern| format!("`{pattern}`")).collect();
            let value = self.value_type(&dynamic.ty, from);
            let _ = writeln!(
                out,
                "    /// The properties whose names the service makes up, {}.\n    pub {}: std::collections::BTreeMap<String, {value}>,",
                patterns.join(" or "),
                dynamic.rust
            );
        }
        let _ = writeln!(out, "    /// What the payload had beyond these fields.\n    pub residue: w::Residue,\n}}");
        self.default(out, item);
        self.record(out, item, number);
        if let StructKind::Collection(member) = &item.kind
            && let Some(field) = item.fields.iter().find(|field| field.json == "Members")
        {
            let member = self.path(member, from);
            let _ = writeln!(
                out,
                "impl w::Collection for {rust} {{\n    type Member = {member};\n    \
                 fn members(&self) -> &[w::Link<{member}>] {{ &self.{} }}\n}}",
                field.rust
            );
        }
    }

    /// By hand: what `derive` makes calls a function per field, and the compiler spends its time on what would have to be
    /// dropped if one of them panicked.
    fn default(&self, out: &mut String, item: &Struct) {
        let _ = write!(out, "impl Default for {} {{\n    fn default() -> Self {{\n        Self {{ ", item.rust_name);
        for field in &item.fields {
            let _ = write!(out, "{}: {}, ", field.rust, if field.many { "Vec::new()" } else { "None" });
        }
        if let Some(dynamic) = &item.dynamic {
            let _ = write!(out, "{}: std::collections::BTreeMap::new(), ", dynamic.rust);
        }
        let _ = writeln!(out, "residue: w::Residue::NONE }}\n    }}\n}}");
    }

    fn record(&self, out: &mut String, item: &Struct, number: usize) {
        let rust = &item.rust_name;
        let _ = writeln!(
            out,
            "impl w::Record for {rust} {{\n    fn table(&self) -> &'static w::Table {{ M.table({number}) }}"
        );
        for (suffix, borrow) in [("", "&"), ("_mut", "&mut ")] {
            let enumeration = if suffix.is_empty() { "Slot" } else { "SlotMut" };
            let receiver = if suffix.is_empty() { "&self" } else { "&mut self" };
            if item.fields.is_empty() {
                let _ = writeln!(
                    out,
                    "    fn slot{suffix}({receiver}, _: usize) -> w::{enumeration}<'_> {{ w::{enumeration}::Residue({borrow}self.residue) }}"
                );
                continue;
            }
            let _ = writeln!(
                out,
                "    fn slot{suffix}({receiver}, slot: usize) -> w::{enumeration}<'_> {{\n        match slot {{"
            );
            for (number, field) in item.fields.iter().enumerate() {
                let wrap = match short(field) {
                    Some(short) => format!("{short}{suffix}"),
                    None => format!("{enumeration}::{}", slot_kind(field)),
                };
                let _ = writeln!(out, "            {number} => w::{wrap}({borrow}self.{}),", field.rust);
            }
            let _ =
                writeln!(out, "            _ => w::{enumeration}::Residue({borrow}self.residue),\n        }}\n    }}");
        }
        if let Some(dynamic) = &item.dynamic {
            let _ = writeln!(
                out,
                "    fn dynamic(&self) -> Option<&dyn w::MapSlot> {{ Some(&self.{0}) }}\n    \
                 fn dynamic_mut(&mut self) -> Option<&mut dyn w::MapSlot> {{ Some(&mut self.{0}) }}",
                dynamic.rust
            );
        }
        let _ = writeln!(out, "}}");
    }
}

fn slot_kind(field: &Field) -> &'static str {
    match field.ty {
        FieldType::Enum(_) => "Enum",
        FieldType::Struct(_) | FieldType::Action => "Record",
        FieldType::Link(_) => "Link",
        _ => "Scalar",
    }
}

/// The functions of `wire::generated` that make slots of the most common scalars.
fn short(field: &Field) -> Option<&'static str> {
    Some(match (&field.ty, field.many) {
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
        _ => return None,
    })
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
