//! The machine that an example talks to. The first argument is its URL, ROSEFISH_USER and ROSEFISH_PASSWORD are the
//! credentials, and ROSEFISH_PIN is the SHA-256 of its certificate if that is self-signed. Without a URL, this is a mock
//! BMC within the program.

#![allow(dead_code, reason = "no example needs all of it")]

use std::env;
use std::error::Error;

use rosefish::host::{Host, HostBuilder};
use rosefish::{Client, ClientBuilder, Credentials};
use rosefish_mock::MockBmc;

/// Starts a mock BMC if there is no URL. Keep it: it stops when it is dropped.
pub(crate) async fn mock() -> Result<Option<MockBmc>, Box<dyn Error>> {
    if env::args().nth(1).is_some() { Ok(None) } else { Ok(Some(MockBmc::start().await?)) }
}

/// Returns the URL, or what else names the machine.
pub(crate) fn address(mock: Option<&MockBmc>) -> String {
    mock.map_or_else(|| env::args().nth(1).unwrap_or_default(), MockBmc::url)
}

/// Names the machine, and says which certificate to trust.
pub(crate) fn guest(mock: Option<&MockBmc>) -> ClientBuilder {
    let certificate = mock.and_then(MockBmc::certificate_pem).map(str::to_owned);
    trust(Client::builder(&address(mock)), certificate.as_deref())
}

/// Says how to reach the machine over either protocol.
pub(crate) fn host(mock: Option<&MockBmc>) -> HostBuilder {
    let certificate = mock.and_then(MockBmc::certificate_pem).map(str::to_owned);
    let host = Host::builder(&address(mock)).credentials(credentials(mock));
    host.redfish(move |builder| trust(builder, certificate.as_deref()))
}

fn trust(builder: ClientBuilder, certificate: Option<&str>) -> ClientBuilder {
    match (certificate, env::var("ROSEFISH_PIN")) {
        (Some(certificate), _) => builder.ca_pem(certificate),
        (None, Ok(pin)) => builder.pin_sha256(&pin),
        (None, Err(_)) => builder,
    }
}

/// Returns what to log in with.
pub(crate) fn credentials(mock: Option<&MockBmc>) -> Credentials {
    let variable = |name| env::var(name).unwrap_or_default();
    match mock {
        Some(bmc) => Credentials::new(bmc.user(), bmc.password()),
        None => Credentials::new(variable("ROSEFISH_USER"), variable("ROSEFISH_PASSWORD")),
    }
}

/// Returns what a client is made with, to set more before it connects.
pub(crate) async fn builder() -> Result<(ClientBuilder, Option<MockBmc>), Box<dyn Error>> {
    let mock = mock().await?;
    Ok((guest(mock.as_ref()).credentials(credentials(mock.as_ref())), mock))
}

/// Returns a client that is logged in, and the mock that it talks to if there is no URL.
pub(crate) async fn connect() -> Result<(Client, Option<MockBmc>), Box<dyn Error>> {
    let (builder, mock) = builder().await?;
    Ok((builder.connect().await?, mock))
}
