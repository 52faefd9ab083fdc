//! Server-sent events: a GET that stays open, starting with what the client missed since its last event.

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{Method, Response, StatusCode, header};
use futures_util::stream;
use serde_json::json;
use tokio::sync::mpsc;

use super::queue::{Listener, Sent};
use super::record::Record;
use super::service;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::ids;
use crate::machine::running::Running;
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::message::{self, Message};
use crate::verb::query::filter::Filter;

/// How many unread events are kept for a client. A client that falls further behind is disconnected.
const BEHIND: usize = 1000;

/// Returns the key of the stream, or `None` if the EventService doesn't name one.
fn key(store: &Store) -> Option<String> {
    let service = service(store)?;
    store.get(&service)?.object().get("ServerSentEventUri")?.as_str().and_then(uri::key_of_id)
}

/// Returns whether a call opens the stream.
pub(crate) fn is_stream(state: &State, call: &Call) -> bool {
    call.method == Method::GET && key(&state.store).is_some_and(|key| key == call.key)
}

/// Opens a stream.
pub(crate) fn open(owner: &Arc<Running>, state: &mut State, call: &Call) -> Response<Body> {
    let filter = match call.query.as_deref().and_then(wanted_filter) {
        Some(text) => match Filter::parse(&text) {
            Ok(filter) => Some(filter),
            Err(message) => return Reply::error(message).into_response(),
        },
        None => None,
    };
    let (sender, receiver) = mpsc::channel(BEHIND);
    let multi_line = state.settings.events.multi_line;
    let listener = Listener { sender, filter, multi_line, resource: None };
    replay(state, &listener, call.header("last-event-id"));
    let resource = show(state, call);
    let keep_alive = state.settings.events.keep_alive;
    state.events.streams.push(Listener { resource: resource.clone(), ..listener });

    let end = End { machine: Arc::downgrade(owner), resource };
    let mut response = Response::new(Body::from_stream(body(receiver, keep_alive, end)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-cache"));
    headers.insert("odata-version", header::HeaderValue::from_static("4.0"));
    *response.status_mut() = StatusCode::OK;
    response
}

/// Returns the `$filter` of a stream's URI.
fn wanted_filter(query: &str) -> Option<String> {
    query.split('&').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        (uri::decode(name) == "$filter").then(|| uri::decode(&value.replace('+', " ")))
    })
}

/// Sends the events after the last one that the client received. If some of them are no longer buffered, the
/// client gets a message saying so first.
fn replay(state: &mut State, listener: &Listener, last: Option<&str>) {
    let Some(last) = last.map(str::trim).filter(|last| !last.is_empty()) else {
        return;
    };
    let first_kept = state.events.buffer.front().map(|sent| sent.id);
    let known = last.parse::<u64>().ok().filter(|last| *last <= state.events.last);
    let complete = known.is_some_and(|last| first_kept.is_none_or(|first| last + 1 >= first));
    if !complete {
        let exceeded = Message::new(&message::BUFFER_EXCEEDED, []);
        let origin = service(&state.store).unwrap_or_default();
        let mut record = Record::of(&exceeded, "Alert", &origin);
        let id = first_kept.unwrap_or(state.events.last + 1).saturating_sub(1);
        record.number(id);
        listener.send(&Sent { id, record });
    }
    for sent in &state.events.buffer {
        if known.is_none_or(|last| sent.id > last) {
            listener.send(sent);
        }
    }
}

/// Adds the stream to the subscriptions.
fn show(state: &mut State, call: &Call) -> Option<String> {
    let service = service(&state.store)?;
    let link = state.store.get(&service)?.object().get("Subscriptions")?.get("@odata.id")?.as_str()?;
    let collection = uri::key_of_id(link).filter(|key| state.store.contains(key))?;
    let id = ids::free_id(&state.store, &collection);
    let key = format!("{collection}/{id}");
    let resource = json!({
        "@odata.id": key,
        "@odata.type": ids::type_of_new(&state.store, "EventDestination"),
        "Id": id,
        "Name": format!("Event Stream {id}"),
        "Destination": call.key,
        "Protocol": "Redfish",
        "SubscriptionType": "SSE",
        "EventFormatType": "Event",
        "Context": null,
        "Status": { "State": "Enabled", "Health": "OK" },
    });
    state.store.add_member(&collection, &key, resource);
    Some(key)
}

/// Removes the stream's subscription when the client disconnects.
struct End {
    machine: Weak<Running>,
    resource: Option<String>,
}

impl Drop for End {
    fn drop(&mut self) {
        let Some(machine) = self.machine.upgrade() else {
            return;
        };
        let mut state = machine.state();
        // The subscription may already be removed, which ended the stream.
        state.events.streams.retain(|listener| listener.resource != self.resource && !listener.sender.is_closed());
        if let Some(key) = &self.resource
            && let Some(collection) = state.store.collection_of(key)
        {
            state.store.remove_member(&collection, key);
        }
    }
}

struct Flow {
    receiver: mpsc::Receiver<Bytes>,
    keep_alive: Duration,
    first: bool,
    _end: End,
}

/// The bytes of a stream: events as they occur, and comments while there are none.
fn body(
    receiver: mpsc::Receiver<Bytes>,
    keep_alive: Duration,
    end: End,
) -> impl stream::Stream<Item = Result<Bytes, std::io::Error>> {
    let flow = Flow { receiver, keep_alive, first: true, _end: end };
    stream::unfold(flow, |mut flow| async move {
        // The client sees that the stream is open only once something is sent.
        if std::mem::take(&mut flow.first) {
            return Some((Ok(Bytes::from_static(b": open\n\n")), flow));
        }
        match tokio::time::timeout(flow.keep_alive, flow.receiver.recv()).await {
            Ok(Some(event)) => Some((Ok(event), flow)),
            Ok(None) => None,
            Err(_) => Some((Ok(Bytes::from_static(b": keep-alive\n\n")), flow)),
        }
    })
}
