//! A request as the journal has it.

use std::fmt;
use std::time::{Duration, SystemTime};

use axum::body::Bytes;
use axum::http::Version;
use serde_json::Value;

/// A request that arrived at a mock.
#[derive(Clone)]
pub struct Request {
    pub(super) method: String,
    pub(super) version: Version,
    pub(super) path: String,
    pub(super) query: Option<String>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
    pub(super) status: u16,
    pub(super) fault: Option<String>,
    pub(super) received: SystemTime,
    pub(super) took: Duration,
}

impl Request {
    /// Returns the method, in capitals.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the version of HTTP that it came by: `HTTP/1.1`, `HTTP/2.0`.
    pub fn http_version(&self) -> String {
        format!("{:?}", self.version)
    }

    /// Returns the path as it was sent, without the query.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the query without its question mark.
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Returns the headers with lower-case names, in no particular order. Those that carry credentials say
    /// only `***`, and the scheme if there is one.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Returns the first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Returns the body; in JSON objects passwords and tokens say `***`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the body as JSON, if it is that.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Returns the status that was answered; 0 if none was: the request is under way, a fault broke the
    /// connection, or the client gave up.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Returns what a [fault](crate::fault) did to the request, if one did.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    /// Returns when the request had arrived.
    pub fn received(&self) -> SystemTime {
        self.received
    }

    /// Returns how long the request was under way: until the answer was made, or, where its body comes bit by
    /// bit, until its end.
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
        match self.status {
            0 => f.write_str(" -> no answer")?,
            status => write!(f, " -> {status}")?,
        }
        match &self.fault {
            Some(fault) => write!(f, " ({fault})"),
            None => Ok(()),
        }
    }
}
