//! A file of schemas: its name, its language, and the schema that it is for.

use crate::error::Error;
use crate::tree::Node;

/// How a language names Redfish's extensions to JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// JSON Schema: `longDescription`, `readonly`.
    JsonSchema,
    /// OpenAPI 3.0: `x-longDescription`, `readOnly`.
    OpenApi,
}

impl Dialect {
    /// Returns the value of one of Redfish's own keywords.
    pub(crate) fn get<'n>(self, node: &'n Node, word: &str) -> Option<&'n Node> {
        match self {
            Self::JsonSchema => node.get(word),
            Self::OpenApi => {
                node.members().iter().find(|(name, _)| name.strip_prefix("x-") == Some(word)).map(|(_, node)| node)
            }
        }
    }
}

/// A file of schemas while it is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'f> {
    /// The file's name, as errors show it.
    pub(crate) file: &'f str,
    pub(crate) dialect: Dialect,
    /// The schema that the file is for, without version.
    pub(crate) schema: &'f str,
}

/// Returns the file name without its ending: `ComputerSystem.v1_2_0` of `json-schema/ComputerSystem.v1_2_0.json`.
pub(crate) fn stem(file: &str) -> &str {
    let name = file.rsplit('/').next().unwrap_or(file);
    [".json", ".yaml", ".yml"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// Checks that a name can be a type's: one with a dot or a parenthesis would be read as something else.
pub(crate) fn check_name(source: Source<'_>, node: &Node, what: &str, name: &str) -> Result<(), Error> {
    let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    match !name.is_empty() && name.chars().all(plain) {
        true => Ok(()),
        false => Err(node.error(source.file, format!("`{name}` as the name of {what}"), "letters, digits and `_`")),
    }
}

/// The place of a value: the type that has it, and its name there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'p> {
    pub(crate) schema: &'p str,
    pub(crate) ty: &'p str,
    pub(crate) name: &'p str,
}
