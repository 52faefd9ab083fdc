//! The smallest machine that is worth asking: what a test serves by the hundred.

use serde_json::{Value, json};

use crate::tree::Tree;

const SESSION_SERVICE: &str = "/redfish/v1/SessionService";
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";
const SYSTEMS: &str = "/redfish/v1/Systems";
const SYSTEM: &str = "/redfish/v1/Systems/1";
const CHASSES: &str = "/redfish/v1/Chassis";
const CHASSIS: &str = "/redfish/v1/Chassis/1";
const THERMAL: &str = "/redfish/v1/Chassis/1/Thermal";

fn link(uri: &str) -> Value {
    json!({ "@odata.id": uri })
}

fn collection(kind: &str, name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|uri| link(uri)).collect();
    json!({
        "@odata.type": format!("#{kind}Collection.{kind}Collection"), "Name": name, "Members@odata.count": members.len(), "Members": members,
    })
}

fn temperature(id: &str, name: &str, celsius: f64) -> Value {
    json!({
        "@odata.id": format!("{THERMAL}#/Temperatures/{id}"), "MemberId": id, "Name": name, "ReadingCelsius": celsius,
        "UpperThresholdCritical": 90, "Status": { "State": "Enabled", "Health": "OK" },
    })
}

impl Tree {
    /// Creates a machine of eight resources, for tests that serve many of them: one system, which can be reset, and one chassis with three
    /// temperatures and a fan.
    ///
    /// The system is `/redfish/v1/Systems/1`, the readings are in `/redfish/v1/Chassis/1/Thermal`. [`with`](Self::with) puts others in their
    /// place:
    ///
    /// ```
    /// use rosefish_mock::Tree;
    /// use serde_json::json;
    ///
    /// let hot = json!({ "MemberId": "0", "Name": "Inlet", "ReadingCelsius": 71 });
    /// let thermal = json!({ "Id": "Thermal", "Name": "Thermal", "Temperatures": [hot] });
    /// let tree = Tree::small().with("/redfish/v1/Chassis/1/Thermal", thermal);
    /// assert_eq!(tree.len(), Tree::small().len());
    /// ```
    pub fn small() -> Self {
        let well = json!({ "State": "Enabled", "Health": "OK" });
        Self::new()
            .with(
                "/redfish/v1",
                json!({
                    "@odata.type": "#ServiceRoot.v1_16_0.ServiceRoot", "Id": "RootService", "Name": "Root", "RedfishVersion": "1.16.0",
                    "Systems": link(SYSTEMS), "Chassis": link(CHASSES), "SessionService": link(SESSION_SERVICE),
                    "Links": { "Sessions": link(SESSIONS) },
                }),
            )
            .with(
                SESSION_SERVICE,
                json!({
                    "@odata.type": "#SessionService.v1_1_9.SessionService", "Id": "SessionService", "Name": "Sessions",
                    "Sessions": link(SESSIONS),
                }),
            )
            .with(SESSIONS, collection("Session", "Sessions", &[]))
            .with(SYSTEMS, collection("ComputerSystem", "Systems", &[SYSTEM]))
            .with(
                SYSTEM,
                json!({
                    "@odata.type": "#ComputerSystem.v1_22_0.ComputerSystem", "Id": "1", "Name": "System", "PowerState": "On", "Status": well,
                    "Actions": { "#ComputerSystem.Reset": {
                        "target": format!("{SYSTEM}/Actions/ComputerSystem.Reset"),
                        "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "GracefulShutdown", "ForceRestart"],
                    } },
                }),
            )
            .with(CHASSES, collection("Chassis", "Chassis", &[CHASSIS]))
            .with(
                CHASSIS,
                json!({
                    "@odata.type": "#Chassis.v1_25_0.Chassis", "Id": "1", "Name": "Chassis", "ChassisType": "RackMount",
                    "Thermal": link(THERMAL),
                }),
            )
            .with(
                THERMAL,
                json!({
                    "@odata.type": "#Thermal.v1_7_1.Thermal", "Id": "Thermal", "Name": "Thermal",
                    "Temperatures": [
                        temperature("0", "Inlet", 21.5), temperature("1", "CPU 1", 54.0), temperature("2", "CPU 2", 51.0),
                    ],
                    "Fans": [{
                        "@odata.id": format!("{THERMAL}#/Fans/0"), "MemberId": "0", "Name": "Fan 1", "Reading": 8400, "ReadingUnits": "RPM",
                        "Status": well,
                    }],
                }),
            )
    }
}
