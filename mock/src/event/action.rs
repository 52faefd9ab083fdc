//! The actions of EventService, EventDestination and TelemetryService.

use serde_json::{Map, Value, json};

use super::publish::publish;
use super::record::Record;
use super::report;
use crate::machine::clock;
use crate::machine::state::State;
use crate::message::{self, Message};

/// Carries out an action of eventing; `None` if it is not one.
pub(crate) fn answer(
    state: &mut State,
    name: &str,
    owner: &str,
    given: &Map<String, Value>,
) -> Option<Result<(), Message>> {
    match name {
        "EventService.SubmitTestEvent" => publish(state, test_event(given)),
        "EventService.TestEventSubscription" => {
            let test = Message::new(&message::TEST_MESSAGE, []);
            publish(state, Record::of(&test, "Alert", owner));
        }
        "EventDestination.SuspendSubscription" => set_state(state, owner, "Disabled"),
        "EventDestination.ResumeSubscription" => set_state(state, owner, "Enabled"),
        "TelemetryService.SubmitTestMetricReport" => publish(state, test_report(given)),
        _ => return None,
    }
    Some(Ok(()))
}

fn set_state(state: &mut State, subscription: &str, value: &str) {
    state.store.update(subscription, |subscription| {
        let status = subscription.entry("Status").or_insert_with(|| json!({}));
        if let Some(status) = status.as_object_mut() {
            status.insert("State".to_owned(), value.into());
        }
    });
}

/// An event of the parameters of SubmitTestEvent.
fn test_event(given: &Map<String, Value>) -> Record {
    let mut body = Map::new();
    for (name, value) in given {
        match (name.as_str(), value) {
            ("OriginOfCondition", Value::String(origin)) => {
                body.insert(name.clone(), json!({ "@odata.id": origin }));
            }
            (annotation, _) if annotation.contains('@') => {}
            _ => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
    body.entry("EventType").or_insert_with(|| "Alert".into());
    body.entry("MessageSeverity").or_insert_with(|| given.get("Severity").cloned().unwrap_or_else(|| "OK".into()));
    body.entry("Message").or_insert_with(|| "This event was sent on request, as a test.".into());
    Record { is_test: true, ..Record::from_body(body) }
}

/// A report of the parameters of SubmitTestMetricReport.
fn test_report(given: &Map<String, Value>) -> Record {
    let name = given.get("MetricReportName").and_then(Value::as_str).unwrap_or("Test");
    let values = given.get("GeneratedMetricReportValues").cloned().unwrap_or_else(|| json!([]));
    let report = json!({
        "@odata.type": "#MetricReport.v1_5_0.MetricReport",
        "Id": name,
        "Name": name,
        "Timestamp": clock::now(),
        "MetricValues": values,
    });
    report::record(report.as_object().cloned().unwrap_or_default())
}
