//! The connections of a server that the program runs: so many at once, each with so much time. Who comes when there are too many takes the
//! place of the one that was silent for longest, so that to hold many connections open keeps nobody out.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

/// How many connections there are, and how much time each has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    /// How many connections there are at once.
    pub(crate) most: usize,
    /// How long a connection may neither take nor bring anything.
    pub(crate) silence: Duration,
    /// How long it may take from the first byte of a request to the first byte of the answer.
    pub(crate) request: Duration,
}

/// What is known of a connection from elsewhere.
#[derive(Debug)]
struct State {
    closed: bool,
    /// When something was sent on it last, or when it was accepted.
    sent: Instant,
    waker: Option<Waker>,
}

type Shared = Arc<Mutex<State>>;

/// A connection that ends when it is silent for too long, when a request is too slow, or when its place is needed.
#[derive(Debug)]
pub(crate) struct Guarded {
    stream: TcpStream,
    patience: Patience,
    state: Shared,
    timer: Pin<Box<Sleep>>,
    /// A request has begun to arrive.
    begun: bool,
}

impl Guarded {
    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waker = Some(context.waker().clone());
        if state.closed || self.timer.as_mut().poll(context).is_ready() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(())
    }

    fn give(&mut self, time: Duration) {
        let now = tokio::time::Instant::now();
        self.timer.as_mut().reset(now.checked_add(time).unwrap_or(now));
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
            let time = self.patience.request;
            self.give(time);
        }
        read
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.begun = false;
            self.state.lock().unwrap_or_else(PoisonError::into_inner).sent = Instant::now();
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

/// Accepts connections, so many at once.
#[derive(Debug)]
pub(crate) struct Connections {
    tcp: TcpListener,
    patience: Patience,
    /// Those that have ended are gone.
    open: Vec<Weak<Mutex<State>>>,
}

impl Connections {
    pub(crate) fn new(tcp: TcpListener, patience: Patience) -> Self {
        Self { tcp, patience, open: Vec::new() }
    }

    /// Closes those that have sent nothing for longest until there are no more than this.
    fn make_room(&mut self, most: usize) {
        self.open.retain(|state| state.strong_count() > 0);
        if self.open.len() <= most {
            return;
        }
        let sent = |state: &Weak<Mutex<State>>| {
            state.upgrade().map(|state| state.lock().unwrap_or_else(PoisonError::into_inner).sent)
        };
        self.open.sort_by_key(sent);
        for state in self.open.drain(..self.open.len() - most).filter_map(|state| state.upgrade()) {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.closed = true;
            if let Some(waker) = state.waker.take() {
                waker.wake();
            }
        }
    }
}

impl Listener for Connections {
    type Io = Guarded;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Guarded, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else {
                // Out of files, or a client that has gone already.
                self.make_room(self.open.len().saturating_sub(1));
                sleep(Duration::from_millis(50)).await;
                continue;
            };
            let patience = self.patience;
            self.make_room(patience.most.saturating_sub(1));
            // What can't be had is only slower.
            let _ = stream.set_nodelay(true);
            let state = Arc::new(Mutex::new(State { closed: false, sent: Instant::now(), waker: None }));
            self.open.push(Arc::downgrade(&state));
            return (
                Guarded { stream, patience, state, timer: Box::pin(sleep(patience.silence)), begun: false },
                address,
            );
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}
