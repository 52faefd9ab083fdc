//! What a restart of the BMC does to its service: it goes away, answers before it is ready, and loses
//! its sessions and streams. And what a reset to factory defaults does to its resources.

use std::time::{Duration, Instant};

use axum::http::header;

use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::state::{RestartSettings, State};
use crate::machine::{clock, settings};
use crate::message::{self, Message};
use crate::update::install;
use crate::update::staged::When;

/// How long after a request the service goes away, so that the answer is sent first.
const GRACE: Duration = Duration::from_millis(100);

/// Restarts the service because a manager was reset.
pub(crate) fn begin(state: &mut State, manager: &str) {
    state.store.update(manager, |manager| {
        if manager.contains_key("LastResetTime") {
            manager.insert("LastResetTime".to_owned(), clock::now().into());
        }
    });
    settings::was_reset(state, manager);
    // The manager restarts anyway, whatever firmware it gets.
    install::all_due(state, When::OnReset);
    let RestartSettings { away, unready } = state.settings.restart;
    if !state.settings.restart.takes_time() {
        drop_volatile(state);
        return;
    }
    state.schedule(GRACE, move |state| {
        drop_volatile(state);
        if !away.is_zero() {
            state.settings.faults.go_away(away);
        }
        state.unready_until = Instant::now().checked_add(away + unready);
    });
}

/// Drops what a service has only in memory.
fn drop_volatile(state: &mut State) {
    state.end_sessions(|_| true);
    state.events.end_streams();
}

/// Returns the answer of a service that is not ready yet, or `None` if it is.
pub(crate) fn unready(state: &State) -> Option<Reply> {
    let left = state.unready_until?.checked_duration_since(Instant::now())?;
    let seconds = (left.as_secs() + 1).to_string();
    let reply = Reply::error(Message::new(&message::TEMPORARILY_UNAVAILABLE, [&seconds]));
    Some(reply.with(header::RETRY_AFTER, &seconds))
}

/// Resets the resources to their initial state. The kind of reset decides what is preserved.
pub(crate) fn to_defaults(state: &mut State, reset_type: &str) {
    let follow = |name: &str| {
        state.store.get(uri::ROOT)?.object().get(name)?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
    };
    let accounts = follow("AccountService").unwrap_or_default();
    let managers = follow("Managers").unwrap_or_default();
    let keeps_users = reset_type == "PreserveNetworkAndUsers";
    let keeps_network = reset_type.starts_with("PreserveNetwork");
    let below = |key: &str, above: &str| !above.is_empty() && (key == above || key.starts_with(&format!("{above}/")));
    let kept = |key: &str| {
        let network = key.contains("/EthernetInterfaces") || key.contains("/NetworkProtocol");
        (keeps_users && below(key, &accounts)) || (keeps_network && below(key, &managers) && network)
    };

    let origin = std::sync::Arc::clone(&state.origin);
    let (first, first_accounts) = &*origin;
    let gone: Vec<String> =
        state.store.iter().map(|(key, _)| key.to_owned()).filter(|key| !first.contains(key) && !kept(key)).collect();
    for key in gone {
        state.store.remove(&key);
    }
    for (key, resource) in first.iter() {
        let changed = state.store.get(key).is_none_or(|now| now.body != resource.body);
        if changed && !kept(key) {
            state.store.put_back(key, resource.clone());
        }
    }
    if !keeps_users {
        state.accounts = first_accounts.clone();
    }
    state.pending.clear();
}
