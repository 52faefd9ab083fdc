//! Requests picked from the journal, and what a test asserts of them. What doesn't hold panics with
//! all requests there were.

use std::fmt::{self, Write as _};
use std::ops::Deref;
use std::sync::Arc;

use serde_json::Value;

use super::request::Request;
use crate::fault::glob;

/// Requests to a mock, in the order in which they arrived: all of them, or those that were picked.
///
/// ```
/// # let bmc_requests = rosefish_mock::Requests::default();
/// // let requests = bmc.requests();
/// # let requests = bmc_requests;
/// requests.to("PATCH", "/redfish/v1/Systems/*").with("/AssetTag", "rack 7").assert_none();
/// for request in requests.to("GET", "**").with_header("If-None-Match", "*") {
///     assert_eq!(request.status(), 304);
/// }
/// ```
#[derive(Clone, Default)]
pub struct Requests {
    picked: Vec<Request>,
    all: Arc<[Request]>,
    conditions: Vec<String>,
}

impl Requests {
    pub(super) fn all(all: Vec<Request>) -> Self {
        Self { all: all.as_slice().into(), picked: all, conditions: Vec::new() }
    }

    /// Those of a method, `*` for any, to the paths of a pattern: `*` stands for anything within a
    /// segment, `**` for anything.
    #[must_use]
    pub fn to(&self, method: &str, path: &str) -> Self {
        self.only(format!("{method} {path}"), |request| is_to(request, method, path))
    }

    /// Those that have something in their JSON body at this pointer, and that it is this.
    #[must_use]
    pub fn with(&self, pointer: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.only(format!("{pointer} is {value}"), |request| {
            request.json().is_some_and(|json| json.pointer(pointer) == Some(&value))
        })
    }

    /// Those whose body is this JSON.
    #[must_use]
    pub fn with_body(&self, body: Value) -> Self {
        self.only(format!("the body is {body}"), |request| request.json().as_ref() == Some(&body))
    }

    /// Those that have a header with a value of this pattern, in which `*` stands for anything.
    #[must_use]
    pub fn with_header(&self, name: &str, pattern: &str) -> Self {
        self.only(format!("{name}: {pattern}"), |request| {
            request.header(name).is_some_and(|value| glob::text(pattern, value))
        })
    }

    /// Those without a header.
    #[must_use]
    pub fn without_header(&self, name: &str) -> Self {
        self.only(format!("no {name}"), |request| request.header(name).is_none())
    }

    /// Those that were answered with this status; 0 for those that were not answered.
    #[must_use]
    pub fn answered(&self, status: u16) -> Self {
        self.only(format!("answered {status}"), |request| request.status() == status)
    }

    /// Those for which something holds, and what that is in words.
    #[must_use]
    pub fn only(&self, condition: impl Into<String>, holds: impl Fn(&Request) -> bool) -> Self {
        let mut conditions = self.conditions.clone();
        conditions.push(condition.into());
        Self {
            picked: self.picked.iter().filter(|request| holds(request)).cloned().collect(),
            all: Arc::clone(&self.all),
            conditions,
        }
    }

    /// Asserts that there are so many.
    ///
    /// # Panics
    ///
    /// If there are more or fewer.
    #[track_caller]
    pub fn assert_count(&self, count: usize) {
        assert!(self.picked.len() == count, "{}", self.story(&format!("{} instead of {count}", self.picked.len())));
    }

    /// Asserts that there is exactly one, and returns it.
    ///
    /// # Panics
    ///
    /// If there is none or more than one.
    #[track_caller]
    pub fn assert_once(&self) -> Request {
        match self.picked.as_slice() {
            [request] => request.clone(),
            several => panic!("{}", self.story(&format!("{} instead of exactly one", several.len()))),
        }
    }

    /// Asserts that there is none.
    ///
    /// # Panics
    ///
    /// If there is one.
    #[track_caller]
    pub fn assert_none(&self) {
        assert!(self.picked.is_empty(), "{}", self.story(&format!("{} instead of none", self.picked.len())));
    }

    /// Asserts that requests of these methods and path patterns are among these in this order, with
    /// or without others between them.
    ///
    /// # Panics
    ///
    /// If one is missing or comes too early.
    #[track_caller]
    pub fn assert_order(&self, expected: &[(&str, &str)]) {
        let mut rest = self.picked.iter();
        for (method, path) in expected {
            let found = rest.any(|request| is_to(request, method, path));
            assert!(found, "{}", self.story(&format!("no {method} {path} where the order {expected:?} wants it")));
        }
    }

    fn story(&self, what: &str) -> String {
        let mut text = what.to_owned();
        if !self.conditions.is_empty() {
            let _ = write!(text, ", of those with: {}", self.conditions.join("; "));
        }
        let _ = write!(text, "\nThe requests so far:");
        for request in self.all.iter() {
            let _ = write!(text, "\n  {request:?}");
        }
        if self.all.is_empty() {
            text.push_str(" none");
        }
        text
    }
}

fn is_to(request: &Request, method: &str, path: &str) -> bool {
    (method == "*" || request.method().eq_ignore_ascii_case(method)) && glob::path(path, request.path())
}

impl Deref for Requests {
    type Target = [Request];

    fn deref(&self) -> &[Request] {
        &self.picked
    }
}

impl IntoIterator for Requests {
    type Item = Request;
    type IntoIter = std::vec::IntoIter<Request>;

    fn into_iter(self) -> Self::IntoIter {
        self.picked.into_iter()
    }
}

impl<'a> IntoIterator for &'a Requests {
    type Item = &'a Request;
    type IntoIter = std::slice::Iter<'a, Request>;

    fn into_iter(self) -> Self::IntoIter {
        self.picked.iter()
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.picked).finish()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use serde_json::json;

    use super::super::Journal;
    use super::*;

    fn journal() -> Requests {
        let journal = Journal::default();
        for (method, path, tag, body) in [
            ("POST", "/redfish/v1/SessionService/Sessions", None, r#"{"UserName":"root"}"#),
            ("GET", "/redfish/v1/Systems/1", None, ""),
            ("PATCH", "/redfish/v1/Systems/1", Some("\"a\""), r#"{"AssetTag":"x","Boot":{"Target":"Pxe"}}"#),
        ] {
            let request = axum::http::Request::builder().method(method).uri(path);
            let request = match tag {
                Some(tag) => request.header("If-Match", tag),
                None => request,
            };
            let (parts, ()) = request.body(()).unwrap().into_parts();
            journal.begin(&parts, &Bytes::from_static(body.as_bytes())).answered(200);
        }
        journal.all()
    }

    fn panics(assertion: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let panic = std::panic::catch_unwind(assertion).unwrap_err();
        panic.downcast_ref::<String>().unwrap().clone()
    }

    #[test]
    fn requests_are_picked_by_what_they_are() {
        let all = journal();
        all.assert_count(3);
        all.to("*", "/redfish/v1/Systems/*").assert_count(2);
        all.to("PATCH", "**").with_header("if-match", "*").with("/Boot/Target", "Pxe").assert_once();
        all.without_header("if-match").to("PATCH", "**").assert_none();
        all.with_body(json!({ "UserName": "root" })).answered(200).assert_once();
        all.assert_order(&[("POST", "**/Sessions"), ("PATCH", "**")]);
    }

    #[test]
    fn what_does_not_hold_is_told_with_all_requests() {
        let text = panics(|| drop(journal().to("GET", "**").with("/A", 1).assert_once()));
        for part in
            ["0 instead of exactly one", "GET **; /A is 1", "POST /redfish/v1/SessionService/Sessions", "-> 200"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        let text = panics(|| journal().assert_order(&[("PATCH", "**"), ("GET", "**")]));
        assert!(text.starts_with("no GET **"), "{text}");
    }
}
