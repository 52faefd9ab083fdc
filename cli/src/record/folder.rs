//! The resources of a recording, and the folder that they become: DMTF's mockup layout, one `index.json` per resource.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use rosefish::AnyResource;
use serde_json::{Value, json};

use super::mask::{Masks, remove_secrets};
use crate::files::write_new;
use rosefish::walk::key;

/// How much is kept in memory: what is to be masked, and collections that come in pages. A service has some megabytes of it.
const MOST_HELD: usize = 128 << 20;

/// What is read of a service. It is written as it comes, but for what can't be written before all is there.
#[derive(Debug)]
pub(super) struct Recording {
    dir: PathBuf,
    masks: Option<Masks>,
    /// By path, without a slash at the end.
    resources: BTreeMap<String, String>,
    /// Further pages of collections, by path and query.
    pages: BTreeMap<String, Value>,
    held: usize,
    has_root: bool,
    written: Written,
}

/// What a recording came to.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) resources: usize,
    pub(super) secrets: usize,
    pub(super) masked: usize,
    /// What was read and is not in the folder, with the reason.
    pub(super) left_out: Vec<String>,
}

/// Makes sure that there is an empty folder, which nobody else can read if it is made here.
pub(super) fn prepare(dir: &Path) -> anyhow::Result<()> {
    make_folder(dir).with_context(|| format!("{}: the folder can't be made", dir.display()))?;
    let mut entries = fs::read_dir(dir).with_context(|| format!("{}: the folder can't be read", dir.display()))?;
    if entries.next().is_some() {
        bail!("{}: there is something in the folder; a recording goes into one that is empty or new", dir.display());
    }
    Ok(())
}

fn make_folder(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

impl Recording {
    /// Goes into a folder; with masks if it is said where the service is.
    pub(super) fn new(dir: &Path, mask: Option<&str>) -> Self {
        let masks = mask.map(|origin| {
            let mut masks = Masks::default();
            masks.add(host_of(origin));
            masks
        });
        Self {
            dir: dir.to_owned(),
            masks,
            resources: BTreeMap::new(),
            pages: BTreeMap::new(),
            held: 0,
            has_root: false,
            written: Written::default(),
        }
    }

    pub(super) fn add(&mut self, uri: &str, resource: &AnyResource, page: bool) {
        let text = resource.json();
        match resource.table().schema() {
            // Who was logged in is private, and would be wrong when the recording is served.
            "Session" => {}
            "SessionCollection" => {
                let mut json: Value = serde_json::from_str(&text).unwrap_or_default();
                if let Some(object) = json.as_object_mut() {
                    object.insert("Members".to_owned(), json!([]));
                    object.insert("Members@odata.count".to_owned(), json!(0));
                    object.remove("Members@odata.nextLink");
                }
                self.take(path(uri), json.to_string());
            }
            _ if page => {
                if self.hold(uri, text.len()) {
                    self.pages.insert(key(uri), serde_json::from_str(&text).unwrap_or_default());
                }
            }
            _ => self.take(path(uri), text.trim_start_matches('\u{FEFF}').to_owned()),
        }
    }

    /// Adds what is not a resource, without the secrets in it.
    pub(super) fn add_text(&mut self, uri: &str, body: Vec<u8>) {
        match String::from_utf8(body) {
            Ok(text) => self.take(path(uri), text),
            Err(_) => self.leave_out(uri, "its bytes are not text, so that secrets can't be looked for in it"),
        }
    }

    pub(super) fn has_root(&self) -> bool {
        self.has_root
    }

    fn leave_out(&mut self, uri: &str, why: &str) {
        self.written.left_out.push(format!("{uri}: not written: {why}"));
    }

    /// Whether so much more may be kept.
    fn hold(&mut self, uri: &str, size: usize) -> bool {
        // A value takes some ten times its text.
        self.held = self.held.saturating_add(size);
        let fits = self.held <= MOST_HELD;
        if !fits {
            self.leave_out(
                uri,
                "it is too much to be kept in memory; leave out a part of the service with --skip or --depth",
            );
        }
        fits
    }

    fn take(&mut self, uri: String, mut text: String) {
        self.has_root |= uri == "/redfish/v1";
        self.written.secrets += remove_secrets(&mut text);
        if let Some(masks) = &mut self.masks {
            masks.learn(&text);
        } else if !text.contains("Members@odata.nextLink") {
            return self.write(&uri, &text);
        }
        if self.hold(&uri, text.len()) {
            self.resources.insert(uri, text);
        }
    }

    /// Writes what was kept.
    pub(super) fn finish(mut self) -> Written {
        self.write_kept();
        std::mem::take(&mut self.written)
    }

    fn write_kept(&mut self) {
        self.join_pages();
        let masks = self.masks.take();
        self.written.masked = masks.as_ref().map_or(0, Masks::len);
        for (uri, text) in std::mem::take(&mut self.resources) {
            match &masks {
                Some(masks) => self.write(&masks.apply(&uri), &masks.apply(&text)),
                None => self.write(&uri, &text),
            }
        }
    }

    /// Writes a resource. One that can't be written hides no other.
    fn write(&mut self, uri: &str, text: &str) {
        let Some(place) = place(&self.dir, uri) else {
            return self.leave_out(uri, "this is not a path for a file");
        };
        match make_folder(&place).and_then(|()| write_new(&place.join("index.json"), text)) {
            Ok(()) => self.written.resources += 1,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                self.leave_out(uri, "another resource has this place in the file system");
            }
            Err(error) => self.leave_out(uri, &error.to_string()),
        }
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

/// What was read stays, also where a recording of one of many hosts is given up at Ctrl-C.
impl Drop for Recording {
    fn drop(&mut self) {
        if self.has_root {
            self.write_kept();
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
        let mut recording = Recording::new(Path::new("out"), None);
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
    fn a_masked_recording_that_is_given_up_keeps_what_was_read() {
        let dir = std::env::temp_dir().join(format!("rosefish-given-up-{}", std::process::id()));
        prepare(&dir).unwrap();
        let mut recording = Recording::new(&dir, Some("https://bmc-07.example"));
        recording.take("/redfish/v1".to_owned(), "{\"SerialNumber\":\"SN-4711-A\"}".to_owned());
        drop(recording);
        let text = fs::read_to_string(dir.join("redfish/v1/index.json")).unwrap();
        assert!(text.contains("SerialNumber") && !text.contains("4711"), "{text}");
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn hosts_are_found_in_origins() {
        for (origin, host) in [("https://bmc-07.example:8443", "bmc-07.example"), ("http://[fe80::1]:80", "fe80::1")] {
            assert_eq!(host_of(origin), host);
        }
    }

    #[test]
    fn one_place_that_can_not_be_written_is_told_and_hides_no_other() {
        let dir = std::env::temp_dir().join(format!("rosefish-places-{}", std::process::id()));
        prepare(&dir).unwrap();
        let mut recording = Recording::new(&dir, None);
        let long = format!("/redfish/v1/{}", "x/".repeat(3000));
        for uri in ["/redfish/v1/A", "/redfish/v1/A/index.json", "/redfish/v1/A", &long, "/../x", "/redfish/v1/B"] {
            recording.take(uri.to_owned(), "{\"Password\":\"hunter2\"}".to_owned());
        }
        recording.add_text("/redfish/v1/C", b"Password: hunter2".to_vec());
        recording.add_text("/redfish/v1/D", b"\xFF password=hunter2".to_vec());
        let written = recording.finish();
        assert_eq!((written.resources, written.left_out.len()), (3, 5), "{written:?}");
        for (name, text) in [("A", "{\"Password\":null}"), ("B", "{\"Password\":null}"), ("C", "Password: ***")] {
            assert_eq!(fs::read_to_string(dir.join("redfish/v1").join(name).join("index.json")).unwrap(), text);
        }
        #[cfg(unix)]
        for (place, mode) in [("", 0o700), ("redfish/v1/A", 0o700), ("redfish/v1/A/index.json", 0o600)] {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(dir.join(place)).unwrap().permissions().mode() & 0o777, mode, "{place}");
        }
        fs::remove_dir_all(dir).unwrap();
    }
}
