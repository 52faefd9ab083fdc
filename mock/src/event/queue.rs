//! The event state: events already sent, open streams, and events waiting to be delivered.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use axum::body::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use super::record::{Facts, Record};
use crate::http::uri;
use crate::verb::query::filter::Filter;

/// What a builder can set about events.
#[derive(Clone, Debug)]
pub(crate) struct EventSettings {
    /// How long a stream is silent before a comment is sent.
    pub(crate) keep_alive: Duration,
    /// How many events are kept for streams that reconnect.
    pub(crate) buffer: usize,
    /// How often and after what delay a delivery is retried, if not as the tree says.
    pub(crate) retries: Option<(u32, Duration)>,
    /// Whether events are delivered to other hosts as well.
    pub(crate) anywhere: bool,
    /// How often metric reports are recreated.
    pub(crate) reports: Option<Duration>,
    /// Whether the JSON of a stream is spread over several `data:` lines.
    pub(crate) multi_line: bool,
}

impl Default for EventSettings {
    fn default() -> Self {
        Self {
            keep_alive: Duration::from_secs(15),
            buffer: 100,
            retries: None,
            anywhere: false,
            reports: None,
            multi_line: false,
        }
    }
}

/// An event that was sent, or would have been if there had been a subscriber.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) id: u64,
    pub(super) record: Record,
}

/// Events on their way from their source to their subscribers.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pub(super) last: u64,
    pub(super) buffer: VecDeque<Sent>,
    pub(super) streams: Vec<Listener>,
    pub(super) queues: BTreeMap<String, Queue>,
    /// The headers that subscribers want sent with their events. They often carry credentials and are
    /// never shown.
    pub(super) headers: HashMap<String, Vec<(String, String)>>,
    pub(super) outbox: Vec<Outbox>,
}

impl Events {
    /// Returns how many streams are open.
    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Ends the streams, as a restarting service does.
    pub(crate) fn end_streams(&mut self) {
        self.streams.clear();
    }

    /// Takes the events that are to be delivered.
    pub(crate) fn outbox(&mut self) -> Vec<Outbox> {
        std::mem::take(&mut self.outbox)
    }
}

impl Sent {
    /// Returns the Event or MetricReport to send.
    pub(super) fn message(&self, context: Option<&str>) -> Value {
        if self.record.facts.format == "MetricReport" {
            let mut report = self.record.body.clone();
            if let Some(context) = context {
                report.insert("Context".to_owned(), context.into());
            }
            return Value::Object(report);
        }
        event(self.id, context, &[&self.record.body])
    }
}

/// Creates an Event from these records.
fn event(id: u64, context: Option<&str>, records: &[&Map<String, Value>]) -> Value {
    let mut event = json!({
        "@odata.type": "#Event.v1_9_0.Event",
        "Id": id.to_string(),
        "Name": "Event Array",
        "Events": records,
        "Events@odata.count": records.len(),
    });
    if let (Some(context), Some(event)) = (context, event.as_object_mut()) {
        event.insert("Context".to_owned(), context.into());
    }
    event
}

/// The service's side of a stream.
#[derive(Debug)]
pub(super) struct Listener {
    pub(super) sender: mpsc::Sender<Bytes>,
    pub(super) filter: Option<Filter>,
    pub(super) multi_line: bool,
    /// The key of the subscription that shows the stream.
    pub(super) resource: Option<String>,
}

impl Listener {
    /// Sends an event if the client's filter selects it. Returns whether the client is still connected.
    pub(super) fn send(&self, sent: &Sent) -> bool {
        if self.filter.as_ref().is_some_and(|filter| !holds(filter, &sent.record.facts)) {
            return !self.sender.is_closed();
        }
        self.sender.try_send(frame(sent, self.multi_line)).is_ok()
    }
}

/// An event on its way to a subscriber.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// The key of the subscription.
    pub(super) subscription: String,
    pub(super) body: Bytes,
}

/// The queue of events waiting to be delivered to a subscription.
#[derive(Debug)]
pub(super) struct Queue(pub(super) mpsc::UnboundedSender<Bytes>);

/// Formats an event for a stream.
fn frame(sent: &Sent, multi_line: bool) -> Bytes {
    let message = sent.message(None);
    let text = if multi_line { format!("{message:#}") } else { message.to_string() };
    let data: String = text.lines().map(|line| format!("data: {line}\n")).collect();
    format!("id: {}\n{data}\n", sent.id).into()
}

/// Returns whether a stream's filter selects an event. Its names are not properties of the event, but those that
/// DSP0266 lists under "Server-sent events": `EventFormatType`, `RegistryPrefix`, ...
fn holds(filter: &Filter, facts: &Facts) -> bool {
    let origin = facts.origin.clone().unwrap_or_default();
    // With subordinate resources included, an event also counts for every resource above its origin.
    let mut origins = vec![origin.clone()];
    if filter.mentions("SubordinateResources") {
        origins.extend(std::iter::successors(uri::parent(&origin), |key| uri::parent(key)).map(str::to_owned));
    }
    let ids = [facts.message_id.clone(), facts.unversioned_id()];
    filter.holds(&json!({
        "EventFormatType": facts.format,
        "EventType": facts.event_type,
        "MessageId": ids,
        "MetricReportDefinition": facts.definition,
        "OriginResource": origins,
        "RegistryPrefix": facts.registry(),
        "ResourceType": facts.resource_type.as_ref().map_or(Value::Null, |name| name.clone().into()),
        "SubordinateResources": true,
    }))
}
