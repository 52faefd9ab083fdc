//! Entries of logs: what is sent to subscribers is written down as well.

use serde_json::{Value, json};

use super::record::Record;
use crate::http::uri;
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::machine::{clock, ids};

/// Adds an entry to the log of the resource that a record is about, or else of the first system. A log
/// that is full loses its oldest entry.
pub(super) fn add(state: &mut State, record: &Record) {
    let Some((log, entries)) = find(&state.store, record.facts.origin.as_deref()) else {
        return;
    };
    let kind = state.store.get(&log).and_then(|log| log.object().get("LogEntryType")?.as_str().map(str::to_owned));
    let kind =
        kind.filter(|kind| matches!(kind.as_str(), "Event" | "SEL" | "Oem")).unwrap_or_else(|| "Event".to_owned());
    let most = state.store.get(&log).and_then(|log| log.object().get("MaxNumberOfRecords")?.as_u64()).unwrap_or(1000);
    let id = ids::next_id(&state.store, &entries);
    let key = format!("{entries}/{id}");
    let said = |name: &str| record.body.get(name).cloned().unwrap_or_default();
    let mut entry = json!({
        "@odata.id": key,
        "@odata.type": ids::type_of_new(&state.store, "LogEntry"),
        "Id": id,
        "Name": format!("{kind} Entry {id}"),
        "EntryType": kind,
        "Created": clock::now(),
        "EventTimestamp": said("EventTimestamp"),
        "Severity": said("MessageSeverity"),
        "MessageId": said("MessageId"),
        "MessageArgs": said("MessageArgs"),
        "Message": said("Message"),
        "Links": { "OriginOfCondition": said("OriginOfCondition") },
    });
    if let Some(entry) = entry.as_object_mut() {
        entry.retain(|_, value| !value.is_null() && *value != json!({ "OriginOfCondition": null }));
    }
    let members = state.store.members(&entries);
    let surplus = (members.len() as u64 + 1).saturating_sub(most.max(1));
    for oldest in members.iter().take(usize::try_from(surplus).unwrap_or(0)) {
        state.store.remove_member(&entries, oldest);
    }
    state.store.add_member(&entries, &key, entry);
}

/// The log of a resource and the collection of its entries.
fn find(store: &Store, origin: Option<&str>) -> Option<(String, String)> {
    let follow =
        |key: &str, name: &str| store.get(key)?.object().get(name)?.get("@odata.id")?.as_str().and_then(uri::key_of_id);
    let system = || follow(uri::ROOT, "Systems").and_then(|systems| store.members(&systems).into_iter().next());
    let mut owner =
        origin.map(str::to_owned).filter(|origin| follow(origin, "LogServices").is_some()).or_else(system)?;
    if store.get(&owner)?.object().get("LogServices").is_none() {
        owner = system()?;
    }
    let logs = follow(&owner, "LogServices")?;
    store.members(&logs).into_iter().find_map(|log| {
        let enabled = store.get(&log)?.object().get("ServiceEnabled").and_then(Value::as_bool) != Some(false);
        let entries = follow(&log, "Entries").filter(|entries| store.contains(entries))?;
        enabled.then_some((log, entries))
    })
}
