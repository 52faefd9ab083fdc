//! Requests without a session: whether a host speaks RMCP, and how sessions are authenticated.

use std::net::SocketAddr;

use super::config::Config;
use super::open20::{capabilities, random};
use super::wire::Wire;
use crate::command::session::ChannelAuthenticationCapabilities;
use crate::error::{Error, ErrorKind};
use crate::packet::rmcp::{self, Datagram, Pong};

async fn wire(address: SocketAddr) -> Result<Wire, Error> {
    Wire::connect(address).await.map_err(|error| Error::io(ErrorKind::Unreachable, "opening a socket", error))
}

/// Sends Get Channel Authentication Capabilities.
pub(crate) async fn probe(address: SocketAddr, config: &Config) -> Result<ChannelAuthenticationCapabilities, Error> {
    capabilities(&wire(address).await?, config).await
}

/// Sends an ASF presence ping.
pub(crate) async fn ping(address: SocketAddr, config: &Config) -> Result<Pong, Error> {
    let [tag] = random::<1>()?;
    let tag = tag & 0x7f; // FFh would say that no answer is wanted
    let answer = |datagram: &[u8]| match rmcp::decode(datagram) {
        Ok(Datagram::Pong(pong)) if pong.tag == tag => Some(pong),
        _ => None,
    };
    wire(address).await?.ask(config, config.timeout, "ASF presence ping", || rmcp::ping(tag), answer).await
}
