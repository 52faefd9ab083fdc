//! Connects to the machine that an example talks to. The first argument is its URL, ROSEFISH_USER and ROSEFISH_PASSWORD
//! are the credentials, and ROSEFISH_PIN is the SHA-256 of its certificate if that is self-signed. Without a URL, this
//! is a mock BMC.

use std::env;
use std::error::Error;

use rosefish::{Client, ClientBuilder, Credentials};
use rosefish_mock::MockBmc;

/// Returns a client, and the mock that it talks to if there is no URL. Keep the mock: it stops when it is dropped.
#[allow(dead_code, reason = "some examples set more before they connect")]
pub(crate) async fn connect() -> Result<(Client, Option<MockBmc>), Box<dyn Error>> {
    let (builder, mock) = builder().await?;
    Ok((builder.connect().await?, mock))
}

/// Returns what a client is made with, and the mock.
pub(crate) async fn builder() -> Result<(ClientBuilder, Option<MockBmc>), Box<dyn Error>> {
    let Some(url) = env::args().nth(1) else {
        let bmc = MockBmc::start().await?;
        let certificate = bmc.certificate_pem().unwrap_or_default().as_bytes().to_vec();
        let builder =
            Client::builder(&bmc.url()).credentials(Credentials::new(bmc.user(), bmc.password())).ca_pem(certificate);
        return Ok((builder, Some(bmc)));
    };
    let mut builder = Client::builder(&url);
    if let (Ok(user), Ok(password)) = (env::var("ROSEFISH_USER"), env::var("ROSEFISH_PASSWORD")) {
        builder = builder.credentials(Credentials::new(user, password));
    }
    if let Ok(pin) = env::var("ROSEFISH_PIN") {
        builder = builder.pin_sha256(&pin);
    }
    Ok((builder, None))
}
