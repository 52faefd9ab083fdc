//! Reads what a vendor says in its service root: an IEIT SYSTEMS server, as the vendor's manual shows it, played by a mock.
//!
//! cargo run -p rosefish-oem --features ieit --example service_root

use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;
use rosefish_oem::ieit::oem_public::ServiceRoot;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bmc = MockBmc::builder().plain().start().await?;
    let mut root = bmc.resource("/redfish/v1").unwrap_or_default();
    root["Oem"]["Public"] = json!({
        "ManagementIPv4": "192.0.2.7", "Manufacturer": "IEIT SYSTEMS", "Model": "SA5212-M7", "SerialNumber": "123", "Unheard": true,
    });
    bmc.set("/redfish/v1", root);

    let credentials = Credentials::new(bmc.user(), bmc.password());
    let client = Client::builder(&bmc.url()).credentials(credentials).connect().await?;
    let public = client.root().oem::<ServiceRoot>().ok_or("nothing of IEIT SYSTEMS'")??;
    let root = &public.value;
    println!(
        "{:?} {:?}, serial number {:?}, managed at {:?}",
        root.manufacturer, root.model, root.serial_number, root.management_ipv4
    );
    // What the type doesn't have is reported, and kept.
    for deviation in &public.deviations {
        println!("{deviation}");
    }
    client.close().await?;
    Ok(())
}
