//! Connects to the machine that an example talks to. The first argument is its URL, ROSEFISH_USER and ROSEFISH_PASSWORD
//! are the credentials, and ROSEFISH_PIN is the SHA-256 of its certificate if that is self-signed. Without a URL, this
//! is a mock BMC.

use std::env;
use std::error::Error;

use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;

/// Returns a client, and the mock that it talks to if there is no URL. Keep the mock: it stops when it is dropped.
pub(crate) async fn connect() -> Result<(Client, Option<MockBmc>), Box<dyn Error>> {
    let Some(url) = env::args().nth(1) else {
        let bmc = MockBmc::start().await?;
        let certificate = bmc.certificate_pem().unwrap_or_default().as_bytes().to_vec();
        let client = Client::builder(&bmc.url())
            .credentials(Credentials::new(bmc.user(), bmc.password()))
            .ca_pem(certificate)
            .connect()
            .await?;
        return Ok((client, Some(bmc)));
    };
    let mut builder = Client::builder(&url);
    if let (Ok(user), Ok(password)) = (env::var("ROSEFISH_USER"), env::var("ROSEFISH_PASSWORD")) {
        builder = builder.credentials(Credentials::new(user, password));
    }
    if let Ok(pin) = env::var("ROSEFISH_PIN") {
        builder = builder.pin_sha256(&pin);
    }
    Ok((builder.connect().await?, None))
}
