//! The events of a service as a stream that outlives its connections.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::stream::{BoxStream, unfold};
use http::HeaderValue;
use http::header::{ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, HeaderName};

use super::notification::Notification;
use super::sse::Parser;
use crate::client::transport::Body;
use crate::client::{Client, Request};
use crate::error::{Error, ErrorKind};
use crate::query::{Filter, append};
use crate::resource::Resource;
use crate::resource::read_ahead::ahead;
use crate::schema::EventService;
use crate::wire::Record;

/// How long to wait before the first attempt to connect again, unless the service says.
const PAUSE: Duration = Duration::from_secs(1);

/// How long to wait at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The shortest, whatever the service asks for.
const SHORTEST_PAUSE: Duration = Duration::from_millis(250);

/// The events of a service, as they come (DSP0266, "Server-sent events").
///
/// The stream continues when the connection breaks: it connects again, after a pause that the service may have set and that
/// grows while it can't be reached, and says which event it had last (`Last-Event-ID`). What can't be read is an error,
/// after which the stream continues. It ends, after an error, where the service can't be reached to begin with or refuses for
/// good, and without one where it says that there is nothing more (204).
///
/// It does not count as a request under way. Dropping it closes the connection.
#[must_use = "nothing is asked before the stream is polled"]
pub struct EventStream {
    /// Until it is first polled.
    source: Option<Source>,
    stream: Option<BoxStream<'static, Result<Notification, Error>>>,
    connections: Arc<AtomicU64>,
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("connections", &self.connections()).finish_non_exhaustive()
    }
}

impl Resource<EventService> {
    /// Returns the events as they come, by way of `ServerSentEventUri`. A service that has none makes the stream begin
    /// with an error
    /// of the kind [`ErrorKind::Missing`]: events can be had by a [`Subscription`](super::Subscription) then.
    pub fn events(&self) -> EventStream {
        let connections = Arc::default();
        let source = Source {
            client: self.client().clone(),
            uri: self.server_sent_event_uri.clone().filter(|uri| !uri.is_empty()),
            refused: None,
            filter: None,
            features: self
                .sse_filter_properties_supported
                .clone()
                .map(|features| Box::new(features) as Box<dyn Record>),
            silence: Duration::from_secs(600),
            since: None,
            parser: Parser::new(self.client().limits().size),
            body: None,
            failures: 0,
            connections: Arc::clone(&connections),
        };
        EventStream { source: Some(source), stream: None, connections }
    }
}

impl EventStream {
    /// Only these: a filter on `EventType`, `MessageId`, `RegistryPrefix`, `ResourceType`, `OriginResource`,
    /// `MetricReportDefinition`, `EventFormatType` or `SubordinateResources`, as far as the service can
    /// (`SSEFilterPropertiesSupported`).
    ///
    /// ```no_run
    /// # async fn run(service: rosefish::Resource<rosefish::schema::EventService>) {
    /// let tasks = service.events().filter(rosefish::Filter::property("RegistryPrefix").eq("TaskEvent"));
    /// # }
    /// ```
    pub fn filter(mut self, filter: Filter) -> Self {
        if let Some(source) = &mut self.source {
            let cannot = filter.properties().into_iter().find(|name| !source.can_filter(name));
            source.refused = cannot.map(|name| format!("this service can't filter its events by {name}"));
            source.filter = Some(filter.to_string());
        }
        self
    }

    /// Continues after this one, of an earlier stream: [`Notification::id`]. A service may have forgotten what came since.
    pub fn since(mut self, id: impl AsRef<str>) -> Self {
        if let Some(source) = &mut self.source {
            source.since = Some(id.as_ref().to_owned());
        }
        self
    }

    /// After how long without a sign the connection is taken for broken; ten minutes by default.
    pub fn silence(mut self, longest: Duration) -> Self {
        if let Some(source) = &mut self.source {
            source.silence = longest;
        }
        self
    }

    /// Returns how many connections there have been. With each after the first, events may have been missed.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Reads the next notification; none at the end.
    pub async fn next(&mut self) -> Option<Result<Notification, Error>> {
        StreamExt::next(self).await
    }
}

impl Stream for EventStream {
    type Item = Result<Notification, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(source) = self.source.take() {
            let stream = unfold(Some(source), |source| async {
                let mut source = source?;
                match source.next().await? {
                    Ok(item) => Some((item, Some(source))),
                    Err(last) => Some((Err(last), None)),
                }
            });
            self.stream = Some(Box::pin(stream.fuse()));
        }
        match &mut self.stream {
            Some(stream) => stream.poll_next_unpin(context),
            None => Poll::Ready(None),
        }
    }
}

struct Source {
    client: Client,
    uri: Option<String>,
    refused: Option<String>,
    filter: Option<String>,
    features: Option<Box<dyn Record>>,
    silence: Duration,
    since: Option<String>,
    parser: Parser,
    body: Option<Body>,
    /// Connections in a row that came to nothing.
    failures: u32,
    connections: Arc<AtomicU64>,
}

/// A notification or the trouble with one; an error of the outer kind is the last.
type Next = Result<Result<Notification, Error>, Error>;

impl Source {
    async fn next(&mut self) -> Option<Next> {
        loop {
            match self.parser.next_frame() {
                Some(Ok(frame)) => {
                    let read = Notification::read(frame.data.as_bytes(), frame.id, self.client.limits());
                    return Some(Ok(read.map_err(|error| self.at(error))));
                }
                Some(Err(oversized)) => {
                    let text = format!("a notification is larger than the limit of {} bytes", oversized.limit);
                    return Some(Ok(Err(self.at(Error::new(ErrorKind::Decode, text)))));
                }
                None => {}
            }
            let Some(body) = &mut self.body else {
                match self.connect().await {
                    Ok(Some(body)) => self.body = Some(body),
                    Ok(None) => return None,
                    Err(error) if self.passes(&error) => {
                        tracing::debug!(origin = self.client.origin(), error = %error.report(), "the event stream is connected again later");
                        self.failures = self.failures.saturating_add(1);
                    }
                    Err(error) => return Some(Err(error)),
                }
                continue;
            };
            match body.next().await {
                Some(Ok(bytes)) => {
                    self.failures = 0;
                    self.parser.push(&bytes);
                }
                end => {
                    if let Some(Err(error)) = end {
                        tracing::debug!(origin = self.client.origin(), error = %error.report(), "the event stream broke");
                    }
                    self.body = None;
                    self.parser.restart();
                    self.failures = self.failures.saturating_add(1);
                }
            }
        }
    }

    /// Opens the stream. None where the service says that there is nothing more.
    async fn connect(&mut self) -> Result<Option<Body>, Error> {
        if let Some(text) = self.refused.take() {
            return Err(self.at(Error::new(ErrorKind::NotAllowed, text)));
        }
        let Some(uri) = &self.uri else {
            return Err(Error::new(ErrorKind::Missing, "the event service has no ServerSentEventUri"));
        };
        if self.failures > 0 {
            tokio::time::sleep(self.pause()).await;
        }
        let uri = match &self.filter {
            Some(filter) => append(uri, "$filter", filter),
            None => uri.clone(),
        };
        let mut request = Request::get(uri)
            .header(ACCEPT, HeaderValue::from_static("text/event-stream"))
            .header(CACHE_CONTROL, HeaderValue::from_static("no-store"))
            // What is compressed comes in pieces that are not events.
            .header(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        let last = self.parser.last_id().or(self.since.as_deref());
        if let Some(id) = last.and_then(|id| HeaderValue::from_str(id).ok()) {
            request = request.header(HeaderName::from_static("last-event-id"), id);
        }
        request.silence = Some(self.silence);
        let (head, body) = ahead(self.client.open(request)).await?;
        if head.status == 204 {
            return Ok(None);
        }
        if let Some(kind) = head.content_type()
            && !kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream")
        {
            let text = format!("{kind} came where a stream of events was due");
            return Err(self.at(Error::new(ErrorKind::Decode, text)));
        }
        self.connections.fetch_add(1, Ordering::Relaxed);
        Ok(Some(body))
    }

    /// Whether it may be tried again: the stream was there before, and the trouble is not that it is refused.
    fn passes(&self, error: &Error) -> bool {
        let status = error.status();
        let trouble = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout => status.is_none_or(|status| status >= 500),
            ErrorKind::SessionLimit => true,
            _ => matches!(status, Some(408 | 425 | 429 | 500..)),
        };
        trouble && self.connections.load(Ordering::Relaxed) > 0
    }

    fn pause(&self) -> Duration {
        let first = self.parser.retry().unwrap_or(PAUSE).max(SHORTEST_PAUSE);
        let pause = first.saturating_mul(2_u32.saturating_pow(self.failures.saturating_sub(1))).min(LONGEST_PAUSE);
        // Many clients of one service that restarts don't come back at once.
        pause.mul_f64(1.0 - crate::client::chance() / 4.0).max(first.min(LONGEST_PAUSE))
    }

    fn can_filter(&self, name: &str) -> bool {
        let Some(features) = &self.features else { return false };
        crate::wire::at(&**features, &format!("/{name}")).as_deref() == Some("true")
    }

    fn at(&self, error: Error) -> Error {
        error.at("GET", self.uri.as_deref().unwrap_or_default())
    }
}
