//! The client: one per BMC, cheap to clone. Its layers, from the bottom: `transport` sends one HTTP request, `exchange`
//! keeps it within the origin and its limits, `access` authenticates it, `send` limits how many requests are in flight
//! and retries them. These layers know bytes, URIs, statuses and headers; `resource` decodes what they return.

mod access;
pub(crate) mod address;
pub(crate) mod builder;
mod cache;
mod confirmation;
mod connect;
mod credentials;
pub(crate) mod download;
mod etag_form;
mod exchange;
mod explain;
pub(crate) mod headers;
pub(crate) mod if_match;
pub(crate) mod mask;
mod origin;
#[cfg_attr(not(feature = "update"), allow(dead_code, reason = "only firmware is uploaded"))]
pub(crate) mod outgoing;
mod query_memory;
mod registries;
mod request;
mod retry;
mod send;
mod session;
mod span;
pub(crate) mod tls;
pub mod transport;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::Semaphore;

pub use credentials::Credentials;
pub(crate) use request::{Request, Response};
pub use retry::RetryPolicy;
#[cfg(feature = "telemetry")]
pub(crate) use retry::chance;
pub(crate) use retry::is_not_ready;
#[cfg(feature = "update")]
pub(crate) use session::logout::start as in_background;
pub use session::logout::{logged_out, logged_out_blocking};
pub use session::{ExposedSession, SessionToken};

use crate::erased::Opaque;
use crate::error::Error;
use crate::schema::ServiceRoot;
use crate::schema::service_root::ProtocolFeaturesSupported;
use crate::wire::{Deviation, ETag, Limits};
use access::Access;
use cache::Cache;
use etag_form::LearnedForm;
use exchange::Exchange;
use query_memory::QueryMemory;
use registries::Registries;

/// Where every Redfish service begins (DSP0266, "Service root").
pub const SERVICE_ROOT: &str = "/redfish/v1/";

/// A client of one BMC. Clones share the session, the connections and the limit of requests under way. When the last of
/// them is dropped, its session is ended in the background: the drop doesn't block, and a program that ends right after it waits
/// with [`logged_out`](crate::logged_out), or ends the session itself with [`close`](Self::close), which reports how that went.
#[derive(Clone)]
pub struct Client {
    inner: Arc<dyn Opaque<Inner>>,
    options: Arc<Options>,
}

struct Inner {
    exchange: Arc<Exchange>,
    access: Access,
    under_way: Semaphore,
    concurrency: usize,
    /// How many pages of a collection are read at most.
    pages: usize,
    /// Set when the client connects.
    root: OnceLock<ServiceRootDocument>,
    query: QueryMemory,
    if_match: LearnedForm,
    cache: Option<Cache>,
    registries: Registries,
}

/// What may differ between handles of one client.
#[derive(Debug, Clone)]
struct Options {
    timeout: Option<Duration>,
    retry: RetryPolicy,
    /// Whether the client is still connecting, so that nothing may be listening at the other end.
    connecting: bool,
    /// Whether errors are left unexplained: this handle sends the requests that explain another error.
    plain: bool,
}

/// The service root as it was read when the client connected, with its ETag and deviations.
pub(crate) type ServiceRootDocument = (Arc<ServiceRoot>, Option<ETag>, Vec<Deviation>);

/// What a client has sent and received so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Requests sent, those of login included.
    pub requests: u64,
    /// Bytes of bodies received, decompressed.
    pub bytes: u64,
}

/// An answer as it came. Its `Debug` has the length of the body alone.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The `ETag`.
    pub etag: Option<ETag>,
    /// The body.
    pub body: Vec<u8>,
    headers: http::HeaderMap,
}

impl RawResponse {
    /// Returns the value of a header, where it is there and text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("etag", &self.etag)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("origin", &self.origin()).finish_non_exhaustive()
    }
}

impl Client {
    /// Scheme, host and port of the service, and the path that it is below, mostly `/`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.inner.exchange.origin.as_str()
    }

    /// Returns what was sent and received so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let (requests, bytes) = self.inner.exchange.traffic();
        Traffic { requests, bytes }
    }

    /// Returns how many requests may be under way at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.inner.concurrency
    }

    /// Reads whatever is at a URI and does not judge it.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked.
    pub async fn get_raw(&self, uri: &str) -> Result<RawResponse, Error> {
        self.request_raw("GET", uri, &[]).await
    }

    /// Sends a request without a body, with further headers, and does not judge the answer. What may change something is sent
    /// once, and without `If-Match`.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked, and for headers that are the client's own.
    pub async fn request_raw(
        &self,
        method: &'static str,
        uri: &str,
        headers: &[(&str, &str)],
    ) -> Result<RawResponse, Error> {
        let mut request = Request::new(method, uri);
        for (name, value) in headers {
            let (name, value) = headers::own(name, value).map_err(|error| error.at(method, uri))?;
            request.headers.insert(name, value);
        }
        let response = self.send(request).await?;
        Ok(RawResponse {
            status: response.status,
            content_type: response.content_type().map(str::to_owned),
            etag: response.etag(),
            body: response.body.into(),
            headers: response.headers,
        })
    }

    /// Returns JSON as it may be shown to people: without the secrets that this client knows, and without the values whose
    /// names say that they are secrets.
    #[must_use]
    pub fn masked(&self, json: &serde_json::Value) -> serde_json::Value {
        self.inner.exchange.secrets.json(json)
    }

    /// Returns the same client with another time that a request may take as a whole, for what is done with this handle and the
    /// resources that it reads: `bmc.with_timeout(minutes).get::<Bios>(uri)`.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let options = Options { timeout: Some(timeout), ..(*self.options).clone() };
        Self { inner: Arc::clone(&self.inner), options: Arc::new(options) }
    }

    /// Returns the same client with another policy of what is sent again, for what is done with this handle and the resources
    /// that it reads.
    #[must_use]
    pub fn with_retry(&self, policy: RetryPolicy) -> Self {
        let options = Options { retry: policy, ..(*self.options).clone() };
        Self { inner: Arc::clone(&self.inner), options: Arc::new(options) }
    }

    fn plain(&self) -> Self {
        let options = Options { plain: true, ..(*self.options).clone() };
        Self { inner: Arc::clone(&self.inner), options: Arc::new(options) }
    }

    /// Returns the protocol features that the service announces.
    pub(crate) fn features(&self) -> Option<&ProtocolFeaturesSupported> {
        self.inner.root.get()?.0.protocol_features_supported.as_ref()
    }

    /// Returns where query parameters have failed.
    pub(crate) fn query_memory(&self) -> &QueryMemory {
        &self.inner.query
    }

    /// Returns the service root as it was when the client connected.
    pub(crate) fn root_document(&self) -> Option<&ServiceRootDocument> {
        self.inner.root.get()
    }

    /// Resolves a URI to the URL that is requested.
    pub(crate) fn resolve(&self, uri: &str) -> Result<url::Url, Error> {
        self.inner.exchange.origin.resolve(uri)
    }

    /// Returns how many pages of a collection are read at most.
    pub(crate) fn most_pages(&self) -> usize {
        self.inner.pages
    }

    /// Returns the limits on bodies.
    pub(crate) fn limits(&self) -> &Limits {
        &self.inner.exchange.limits
    }
}
