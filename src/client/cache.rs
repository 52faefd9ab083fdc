//! Answers kept for conditional requests: a service that answers 304 does not send the body again. Limited by bytes;
//! the least recently used answer is dropped first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::header::IF_NONE_MATCH;
use http::{HeaderMap, HeaderValue};

use super::request::{Request, Response};

/// What an answer takes in memory beside its body, headers and URI.
const OVERHEAD: usize = 1024;

/// Answers by URI, query included. Each is used only if the service says that it is still what it would send.
#[derive(Debug)]
pub(crate) struct Cache {
    most: usize,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The answers by URI, with when each was last used.
    answers: HashMap<String, (u64, Answer)>,
    clock: u64,
    bytes: usize,
}

/// An answer as the service sent it.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    tag: HeaderValue,
    headers: HeaderMap,
    body: Bytes,
}

impl Cache {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a request conditional if its answer is cached, and returns that answer.
    pub(crate) fn condition(&self, request: &mut Request) -> Option<Answer> {
        if !Self::is_for(request) {
            return None;
        }
        let answer = self.kept().touch(&request.uri)?;
        request.headers.insert(IF_NONE_MATCH, answer.tag.clone());
        Some(answer)
    }

    /// Returns whether requests like this one are cached. Those with headers of their own are not: their answers may
    /// differ.
    fn is_for(request: &Request) -> bool {
        request.method == "GET" && request.headers.is_empty()
    }

    /// Keeps an answer to a request that was not conditional, or whose condition did not hold.
    pub(crate) fn keep(&self, request: &Request, response: &Response) {
        let mut headers = request.headers.clone();
        headers.remove(IF_NONE_MATCH);
        if response.status != 200 || request.method != "GET" || !headers.is_empty() {
            return;
        }
        let tag = response.etag().and_then(|tag| HeaderValue::from_str(tag.as_str()).ok());
        let mut kept = self.kept();
        kept.remove(&request.uri);
        let cost = cost(&request.uri, &response.headers, &response.body);
        let Some(tag) = tag.filter(|_| cost <= self.most) else { return };
        while kept.bytes.saturating_add(cost) > self.most {
            // A linear search is enough: a service has a few thousand resources at most.
            let oldest = kept.answers.iter().min_by_key(|(_, (used, _))| *used);
            let Some(oldest) = oldest.map(|(uri, _)| uri.clone()) else { break };
            kept.remove(&oldest);
        }
        let answer = Answer { tag, headers: response.headers.clone(), body: response.body.clone() };
        kept.bytes = kept.bytes.saturating_add(cost);
        kept.clock = kept.clock.saturating_add(1);
        let now = kept.clock;
        kept.answers.insert(request.uri.clone(), (now, answer));
    }

    /// Drops all answers, as another user may see something different.
    pub(crate) fn clear(&self) {
        *self.kept() = Kept::default();
    }
}

/// How many bytes an answer counts towards the limit.
fn cost(uri: &str, headers: &HeaderMap, body: &Bytes) -> usize {
    // At worst, a header map is half empty.
    let headers = headers.iter().fold(0, |sum: usize, (name, value)| {
        sum.saturating_add(name.as_str().len())
            .saturating_add(value.len())
            .saturating_add(const { 2 * size_of::<HeaderValue>() })
    });
    OVERHEAD.saturating_add(uri.len()).saturating_add(headers).saturating_add(body.len())
}

impl Kept {
    fn touch(&mut self, uri: &str) -> Option<Answer> {
        let (used, answer) = self.answers.get_mut(uri)?;
        self.clock = self.clock.saturating_add(1);
        *used = self.clock;
        Some(answer.clone())
    }

    fn remove(&mut self, uri: &str) {
        if let Some((_, answer)) = self.answers.remove(uri) {
            self.bytes = self.bytes.saturating_sub(cost(uri, &answer.headers, &answer.body));
        }
    }
}

impl Answer {
    /// Returns the cached answer with the headers of the 304 that confirmed it.
    pub(crate) fn confirmed(self, headers: &HeaderMap) -> Response {
        let mut all = self.headers;
        // The headers of a 304 are newer (RFC 9111, 3.2), except those that describe the body that it does not have.
        for (name, value) in headers {
            if name != http::header::CONTENT_LENGTH && name != http::header::CONTENT_TYPE {
                all.insert(name, value.clone());
            }
        }
        Response { status: 200, headers: all, body: self.body, ..Response::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(tag: &'static str, size: usize) -> Response {
        let headers = [(http::header::ETAG, HeaderValue::from_static(tag))].into_iter().collect();
        Response { status: 200, headers, body: vec![b'x'; size].into(), ..Response::default() }
    }

    #[test]
    fn it_stays_within_its_bound_and_forgets_what_was_not_used() {
        let one = cost("/a", &answer("\"1\"", 0).headers, &vec![0; 100].into());
        let cache = Cache::new(3 * one);
        for uri in ["/a", "/b", "/c"] {
            cache.keep(&Request::get(uri), &answer("\"1\"", 100));
        }
        assert!(cache.condition(&mut Request::get("/a")).is_some());
        cache.keep(&Request::get("/d"), &answer("\"1\"", 100));
        let has = |uri: &str| cache.condition(&mut Request::get(uri)).is_some();
        assert!(!has("/b"), "it was not used for longest");
        assert!(has("/a") && has("/c") && has("/d"));
        cache.keep(&Request::get("/a"), &answer("\"2\"", 100));
        assert_eq!(cache.kept().bytes, 3 * one);
        cache.keep(&Request::get("/huge"), &answer("\"1\"", 10_000));
        assert!(!has("/huge") && has("/a"));
        let mut wordy = answer("\"1\"", 1);
        wordy.headers.insert(http::header::SERVER, HeaderValue::from_bytes(&[b'x'; 10_000]).unwrap());
        cache.keep(&Request::get("/wordy"), &wordy);
        assert!(!has("/wordy") && has("/a"), "headers count");
        cache.clear();
        assert!(!has("/a"));
    }

    #[test]
    fn only_plain_reads_with_a_tag_are_kept() {
        let cache = Cache::new(1 << 20);
        cache.keep(&Request::get("/empty"), &answer("\"\"", 1));
        cache.keep(&Request::new("POST", "/post"), &answer("\"1\"", 1));
        cache.keep(&Request::get("/gone"), &Response { status: 404, ..answer("\"1\"", 1) });
        let identity =
            Request::get("/special").header(http::header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        cache.keep(&identity, &answer("\"1\"", 1));
        for uri in ["/empty", "/post", "/gone", "/special"] {
            assert!(cache.condition(&mut Request::get(uri)).is_none(), "{uri}");
        }
        let mut request = Request::get("/a");
        cache.keep(&request, &answer("W/\"7\"", 1));
        let kept = cache.condition(&mut request).unwrap();
        assert_eq!(request.headers[IF_NONE_MATCH], "W/\"7\"");
        let confirmed =
            kept.confirmed(&[(http::header::ETAG, HeaderValue::from_static("\"8\""))].into_iter().collect());
        assert_eq!((confirmed.status, &confirmed.body[..]), (200, &b"x"[..]));
        assert_eq!(confirmed.etag().unwrap(), "\"8\"");
    }
}
