//! Enumerations: an open Rust enum, its spellings, and the table that holds them.

use std::fmt::Write as _;

use super::descriptions::Descriptions;
use super::docs;
use super::tables::{member_notes, text};
use crate::model::ir::Enum;

pub(super) fn emit(out: &mut String, item: &Enum, descriptions: &mut Descriptions) {
    let rust = &item.rust_name;
    let upper = rust.to_uppercase();
    let full = format!("{}.{}", item.name.schema, item.name.name);
    docs::item(out, "", &item.docs, &format!("The `{full}` enumeration."));
    let _ = writeln!(out, "#[derive(Clone, PartialEq, Eq, Hash)]\npub enum {rust} {{");
    for member in &item.members {
        docs::item(out, "    ", &member.docs, &format!("`{}`", member.json));
        let _ = writeln!(out, "    {},", member.rust);
    }
    let _ = writeln!(out, "    /// A spelling that the schema does not know.\n    Unrecognized(Box<str>),\n}}");

    let spellings: Vec<_> = item.members.iter().map(|member| text(&member.json)).collect();
    let about = member_notes(item.members.iter().map(|member| &member.docs), descriptions);
    let _ = writeln!(
        out,
        "pub(crate) static E_{upper}: w::EnumTable = w::EnumTable {{ name: {}, members: &[{}], notes: {}, doc: w::Doc({}) }};",
        text(&full),
        spellings.join(", "),
        about,
        descriptions.place(&item.docs),
    );
    let _ = writeln!(
        out,
        "impl {rust} {{\n    /// As it is spelled in JSON.\n    #[must_use]\n    pub fn as_str(&self) -> &str {{\n        match self {{"
    );
    for (member, spelling) in item.members.iter().zip(&spellings) {
        let _ = writeln!(out, "            Self::{} => {spelling},", member.rust);
    }
    let _ = writeln!(out, "            Self::Unrecognized(text) => text,\n        }}\n    }}\n}}");
    let _ = writeln!(
        out,
        "impl w::OpenEnum for {rust} {{\n    \
         fn table() -> &'static w::EnumTable {{ &E_{upper} }}\n    \
         fn spelling(&self) -> &str {{ self.as_str() }}\n    \
         fn make(number: usize, spelling: &str) -> Self {{\n        match number {{"
    );
    for (number, member) in item.members.iter().enumerate() {
        let _ = writeln!(out, "            {number} => Self::{},", member.rust);
    }
    let _ = writeln!(
        out,
        "            _ => Self::Unrecognized(Box::from(spelling)),\n        }}\n    }}\n}}\nw::open_enum_traits!({rust});\n"
    );
}
