//! Tests a program against a mock BMC: `cargo run --example mock_test`.

use std::error::Error;

use rosefish::schema::resource::{PowerState, ResetType};
use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;

/// The function under test: switches off every system that is on, and returns how many there were.
async fn all_off(client: &Client) -> Result<usize, rosefish::Error> {
    let mut switched = 0;
    let mut systems = client.root().systems().members();
    while let Some(system) = systems.try_next().await? {
        if system.power_state == Some(PowerState::On) {
            system.reset(ResetType::ForceOff).await?;
            switched += 1;
        }
    }
    Ok(switched)
}

// In your own program, this is a `#[tokio::test]`.
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let bmc = MockBmc::start().await?;
    let client = Client::builder(&bmc.url())
        .credentials(Credentials::new(bmc.user(), bmc.password()))
        .pin_sha256(&bmc.fingerprint_sha256().unwrap_or_default())
        .connect()
        .await?;

    assert_eq!(all_off(&client).await?, 1);
    assert_eq!(all_off(&client).await?, 0, "there was nothing left to do");
    client.close().await?;

    // The test also sees the machine's state, and every request that led to it.
    assert_eq!(bmc.resource("/redfish/v1/Systems/1").unwrap_or_default()["PowerState"], "Off");
    let requests = bmc.requests();
    let resets = requests.iter().filter(|request| request.path().ends_with("/ComputerSystem.Reset")).count();
    assert_eq!(resets, 1);
    assert_eq!(bmc.sessions(), 0, "the client has logged out");
    println!("{} requests, all as they should be", requests.len());
    Ok(())
}
