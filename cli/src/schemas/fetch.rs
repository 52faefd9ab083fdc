//! Reading a service's schemas, in all languages that it has them in. What it says of them is a list of wishes: only what is on the service
//! itself is read, each file once, and as many as there can be.

use std::collections::{BTreeSet, VecDeque};

use rosefish::{Client, RawResponse};
use rosefish_codegen::csdl;
use serde_json::Value;

use super::folder::Folder;
use super::name;

/// The standard has 200 schemas; a list of more pages than this has no end.
const MOST_PAGES: usize = 100;

/// Fetches everything; what could not be read in words.
pub(super) async fn all(client: &Client, folder: &mut Folder) -> Vec<String> {
    let mut fetch = Fetch { client, folder, seen: BTreeSet::new(), missing: Vec::new() };
    fetch.csdl().await;
    fetch.json_schemas().await;
    fetch.openapi().await;
    fetch.missing
}

struct Fetch<'a> {
    client: &'a Client,
    folder: &'a mut Folder,
    seen: BTreeSet<String>,
    missing: Vec<String>,
}

impl Fetch<'_> {
    /// Reads a file's text, once. A file that is missing is reported, except where it is optional.
    async fn text(&mut self, uri: &str, optional: bool) -> Option<String> {
        if !self.seen.insert(uri.to_owned()) {
            return None;
        }
        if !self.folder.has_room() {
            self.missing.push(format!("{uri}: there are more files than a service can have of schemas"));
            return None;
        }
        let why = match self.client.get_raw(uri).await {
            Ok(RawResponse { status: 200, body, .. }) => match String::from_utf8(body) {
                Ok(text) => return Some(text),
                Err(_) => "it is not text".to_owned(),
            },
            Ok(RawResponse { status: 404 | 405 | 501, .. }) if optional => return None,
            Ok(RawResponse { status, .. }) => format!("the service answered {status}"),
            Err(error) => error.to_string(),
        };
        self.missing.push(format!("{uri}: {why}"));
        None
    }

    async fn json(&mut self, uri: &str, optional: bool) -> Option<Value> {
        let text = self.text(uri, optional).await?;
        match serde_json::from_str(&text) {
            Ok(json) => Some(json),
            Err(error) => {
                self.missing.push(format!("{uri}: {error}"));
                None
            }
        }
    }

    fn write(&mut self, language: &'static str, name: &str, uri: &str, text: &str) {
        if let Err(error) = self.folder.write(language, name, text) {
            self.missing.push(format!("{uri}: {error:#}"));
        }
    }

    /// `$metadata`, and what it and each file after it refers to.
    async fn csdl(&mut self) {
        let mut next = VecDeque::from(["/redfish/v1/$metadata".to_owned()]);
        let mut elsewhere = BTreeSet::new();
        while let Some(uri) = next.pop_front() {
            let Some(text) = self.text(&uri, false).await else { continue };
            match csdl::references(&uri, &text) {
                Ok(references) => {
                    for reference in references {
                        match own(self.client.origin(), &uri, &reference) {
                            Some(uri) => next.push_back(uri),
                            None => {
                                elsewhere.insert(reference);
                            }
                        }
                    }
                    self.write("csdl", &name::of(&uri, "schema", ".xml"), &uri, &text);
                }
                Err(error) => self.missing.push(error.to_string()),
            }
        }
        if let Some(one) = elsewhere.first() {
            self.missing.push(format!("{} files on other hosts, such as {one}", elsewhere.len()));
        }
    }

    /// The collection of schema files, each of which says where its text is.
    async fn json_schemas(&mut self) {
        let Some(root) = self.json("/redfish/v1", false).await else { return };
        let Some(start) = link(root.get("JsonSchemas")) else { return };
        let mut page = own(self.client.origin(), "/redfish/v1", start);
        let mut members = Vec::new();
        for _ in 0..MOST_PAGES {
            let Some(uri) = page.take() else { break };
            let Some(json) = self.json(&uri, true).await else { break };
            let listed = json.get("Members").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            members.extend(listed.iter().filter_map(|member| link(Some(member))).map(str::to_owned));
            let following = json.get("Members@odata.nextLink").and_then(Value::as_str);
            page = following.and_then(|following| own(self.client.origin(), &uri, following));
        }
        for member in members {
            let Some(member) = own(self.client.origin(), "/redfish/v1", &member) else { continue };
            let Some(file) = self.json(&member, false).await else { continue };
            let Some(place) = location(&file) else {
                self.missing.push(format!("{member}: it does not say where the file is on this service"));
                continue;
            };
            let Some(uri) = own(self.client.origin(), &member, &place) else { continue };
            let Some(text) = self.text(&uri, false).await else { continue };
            let fallback = file.get("Id").and_then(Value::as_str).unwrap_or("schema");
            let name = match uri.ends_with(".json") {
                true => name::of(&uri, "schema", ".json"),
                false => name::of(fallback, "schema", ".json"),
            };
            self.write("json-schema", &name, &uri, &text);
        }
    }

    async fn openapi(&mut self) {
        if let Some(text) = self.text("/redfish/v1/openapi.yaml", true).await {
            self.write("openapi", "openapi.yaml", "/redfish/v1/openapi.yaml", &text);
        }
    }
}

fn link(value: Option<&Value>) -> Option<&str> {
    value?.get("@odata.id")?.as_str()
}

/// Where a schema file's text is: in English if it is there in several languages.
fn location(file: &Value) -> Option<String> {
    let places = file.get("Location")?.as_array()?;
    let language =
        |place: &&Value| place.get("Language").and_then(Value::as_str).is_some_and(|name| name.starts_with("en"));
    let place = places.iter().find(language).or_else(|| places.first())?;
    let uri = place.get("Uri")?;
    // iLO wraps it.
    uri.as_str().or_else(|| uri.get("extref")?.as_str()).map(str::to_owned)
}

/// A reference as a path of this service; none where it leads to another host.
fn own(origin: &str, base: &str, reference: &str) -> Option<String> {
    let reference = reference.split('#').next().unwrap_or_default();
    if reference.is_empty() {
        return None;
    }
    if let Some(rest) = reference.strip_prefix(origin) {
        return rest.starts_with('/').then(|| rest.to_owned());
    }
    if reference.starts_with("//") || reference.contains("://") || reference.contains('\\') {
        return None;
    }
    if reference.starts_with('/') {
        return Some(reference.to_owned());
    }
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let relative = reference.trim_start_matches("./");
    let plain = !relative.split('/').any(|part| part == "..") && !relative.contains(':');
    plain.then(|| format!("{folder}/{relative}"))
}

#[cfg(test)]
mod tests {
    use super::own;

    #[test]
    fn only_the_service_itself_is_asked() {
        let own = |reference| own("https://bmc", "/redfish/v1/$metadata", reference);
        for (reference, path) in [
            ("/redfish/v1/Schemas/A.xml", Some("/redfish/v1/Schemas/A.xml")),
            ("https://bmc/A.xml#x", Some("/A.xml")),
            ("A.xml", Some("/redfish/v1/A.xml")),
            ("./A.xml", Some("/redfish/v1/A.xml")),
            ("https://bmc.evil.example/A.xml", None),
            ("https://bmc@evil.example/A.xml", None),
            ("http://redfish.dmtf.org/schemas/v1/A.xml", None),
            ("//evil.example/A.xml", None),
            ("\\\\evil.example\\A.xml", None),
            ("../../A.xml", None),
            ("file:/etc/passwd", None),
            ("#x", None),
        ] {
            assert_eq!(own(reference).as_deref(), path, "{reference}");
        }
    }
}
