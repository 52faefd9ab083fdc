//! Names in drafts: what CSDL allows, and what the standard has already.

use super::shape::Shape;
use crate::schema;
use crate::wire::ODataType;

/// Names are cut here, as places may be deep and what vendors say long.
pub(super) const LONGEST: usize = 64;

/// A type as it is said: schema and name.
pub(super) type Name = (String, String);

/// What an object says it is, where that can be the name of a type that no schema of this build has.
pub(super) fn of_said(shape: &Shape) -> Option<Name> {
    all_said(shape).into_iter().next()
}

/// All that objects at one place say they are.
pub(super) fn all_said(shape: &Shape) -> Vec<Name> {
    let mut names = Vec::new();
    for said in &shape.types {
        let said = ODataType::from(said.as_str());
        if schema::find_odata_type(&said).is_none()
            && let Some(name) = usable(said.schema(), said.type_name())
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
}

/// The name of a type, where CSDL can have it and it is in no schema of the standard.
pub(super) fn usable(schema: &str, name: &str) -> Option<Name> {
    let fits = is_identifier(name) && schema.split('.').all(is_identifier);
    let standard = schema::find_odata_type(&ODataType::from(format!("#{schema}.{schema}"))).is_some();
    (fits && !standard && schema != "Resource").then(|| (schema.to_owned(), name.to_owned()))
}

pub(super) fn version(said: &str) -> Option<(u16, u16, u16)> {
    said.split('.').find_map(|part| {
        let mut numbers = part.strip_prefix('v')?.split('_').map(|number| number.parse().ok());
        let version = (numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(version)
    })
}

/// What names are compared by: Rust's differ by less than CSDL's.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a name can stand in CSDL, and still is one where words are told apart by case.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name made of what a name may have.
pub(super) fn identifier(text: &str) -> String {
    let mut name = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, 'X');
    }
    // It is the name of a file as well. All of it is ASCII.
    name.truncate(LONGEST);
    name
}

/// A text within an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no way to write them.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
