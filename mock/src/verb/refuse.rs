//! Refusals that several verbs share: unsupported methods and missing resources.

use axum::http::header;

use crate::action::offer;
use crate::http::reply::Reply;
use crate::machine::state::State;
use crate::message::{self, Message};
use crate::schema::capability::Methods;
use crate::update::push;

/// Refuses a method that the resource doesn't support.
pub(crate) fn not_allowed(state: &State, key: &str) -> Reply {
    if !state.store.contains(key) {
        if push::is_push(&state.store, key) {
            return Reply::error(Message::new(&message::NOT_ALLOWED, [])).with(header::ALLOW, "POST");
        }
        // Searching all resources for an action is too slow for every dangling link that a walk follows.
        let action = key.contains("/Actions/").then(|| offer::find(&state.store, key)).flatten();
        return match action {
            Some(_) => Reply::error(Message::new(&message::NOT_ALLOWED, [])).with(header::ALLOW, "POST"),
            None => missing(state, key),
        };
    }
    let allowed = Methods::of(&state.store, key).header(state.settings.is_put_only(key));
    Reply::error(Message::new(&message::NOT_ALLOWED, [])).with(header::ALLOW, &allowed)
}

/// Returns the answer to a request for something that doesn't exist.
pub(crate) fn missing(state: &State, key: &str) -> Reply {
    if let Some((owner, action)) = key.split_once("/Actions/")
        && state.store.contains(owner)
    {
        return Reply::error(Message::new(&message::ACTION_NOT_SUPPORTED, [action]));
    }
    Reply::error(Message::new(&message::RESOURCE_MISSING, [key]))
}
