//! Writes enumerations: an open Rust enum and its spellings.

use std::fmt::Write as _;

use super::{docs, layout};
use crate::model::ir::Enum;

/// Writes an enumeration, the one with this number in its schema.
pub(super) fn emit(out: &mut String, item: &Enum, number: usize) {
    let rust = &item.rust_name;
    let full = format!("{}.{}", item.name.schema, item.name.name);
    docs::item(out, "", &item.docs, &format!("The `{full}` enumeration."), None);
    let _ = writeln!(out, "#[non_exhaustive]\npub enum {rust} {{");
    for member in &item.members {
        docs::item(out, "    ", &member.docs, &format!("`{}`", member.json), None);
        let _ = writeln!(out, "    {},", member.rust);
    }
    let _ = writeln!(out, "    /// A spelling that the schema does not know.\n    Unrecognized(Box<str>),\n}}\n");

    let _ = writeln!(out, "impl w::OpenEnum for {rust} {{");
    let _ = writeln!(out, "    fn spelling(&self) -> &str {{\n        match self {{");
    for member in &item.members {
        let arm = layout::arm(12, &format!("Self::{}", member.rust), &format!("{:?}", member.json));
        let _ = writeln!(out, "            {arm}");
    }
    let _ = writeln!(out, "            Self::Unrecognized(text) => text,\n        }}\n    }}\n");
    let _ = writeln!(out, "    fn of(member: w::Member<'_>) -> Self {{\n        match M.member({number}, &member) {{");
    for (number, member) in item.members.iter().enumerate() {
        let _ = writeln!(out, "            {number} => Self::{},", member.rust);
    }
    let _ = writeln!(out, "            _ => Self::Unrecognized(member.unrecognized()),\n        }}\n    }}\n}}\n");
}
