//! Configuring a client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use http::HeaderMap;
use secrecy::SecretString;

use super::Client;
use super::connect::{Means, connect};
use super::credentials::Credentials;
use super::exchange::{Exchange, Timeouts};
use super::headers;
use super::origin::Origin;
use super::retry::RetryPolicy;
use super::session::SessionToken;
use super::tls::shared::SharedTls;
use super::tls::{ClientCertificate, HttpVersion, TlsVersion, Trust};
use super::transport::Transport;
use super::transport::http::{Http, HttpConfig};
use super::transport::wrapped::{Wrap, Wrapped};
use crate::erased::Opaque;
use crate::error::{Error, ErrorKind};
use crate::wire::Limits;

/// Sets a [`Client`] up. See [`Client::builder`].
#[must_use = "a builder does nothing until `connect`"]
pub struct ClientBuilder(Box<dyn Opaque<Settings>>);

#[derive(Clone)]
struct Settings {
    url: String,
    credentials: Option<Credentials>,
    means: Means,
    http: HttpConfig,
    /// The first option that is invalid.
    fault: Option<Arc<Error>>,
    transport: Option<Arc<dyn Transport>>,
    shared_tls: Option<SharedTls>,
    wraps: Vec<Wrap>,
    headers: HeaderMap,
    timeout: Duration,
    read_timeout: Option<Duration>,
    limits: Limits,
    concurrency: usize,
    pages: usize,
    retry: RetryPolicy,
    cache: Option<usize>,
    /// Whether credentials are withheld from a host that doesn't look like a Redfish service.
    wants_root: bool,
}

impl Clone for ClientBuilder {
    fn clone(&self) -> Self {
        Self(Box::new((**self.0).clone()))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("url", &self.0.url)
            .field("credentials", &self.0.credentials)
            .field("means", &self.0.means)
            .field("http", &self.0.http)
            .field("headers", &self.0.headers)
            .field("retry", &self.0.retry)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Begins to set up a client of the service at a URL, `https://bmc-07.example`. Without a scheme, `bmc-07.example` or
    /// `10.0.0.7:8443`, it is HTTPS. IPv6 addresses stand with brackets or, where no port follows, without: `::1`,
    /// `fe80::1%eth0`, `[fe80::1%eth0]:8443`, and in URLs `https://[fe80::1%25eth0]:8443`.
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
}

impl ClientBuilder {
    pub(crate) fn new(url: &str) -> Self {
        Self(Box::new(Settings {
            url: url.to_owned(),
            credentials: None,
            means: Means::Login,
            http: HttpConfig { connect_timeout: Duration::from_secs(10), ..HttpConfig::default() },
            fault: None,
            transport: None,
            shared_tls: None,
            wraps: Vec::new(),
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(60),
            read_timeout: None,
            limits: Limits::default(),
            concurrency: 4,
            pages: 10_000,
            retry: RetryPolicy::default(),
            cache: None,
            wants_root: false,
        }))
    }

    /// Sets who logs in. Without credentials only the service root and what else is public can be read.
    pub fn credentials(mut self, credentials: Credentials) -> Self {
        self.0.credentials = Some(credentials);
        self
    }

    /// Sends the credentials with each request instead of making a session.
    pub fn basic_auth(mut self) -> Self {
        self.0.means = Means::Basic;
        self
    }

    /// Sends `Authorization: Bearer` with each request, for services that take tokens of another authority (OAuth 2.0).
    pub fn bearer_token(mut self, token: impl Into<SecretString>) -> Self {
        self.0.means = Means::Bearer(token.into());
        self
    }

    /// Continues with a session that was opened elsewhere. This client does not end it when it is dropped, only when it is
    /// [closed](Client::close). If the session has ended, one is opened with the credentials if there are any; that one
    /// is this client's.
    pub fn session(mut self, token: SessionToken) -> Self {
        self.0.means = Means::Token(token, false);
        self
    }

    /// As [`session`](Self::session), and ends the session when the client is dropped.
    pub fn adopt_session(mut self, token: SessionToken) -> Self {
        self.0.means = Means::Token(token, true);
        self
    }

    /// Shows this certificate (PEM, with those that vouch for it if there are any) to a service that knows its clients
    /// by certificates, and proves by the private key (PEM) that it is ours. It takes the place of credentials or goes with
    /// them.
    pub fn client_certificate_pem(mut self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        match ClientCertificate::from_pem(certificate.as_ref(), key.as_ref()) {
            Ok(certificate) => self.0.http.certificate = Some(certificate),
            Err(error) => self.note(error),
        }
        self
    }

    /// Trusts the certificates in this PEM text, and no others: as authorities, or as the very certificate that the
    /// service shows, also where it is marked as an authority's or has a short key. It must be for the host's name or
    /// address; one that can't say which it is for (X.509 v1) is pinned instead.
    pub fn ca_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.0.http.trust = Trust::Pem(pem.into());
        self
    }

    /// Trusts the certificate of this SHA-256 fingerprint (64 hexadecimal digits, with or without colons), and no other,
    /// whatever it is like: names, dates and signatures in it count for nothing, and it may be of X.509 v1 or have a short RSA
    /// key. That the host has the certificate's key is verified by the signature of the handshake; where the key can't be read,
    /// the certificate is refused, as anybody can show a copy of it.
    pub fn pin_sha256(mut self, fingerprint: &str) -> Self {
        match Trust::pinned(fingerprint) {
            Ok(trust) => self.0.http.trust = trust,
            Err(error) => self.note(error),
        }
        self
    }

    /// Trusts any certificate, of any form: anyone on the network path can then read the password. For machines on the bench.
    /// The signature of the handshake is verified with the key of whatever certificate was shown, where that key can be read.
    pub fn danger_accept_invalid_certs(mut self) -> Self {
        self.0.http.trust = Trust::Anything;
        self
    }

    /// Shares what TLS needs (the roots that are trusted, the memory for resumed sessions) with all other clients that are given
    /// the same. What a client trusts is still its own choice; a client certificate and a host with a zone are not shared.
    pub fn shared_tls(mut self, tls: &SharedTls) -> Self {
        self.0.shared_tls = Some(tls.clone());
        self
    }

    /// Sets the oldest version of TLS to agree to; the default is 1.2.
    pub fn oldest_tls(mut self, version: TlsVersion) -> Self {
        self.0.http.oldest_tls = version;
        self
    }

    /// Speaks HTTP/1.1 only. Otherwise HTTP/2 is spoken where the service offers it.
    pub fn http1_only(mut self) -> Self {
        self.0.http.version = HttpVersion::Http1;
        self
    }

    /// Speaks HTTP/2 only, also without TLS.
    pub fn http2_only(mut self) -> Self {
        self.0.http.version = HttpVersion::Http2;
        self
    }

    /// Goes through an HTTP proxy, `http://proxy.example:3128`. None is used unless one is named here: not that of the
    /// environment either.
    pub fn proxy(mut self, url: &str) -> Self {
        self.0.http.proxy = Some((url.to_owned(), None));
        self
    }

    /// As [`proxy`](Self::proxy), for a proxy that wants to know who uses it.
    pub fn proxy_with(mut self, url: &str, user: &str, password: impl Into<SecretString>) -> Self {
        self.0.http.proxy = Some((url.to_owned(), Some((user.to_owned(), password.into()))));
        self
    }

    /// Sends requests by this instead of the transport that this library has. What was set of TLS, HTTP versions, proxy and
    /// the time to connect then counts for nothing.
    pub fn transport(mut self, transport: Arc<dyn Transport>) -> Self {
        self.0.transport = Some(transport);
        self
    }

    /// Puts a transport of your own around the one that requests are sent by: the client's, with TLS, pool and proxy as they are
    /// set here, or that of [`transport`](Self::transport). It sees each request as it goes out and each answer as it comes in:
    /// to measure, to record, to add what a gateway wants. Of several, the last is the outermost.
    ///
    /// The function is called when the client connects. A client that is dropped logs out from a thread of its own, where the
    /// function is called again if the wrapper has no [`detached`](Transport::detached) of its own.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    ///
    /// use futures_util::future::BoxFuture;
    /// use rosefish::transport::{HttpRequest, HttpResponse, Transport};
    /// use rosefish::{Client, Error};
    ///
    /// #[derive(Debug)]
    /// struct Counting(Arc<dyn Transport>, Arc<AtomicU64>);
    ///
    /// impl Transport for Counting {
    ///     fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Error>> {
    ///         self.1.fetch_add(1, Ordering::Relaxed);
    ///         self.0.send(request)
    ///     }
    /// }
    ///
    /// let count = Arc::new(AtomicU64::new(0));
    /// let shared = Arc::clone(&count);
    /// let builder = Client::builder("https://bmc-07.example")
    ///     .wrap_transport(move |inner| Arc::new(Counting(inner, Arc::clone(&shared))));
    /// ```
    pub fn wrap_transport(
        mut self,
        wrap: impl Fn(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync + 'static,
    ) -> Self {
        self.0.wraps.push(Arc::new(wrap));
        self
    }

    /// Sends a header with all requests, logins included; one that is set for a request takes its place. Values of headers
    /// whose names say that they are secrets, `X-Api-Key` for example, are shown nowhere.
    ///
    /// The headers of the login (`Authorization`, `X-Auth-Token`), of the connection (`Host`, ...), of the body's length and
    /// of single requests (`Content-Type`, `If-Match`, ...) are the client's own: naming one of them is an error when the client
    /// connects, and so is a value that no header can have.
    pub fn default_header(mut self, name: &str, value: &str) -> Self {
        match headers::of_all(name, value) {
            Ok((name, value)) => {
                self.0.headers.insert(name, value);
            }
            Err(error) => self.note(error),
        }
        self
    }

    /// Sets how long a call may take, from when it is its turn, with all that is sent again and the time between; 60 s by
    /// default. [`Client::with_timeout`] sets it for some calls.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = timeout;
        self
    }

    /// Sets how long making a connection may take; the default is 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.0.http.connect_timeout = timeout;
        self
    }

    /// Sets how long the service may be silent before it answers, and between pieces of its answer; as long as the call may
    /// take by default.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.0.read_timeout = Some(timeout);
        self
    }

    /// Sets what an answer may be at most, decompressed, and how much memory it may take as a value. Errors and events are held to
    /// the same, and [`Limits::members`] is also how many members a collection may have in all of its pages.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.0.limits = limits;
        self
    }

    /// Sets how many requests may be under way at once, over all clones of the client and all streams; by default 4, and at
    /// least 1. Who waits longest is next. A BMC is a small computer.
    pub fn concurrency(mut self, most: usize) -> Self {
        self.0.concurrency = most.clamp(1, 1 << 16);
        self
    }

    /// Sets how many pages of one collection are read at most; by default 10,000. A stream of members ends with an error where
    /// the service has more, or more members than [`Limits::members`]. The longest logs have some hundred pages.
    pub fn pages(mut self, most: usize) -> Self {
        self.0.pages = most.max(1);
        self
    }

    /// Sets what is sent again, and when. [`Client::with_retry`] sets it for some calls.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.0.retry = policy;
        self
    }

    /// Keeps what was read in memory, up to this many bytes, and asks the service each time whether that is still what it
    /// would send (`If-None-Match`): if so, it need not send it again. Nothing is kept by default: there are services that
    /// leave the tag as it is when only readings of sensors change, and then say that nothing has.
    pub fn cache(mut self, bytes: usize) -> Self {
        self.0.cache = Some(bytes);
        self
    }

    /// Makes [`connect`](Self::connect) fail before the login if the answer doesn't look like a service root.
    #[cfg(feature = "host")]
    pub(crate) fn wants_service_root(mut self) -> Self {
        self.0.wants_root = true;
        self
    }

    /// Returns whether the caller names the certificate to trust.
    #[cfg(feature = "host")]
    pub(crate) fn names_certificate(&self) -> bool {
        self.0.http.trust.names_certificate()
    }

    fn note(&mut self, fault: Error) {
        self.0.fault.get_or_insert(Arc::new(fault));
    }

    /// Reads the service root and logs in.
    ///
    /// A client that is to change its password first is connected all the same: see
    /// [`Client::password_change_required`].
    ///
    /// # Errors
    ///
    /// Where an option can't be used, the host can't be reached or its certificate is not accepted, the service is not
    /// Redfish, or the credentials are refused.
    pub fn connect(self) -> impl Future<Output = Result<Client, Error>> + Send {
        // Not an `async fn`: those are compiled where they are awaited.
        let connected: BoxFuture<'static, _> = Box::pin(async move {
            let settings = *self.0.unbox();
            if let Some(fault) = settings.fault {
                return Err(Error::new(ErrorKind::Configuration, fault.to_string()));
            }
            let origin = Origin::parse(&settings.url)?;
            let mut transport = match settings.transport {
                Some(transport) => transport,
                None => {
                    let (encrypted, host) = (origin.is_encrypted(), Some(origin.host().clone()));
                    let config = HttpConfig { encrypted, host, ..settings.http };
                    Arc::new(Http::new(config, settings.shared_tls.as_ref())?)
                }
            };
            for wrap in settings.wraps {
                transport = Arc::new(Wrapped::new(transport, wrap));
            }
            let timeouts =
                Timeouts { total: settings.timeout, read: settings.read_timeout.unwrap_or(settings.timeout) };
            let exchange = Exchange::new(origin, settings.limits, timeouts, transport);
            let exchange = exchange.with_headers(settings.headers);
            connect(
                exchange,
                settings.credentials,
                settings.means,
                settings.retry,
                (settings.concurrency, settings.pages),
                settings.cache,
                settings.wants_root,
            )
            .await
        });
        connected
    }
}
