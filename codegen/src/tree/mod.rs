//! JSON and YAML as one kind of tree, in which every value knows its line: what the front ends for JSON Schema and OpenAPI read.

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
    /// A member of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.members().iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The members of a map; none if it is anything else.
    pub(crate) fn members(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The members of a map within this one; none if there is no such map.
    #[cfg(feature = "openapi")]
    pub(crate) fn members_of(&self, key: &str) -> &[(String, Node)] {
        self.get(key).map(Node::members).unwrap_or_default()
    }

    /// The items of a list; none if it is anything else.
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

    /// What it is, as errors call it.
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

/// The line after as many line breaks.
fn line(breaks: usize) -> u32 {
    u32::try_from(breaks).unwrap_or(u32::MAX).saturating_add(1)
}

fn too_deep(file: &str, line: u32) -> Error {
    Error::at(file, line, format!("more than {MAX_DEPTH} nested values"), "a schema")
}
