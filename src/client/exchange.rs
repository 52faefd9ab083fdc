//! Requests to one origin: URIs resolved against it, redirects kept within it, bodies within the limits of size and time.
//! Knows HTTP, but neither sessions nor types, and sends everything once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, IF_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;
use url::Url;

use super::headers;
use super::mask::{self, Secrets};
use super::origin::Origin;
use super::outgoing::Outgoing;
use super::request::{Request, Response};
use super::span::RequestSpan;
use super::transport::{Body, HttpRequest, HttpResponse, LongLived, Transport};
use crate::deadline;
use crate::error::{Error, ErrorKind};
use crate::wire::Limits;

/// The credentials of one request, as a header.
pub(crate) type Authorization = Option<(HeaderName, HeaderValue)>;

/// Timeouts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeouts {
    /// The longest that a request may take as a whole, with all its attempts.
    pub(crate) total: Duration,
    /// The longest silence before the head of the answer, and between pieces of its body.
    pub(crate) read: Duration,
}

/// An origin and the way to it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) origin: Origin,
    pub(crate) limits: Limits,
    pub(crate) timeouts: Timeouts,
    /// The values that are never shown.
    pub(crate) secrets: Arc<Secrets>,
    /// The headers that all requests have.
    headers: HeaderMap,
    transport: Arc<dyn Transport>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Exchange {
    pub(crate) fn new(origin: Origin, limits: Limits, timeouts: Timeouts, transport: Arc<dyn Transport>) -> Self {
        let (requests, bytes) = (AtomicU64::new(0), AtomicU64::new(0));
        let headers = HeaderMap::new();
        Self { origin, limits, timeouts, secrets: Arc::default(), headers, transport, requests, bytes }
    }

    /// Adds headers to all requests.
    pub(crate) fn with_headers(self, headers: HeaderMap) -> Self {
        for value in headers.values().filter(|value| value.is_sensitive()) {
            self.secrets.know(value.to_str().unwrap_or_default());
        }
        Self { headers, ..self }
    }

    /// Returns a copy with other timeouts, whose transport doesn't depend on the current runtime.
    pub(crate) fn detached(&self, patience: Duration) -> Self {
        self.by(self.transport.detached().unwrap_or_else(|| Arc::clone(&self.transport)), patience)
    }

    /// Returns a copy with other timeouts that uses the same connections.
    pub(crate) fn with_patience(&self, patience: Duration) -> Self {
        self.by(Arc::clone(&self.transport), patience)
    }

    fn by(&self, transport: Arc<dyn Transport>, patience: Duration) -> Self {
        let timeouts = Timeouts { total: patience, read: patience };
        let (secrets, headers) = (Arc::clone(&self.secrets), self.headers.clone());
        Self { secrets, headers, ..Self::new(self.origin.clone(), self.limits, timeouts, transport) }
    }

    /// Returns what must not be shown of the answer to a request: the service may repeat secrets that the request
    /// contained.
    pub(crate) fn secrets_of(&self, request: &Request) -> Arc<Secrets> {
        let mut sent = request.body.as_ref().map(|(body, _)| mask::secrets_in(body)).unwrap_or_default();
        for (_, value) in request.headers.iter().filter(|(_, value)| value.is_sensitive()) {
            sent.extend(value.to_str().ok().filter(|value| !value.is_empty()).map(str::to_owned));
        }
        if sent.is_empty() { Arc::clone(&self.secrets) } else { Arc::new(self.secrets.with(sent)) }
    }

    /// Returns how many requests were sent and how many bytes of bodies were received so far.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Returns when a request that starts now must have ended.
    pub(crate) fn deadline(&self, request: &Request) -> Instant {
        deadline::after(request.timeout.unwrap_or(self.timeouts.total))
    }

    /// Sends a request and reads the whole answer.
    pub(crate) fn send<'a>(
        &'a self,
        request: &'a Request,
        authorization: &'a Authorization,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<Response, Error>> {
        let line = RequestSpan::begin(self.origin.as_str(), request, || self.secrets_of(request));
        let span = line.span();
        let sent = async move {
            let outcome = self.ask(request, authorization, deadline).await;
            match &outcome {
                Ok(response) => line.answered(response),
                Err(error) => line.failed(error),
            }
            outcome
        };
        Box::pin(sent.instrument(span))
    }

    async fn ask(
        &self,
        request: &Request,
        authorization: &Authorization,
        deadline: Instant,
    ) -> Result<Response, Error> {
        let at = |error: Error| located(error, request);
        let (head, body) = self.head(request, authorization, deadline).await?;
        let mut response = Response {
            status: head.status.as_u16(),
            headers: head.headers,
            secrets: self.secrets_of(request),
            ..Response::default()
        };
        match self.read(body, deadline).await {
            Ok(body) => response.body = body,
            // The head shows that the change was made: only the answer's body is lost. The head of a login's answer has
            // the token.
            Err(error) if !request.is_safe() || !head.status.is_success() => {
                tracing::warn!(error = %error.report(), "the answer's body is lost");
            }
            Err(error) => return Err(at(error).with_status(response.status, Vec::new())),
        }
        Ok(response)
    }

    /// Sends a request and returns the answer once its head has arrived.
    pub(crate) fn open<'a>(
        &'a self,
        request: &'a Request,
        authorization: &'a Authorization,
        deadline: Instant,
    ) -> BoxFuture<'a, Result<(http::response::Parts, Body), Error>> {
        let line = RequestSpan::begin(self.origin.as_str(), request, || self.secrets_of(request));
        let span = line.span();
        let opened = async move {
            let outcome = self.head(request, authorization, deadline).await;
            match &outcome {
                Ok((head, _)) => line.opened(head.status.as_u16()),
                Err(error) => line.failed(error),
            }
            outcome
        };
        Box::pin(opened.instrument(span))
    }

    /// Sends a request once, except for redirects within the origin that prove that nothing was done yet, and returns
    /// the answer once its head has arrived.
    async fn head(
        &self,
        request: &Request,
        authorization: &Authorization,
        deadline: Instant,
    ) -> Result<(http::response::Parts, Body), Error> {
        const MOST_REDIRECTS: usize = 5;
        let at = |error: Error| located(error, request);
        let mut url = self.origin.resolve(&request.uri).map_err(at)?;
        for _ in 0..MOST_REDIRECTS {
            let answer = self.once(request, &url, authorization, deadline).await.map_err(at)?;
            match self.redirected(request, &url, &answer).map_err(at)? {
                Some(next) => url = next,
                None => return Ok(answer.into_parts()),
            }
        }
        Err(at(Error::new(ErrorKind::Refused, "the service redirects in circles")))
    }

    /// Returns the URL to follow a redirect to. A change is only redirected if the URLs differ in nothing but a
    /// trailing slash, or if the status keeps the method; it never becomes a GET.
    fn redirected(&self, request: &Request, from: &Url, answer: &HttpResponse) -> Result<Option<Url>, Error> {
        let location = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
        let status = answer.status().as_u16();
        let Some(location) = location.filter(|_| matches!(status, 301 | 302 | 303 | 307 | 308)) else {
            return Ok(None);
        };
        let absolute = from.join(location).map_or_else(|_| location.to_owned(), String::from);
        let to = self.origin.resolve(&absolute)?;
        let same_place = to.path().trim_end_matches('/') == from.path().trim_end_matches('/');
        if request.is_spent() {
            return Ok(None);
        }
        let keeps_method = request.is_safe() || matches!(status, 307 | 308) || (same_place && status != 303);
        Ok(keeps_method.then_some(to))
    }

    async fn once(
        &self,
        request: &Request,
        url: &Url,
        authorization: &Authorization,
        deadline: Instant,
    ) -> Result<HttpResponse, Error> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let mut sent = self.transport.send(self.http_request(request, url, authorization)?);
        let mut answer = match &request.stream {
            Some(stream) => stream.watch(sent, deadline).await?,
            None => {
                // The service is silent while a large body is sent, so a change with a timeout of its own may wait that
                // long.
                let silence = request.timeout.filter(|_| !request.is_safe()).unwrap_or(self.timeouts.read);
                let until = deadline.min(deadline::after(silence));
                let late = |_| Error::new(ErrorKind::Timeout, "the service did not answer in time").maybe_sent();
                timeout_at(until, &mut sent).await.map_err(late)??
            }
        };
        headers::conceal(answer.headers_mut());
        Ok(answer)
    }

    fn http_request(&self, request: &Request, url: &Url, authorization: &Authorization) -> Result<HttpRequest, Error> {
        let odd =
            |what: &str| Error::new(ErrorKind::Configuration, format!("{what} has characters that HTTP can't carry"));
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        headers.insert("odata-version", HeaderValue::from_static("4.0"));
        for (name, value) in &self.headers {
            headers.insert(name, value.clone());
        }
        if let Some((name, value)) = authorization {
            headers.insert(name, value.clone());
        }
        if let Some(etag) = &request.if_match {
            headers.insert(IF_MATCH, HeaderValue::from_str(etag.as_str()).map_err(|_| odd("the ETag"))?);
        }
        let mut body = Bytes::new();
        if let Some((bytes, content_type)) = &request.body {
            headers.insert(CONTENT_TYPE, content_type.clone());
            body = bytes.clone();
        }
        for (name, value) in &request.headers {
            headers.insert(name, value.clone());
        }
        headers::conceal(&mut headers);
        let mut http = HttpRequest::new(request.stream.as_ref().map_or_else(|| Body::from(body), Outgoing::body));
        if request.silence.is_some() {
            http.extensions_mut().insert(LongLived);
        }
        *http.method_mut() = http::Method::from_bytes(request.method.as_bytes()).map_err(|_| odd("the method"))?;
        *http.uri_mut() = url.as_str().parse().map_err(|_| odd("the URI"))?;
        *http.headers_mut() = headers;
        Ok(http)
    }

    /// Wraps a body that may be endless, but must not be silent for long.
    pub(crate) fn listen(self: &Arc<Self>, body: Body, silence: Duration) -> Body {
        let exchange = Arc::clone(self);
        Body::new(futures_util::stream::unfold(Some((body, exchange)), move |state| async move {
            let (mut body, exchange) = state?;
            match tokio::time::timeout(silence, body.next()).await {
                Ok(None) => None,
                Ok(Some(piece)) => {
                    let size = piece.as_ref().map_or(0, Bytes::len);
                    exchange.bytes.fetch_add(size as u64, Ordering::Relaxed);
                    Some((piece, Some((body, exchange))))
                }
                Err(_) => Some((Err(Error::new(ErrorKind::Timeout, "the service fell silent")), None)),
            }
        }))
    }

    /// Reads a body to its end. Its decompressed size is limited.
    pub(crate) async fn read(&self, mut body: Body, deadline: Instant) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        loop {
            let until = deadline.min(deadline::after(self.timeouts.read));
            let piece = timeout_at(until, body.next())
                .await
                .map_err(|_| Error::new(ErrorKind::Timeout, "the answer did not arrive in time").maybe_sent())?;
            let Some(piece) = piece.transpose()? else { return Ok(whole.freeze()) };
            self.bytes.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if whole.len().saturating_add(piece.len()) > self.limits.size {
                let text = format!("the answer is larger than the limit of {} bytes", self.limits.size);
                return Err(Error::new(ErrorKind::Decode, text));
            }
            whole.extend_from_slice(&piece);
        }
    }
}

/// Adds the request to an error, and marks the outcome of a change that may have reached the service as unknown.
fn located(error: Error, request: &Request) -> Error {
    let unknown = error.was_maybe_sent() && !request.is_safe();
    let error = error.at(request.method, &request.uri);
    if unknown { error.with_unknown_outcome() } else { error }
}
