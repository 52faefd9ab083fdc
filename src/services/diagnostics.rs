//! Diagnostic data: having a service collect it, and finding the result. The standard's way is an action of a log
//! service, whose new entry names a file. Vendors have other ways, some of them older: Dell's SupportAssist collection,
//! and HPE's Active Health System, whose file always exists.

use std::time::Duration;

use serde_json::{Value, json};

use super::survey::{text, to_json};
use crate::error::{Error, ErrorKind};
use crate::resource::action::Reply;
use crate::resource::partial::key;
use crate::resource::{AnyResource, links_at};
use crate::task::TaskMonitor;
use crate::wire::ODataId;

const COLLECT: &str = "LogService.CollectDiagnosticData";
const SUPPORT_ASSIST: &str = "DellLCService.SupportAssistCollection";
/// How many pages of a log's entries are searched for a new one.
const PAGES: usize = 50;
/// How many entries a dump log has at most.
const FEW: usize = 32;
/// How long an entry may take to appear once the service reports that the data is collected, and how often to look for
/// it.
const PATIENCE: Duration = Duration::from_secs(10);
const INTERVAL: Duration = Duration::from_millis(500);

/// A file at a service.
#[derive(Debug, Clone)]
pub(crate) struct Attachment {
    /// The entry that names it; `None` for files that are in no log.
    pub(crate) entry: Option<AnyResource>,
    pub(crate) uri: String,
    /// Its size, from the entry.
    pub(crate) bytes: Option<u64>,
}

impl Attachment {
    /// Returns the file that a log entry names.
    pub(crate) fn of(entry: &AnyResource) -> Option<Self> {
        let json = to_json(entry);
        let uri = text(&json, "AdditionalDataURI")?.to_owned();
        let bytes = json["AdditionalDataSizeBytes"].as_u64();
        Some(Self { entry: Some(entry.clone()), uri, bytes })
    }
}

/// The result of a collection.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) sent: String,
    /// The file; `None` if the service collected the data and doesn't show where.
    pub(crate) attachment: Option<Attachment>,
}

/// Returns whether a log can collect diagnostic data.
pub(crate) fn can_collect(log: &AnyResource) -> bool {
    log.oem_action(COLLECT).is_supported()
}

/// Returns the kinds of data that a log can collect, from the log resource itself; `None` if it doesn't list them.
pub(crate) fn kinds(log: &AnyResource) -> Option<Vec<String>> {
    let action = log.actions().into_iter().find(|action| action.name.trim_start_matches('#') == COLLECT)?;
    action.target.allowable_values("DiagnosticDataType")
}

/// Collects data into a log, waits for the task, and finds the new entry. The request is sent once.
///
/// # Errors
///
/// If the log doesn't collect this kind (nothing is sent then), the service refuses, or the task fails or doesn't end
/// in time.
pub(crate) async fn collect(
    log: &AnyResource,
    kind: &str,
    oem_kind: Option<&str>,
    within: Duration,
) -> Result<Collected, Error> {
    let before = seen(log).await.ok();
    let mut call = log.oem_action(COLLECT).parameter("DiagnosticDataType", kind);
    let mut sent = format!("{COLLECT} {kind}");
    if let Some(oem) = oem_kind {
        call = call.parameter("OEMDiagnosticDataType", oem);
        sent.push_str(&format!(" {oem}"));
    }
    let made = end(call.await?, within).await?;
    Ok(Collected { sent, attachment: find(log, &made, before.as_deref()).await })
}

/// Waits for an operation to end. Returns the URIs that it reports as created.
async fn end(reply: Reply<Value>, within: Duration) -> Result<Vec<String>, Error> {
    let mut made: Vec<String> = reply.location.into_iter().collect();
    if let Some(task) = reply.task {
        made.extend(task.wait(within).await?.created);
        made.extend(noted(&task).await);
    }
    Ok(made)
}

/// Returns the location in a task's payload, where OpenBMC puts the header that the answer would have had.
async fn noted(task: &TaskMonitor) -> Option<String> {
    let task_uri = task.handle().task()?.to_owned();
    let resource = task.client().get_any(&task_uri, None).await.ok()?;
    let json = to_json(&resource);
    let headers = json["Payload"]["HttpHeaders"].as_array()?.iter().filter_map(Value::as_str);
    let location = |header: &str| {
        let (name, value) = header.split_once(':')?;
        name.trim().eq_ignore_ascii_case("Location").then(|| value.trim().to_owned())
    };
    headers.filter_map(location).next_back().filter(|uri| !uri.is_empty())
}

/// Returns the entries of a log, each with the description of its file. The entries of a long log are not read: it is
/// not a dump log, whose entries the service may overwrite.
async fn seen(log: &AnyResource) -> Result<Vec<(String, Option<Value>)>, Error> {
    let uris = entries(log).await?;
    let are_read = uris.len() <= FEW;
    let mut seen = Vec::new();
    for uri in uris {
        let said = match are_read {
            true => log.client().get_any(&uri, None).await.ok().map(|entry| of_file(&entry)),
            false => None,
        };
        seen.push((uri, said));
    }
    Ok(seen)
}

/// Returns what changes when an entry gets another file.
fn of_file(entry: &AnyResource) -> Value {
    let json = to_json(entry);
    json!([json["AdditionalDataURI"], json["AdditionalDataSizeBytes"], json["Created"], json["Modified"]])
}

/// Finds the new file: among what the service reports as created, else among entries that are new or have changed.
async fn find(log: &AnyResource, made: &[String], before: Option<&[(String, Option<Value>)]>) -> Option<Attachment> {
    if made.is_empty() && before.is_none() {
        return None;
    }
    let deadline = crate::deadline::after(PATIENCE);
    loop {
        for uri in made {
            if let Ok(entry) = log.client().get_any(uri, None).await
                && let Some(attachment) = Attachment::of(&entry)
            {
                return Some(attachment);
            }
        }
        if let (Some(before), Ok(now)) = (before, entries(log).await) {
            for uri in now.iter().rev() {
                let known = before.iter().find(|(known, _)| key(known) == key(uri));
                if matches!(known, Some((_, None))) {
                    continue;
                }
                let Ok(entry) = log.client().get_any(uri, None).await else { continue };
                let is_new = known.is_none_or(|(_, said)| said.as_ref() != Some(&of_file(&entry)));
                if let Some(attachment) = Attachment::of(&entry).filter(|_| is_new) {
                    return Some(attachment);
                }
            }
        }
        if tokio::time::Instant::now() >= deadline {
            return None;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Returns the URIs of a log's entries.
pub(crate) async fn entries(log: &AnyResource) -> Result<Vec<String>, Error> {
    let links = links_at(log.record(), "Entries");
    let missing = || Error::new(ErrorKind::Missing, format!("{} has no entries", log.uri()));
    let mut next = links.first().and_then(|link| link.uri()).map(|uri| uri.as_str().to_owned()).ok_or_else(missing)?;
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let page = log.client().get_any(&next, None).await?;
        let links = links_at(page.record(), "Members");
        found.extend(links.iter().filter_map(|link| link.uri()).map(|uri| uri.as_str().to_owned()));
        match page.record().text("Members@odata.nextLink").filter(|uri| !uri.is_empty()) {
            Some(uri) => next = uri.to_owned(),
            None => break,
        }
    }
    Ok(found)
}

/// Finds an entry of a log by name, from the list of links. Only that entry is read.
///
/// # Errors
///
/// Where the entries, or that one, can't be read.
pub(crate) async fn entry(log: &AnyResource, name: &str) -> Result<Option<AnyResource>, Error> {
    let is_it = |uri: &&String| {
        let last = ODataId::from(uri.as_str()).last_segment().to_owned();
        last == name || key(uri) == key(name)
    };
    match entries(log).await?.iter().find(is_it) {
        Some(uri) => Ok(Some(log.client().get_any(uri, None).await?)),
        None => Ok(None),
    }
}

/// Returns the service that collects SupportAssist data for a manager (Dell).
pub(crate) async fn support_assist(manager: &AnyResource) -> Option<AnyResource> {
    let service = manager.follow("/Links/Oem/Dell/DellLCService").await.ok()?;
    service.oem_action(SUPPORT_ASSIST).is_supported().then_some(service)
}

/// Has SupportAssist collect data for download. Its job ends with the location of the file.
///
/// # Errors
///
/// As [`collect`].
pub(crate) async fn collect_by_support_assist(
    service: &AnyResource,
    kind: &str,
    oem_kind: Option<&str>,
    within: Duration,
) -> Result<Collected, Error> {
    let selected: Vec<&str> = match (oem_kind, kind) {
        (Some(named), _) => named.split(',').map(str::trim).filter(|word| !word.is_empty()).collect(),
        (None, "Manager") => vec!["HWData", "TTYLogs"],
        (None, "OS") => vec!["OSAppData"],
        (None, "OEM") => vec!["HWData", "TTYLogs", "DebugLogs"],
        (None, _) => {
            let text = format!("SupportAssist collects data of the kinds Manager, OS and OEM, not {kind}");
            return Err(Error::new(ErrorKind::NotAllowed, text).at("POST", service.uri()));
        }
    };
    let sent = format!("{SUPPORT_ASSIST} {}", selected.join(","));
    let call = service.oem_action(SUPPORT_ASSIST).parameter("ShareType", "Local");
    let reply = call.parameter("DataSelectorArrayIn", json!(selected)).await?;
    let made = end(reply, within).await?;
    // The URI of the job itself is not the file.
    let uri = made.into_iter().rev().find(|uri| !uri.contains("/Jobs/") && !uri.contains("/Tasks/"));
    Ok(Collected { sent, attachment: uri.map(|uri| Attachment { entry: None, uri, bytes: None }) })
}

/// Returns the file of a manager's Active Health System (HPE), which covers the machine as the manager sees it.
pub(crate) async fn active_health_system(manager: &AnyResource) -> Option<Attachment> {
    for vendor in ["Hpe", "Hp"] {
        let Ok(service) = manager.follow(&format!("/Oem/{vendor}/Links/ActiveHealthSystem")).await else { continue };
        let json = to_json(&service);
        let place =
            ["/Links/AHSLocation/extref", "/links/AHSLocation/extref"].iter().find_map(|at| json.pointer(at)?.as_str());
        if let Some(uri) = place.filter(|uri| !uri.is_empty()) {
            return Some(Attachment { entry: None, uri: uri.to_owned(), bytes: None });
        }
    }
    None
}
