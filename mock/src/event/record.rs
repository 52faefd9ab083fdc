//! Event records: the messages of the ResourceEvent and TaskEvent registries for a changed resource, and
//! the properties that subscriptions select by.

use serde_json::{Map, Value, json};

use crate::machine::clock;
use crate::machine::store::{Change, Resource, Store};
use crate::message::{self, Message};
use crate::schema::capability::schema;

/// Changes to these are not reported: they change all the time, or because an event was sent.
static SILENT: &[&str] = &["EventDestination", "LogEntry", "MetricReport", "Session"];

/// A record with the facts known about it.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) body: Map<String, Value>,
    pub(crate) facts: Facts,
    /// Whether it was sent on request, as a test.
    pub(crate) is_test: bool,
    /// Whether it is also written to logs.
    pub(crate) is_for_logs: bool,
}

/// The properties that subscriptions select by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// `Event` or `MetricReport`.
    pub(crate) format: &'static str,
    pub(crate) event_type: String,
    pub(crate) message_id: String,
    pub(crate) severity: String,
    /// The key of the resource that it is about.
    pub(crate) origin: Option<String>,
    /// The schema of that resource.
    pub(crate) resource_type: Option<String>,
    /// The key of a report's definition.
    pub(crate) definition: Option<String>,
}

impl Facts {
    /// Fills in what the resources say about themselves.
    pub(crate) fn complete(&mut self, store: &Store) {
        if self.resource_type.is_none() {
            let origin = self.origin.as_deref().and_then(|origin| store.get(origin));
            self.resource_type = origin.and_then(schema).map(str::to_owned);
        }
    }

    /// Returns the registry of the message: `Base` for `Base.1.22.Success`.
    pub(crate) fn registry(&self) -> &str {
        self.message_id.split('.').next().unwrap_or_default()
    }

    /// Returns the message id without the registry's version: `Base.Success`.
    pub(crate) fn unversioned_id(&self) -> String {
        unversioned(&self.message_id)
    }
}

/// Returns `Base.Success` for `Base.1.22.Success`.
pub(crate) fn unversioned(id: &str) -> String {
    match (id.split('.').next(), id.rsplit('.').next()) {
        (Some(registry), Some(key)) if registry != id => format!("{registry}.{key}"),
        _ => id.to_owned(),
    }
}

impl Record {
    /// Creates a record with a message about a resource.
    pub(crate) fn of(message: &Message, event_type: &str, origin: &str) -> Self {
        let mut body = Map::new();
        if let Value::Object(mut parts) = message.to_json() {
            for name in ["MessageId", "Message", "MessageArgs", "MessageSeverity", "Severity", "Resolution"] {
                if let Some(value) = parts.remove(name) {
                    body.insert(name.to_owned(), value);
                }
            }
        }
        body.insert("EventType".to_owned(), event_type.into());
        body.insert("OriginOfCondition".to_owned(), json!({ "@odata.id": origin }));
        Self::from_body(body)
    }

    /// Creates a record from a body that the caller wrote, adding the properties that every record has.
    pub(crate) fn from_body(mut body: Map<String, Value>) -> Self {
        body.entry("EventType").or_insert_with(|| "Other".into());
        body.entry("EventTimestamp").or_insert_with(|| clock::now().into());
        body.entry("MemberId").or_insert_with(|| "0".into());
        let severity = body.get("MessageSeverity").or_else(|| body.get("Severity")).cloned();
        if let Some(severity) = severity {
            body.entry("MessageSeverity").or_insert_with(|| severity.clone());
            body.entry("Severity").or_insert(severity);
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let origin = body.get("OriginOfCondition").and_then(|origin| origin.get("@odata.id")?.as_str());
        let facts = Facts {
            format: "Event",
            event_type: text("EventType"),
            message_id: text("MessageId"),
            severity: text("MessageSeverity"),
            origin: origin.and_then(crate::http::uri::key_of_id),
            ..Facts::default()
        };
        Self { body, facts, is_test: false, is_for_logs: false }
    }

    /// Gives the record its event id.
    pub(crate) fn number(&mut self, id: u64) {
        if self.facts.format == "Event" {
            self.body.entry("EventId").or_insert_with(|| id.to_string().into());
        }
    }

    /// Returns whether the event is about the service itself: a test, a heartbeat, a task. Some services omit the
    /// context from these.
    pub(crate) fn is_about_the_service(&self) -> bool {
        self.is_test
            || self.facts.message_id.ends_with(".TestMessage")
            || matches!(self.facts.registry(), "TaskEvent" | "HeartbeatEvent")
    }

    pub(crate) fn for_logs(mut self) -> Self {
        self.is_for_logs = true;
        self
    }
}

/// Creates the record that reports a change. Returns `None` for collections and for changes that are not reported.
pub(crate) fn of_change(change: &Change) -> Option<Record> {
    let shown = change.after.as_ref().or(change.before.as_ref())?;
    let name = schema(shown)?;
    if name.ends_with("Collection") || SILENT.contains(&name) {
        return None;
    }
    if matches!(name, "Task" | "Job") {
        return task(change, name);
    }
    let key = change.key.as_str();
    let record = match (&change.before, &change.after) {
        (None, Some(_)) => Record::of(&Message::new(&message::RESOURCE_CREATED, []), "ResourceAdded", key),
        (Some(_), None) => Record::of(&Message::new(&message::RESOURCE_REMOVED, []), "ResourceRemoved", key),
        (Some(before), Some(after)) => changed(key, before, after)?,
        (None, None) => return None,
    };
    let mut record = record;
    // The type of a deleted resource can no longer be looked up.
    record.facts.resource_type = Some(name.to_owned());
    Some(record)
}

fn changed(key: &str, before: &Resource, after: &Resource) -> Option<Record> {
    let at = |resource: &Resource, pointer: &str| {
        let value = resource.json.as_deref().and_then(|json| json.pointer(pointer))?.as_str()?;
        Some(value.to_owned())
    };
    let new = |pointer: &str| at(after, pointer).filter(|new| at(before, pointer).as_ref() != Some(new));
    if let Some(power) = new("/PowerState") {
        let kind = match power.as_str() {
            "On" => &message::POWERED_ON,
            "Off" => &message::POWERED_OFF,
            "PoweringOn" => &message::POWERING_ON,
            "PoweringOff" => &message::POWERING_OFF,
            _ => &message::POWER_PAUSED,
        };
        return Some(Record::of(&Message::new(kind, [key]), "StatusChange", key).for_logs());
    }
    if let Some(health) = new("/Status/Health") {
        let kind = match health.as_str() {
            "OK" => &message::HEALTH_OK,
            "Warning" => &message::HEALTH_WARNING,
            _ => &message::HEALTH_CRITICAL,
        };
        return Some(Record::of(&Message::new(kind, [key, &health]), "StatusChange", key).for_logs());
    }
    (before.body != after.body)
        .then(|| Record::of(&Message::new(&message::RESOURCE_CHANGED, []), "ResourceUpdated", key))
}

/// Creates the record for a task's start, progress or end.
fn task(change: &Change, schema: &str) -> Option<Record> {
    let field = |resource: &Option<Resource>, name: &str| {
        resource.as_ref().and_then(|resource| resource.object().get(name).cloned()).unwrap_or_default()
    };
    let state = if schema == "Task" { "TaskState" } else { "JobState" };
    let id = change.key.rsplit('/').next().unwrap_or_default();
    let (before, after) = (field(&change.before, state), field(&change.after, state));
    let kind = match after.as_str() {
        _ if change.before.is_none() => &message::TASK_STARTED,
        None => &message::TASK_REMOVED,
        Some("Running") if before == after => {
            let percent = field(&change.after, "PercentComplete").to_string();
            let progress = Message::new(&message::TASK_PROGRESS, [id, &percent]);
            return Some(Record::of(&progress, "StatusChange", &change.key));
        }
        Some("Completed") if before != after => &message::TASK_COMPLETED,
        Some("Cancelled") if before != after => &message::TASK_CANCELLED,
        Some("Exception") if before != after => &message::TASK_ABORTED,
        Some(_) => return None,
    };
    Some(Record::of(&Message::new(kind, [id]), "StatusChange", &change.key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    fn told(before: Option<Value>, after: Option<Value>) -> Option<String> {
        let resource = |json: Option<Value>| {
            json.map(|json| Store::new(&Tree::new().with("/a", json)).get("/a").cloned().unwrap())
        };
        let change = Change { key: "/a".to_owned(), before: resource(before), after: resource(after) };
        of_change(&change).map(|record| record.facts.unversioned_id())
    }

    #[test]
    fn changes_have_names() {
        let system = |power: &str, health: &str| {
            Some(
                json!({ "@odata.type": "#ComputerSystem.v1_1_0.ComputerSystem", "PowerState": power, "Status": { "Health": health } }),
            )
        };
        let task = |state: &str, percent: u32| {
            Some(json!({ "@odata.type": "#Task.v1_7_0.Task", "TaskState": state, "PercentComplete": percent }))
        };
        let session = Some(json!({ "@odata.type": "#Session.v1_7_0.Session" }));
        for (before, after, expected) in [
            (None, system("On", "OK"), Some("ResourceEvent.ResourceCreated")),
            (system("On", "OK"), None, Some("ResourceEvent.ResourceRemoved")),
            (system("On", "OK"), system("Off", "OK"), Some("ResourceEvent.ResourcePoweredOff")),
            (system("On", "OK"), system("PoweringOff", "OK"), Some("ResourceEvent.ResourcePoweringOff")),
            (system("On", "OK"), system("On", "Critical"), Some("ResourceEvent.ResourceStatusChangedCritical")),
            (system("On", "OK"), system("On", "OK"), None),
            (None, task("Running", 0), Some("TaskEvent.TaskStarted")),
            (task("Running", 0), task("Running", 10), Some("TaskEvent.TaskProgressChanged")),
            (task("Running", 10), task("Completed", 100), Some("TaskEvent.TaskCompletedOK")),
            (task("Running", 10), task("Exception", 10), Some("TaskEvent.TaskAborted")),
            (None, session, None),
        ] {
            assert_eq!(told(before, after).as_deref(), expected);
        }
    }
}
