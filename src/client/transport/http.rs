//! The transport that ships: reqwest over rustls, with everything switched off that would act by itself. Nothing of
//! reqwest's shows outside of this module.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use rustls::AlertDescription;
use secrecy::{ExposeSecret, SecretString};

use super::{Body, HttpRequest, HttpResponse, LongLived, Transport};
use crate::client::address::HostName;
use crate::client::headers;
use crate::client::tls::shared::{Kind, SharedTls};
use crate::client::tls::{ClientCertificate, HttpVersion, Refusal, TlsVersion, Trust, hexadecimal};
use crate::error::{Error, ErrorKind};

/// What a host is called here that is reached by an address with a zone: URLs can't have zones, and an address in a URL is
/// not looked up. The name is sent nowhere.
const STAND_IN: &str = "zone.rosefish.invalid";

/// What is needed to reach a service.
#[derive(Clone, Default)]
pub(crate) struct HttpConfig {
    pub(crate) encrypted: bool,
    /// The host that all requests are for.
    pub(crate) host: Option<HostName>,
    pub(crate) trust: Trust,
    pub(crate) certificate: Option<ClientCertificate>,
    pub(crate) oldest_tls: TlsVersion,
    pub(crate) version: HttpVersion,
    pub(crate) connect_timeout: Duration,
    /// The proxy's URL, and who uses it.
    pub(crate) proxy: Option<(String, Option<(String, SecretString)>)>,
}

impl fmt::Debug for HttpConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpConfig").field("trust", &self.trust).finish_non_exhaustive()
    }
}

/// A pool of connections.
#[derive(Debug)]
pub(crate) struct Http {
    client: reqwest::Client,
    /// For streams of events, which some services have by HTTP/1.1 alone. Made when it is first needed.
    streams: OnceLock<Option<reqwest::Client>>,
    config: HttpConfig,
    tls: rustls::ClientConfig,
}

impl Http {
    pub(crate) fn new(config: HttpConfig, shared: Option<&SharedTls>) -> Result<Self, Error> {
        // No connection is encrypted where the URL says http, but reqwest wants a TLS backend all the same.
        let trust = if config.encrypted { &config.trust } else { &Trust::Anything };
        let address = match &config.host {
            Some(HostName::V6(address, Some(_))) => Some(*address),
            _ => None,
        };
        // HTTP/2 would send the name that stands in.
        let version = if address.is_some() { HttpVersion::Http1 } else { config.version };
        let make = || trust.config(config.certificate.as_ref(), config.oldest_tls, version, address);
        let tls = match shared {
            // What is about this host alone is not for others.
            Some(shared) if config.certificate.is_none() && address.is_none() => {
                shared.get(Kind { trust: trust.clone(), oldest: config.oldest_tls, version }, make)?
            }
            _ => make()?,
        };
        Self::with_tls(HttpConfig { version, ..config }, tls)
    }

    fn with_tls(config: HttpConfig, tls: rustls::ClientConfig) -> Result<Self, Error> {
        let client = pool(&config, tls.clone())?;
        Ok(Self { client, streams: OnceLock::new(), config, tls })
    }

    /// The pool of HTTP/1.1 connections, where HTTP/2 may be spoken as well; none where only one version may be.
    fn streams(&self) -> Option<&reqwest::Client> {
        if self.config.version != HttpVersion::Any {
            return None;
        }
        let make = || {
            let config = HttpConfig { version: HttpVersion::Http1, ..self.config.clone() };
            let mut tls = self.tls.clone();
            tls.alpn_protocols = vec![b"http/1.1".to_vec()];
            pool(&config, tls).ok()
        };
        self.streams.get_or_init(make).as_ref()
    }
}

fn pool(config: &HttpConfig, tls: rustls::ClientConfig) -> Result<reqwest::Client, Error> {
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(redirect::Policy::none())
        // It would send a request again that came to nothing by HTTP/2, also where the service had begun to act.
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .connect_timeout(config.connect_timeout)
        .user_agent(concat!("rosefish/", env!("CARGO_PKG_VERSION")));
    builder = match config.version {
        HttpVersion::Any => builder,
        HttpVersion::Http1 => builder.http1_only(),
        HttpVersion::Http2 => builder.http2_prior_knowledge(),
    };
    if let Some(host @ HostName::V6(_, Some(_))) = &config.host {
        if config.proxy.is_some() {
            let text = format!("{host} has a zone, which means nothing to a proxy");
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        builder = builder.dns_resolver(Arc::new(Zoned(host.to_string())));
    }
    if let Some((url, user)) = &config.proxy {
        // The URL is not repeated: it may have a password in it.
        let mut proxy = reqwest::Proxy::all(url)
            .map_err(|_| Error::new(ErrorKind::Configuration, "the proxy's URL can't be used"))?;
        if let Some((user, password)) = user {
            proxy = proxy.basic_auth(user, password.expose_secret());
        }
        builder = builder.proxy(proxy);
    }
    builder
        .build()
        .map_err(|error| Error::new(ErrorKind::Configuration, "the HTTP client could not be set up").with_source(error))
}

impl Transport for Http {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse, Error>> {
        Box::pin(async move {
            let mut host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
            let odd = |text: &str| Error::new(ErrorKind::Configuration, text.to_owned());
            let long_lived = request.extensions().get::<LongLived>().is_some();
            let request = request.map(|body| match body.as_bytes() {
                Some(bytes) => reqwest::Body::from(bytes.clone()),
                None => reqwest::Body::wrap(body),
            });
            let mut request = reqwest::Request::try_from(request)
                .map_err(|error| odd("the request could not be made").with_source(error))?;
            if let Some(zoned @ HostName::V6(_, Some(_))) = &self.config.host {
                let called = host.parse().map_err(|_| odd("the host can't be named in a request"))?;
                request.headers_mut().insert(::http::header::HOST, called);
                request
                    .url_mut()
                    .set_host(Some(STAND_IN))
                    .map_err(|error| odd("the host can't be named in a request").with_source(error))?;
                host = zoned.to_string();
            }
            let streams = if long_lived { self.streams() } else { None };
            let again = streams.and_then(|_| request.try_clone());
            let mut answer = match streams.unwrap_or(&self.client).execute(request).await {
                // Nobody there speaks HTTP/1.1.
                Err(error) if error.is_connect() && again.is_some() => match again {
                    Some(request) => self.client.execute(request).await,
                    None => Err(error),
                },
                answer => answer,
            }
            .map_err(|error| fault(&error, &host))?;
            let mut head = ::http::Response::new(());
            *head.status_mut() = answer.status();
            *head.version_mut() = answer.version();
            *head.headers_mut() = std::mem::take(answer.headers_mut());
            headers::conceal(head.headers_mut());
            let body = stream::unfold(Some((answer, host)), |state| async {
                let (mut answer, host) = state?;
                match answer.chunk().await {
                    Ok(piece) => piece.map(|piece: Bytes| (Ok(piece), Some((answer, host)))),
                    Err(error) => Some((Err(fault(&error, &host)), None)),
                }
            });
            Ok(head.map(|()| Body::new(body)))
        })
    }

    fn detached(&self) -> Option<Arc<dyn Transport>> {
        let other = Self::with_tls(self.config.clone(), self.tls.clone()).ok()?;
        Some(Arc::new(other))
    }
}

/// Looks up one address with its zone, whatever is asked for.
struct Zoned(String);

impl Resolve for Zoned {
    fn resolve(&self, _: Name) -> Resolving {
        let host = self.0.clone();
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// What reqwest says, without its types. Its errors have URLs in them, which say nothing new, and no headers.
fn fault(error: &reqwest::Error, host: &str) -> Error {
    let mut reasons = Vec::new();
    let mut tls: Option<&rustls::Error> = None;
    let mut timed_out = error.is_timeout();
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(reason) = next {
        let io = reason.downcast_ref::<std::io::Error>();
        timed_out |= io.is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut);
        tls = tls.or_else(|| reason.downcast_ref());
        reasons.push(reason.to_string());
        // What is wrapped in an error of I/O is not its source.
        next = match io.and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => reason.source(),
        };
    }
    // The outermost words repeat the URL; the innermost say what happened.
    let reason = reasons.pop().unwrap_or_default();
    let connecting = error.is_connect();
    let refusal = tls.and_then(Refusal::of);
    if let Some(Refusal { why, sha256 }) = refusal {
        let sha256 = sha256.map(|sha256| hexadecimal(&sha256));
        let shown = sha256.as_ref().map(|sha256| format!("; its SHA-256 is {sha256}")).unwrap_or_default();
        let text = format!("the certificate of {host} was not accepted: {why}{shown}");
        return Error::new(ErrorKind::Tls, text).with_certificate(sha256);
    }
    let (kind, text) = match tls {
        Some(tls) if speaks_otherwise(tls) => {
            let alert = matches!(tls, rustls::Error::AlertReceived(AlertDescription::HandshakeFailure));
            let or = if alert { ", or wants a certificate of its clients" } else { "" };
            let text = format!(
                "{host} does not speak TLS as this client does (TLS 1.3, or 1.2 with ECDHE and AES-GCM or ChaCha20){or}. For \
                 TLS 1.0, TLS 1.1 and RSA key exchange, a program brings a `Transport` of its own, as examples/openssl does"
            );
            (ErrorKind::Tls, text)
        }
        Some(rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented) => {
            (ErrorKind::Tls, format!("the certificate of {host} was not accepted"))
        }
        Some(rustls::Error::AlertReceived(_)) => (ErrorKind::Tls, format!("{host} refused the TLS connection")),
        Some(_) => (ErrorKind::Tls, format!("no TLS connection with {host} came about")),
        None if timed_out && connecting => (ErrorKind::Timeout, format!("{host} did not answer in time")),
        None if timed_out => (ErrorKind::Timeout, "the service did not answer in time".to_owned()),
        None if connecting => (ErrorKind::Connect, format!("{host} could not be reached")),
        None => (ErrorKind::Connect, "the connection broke".to_owned()),
    };
    let fault = Error::new(kind, format!("{text}: {reason}"));
    // After a handshake that failed, and by an alert that answers a client's certificate, nothing was asked.
    if connecting || kind == ErrorKind::Tls { fault } else { fault.maybe_sent() }
}

/// Whether a handshake came to nothing because the two ends have no version or cipher suite of TLS in common.
fn speaks_otherwise(error: &rustls::Error) -> bool {
    use AlertDescription as A;
    match error {
        rustls::Error::AlertReceived(alert) => {
            matches!(alert, A::HandshakeFailure | A::ProtocolVersion | A::InsufficientSecurity)
        }
        rustls::Error::PeerIncompatible(_) => true,
        _ => false,
    }
}
