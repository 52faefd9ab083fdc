//! A payload of a tree, and what may be unusual about it.

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::Value;

/// A file of a tree: its path relative to the tree, with `/` between the parts.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) body: Bytes,
}

/// One payload as it was captured.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    /// The bytes, untouched.
    pub(crate) body: Bytes,
    /// What they mean; `None` where they are not JSON.
    pub(crate) json: Option<Arc<Value>>,
    /// The same with marked numbers ([`digits`](crate::tree::digits)), where it has such.
    pub(crate) exact: Option<Arc<Value>>,
    /// The file the payload came from, relative to the tree; empty if it was made in memory.
    pub(crate) file: String,
}

/// Something unusual about one file of a tree. The file is served nevertheless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub(crate) file: String,
    pub(crate) uri: String,
    pub(crate) kind: ProblemKind,
}

/// What may be unusual about a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Its text is not JSON, for this reason. It is served as it is.
    NotJson(String),
    /// Its `@odata.id` is not what its folder says; it answers to both.
    OtherId(String),
    /// Its `@odata.id` is that of another payload as well; it answers to its place only.
    DuplicateId(String),
    /// Its `@odata.id` names a part of a resource; it answers to its place.
    FragmentId(String),
}

impl Problem {
    /// Returns the file's path, relative to the tree.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the URI under which the file is served.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Returns what is unusual.
    pub fn kind(&self) -> &ProblemKind {
        &self.kind
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match &self.kind {
            ProblemKind::NotJson(why) => write!(f, "is not JSON ({why}); served as it is"),
            ProblemKind::OtherId(id) => write!(f, "its @odata.id is {id}; it answers to that and to {}", self.uri),
            ProblemKind::DuplicateId(id) => {
                write!(f, "its @odata.id {id} is another payload's too; it answers to {}", self.uri)
            }
            ProblemKind::FragmentId(id) => {
                write!(f, "its @odata.id {id} names a part of a resource; it answers to {}", self.uri)
            }
        }
    }
}
