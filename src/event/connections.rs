//! The connections of a server: so many at once, and each with so much time. Who comes when there are too many takes the place of the one that
//! was sent nothing for longest: to hold many connections open keeps nobody out.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::deadline::{after, later};

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a listener is left alone that could not accept a connection.
const PAUSE: Duration = Duration::from_millis(50);

/// What is known of a connection from elsewhere.
#[derive(Debug)]
struct State {
    closed: bool,
    /// When something was sent on it last, or when it was accepted.
    sent: Instant,
    waker: Option<Waker>,
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much time a connection has.
#[derive(Debug, Clone, Copy)]
struct Patience {
    silence: Duration,
    request: Duration,
}

/// A connection of [`Connections`]. It ends when it is silent for too long, when a request takes too long, or when its place is needed:
/// reading and writing give [`TimedOut`](io::ErrorKind::TimedOut) then.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    patience: Patience,
    state: Arc<Mutex<State>>,
    /// When what is waited for must have come.
    timer: Pin<Box<Sleep>>,
    /// A request has begun to arrive.
    begun: bool,
}

impl Connection {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut state = lock(&self.state);
        state.waker = Some(context.waker().clone());
        if state.closed || self.timer.as_mut().poll(context).is_ready() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn give(&mut self, time: Duration) {
        self.timer.as_mut().reset(after(time));
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && !std::mem::replace(&mut self.begun, true) {
            let time = self.patience.request;
            self.give(time);
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            // What comes next is more of the answer, or another request.
            self.begun = false;
            lock(&self.state).sent = Instant::now();
            let time = self.patience.silence;
            self.give(time);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// Accepts connections for `axum::serve`, so many at once and each with so much time, so that nobody keeps others out by holding
/// connections open. [`Listener::serve`](super::Listener::serve) uses this itself; it is for a [router](super::Listener::router) in a server of your own:
///
/// ```no_run
/// # async fn run() -> std::io::Result<()> {
/// use rosefish::event::{Connections, Listener};
///
/// let (router, events) = Listener::new().secret("n7h2").router();
/// let tcp = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
/// axum::serve(Connections::new(tcp).at_most(64), router).await?;
/// # drop(events);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is accepted until it is served"]
pub struct Connections {
    tcp: TcpListener,
    most: usize,
    patience: Patience,
    /// Those that have ended are gone.
    open: Vec<Weak<Mutex<State>>>,
}

impl Connections {
    /// Accepts 512 connections at once. Each may be silent for 120 seconds, and has 15 seconds for a request.
    pub fn new(tcp: TcpListener) -> Self {
        let patience = Patience { silence: Duration::from_secs(120), request: Duration::from_secs(15) };
        Self { tcp, most: 512, patience, open: Vec::new() }
    }

    /// Sets how many connections there are at once, at least one. A further one takes the place of the one that was sent nothing for
    /// longest.
    pub fn at_most(mut self, connections: usize) -> Self {
        self.most = connections.max(1);
        self
    }

    /// Sets how long a connection may neither take nor bring anything, between two requests or within an answer.
    pub fn silence(mut self, time: Duration) -> Self {
        self.patience.silence = time;
        self
    }

    /// Sets how long it may take from the first byte of a request to the first byte of the answer.
    pub fn request(mut self, time: Duration) -> Self {
        self.patience.request = time;
        self
    }

    async fn next(&mut self) -> (Connection, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else {
                // Out of files, or a client that has gone already.
                self.make_room(self.open.len().saturating_sub(1));
                sleep(PAUSE).await;
                continue;
            };
            self.make_room(self.most.saturating_sub(1));
            // What can't be had is only slower.
            let _ = stream.set_nodelay(true);
            let (now, patience) = (Instant::now(), self.patience);
            let state = Arc::new(Mutex::new(State { closed: false, sent: now, waker: None }));
            self.open.push(Arc::downgrade(&state));
            let timer = Box::pin(sleep_until(later(now, patience.silence)));
            return (Connection { stream, patience, state, timer, begun: false }, address);
        }
    }

    /// Closes those that were sent nothing for longest until there are no more than this.
    fn make_room(&mut self, most: usize) {
        self.open.retain(|state| state.strong_count() > 0);
        let Some(surplus) = self.open.len().checked_sub(most).filter(|surplus| *surplus > 0) else { return };
        self.open.sort_by_cached_key(|state| state.upgrade().map(|state| lock(&state).sent));
        for state in self.open.drain(..surplus).filter_map(|state| state.upgrade()) {
            let mut state = lock(&state);
            state.closed = true;
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        }
    }
}

impl axum::serve::Listener for Connections {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.next().await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

type Handshake = BoxFuture<'static, Option<(TlsStream<Connection>, SocketAddr)>>;

/// Connections after their handshake. A slow one holds up no other.
pub(super) struct Encrypted {
    connections: Connections,
    acceptor: TlsAcceptor,
    handshakes: FuturesUnordered<Handshake>,
}

impl Encrypted {
    pub(super) fn new(connections: Connections, acceptor: TlsAcceptor) -> Self {
        Self { connections, acceptor, handshakes: FuturesUnordered::new() }
    }
}

impl axum::serve::Listener for Encrypted {
    type Io = TlsStream<Connection>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = self.connections.next() => {
                    let handshake = self.acceptor.accept(stream);
                    self.handshakes.push(Box::pin(async move {
                        let stream = tokio::time::timeout(HANDSHAKE, handshake).await.ok()?.ok()?;
                        Some((stream, address))
                    }));
                }
                Some(done) = self.handshakes.next(), if !self.handshakes.is_empty() => {
                    if let Some(connection) = done {
                        return connection;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.connections.tcp.local_addr()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    async fn listener() -> (Connections, SocketAddr) {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = tcp.local_addr().unwrap();
        (Connections::new(tcp), address)
    }

    #[tokio::test]
    async fn a_further_connection_takes_the_place_of_the_one_that_was_sent_nothing_for_longest() {
        let (connections, address) = listener().await;
        let mut connections = connections.at_most(2);
        let mut clients = Vec::new();
        let mut accepted = Vec::new();
        for number in 0..3 {
            clients.push(TcpStream::connect(address).await.unwrap());
            accepted.push(connections.next().await.0);
            sleep(Duration::from_millis(5)).await;
            if number == 1 {
                // The first one is the oldest, and was answered last.
                accepted[0].write_all(b"answer").await.unwrap();
            }
        }
        let late = accepted[1].read_u8().await.unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::TimedOut);
        for at in [0, 2] {
            clients[at].write_all(b"x").await.unwrap();
            assert_eq!(accepted[at].read_u8().await.unwrap(), b'x');
        }
    }

    #[tokio::test]
    async fn a_request_has_its_time_from_its_first_byte_and_an_answer_gives_more() {
        let (connections, address) = listener().await;
        let mut connections = connections.silence(Duration::from_secs(600)).request(Duration::from_millis(100));
        let mut client = TcpStream::connect(address).await.unwrap();
        let mut served = connections.next().await.0;
        for _ in 0..2 {
            client.write_all(b"x").await.unwrap();
            assert_eq!(served.read_u8().await.unwrap(), b'x');
            served.write_all(b"y").await.unwrap();
            // Nothing is under way: silence counts now.
            assert!(tokio::time::timeout(Duration::from_millis(200), served.read_u8()).await.is_err());
        }
        client.write_all(b"x").await.unwrap();
        assert_eq!(served.read_u8().await.unwrap(), b'x');
        assert_eq!(served.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn no_time_is_too_long_and_a_silent_connection_ends() {
        let (connections, address) = listener().await;
        let mut connections = connections.silence(Duration::MAX);
        let _client = TcpStream::connect(address).await.unwrap();
        let mut served = connections.next().await.0;
        assert!(tokio::time::timeout(Duration::from_millis(50), served.read_u8()).await.is_err());
        let mut connections = connections.silence(Duration::from_millis(50));
        let _client = TcpStream::connect(address).await.unwrap();
        let mut served = connections.next().await.0;
        assert_eq!(served.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
