//! Where pushed events arrive: an axum router to mount in a program's own server, or a server of its own. What arrives is
//! the same as on a stream; the path of the destination or its `Context` shows whether it is genuine.

use std::collections::HashSet;
use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::routing::post;
use futures_core::Stream;
use futures_util::StreamExt;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;

use super::connections::{Connections, Encrypted};
use super::notification::Notification;
use crate::error::{Error, ErrorKind};
use crate::wire::Limits;

/// How many bytes wait to be read by the program, or arrive, at most.
const BYTES: usize = 64 << 20;

/// How many connections there are at most.
const CONNECTIONS: usize = 512;

/// Takes events that services push.
///
/// Every delivery is answered with 204, whether its events are taken or not: some services delete a subscription whose
/// listener answers with an error. Only where the program does not read its events in time, and the queue is full, is the
/// service asked to come back later (503 with `Retry-After`). What is not genuine is discarded, and what can't be read is an
/// item of the stream.
///
/// A secret in the path of the destination, or the subscription's context, shows whether events are genuine. The
/// secret is the better way: several services send test, heartbeat and task events without a context, and these are
/// discarded where the context alone shows.
///
/// ```no_run
/// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
/// use rosefish::event::{Listener, Subscription};
///
/// let (server, mut events) = Listener::new().secret("n7h2").serve("0.0.0.0:8080".parse().unwrap(), None).await?;
/// let wanted = Subscription::new("http://collector.example:8080/n7h2", "bmc-07");
/// bmc.root().event_service().await?.renew(&wanted).await?;
/// while let Some(notification) = events.next().await {
///     println!("{:?}", notification?.records());
/// }
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a listener does nothing until it is mounted or serves"]
pub struct Listener {
    secrets: HashSet<String>,
    contexts: HashSet<String>,
    queue: usize,
    connections: usize,
    limits: Limits,
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("queue", &self.queue).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Default for Listener {
    fn default() -> Self {
        Self::new()
    }
}

impl Listener {
    /// Creates a listener that takes events from anybody, keeps 1,024 notifications of 64 MiB in all, and takes none larger than a mebibyte.
    ///
    /// A request has 15 seconds to arrive. There are 512 connections at most: a new one takes the place of the one that was sent
    /// nothing for longest ([`Connections`]).
    pub fn new() -> Self {
        Self {
            secrets: HashSet::new(),
            contexts: HashSet::new(),
            queue: 1024,
            connections: CONNECTIONS,
            limits: Limits::default().with_size(1 << 20),
        }
    }

    /// Takes what is sent to this path below the listener's: `n7h2` for a destination `https://collector.example/n7h2`. Of
    /// several calls each counts. Without any, and without a [`context`](Self::context), anybody who can reach the
    /// listener can send it events.
    pub fn secret(mut self, path: impl Into<String>) -> Self {
        self.secrets.insert(path.into().trim_matches('/').to_owned());
        self
    }

    /// Takes events of this context: what the subscription was made with. Of several calls each counts. Events without a
    /// context are discarded then, if they don't come by way of a [`secret`](Self::secret).
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.contexts.insert(context.into());
        self
    }

    /// Sets how many notifications are kept that the program has not read yet.
    pub fn queue(mut self, notifications: usize) -> Self {
        self.queue = notifications.max(1);
        self
    }

    /// Sets how many connections there are at most when it [serves](Self::serve): more than there are services that
    /// keep theirs open. Defaults to 512.
    pub fn connections(mut self, most: usize) -> Self {
        self.connections = most.max(1);
        self
    }

    /// Sets what a notification may be at most.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns a router that takes POST at `/` and below, to be nested wherever the program likes, and the events that
    /// it takes.
    pub fn router(self) -> (Router, PushedEvents) {
        let (sender, receiver) = mpsc::channel(self.queue);
        let bytes = Arc::new(Semaphore::new(BYTES));
        let door = Door { secrets: self.secrets, contexts: self.contexts, limits: self.limits, bytes, sender };
        let router = Router::new().route("/", post(take)).route("/{*path}", post(take)).with_state(Arc::new(door));
        (router, PushedEvents { receiver, limits: self.limits })
    }

    /// Serves at an address, over TLS if there is a certificate. At the address's port 0 the system chooses one:
    /// [`Server::address`].
    ///
    /// # Errors
    ///
    /// Where the address can't be had or the certificate can't be used.
    pub async fn serve(self, address: SocketAddr, tls: Option<ListenerTls>) -> Result<(Server, PushedEvents), Error> {
        let odd = |error: std::io::Error| {
            let text = format!("the listener can't have the address {address}");
            Error::new(ErrorKind::Configuration, text).with_source(error)
        };
        let tcp = TcpListener::bind(address).await.map_err(odd)?;
        let address = tcp.local_addr().map_err(odd)?;
        let connections = Connections::new(tcp).at_most(self.connections);
        let (router, events) = self.router();
        let task = match tls {
            None => tokio::spawn(async move { drop(axum::serve(connections, router).await) }),
            Some(ListenerTls(acceptor)) => {
                let listener = Encrypted::new(connections, acceptor);
                tokio::spawn(async move { drop(axum::serve(listener, router).await) })
            }
        };
        Ok((Server { address, task }, events))
    }
}

/// The certificate of a listener.
#[derive(Clone)]
pub struct ListenerTls(TlsAcceptor);

impl fmt::Debug for ListenerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ListenerTls").finish_non_exhaustive()
    }
}

impl ListenerTls {
    /// Creates a chain of certificates and the key of the first, in PEM.
    ///
    /// # Errors
    ///
    /// Where they can't be read or don't belong together.
    pub fn pem(chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        let odd = |what: &str| Error::new(ErrorKind::Configuration, format!("the listener's {what} can't be used"));
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|error| odd("certificate").with_source(error))?;
        if certificates.is_empty() {
            return Err(odd("certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| odd("key"))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
            .map_err(|error| odd("certificate").with_source(error))?;
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }
}

/// A listener that serves. Dropping it ends it.
#[derive(Debug)]
#[must_use = "it ends when it is dropped"]
pub struct Server {
    address: SocketAddr,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The events that a [`Listener`] takes. When it is dropped the listener refuses what comes (503).
#[derive(Debug)]
pub struct PushedEvents {
    receiver: mpsc::Receiver<Delivery>,
    limits: Limits,
}

/// A delivery that was not decoded yet: as such it takes no more memory than it has bytes.
#[derive(Debug)]
struct Delivery {
    body: Result<Vec<u8>, Error>,
    _bytes: Option<OwnedSemaphorePermit>,
}

impl PushedEvents {
    fn read(&self, delivery: Delivery) -> Result<Notification, Error> {
        Notification::read(&delivery.body?, None, &self.limits)
    }
}

impl PushedEvents {
    /// Reads the next notification; none where nothing listens any more.
    pub async fn next(&mut self) -> Option<Result<Notification, Error>> {
        let delivery = self.receiver.recv().await?;
        Some(self.read(delivery))
    }
}

impl Stream for PushedEvents {
    type Item = Result<Notification, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let delivery = self.receiver.poll_recv(context);
        delivery.map(|delivery| delivery.map(|delivery| self.read(delivery)))
    }
}

/// What is behind a router.
struct Door {
    secrets: HashSet<String>,
    contexts: HashSet<String>,
    limits: Limits,
    /// How many bytes may be held.
    bytes: Arc<Semaphore>,
    sender: mpsc::Sender<Delivery>,
}

impl Door {
    /// Whether everything is taken.
    fn is_open(&self) -> bool {
        self.secrets.is_empty() && self.contexts.is_empty()
    }
}

type Answer = (StatusCode, [(HeaderName, &'static str); 1]);

/// What is answered to whatever may be sent here, also where it is discarded: an error would end some subscriptions.
const TAKEN: Answer = (StatusCode::NO_CONTENT, [(header::CACHE_CONTROL, "no-store")]);

/// What is answered where there is no room: the service is to come back later.
const FULL: Answer = (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "5")]);

async fn take(State(door): State<Arc<Door>>, path: Option<Path<String>>, request: Request) -> Answer {
    let proven = path.is_some_and(|Path(path)| door.secrets.contains(path.trim_matches('/')));
    if !proven && !door.is_open() && door.contexts.is_empty() {
        tracing::warn!("a delivery without the secret in its path was discarded");
        return TAKEN;
    }
    let Some(delivery) = door.receive(request.into_body()).await else { return FULL };
    // There is a place for it before it is looked at: nothing that is discarded takes one from what is not.
    let Ok(place) = door.sender.try_reserve() else { return FULL };
    let of_context = |body: &Vec<u8>| {
        let found = Notification::read(body, None, &door.limits);
        found.is_ok_and(|found| found.context().is_some_and(|context| door.contexts.contains(context)))
    };
    // What can't be read has no context: it is given on only where the path shows whose it is, or anybody may send.
    let genuine = proven || door.is_open() || delivery.body.as_ref().is_ok_and(of_context);
    if genuine {
        place.send(delivery);
    } else {
        tracing::warn!("events of an unknown context were discarded");
    }
    TAKEN
}

impl Door {
    /// Reads a body; none where there is no room for it.
    async fn receive(&self, body: Body) -> Option<Delivery> {
        let size = self.limits.size;
        let unread = || {
            let text = format!("a delivery could not be read, or is larger than the limit of {size} bytes");
            Error::new(ErrorKind::Decode, text)
        };
        let (mut whole, mut bytes) = (Vec::new(), None::<OwnedSemaphorePermit>);
        let mut pieces = body.into_data_stream();
        while let Some(piece) = pieces.next().await {
            let piece = match piece {
                Ok(piece) if whole.len().saturating_add(piece.len()) <= size => piece,
                Ok(_) => return Some(Delivery { body: Err(unread()), _bytes: None }),
                Err(error) => return Some(Delivery { body: Err(unread().with_source(error)), _bytes: None }),
            };
            // What has arrived counts, not what was announced.
            let more = u32::try_from(piece.len()).ok()?;
            let more = Arc::clone(&self.bytes).try_acquire_many_owned(more).ok()?;
            match &mut bytes {
                Some(bytes) => bytes.merge(more),
                None => bytes = Some(more),
            }
            whole.extend_from_slice(&piece);
        }
        Some(Delivery { body: Ok(whole), _bytes: bytes })
    }
}
