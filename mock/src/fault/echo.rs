//! Answers that repeat the request, like those of services that log or explain it: whatever a client shows of such an answer
//! shows what the client sent.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::http::call::Call;

/// How an answer repeats the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Echo {
    /// A JSON object with the headers and the body.
    Json,
    /// A Redfish error with a message for each header and each property, whose arguments are their values.
    Messages,
    /// The request as text, as it came.
    Text,
    /// The same as a page of HTML.
    Html,
    /// A `Location` whose query has the headers and the body.
    Location,
}

impl Echo {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Json, Self::Messages, Self::Text, Self::Html, Self::Location];

    /// Creates the answer to a call to this path.
    pub(crate) fn response(self, status: u16, call: &Call, path: &str) -> Response<Body> {
        let text = || {
            let head: String = headers(call).map(|(name, value)| format!("{name}: {value}\r\n")).collect();
            format!("{} {path} HTTP/1.1\r\n{head}\r\n{}", call.method, String::from_utf8_lossy(&call.body))
        };
        let (kind, body, place) = match self {
            Self::Json => {
                let all: serde_json::Map<_, _> =
                    headers(call).map(|(name, value)| (name.to_owned(), value.into())).collect();
                (crate::http::reply::JSON, json!({ "Headers": all, "Body": json_of(call), "Request": text() }), None)
            }
            Self::Messages => (crate::http::reply::JSON, messages(call), None),
            Self::Text => ("text/plain", text().into(), None),
            Self::Html => {
                let escaped = text().replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
                ("text/html", format!("<html><body><pre>{escaped}</pre></body></html>").into(), None)
            }
            Self::Location => {
                let body = String::from_utf8_lossy(&call.body);
                let escaped = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
                let query = headers(call).chain([("body", &*body)]);
                let query: Vec<_> = query.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
                ("text/plain", Value::from(""), Some(format!("{path}?{}", query.join("&"))))
            }
        };
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        if let Some(place) = place.and_then(|place| HeaderValue::try_from(place).ok()) {
            response.headers_mut().insert(header::LOCATION, place);
        }
        response
    }
}

fn headers(call: &Call) -> impl Iterator<Item = (&str, &str)> {
    call.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
}

/// Returns the body as JSON, or as a string if it is not JSON.
fn json_of(call: &Call) -> Value {
    serde_json::from_slice(&call.body).unwrap_or_else(|_| String::from_utf8_lossy(&call.body).into())
}

fn messages(call: &Call) -> Value {
    fn collect(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(object) => object.iter().for_each(|(name, value)| collect(name, value, found)),
            Value::Array(items) => items.iter().for_each(|value| collect(name, value, found)),
            Value::String(text) => found.push((name.to_owned(), text.clone())),
            other => found.push((name.to_owned(), other.to_string())),
        }
    }
    let mut found: Vec<_> = headers(call).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    collect("body", &json_of(call), &mut found);
    let all: Vec<_> = found
        .into_iter()
        .map(|(name, value)| {
            json!({
                "MessageId": "Base.1.19.PropertyValueFormatError",
                "Message": format!("The value '{value}' for the property {name} is not a format that is accepted."),
                "MessageArgs": [value, name],
                "Severity": "Warning",
                "Resolution": format!("Send something else than {value}."),
            })
        })
        .collect();
    json!({ "error": { "code": "Base.1.19.GeneralError", "message": "See the details.", "@Message.ExtendedInfo": all } })
}
