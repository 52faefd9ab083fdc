//! Requests to one origin: URIs resolved against it, redirects kept within it, bodies within the limit. Knows HTTP,
//! but neither sessions nor types.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MATCH, LOCATION};
use reqwest::redirect;
use url::Url;

use super::tls::Trust;
use crate::error::{Error, ErrorKind};
use crate::schema::message::Message;
use crate::wire::{ETag, Limits};

/// What is needed to make a transport.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) origin: Url,
    pub(crate) trust: Trust,
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) limits: Limits,
}

/// A request to the origin.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) uri: String,
    pub(crate) body: Option<String>,
    pub(crate) if_match: Option<ETag>,
}

impl Request {
    pub(crate) fn get(uri: impl Into<String>) -> Self {
        Self { method: "GET", uri: uri.into(), body: None, if_match: None }
    }

    pub(crate) fn with_body(method: &'static str, uri: impl Into<String>, body: String) -> Self {
        Self { method, uri: uri.into(), body: Some(body), if_match: None }
    }
}

/// What came back, whatever its status.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<ETag>,
    pub(crate) location: Option<String>,
    pub(crate) token: Option<String>,
    pub(crate) body: Vec<u8>,
}

/// The credentials of one request, as a header.
pub(crate) type Authorization = Option<(HeaderName, HeaderValue)>;

/// A connection pool to one origin.
#[derive(Debug)]
pub(crate) struct Transport {
    http: reqwest::Client,
    config: Config,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Transport {
    pub(crate) fn new(config: Config) -> Result<Self, Error> {
        let mut http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .timeout(config.timeout)
            .connect_timeout(config.connect_timeout)
            .user_agent(concat!("rosefish/", env!("CARGO_PKG_VERSION")));
        if config.origin.scheme() == "https" {
            http = http.tls_backend_preconfigured(config.trust.config()?);
        } else {
            // No connection of this client is ever encrypted, but reqwest wants a TLS backend all the same.
            http = http.tls_backend_preconfigured(Trust::Anything.config()?);
        }
        let http =
            http.build().map_err(|error| Error::new(ErrorKind::Configuration, "the HTTP client").with_source(error))?;
        Ok(Self { http, config, requests: AtomicU64::new(0), bytes: AtomicU64::new(0) })
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Requests sent and bytes of bodies received so far.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// The URL of a URI that a service named: a path of the origin, or an absolute URL within it.
    pub(crate) fn resolve(&self, uri: &str, method: &'static str) -> Result<Url, Error> {
        let odd = |text: &str| Error::new(ErrorKind::Missing, text.to_owned()).at(method, uri);
        let document = uri.split('#').next().unwrap_or_default().trim();
        if !document.starts_with('/') && !document.contains("://") {
            return Err(odd("this is no URI that can be followed: a path from the root of the service was expected"));
        }
        let url = self.config.origin.join(document).map_err(|error| odd("this is no URI").with_source(error))?;
        if url.origin() != self.config.origin.origin() {
            let text = format!("this leads away from {}, where credentials must not go", self.config.origin);
            return Err(Error::new(ErrorKind::ForeignOrigin, text).at(method, uri));
        }
        Ok(url)
    }

    /// Sends a request once, but for redirects within the origin that prove that nothing was done yet.
    pub(crate) async fn send(&self, request: &Request, authorization: &Authorization) -> Result<Response, Error> {
        const MOST_REDIRECTS: usize = 5;
        let mut url = self.resolve(&request.uri, request.method)?;
        for _ in 0..MOST_REDIRECTS {
            let response = self.once(request, url.clone(), authorization).await?;
            let Some(next) = self.redirected(request, &url, &response)? else { return Ok(response) };
            url = next;
        }
        Err(Error::new(ErrorKind::Refused, "the service redirects in circles").at(request.method, &request.uri))
    }

    /// Where to ask instead. A change is sent to another place only if it is the same but for a slash at its end, or
    /// the status says that the method stays.
    fn redirected(&self, request: &Request, from: &Url, response: &Response) -> Result<Option<Url>, Error> {
        let Some(location) = response.location.as_deref().filter(|_| matches!(response.status, 301 | 302 | 307 | 308))
        else {
            return Ok(None);
        };
        let absolute = from.join(location).map_or_else(|_| location.to_owned(), String::from);
        let to = self.resolve(&absolute, request.method)?;
        let same_place = to.path().trim_end_matches('/') == from.path().trim_end_matches('/');
        let keeps_method = request.method == "GET" || matches!(response.status, 307 | 308) || same_place;
        Ok(keeps_method.then_some(to))
    }

    async fn once(&self, request: &Request, url: Url, authorization: &Authorization) -> Result<Response, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let fault = |error: reqwest::Error| fault(error, request.method, &request.uri);
        let method = reqwest::Method::from_bytes(request.method.as_bytes())
            .map_err(|error| Error::new(ErrorKind::Configuration, "this is no HTTP method").with_source(error))?;
        let mut builder =
            self.http.request(method, url).header(ACCEPT, "application/json").header("OData-Version", "4.0");
        if let Some((name, value)) = authorization {
            builder = builder.header(name.clone(), value.clone());
        }
        if let Some(etag) = &request.if_match {
            builder = builder.header(IF_MATCH, etag.as_str());
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let mut answer = builder.send().await.map_err(fault)?;
        let status = answer.status().as_u16();
        let headers = answer.headers();
        let mut response = Response {
            status,
            content_type: text(headers, &CONTENT_TYPE),
            etag: text(headers, &ETAG).filter(|tag| !tag.trim_matches('"').is_empty()).map(ETag::from),
            location: text(headers, &LOCATION),
            token: headers.get("x-auth-token").and_then(|value| value.to_str().ok()).map(str::to_owned),
            body: Vec::new(),
        };
        while let Some(chunk) = answer.chunk().await.map_err(fault)? {
            self.bytes.fetch_add(chunk.len() as u64, Ordering::Relaxed);
            if response.body.len() + chunk.len() > self.config.limits.size {
                let text = format!("the answer is larger than the limit of {} bytes", self.config.limits.size);
                return Err(Error::new(ErrorKind::Decode, text).at(request.method, &request.uri));
            }
            response.body.extend_from_slice(&chunk);
        }
        tracing::debug!(method = request.method, uri = request.uri, status, bytes = response.body.len(), "answered");
        Ok(response)
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// What reqwest says, without its types. Its errors have URLs in them, which say nothing new, and no headers.
fn fault(error: reqwest::Error, method: &'static str, uri: &str) -> Error {
    let mut reasons = Vec::new();
    let mut tls = false;
    let mut source: Option<&dyn std::error::Error> = Some(&error);
    while let Some(reason) = source {
        tls |= reason.is::<rustls::Error>() || reason.to_string().contains("certificate");
        reasons.push(reason.to_string());
        source = reason.source();
    }
    let (kind, text) = if error.is_timeout() {
        (ErrorKind::Timeout, "the service did not answer in time")
    } else if tls {
        (ErrorKind::Tls, "the service's certificate was not accepted")
    } else if error.is_connect() {
        (ErrorKind::Connect, "the host could not be reached")
    } else {
        (ErrorKind::Connect, "the connection broke")
    };
    // The outermost words repeat the URL; the innermost say what happened.
    let reason = reasons.pop().unwrap_or_default();
    Error::new(kind, format!("{text}: {reason}")).at(method, uri)
}

impl Response {
    /// The response itself if its status is one of success, else the error that it stands for.
    pub(crate) fn success(self, request: &Request) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let messages = super::message::of_error(&self.body);
        let has = |id: &str| {
            messages.iter().any(|m: &Message| m.message_id.as_deref().is_some_and(|found| found.ends_with(id)))
        };
        let (kind, text) = match self.status {
            _ if has("PasswordChangeRequired") => {
                (ErrorKind::PasswordChangeRequired, "the password must be changed first")
            }
            _ if has("SessionLimitExceeded") => (ErrorKind::SessionLimit, "the service has as many sessions as it can"),
            401 => (ErrorKind::Unauthorized, "the service does not accept these credentials"),
            403 => (ErrorKind::Forbidden, "the account may not do this"),
            404 | 410 => (ErrorKind::NotFound, "there is no such resource"),
            412 | 428 => (ErrorKind::Precondition, "the resource was changed meanwhile, or the service wants an ETag"),
            _ => (ErrorKind::Refused, "the service refused"),
        };
        let text = match messages.is_empty() {
            true => format!("{text}{}", self.glimpse()),
            false => text.to_owned(),
        };
        Err(Error::new(kind, text).at(request.method, &request.uri).with_status(self.status, messages))
    }

    /// The start of a body that is not Redfish's, for people.
    pub(crate) fn glimpse(&self) -> String {
        let text: String = String::from_utf8_lossy(&self.body).split_whitespace().collect::<Vec<_>>().join(" ");
        let start: String = text.chars().take(120).collect();
        match (&self.content_type, start.is_empty()) {
            (_, true) => ", with an empty body".to_owned(),
            (Some(kind), false) => format!(", with a body of {kind}: {start}"),
            (None, false) => format!(", with a body: {start}"),
        }
    }
}
