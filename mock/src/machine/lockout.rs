//! Accounts that are locked after too many logins with a wrong password, as the AccountService says:
//! `AccountLockoutThreshold`, `AccountLockoutDuration`, `AccountLockoutCounterResetAfter`.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::http::uri;
use crate::machine::session::Failed;
use crate::machine::state::State;

fn limit(state: &State, name: &str) -> Option<u64> {
    let service = state.store.get(uri::ROOT)?.object().get("AccountService")?.get("@odata.id")?.as_str()?;
    state.store.get(&uri::key(service))?.object().get(name)?.as_u64().filter(|limit| *limit > 0)
}

/// Counts a failed login and locks the account once there were too many.
pub(crate) fn failed(state: &mut State, user: &str) {
    let Some(threshold) = limit(state, "AccountLockoutThreshold") else {
        return;
    };
    let Some(resource) = state.accounts.by_user(user).and_then(|account| account.resource.clone()) else {
        return;
    };
    let forgotten = limit(state, "AccountLockoutCounterResetAfter").map(Duration::from_secs);
    let failed = state.failures.entry(user.to_owned()).or_insert(Failed { count: 0, last: Instant::now() });
    if forgotten.is_some_and(|after| failed.last.elapsed() >= after) {
        failed.count = 0;
    }
    failed.count += 1;
    failed.last = Instant::now();
    if failed.count < threshold {
        return;
    }
    state.failures.remove(user);
    set_locked(state, &resource, true);
    if let Some(duration) = limit(state, "AccountLockoutDuration") {
        state.schedule(Duration::from_secs(duration), move |state| set_locked(state, &resource, false));
    }
}

/// Forgets a user's failed logins after a successful one.
pub(crate) fn succeeded(state: &mut State, user: &str) {
    state.failures.remove(user);
}

fn set_locked(state: &mut State, resource: &str, locked: bool) {
    let enabled =
        state.store.get(resource).and_then(|account| account.object().get("Enabled")?.as_bool()) != Some(false);
    if let Some(account) = state.accounts.by_resource(resource) {
        account.enabled = enabled && !locked;
    }
    state.store.update(resource, |account| {
        account.insert("Locked".to_owned(), Value::Bool(locked));
    });
}
