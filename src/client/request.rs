//! A request to the service and its answer, as the layers above HTTP see them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, ETAG, LOCATION, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::mask::Secrets;
use super::outgoing::Outgoing;
use crate::client::mask::of_uri;
use crate::deadline;
use crate::error::{Error, ErrorKind};
use crate::message;
use crate::schema::message::Message;
use crate::wire::ETag;

/// A request to the service.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) uri: String,
    /// Headers in addition to those that every request has.
    pub(crate) headers: HeaderMap,
    /// The body and its `Content-Type`.
    pub(crate) body: Option<(Bytes, HeaderValue)>,
    /// Sent instead of a body that is in memory.
    pub(crate) stream: Option<Outgoing>,
    pub(crate) if_match: Option<ETag>,
    /// How long the request may take as a whole, if that differs from the client's timeout.
    pub(crate) timeout: Option<Duration>,
    /// How long the service may be silent, if that differs from other requests: for streams.
    pub(crate) silence: Option<Duration>,
    /// The number of the attempt, from 1 on, for logs.
    pub(crate) attempt: u32,
}

/// Leaves out secrets in the body, and headers that are marked as sensitive.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = self.body.as_ref().map(|(body, _)| Secrets::default().body(&String::from_utf8_lossy(body)));
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("uri", &of_uri(&self.uri))
            .field("headers", &self.headers)
            .field("body", &body)
            .field("if_match", &self.if_match)
            .finish_non_exhaustive()
    }
}

impl Request {
    pub(crate) fn new(method: &'static str, uri: impl Into<String>) -> Self {
        Self { method, uri: uri.into(), attempt: 1, ..Self::default() }
    }

    pub(crate) fn get(uri: impl Into<String>) -> Self {
        Self::new("GET", uri)
    }

    /// Creates a request with a JSON body.
    pub(crate) fn with_body(method: &'static str, uri: impl Into<String>, json: String) -> Self {
        let body = Some((Bytes::from(json), HeaderValue::from_static("application/json")));
        Self { body, ..Self::new(method, uri) }
    }

    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// Returns whether part of its body was already sent, so that it can't be sent again.
    pub(crate) fn is_spent(&self) -> bool {
        self.stream.as_ref().is_some_and(Outgoing::is_spent)
    }

    /// Returns whether the method is safe: it changes nothing at the service (RFC 9110, 9.2.1).
    pub(crate) fn is_safe(&self) -> bool {
        matches!(self.method, "GET" | "HEAD" | "OPTIONS")
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The messages of an error, if decoding them took more than the body.
    pub(crate) messages: Option<Vec<Message>>,
    /// The secrets that must be masked when the answer is shown.
    pub(crate) secrets: Arc<Secrets>,
}

impl Response {
    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim).filter(|text| !text.is_empty())
    }

    pub(crate) fn content_type(&self) -> Option<&str> {
        self.text(&CONTENT_TYPE)
    }

    /// Returns the `ETag`; `None` also if it is empty, as some services send it.
    pub(crate) fn etag(&self) -> Option<ETag> {
        self.text(&ETAG).filter(|tag| !tag.trim_start_matches("W/").trim_matches('"').is_empty()).map(ETag::from)
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.text(&LOCATION)
    }

    pub(crate) fn token(&self) -> Option<&str> {
        self.text(&HeaderName::from_static("x-auth-token"))
    }

    /// Returns whether the answer is an HTML page, from a web server instead of the Redfish service. A 204 is never a
    /// page, as it has no body, whatever its content type says.
    pub(crate) fn is_page(&self) -> bool {
        let is_html = |kind: &str| kind.to_ascii_lowercase().starts_with("text/html");
        self.status != 204 && self.content_type().is_some_and(is_html)
    }

    /// Returns the messages of an error, without secrets.
    pub(crate) fn messages(&self) -> Vec<Message> {
        self.messages.clone().unwrap_or_else(|| match message::body(&self.body) {
            // Only what has any is masked as a whole.
            Some(json) if !message::of_error(&json).is_empty() => message::of_error(&self.secrets.json(&json)),
            _ => Vec::new(),
        })
    }

    /// Returns the service's time, from the `Date` header.
    pub(crate) fn date(&self) -> Option<jiff::Timestamp> {
        jiff::fmt::rfc2822::parse(self.text(&DATE)?).ok().map(|date| date.timestamp())
    }

    /// Returns how long to wait, from `Retry-After` in seconds or as a date.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        retry_after(self.text(&RETRY_AFTER)?, SystemTime::now())
    }

    /// Returns the response if its status is successful, otherwise the error that it stands for.
    pub(crate) fn success(self, request: &Request) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let messages = self.messages();
        let has = |id: &str| messages.iter().any(|found| message::is(found, id));
        let change_required = messages.iter().find(|found| message::is(found, "PasswordChangeRequired"));
        let account = change_required.and_then(|found| found.message_args.first().cloned());
        let (kind, text) = match self.status {
            _ if change_required.is_some() => {
                (ErrorKind::PasswordChangeRequired, "the password must be changed first".to_owned())
            }
            _ if has("SessionLimitExceeded") => {
                (ErrorKind::SessionLimit, "the service has as many sessions as it can".to_owned())
            }
            300..=399 => {
                let to = self.secrets.text(self.location().unwrap_or("nowhere"));
                (ErrorKind::Refused, format!("the service redirects to {to}, where this can't be sent"))
            }
            401 => (ErrorKind::Unauthorized, "the service does not accept these credentials".to_owned()),
            403 => (ErrorKind::Forbidden, "the account may not do this".to_owned()),
            404 | 410 => (ErrorKind::NotFound, "there is no such resource".to_owned()),
            412 | 428 => {
                (ErrorKind::Precondition, "the resource was changed meanwhile, or the service wants an ETag".to_owned())
            }
            _ => (ErrorKind::Refused, "the service refused".to_owned()),
        };
        let text = if messages.is_empty() { format!("{text}{}", self.glimpse()) } else { text };
        let mut error = Error::new(kind, text)
            .at(request.method, &request.uri)
            .with_account(account)
            .with_retry_after(self.retry_after())
            .with_status(self.status, messages);
        // A gateway answers this way when it has forwarded the request and got no answer.
        if matches!(self.status, 502 | 504) && !request.is_safe() {
            error = error.with_unknown_outcome();
        }
        Err(error)
    }

    /// Returns the error for a body that can't be decoded. The reason quotes the body.
    pub(crate) fn unreadable(&self, request: &Request, what: &str, reason: &impl std::error::Error) -> Error {
        Error::new(ErrorKind::Decode, format!("{what}{}", self.glimpse()))
            .at(request.method, &request.uri)
            .with_cause(self.secrets.text(&reason.to_string()))
    }

    /// Returns an excerpt of an unexpected body to be shown, without secrets.
    pub(crate) fn glimpse(&self) -> String {
        // More than the excerpt is masked: the name of a secret may come long before its end.
        let start = self.body.slice(..self.body.len().min(1 << 16));
        let masked = self.secrets.body(&String::from_utf8_lossy(&start));
        let text: String = masked.split_whitespace().take(120).collect::<Vec<_>>().join(" ");
        let start: String = text.chars().filter(|c| !c.is_control()).take(120).collect();
        match (self.content_type(), start.is_empty()) {
            (_, true) => ", with an empty body".to_owned(),
            (Some(kind), false) => format!(", with a body of {}: {start}", self.secrets.text(kind)),
            (None, false) => format!(", with a body: {start}"),
        }
    }
}

/// Parses `Retry-After` (RFC 9110, 10.2.3): seconds, or an HTTP date. A time in the past is ignored, and one of more
/// than a day is reduced to a day.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits for `u64` is a very long time.
        return Some(deadline::asked(Duration::from_secs(text.parse().unwrap_or(u64::MAX))));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(now).ok()?;
    Some(deadline::asked(Duration::try_from(date.duration_since(now)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777);
        let cases = [
            ("0", Some(0)),
            ("120", Some(120)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(30)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", Some(0)),
            ("18446744073709551615", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            ("Fri, 24 Dec 9999 23:59:59 GMT", Some(86_400)),
            ("soon", None),
            ("", None),
            ("+1", None),
            ("-1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(retry_after(text, now), expected.map(Duration::from_secs), "{text}");
        }
    }

    #[test]
    fn an_error_shows_what_came_where_redfish_was_due() {
        let html = Response {
            status: 500,
            headers: [(CONTENT_TYPE, HeaderValue::from_static("text/html"))].into_iter().collect(),
            body: Bytes::from_static(b"<html>\n <body>Internal   Server Error"),
            ..Response::default()
        };
        let error = html.success(&Request::get("/redfish/v1")).unwrap_err().to_string();
        for part in ["500", "text/html", "<html> <body>Internal Server Error", "GET /redfish/v1"] {
            assert!(error.contains(part), "{error}");
        }
        let empty = Response { status: 400, ..Response::default() };
        assert!(empty.success(&Request::get("/")).unwrap_err().to_string().contains("an empty body"));
    }

    #[test]
    fn an_answer_without_a_body_is_no_page_whatever_type_it_says_to_have() {
        for (status, kind, expected) in [
            (200, "text/html", true),
            (201, "Text/HTML; charset=utf-8", true),
            (204, "text/html", false),
            (204, "application/json", false),
            (200, "application/json", false),
        ] {
            let headers = [(CONTENT_TYPE, HeaderValue::from_static(kind))].into_iter().collect();
            let response = Response { status, headers, ..Response::default() };
            assert_eq!(response.is_page(), expected, "{status} {kind}");
            assert!(response.success(&Request::new("PATCH", "/")).is_ok());
        }
    }

    #[test]
    fn a_request_is_printed_without_its_secrets() {
        let mut secret = HeaderValue::from_static("t0ken");
        secret.set_sensitive(true);
        let body = r#"{"UserName":"root","Password":"hunter2"}"#.to_owned();
        let request = Request::with_body("POST", "/x", body).header(HeaderName::from_static("x-auth-token"), secret);
        let printed = format!("{request:?}");
        assert!(printed.contains("root") && !printed.contains("hunter2") && !printed.contains("t0ken"), "{printed}");
    }
}
