//! Events: what changed, told to whoever wants to know (DSP0266, "Eventing"). Changes of resources
//! become records here; who gets them is decided by the subscriptions, and how by [`stream`]
//! (server-sent events) and [`push`] (POST to a listener).

mod action;
mod audience;
mod log;
mod post;
mod push;
mod record;
mod report;
pub(crate) mod stream;

pub(crate) use action::answer as act;
pub(crate) use push::{Outbox, deliver};
pub(crate) use record::Record;
pub(crate) use report::{refresh as refresh_reports, send as send_report};

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::http::uri;
use crate::machine::state::State;
use crate::machine::store::Change;
use crate::message::{self, Message};
use crate::verb::merge::text;

/// What a builder may set about events.
#[derive(Clone, Debug)]
pub(crate) struct EventSettings {
    /// How long a stream is silent before a comment is sent.
    pub(crate) keep_alive: Duration,
    /// How many events are kept for streams that come back.
    pub(crate) buffer: usize,
    /// How often and after what time a delivery is tried again, where that is not as the tree says.
    pub(crate) retries: Option<(u32, Duration)>,
    /// Whether events are delivered to other hosts than this one.
    pub(crate) anywhere: bool,
    /// How often metric reports are made anew.
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

/// Something that was sent, or would have been if anybody had wanted it.
#[derive(Clone, Debug)]
struct Sent {
    id: u64,
    record: Record,
}

/// What goes on between events and those who get them.
#[derive(Debug, Default)]
pub(crate) struct Events {
    last: u64,
    buffer: VecDeque<Sent>,
    streams: Vec<stream::Listener>,
    queues: BTreeMap<String, push::Queue>,
    /// The headers that subscribers want with their events. They often carry credentials and are
    /// never shown.
    headers: HashMap<String, Vec<(String, String)>>,
    outbox: Vec<Outbox>,
}

impl Events {
    /// How many streams are open.
    pub(crate) fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Takes what is to be delivered.
    pub(crate) fn outbox(&mut self) -> Vec<Outbox> {
        std::mem::take(&mut self.outbox)
    }
}

/// Tells of everything that has changed since the last time.
pub(crate) fn publish_changes(state: &mut State) {
    // Telling adds entries to logs, which is a change too, of which nobody is told.
    let changes = state.store.take_changes();
    for change in merged(changes) {
        if let Some(record) = record::of_change(&change) {
            publish(state, record);
        }
    }
    state.store.take_changes();
}

/// One change per resource: from what it was at first to what it is in the end.
fn merged(changes: Vec<Change>) -> Vec<Change> {
    let mut merged: Vec<Change> = Vec::new();
    for change in changes {
        match merged.iter_mut().find(|other| other.key == change.key) {
            Some(earlier) if earlier.after.is_some() => earlier.after = change.after,
            _ => merged.push(change),
        }
    }
    merged
}

/// Sends a record to everybody who wants it.
pub(crate) fn publish(state: &mut State, mut record: Record) {
    state.events.last += 1;
    let id = state.events.last;
    record.number(id);
    record.facts.complete(&state.store);
    if record.is_for_logs {
        log::add(state, &record);
    }

    let sent = Sent { id, record };
    state.events.streams.retain(|listener| listener.send(&sent));
    for subscription in audience::subscriptions(&state.store) {
        if audience::wants(&state.store, &subscription, &sent.record.facts) {
            let body = sent.message(subscription.context.as_deref());
            state.events.outbox.push(Outbox { subscription: subscription.key, body: body.to_string().into() });
        }
    }
    let most = state.settings.events.buffer;
    state.events.buffer.push_back(sent);
    while state.events.buffer.len() > most {
        state.events.buffer.pop_front();
    }
}

impl Sent {
    /// The Event or the MetricReport as it is sent.
    fn message(&self, context: Option<&str>) -> Value {
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

/// An Event of these records.
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

/// What a new subscription chooses by and the EventService doesn't have.
pub(crate) fn check(store: &crate::machine::store::Store, body: &Map<String, Value>) -> Result<(), Message> {
    let Some(service) = service(store).and_then(|key| store.get(&key)) else {
        return Ok(());
    };
    for (name, listed) in [
        ("RegistryPrefixes", "RegistryPrefixes"),
        ("ResourceTypes", "ResourceTypes"),
        ("Severities", "Severities"),
        ("EventTypes", "EventTypesForSubscription"),
        ("EventFormatType", "EventFormatTypes"),
    ] {
        // A service that lists nothing doesn't say what it has.
        let Some(listed) = service.object().get(listed).and_then(Value::as_array).filter(|listed| !listed.is_empty())
        else {
            continue;
        };
        let wanted = match body.get(name) {
            Some(Value::Array(wanted)) => wanted.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        if let Some(refused) = wanted.into_iter().find(|wanted| wanted.is_string() && !listed.contains(wanted)) {
            let message = Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [&text(refused), name]);
            return Err(message.about(&format!("/{name}")));
        }
    }
    Ok(())
}

/// Keeps the headers of a new or changed subscription.
pub(crate) fn subscribed(state: &mut State, key: &str, body: &Map<String, Value>) {
    let Some(headers) = body.get("HttpHeaders").and_then(Value::as_array) else {
        return;
    };
    let headers = headers
        .iter()
        .filter_map(Value::as_object)
        .flatten()
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    state.events.headers.insert(key.to_owned(), headers);
}

/// Headers are written and never read.
pub(crate) fn hide_headers(subscription: &mut Map<String, Value>) {
    if let Some(headers) = subscription.get_mut("HttpHeaders") {
        *headers = json!([]);
    }
}

/// What it means that a subscription is gone: nothing more is sent.
pub(crate) fn unsubscribed(state: &mut State, key: &str) {
    state.events.headers.remove(key);
    state.events.queues.remove(key);
    state.events.streams.retain(|listener| listener.resource.as_deref() != Some(key));
}

/// The key of the EventService, where the root has one.
fn service(store: &crate::machine::store::Store) -> Option<String> {
    store.get(uri::ROOT)?.object().get("EventService")?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
}
