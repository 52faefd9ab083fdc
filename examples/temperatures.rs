//! Lists the temperatures of a machine, by Redfish or IPMI: `cargo run --example temperatures [HOST]`.

mod machine;

use std::error::Error;

use rosefish::host::SensorKind;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mock = machine::mock().await?;
    let host = machine::host(mock.as_ref()).connect().await?.value;
    // They are looked for wherever a machine has them, and each is listed once.
    let sensors = host.sensors().await?;
    println!("by {}", sensors.backend);
    for sensor in sensors.value.iter().filter(|sensor| sensor.kind == SensorKind::Temperature) {
        let limit = sensor.thresholds.upper_critical;
        println!(
            "{:<24} {:?} {:?}, {} (critical above {limit:?})",
            sensor.name, sensor.reading, sensor.unit, sensor.status
        );
    }
    for missing in &sensors.value.missing {
        eprintln!("not read: {missing}");
    }
    host.close().await;
    Ok(())
}
