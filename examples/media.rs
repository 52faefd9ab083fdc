//! Boots a system from an image: `cargo run --example media [URL [IMAGE]]`.
//!
//! Inserts the image into the first slot that takes a CD, and sets the first system to boot from it next time. Without
//! an image, the slot is emptied and the override removed. On the mock, both are done.

mod machine;

use std::error::Error;

use rosefish::schema::computer_system::BootSource;
use rosefish::schema::virtual_media::MediaType;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, mock) = machine::connect().await?;
    let image =
        mock.as_ref().map(|_| "https://images.example/install.iso".to_owned()).or_else(|| std::env::args().nth(2));
    let slots = client.virtual_media().await?;
    let slot = slots.iter().find(|slot| slot.media_types.contains(&MediaType::CD)).ok_or("no slot takes a CD")?;
    let system = client.root().systems().members().try_next().await?.ok_or("there is no system")?;
    if let Some(image) = &image {
        let slot = slot.insert(image).await?;
        println!("{}: {:?}", slot.uri(), slot.image);
        system.boot_once(BootSource::Cd).await?;
        println!("{}: starts from a CD the next time", system.uri());
    }
    if image.is_none() || mock.is_some() {
        let slot = slot.eject().await?;
        println!("{}: empty", slot.uri());
        system.boot_normally().await?;
        println!("{}: starts as its firmware would", system.uri());
    }
    client.close().await?;
    Ok(())
}
