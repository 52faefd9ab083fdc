//! The client: one per BMC, cheap to clone. What it is made of, from the bottom: `transport` sends one HTTP request,
//! `exchange` keeps it within the origin and its limits, `access` says on whose behalf it is, `send` keeps to the limit of
//! requests under way and repeats what may be repeated. This module is what is on top: typed resources.

mod access;
mod builder;
mod cache;
mod connect;
mod exchange;
mod if_match;
mod logout;
mod origin;
mod query_memory;
mod registries;
mod request;
mod retry;
mod send;
mod session;
mod tls;
pub mod transport;

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

pub use builder::ClientBuilder;
pub use connect::Credentials;
pub(crate) use request::{Request, Response};
pub use retry::RetryPolicy;
#[cfg(feature = "telemetry")]
pub(crate) use retry::chance;
pub use session::{ExposedSession, SessionToken};

use crate::erased::{Opaque, Typed};
use crate::error::{Error, ErrorKind};
use crate::resource::{AnyResource, Expected, Resource};
use crate::schema::service_root::ProtocolFeaturesSupported;
use crate::schema::{self, ServiceRoot};
use crate::wire::{ETag, Record, Table, Type, decode_into, peek_odata_type};
use access::Access;
use exchange::Exchange;
use query_memory::Memory;

/// Where every Redfish service begins (DSP0266, "Service root").
pub const SERVICE_ROOT: &str = "/redfish/v1/";

/// A client of one BMC. Clones share the session, the connections and the limit of requests under way. When the last of
/// them is dropped the session is ended; [`close`](Self::close) does so without holding up the thread, and tells
/// how it went.
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
    /// There from when the client is connected.
    root: OnceLock<ServiceRootDocument>,
    query: Memory,
    precondition: if_match::Learned,
    cache: Option<cache::Cache>,
    registries: registries::Registries,
}

/// What may differ from one handle to another.
#[derive(Debug, Clone)]
struct Options {
    timeout: Option<Duration>,
    retry: RetryPolicy,
    /// Nobody knows yet whether there is anything at the other end.
    connecting: bool,
    /// Errors are not explained: it is to explain one that is asked.
    plain: bool,
}

type ServiceRootDocument = (ServiceRoot, Option<ETag>, Vec<crate::wire::Deviation>);

/// What a client has sent and received so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, those of login included.
    pub requests: u64,
    /// Bytes of bodies received, decompressed.
    pub bytes: u64,
}

/// An answer as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawResponse {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`.
    pub content_type: Option<String>,
    /// The `ETag`.
    pub etag: Option<ETag>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("origin", &self.origin()).finish_non_exhaustive()
    }
}

impl Client {
    /// Begins to set up a client of the service at a URL, `https://bmc-07.example`; a host name alone means HTTPS.
    ///
    /// ```no_run
    /// # async fn run(password: String) -> Result<(), rosefish::Error> {
    /// use rosefish::{Client, Credentials};
    ///
    /// let bmc = Client::builder("https://bmc-07.example").credentials(Credentials::new("root", password)).connect().await?;
    /// println!("{:?}", bmc.root().redfish_version);
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(url: &str) -> ClientBuilder {
        ClientBuilder::new(url)
    }

    /// The service root, as it was when the client connected.
    #[must_use]
    pub fn root(&self) -> Resource<ServiceRoot> {
        let (root, etag, deviations) = self.inner.root.get().cloned().unwrap_or_default();
        Resource::of_root(self.clone(), etag, deviations, root)
    }

    /// Scheme, host and port of the service, and the path that it is below, mostly `/`.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.inner.exchange.origin.as_str()
    }

    /// What was sent and received so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let (requests, bytes) = self.inner.exchange.traffic();
        Traffic { requests, bytes }
    }

    /// How many requests may be under way at once.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.inner.concurrency
    }

    /// Reads a resource of a known type.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked, refuses, or does not answer with a JSON object.
    pub fn get<T: Type>(&self, uri: &str) -> impl Future<Output = Result<Resource<T>, Error>> + Send {
        let expected = Expected::type_of::<T>();
        Typed::new(expected.check(self.fetch(uri, Some(expected.table), false)), Resource::of)
    }

    /// Reads a resource of whatever type it is: what its `@odata.type` says, else `hint`, else what its place says, else
    /// a plain [`schema::resource::Resource`].
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    pub async fn get_any(&self, uri: &str, hint: Option<&'static Table>) -> Result<AnyResource, Error> {
        self.fetch(uri, hint, true).await
    }

    /// Reads whatever is at a URI and does not judge it.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked.
    pub async fn get_raw(&self, uri: &str) -> Result<RawResponse, Error> {
        let response = self.send(Request::get(uri)).await?;
        Ok(RawResponse {
            status: response.status,
            content_type: response.content_type().map(str::to_owned),
            etag: response.etag(),
            body: response.body.into(),
        })
    }

    /// The same client with another time that a request may take as a whole, for what is done with this handle and the
    /// resources that it reads: `bmc.with_timeout(minutes).get::<Bios>(uri)`.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        let options = Options { timeout: Some(timeout), ..(*self.options).clone() };
        Self { inner: Arc::clone(&self.inner), options: Arc::new(options) }
    }

    /// The same client with another policy of what is sent again, for what is done with this handle and the resources
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

    /// What the service says that it can do.
    pub(crate) fn features(&self) -> Option<&ProtocolFeaturesSupported> {
        self.inner.root.get()?.0.protocol_features_supported.as_ref()
    }

    /// Where query parameters have failed.
    pub(crate) fn query_memory(&self) -> &Memory {
        &self.inner.query
    }

    /// Reads a resource; `lenient` prefers the type that it says it has.
    pub(crate) fn fetch(
        &self,
        uri: &str,
        hint: Option<&'static Table>,
        lenient: bool,
    ) -> BoxFuture<'static, Result<AnyResource, Error>> {
        let client = self.clone();
        let uri = uri.to_owned();
        Box::pin(async move {
            let request = Request::get(uri);
            let response = client.send(request.clone()).await?.success(&request)?;
            client.decode(response, &request, hint, lenient)
        })
    }

    /// Makes a resource of an answer.
    pub(crate) fn decode(
        &self,
        response: Response,
        request: &Request,
        hint: Option<&'static Table>,
        lenient: bool,
    ) -> Result<AnyResource, Error> {
        let said = || peek_odata_type(&response.body).and_then(|name| schema::find_odata_type(&name));
        let table = match (lenient, hint) {
            (false, Some(hint)) => hint,
            _ => said().or(hint).or_else(|| schema::find_uri(&request.uri)).unwrap_or_else(generic),
        };
        let mut record = table.make();
        let limits = &self.inner.exchange.limits;
        let deviations = decode_into(&mut *record, &response.body, limits).map_err(|error| {
            let text = format!("the answer could not be read{}", response.glimpse());
            Error::new(ErrorKind::Decode, text).at(request.method, &request.uri).with_source(error)
        })?;
        let etag =
            response.etag().or_else(|| (*record).text("@odata.etag").filter(|tag| !tag.is_empty()).map(ETag::from));
        Ok(AnyResource::new(self.clone(), request.uri.clone(), etag, deviations, record, response.body))
    }
}

/// The type of resources of which nothing is known.
fn generic() -> &'static Table {
    schema::resource::Resource::type_table()
}
