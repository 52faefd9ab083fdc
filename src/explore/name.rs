//! Names in drafts: which ones CSDL allows, and which ones the standard already has.

use super::shape::Shape;
use crate::schema;
use crate::wire::ODataType;

/// Names are truncated to this length, as places may be deep and vendors' names long.
pub(super) const LONGEST: usize = 64;

/// A type's schema and name, as a payload has them.
pub(super) type Name = (String, String);

/// Returns the type that objects name, if it is a valid name and no schema of this build has it.
pub(super) fn of_said(shape: &Shape) -> Option<Name> {
    all_said(shape).into_iter().next()
}

/// Returns all such types that objects at one place name.
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

/// Returns the name of a type if CSDL allows it and the standard has no schema of that name.
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

/// Returns the form in which names are compared. It ignores what may get lost when CSDL names become Rust names.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns whether a name is a CSDL identifier in ASCII, whose words can be separated by case.
pub(super) fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Turns a text into an identifier.
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
    // The name is also used for a file. It is ASCII, so truncating it can't split a character.
    name.truncate(LONGEST);
    name
}

/// Escapes a text for an XML attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML can't represent these.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
