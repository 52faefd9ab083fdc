//! Reads, changes and invokes what a made-up vendor has, with the types that `build.rs` compiled. It runs against a mock of its own.

use std::error::Error;

use contoso::ContosoShelf;
use contoso::contoso_chassis::ContosoChassis;
use contoso::contoso_shelf::Finish;
use contoso::methods::{ChassisMethods as _, ContosoShelfMethods as _};
use rosefish::{Client, Credentials, Resource};
use rosefish_mock::MockBmc;
use serde_json::json;

mod contoso {
    //! Generated from `schemas/`.
    include!(concat!(env!("OUT_DIR"), "/contoso.rs"));
}

const CHASSIS: &str = "/redfish/v1/Chassis/1";
const SHELF: &str = "/redfish/v1/Oem/Contoso/Shelves/1";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let bmc = MockBmc::builder().plain().start().await?;
    put_shelf(&bmc);
    let client =
        Client::builder(&bmc.url()).credentials(Credentials::new(bmc.user(), bmc.password())).connect().await?;

    // Read like any resource: what the payload has beyond the schema or otherwise than the schema is reported, and kept.
    let shelf: Resource<ContosoShelf> = client.get(SHELF).await?;
    println!(
        "{}: {:?}, health {:?}",
        shelf.uri(),
        shelf.finish,
        shelf.status.as_ref().and_then(|it| it.health.as_ref())
    );
    for deviation in shelf.deviations() {
        println!("  {deviation}");
    }

    // Links lead to Redfish's resources, with Redfish's methods.
    let mut chassis = shelf.chassis();
    while let Some(chassis) = chassis.try_next().await? {
        println!("  carries {}", chassis.uri());
        // An action of the vendor's on a resource of Redfish's.
        chassis.blink(3).await?;
        println!("  it blinked");
        // What the vendor adds to the resource itself, read, followed and changed.
        let added = chassis.oem::<ContosoChassis>().ok_or("nothing of Contoso's")??.value;
        println!("  its bezel: {:?}", added.bezel);
        if let Some(shelf) = &added.shelf {
            println!("  it stands on {}", chassis.follow(shelf).await?.uri());
        }
        let mut edit = chassis.edit();
        let oem = edit.oem.as_mut().ok_or("no Oem")?;
        oem.change::<ContosoChassis>(|it| it.bezel.get_or_insert_default().color = Some("Teal".to_owned()))?;
        println!("  PATCH {}", edit.patch().body);
        let oem = edit.oem.as_mut().ok_or("no Oem")?;
        let refused = oem.change::<ContosoChassis>(|it| it.bezel.get_or_insert_default().serial = None);
        println!("  {}", refused.err().ok_or("was not refused")?);
    }

    // Changed by a PATCH of what differs.
    let mut edit = shelf.edit();
    edit.finish = Some(Finish::Matte);
    println!("  PATCH {}", edit.patch().body);
    // What is secret is not shown.
    edit.lock_password = Some("open sesame".to_owned());
    println!("  {:?}", edit.patch());

    let refused = shelf.lift(40).await.err().map(|error| error.to_string());
    println!("  not lifted: {}", refused.unwrap_or_default());

    // What the schemas say is there at run time.
    for table in contoso::types() {
        let about = contoso::description(table.notes.doc).map_or("", |(about, _)| about);
        println!("{}: {} properties. {about}", table.name, table.fields.len());
    }
    client.close().await?;
    Ok(())
}

/// Gives the mock a shelf, and the chassis on it an action.
fn put_shelf(bmc: &MockBmc) {
    bmc.set(
        SHELF,
        json!({
            "@odata.id": SHELF,
            "@odata.type": "#ContosoShelf.v1_0_0.ContosoShelf",
            "Id": "1",
            "Name": "The shelf",
            "Finish": "Glossy",
            "Height": 2,
            "LockPassword": "open sesame",
            "Status": { "Health": "OK" },
            "Links": { "Chassis": [{ "@odata.id": CHASSIS }] },
        }),
    );
    let mut chassis = bmc.resource(CHASSIS).unwrap_or_default();
    let target = format!("{CHASSIS}/Actions/Oem/ContosoChassis.Blink");
    chassis["Actions"]["Oem"] = json!({ "#ContosoChassis.Blink": { "target": target } });
    chassis["Oem"]["Contoso"] =
        json!({ "Bezel": { "Color": "Coral", "Serial": "B7" }, "Doors": 1.50, "Shelf": { "@odata.id": SHELF } });
    bmc.set(CHASSIS, chassis);
}
