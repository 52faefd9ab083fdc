//! A set of payloads and the URIs they answer to: what a service starts from. Reading the files of
//! a folder is [`layout`](crate::tree::layout)'s, changing resources is the store's.

mod demo;
pub(crate) mod digits;
mod layout;
pub(crate) mod payload;
mod small;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use serde_json::Value;

use crate::http::uri;

use payload::{Payload, Problem};

/// The payloads of a Redfish service, by URI.
///
/// A tree comes from a folder ([`Tree::from_dir`]), is the demo tree that this library carries
/// ([`Tree::demo`]), a machine as small as can be ([`Tree::small`]), or is put together in memory ([`Tree::new`] and [`Tree::with`]).
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
    /// Creates a tree without any resource.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a resource to the tree; an earlier one of the same URI is replaced.
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
        self.payloads.insert(key, Payload { body, json: Some(Arc::new(resource)), exact: None, file: String::new() });
    }

    /// Adds a payload to the tree, byte for byte, be it JSON or not; an earlier one of the same URI is replaced.
    ///
    /// ```
    /// use rosefish_mock::Tree;
    ///
    /// let tree = Tree::new().with_body("/redfish/v1", r#"{"Name":"Root","Vendor":"a raw newline:
    /// "}"#);
    /// assert!(tree.json("/redfish/v1").is_none() && tree.bytes("/redfish/v1").is_some());
    /// ```
    #[must_use]
    pub fn with_body(mut self, uri: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = Bytes::from(body.into());
        let (json, exact) = digits::parse(&body).map_or((None, None), digits::split);
        let key = uri::key(uri);
        self.aliases.remove(&key);
        self.payloads.insert(key, Payload { body, json, exact, file: String::new() });
        self
    }

    /// Returns how many payloads there are.
    pub fn len(&self) -> usize {
        self.payloads.len()
    }

    /// Returns whether there is no payload at all.
    pub fn is_empty(&self) -> bool {
        self.payloads.is_empty()
    }

    /// Returns whether there is a service root.
    pub fn has_root(&self) -> bool {
        self.json(uri::ROOT).is_some_and(Value::is_object)
    }

    /// Returns the URIs of all payloads, sorted, each once and without trailing slash.
    pub fn uris(&self) -> impl Iterator<Item = &str> {
        self.payloads.keys().map(String::as_str)
    }

    /// Returns the payloads that came from files: the file's path relative to the tree, and the URI it
    /// answers to.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.payloads
            .iter()
            .filter(|(_, payload)| !payload.file.is_empty())
            .map(|(uri, payload)| (payload.file.as_str(), uri.as_str()))
    }

    /// Returns the bytes of a payload as they were captured.
    pub fn bytes(&self, uri: &str) -> Option<&[u8]> {
        self.payload(uri).map(|payload| payload.body.as_ref())
    }

    /// Returns a payload's JSON; `None` if there is no such payload or it is not JSON.
    pub fn json(&self, uri: &str) -> Option<&Value> {
        self.payload(uri)?.json.as_deref()
    }

    /// Returns what was unusual about the files.
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
