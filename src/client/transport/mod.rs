//! The seam under the client: whatever can send one HTTP request and give back the answer. Sessions, retries, limits,
//! redirects and caching are above it and the same for all.
//!
//! [`ClientBuilder::wrap_transport`](crate::ClientBuilder::wrap_transport) puts one around the client's own:
//!
//! ```
//! use std::sync::Arc;
//!
//! use futures_util::future::BoxFuture;
//! use rosefish::transport::{HttpRequest, HttpResponse, Transport};
//!
//! #[derive(Debug)]
//! struct Counted(Arc<dyn Transport>, std::sync::atomic::AtomicUsize);
//!
//! impl Transport for Counted {
//!     fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, rosefish::Error>> {
//!         self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
//!         self.0.send(request)
//!     }
//! }
//!
//! let builder = rosefish::Client::builder("https://bmc").wrap_transport(|inner| Arc::new(Counted(inner, 0.into())));
//! # let _ = builder;
//! ```

mod body;
pub(super) mod http;
pub(super) mod wrapped;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

pub use self::body::Body;
pub use super::tls::TlsVersion;
use crate::error::Error;

/// A request as it is to be sent: an absolute URL, all headers but those of the connection and the length, and the body.
/// `Debug` shows nothing of the body, and no value of a header that is a secret.
pub type HttpRequest = ::http::Request<Body>;

/// An answer as it came, its body yet to be read.
pub type HttpResponse = ::http::Response<Body>;

/// Marks, among its extensions, a request whose answer is a stream that may continue for ever: server-sent events. The transport
/// that ships asks for these over connections of HTTP/1.1 of their own, as some services that speak HTTP/2 have no
/// events there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LongLived;

/// Sends requests. The client has one that speaks HTTP/1.1 and HTTP/2 over TLS; a program may bring its own with
/// [`ClientBuilder::transport`](crate::ClientBuilder::transport), to tunnel, to record or to answer from memory, or put its
/// own around the client's with [`ClientBuilder::wrap_transport`](crate::ClientBuilder::wrap_transport).
///
/// What an implementation must keep to:
///
/// - A request is sent once. It may be sent again only where it is certain that the service has not seen it.
/// - The body of a request has a length, which goes out as `Content-Length`; where the body ends in an error, the request is
///   broken off, so that the service does not take what came for the whole. An upload is not in memory: its pieces are asked
///   for as they can be sent.
/// - Redirects are answers like others, and cookies are not kept.
/// - A body that the service compressed is given back decompressed, without `Content-Encoding`.
/// - A failure before anything of the request went out is [`Error::unsent`], any other [`Error::lost`].
/// - The future may be dropped at any point, and the connection must not be used for another request then unless the
///   answer was read to its end.
pub trait Transport: Send + Sync + fmt::Debug {
    /// Sends a request and gives the answer as soon as its head has arrived.
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Error>>;

    /// A transport to the same place for another runtime than the one that this has its connections in: a dropped
    /// client logs out from a thread of its own. None, which is what it is unless implemented, means that this very
    /// transport works anywhere.
    fn detached(&self) -> Option<Arc<dyn Transport>> {
        None
    }
}
