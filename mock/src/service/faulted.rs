//! Carries out a request that a fault affects.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};

use crate::fault::action::{self, Action};
use crate::fault::body;
use crate::http::call::Call;
use crate::http::connection::{End, Wire};
use crate::service::answer::Service;

/// Carries out a request under these faults and returns what the client gets.
pub(crate) async fn apply_faults(
    service: &Arc<Service>,
    call: &Call,
    path: &str,
    wire: &Wire,
    actions: &[Action],
) -> Response<Body> {
    let mut answered: Option<Response<Body>> = None;
    for action in actions {
        let changed = match action {
            Action::Delay(delay) => {
                tokio::time::sleep(*delay).await;
                continue;
            }
            Action::Status(status) => action::status(*status),
            Action::Answer(answer) => answer.response(path),
            Action::Echo(status, how) => how.response(*status, call, path),
            Action::Reset => return broken(wire, End::Reset),
            Action::Close => return broken(wire, End::Close),
            Action::Garbage => return broken(wire, End::Garbage),
            Action::Raw(text) => return broken(wire, End::Raw(text.clone().into())),
            Action::Hang => std::future::pending().await,
            Action::Arm(rule) => {
                service.settings.faults.add_first(rule.for_path(path));
                continue;
            }
            Action::LoseReply => {
                if answered.is_none() {
                    service.respond(call);
                }
                return broken(wire, End::Close);
            }
            Action::ExpireSession => {
                service.end_session_of(call);
                continue;
            }
            Action::Vanish => {
                service.remove_silently(&call.key);
                // Hiding takes effect from the next request on.
                if answered.is_none() && service.settings.faults.is_hidden(&call.key) {
                    answered = Some(action::status(404));
                }
                continue;
            }
            // The remaining actions change the answer of a request that is carried out.
            _ => {
                let response = answered.take().unwrap_or_else(|| service.respond(call));
                if let Action::GoAway(duration) = action {
                    service.settings.faults.go_away(*duration);
                }
                // A body that is sent in pieces is compressed first.
                let in_pieces = matches!(action, Action::Truncate(_) | Action::Drip { .. });
                let response = if in_pieces { service.compressed(&call.headers, response) } else { response };
                altered(response, action).await
            }
        };
        answered = Some(changed);
    }
    answered.unwrap_or_else(|| service.respond(call))
}

async fn altered(mut response: Response<Body>, action: &Action) -> Response<Body> {
    let headers = response.headers_mut();
    match action {
        Action::Merge(patch) => return body::merged(response, patch).await,
        Action::Truncate(bytes) => return body::truncated(response, *bytes),
        Action::Drip { bytes, every } => return body::dripping(response, *bytes, *every),
        Action::ContentType(kind) => {
            if let Ok(kind) = HeaderValue::from_str(kind) {
                headers.insert(header::CONTENT_TYPE, kind);
            }
        }
        Action::Header(name, value) => {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
                headers.insert(name, value);
            }
        }
        Action::WithoutHeader(name) => {
            headers.remove(name);
        }
        _ => {}
    }
    response
}

/// Ends the connection. The response is only a placeholder that is never sent.
fn broken(wire: &Wire, end: End) -> Response<Body> {
    wire.end(end);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
