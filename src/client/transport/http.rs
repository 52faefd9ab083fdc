//! The transport that ships: reqwest over rustls, with everything switched off that would act by itself. Nothing of
//! reqwest's shows outside of this module.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream;
use reqwest::redirect;
use secrecy::{ExposeSecret, SecretString};

use super::{Body, HttpRequest, HttpResponse, LongLived, Transport};
use crate::client::tls::{ClientCertificate, HttpVersion, TlsVersion, Trust};
use crate::error::{Error, ErrorKind};

/// What is needed to reach a service.
#[derive(Clone, Default)]
pub(crate) struct HttpConfig {
    pub(crate) encrypted: bool,
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
    pub(crate) fn new(config: HttpConfig) -> Result<Self, Error> {
        // No connection is encrypted where the URL says http, but reqwest wants a TLS backend all the same.
        let trust = if config.encrypted { &config.trust } else { &Trust::Anything };
        let tls = trust.config(config.certificate.as_ref(), config.oldest_tls, config.version)?;
        Self::with_tls(config, tls)
    }

    fn with_tls(config: HttpConfig, tls: rustls::ClientConfig) -> Result<Self, Error> {
        let client = pool(&config, tls.clone())?;
        Ok(Self { client, streams: OnceLock::new(), config, tls })
    }

    /// The pool of connections of HTTP/1.1; none where the others are such, or are to be no such.
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
            let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
            let long_lived = request.extensions().get::<LongLived>().is_some();
            let request = reqwest::Request::try_from(request).map_err(|error| {
                Error::new(ErrorKind::Configuration, "the request could not be made").with_source(error)
            })?;
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
    let (kind, text) = match tls {
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
