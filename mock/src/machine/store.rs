//! The resources of a running service: looked up, changed, added and removed, with their entity
//! tags. The handlers decide whether a client may do so.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::http::reply::{JSON, Reply};
use crate::http::{etag, uri};
use crate::tree::payload::Payload;
use crate::tree::{Tree, digits};

/// A resource in its current state.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// What a GET answers: the captured bytes until the resource is changed.
    pub(crate) body: Bytes,
    pub(crate) content_type: &'static str,
    /// The value of the `ETag` header.
    pub(crate) etag: String,
    /// The parsed body; `None` if it is not JSON.
    pub(crate) json: Option<Arc<Value>>,
    /// The same with marked numbers ([`digits`]), if it has any.
    exact: Option<Arc<Value>>,
}

impl Resource {
    fn captured(payload: &Payload, key: &str) -> Self {
        let content_type = content_type(payload, key);
        let etag = payload.json.as_deref().and_then(own_etag).unwrap_or_else(|| etag::of_bytes(&payload.body));
        Self {
            body: payload.body.clone(),
            content_type,
            etag,
            json: payload.json.clone(),
            exact: payload.exact.clone(),
        }
    }

    /// Creates a changed resource. Numbers that it had before keep their digits.
    fn changed(mut json: Value, before: Option<&Self>) -> Self {
        if let Some(exact) = before.and_then(|before| before.exact.as_deref()) {
            digits::restore(&mut json, exact);
        }
        let stale = json.as_object_mut().and_then(|object| object.remove("@odata.etag"));
        let tag = etag::of_bytes(digits::write(&json).as_bytes());
        // A body with a tag gets the current one, weak if the old one was weak.
        let tag = match (&stale, json.as_object_mut()) {
            (Some(stale), Some(object)) => {
                let weak = stale.as_str().is_some_and(|stale| stale.starts_with("W/"));
                let tag = if weak { format!("W/{tag}") } else { tag };
                object.insert("@odata.etag".to_owned(), tag.clone().into());
                tag
            }
            _ => tag,
        };
        let body = digits::write(&json).into();
        let (json, exact) = digits::split(json);
        Self { body, content_type: JSON, etag: tag, json, exact }
    }

    /// Creates content that is not a resource of the store: a part of one, or several together. `etag` is
    /// the tag of the resource that it is a part of; without it, the content gets a weak tag of its own.
    pub(crate) fn made(json: Value, etag: Option<&str>) -> Self {
        let body = Bytes::from(digits::write(&json));
        let etag = etag.map_or_else(|| format!("W/{}", etag::of_bytes(&body)), str::to_owned);
        let (json, exact) = digits::split(json);
        Self { body, content_type: JSON, etag, json, exact }
    }

    /// Returns the parsed body with marked numbers, for use as a part of another body.
    pub(crate) fn exact(&self) -> Option<&Value> {
        self.exact.as_deref().or(self.json.as_deref())
    }

    /// Creates a reply with the unchanged resource.
    pub(crate) fn reply(&self, status: StatusCode) -> Reply {
        Reply::body(status, self.content_type, self.body.clone()).with(header::ETAG, &self.etag)
    }

    /// Returns how many members a collection has.
    pub(crate) fn member_count(&self) -> usize {
        self.object().get("Members").and_then(Value::as_array).map_or(0, Vec::len)
    }

    /// Returns the resource as an object, which is empty if the body is something else.
    pub(crate) fn object(&self) -> &Map<String, Value> {
        static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
        self.json.as_deref().and_then(Value::as_object).unwrap_or(&EMPTY)
    }
}

fn own_etag(json: &Value) -> Option<String> {
    json.get("@odata.etag")?.as_str().filter(|tag| etag::is_tag(tag)).map(str::to_owned)
}

fn content_type(payload: &Payload, key: &str) -> &'static str {
    if payload.json.is_some() {
        return JSON;
    }
    let start: String =
        String::from_utf8_lossy(payload.body.get(..64).unwrap_or(&payload.body)).trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        "text/html; charset=utf-8"
    } else if start.starts_with('<') || key.ends_with(".xml") {
        "application/xml"
    } else {
        // Broken JSON is served with the content type that it was meant to have.
        JSON
    }
}

/// A change of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) key: String,
    /// The resource before; `None` if it is new.
    pub(crate) before: Option<Resource>,
    /// The resource after; `None` if it was removed.
    pub(crate) after: Option<Resource>,
}

/// All resources of a service by key.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    resources: BTreeMap<String, Resource>,
    aliases: HashMap<String, String>,
    changes: Vec<Change>,
}

impl Store {
    pub(crate) fn new(tree: &Tree) -> Self {
        Self {
            resources: tree
                .payloads
                .iter()
                .map(|(key, payload)| (key.clone(), Resource::captured(payload, key)))
                .collect(),
            aliases: tree.aliases.clone().into_iter().collect(),
            changes: Vec::new(),
        }
    }

    /// Takes the changes since the last call.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Returns the key that a resource is stored under. It differs from the given one if the resource has
    /// several.
    pub(crate) fn resolve<'a>(&'a self, key: &'a str) -> &'a str {
        self.aliases.get(key).map_or(key, String::as_str)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Resource> {
        self.resources.get(self.resolve(key))
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Resource)> {
        self.resources.iter().map(|(key, resource)| (key.as_str(), resource))
    }

    /// Replaces or adds a resource.
    pub(crate) fn set(&mut self, key: &str, json: Value) -> &Resource {
        let key = self.resolve(key).to_owned();
        let before = self.resources.get(&key).cloned();
        let resource = Resource::changed(json, before.as_ref());
        self.changes.push(Change { key: key.clone(), before, after: Some(resource.clone()) });
        match self.resources.entry(key) {
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                entry.insert(resource);
                entry.into_mut()
            }
            std::collections::btree_map::Entry::Vacant(entry) => entry.insert(resource),
        }
    }

    /// Adds a file to download, which is not a resource.
    pub(crate) fn add_file(&mut self, key: &str, body: Bytes) {
        let etag = etag::of_bytes(&body);
        let file = Resource { body, content_type: "application/octet-stream", etag, json: None, exact: None };
        self.resources.insert(key.to_owned(), file);
    }

    /// Copies a changed log entry into its collection if that contains entries in full.
    pub(crate) fn show_in_collection(&mut self, key: &str) {
        let (Some(collection), Some(entry)) =
            (self.collection_of(key), self.get(key).and_then(Resource::exact).cloned())
        else {
            return;
        };
        self.update(&collection, |collection| {
            let members = collection.get_mut("Members").and_then(Value::as_array_mut).into_iter().flatten();
            for member in members {
                let whole = member.as_object().is_some_and(|member| member.len() > 1);
                if whole && member.get("@odata.id") == entry.get("@odata.id") {
                    *member = entry.clone();
                }
            }
        });
    }

    /// Restores a resource byte for byte.
    pub(crate) fn put_back(&mut self, key: &str, resource: Resource) {
        let before = self.resources.insert(key.to_owned(), resource.clone());
        self.changes.push(Change { key: key.to_owned(), before, after: Some(resource) });
    }

    /// Changes a resource that is an object. Does nothing if there is none.
    pub(crate) fn update(&mut self, key: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let Some(mut json) = self.get(key).and_then(|resource| resource.json.as_deref()).cloned() else {
            return;
        };
        if let Some(object) = json.as_object_mut() {
            change(object);
            self.set(key, json);
        }
    }

    /// Removes a resource and everything below it.
    pub(crate) fn remove(&mut self, key: &str) {
        let key = self.resolve(key).to_owned();
        let below = format!("{key}/");
        let gone: Vec<String> = self
            .resources
            .range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded))
            .map(|(other, _)| other)
            .take_while(|other| other.starts_with(&below))
            .cloned()
            .collect();
        for other in gone.into_iter().chain([key.clone()]) {
            if let Some(before) = self.resources.remove(&other) {
                self.changes.push(Change { key: other, before: Some(before), after: None });
            }
        }
        self.aliases.retain(|_, target| *target != key && !target.starts_with(&below));
    }

    /// Returns whether a resource is a collection: its `Members` is an array or null.
    pub(crate) fn is_collection(&self, key: &str) -> bool {
        self.get(key).is_some_and(|resource| {
            resource.object().get("Members").is_some_and(|members| members.is_array() || members.is_null())
        })
    }

    /// Returns the keys of a collection's members.
    pub(crate) fn members(&self, key: &str) -> Vec<String> {
        let Some(Value::Array(members)) = self.get(key).and_then(|resource| resource.object().get("Members")) else {
            return Vec::new();
        };
        members.iter().filter_map(member_key).collect()
    }

    /// Returns the collections and their members, by the keys they are stored under.
    pub(crate) fn collections(&self) -> BTreeMap<String, Vec<String>> {
        let collections = self.resources.keys().filter(|key| self.is_collection(key));
        collections
            .map(|key| {
                let members = self.members(key).iter().map(|member| self.resolve(member).to_owned()).collect();
                (key.clone(), members)
            })
            .collect()
    }

    /// Returns the collection that lists a resource as a member, one level above it.
    pub(crate) fn collection_of(&self, key: &str) -> Option<String> {
        let key = self.resolve(key);
        let parent = self.resolve(uri::parent(key)?);
        let members = self.get(parent)?.object().get("Members")?.as_array()?;
        // Logs have thousands of members: comparing the URIs as they are written is enough for most.
        let same = |member: &Value| {
            let id = member.get("@odata.id").and_then(Value::as_str).unwrap_or_default();
            id == key || member_key(member).is_some_and(|member| self.resolve(&member) == key)
        };
        members.iter().any(same).then(|| parent.to_owned())
    }

    /// Adds a resource to the store and to its collection.
    pub(crate) fn add_member(&mut self, collection: &str, key: &str, json: Value) {
        // The schema requires log entries in full in their collection.
        let whole =
            json.get("@odata.type").and_then(Value::as_str).is_some_and(|named| named.starts_with("#LogEntry."));
        let id = json.get("@odata.id").cloned().unwrap_or_else(|| key.into());
        let stored = self.set(key, json);
        let member = stored.exact().filter(|_| whole).cloned().unwrap_or_else(|| json!({ "@odata.id": id }));
        self.update(collection, |object| {
            let members = object.entry("Members").or_insert_with(|| json!([]));
            if !members.is_array() {
                *members = json!([]);
            }
            if let Value::Array(members) = members {
                members.push(member);
            }
            count_members(object);
        });
    }

    /// Removes a resource from the store and from its collection.
    pub(crate) fn remove_member(&mut self, collection: &str, key: &str) {
        let key = self.resolve(key).to_owned();
        let aliases = &self.aliases;
        let same =
            |member: &Value| member_key(member).is_some_and(|member| aliases.get(&member).unwrap_or(&member) == &key);
        let Some(mut json) = self.get(collection).and_then(|resource| resource.json.as_deref()).cloned() else {
            self.remove(&key);
            return;
        };
        if let Some(object) = json.as_object_mut() {
            if let Some(Value::Array(members)) = object.get_mut("Members") {
                members.retain(|member| !same(member));
            }
            count_members(object);
        }
        self.set(collection, json);
        self.remove(&key);
    }
}

impl Tree {
    /// Returns the collections and the URIs of their members, both without trailing slash.
    pub fn collections(&self) -> BTreeMap<String, Vec<String>> {
        Store::new(self).collections()
    }
}

fn member_key(member: &Value) -> Option<String> {
    member.get("@odata.id").and_then(Value::as_str).and_then(uri::key_of_id)
}

fn count_members(object: &mut Map<String, Value>) {
    let count = object.get("Members").and_then(Value::as_array).map_or(0, Vec::len);
    object.insert("Members@odata.count".to_owned(), count.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        Store::new(
            &Tree::new()
                .with(
                    "/redfish/v1/Systems",
                    json!({ "Members": [{ "@odata.id": "/redfish/v1/Systems/1/" }], "Members@odata.count": 1 }),
                )
                .with("/redfish/v1/Systems/1", json!({ "@odata.etag": "W/\"7\"", "Id": "1" }))
                .with("/redfish/v1/Systems/1/Bios", json!({ "Id": "Bios" }))
                .with("/redfish/v1/Systems/10", json!({ "Id": "10" })),
        )
    }

    #[test]
    fn a_tag_in_the_body_is_the_resources_tag_and_moves_with_it() {
        let mut store = store();
        assert_eq!(store.get("/redfish/v1/Systems/1").unwrap().etag, "W/\"7\"");
        store.update("/redfish/v1/Systems/1", |object| {
            object.insert("AssetTag".to_owned(), "x".into());
        });
        let changed = store.get("/redfish/v1/Systems/1").unwrap();
        assert_ne!(changed.etag, "W/\"7\"");
        assert!(changed.etag.starts_with("W/"));
        assert_eq!(changed.object()["@odata.etag"], changed.etag.as_str());
    }

    #[test]
    fn members_come_and_go_with_their_count_and_all_below_them() {
        let mut store = store();
        let collection = "/redfish/v1/Systems";
        store.add_member(collection, "/redfish/v1/Systems/2", json!({ "@odata.id": "/redfish/v1/Systems/2" }));
        assert_eq!(store.get(collection).unwrap().object()["Members@odata.count"], 2);
        assert_eq!(store.collection_of("/redfish/v1/Systems/1").as_deref(), Some(collection));
        assert_eq!(store.collection_of("/redfish/v1/Systems/10"), None);

        store.remove_member(collection, "/redfish/v1/Systems/1");
        assert_eq!(store.members(collection), ["/redfish/v1/Systems/2"]);
        assert!(!store.contains("/redfish/v1/Systems/1"));
        assert!(!store.contains("/redfish/v1/Systems/1/Bios"));
        assert!(store.contains("/redfish/v1/Systems/10"));
    }
}
