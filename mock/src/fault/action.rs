//! What a fault does to a request: the parts that can be put together, in code and as JSON.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::echo::Echo;
use super::rule::Rule;
use crate::http::reply::Reply;
use crate::message::{self, Message};

/// One thing that a fault does to a request. A rule may have several, which are done in order.
///
/// Those that say *instead* keep the request from being carried out, unless [`Action::Apply`] stands
/// before them. All others change the answer of a request that is carried out.
///
/// As JSON an action is its name with what it takes, in small letters: `"reset"`,
/// `{ "delay": 0.5 }`, `{ "status": 412 }`, `{ "answer": { "status": 500, "body": "<html>" } }`,
/// `{ "merge": { "Id": null } }`, `{ "arm": { "path": "{path}", "times": 3, "then": { "status": 404 } } }`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Waits, then continues. In JSON a number of seconds.
    Delay(#[serde(with = "seconds")] Duration),
    /// Carries the request out. What it answers is what the actions after this one replace or break.
    Apply,
    /// Answers this status instead, with a Redfish error in the body where the status has one.
    Status(u16),
    /// Answers this instead.
    Answer(Answer),
    /// Answers with what was asked instead, headers and body, in this status and form.
    Echo(u16, Echo),
    /// Resets the connection (TCP RST) instead.
    Reset,
    /// Closes the connection without an answer instead.
    Close,
    /// Writes bytes that are not HTTP instead, and closes the connection.
    Garbage,
    /// Writes this text to the connection instead, whatever HTTP says of it, and closes the connection. Over
    /// HTTP/2 it is as good as garbage.
    Raw(String),
    /// Never answers; the connection stays open until the client closes it.
    Hang,
    /// Adds another rule before all others, then continues. `{path}` in its pattern stands for the path that was
    /// asked for.
    Arm(Box<Rule>),
    /// Carries the request out, then closes the connection without an answer: `Apply` and `Close`.
    LoseReply,
    /// Ends the session that the request is in, then continues: the service will answer 401 by itself.
    ExpireSession,
    /// Removes the resource that the request is for, then continues: the service will answer 404 by
    /// itself. A task goes together with its monitor, whichever was asked for, and what it is about is
    /// carried out all the same, as by services that forget their tasks.
    Vanish,
    /// Carries the request out and answers it, and takes the service away for a while after it:
    /// connections are reset. In JSON a number of seconds.
    GoAway(#[serde(with = "seconds")] Duration),
    /// Changes the answer's JSON by a merge patch (RFC 7396).
    Merge(Value),
    /// Gives the answer another content type.
    ContentType(String),
    /// Sets a header of the answer.
    Header(String, String),
    /// Removes a header from the answer.
    WithoutHeader(String),
    /// Sends so many bytes of the answer's body and then closes the connection; `Content-Length` is
    /// that of the whole.
    Truncate(usize),
    /// Sends the answer's body in pieces of so many bytes, with a pause before each.
    Drip {
        /// The size of a piece.
        bytes: usize,
        /// The pause. In JSON a number of seconds.
        #[serde(with = "seconds")]
        every: Duration,
    },
}

impl Action {
    /// Adds another rule; see [`Action::Arm`].
    #[must_use]
    pub fn arm(rule: Rule) -> Self {
        Self::Arm(Box::new(rule))
    }

    /// Returns whether the action keeps the request from being carried out.
    pub(crate) fn is_instead(&self) -> bool {
        matches!(
            self,
            Self::Status(_)
                | Self::Answer(_)
                | Self::Echo(..)
                | Self::Reset
                | Self::Close
                | Self::Garbage
                | Self::Raw(_)
                | Self::Hang
        )
    }

    /// Answers 503 with `Retry-After` in seconds instead.
    #[must_use]
    pub fn unavailable(retry_after: u32) -> Self {
        Self::Answer(Answer::error(503).header("Retry-After", retry_after.to_string()))
    }

    /// Answers 503 with the date of then in `Retry-After` instead. Dates end at the second; it is
    /// rounded up.
    #[must_use]
    pub fn unavailable_until(then: std::time::SystemTime) -> Self {
        Self::Answer(Answer::error(503).header("Retry-After", http_date(then)))
    }

    /// Redirects to another place instead. `{path}` in it stands for the path that was asked for.
    #[must_use]
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::Answer(Answer::new(status).header("Location", location))
    }

    /// Answers a page of HTML instead, as web servers before a Redfish service do.
    #[must_use]
    pub fn html(status: u16) -> Self {
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Error");
        let page =
            format!("<html><head><title>{status} {reason}</title></head>\r\n<body><h1>{reason}</h1></body></html>\r\n");
        Self::Answer(Answer::new(status).header("Content-Type", "text/html").body(page))
    }

    /// Answers this status without a body instead.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self::Answer(Answer::new(status))
    }

    /// Answers JSON instead.
    #[must_use]
    pub fn json(status: u16, json: Value) -> Self {
        Self::Answer(Answer::new(status).json(json))
    }

    /// Answers an error with one message in `@Message.ExtendedInfo` instead.
    #[must_use]
    pub fn message(status: u16, id: &str, text: &str) -> Self {
        Self::Answer(Answer::new(status).message(id, text))
    }
}

/// An answer to give instead of the service's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

impl Answer {
    /// Creates an answer of this status, without a body.
    #[must_use]
    pub fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// Creates an answer of this status with the Redfish error that goes with it.
    #[must_use]
    pub fn error(status: u16) -> Self {
        match StatusCode::from_u16(status).ok().and_then(message_of) {
            Some(message) => Self::new(status).json(message::body(&[message])),
            None => Self::new(status),
        }
    }

    /// Adds a header. `{path}` in its value stands for the path that was asked for.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets a body of text; it says nothing of its content type.
    #[must_use]
    pub fn body(mut self, text: impl Into<String>) -> Self {
        self.body = Some(Value::String(text.into()));
        self
    }

    /// Sets a body of JSON, with its content type.
    #[must_use]
    pub fn json(mut self, json: Value) -> Self {
        // A body that is a string is text; one of JSON is written out.
        self.body = Some(if json.is_string() { Value::String(json.to_string()) } else { json });
        self
    }

    /// Sets a body with one message in `@Message.ExtendedInfo`.
    #[must_use]
    pub fn message(self, id: &str, text: &str) -> Self {
        self.json(json!({
            "error": {
                "code": id,
                "message": text,
                "@Message.ExtendedInfo": [{ "MessageId": id, "Message": text, "Severity": "Warning", "Resolution": "None." }],
            }
        }))
    }

    /// Creates the response to a request for this path.
    pub(crate) fn response(&self, path: &str) -> Response<Body> {
        let (body, is_json) = match &self.body {
            None => (Bytes::new(), false),
            Some(Value::String(text)) => (text.clone().into(), false),
            Some(json) => (json.to_string().into(), true),
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if is_json {
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(crate::http::reply::JSON));
        }
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::from_str(&value.replace("{path}", path)))
            {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Returns the message that goes with a status, or `None` for a status without a body.
fn message_of(status: StatusCode) -> Option<Message> {
    let kind = match status {
        StatusCode::UNAUTHORIZED => &message::NO_VALID_SESSION,
        StatusCode::FORBIDDEN => &message::INSUFFICIENT_PRIVILEGE,
        StatusCode::NOT_FOUND | StatusCode::GONE => return Some(Message::new(&message::RESOURCE_MISSING, ["the URI"])),
        StatusCode::PRECONDITION_FAILED => &message::PRECONDITION_FAILED,
        StatusCode::PRECONDITION_REQUIRED => &message::PRECONDITION_REQUIRED,
        StatusCode::SERVICE_UNAVAILABLE => return Some(Message::new(&message::TEMPORARILY_UNAVAILABLE, ["1"])),
        status if status.is_client_error() || status.is_server_error() => &message::INTERNAL_ERROR,
        _ => return None,
    };
    Some(Message::new(kind, []))
}

/// Creates the response for [`Action::Status`].
pub(crate) fn status(status: u16) -> Response<Body> {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    match message_of(status) {
        Some(message) => Reply::errors(status, &[message]).into_response(),
        None => Reply::empty(status).into_response(),
    }
}

/// Formats a time for HTTP, rounded up to the second (RFC 9110, section 5.6.7).
fn http_date(time: std::time::SystemTime) -> String {
    jiff::Timestamp::try_from(time)
        .and_then(|time| {
            time.round(jiff::TimestampRound::new().smallest(jiff::Unit::Second).mode(jiff::RoundMode::Ceil))
        })
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
        .unwrap_or_default()
}

/// Durations as numbers of seconds.
pub(crate) mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(duration.as_secs_f64())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds).map_err(|_| D::Error::custom("a number of seconds from 0 was expected"))
    }
}

/// Optional durations as numbers of seconds.
pub(crate) mod optional_seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(duration: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => to.serialize_some(&duration.as_secs_f64()),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(from)?;
        let duration = seconds.map(Duration::try_from_secs_f64).transpose();
        duration.map_err(|_| D::Error::custom("a number of seconds from 0 was expected"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_written_in_json_as_they_are_documented() {
        for (text, expected) in [
            (r#""reset""#, Action::Reset),
            (r#"{"delay":0.5}"#, Action::Delay(Duration::from_millis(500))),
            (r#"{"status":412}"#, Action::Status(412)),
            (r#"{"drip":{"bytes":1,"every":0.25}}"#, Action::Drip { bytes: 1, every: Duration::from_millis(250) }),
            (r#"{"header":["ETag","\"\""]}"#, Action::Header("ETag".into(), "\"\"".into())),
            (r#"{"merge":{"Id":null}}"#, Action::Merge(json!({ "Id": null }))),
            (r#""hang""#, Action::Hang),
            (r#"{"echo":[400,"html"]}"#, Action::Echo(400, Echo::Html)),
            (r#"{"raw":"HTTP/1.1 204\r\n"}"#, Action::Raw("HTTP/1.1 204\r\n".into())),
            (
                r#"{"arm":{"path":"{path}","times":3,"lasts":60.0,"then":[{"status":404}]}}"#,
                Action::arm(
                    Rule::any().path("{path}").times(3).lasts(Duration::from_secs(60)).then(Action::Status(404)),
                ),
            ),
        ] {
            assert_eq!(serde_json::from_str::<Action>(text).unwrap(), expected);
            assert_eq!(serde_json::to_string(&expected).unwrap(), text);
        }
        let answer = r#"{"answer":{"status":500,"body":"<html>"}}"#;
        assert_eq!(serde_json::from_str::<Action>(answer).unwrap(), Action::Answer(Answer::new(500).body("<html>")));
        assert!(serde_json::from_str::<Action>(r#"{"delay":-1}"#).is_err());
        assert!(serde_json::from_str::<Action>(r#"{"answer":{"stauts":500}}"#).is_err());
    }

    #[test]
    fn dates_are_those_of_http() {
        let time = std::time::UNIX_EPOCH + Duration::from_millis(784_111_776_001);
        assert_eq!(http_date(time), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
