//! What logs show of a request: a span with the service that it goes to and how it ended, and at level TRACE the
//! bodies, without secrets.

use std::sync::Arc;

use http::HeaderMap;
use tokio::time::Instant;
use tracing::field::{Empty, debug, display};
use tracing::{Level, Span};

use super::mask::{Secrets, of_uri};
use super::request::{Request, Response};
use crate::error::Error;

/// How much of a body is shown, in characters.
const MOST: usize = 1 << 16;

/// The span of one request: `request` with `origin`, `method`, `path` and `attempt`, and once it has ended with
/// `status` and `elapsed`. One event is emitted in it at the end.
pub(crate) struct RequestSpan {
    span: Span,
    begun: Instant,
    ended: bool,
}

impl RequestSpan {
    /// Begins the span of a request to an origin. `secrets` is only called if bodies are shown.
    pub(crate) fn begin(origin: &str, request: &Request, secrets: impl FnOnce() -> Arc<Secrets>) -> Self {
        let (method, attempt) = (request.method, request.attempt);
        let path = path(origin, &request.uri);
        let span = tracing::info_span!("request", origin, method, path, attempt, status = Empty, elapsed = Empty);
        if tracing::enabled!(Level::TRACE) {
            let body = match (&request.stream, &request.body) {
                (Some(stream), _) => format!("{} bytes that are not in memory", stream.length()),
                (None, Some((body, _))) => shown(&secrets(), body),
                (None, None) => String::new(),
            };
            span.in_scope(|| tracing::trace!(body, "request"));
        }
        Self { span, begun: Instant::now(), ended: false }
    }

    /// Returns the span, for what happens until the request ends.
    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Ends the span of a request whose answer was read completely.
    pub(crate) fn answered(mut self, response: &Response) {
        if tracing::enabled!(Level::TRACE) {
            let body = shown(&with_token(&response.secrets, &response.headers), &response.body);
            self.span.in_scope(|| tracing::trace!(body, "response"));
        }
        self.span.record("status", response.status);
        self.end(None, "answered");
    }

    /// Ends the span of a request when the head of its answer has arrived. Reading the body is not part of it.
    pub(crate) fn opened(mut self, status: u16) {
        self.span.record("status", status);
        self.end(None, "answered");
    }

    /// Ends the span of a request that failed.
    pub(crate) fn failed(mut self, error: &Error) {
        match error.status() {
            Some(status) => self.span.record("status", status),
            None => self.span.record("status", display("none")),
        };
        self.end(Some(error.report()), "failed");
    }

    fn end(&mut self, error: Option<String>, how: &str) {
        self.ended = true;
        self.span.record("elapsed", debug(self.begun.elapsed()));
        self.span.in_scope(|| match error {
            Some(error) => tracing::debug!(error, "{how}"),
            None => tracing::debug!("{how}"),
        });
    }
}

/// A request that is dropped before it ended was cancelled.
impl Drop for RequestSpan {
    fn drop(&mut self) {
        if !self.ended {
            self.span.record("status", display("none"));
            self.end(None, "given up");
        }
    }
}

/// Returns the path of a URI within the origin, with its query masked.
fn path(origin: &str, uri: &str) -> String {
    let path = uri.strip_prefix(origin.trim_end_matches('/')).unwrap_or(uri);
    of_uri(path).into_owned()
}

/// Returns the known secrets, and the token in the answer to a login.
fn with_token(secrets: &Secrets, headers: &HeaderMap) -> Secrets {
    let token = headers.get("x-auth-token").and_then(|token| token.to_str().ok());
    secrets.with(token.filter(|token| !token.is_empty()).map(str::to_owned).into_iter().collect())
}

/// Returns a body to be shown. It is masked before it is cut, as the name of a secret may come long before its end.
fn shown(secrets: &Secrets, body: &[u8]) -> String {
    let masked = match std::str::from_utf8(body) {
        Ok(text) => secrets.body(text),
        Err(_) => secrets.body(&String::from_utf8_lossy(body)),
    };
    match masked.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}... ({} bytes)", masked.get(..end).unwrap_or_default(), body.len()),
        None => masked,
    }
}
