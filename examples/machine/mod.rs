//! Which machine the examples talk to: the URL in the first argument, with ROSEFISH_USER and ROSEFISH_PASSWORD, and the
//! SHA-256 of its certificate in ROSEFISH_PIN where that is self-signed. Without a URL, a mock BMC in this process.

use std::env;
use std::error::Error;

use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;

/// A client, and the mock that it talks to unless a URL was given. Keep the mock: it ends when it is dropped.
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
