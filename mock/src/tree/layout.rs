//! From the files of a folder to a tree: which URI each file answers to, in DMTF's mockup layout
//! (`index.json`) and in the flat one (`name.json`). What is served under a URI afterwards is not
//! this module's business.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::error::Error;
use crate::http::uri;
use crate::tree::payload::{File, Payload, Problem, ProblemKind};
use crate::tree::{Tree, demo, digits};

/// Deeper than any URI of the standard; a folder that links to itself ends here.
const MAX_DEPTH: usize = 48;

/// Larger than any payload.
const MAX_FILE: u64 = 64 << 20;

/// More than any capture has, in all of its files.
const MAX_FOLDER: u64 = 1 << 30;

impl Tree {
    /// Creates the tree that this library carries: a two-socket rack server.
    pub fn demo() -> Self {
        assemble(demo::files())
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
        Ok(assemble(read(dir.as_ref())?))
    }
}

/// Reads all files below a folder that may be payloads.
fn read(dir: &Path) -> Result<Vec<File>, Error> {
    let mut files = Vec::new();
    let root =
        fs::canonicalize(dir).map_err(|error| Error::because(format!("{}: can't be read", dir.display()), error))?;
    read_below(&root, dir, "", 0, &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Reads a folder within `root`. A link that leads out of it is an error: anyone who made the folder may not read what is there.
fn read_below(root: &Path, dir: &Path, prefix: &str, depth: usize, files: &mut Vec<File>) -> Result<(), Error> {
    if depth > MAX_DEPTH {
        return Err(Error::new(format!(
            "{}: more than {MAX_DEPTH} folders deep; does a link point back?",
            dir.display()
        )));
    }
    let unreadable = |error| Error::because(format!("{}: the folder can't be read", dir.display()), error);
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let unread = |error| Error::because(format!("{}: can't be read", path.display()), error);
        let odd = |what: &str| Error::new(format!("{}: {what}", path.display()));
        let is_link = entry.file_type().map_err(unread)?.is_symlink();
        // metadata() follows links, unlike the entry's own type.
        let kind = fs::metadata(&path).map_err(unread)?;
        if !kind.is_dir() && !is_payload_name(&name) {
            continue;
        }
        if is_link && !fs::canonicalize(&path).map_err(unread)?.starts_with(root) {
            return Err(odd("the link leads out of the folder"));
        }
        if kind.is_dir() {
            read_below(root, &path, &format!("{prefix}{name}/"), depth + 1, files)?;
        } else {
            if !kind.is_file() {
                return Err(odd("it is not a file"));
            }
            let before = files.iter().map(|file| file.body.len() as u64).sum::<u64>();
            if kind.len() > MAX_FILE || before.saturating_add(kind.len()) > MAX_FOLDER {
                return Err(odd("it is too large for a payload, or the folder for a service"));
            }
            let body = fs::read(&path).map_err(unread)?;
            files.push(File { path: format!("{prefix}{name}"), body: body.into() });
        }
    }
    Ok(())
}

/// `headers.json` and `time.json` are what mockup tools write about a resource, not resources.
fn is_payload_name(name: &str) -> bool {
    (name.ends_with(".json") || name.ends_with(".xml")) && name != "headers.json" && name != "time.json"
}

/// A file on its way into the tree.
struct Candidate {
    file: String,
    /// The URI that its path stands for.
    place: String,
    /// The URI that its `@odata.id` says, if that names a resource.
    own: Option<String>,
    /// `@odata.id` as written.
    id: Option<String>,
    /// Whether its folder is its URI.
    index: bool,
    payload: Payload,
    not_json: Option<String>,
}

impl Candidate {
    fn new(file: File, prefix: &str) -> Self {
        let (place, index) = place(&file.path, prefix);
        let (exact, not_json) = match digits::parse(&file.body) {
            Ok(exact) => (Some(exact), None),
            Err(why) => (None, (!file.path.ends_with(".xml")).then(|| why.to_string())),
        };
        let (json, exact) = exact.map_or((None, None), digits::split);
        let id = json.as_deref().and_then(|json| json.get("@odata.id")).and_then(Value::as_str).map(str::to_owned);
        let own = id.as_deref().and_then(uri::key_of_id);
        let payload = Payload { body: file.body, json, exact, file: file.path.clone() };
        Self { file: file.path, place, own, id, index, payload, not_json }
    }

    /// Who gets a URI that several files lay claim to: the lower rank.
    fn rank(&self) -> u8 {
        match (self.index, &self.own) {
            (true, Some(own)) if *own == self.place => 0,
            (true, None) => 1,
            (true, Some(_)) => 2,
            (false, Some(_)) => 3,
            (false, None) => 4,
        }
    }
}

/// Gives every file its URI.
fn assemble(files: Vec<File>) -> Tree {
    let prefix = prefix(&files);
    let mut candidates: Vec<_> = files.into_iter().map(|file| Candidate::new(file, prefix)).collect();
    // Stable: among equals the order of the names decides, which puts `name.json` before
    // `name~1.json`.
    candidates.sort_by_key(Candidate::rank);

    let mut tree = Tree::new();
    let mut aliases = BTreeMap::new();
    for candidate in candidates {
        let Candidate { file, place, own, id, index, payload, not_json } = candidate;
        let mut problem = |uri: &str, kind| {
            tree.problems.push(Problem { file: file.clone(), uri: uri.to_owned(), kind });
        };
        let wanted = if index { &place } else { own.as_ref().unwrap_or(&place) };
        let uri = if tree.payloads.contains_key(wanted) { free(&tree.payloads, &place) } else { wanted.clone() };
        match (&own, &id) {
            (Some(own), Some(id)) if *own != uri && (tree.payloads.contains_key(own) || aliases.contains_key(own)) => {
                problem(&uri, ProblemKind::DuplicateId(id.clone()));
            }
            (Some(own), Some(id)) if *own != uri => {
                problem(&uri, ProblemKind::OtherId(id.clone()));
                aliases.insert(own.clone(), uri.clone());
            }
            (None, Some(id)) if id.contains('#') => problem(&uri, ProblemKind::FragmentId(id.clone())),
            (None, _) if !index => {
                aliases.entry(format!("{uri}.json")).or_insert_with(|| uri.clone());
            }
            _ => {}
        }
        if let Some(why) = not_json {
            problem(&uri, ProblemKind::NotJson(why));
        }
        tree.payloads.insert(uri, payload);
    }
    aliases.retain(|alias, _| !tree.payloads.contains_key(alias));
    tree.aliases = aliases;
    tree
}

/// A URI that nobody has yet: two copies of one capture can share even their place (`index.json`
/// and `index~1.json`).
fn free(taken: &BTreeMap<String, Payload>, place: &str) -> String {
    let mut uri = place.to_owned();
    let mut count = 1;
    while taken.contains_key(&uri) {
        uri = format!("{place}~{count}");
        count += 1;
    }
    uri
}

/// What to put before the paths: trees are captured from `/`, from `/redfish` or from `/redfish/v1`
/// on.
fn prefix(files: &[File]) -> &'static str {
    let has = |folder: &str| files.iter().any(|file| file.path.starts_with(folder));
    if has("redfish/") || has("redfish.json") {
        "/"
    } else if has("v1/index.json") || has("v1.json") {
        "/redfish/"
    } else {
        "/redfish/v1/"
    }
}

/// The URI that a path stands for, and whether the folder alone makes it.
fn place(path: &str, prefix: &str) -> (String, bool) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.strip_suffix(".json").or_else(|| name.strip_suffix(".xml")).unwrap_or(name);
    if stem == "index"
        || stem.strip_prefix("index~").is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return (uri::key(&format!("{prefix}{folder}")), true);
    }
    let name = if name.ends_with(".xml") { name } else { stem };
    let slash = if folder.is_empty() { "" } else { "/" };
    (uri::key(&format!("{prefix}{folder}{slash}{name}")), false)
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;

    use super::*;

    fn tree(files: &[(&str, &str)]) -> Tree {
        let mut files: Vec<_> = files
            .iter()
            .map(|(path, body)| File { path: (*path).to_owned(), body: Bytes::copy_from_slice(body.as_bytes()) })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        assemble(files)
    }

    #[test]
    fn the_folder_is_the_uri_with_or_without_the_prefix() {
        for (path, expected) in [
            ("index.json", "/redfish/v1"),
            ("Systems/1/index.json", "/redfish/v1/Systems/1"),
            ("$metadata/index.xml", "/redfish/v1/$metadata"),
            ("redfish/v1/index.json", "/redfish/v1"),
            ("redfish/index.json", "/redfish"),
            ("v1/index.json", "/redfish/v1"),
        ] {
            let tree = tree(&[(path, "{}")]);
            assert_eq!(tree.uris().collect::<Vec<_>>(), [expected], "{path}");
        }
    }

    #[test]
    fn a_named_file_answers_to_its_id_or_else_to_its_path() {
        let tree = tree(&[
            ("some_name.json", r#"{"@odata.id":"/redfish/v1/Systems/1/"}"#),
            ("absolute.json", r#"{"@odata.id":"https://bmc.example/redfish/v1/Chassis"}"#),
            ("Registries/Base.1.0.json", r#"{"Id":"Base.1.0"}"#),
        ]);
        assert_eq!(
            tree.uris().collect::<Vec<_>>(),
            ["/redfish/v1/Chassis", "/redfish/v1/Registries/Base.1.0", "/redfish/v1/Systems/1"]
        );
        assert!(tree.bytes("/redfish/v1/Registries/Base.1.0.json").is_some());
        assert!(tree.problems().is_empty());
    }

    #[test]
    fn a_resource_whose_id_differs_from_its_folder_answers_to_both() {
        let tree = tree(&[("Drives/Bay.0_1/index.json", r#"{"@odata.id":"/redfish/v1/Drives/Bay.0:1"}"#)]);
        assert!(tree.bytes("/redfish/v1/Drives/Bay.0_1").is_some());
        assert!(tree.bytes("/redfish/v1/Drives/Bay.0:1").is_some());
        assert!(matches!(tree.problems()[0].kind(), ProblemKind::OtherId(_)));
    }

    #[test]
    fn the_first_of_two_payloads_with_one_id_keeps_it() {
        let tree = tree(&[
            ("redfish/v1.json", r#"{"@odata.id":"/redfish/v1","Name":"first"}"#),
            ("redfish/v1~1.json", r#"{"@odata.id":"/redfish/v1","Name":"second"}"#),
        ]);
        assert_eq!(tree.json("/redfish/v1").unwrap()["Name"], "first");
        assert_eq!(tree.json("/redfish/v1~1").unwrap()["Name"], "second");
        assert!(matches!(tree.problems()[0].kind(), ProblemKind::DuplicateId(_)));
    }

    #[test]
    fn a_folder_has_a_better_claim_than_a_foreign_id() {
        let tree = tree(&[
            ("Drives/1/index.json", r#"{"@odata.id":"/redfish/v1/Drives/2"}"#),
            ("Drives/2/index.json", r#"{"@odata.id":"/redfish/v1/Drives/1"}"#),
        ]);
        assert_eq!(tree.json("/redfish/v1/Drives/1").unwrap()["@odata.id"], "/redfish/v1/Drives/2");
        assert_eq!(tree.json("/redfish/v1/Drives/2").unwrap()["@odata.id"], "/redfish/v1/Drives/1");
    }

    #[test]
    fn parts_and_broken_texts_are_served_at_their_place_and_reported() {
        let tree = tree(&[
            ("redfish/v1/Power_/Voltages/1.json", r#"{"@odata.id":"/redfish/v1/Power#/Voltages/1"}"#),
            ("redfish/v1/Broken/index.json", r#"{"@odata.etag":"W/"1""}"#),
        ]);
        assert_eq!(tree.bytes("/redfish/v1/Broken").unwrap(), br#"{"@odata.etag":"W/"1""}"#);
        assert!(tree.bytes("/redfish/v1/Power_/Voltages/1").is_some());
        let kinds: Vec<_> = tree.problems().iter().map(Problem::kind).collect();
        assert!(matches!(kinds[..], [ProblemKind::NotJson(_), ProblemKind::FragmentId(_)]), "{kinds:?}");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_of_the_folder_is_not_followed() {
        use std::os::unix::fs::symlink;
        let dir = std::env::temp_dir().join(format!("rosefish-links-{}", std::process::id()));
        let folder = dir.join("tree");
        fs::create_dir_all(folder.join("Systems")).unwrap();
        fs::write(dir.join("secret.json"), "{}").unwrap();
        fs::write(folder.join("index.json"), "{}").unwrap();
        symlink("../index.json", folder.join("Systems/index.json")).unwrap();
        assert_eq!(Tree::from_dir(&folder).unwrap().len(), 2, "one that stays within it is");
        for (name, target) in [("x.json", "../secret.json"), ("y", ".."), ("z.json", "/dev/zero")] {
            symlink(target, folder.join(name)).unwrap();
            let error = Tree::from_dir(&folder).unwrap_err().to_string();
            assert!(error.contains("leads out of the folder"), "{name}: {error}");
            fs::remove_file(folder.join(name)).unwrap();
        }
        fs::remove_dir_all(dir).unwrap();
    }
}
