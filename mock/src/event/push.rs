//! Push: events are POSTed to the subscriber's listener, in order, and tried again if it doesn't take
//! them.

use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::Uri;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::queue::{Outbox, Queue};
use super::{post, service, subscription};
use crate::machine::running::Running;
use crate::machine::state::State;

/// What the standard's own example of an EventService has.
const RETRIES: (u32, Duration) = (3, Duration::from_secs(30));

/// Puts events into the queues of their subscriptions.
pub(crate) fn deliver(owner: &Arc<Running>, outbox: Vec<Outbox>) {
    let mut state = owner.state();
    for Outbox { subscription, body } in outbox {
        let queue = state.events.queues.entry(subscription.clone()).or_insert_with(|| {
            let (sender, receiver) = mpsc::unbounded_channel();
            owner.spawn(work(Arc::downgrade(owner), subscription, receiver));
            Queue(sender)
        });
        // A worker that has ended was of a subscription that is gone.
        let _ = queue.0.send(body);
    }
}

/// Where an event goes, as the subscription says now.
struct Target {
    destination: Uri,
    headers: Vec<(String, String)>,
    attempts: u32,
    interval: Duration,
    policy: String,
}

fn target(state: &State, key: &str) -> Option<Target> {
    let subscription = state.store.get(key)?.object();
    let destination: Uri = subscription.get("Destination")?.as_str()?.parse().ok()?;
    if !state.settings.events.anywhere && !is_loopback(&destination) {
        return None;
    }
    let events = service(&state.store).and_then(|service| state.store.get(&service));
    let said = |name: &str| events.and_then(|events| events.object().get(name)?.as_u64());
    let (attempts, interval) = state.settings.events.retries.unwrap_or_else(|| {
        let attempts = said("DeliveryRetryAttempts").and_then(|attempts| attempts.try_into().ok()).unwrap_or(RETRIES.0);
        (attempts, said("DeliveryRetryIntervalSeconds").map_or(RETRIES.1, Duration::from_secs))
    });
    let policy = subscription.get("DeliveryRetryPolicy").and_then(Value::as_str).unwrap_or("SuspendRetries").to_owned();
    let headers = state.events.headers.get(key).cloned().unwrap_or_default();
    Some(Target { destination, headers, attempts, interval, policy })
}

/// Tests must not send anything to anybody else.
fn is_loopback(destination: &Uri) -> bool {
    let host = destination.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Delivers the events of one subscription, one after the other.
async fn work(owner: Weak<Running>, key: String, mut queue: mpsc::UnboundedReceiver<Bytes>) {
    while let Some(body) = queue.recv().await {
        let mut failed = 0;
        loop {
            let target = owner.upgrade().and_then(|owner| target(&owner.state(), &key));
            let Some(target) = target else {
                break;
            };
            if post::post(&target.destination, &target.headers, &body)
                .await
                .is_ok_and(|status| (200..300).contains(&status))
            {
                break;
            }
            failed += 1;
            if failed > target.attempts && !target.policy.starts_with("RetryForever") {
                if let Some(owner) = owner.upgrade() {
                    give_up(&mut owner.state(), &key, &target.policy);
                }
                return;
            }
            tokio::time::sleep(target.interval).await;
        }
    }
}

/// What becomes of a subscription whose listener takes nothing.
fn give_up(state: &mut State, key: &str, policy: &str) {
    state.events.queues.remove(key);
    if policy == "TerminateAfterRetries" {
        if let Some(collection) = state.store.collection_of(key) {
            state.store.remove_member(&collection, key);
            subscription::unsubscribed(state, key);
        }
        return;
    }
    state.store.update(key, |subscription| {
        subscription.insert("Status".to_owned(), json!({ "State": "Disabled", "Health": "OK" }));
    });
}
