//! From what has changed to what is sent, to everybody who wants it.

use serde_json::Value;

use super::queue::{Outbox, Sent};
use super::record::{self, Record};
use super::{audience, log};
use crate::machine::state::State;
use crate::machine::store::Change;
use crate::quirk::names::Quirk;

/// Reports everything that has changed since the last time.
pub(crate) fn publish_changes(state: &mut State) {
    // Reporting adds entries to logs, which is a change too, of which nobody is informed.
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
    let forgets = state.settings.quirks.has(Quirk::EventsWithoutContext) && sent.record.is_about_the_service();
    for subscription in audience::subscriptions(&state.store) {
        if audience::wants(&state.store, &subscription, &sent.record.facts) {
            let body = sent.message(subscription.context.as_deref().filter(|_| !forgets));
            state.events.outbox.push(Outbox { subscription: subscription.key, body: body.to_string().into() });
        }
    }
    let most = state.settings.events.buffer;
    state.events.buffer.push_back(sent);
    while state.events.buffer.len() > most {
        state.events.buffer.pop_front();
    }
}

/// Sends a record of somebody's making.
pub(crate) fn raise(state: &mut State, record: Value) {
    if let Value::Object(body) = record {
        publish(state, Record::from_body(body).for_logs());
    }
}
