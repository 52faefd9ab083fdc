//! An inventory like those that users write: 15 types, reached by following links, with fields of each, an edit and an
//! action.

use rosefish::schema::resource::ResetType;
use rosefish::schema::{Chassis, Manager, ServiceRoot};
use rosefish::{Client, Credentials, Error, Resource};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let mut arguments = std::env::args().skip(1);
    let [url, user, password] = std::array::from_fn(|_| arguments.next().unwrap_or_default());
    let bmc = Client::builder(&url).credentials(Credentials::new(user, password)).connect().await?;
    let root: Resource<ServiceRoot> = bmc.root();
    println!("{:?} {:?}", root.product, root.redfish_version);
    let mut systems = root.systems().members();
    while let Some(system) = systems.try_next().await? {
        println!("{:?} {:?} {:?} {:?}", system.manufacturer, system.model, system.serial_number, system.power_state);
        for processor in system.processors().members().try_collect::<Vec<_>>().await? {
            println!("{:?} {:?}", processor.model, processor.total_cores);
        }
        for dimm in system.memory().members().try_collect::<Vec<_>>().await? {
            println!("{:?} {:?} MiB", dimm.part_number, dimm.capacity_mib);
        }
        for port in system.ethernet_interfaces().members().try_collect::<Vec<_>>().await? {
            println!("{:?} {:?}", port.mac_address, port.link_status);
        }
        for storage in system.storage().members().try_collect::<Vec<_>>().await? {
            for drive in storage.drives().try_collect::<Vec<_>>().await? {
                println!("{:?} {:?} {:?}", drive.model, drive.capacity_bytes, drive.media_type);
            }
            for volume in storage.volumes().members().try_collect::<Vec<_>>().await? {
                println!("{:?} {:?}", volume.name, volume.raid_type);
            }
        }
        if let Some(bios) = system.bios().get_opt().await? {
            println!("{} attributes", bios.attributes.as_ref().map_or(0, |attributes| attributes.properties.len()));
        }
        let mut edit = system.edit();
        edit.asset_tag = Some("rack 7".to_owned());
        edit.commit().await?;
        system.reset(ResetType::GracefulRestart).await?;
    }
    let mut chassis = root.chassis().members();
    while let Some(chassis) = chassis.try_next().await? {
        cooling(&chassis).await?;
    }
    for manager in root.managers().members().try_collect::<Vec<Resource<Manager>>>().await? {
        println!("{:?}", manager.firmware_version);
        for log in manager.log_services().members().try_collect::<Vec<_>>().await? {
            for entry in log.entries().members().try_collect::<Vec<_>>().await? {
                println!("{:?} {:?} {:?}", entry.created, entry.severity, entry.message);
            }
        }
    }
    bmc.close().await
}

async fn cooling(chassis: &Resource<Chassis>) -> Result<(), Error> {
    for sensor in chassis.sensors().members().try_collect::<Vec<_>>().await? {
        println!("{:?} {:?} {:?}", sensor.name, sensor.reading, sensor.reading_units);
    }
    if let Some(power) = chassis.power_subsystem().get_opt().await? {
        for supply in power.power_supplies().members().try_collect::<Vec<_>>().await? {
            println!("{:?} {:?}", supply.model, supply.power_capacity_watts);
        }
    }
    Ok(())
}
