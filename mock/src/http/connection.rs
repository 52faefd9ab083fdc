//! A client's connection, with TLS or without. The handler of a request can end it below HTTP, at the moment when
//! the answer would be written.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::server::TlsStream;

/// How a connection ends instead of carrying an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With a TCP RST.
    Reset,
    /// With a FIN.
    Close,
    /// With bytes that are not HTTP, then a FIN.
    Garbage,
    /// With these bytes, then a FIN.
    Raw(Bytes),
}

/// What [`End::Garbage`] writes.
const GARBAGE: &[u8] = b"\x00\xff\x16\x03 this is not HTTP \x80\x81\r\n\r\n\x00";

/// The handle with which the answer to a request ends its connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wire(Arc<Switch>);

#[derive(Debug, Default)]
struct Switch {
    thrown: AtomicBool,
    end: Mutex<Option<End>>,
}

impl Wire {
    /// Ends the connection at the next write.
    pub(crate) fn end(&self, end: End) {
        *self.0.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        self.0.thrown.store(true, Ordering::Release);
    }

    /// Returns whether the connection has ended or will end at the next write.
    pub(crate) fn is_ended(&self) -> bool {
        self.0.thrown.load(Ordering::Acquire)
    }

    fn ordered(&self) -> Option<End> {
        if !self.is_ended() {
            return None;
        }
        self.0.end.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Connected<IncomingStream<'_, Incoming>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Incoming>) -> Self {
        stream.io().wire.clone()
    }
}

/// The connections that are ready to be served.
pub(crate) struct Incoming {
    pub(super) connections: mpsc::Receiver<(Stream, SocketAddr)>,
    pub(super) local: SocketAddr,
}

impl Listener for Incoming {
    type Io = Stream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Stream, SocketAddr) {
        match self.connections.recv().await {
            Some(connection) => connection,
            // No more connections will come; the service ends through its other branch.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.local)
    }
}

/// A connection.
pub(crate) struct Stream {
    inner: Inner,
    wire: Wire,
    /// How many of the final bytes have been written.
    ended: usize,
}

enum Inner {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Stream {
    pub(crate) fn plain(stream: TcpStream) -> Self {
        Self { inner: Inner::Plain(stream), wire: Wire::default(), ended: 0 }
    }

    pub(crate) fn tls(stream: TlsStream<TcpStream>) -> Self {
        Self { inner: Inner::Tls(Box::new(stream)), wire: Wire::default(), ended: 0 }
    }

    /// Ends the connection. The writer gets an error and drops it.
    fn poll_end(&mut self, cx: &mut Context<'_>, end: End) -> Poll<io::Result<()>> {
        let last: &[u8] = match &end {
            End::Reset => {
                let tcp = match &self.inner {
                    Inner::Plain(stream) => stream,
                    Inner::Tls(stream) => stream.get_ref().0,
                };
                // Where the system doesn't support this, the connection is closed.
                let _ = tcp.set_zero_linger();
                &[]
            }
            End::Close => &[],
            End::Garbage => GARBAGE,
            End::Raw(bytes) => bytes,
        };
        while let Some(rest) = last.get(self.ended..).filter(|rest| !rest.is_empty()) {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, rest))?;
            if written == 0 {
                break;
            }
            self.ended += written;
        }
        if !last.is_empty() {
            ready!(Pin::new(&mut self.inner).poll_flush(cx))?;
        }
        Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()))
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().inner {
            Inner::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Inner::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(end) = this.wire.ordered() {
            return this.poll_end(cx, end).map_ok(|()| 0);
        }
        Pin::new(&mut this.inner).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

impl AsyncWrite for Inner {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
