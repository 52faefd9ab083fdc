//! Resets every system of a machine: `cargo run --example reset [URL RESET_TYPE]`.
//!
//! Without arguments, this switches off the mock's system. With a URL, the second argument is the reset type:
//! `GracefulRestart`, `On`, ...

mod machine;

use std::error::Error;

use rosefish::schema::resource::ResetType;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, mock) = machine::connect().await?;
    let reset: ResetType = match (std::env::args().nth(2), &mock) {
        (Some(name), _) => name.parse()?,
        (None, Some(_)) => ResetType::ForceOff,
        (None, None) => return Err("say how to reset the systems there, GracefulRestart for instance".into()),
    };
    let mut systems = client.root().systems().members();
    while let Some(mut system) = systems.try_next().await? {
        println!("{}: {:?}", system.uri(), system.power_state);
        // A reset type that this system does not allow is refused before anything is sent.
        system.reset(reset.clone()).await?;
        system.refresh().await?;
        println!("{}: {:?} after {reset}", system.uri(), system.power_state);
    }
    client.close().await?;
    Ok(())
}
