//! JSON and YAML as one kind of tree, in which every value knows its line. The front ends for JSON Schema and OpenAPI read it.

pub(crate) mod json;
#[cfg(feature = "openapi")]
pub(crate) mod yaml;

use crate::error::Error;

/// No schema nests deeper than about twenty values; this only keeps hostile input from exhausting the stack.
const MAX_DEPTH: usize = 128;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: u32,
    pub(crate) value: Value,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    /// Returns the value of a key, if this is a map that has it.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// Returns the members of a map; an empty slice for any other value.
    pub(crate) fn members(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// Returns the members of the map that this one has under a key; an empty slice if it isn't there.
    #[cfg(feature = "openapi")]
    pub(crate) fn members_of(&self, key: &str) -> &[(String, Node)] {
        self.get(key).map(Node::members).unwrap_or_default()
    }

    /// Returns the items of a list; an empty slice for any other value.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(flag) => Some(flag),
            _ => None,
        }
    }

    /// Returns the kind of value, as errors name it.
    pub(crate) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Number(_) => "a number",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    pub(crate) fn error(&self, file: &str, found: impl Into<String>, expected: impl Into<String>) -> Error {
        Error::at(file, self.line, found, expected)
    }
}

/// Returns the number of the line after this many line breaks.
fn line(breaks: usize) -> u32 {
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

fn too_deep(file: &str, line: u32) -> Error {
    Error::at(file, line, format!("more than {MAX_DEPTH} nested values"), "a schema")
}
