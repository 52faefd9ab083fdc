//! Metric reports: recreated from the properties they cover, and sent like events.

use serde_json::{Map, Value};

use super::publish::publish;
use super::record::{Facts, Record};
use crate::http::uri;
use crate::machine::clock;
use crate::machine::state::State;
use crate::message;
use crate::tree::digits;

/// Recreates and sends all metric reports.
pub(crate) fn refresh(state: &mut State) {
    let reports: Vec<String> = state
        .store
        .iter()
        .filter(|(_, resource)| crate::schema::capability::schema(resource) == Some("MetricReport"))
        .map(|(key, _)| key.to_owned())
        .collect();
    for key in reports {
        send(state, &key);
    }
}

/// Recreates and sends a metric report. Returns whether the report exists.
pub(crate) fn send(state: &mut State, key: &str) -> bool {
    let Some(Value::Object(mut report)) = state.store.get(key).and_then(|report| report.json.as_deref()).cloned()
    else {
        return false;
    };
    let now = clock::now();
    report.insert("Timestamp".to_owned(), now.clone().into());
    if let Some(Value::Array(values)) = report.get_mut("MetricValues") {
        for value in values.iter_mut().filter_map(Value::as_object_mut) {
            let current =
                value.get("MetricProperty").and_then(Value::as_str).and_then(|property| read(state, property));
            if let Some(current) = current {
                value.insert("MetricValue".to_owned(), current.into());
            }
            value.insert("Timestamp".to_owned(), now.clone().into());
        }
    }
    state.store.set(key, Value::Object(report.clone()));
    report.remove("@odata.etag");
    publish(state, record(report));
    true
}

/// Creates the record in which a report is sent.
pub(super) fn record(report: Map<String, Value>) -> Record {
    let definition = report.get("MetricReportDefinition").and_then(|link| link.get("@odata.id")?.as_str());
    let facts = Facts {
        format: "MetricReport",
        event_type: "MetricReport".to_owned(),
        definition: definition.and_then(uri::key_of_id),
        origin: report.get("@odata.id").and_then(Value::as_str).and_then(uri::key_of_id),
        ..Facts::default()
    };
    Record { body: report, facts, is_test: false, is_for_logs: false }
}

/// Reads the value of a property, `/redfish/v1/Chassis/1#/Reading`, as text.
fn read(state: &State, property: &str) -> Option<String> {
    let (resource, pointer) = property.split_once('#')?;
    let value = state.store.get(&uri::key(resource))?.exact()?.pointer(pointer)?;
    Some(digits::digits(value).map_or_else(|| message::text(value), str::to_owned))
}
