//! Changes an attribute of the BIOS, shows what is pending, and takes it back: `cargo run --example bios [URL [NAME VALUE]]`.

mod machine;

use std::env::args;
use std::error::Error;

use rosefish::Committed;
use rosefish::wire::Primitive;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    let name = args().nth(2).unwrap_or_else(|| "PowerProfile".to_owned());
    let value = args().nth(3).unwrap_or_else(|| "Performance".to_owned());
    let system = client.root().systems().members().try_next().await?.ok_or("there is no system")?;
    let bios = system.bios().await?;

    // The registry says what attributes mean, and which values they take.
    let registry = bios.registry().await?;
    let entries = registry.registry_entries.as_ref().map(|entries| &entries.attributes[..]).unwrap_or_default();
    let entry = entries.iter().find(|entry| entry.attribute_name.as_ref() == Some(&name));
    let values =
        entry.map(|entry| entry.value.iter().filter_map(|value| value.value_name.as_deref()).collect::<Vec<_>>());
    println!("{name} takes {values:?}");

    let mut edit = bios.edit();
    let attributes = edit.attributes.as_mut().ok_or("the BIOS shows no attributes")?;
    let before =
        attributes.properties.insert(name.clone(), Primitive::String(value)).ok_or("there is no such attribute")?;
    if let Committed::Pending(pending) = edit.commit().await? {
        let wanted = pending.attributes.as_ref().and_then(|attributes| attributes.properties.get(&name));
        println!("{}: {wanted:?} after the next reset", pending.uri());
    }

    let settings = bios.settings().await?;
    let mut edit = settings.edit();
    edit.attributes.as_mut().ok_or("the settings show no attributes")?.properties.insert(name.clone(), before);
    edit.commit().await?;
    println!("{name} stays as it is");
    client.close().await?;
    Ok(())
}
