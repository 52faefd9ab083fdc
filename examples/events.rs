//! Shows the next events of a machine as they come: `cargo run --example events [URL [NUMBER]]`.
//!
//! On the mock, one is made: an asset tag changes.

mod machine;

use std::error::Error;
use std::time::Duration;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, mock) = machine::connect().await?;
    let wanted = std::env::args().nth(2).map_or(Ok(1), |number| number.parse())?;
    // Connects when it is polled first, and again after each interruption, from where it was.
    let mut events = client.root().event_service().await?.events();
    if mock.is_some() {
        let client = client.clone();
        tokio::spawn(async move { change(&client).await });
    }
    for _ in 0..wanted {
        // One that can't be read is an error, and doesn't end the stream.
        match events.next().await.ok_or("the service has no events")? {
            Ok(notification) => {
                for record in notification.records() {
                    println!("{:?} {:?}: {:?}", record.event_timestamp, record.severity, record.message);
                }
            }
            Err(error) => eprintln!("{error}"),
        }
    }
    drop(events);
    client.close().await?;
    Ok(())
}

async fn change(client: &rosefish::Client) -> Result<(), rosefish::Error> {
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut systems = client.root().systems().members();
    while let Some(system) = systems.try_next().await? {
        let mut edit = system.edit();
        edit.asset_tag = Some("rack 7".to_owned());
        edit.commit().await?;
    }
    Ok(())
}
