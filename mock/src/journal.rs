//! What clients asked for: every request with what was answered, in the order in which the answers
//! were made. Credentials are masked before anything is kept.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde_json::Value;

use crate::secret;

/// What stands in the journal where a secret was.
const MASK: &str = "***";

/// A request that a mock answered.
#[derive(Clone)]
pub struct Request {
    method: String,
    path: String,
    query: Option<String>,
    headers: Vec<(String, String)>,
    body: Bytes,
    status: u16,
    received: SystemTime,
    took: Duration,
}

impl Request {
    /// The method, in capitals.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as it was sent, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// The headers with lower-case names, in no particular order. Those that carry credentials say
    /// only `***`, and the scheme if there is one.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body; in JSON objects passwords and tokens say `***`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON, if it is that.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The status that was answered.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// When the request had arrived.
    pub fn received(&self) -> SystemTime {
        self.received
    }

    /// How long the answer took, without sending it.
    pub fn took(&self) -> Duration {
        self.took
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)?;
        if let Some(query) = &self.query {
            write!(f, "?{query}")?;
        }
        if !self.body.is_empty() {
            write!(f, " {}", String::from_utf8_lossy(&self.body))?;
        }
        write!(f, " -> {}", self.status)
    }
}

/// All requests so far.
#[derive(Debug, Default)]
pub(crate) struct Journal(Mutex<Vec<Request>>);

impl Journal {
    pub(crate) fn add(&self, request: Request) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(request);
    }

    pub(crate) fn all(&self) -> Vec<Request> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// The parts of a request that are known before it is answered.
pub(crate) struct Entry {
    request: Request,
    started: std::time::Instant,
}

impl Entry {
    pub(crate) fn new(parts: &axum::http::request::Parts, body: &Bytes) -> Self {
        let request = Request {
            method: parts.method.to_string(),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: masked_headers(&parts.headers),
            body: masked_body(body),
            status: 0,
            received: SystemTime::now(),
            took: Duration::ZERO,
        };
        Self { request, started: std::time::Instant::now() }
    }

    pub(crate) fn answered(mut self, status: u16) -> Request {
        self.request.status = status;
        self.request.took = self.started.elapsed();
        self.request
    }
}

fn masked_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let text = match name {
                &header::AUTHORIZATION | &header::PROXY_AUTHORIZATION => match text.split_once(' ') {
                    Some((scheme, _)) => format!("{scheme} {MASK}"),
                    None => MASK.to_owned(),
                },
                &header::COOKIE => MASK.to_owned(),
                name if name == "x-auth-token" => MASK.to_owned(),
                _ => text.into_owned(),
            };
            (name.as_str().to_owned(), text)
        })
        .collect()
}

fn masked_body(body: &Bytes) -> Bytes {
    let Ok(mut json) = serde_json::from_slice::<Value>(body) else {
        return body.clone();
    };
    if mask(&mut json) { json.to_string().into() } else { body.clone() }
}

/// Masks the secrets in a value; says whether there were any.
fn mask(json: &mut Value) -> bool {
    let mut found = false;
    match json {
        Value::Object(object) => {
            for (name, value) in object {
                if value.is_string() && secret::is_secret(name) {
                    *value = MASK.into();
                    found = true;
                } else {
                    found |= mask(value);
                }
            }
        }
        Value::Array(elements) => {
            for element in elements {
                found |= mask(element);
            }
        }
        _ => {}
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_never_reach_the_journal() {
        let (mut parts, ()) = axum::http::Request::builder()
            .method("POST")
            .uri("/redfish/v1/SessionService/Sessions?x=1")
            .header("Authorization", "Basic c2VjcmV0OnNlY3JldA==")
            .header("X-Auth-Token", "secret")
            .header("Accept", "application/json")
            .body(())
            .unwrap()
            .into_parts();
        parts.headers.insert("cookie", "secret".parse().unwrap());
        let body =
            Bytes::from_static(br#"{"UserName":"root","Password":"secret","Oem":{"X":[{"AuthToken":"secret"}]}}"#);
        let request = Entry::new(&parts, &body).answered(201);

        assert_eq!(request.header("authorization"), Some("Basic ***"));
        assert_eq!(request.header("Accept"), Some("application/json"));
        assert_eq!(request.query(), Some("x=1"));
        assert_eq!(request.json().unwrap()["UserName"], "root");
        let everything = format!("{request:?} {:?}", request.headers());
        assert!(!everything.contains("secret") && !everything.contains("c2Vj"), "{everything}");
    }

    #[test]
    fn bodies_without_secrets_stay_as_they_were_sent() {
        let (parts, ()) = axum::http::Request::builder().body(()).unwrap().into_parts();
        for body in ["{ \"AssetTag\" :  \"x\" }", "not json", ""] {
            let request = Entry::new(&parts, &Bytes::from_static(body.as_bytes())).answered(200);
            assert_eq!(request.body(), body.as_bytes());
        }
    }
}
