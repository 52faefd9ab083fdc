//! What a handler answers, before it becomes an HTTP response with the headers that all answers
//! share.

use axum::body::{Body, Bytes};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{Response, StatusCode};
use serde_json::Value;

use crate::message::{self, Message};

/// The content type of resources.
pub(crate) const JSON: &str = "application/json; charset=utf-8";

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    pub(crate) fn json(status: StatusCode, json: &Value) -> Self {
        Self::json_text(status, json.to_string())
    }

    /// Creates a reply from text that is already JSON.
    pub(crate) fn json_text(status: StatusCode, text: String) -> Self {
        Self::body(status, JSON, text.into())
    }

    pub(crate) fn text(content_type: &'static str, text: String) -> Self {
        Self { status: StatusCode::OK, headers: Vec::new(), body: text.into() }.with(header::CONTENT_TYPE, content_type)
    }

    /// Creates a reply with this body and content type.
    pub(crate) fn body(status: StatusCode, content_type: &'static str, body: Bytes) -> Self {
        Self { status, headers: Vec::new(), body }.with(header::CONTENT_TYPE, content_type)
    }

    /// Creates an error reply with the status of its message.
    pub(crate) fn error(message: Message) -> Self {
        Self::errors(message.status(), &[message])
    }

    pub(crate) fn errors(status: StatusCode, messages: &[Message]) -> Self {
        Self::json(status, &message::body(messages))
    }

    /// Adds a header. A value that is not allowed in a header is left out.
    #[must_use]
    pub(crate) fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.push((name, value));
        }
        self
    }

    pub(crate) fn is_error(&self) -> bool {
        self.status.is_client_error() || self.status.is_server_error()
    }

    /// Returns the messages of an error.
    pub(crate) fn messages(&self) -> Vec<Value> {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_default();
        body.pointer("/error/@Message.ExtendedInfo").and_then(Value::as_array).cloned().unwrap_or_default()
    }

    /// Creates the response, with the headers that DSP0266 requires on every one.
    pub(crate) fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.extend(self.headers);
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
        headers.insert(header::SERVER, HeaderValue::from_static(concat!("rosefish-mock/", env!("CARGO_PKG_VERSION"))));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"Redfish\", charset=\"UTF-8\""),
            );
        }
        response
    }
}
