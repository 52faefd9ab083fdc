//! The connections of a listener: so many at once, and each with so much time for a request. Who comes when there are too many
//! takes the place of the one that was silent or slow for longest: to hold many connections open keeps nobody out.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, Sleep, sleep};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::deadline::later;

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a request may take to arrive, from its first byte to its last.
const REQUEST: Duration = Duration::from_secs(15);

/// How long a connection may be kept without a request.
const IDLE: Duration = Duration::from_secs(120);

/// What closes a connection from elsewhere.
#[derive(Debug, Default)]
struct Closer {
    closed: AtomicBool,
    waker: AtomicWaker,
}

/// A connection that can be closed from elsewhere, and whose requests must arrive in time.
#[derive(Debug)]
pub(super) struct Guarded {
    stream: TcpStream,
    closer: Arc<Closer>,
    /// When what is waited for must have come; it is waited for since the last answer.
    timer: Pin<Box<Sleep>>,
    /// A request has begun to arrive.
    begun: bool,
}

impl Guarded {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        self.closer.waker.register(context.waker());
        if self.closer.closed.load(Ordering::Acquire) || self.timer.as_mut().poll(context).is_ready() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn give(&mut self, time: Duration) {
        self.timer.as_mut().reset(later(Instant::now(), time));
    }

    /// An answer is sent: what comes next is another request.
    fn answered(&mut self) {
        if std::mem::take(&mut self.begun) {
            self.give(IDLE);
        }
    }
}

impl AsyncRead for Guarded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if buffer.filled().len() > before && !std::mem::replace(&mut self.begun, true) {
            self.give(REQUEST);
        }
        read
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.answered();
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

/// Accepts connections, so many at once.
struct Accept {
    tcp: TcpListener,
    most: usize,
    /// The oldest first. Those that have ended are gone.
    open: VecDeque<Weak<Closer>>,
}

impl Accept {
    async fn next(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else {
                // Out of files, or a client that has gone already.
                self.make_room(self.open.len().saturating_sub(1));
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            self.make_room(self.most.saturating_sub(1));
            let closer = Arc::new(Closer::default());
            self.open.push_back(Arc::downgrade(&closer));
            let timer = Box::pin(sleep(IDLE));
            return (Guarded { stream, closer, timer, begun: false }, address);
        }
    }

    /// Closes the oldest until there are no more than this.
    fn make_room(&mut self, most: usize) {
        self.open.retain(|closer| closer.strong_count() > 0);
        while self.open.len() > most {
            let Some(oldest) = self.open.pop_front() else { return };
            if let Some(closer) = oldest.upgrade() {
                closer.closed.store(true, Ordering::Release);
                closer.waker.wake();
            }
        }
    }
}

/// Connections without TLS.
pub(super) struct Plain(Accept);

impl Plain {
    pub(super) fn new(tcp: TcpListener, most: usize) -> Self {
        Self(Accept { tcp, most, open: VecDeque::new() })
    }
}

impl axum::serve::Listener for Plain {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        self.0.next().await
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.tcp.local_addr()
    }
}

type Handshake = BoxFuture<'static, Option<(TlsStream<Guarded>, SocketAddr)>>;

/// Connections after their handshake. A slow one holds up no other.
pub(super) struct Encrypted {
    accept: Accept,
    acceptor: TlsAcceptor,
    handshakes: FuturesUnordered<Handshake>,
}

impl Encrypted {
    pub(super) fn new(tcp: TcpListener, most: usize, acceptor: TlsAcceptor) -> Self {
        let accept = Accept { tcp, most, open: VecDeque::new() };
        Self { accept, acceptor, handshakes: FuturesUnordered::new() }
    }
}

impl axum::serve::Listener for Encrypted {
    type Io = TlsStream<Guarded>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                (stream, address) = self.accept.next() => {
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
        self.accept.tcp.local_addr()
    }
}
