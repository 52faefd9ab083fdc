//! Sockets, and the thread that a mock runs on: its own, so that a test may block in a client call
//! without stopping the service it waits for.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::thread::JoinHandle;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_rustls::TlsAcceptor;

use crate::error::Error;
use crate::http::connection::{Incoming, Stream, Wire};
use crate::http::crowd::Crowd;
use crate::http::tls::Identity;

/// Connections that wait for the service to take them up.
const BACKLOG: usize = 128;

/// A service on its thread, or on those of a crowd. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Stops it; with the crowd that it runs on, if it has no thread of its own.
    stop: Option<(oneshot::Sender<()>, Option<Crowd>)>,
    thread: Option<JoinHandle<()>>,
    ended: watch::Receiver<bool>,
}

impl Server {
    /// Binds the address and serves there what `router` makes on the server's runtime. As long as the service
    /// is `away`, connections are reset.
    pub(crate) fn start(
        address: SocketAddr,
        identity: Option<&Identity>,
        crowd: Option<Crowd>,
        away: impl Fn() -> bool + Send + 'static,
        router: impl FnOnce() -> Router + Send + 'static,
    ) -> Result<Self, Error> {
        let unbound = |error| Error::because(format!("{address}: can't listen there"), error);
        let listener = StdListener::bind(address).map_err(unbound)?;
        listener.set_nonblocking(true).map_err(unbound)?;
        let address = listener.local_addr().map_err(unbound)?;
        let tls = identity.map(Identity::acceptor);
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = watch::channel(false);
        if let Some(crowd) = crowd
            && let Some(handle) = crowd.handle()
        {
            handle.spawn(async move {
                serve(listener, tls, away, router, stopped).await;
                end.send_replace(true);
            });
            return Ok(Self { address, stop: Some((stop, Some(crowd.clone()))), thread: None, ended });
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Error::because("the mock's runtime can't be started", error))?;
        let thread = std::thread::Builder::new()
            .name(format!("rosefish-mock {}", address.port()))
            .spawn(move || {
                runtime.block_on(serve(listener, tls, away, router, stopped));
                // Ends what connections do before anybody hears that the end has come.
                drop(runtime);
                end.send_replace(true);
            })
            .map_err(|error| Error::because("the mock's thread can't be started", error))?;
        Ok(Self { address, stop: Some((stop, None)), thread: Some(thread), ended })
    }

    /// Asks the service to stop; it does so soon.
    pub(crate) fn stop(&mut self) {
        if let Some((stop, _crowd)) = self.stop.take() {
            // It may have ended by itself.
            let _ = stop.send(());
        }
    }

    /// Resolves when the service has stopped.
    pub(crate) async fn ended(&self) {
        // An error means that the thread is gone, which is an end too.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
        if let Some(thread) = self.thread.take() {
            // A panic there was reported by the panic hook, and must not become one in a drop.
            let _ = thread.join();
        }
    }
}

async fn serve(
    listener: StdListener,
    tls: Option<TlsAcceptor>,
    away: impl Fn() -> bool,
    router: impl FnOnce() -> Router,
    stopped: oneshot::Receiver<()>,
) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let Ok(local) = listener.local_addr() else {
        return;
    };
    let (ready, connections) = mpsc::channel(BACKLOG);
    let incoming = Incoming { connections, local };
    let service = router().into_make_service_with_connect_info::<Wire>();
    // On a runtime shared with others, open connections have to be ended as well.
    let (end, ends) = watch::channel(());
    let told = async move {
        let mut ends = ends;
        let _ = ends.changed().await;
    };
    let served = axum::serve(incoming, service).with_graceful_shutdown(told).into_future();
    tokio::select! {
        () = accept(listener, tls, away, ready) => {}
        _ = served => {}
        // Either it was asked to stop, or nobody is left who could ask.
        _ = stopped => {}
    }
    drop(end);
}

/// Accepts connections; TLS handshakes run beside, so that a client that stalls holds up nobody.
async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    away: impl Fn() -> bool,
    ready: mpsc::Sender<(Stream, SocketAddr)>,
) {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(connection) => connection,
            Err(_) => {
                // Out of file descriptors, most likely: wait for some to be closed.
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                continue;
            }
        };
        if away() {
            // Dropped with a reset.
            let _ = stream.set_zero_linger();
            continue;
        }
        // Answers are small and whole: waiting for more to send would only delay them.
        let _ = stream.set_nodelay(true);
        match &tls {
            None => {
                if ready.send((Stream::plain(stream), peer)).await.is_err() {
                    return;
                }
            }
            Some(tls) => {
                let handshake = tls.accept(stream);
                let ready = ready.clone();
                tokio::spawn(async move {
                    if let Ok(stream) = handshake.await {
                        let _ = ready.send((Stream::tls(stream), peer)).await;
                    }
                });
            }
        }
    }
}
