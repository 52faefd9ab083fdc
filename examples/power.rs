//! Turns the first system off and on, and waits until it is: `cargo run --example power [URL]`.

mod machine;

use std::error::Error;
use std::time::Duration;

use rosefish::schema::resource::{PowerState, ResetType};

/// How long a server may take.
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let system = client.root().systems().members().try_next().await?.ok_or("there is no system")?;
    println!("{}: {:?}", system.uri(), system.power_state);
    for (reset, wanted) in [(ResetType::ForceOff, PowerState::Off), (ResetType::On, PowerState::On)] {
        // A reset type that this system does not allow is refused before anything is sent. The answer may be a task.
        system.reset(reset.clone()).await?.wait(PATIENCE).await?;
        // The service confirms a reset long before the power has changed.
        let seen = wanted.clone();
        let system = system.wait_until(move |now| now.power_state.as_ref() == Some(&seen), PATIENCE).await?;
        println!("{}: {wanted} after {reset}", system.uri());
    }
    client.close().await?;
    Ok(())
}
