//! Enumerations: an open Rust enum and its spellings.

use std::fmt::Write as _;

use super::docs;
use crate::model::ir::Enum;

/// The enumeration of this number in its schema.
pub(super) fn emit(out: &mut String, item: &Enum, number: usize) {
    let rust = &item.rust_name;
    let full = format!("{}.{}", item.name.schema, item.name.name);
    docs::item(out, "", &item.docs, &format!("The `{full}` enumeration."));
    let _ = writeln!(out, "pub enum {rust} {{");
    for member in &item.members {
        docs::item(out, "    ", &member.docs, &format!("`{}`", member.json));
        let _ = writeln!(out, "    {},", member.rust);
    }
    let _ = writeln!(out, "    /// A spelling that the schema does not know.\n    Unrecognized(Box<str>),\n}}");

    let _ = writeln!(
        out,
        "impl {rust} {{\n    /// As it is spelled in JSON.\n    #[must_use]\n    pub fn as_str(&self) -> &str {{\n        match self {{"
    );
    for member in &item.members {
        let _ = writeln!(out, "            Self::{} => {:?},", member.rust, member.json);
    }
    let _ = writeln!(out, "            Self::Unrecognized(text) => text,\n        }}\n    }}\n}}");
    let _ = writeln!(
        out,
        "impl w::OpenEnum for {rust} {{\n    \
         fn spelling(&self) -> &str {{ self.as_str() }}\n    \
         fn of(member: w::Member<'_>) -> Self {{\n        match M.member({number}, &member) {{"
    );
    for (number, member) in item.members.iter().enumerate() {
        let _ = writeln!(out, "            {number} => Self::{},", member.rust);
    }
    let _ = writeln!(
        out,
        "            _ => Self::Unrecognized(member.unrecognized()),\n        }}\n    }}\n}}\nw::open_enum_traits!({rust});\n"
    );
}
