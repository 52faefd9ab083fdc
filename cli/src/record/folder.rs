//! The resources of a recording, and the folder that they become: DMTF's mockup layout, one `index.json` per resource.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rosefish::AnyResource;
use serde_json::{Value, json};

use super::mask::{Masks, remove_secrets};
use crate::terminal::say;
use rosefish::walk::key;

/// What was read of a service.
#[derive(Debug, Default)]
pub(super) struct Recording {
    /// By path, without a slash at the end.
    resources: BTreeMap<String, String>,
    /// Further pages of collections, by path and query.
    pages: BTreeMap<String, Value>,
}

/// What a recording came to.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) resources: usize,
    pub(super) secrets: usize,
    pub(super) masked: usize,
}

/// Makes sure that there is an empty folder.
pub(super) fn prepare(dir: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("{}: the folder can't be made", dir.display()))?;
    let mut entries = fs::read_dir(dir).with_context(|| format!("{}: the folder can't be read", dir.display()))?;
    if entries.next().is_some() {
        bail!("{}: there is something in the folder; a recording goes into one that is empty or new", dir.display());
    }
    Ok(())
}

impl Recording {
    pub(super) fn add(&mut self, uri: &str, resource: &AnyResource, page: bool) {
        let text = resource.json();
        match resource.table().schema() {
            // Who was logged in is nobody's business, and would be wrong when the recording is served.
            "Session" => {}
            "SessionCollection" => {
                let mut json: Value = serde_json::from_str(&text).unwrap_or_default();
                if let Some(object) = json.as_object_mut() {
                    object.insert("Members".to_owned(), json!([]));
                    object.insert("Members@odata.count".to_owned(), json!(0));
                    object.remove("Members@odata.nextLink");
                }
                self.resources.insert(path(uri), json.to_string());
            }
            _ if page => {
                self.pages.insert(key(uri), serde_json::from_str(&text).unwrap_or_default());
            }
            _ => {
                self.resources.insert(path(uri), text.trim_start_matches('\u{FEFF}').to_owned());
            }
        }
    }

    /// Adds what is not a resource, as it came.
    pub(super) fn add_text(&mut self, uri: &str, body: &[u8]) {
        self.resources.insert(path(uri), String::from_utf8_lossy(body).into_owned());
    }

    pub(super) fn has_root(&self) -> bool {
        self.resources.contains_key("/redfish/v1")
    }

    /// Writes all resources; with masks if it is said where the service is.
    pub(super) fn write(mut self, dir: &Path, mask: Option<&str>) -> anyhow::Result<Written> {
        self.join_pages();
        let mut secrets = 0;
        let mut masks = Masks::default();
        if let Some(origin) = mask {
            masks.add(host_of(origin));
        }
        for text in self.resources.values_mut() {
            secrets += remove_secrets(text);
            if mask.is_some() {
                masks.learn(text);
            }
        }
        let mut resources = 0;
        for (uri, text) in &self.resources {
            let (uri, text) = match mask {
                Some(_) => (masks.apply(uri), masks.apply(text)),
                None => (uri.clone(), text.clone()),
            };
            let Some(place) = place(dir, &uri) else {
                say!("{uri}: not written: this is no path for a file");
                continue;
            };
            fs::create_dir_all(&place).with_context(|| format!("{}: can't be made", place.display()))?;
            let file = place.join("index.json");
            fs::write(&file, text).with_context(|| format!("{}: can't be written", file.display()))?;
            resources += 1;
        }
        Ok(Written { resources, secrets, masked: masks.len() })
    }

    /// Makes each collection one again that the service gave in pages.
    fn join_pages(&mut self) {
        for text in self.resources.values_mut().filter(|text| text.contains("Members@odata.nextLink")) {
            let Ok(Value::Object(mut collection)) = serde_json::from_str::<Value>(text) else { continue };
            let mut next = collection.remove("Members@odata.nextLink");
            let mut seen = HashSet::new();
            while let Some(page) = next
                .as_ref()
                .and_then(Value::as_str)
                .filter(|uri| seen.insert(uri.to_string()))
                .and_then(|uri| self.pages.get(&key(&path_and_query(uri))))
            {
                if let (Some(Value::Array(members)), Some(Value::Array(more))) =
                    (collection.get_mut("Members"), page.get("Members"))
                {
                    members.extend(more.iter().cloned());
                }
                next = page.get("Members@odata.nextLink").cloned();
            }
            *text = Value::Object(collection).to_string();
        }
    }
}

/// The path of a URI, without a slash at its end.
fn path(uri: &str) -> String {
    uri.split(['?', '#']).next().unwrap_or(uri).trim_end_matches('/').to_owned()
}

/// The path and the query of a reference, be it absolute or not.
fn path_and_query(uri: &str) -> String {
    match uri.split_once("://") {
        Some((_, rest)) => rest.find('/').and_then(|slash| rest.get(slash..)).unwrap_or("/").to_owned(),
        None => uri.to_owned(),
    }
}

/// The host of an origin, without the port.
fn host_of(origin: &str) -> &str {
    let authority = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let authority = authority.split('/').next().unwrap_or(authority);
    match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => authority.split(':').next().unwrap_or(authority),
    }
}

/// The folder of a resource. None where the path, which the service chose, would lead out of the recording's folder or
/// has a name that not every file system takes.
fn place(dir: &Path, uri: &str) -> Option<PathBuf> {
    let mut place = dir.to_owned();
    for segment in uri.strip_prefix('/')?.split('/') {
        let odd = segment.is_empty() || segment.starts_with('.') && segment.trim_matches('.').is_empty();
        if odd || segment.len() > 200 || segment.contains(['\\', '\0', '\n']) {
            return None;
        }
        // Colons are in many identifiers, and not in the file names of some systems. The mock reads `@odata.id`.
        place.push(if cfg!(windows) {
            segment.replace([':', '*', '"', '<', '>', '|'], "_")
        } else {
            segment.to_owned()
        });
    }
    Some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out_of_the_folder() {
        let dir = Path::new("out");
        assert_eq!(place(dir, "/redfish/v1/Systems"), Some(PathBuf::from("out/redfish/v1/Systems")));
        for uri in ["/redfish/../../etc", "/redfish//etc", "/./x", "relative", "/a\\b", "/"] {
            assert_eq!(place(dir, uri), None, "{uri}");
        }
    }

    #[test]
    fn pages_become_one_collection_again() {
        let mut recording = Recording::default();
        let member = |n: u32| json!({ "@odata.id": format!("/redfish/v1/Systems/{n}") });
        let first = json!({ "Members": [member(1)], "Members@odata.count": 3, "Members@odata.nextLink": "/redfish/v1/Systems?$skip=1" });
        recording.resources.insert("/redfish/v1/Systems".into(), first.to_string());
        for (skip, next) in [(1, 2), (2, 1)] {
            // The last page leads back, as some do.
            let page = json!({ "Members": [member(skip + 1)], "Members@odata.nextLink": format!("/redfish/v1/Systems?$skip={next}") });
            recording.pages.insert(format!("/redfish/v1/Systems?$skip={skip}"), page);
        }
        recording.join_pages();
        let whole: Value = serde_json::from_str(&recording.resources["/redfish/v1/Systems"]).unwrap();
        assert_eq!(whole, json!({ "Members": [member(1), member(2), member(3)], "Members@odata.count": 3 }));
    }

    #[test]
    fn hosts_are_found_in_origins() {
        for (origin, host) in [("https://bmc-07.example:8443", "bmc-07.example"), ("http://[fe80::1]:80", "fe80::1")] {
            assert_eq!(host_of(origin), host);
        }
    }
}
