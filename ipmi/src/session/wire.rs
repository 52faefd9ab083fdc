//! One connected UDP socket, and the asking of questions while no session stands: repeat with back-off until something
//! that counts as the answer arrives. In a session the owner task does the asking.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout_at};

use super::config::Config;
use crate::deadline::after;
use crate::error::{Error, ErrorKind};

/// More than any datagram of IPMI; what is longer is cut and then refused as malformed.
const LONGEST: usize = 4096;
/// How many times the network may say "nobody listens" before it is believed.
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

    /// Sends a datagram. That it couldn't be sent is the same as that it was lost: it is repeated or it times out.
    pub(super) async fn send(&self, datagram: &[u8]) {
        if let Err(error) = self.socket.send(datagram).await {
            tracing::debug!(%error, "a datagram could not be sent");
        }
    }

    /// Sends a datagram without waiting, for when there is no time left to wait.
    pub(super) fn send_now(&self, datagram: &[u8]) {
        #[cfg(unix)]
        {
            // The runtime may be gone by now, and its socket with it: the duplicate needs none.
            use std::os::fd::AsFd;
            if let Ok(fd) = self.socket.as_fd().try_clone_to_owned() {
                let _ = std::net::UdpSocket::from(fd).send(datagram);
            }
        }
        #[cfg(not(unix))]
        let _ = self.socket.try_send(datagram);
    }

    /// The next datagram. Cancelling it loses none.
    pub(super) async fn receive(&self) -> std::io::Result<Vec<u8>> {
        let mut buffer = vec![0; LONGEST];
        let length = self.socket.recv(&mut buffer).await?;
        buffer.truncate(length);
        Ok(buffer)
    }

    /// Sends what `question` makes (again with every repetition) until `answer` finds what it wants in a datagram.
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
                        // Refused at once: leave it the time to come up that a lost packet would have got.
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
