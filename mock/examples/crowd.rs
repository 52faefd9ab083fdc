//! Serves many small machines from one process: `cargo run -p rosefish-mock --example crowd -- 300`. Prints a URL for each. A line on
//! standard input is answered with how many sessions are open, and its end ends the machines.

use std::io::{BufRead as _, Write as _};

use rosefish_mock::{Crowd, MockBmc, Tree};
use serde_json::{Value, json};

fn link(uri: &str) -> Value {
    json!({ "@odata.id": uri })
}

/// One system and one chassis, with some sensors.
fn machine() -> Tree {
    let sessions = "/redfish/v1/SessionService/Sessions";
    let temperature = |id: &str, name: &str, celsius: f64| json!({ "MemberId": id, "Name": name, "ReadingCelsius": celsius, "UpperThresholdCritical": 90 });
    Tree::new()
        .with(
            "/redfish/v1",
            json!({
                "@odata.type": "#ServiceRoot.v1_16_0.ServiceRoot", "Id": "Root", "Name": "Root", "RedfishVersion": "1.16.0",
                "Systems": link("/redfish/v1/Systems"), "Chassis": link("/redfish/v1/Chassis"),
                "SessionService": link("/redfish/v1/SessionService"), "Links": { "Sessions": link(sessions) },
            }),
        )
        .with("/redfish/v1/SessionService", json!({ "Id": "S", "Name": "S", "Sessions": link(sessions) }))
        .with(sessions, json!({ "Name": "Sessions", "Members": [], "Members@odata.count": 0 }))
        .with("/redfish/v1/Systems", json!({ "Name": "Systems", "Members": [link("/redfish/v1/Systems/1")] }))
        .with(
            "/redfish/v1/Systems/1",
            json!({
                "@odata.type": "#ComputerSystem.v1_22_0.ComputerSystem", "Id": "1", "Name": "System", "PowerState": "On",
                "Status": { "State": "Enabled", "Health": "OK" },
            }),
        )
        .with("/redfish/v1/Chassis", json!({ "Name": "Chassis", "Members": [link("/redfish/v1/Chassis/1")] }))
        .with(
            "/redfish/v1/Chassis/1",
            json!({
                "@odata.type": "#Chassis.v1_25_0.Chassis", "Id": "1", "Name": "Chassis", "ChassisType": "RackMount",
                "Thermal": link("/redfish/v1/Chassis/1/Thermal"),
            }),
        )
        .with(
            "/redfish/v1/Chassis/1/Thermal",
            json!({
                "@odata.type": "#Thermal.v1_7_1.Thermal", "Id": "Thermal", "Name": "Thermal",
                "Temperatures": [temperature("0", "Inlet", 21.5), temperature("1", "CPU 1", 54.0), temperature("2", "CPU 2", 51.0)],
                "Fans": [{ "MemberId": "0", "Name": "Fan 1", "Reading": 8400, "ReadingUnits": "RPM", "Status": { "Health": "OK" } }],
            }),
        )
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(100), |count| count.parse())?;
    let (crowd, tree) = (Crowd::new(1)?, machine());
    let mut machines = Vec::new();
    for _ in 0..count {
        let one = MockBmc::builder().crowd(&crowd).tree(tree.clone()).plain().credentials("admin", "password");
        machines.push(one.start().await?);
    }
    let mut out = std::io::stdout().lock();
    for machine in &machines {
        writeln!(out, "{}", machine.url())?;
    }
    out.flush()?;
    for line in std::io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", machines.iter().map(MockBmc::sessions).sum::<usize>())?;
        out.flush()?;
    }
    Ok(())
}
