//! From an incoming request to its answer: the journal, the latency, faults and compression.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::http::Response;

use super::answer::Service;
use super::{control, faulted};
use crate::fault::body;
use crate::http::call::Call;
use crate::http::connection::Wire;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::message::{self, Message};
use crate::quirk::refuse;

/// The largest body; larger ones are refused. Firmware images are the largest that clients send.
const MAX_BODY: usize = 64 << 20;

/// Starts a service and returns the router that answers its requests.
pub(crate) fn router(service: Arc<Service>) -> Router {
    service.begin();
    Router::new().fallback(handle).with_state(service)
}

/// Answers a request and records it in the journal.
async fn handle(
    Shared(service): Shared<Arc<Service>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response<Body> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MAX_BODY).await;
    if service.settings.control && control::is_for(parts.uri.path()) {
        return control::answer(&service, &parts, &body.unwrap_or_default());
    }
    let ticket = service.journal.begin(&parts, body.as_ref().unwrap_or(&Bytes::new()));
    if !service.settings.latency.is_zero() {
        tokio::time::sleep(service.settings.latency).await;
    }
    let response = match body {
        Ok(body) => {
            let path = parts.uri.path().to_owned();
            let actions = service.settings.faults.of(parts.method.as_str(), &path, &parts.headers, &body);
            let query = parts.uri.query().map(str::to_owned);
            let call = Call {
                method: parts.method,
                key: uri::key(&path),
                query,
                version: parts.version,
                headers: parts.headers,
                body,
            };
            let response = if !actions.is_empty() {
                ticket.faulted(format!("{actions:?}"));
                faulted::apply_faults(&service, &call, &path, &wire, &actions).await
            } else if let Some(redirected) = refuse::redirect(&service.settings.quirks, &service.state(), &path) {
                redirected.into_response()
            } else {
                service.respond(&call)
            };
            service.compressed(&call.headers, response)
        }
        Err(_) => Reply::error(Message::new(&message::PAYLOAD_TOO_LARGE, [])).into_response(),
    };
    if !wire.is_ended() {
        ticket.answered(response.status().as_u16());
    }
    body::until_sent(response, ticket)
}
