//! What a request changes: to the handler of its verb, now or when a task ends.

use std::sync::Arc;

use axum::http::Method;

use crate::action::{self, offer};
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::machine::state::State;
use crate::update::{self, push};
use crate::verb::refuse::not_allowed;
use crate::verb::{delete, patch, post};

/// Does what a request wants to have changed.
pub(super) fn carry_out(state: &mut State, call: &Call) -> Reply {
    let settings = Arc::clone(&state.settings);
    match call.method {
        Method::PATCH | Method::PUT => patch::answer(state, call, &settings),
        Method::POST if push::is_push(&state.store, &call.key) => {
            update::upload(state, call).unwrap_or_else(|| not_allowed(state, &call.key))
        }
        Method::POST => match offer::find(&state.store, &call.key) {
            Some(action) => action::answer(state, call, &action, &settings),
            None => post::answer(state, call, &settings, carry_out),
        },
        Method::DELETE => delete::answer(state, call),
        _ => not_allowed(state, &call.key),
    }
}
