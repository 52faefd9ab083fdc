//! What a service or a folder has: each resource once, by its URI, with what is needed to check references to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};

/// The answer for a URI.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    /// The URI as it was first named, or the path of the file.
    pub(crate) place: String,
    /// The URI; of a file, as far as it says so.
    pub(crate) uri: String,
    /// The HTTP status; `None` for a file.
    pub(crate) status: Option<u16>,
    /// The headers, with lower-case names; empty for a file.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The body, where it is JSON.
    pub(crate) json: Option<Value>,
    /// Why there is no JSON.
    pub(crate) wrong: Option<String>,
    /// It is only read because something refers to it, and is not judged itself.
    pub(crate) aside: bool,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn object(&self) -> Option<&Map<String, Value>> {
        self.json.as_ref().and_then(Value::as_object).filter(|_| self.is_read())
    }

    /// Returns whether it was read at all.
    pub(crate) fn is_read(&self) -> bool {
        self.status.is_none_or(|status| status == 200)
    }

    /// Returns the methods in the Allow header.
    pub(crate) fn allow(&self) -> Option<Vec<String>> {
        let header = self.header("allow")?;
        Some(header.split(',').map(|method| method.trim().to_ascii_uppercase()).collect())
    }

    /// Returns the last part of its type, such as `Chassis`.
    pub(crate) fn type_name(&self) -> Option<&str> {
        let name = self.object()?.get("@odata.type")?.as_str()?;
        name.strip_prefix('#')?.rsplit('.').next()
    }
}

/// All answers.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    by_place: BTreeMap<String, Answer>,
    /// The places of URIs.
    by_uri: HashMap<String, String>,
    /// It is a service, or the folder of a whole one: what is not here doesn't exist.
    pub(crate) is_whole: bool,
    /// URIs that annotations name: settings and capabilities, whose URIs are free.
    pub(crate) annotated: HashSet<String>,
    /// URIs of capabilities, which may lack what is required.
    pub(crate) capabilities: HashSet<String>,
}

/// Returns one key for both ways to write a URI, with and without a slash at the end.
pub(crate) fn key(uri: &str) -> &str {
    let trimmed = uri.trim_end_matches('/');
    if trimmed.is_empty() { uri } else { trimmed }
}

impl Answers {
    pub(crate) fn add(&mut self, answer: Answer) {
        if let Some(json) = &answer.json {
            let mut found = Wanted::default();
            wanted(json, &mut found, (false, false));
            self.annotated.extend(found.annotated);
            self.capabilities.extend(found.capabilities);
        }
        if !answer.uri.is_empty() {
            self.by_uri.entry(key(&answer.uri).to_owned()).or_insert_with(|| answer.place.clone());
        }
        self.by_place.insert(answer.place.clone(), answer);
    }

    pub(crate) fn get(&self, uri: &str) -> Option<&Answer> {
        self.by_place.get(self.by_uri.get(key(uri))?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Answer> {
        self.by_place.values()
    }

    pub(crate) fn is_annotated(&self, uri: &str) -> bool {
        self.annotated.contains(key(uri))
    }
}

/// Where a payload leads.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Resources to judge.
    pub(crate) uris: Vec<String>,
    /// Resources to read because something refers to them.
    pub(crate) aside: Vec<String>,
    annotated: BTreeSet<String>,
    capabilities: BTreeSet<String>,
}

/// Properties whose value is the URI of a resource.
const URIS: [&str; 6] =
    ["@odata.id", "Uri", "Members@odata.nextLink", "@Redfish.ActionInfo", "DataSourceUri", "TargetComponentURI"];

/// Finds where a payload leads.
pub(crate) fn leads_to(json: &Value) -> Wanted {
    let mut found = Wanted::default();
    wanted(json, &mut found, (false, false));
    found
}

fn wanted(json: &Value, found: &mut Wanted, (annotated, capabilities): (bool, bool)) {
    match json {
        Value::Array(items) => items.iter().for_each(|item| wanted(item, found, (annotated, capabilities))),
        Value::Object(members) => {
            // The URIs in JSON Schema files are those of schemas.
            let ty = members.get("@odata.type").and_then(Value::as_str);
            if ty.is_some_and(|ty| ty.starts_with("#JsonSchemaFile.")) {
                return;
            }
            for (name, value) in members {
                match value {
                    Value::String(uri) if URIS.contains(&name.as_str()) && is_local(uri) => {
                        found.uris.push(uri.clone());
                        if annotated {
                            found.annotated.insert(key(uri).to_owned());
                        }
                        if capabilities {
                            found.capabilities.insert(key(uri).to_owned());
                        }
                    }
                    // What a log entry is about may be gone.
                    _ if name == "OriginOfCondition" => {
                        let uri = value.get("@odata.id").and_then(Value::as_str).filter(|uri| is_local(uri));
                        found.aside.extend(uri.map(str::to_owned));
                    }
                    _ => {
                        let is_capabilities = name == "CapabilitiesObject";
                        let is_annotation = is_capabilities || name == "SettingsObject";
                        wanted(value, found, (annotated || is_annotation, capabilities || is_capabilities));
                    }
                }
            }
        }
        _ => {}
    }
}

/// Returns whether a URI names a whole resource of this service.
pub(crate) fn is_local(uri: &str) -> bool {
    uri.starts_with('/') && !uri.starts_with("//") && !uri.contains('#')
}
