//! Creates a volume on the first storage that has volumes, and deletes it: `cargo run --example volumes [URL]`.

mod machine;

use std::error::Error;
use std::time::Duration;

use rosefish::schema::Volume;

const PATIENCE: Duration = Duration::from_secs(600);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let system = client.root().systems().members().try_next().await?.ok_or("there is no system")?;
    let storage = system.storage().members().try_next().await?.ok_or("there is no storage")?;
    let volumes = storage.volumes().await?;
    let mut members = volumes.members();
    while let Some(volume) = members.try_next().await? {
        println!("{}: {:?}, {:?} bytes", volume.uri(), volume.name, volume.capacity_bytes);
    }

    let wanted = Volume { name: Some("scratch".to_owned()), capacity_bytes: Some(10 << 30), ..Volume::default() };
    // Services do this at once or as a task; `wait` is good for both, and reads the new volume.
    let volume = volumes.create(&wanted).await?.wait(PATIENCE).await?;
    println!("created {}: {:?} bytes", volume.uri(), volume.capacity_bytes);
    volume.delete().await?.wait(PATIENCE).await?;
    println!("deleted it");
    client.close().await?;
    Ok(())
}
