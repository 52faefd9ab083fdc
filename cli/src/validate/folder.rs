//! Payloads from files: of a whole service, or of parts of one.

use std::path::Path;

use serde_json::Value;

use super::answers::{Answer, Answers, is_local, key};
use super::json;
use crate::files;

/// Reads all payloads of a folder, or one file; what could not be read in words beside it.
pub(crate) fn read(path: &Path) -> anyhow::Result<(Answers, Vec<String>)> {
    let mut answers = Answers::default();
    let unread = files::each(path, |place, bytes| {
        let (json, wrong) = json::read(bytes);
        let said = json.as_ref().and_then(|json| json.get("@odata.id")).and_then(Value::as_str);
        let uri = said.filter(|uri| is_local(uri)).map(str::to_owned).or_else(|| uri_of(place)).unwrap_or_default();
        answers.add(Answer { place: place.to_owned(), uri, body: bytes.to_vec(), json, wrong, ..Answer::default() });
    })?;
    answers.is_whole = answers.get("/redfish/v1").is_some();
    Ok((answers, unread))
}

/// The URI that a path stands for: mockups have `redfish/v1/Systems/1/index.json` or `redfish/v1/Systems/1.json`.
fn uri_of(place: &str) -> Option<String> {
    let place = place.replace('\\', "/");
    let path = place.get(place.find("redfish/v1")?..)?;
    let path = path.strip_suffix("/index.json").or_else(|| path.strip_suffix(".json")).unwrap_or(path);
    Some(format!("/{}", key(path)))
}
