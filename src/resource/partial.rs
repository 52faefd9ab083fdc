//! What was read and what was not: the form of every list. Something that can't be read doesn't hide the rest, and is
//! reported with the reason.

use std::fmt;
use std::ops::Deref;
use std::pin::Pin;

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::{AnyResource, Resource};
use crate::client::{Client, Request, SERVICE_ROOT};
use crate::error::{Error, ErrorKind};

/// What a stream yields before it gets its type.
pub(crate) type Items = Pin<Box<dyn Untyped>>;

/// A stream of untyped resources that names those it could not read.
pub(crate) trait Untyped: Stream<Item = Result<AnyResource, Missing>> + Send + Unpin {
    /// Returns the client that reads them.
    fn client(&self) -> &Client;
    /// Returns the URI of the list; empty for links in a resource.
    fn place(&self) -> &str;
    /// Requests no other resource until the first has arrived, as the others may not be wanted.
    #[cfg(any(feature = "host", feature = "telemetry"))]
    fn first_alone(&mut self);
}

/// A list of what could be read, which it derefs to, and of what could not.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// let systems = bmc.root().systems().members().collect_all().await;
/// for system in &systems {
///     println!("{:?}", system.serial_number);
/// }
/// for missing in &systems.missing {
///     eprintln!("not read: {missing}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Serialize)]
#[must_use = "`missing` says what is not among the items"]
pub struct Partial<T> {
    /// What was read.
    pub items: Vec<T>,
    /// What could not be read.
    pub missing: Vec<Missing>,
}

/// Something that could not be read.
///
/// Serializes as `{"where": "/redfish/v1/Systems/1/Memory/2", "why": "there is no such resource (HTTP 404)", "kind":
/// "not-found"}`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Missing {
    /// Where it is: a URI by Redfish, by IPMI a name such as `sensor data record 0x0012`.
    pub place: String,
    /// Why it could not be read.
    pub error: Error,
}

impl Missing {
    /// Names a place that could not be read, and the reason.
    pub fn new(place: impl Into<String>, error: Error) -> Self {
        Self { place: place.into(), error }
    }

    /// Returns the reason with everything that caused it, but without the request where that names the place alone.
    #[must_use]
    pub fn why(&self) -> String {
        let text = self.error.report();
        match self.error.uri() {
            Some(uri) if self.error.method() == Some("GET") && key(uri) == key(&self.place) => {
                text.strip_prefix(&format!("GET {uri}: ")).map_or_else(|| text.clone(), str::to_owned)
            }
            _ => text,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        f.write_str(&self.why())
    }
}

impl Serialize for Missing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Missing", 3)?;
        object.serialize_field("where", &self.place)?;
        object.serialize_field("why", &self.why())?;
        object.serialize_field("kind", &self.error.kind())?;
        object.end()
    }
}

impl<T> Partial<T> {
    /// Creates a list without gaps.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, missing: Vec::new() }
    }

    /// Returns whether everything was read.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.missing.is_empty()
    }

    /// Changes each item.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Partial<U> {
        Partial { items: self.items.into_iter().map(change).collect(), missing: self.missing }
    }

    /// Keeps the items for which the function holds. What could not be read is kept, whatever it was.
    pub fn filter(mut self, keep: impl FnMut(&T) -> bool) -> Self {
        self.items.retain(keep);
        self
    }
}

impl<T> Partial<Resource<T>> {
    /// Wraps resources that are known to have this type.
    pub(crate) fn of(any: Partial<AnyResource>) -> Self {
        any.map(Resource::of)
    }
}

impl<T> Default for Partial<T> {
    fn default() -> Self {
        Self::whole(Vec::new())
    }
}

impl<T> Deref for Partial<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> IntoIterator for Partial<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Partial<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.iter()
    }
}

/// Returns the form in which URIs are compared: a trailing slash makes no difference.
pub(crate) fn key(uri: &str) -> &str {
    uri.trim_end_matches('/')
}

/// Whether a service still answers. One place that can't be read is normal, but if a place that was just read can't be
/// read any more, the service or the session is gone, and requesting the rest would take hours.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    /// The last place that was read successfully.
    last_read: Option<String>,
    /// Why nothing more can be read.
    pub(crate) gone: Option<ErrorKind>,
}

impl Pulse {
    pub(crate) fn note(&mut self, resource: &AnyResource) {
        let uri = resource.uri();
        if uri.starts_with('/') && !uri.contains('#') {
            self.last_read = Some(uri.to_owned());
        }
    }

    /// Determines whether an error means that nothing more can be read.
    pub(crate) async fn is_gone(&mut self, client: &Client, error: &Error) -> bool {
        let is_suspicious = matches!(
            error.kind(),
            ErrorKind::Connect
                | ErrorKind::Timeout
                | ErrorKind::Tls
                | ErrorKind::Unauthorized
                | ErrorKind::PasswordChangeRequired
                | ErrorKind::SessionLimit
        );
        let is_busy = |status| matches!(status, 502..=504);
        if error.kind() == ErrorKind::Closed {
            self.gone = Some(error.kind());
        } else if is_suspicious || error.status().is_some_and(is_busy) {
            let uri = self.last_read.as_deref().unwrap_or(SERVICE_ROOT);
            let answers = match client.send(Request::get(uri)).await {
                Ok(response) => response.status != 401 && !is_busy(response.status),
                Err(_) => false,
            };
            if !answers {
                self.gone = Some(error.kind());
            }
        }
        self.gone.is_some()
    }

    /// Returns what is reported for everything that was not tried.
    pub(crate) fn rest(&self, place: impl Into<String>) -> Option<Missing> {
        let text = "the service stopped answering: what else there is was not read";
        self.gone.map(|kind| Missing::new(place, Error::new(kind, text)))
    }
}

/// Collects a stream and what it could not read; nothing if its first resource is not `wanted`.
pub(crate) async fn everything(
    mut items: Items,
    pulse: &mut Pulse,
    wanted: impl Fn(&AnyResource) -> bool,
) -> Partial<AnyResource> {
    let client = items.client().clone();
    let mut all = Partial::default();
    while let Some(item) = items.next().await {
        match item {
            Ok(resource) => {
                pulse.note(&resource);
                if all.items.is_empty() && !wanted(&resource) {
                    break;
                }
                all.items.push(resource);
            }
            Err(missing) => {
                let gone = pulse.is_gone(&client, &missing.error).await;
                all.missing.push(missing);
                if gone {
                    break;
                }
            }
        }
    }
    all
}

/// Like [`everything`], for a single stream.
pub(crate) fn collect_all(items: Items) -> BoxFuture<'static, Partial<AnyResource>> {
    Box::pin(async move {
        let place = items.place().to_owned();
        let mut pulse = Pulse::default();
        let mut all = everything(items, &mut pulse, |_| true).await;
        all.missing.extend(pulse.rest(place));
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_once() {
        let uri = "/redfish/v1/Systems/1/Memory/2";
        let error = || Error::new(ErrorKind::NotFound, "there is no such resource").at("GET", uri);
        let login = Error::new(ErrorKind::Unauthorized, "refused").at("POST", "/redfish/v1/SessionService/Sessions");
        for (place, error, text) in [
            (uri, error(), format!("{uri}: there is no such resource")),
            ("/redfish/v1/Systems/1/Memory/2/", error(), format!("{uri}/: there is no such resource")),
            ("/redfish/v1/x", error(), format!("/redfish/v1/x: GET {uri}: there is no such resource")),
            ("", error(), format!("GET {uri}: there is no such resource")),
            (uri, login, format!("{uri}: POST /redfish/v1/SessionService/Sessions: refused")),
        ] {
            assert_eq!(Missing::new(place, error).to_string(), text);
        }
    }

    #[test]
    fn what_is_missing_is_an_object_in_json() {
        let error = Error::lost(std::io::Error::other("the cable is out"));
        let partial = Partial { items: vec![1], missing: vec![Missing::new("sensor 0x12", error)] };
        let json = serde_json::to_value(&partial).unwrap();
        let missing = serde_json::json!(
            [{ "where": "sensor 0x12", "why": "the connection broke: the cable is out", "kind": "connect" }]
        );
        assert_eq!(json, serde_json::json!({ "items": [1], "missing": missing }));
    }
}
