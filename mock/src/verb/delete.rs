//! DELETE of a member of a collection, and what goes with it: a session's token, an account's
//! login.

use axum::http::{StatusCode, header};

use crate::event::subscription;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::machine::state::State;
use crate::message::{self, Message};
use crate::schema::capability::Methods;
use crate::task::operation;
use crate::verb::{patch, refuse};

pub(crate) fn answer(state: &mut State, call: &Call) -> Reply {
    if !state.store.contains(&call.key) {
        return refuse::missing(state, &call.key);
    }
    let key = state.store.resolve(&call.key).to_owned();
    let methods = Methods::of(&state.store, &key);
    let Some(collection) = state.store.collection_of(&key).filter(|_| methods.delete) else {
        return Reply::error(Message::new(&message::CANNOT_BE_DELETED, []))
            .with(header::ALLOW, &methods.header(state.settings.is_put_only(&key)));
    };
    if let Err(reply) = patch::precondition(state, call) {
        return reply;
    }
    if state.sessions.has_resource(&key) {
        state.end_sessions(|session| session.key == key);
        return Reply::empty(StatusCode::NO_CONTENT);
    }
    if let Some(account) = state.accounts.remove_resource(&key) {
        state.end_sessions(|session| session.user == account.user);
    }
    state.store.remove_member(&collection, &key);
    operation::cancel_resource(state, &key);
    subscription::unsubscribed(state, &key);
    Reply::empty(StatusCode::NO_CONTENT)
}
