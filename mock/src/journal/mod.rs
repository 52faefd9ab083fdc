//! What clients asked for: every request with what was answered, in the order in which they arrived.
//! Credentials are masked before anything is kept. What a test asserts of them is in `assert`.

pub(crate) mod assert;
pub(crate) mod request;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use serde_json::Value;

use assert::Requests;
use request::Request;

use crate::schema::secret;

/// What stands in the journal where a secret was.
const MASK: &str = "***";

/// All requests so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Journal(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    requests: Vec<Request>,
    /// How many requests were forgotten before the first of these.
    forgotten: usize,
    under_way: usize,
    most_under_way: usize,
}

impl Journal {
    /// Notes a request that has arrived.
    pub(crate) fn begin(&self, parts: &axum::http::request::Parts, body: &Bytes) -> Ticket {
        let request = Request {
            method: parts.method.to_string(),
            version: parts.version,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: masked_headers(&parts.headers),
            body: masked_body(body),
            status: 0,
            fault: None,
            received: SystemTime::now(),
            took: Duration::ZERO,
        };
        let mut inner = self.inner();
        inner.under_way += 1;
        inner.most_under_way = inner.most_under_way.max(inner.under_way);
        let number = inner.forgotten + inner.requests.len();
        inner.requests.push(request);
        Ticket { journal: self.clone(), number, started: Instant::now() }
    }

    pub(crate) fn all(&self) -> Requests {
        Requests::all(self.inner().requests.clone())
    }

    pub(crate) fn len(&self) -> usize {
        self.inner().requests.len()
    }

    pub(crate) fn clear(&self) {
        let mut inner = self.inner();
        inner.forgotten += inner.requests.len();
        inner.requests.clear();
        inner.most_under_way = inner.under_way;
    }

    pub(crate) fn most_under_way(&self) -> usize {
        self.inner().most_under_way
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is under way. It is no more when this is dropped, whether it was answered or not.
#[derive(Debug)]
pub(crate) struct Ticket {
    journal: Journal,
    number: usize,
    started: Instant,
}

impl Ticket {
    /// Notes what a fault does to the request.
    pub(crate) fn faulted(&self, fault: String) {
        self.change(|request| request.fault = Some(fault));
    }

    /// Notes what was answered. The request stays under way until the ticket is dropped.
    pub(crate) fn answered(&self, status: u16) {
        self.change(|request| request.status = status);
    }

    fn change(&self, change: impl FnOnce(&mut Request)) {
        let mut inner = self.journal.inner();
        let place = self.number.checked_sub(inner.forgotten);
        if let Some(request) = place.and_then(|place| inner.requests.get_mut(place)) {
            change(request);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let took = self.started.elapsed();
        self.change(|request| request.took = took);
        let mut inner = self.journal.inner();
        inner.under_way = inner.under_way.saturating_sub(1);
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
pub(crate) fn mask(json: &mut Value) -> bool {
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

    fn noted(parts: &axum::http::request::Parts, body: &Bytes) -> Request {
        let journal = Journal::default();
        journal.begin(parts, body).answered(200);
        journal.all()[0].clone()
    }

    #[test]
    fn requests_are_counted_while_they_are_under_way() {
        let (parts, ()) = axum::http::Request::builder().body(()).unwrap().into_parts();
        let journal = Journal::default();
        let one = journal.begin(&parts, &Bytes::new());
        let two = journal.begin(&parts, &Bytes::new());
        two.answered(200);
        drop(two);
        assert_eq!((journal.most_under_way(), journal.len()), (2, 2));
        journal.clear();
        assert_eq!((journal.most_under_way(), journal.len()), (1, 0));
        // Nobody remembers the request that this is the answer to.
        one.answered(200);
        drop(one);
        drop(journal.begin(&parts, &Bytes::new()));
        assert_eq!((journal.most_under_way(), journal.all()[0].status()), (1, 0));
    }

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
        let request = noted(&parts, &body);

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
            let request = noted(&parts, &Bytes::from_static(body.as_bytes()));
            assert_eq!(request.body(), body.as_bytes());
        }
    }
}
