//! Shows vendors' extensions of a machine's systems and managers: `cargo run --example oem [URL]`.

mod machine;

use std::error::Error;

use rosefish::wire::Oem;

/// The part of a vendor's extension that this program uses. Any type that implements `Deserialize` will do.
#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
#[allow(dead_code, reason = "read by Debug")]
struct Bezel {
    bezel_color: String,
    bezel_locked: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let mut systems = client.root().systems().members();
    while let Some(system) = systems.try_next().await? {
        print(system.uri(), system.oem.as_ref());
        // `None` if the extension is another vendor's, and an error if it has another shape.
        match system.oem.as_ref().and_then(|oem| oem.get::<Bezel>("RosefishLabs")) {
            Some(Ok(bezel)) => println!("  {bezel:?}"),
            Some(Err(error)) => println!("  this firmware says it otherwise: {error}"),
            None => println!("  no bezel that we know of"),
        }
    }
    let mut managers = client.root().managers().members();
    while let Some(manager) = managers.try_next().await? {
        print(manager.uri(), manager.oem.as_ref());
    }
    client.close().await?;
    Ok(())
}

fn print(uri: &str, oem: Option<&Oem>) {
    println!("{uri}");
    for vendor in oem.map(Oem::vendors).unwrap_or_default() {
        println!("  extended by {vendor}");
    }
    if let Some(oem) = oem {
        println!("  {}", oem.as_json());
    }
}
