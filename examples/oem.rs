//! Reads, changes and invokes what vendors add to systems: `cargo run --example oem [URL]`.
//!
//! On the mock, a bezel is unlocked and polished.

mod machine;

use std::error::Error;

use rosefish_mock::MockBmc;
use serde_json::json;

const SYSTEM: &str = "/redfish/v1/Systems/1";

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
    let (client, mock) = machine::connect().await?;
    mock.as_ref().map(add_action);
    let mut systems = client.root().systems().members();
    while let Some(system) = systems.try_next().await? {
        // `None` if the extension is another vendor's, and an error if it has another shape.
        match system.oem.as_ref().and_then(|oem| oem.get::<Bezel>("RosefishLabs")) {
            Some(bezel) => println!("{}: {:?}", system.uri(), bezel?),
            None => println!("{}: extended by {:?}", system.uri(), system.oem.as_ref().map(|oem| oem.vendors())),
        }
        for action in system.oem_actions() {
            println!("  has the action {}", action.name);
        }
        if mock.is_some() {
            let mut edit = system.edit();
            edit.oem.as_mut().ok_or("no Oem")?.set("/RosefishLabs/BezelLocked", false)?;
            println!("  PATCH {}", edit.patch().body);
            edit.commit().await?;
            let refused = system.oem_action("#RosefishLabs.Polish").parameter("Grade", "Rough").await;
            println!("  {}", refused.err().ok_or("was not refused")?);
            system.oem_action("#RosefishLabs.Polish").parameter("Grade", "Fine").await?;
            println!("  polished");
        }
    }
    client.close().await?;
    Ok(())
}

/// Gives the mock's system an action of the vendor's.
fn add_action(bmc: &MockBmc) {
    let mut system = bmc.resource(SYSTEM).unwrap_or_default();
    let target = format!("{SYSTEM}/Actions/Oem/RosefishLabs.Polish");
    system["Actions"]["Oem"] =
        json!({ "#RosefishLabs.Polish": { "target": target, "Grade@Redfish.AllowableValues": ["Fine", "Mirror"] } });
    bmc.set(SYSTEM, system);
}
