//! A connected UDP socket, and requests outside a session, which are repeated with back-off until an answer arrives. In a
//! session, the owner task sends the requests.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::config::Config;
use crate::deadline::after;
use crate::error::{Error, ErrorKind};

/// More bytes than any IPMI datagram has; a longer one is cut off, and then refused as malformed.
const LONGEST: usize = 4096;
/// How many times the network must report that nobody listens before the host counts as unreachable.
const REFUSALS: u32 = 2;

#[derive(Debug)]
pub(super) struct Wire {
    socket: UdpSocket,
}

impl Wire {
    pub(super) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let any: SocketAddr = match address {
            SocketAddr::V4(_) => ([0; 4], 0).into(),
            SocketAddr::V6(_) => ([0; 16], 0).into(),
        };
        let socket = UdpSocket::bind(any).await?;
        socket.connect(address).await?;
        Ok(Self { socket })
    }

    /// Sends a datagram. A failure is treated like a lost datagram: the request is repeated, or times out.
    pub(super) async fn send(&self, datagram: &[u8]) {
        if let Err(error) = self.socket.send(datagram).await {
            tracing::debug!(%error, "a datagram could not be sent");
        }
    }

    /// Sends a datagram without waiting, for when there is no time left to wait.
    pub(super) fn send_now(&self, datagram: &[u8]) {
        #[cfg(unix)]
        {
            // The runtime may be gone by now, and its socket with it: the duplicate works without it.
            use std::os::fd::AsFd;
            if let Ok(fd) = self.socket.as_fd().try_clone_to_owned() {
                let _ = std::net::UdpSocket::from(fd).send(datagram);
            }
        }
        #[cfg(not(unix))]
        let _ = self.socket.try_send(datagram);
    }

    /// Receives the next datagram. Cancelling it doesn't lose any.
    pub(super) async fn receive(&self) -> std::io::Result<Vec<u8>> {
        let mut buffer = vec![0; LONGEST];
        let length = self.socket.recv(&mut buffer).await?;
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Sends what `question` returns, which is called for every repetition, until `answer` accepts a datagram.
    pub(super) async fn ask<T>(
        &self,
        config: &Config,
        patience: Duration,
        action: &'static str,
        mut question: impl FnMut() -> Vec<u8>,
        mut answer: impl FnMut(&[u8]) -> Option<T>,
    ) -> Result<T, Error> {
        let expires = after(patience);
        let mut wait = config.first_repeat;
        let mut refusals = 0_u32;
        loop {
            let repeat_at = after(wait).min(expires);
            self.send(&question()).await;
            loop {
                match timeout_at(repeat_at, self.receive()).await {
                    Err(_) => break,
                    Ok(Ok(datagram)) => match answer(&datagram) {
                        Some(found) => return Ok(found),
                        None => tracing::trace!(action, length = datagram.len(), "dropped a stray datagram"),
                    },
                    Ok(Err(error)) => {
                        refusals = refusals.saturating_add(1);
                        if refusals >= REFUSALS {
                            return Err(Error::io(ErrorKind::Unreachable, action, error));
                        }
                        // Refused at once: wait as long as for a lost packet, so that the host has time to come up.
                    }
                }
            }
            if Instant::now() >= expires {
                let detail = format!("no answer within {patience:?}");
                return Err(Error::new(ErrorKind::Timeout, action, detail));
            }
            wait = config.back_off(wait);
        }
    }
}
