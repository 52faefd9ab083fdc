//! Shows power, identity and sensors of a machine by IPMI: `cargo run --example ipmi [HOST]`.

use std::error::Error;

use rosefish::ipmi::Client;
use rosefish_mock::ipmi::MockIpmi;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let variable = |name| std::env::var(name).unwrap_or_default();
    let mut mock = None;
    let builder = match std::env::args().nth(1) {
        Some(host) => Client::builder(host).credentials(variable("ROSEFISH_USER"), variable("ROSEFISH_PASSWORD")),
        None => {
            let bmc = mock.insert(MockIpmi::builder().credentials("admin", "password").start().await?);
            Client::builder(bmc.addr().to_string()).credentials("admin", "password")
        }
    };
    let bmc = builder.connect().await?;
    println!("power: {}", if bmc.chassis_status().await?.power_on { "on" } else { "off" });
    println!("firmware: {:?}", bmc.device_id().await?.firmware);
    let sensors = bmc.sensors().await?;
    for sensor in &sensors.items {
        // The others are shown even if one can't be read.
        match bmc.read_sensor(sensor).await {
            Ok(read) => println!("{:<20} {:?} {} {:?}", sensor.name, read.value, sensor.unit, read.states),
            Err(error) => println!("{:<20} {error}", sensor.name),
        }
    }
    for missing in &sensors.missing {
        eprintln!("{missing}: {}", missing.error());
    }
    bmc.close().await;
    Ok(())
}
