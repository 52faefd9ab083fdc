//! GET and DELETE of a task monitor.

use axum::http::{Method, StatusCode, header};

use super::operation;
use super::tasks::Stage;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::machine::state::State;
use crate::message::{self, Message};

/// Answers if the call is for a task monitor.
pub(crate) fn answer(state: &mut State, call: &Call) -> Option<Reply> {
    let monitored = state.tasks.monitors.get_mut(&call.key)?;
    Some(match call.method {
        Method::GET | Method::HEAD => match &monitored.stage {
            Stage::Running => {
                let body = state.store.get(&monitored.resource).and_then(|task| task.json.as_deref());
                let mut reply = match body {
                    Some(task) => Reply::json(StatusCode::ACCEPTED, task),
                    None => Reply::empty(StatusCode::ACCEPTED),
                };
                if let Some(seconds) = monitored.retry_after {
                    reply = reply.with(header::RETRY_AFTER, &seconds.to_string());
                }
                reply.with(header::LOCATION, &call.key)
            }
            Stage::Ended(_) if call.method == Method::HEAD => Reply::empty(StatusCode::OK),
            Stage::Ended(reply) => {
                let reply = reply.clone();
                monitored.stage = Stage::Gone;
                reply
            }
            Stage::Gone => gone(&call.key),
        },
        Method::DELETE => {
            if operation::cancel(state, &call.key) {
                Reply::empty(StatusCode::NO_CONTENT)
            } else {
                gone(&call.key)
            }
        }
        _ => Reply::error(Message::new(&message::NOT_ALLOWED, [])).with(header::ALLOW, "GET, HEAD, DELETE"),
    })
}

fn gone(key: &str) -> Reply {
    Reply::errors(StatusCode::GONE, &[Message::new(&message::RESOURCE_MISSING, [key])])
}
