//! Rust names for what the standard names. Words are told apart by [`words`]; here they become fields, types, variants and
//! modules that are valid, unique where they stand and follow Rust's conventions.
//!
//! Types and variants keep the standard's spelling (`PCIeDevice`) where Rust allows it. A type that would hide a type of
//! Rust's prelude takes `Value` after its name, a variant that would begin with a digit takes `V` before it.

mod words;

use std::collections::{BTreeMap, BTreeSet};

use super::ir::{Model, StructKind, TypeName};
use crate::error::Error;
pub(crate) use words::Acronyms;

/// Rust's keywords that can be raw identifiers.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else", "enum",
    "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod", "move",
    "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait", "true", "try", "type", "typeof",
    "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Keywords that can't be raw identifiers.
const RESERVED: &[&str] = &["crate", "self", "super", "_"];

/// Names that generated code and its users write without a path.
const PRELUDE: &[&str] = &[
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Drop",
    "Eq",
    "Err",
    "Fn",
    "From",
    "Into",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "Result",
    "Self",
    "Send",
    "Sized",
    "Some",
    "String",
    "Sync",
    "ToString",
    "Vec",
];

/// Modules next to those of schemas: the traits of crates that extend the library, and short names of other modules.
const BESIDE_MODULES: &[&str] = &["methods", "r", "s", "w"];

/// The field that every record has besides those of its schema.
const RESIDUE: &str = "residue";

/// Names everything in the model. Types in `renamed` (`Schema.Type`) get the name that is given there.
pub(super) fn name(model: &mut Model, acronyms: &Acronyms, renamed: &BTreeMap<String, String>) {
    let mut modules: BTreeSet<_> = BESIDE_MODULES.iter().map(|name| (*name).to_owned()).collect();
    for schema in model.schemas.values_mut() {
        schema.module = unique(&mut modules, identifier(acronyms.snake(&schema.name)));
    }
    // Types come before parameter sets and excerpts, whose names this compiler makes up and may change.
    let mut names: BTreeSet<(String, String)> = BTreeSet::new();
    // The names of free-form types never change.
    names.extend(model.open_types.keys().map(|name| (name.schema.clone(), name.name.clone())));
    // The marker type of a collection is named after it.
    for ty in model.structs.values().filter(|ty| matches!(ty.kind, StructKind::Collection(_))) {
        names.insert((ty.name.schema.clone(), format!("{}Kind", camel(&ty.name.name))));
    }
    let mut place = |name: &TypeName| {
        let chosen = renamed.get(&format!("{}.{}", name.schema, name.name));
        let mut rust = chosen.cloned().unwrap_or_else(|| camel(&name.name));
        if hides(&rust) {
            rust.push_str("Value");
        }
        let mut number = 2;
        let base = rust.clone();
        while !names.insert((name.schema.clone(), rust.clone())) {
            rust = format!("{base}{number}");
            number += 1;
        }
        rust
    };
    for ty in model.enums.values_mut() {
        ty.rust_name = place(&ty.name);
        let mut variants = BTreeSet::from(["Unrecognized".to_owned(), "Self".to_owned()]);
        for member in &mut ty.members {
            member.rust = unique(&mut variants, camel(&member.json));
        }
    }
    // Most names occur in many types, so that each is converted only once.
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    for ty in model.structs.values_mut() {
        ty.rust_name = place(&ty.name);
        let mut fields = BTreeSet::from([RESIDUE.to_owned()]);
        for field in &mut ty.fields {
            let name = match known.get(&field.json) {
                Some(name) => name.clone(),
                None => {
                    let name = identifier(snake_of_json(&field.json, acronyms));
                    known.insert(field.json.clone(), name.clone());
                    name
                }
            };
            field.rust = unique(&mut fields, name);
        }
        if let Some(dynamic) = &mut ty.dynamic {
            dynamic.rust = unique(&mut fields, "properties".to_owned());
        }
        let mut methods = BTreeSet::new();
        for action in &mut ty.actions {
            action.rust = unique(&mut methods, identifier(acronyms.snake(&action.name.name)));
        }
    }
}

/// Checks that every name in the model is a Rust identifier and can be a file name: names are written into code as they are.
///
/// # Errors
///
/// For the first name that isn't.
pub(super) fn check(model: &Model) -> Result<(), Error> {
    let check = |schema: &str, standard: &str, rust: &str| match is_identifier(rust) {
        true => Ok(()),
        false => {
            Err(Error::of(format!("schema {schema:?}"), format!("the name {standard:?}"), "letters, digits and `_`"))
        }
    };
    for schema in model.schemas.values() {
        check(&schema.name, &schema.name, &schema.module)?;
    }
    for name in model.open_types.keys() {
        check(&name.schema, &name.name, &name.name)?;
    }
    for item in model.enums.values() {
        check(&item.name.schema, &item.name.name, &item.rust_name)?;
        for member in &item.members {
            check(&item.name.schema, &member.json, &member.rust)?;
        }
    }
    for item in model.structs.values() {
        check(&item.name.schema, &item.name.name, &item.rust_name)?;
        for field in &item.fields {
            check(&item.name.schema, &field.json, &field.rust)?;
        }
        for action in &item.actions {
            check(&item.name.schema, &action.name.name, &action.rust)?;
        }
    }
    Ok(())
}

/// Returns whether a type of this name would hide something that generated code writes without a path.
pub(crate) fn hides(name: &str) -> bool {
    PRELUDE.contains(&name)
}

/// Returns whether a name is an identifier of ASCII characters only, so that it can't be mistaken for another name.
fn is_identifier(name: &str) -> bool {
    let (is_raw, plain) = name.strip_prefix("r#").map_or((false, name), |plain| (true, plain));
    let starts = plain.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    let goes_on = plain.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    starts && goes_on && !RESERVED.contains(&plain) && (is_raw || !KEYWORDS.contains(&plain))
}

/// `@odata.id` -> `odata_id`, `Members@odata.nextLink` -> `members_next_link`, `#ComputerSystem.Reset` -> `reset`.
fn snake_of_json(json: &str, acronyms: &Acronyms) -> String {
    if let Some(action) = json.strip_prefix('#') {
        let name = action.rsplit('.').next().unwrap_or(action);
        return acronyms.snake(name);
    }
    match json.split_once("@odata.") {
        Some(("", control)) => format!("odata_{}", acronyms.snake(control)),
        Some((property, control)) => {
            format!("{}_{}", acronyms.snake(property), acronyms.snake(control))
        }
        None => acronyms.snake(json),
    }
}

/// Makes a name an identifier: not a keyword, not empty, and without a leading digit.
fn identifier(name: String) -> String {
    if RESERVED.contains(&name.as_str()) || name.is_empty() {
        format!("{name}_value")
    } else if KEYWORDS.contains(&name.as_str()) {
        format!("r#{name}")
    } else if name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("n{name}")
    } else {
        name
    }
}

fn unique(taken: &mut BTreeSet<String>, name: String) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        candidate = format!("{name}{number}");
        number += 1;
    }
    candidate
}

/// Returns the name of a type or a variant: the standard's spelling, as far as Rust's conventions allow.
fn camel(name: &str) -> String {
    let mut camel = String::new();
    let mut parts = Vec::new();
    let mut part = String::new();
    for character in name.chars() {
        if character.is_ascii_alphanumeric() {
            part.push(character);
        } else {
            parts.push(std::mem::take(&mut part));
            // The one character that changes the meaning of what stands before it.
            if character == '+' {
                parts.push("Plus".to_owned());
            }
        }
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    let several = parts.len() > 1;
    for part in &parts {
        let shouted = several
            && part.chars().any(|letter| letter.is_ascii_uppercase())
            && !part.chars().any(|letter| letter.is_ascii_lowercase());
        // Two adjacent numbers would read as one.
        if camel.ends_with(|last: char| last.is_ascii_digit()) && part.starts_with(|first: char| first.is_ascii_digit())
        {
            camel.push('_');
        }
        let mut characters = part.chars();
        if let Some(first) = characters.next() {
            camel.push(first.to_ascii_uppercase());
        }
        if shouted {
            camel.push_str(&characters.as_str().to_ascii_lowercase());
        } else {
            camel.push_str(characters.as_str());
        }
    }
    if camel.is_empty() || camel.starts_with(|first: char| first.is_ascii_digit()) {
        camel.insert(0, 'V');
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{field, model, name, ty};

    #[test]
    fn types_and_variants_keep_the_standards_spelling_where_rust_allows() {
        for (standard, rust) in [
            ("PCIeDevice", "PCIeDevice"),
            ("RAID10", "RAID10"),
            ("iSCSIBoot", "ISCSIBoot"),
            ("8259", "V8259"),
            ("HTTP/2", "Http2"),
            ("Multi-bit", "MultiBit"),
            ("N+m", "NPlusM"),
            ("TPM_ALG_SHA256", "TpmAlgSha256"),
            ("CXL1_1", "Cxl1_1"),
            ("x86-64", "X86_64"),
            ("Lower Critical - going low", "LowerCriticalGoingLow"),
            ("Target_PrivilegeMap", "TargetPrivilegeMap"),
            ("", "V"),
            ("\u{e9}", "V"),
        ] {
            assert_eq!(camel(standard), rust, "{standard}");
        }
    }

    #[test]
    fn names_are_identifiers_and_unique_where_they_stand() {
        let model = model(
            r#"<Schema Namespace="Alpha">
                 <ComplexType Name="Option">
                   <Property Name="Type" Type="Edm.String"/>
                   <Property Name="Self" Type="Edm.String"/>
                   <Property Name="128Bit" Type="Edm.String"/>
                   <Property Name="MemberId" Type="Edm.String"/>
                   <Property Name="MemberID" Type="Edm.String"/>
                 </ComplexType>
                 <EnumType Name="Colour"><Member Name="A_B"/><Member Name="AB"/><Member Name="Unrecognized"/><Member Name="Self"/></EnumType>
                 <ComplexType Name="A_B"/><ComplexType Name="AB"/><ComplexType Name="Called"/>
               </Schema>
               <Schema Namespace="Type"><ComplexType Name="A"/></Schema>"#,
        )
        .unwrap();
        assert_eq!(ty(&model, "Alpha.Option").rust_name, "OptionValue");
        for (json, rust) in [
            ("Type", "r#type"),
            ("Self", "self_value"),
            ("128Bit", "n128_bit"),
            ("MemberId", "member_id"),
            ("MemberID", "member_id2"),
        ] {
            assert_eq!(field(&model, "Alpha.Option", json).rust, rust);
        }
        let variants: Vec<_> =
            model.enums[&name("Alpha.Colour")].members.iter().map(|member| member.rust.as_str()).collect();
        assert_eq!(variants, ["AB", "AB2", "Unrecognized2", "Self2"]);
        assert_eq!(ty(&model, "Alpha.AB").rust_name, "AB");
        assert_eq!(ty(&model, "Alpha.A_B").rust_name, "AB2");
        assert_eq!(ty(&model, "Alpha.Called").rust_name, "Otherwise", "the manifest says so");
        assert_eq!(model.schemas["Type"].module, "r#type");
    }
}
