//! A set of payloads and the URIs they answer to: what a service starts from. Reading the files of
//! a folder is [`layout`](crate::tree::layout)'s, changing resources is the store's.

mod demo;
mod layout;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::Value;

use crate::error::Error;
use crate::http::uri;

/// One payload as it was captured.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    /// The bytes, untouched.
    pub(crate) body: Bytes,
    /// What they mean; `None` where they are no JSON.
    pub(crate) json: Option<Arc<Value>>,
    /// The file the payload came from, relative to the tree; empty if it was made in memory.
    pub(crate) file: String,
}

/// The payloads of a Redfish service, by URI.
///
/// A tree comes from a folder ([`Tree::from_dir`]), is the demo tree that this library carries
/// ([`Tree::demo`]), or is put together in memory ([`Tree::new`] and [`Tree::with`]).
///
/// ```
/// use rosefish_mock::Tree;
/// use serde_json::json;
///
/// let tree = Tree::new()
///     .with("/redfish/v1", json!({ "Id": "RootService", "Name": "Root", "RedfishVersion": "1.15.0" }))
///     .with("/redfish/v1/Systems", json!({ "Members": [], "Members@odata.count": 0 }));
/// assert_eq!(tree.len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct Tree {
    pub(crate) payloads: BTreeMap<String, Payload>,
    /// Other URIs of a payload: its `@odata.id` where that differs from its place.
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) problems: Vec<Problem>,
}

impl Tree {
    /// A tree without any resource.
    pub fn new() -> Self {
        Self::default()
    }

    /// The tree that this library carries: a two-socket rack server.
    pub fn demo() -> Self {
        layout::assemble(demo::files())
    }

    /// Reads a folder of payloads that has a service root.
    ///
    /// Both usual layouts are understood, also mixed:
    ///
    /// - DMTF's mockup layout: one folder per resource with an `index.json` in it. The folder's
    ///   path is the URI; the path may or may not start with `redfish/v1`. `headers.json` is passed
    ///   over.
    /// - `name.json`: the URI is the payload's `@odata.id`; without one it is the path, with and
    ///   without the `.json`.
    ///
    /// A payload whose `@odata.id` differs from its folder answers to both, as long as no other
    /// payload has a better claim. Text that isn't JSON is served as it was captured.
    /// [`Tree::problems`] says what was unusual.
    ///
    /// # Errors
    ///
    /// If the folder can't be read, or nothing in it is a service root (`/redfish/v1`).
    pub fn from_dir(dir: impl AsRef<Path>) -> Result<Self, Error> {
        let dir = dir.as_ref();
        let tree = Self::from_dir_without_root(dir)?;
        if tree.has_root() {
            return Ok(tree);
        }
        Err(Error::new(format!(
            "{}: none of its {} payloads is a service root; one needs to be redfish/v1/index.json, index.json, or a file whose \
             @odata.id is /redfish/v1 (Tree::from_dir_without_root serves a folder that has none)",
            dir.display(),
            tree.len()
        )))
    }

    /// Reads a folder of payloads like [`Tree::from_dir`], service root or not.
    ///
    /// # Errors
    ///
    /// If the folder can't be read.
    pub fn from_dir_without_root(dir: impl AsRef<Path>) -> Result<Self, Error> {
        Ok(layout::assemble(layout::read(dir.as_ref())?))
    }

    /// This tree with one more resource; an earlier one of the same URI is replaced.
    #[must_use]
    pub fn with(mut self, uri: &str, resource: Value) -> Self {
        self.insert(uri, resource);
        self
    }

    /// Adds a resource; an earlier one of the same URI is replaced.
    ///
    /// An object without `@odata.id` gets one.
    pub fn insert(&mut self, uri: &str, mut resource: Value) {
        if let Value::Object(object) = &mut resource {
            object.entry("@odata.id").or_insert_with(|| uri.into());
        }
        let key = uri::key(uri);
        self.aliases.remove(&key);
        let body = Bytes::from(resource.to_string());
        self.payloads.insert(key, Payload { body, json: Some(Arc::new(resource)), file: String::new() });
    }

    /// How many payloads there are.
    pub fn len(&self) -> usize {
        self.payloads.len()
    }

    /// Whether there is no payload at all.
    pub fn is_empty(&self) -> bool {
        self.payloads.is_empty()
    }

    /// Whether there is a service root.
    pub fn has_root(&self) -> bool {
        self.json(uri::ROOT).is_some_and(Value::is_object)
    }

    /// The URIs of all payloads, sorted, each once and without trailing slash.
    pub fn uris(&self) -> impl Iterator<Item = &str> {
        self.payloads.keys().map(String::as_str)
    }

    /// The payloads that came from files: the file's path relative to the tree, and the URI it
    /// answers to.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.payloads
            .iter()
            .filter(|(_, payload)| !payload.file.is_empty())
            .map(|(uri, payload)| (payload.file.as_str(), uri.as_str()))
    }

    /// The bytes of a payload as they were captured.
    pub fn bytes(&self, uri: &str) -> Option<&[u8]> {
        self.payload(uri).map(|payload| payload.body.as_ref())
    }

    /// A payload's JSON; `None` if there is no such payload or it is no JSON.
    pub fn json(&self, uri: &str) -> Option<&Value> {
        self.payload(uri)?.json.as_deref()
    }

    /// What was unusual about the files.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    fn payload(&self, uri: &str) -> Option<&Payload> {
        let key = uri::key(uri);
        let key = self.aliases.get(&key).unwrap_or(&key);
        self.payloads.get(key)
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("payloads", &self.payloads.len()).field("problems", &self.problems).finish()
    }
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
    /// Its text is no JSON, for this reason. It is served as it is.
    NotJson(String),
    /// Its `@odata.id` is not what its folder says; it answers to both.
    OtherId(String),
    /// Its `@odata.id` is that of another payload as well; it answers to its place only.
    DuplicateId(String),
    /// Its `@odata.id` names a part of a resource; it answers to its place.
    FragmentId(String),
}

impl Problem {
    /// The file's path, relative to the tree.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The URI under which the file is served.
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// What is unusual.
    pub fn kind(&self) -> &ProblemKind {
        &self.kind
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match &self.kind {
            ProblemKind::NotJson(why) => write!(f, "is no JSON ({why}); served as it is"),
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
