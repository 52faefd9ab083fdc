//! Keeps a session for another process: `cargo run --example session [URL]`.
//!
//! Logging in takes a BMC seconds, and many allow few sessions. Here, both "processes" are in one program.

mod machine;

use std::error::Error;

use rosefish::{ExposedSession, SessionToken};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mock = machine::mock().await?;
    let client = machine::guest(mock.as_ref()).credentials(machine::credentials(mock.as_ref())).connect().await?;
    // From here on, this client leaves the session open when it is dropped.
    let token = client.keep_session().ok_or("the service has no sessions")?;
    println!("kept {:?}", token.uri());
    // This is as good as a login: store it as you would a password.
    let stored = serde_json::to_string(&token.expose())?;
    drop(client);

    let token: SessionToken = serde_json::from_str::<ExposedSession>(&stored)?.into();
    // `session` leaves it open for the next one, `adopt_session` ends it.
    let client = machine::guest(mock.as_ref()).adopt_session(token).connect().await?;
    let systems = client.root().systems().members().collect_all().await;
    println!("resumed at {}: {} systems", client.origin(), systems.items.len());
    client.close().await?;
    Ok(())
}
