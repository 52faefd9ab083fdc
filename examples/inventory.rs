//! Lists processors, memory and drives of each system: `cargo run --example inventory [URL]`.

mod machine;

use std::error::Error;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (client, _mock) = machine::connect().await?;
    // `collect_all` keeps what could be read, and names what could not: one broken module hides no other.
    let systems = client.root().systems().members().collect_all().await;
    let mut missing = systems.missing;
    for system in &systems.items {
        println!(
            "{}: {:?} {:?}, serial number {:?}",
            system.uri(),
            system.manufacturer,
            system.model,
            system.serial_number
        );
        let processors = system.processors().members().collect_all().await;
        for processor in &processors {
            println!("  {:?}: {:?}, {:?} cores", processor.socket, processor.model, processor.total_cores);
        }
        let memory = system.memory().members().collect_all().await;
        for module in &memory {
            println!(
                "  {:?}: {:?} MiB, {:?} MHz",
                module.device_locator, module.capacity_mib, module.operating_speed_mhz
            );
        }
        missing.extend(processors.missing.into_iter().chain(memory.missing));
        let storage = system.storage().members().collect_all().await;
        for unit in &storage {
            let drives = unit.drives().collect_all().await;
            for drive in &drives {
                println!("  {:?}: {:?}, {:?} bytes", drive.name, drive.media_type, drive.capacity_bytes);
            }
            missing.extend(drives.missing);
        }
        missing.extend(storage.missing);
    }
    println!("{} places could not be read", missing.len());
    for missing in &missing {
        eprintln!("{missing}");
    }
    client.close().await?;
    Ok(())
}
