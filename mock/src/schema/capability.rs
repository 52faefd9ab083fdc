//! Which methods a resource takes: what the schemas' Capabilities annotations say of its type, as
//! far as this service acts upon it.

use crate::machine::store::{Resource, Store};

/// Members of these collections can be created by clients. The names are those of the members'
/// types.
static INSERTABLE: &[&str] = &[
    "AddressPool",
    "Aggregate",
    "AggregationSource",
    "AllowDeny",
    "BootOption",
    "Certificate",
    "CertificateEnrollment",
    "Connection",
    "Endpoint",
    "EndpointGroup",
    "EventDestination",
    "ExternalAccountProvider",
    "Facility",
    "Job",
    "JobDocument",
    "JobExecutor",
    "Key",
    "KeyPolicy",
    "License",
    "LogEntry",
    "ManagerAccount",
    "MemoryChunks",
    "MemoryRegion",
    "MetricDefinition",
    "MetricReportDefinition",
    "OutboundConnection",
    "OutletGroup",
    "PowerDomain",
    "RegisteredClient",
    "ResourceBlock",
    "Role",
    "RouteEntry",
    "RouteSetEntry",
    "Session",
    "Signature",
    "Triggers",
    "VCATEntry",
    "VLanNetworkInterface",
    "Volume",
    "Zone",
];

/// Members of these types can be deleted although clients don't create them.
static ALSO_DELETABLE: &[&str] = &["CompositionReservation", "MetricReport", "Task", "TelemetryData"];

/// Resources of these types can't be changed, though they have the form of others that can.
static READ_ONLY: &[&str] = &[
    "AccelerationFunction",
    "ActionInfo",
    "Aggregate",
    "Application",
    "AttributeRegistry",
    "BatteryMetrics",
    "CertificateLocations",
    "CompositionReservation",
    "ConnectionMethod",
    "Container",
    "ContainerImage",
    "DriveMetrics",
    "Event",
    "HeaterMetrics",
    "JobDocument",
    "JobExecutor",
    "JsonSchemaFile",
    "KeyService",
    "LeakDetection",
    "License",
    "ManagerDiagnosticData",
    "MediaController",
    "MemoryDomain",
    "MemoryMetrics",
    "MessageRegistry",
    "MessageRegistryFile",
    "MetricReport",
    "NetworkAdapterMetrics",
    "NetworkDeviceFunctionMetrics",
    "NetworkInterface",
    "OperatingConfig",
    "OperatingSystem",
    "PortMetrics",
    "PowerDistributionMetrics",
    "PowerEquipment",
    "PowerSupplyMetrics",
    "PrivilegeRegistry",
    "ProcessorMetrics",
    "SecureBootDatabase",
    "ServiceConditions",
    "ServiceRoot",
    "Session",
    "Signature",
    "SimpleStorage",
    "StorageControllerMetrics",
    "StorageMetrics",
    "SwitchMetrics",
    "Task",
    "TelemetryData",
    "ThermalEquipment",
    "ThermalMetrics",
    "USBController",
    "UpdateServiceCapabilities",
    "VirtualCXLSwitch",
];

/// What may be done with a resource besides reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Methods {
    /// PATCH.
    pub(crate) update: bool,
    /// POST, to create a member.
    pub(crate) insert: bool,
    pub(crate) delete: bool,
}

impl Methods {
    /// The methods of the resource at a key.
    pub(crate) fn of(store: &Store, key: &str) -> Self {
        let Some(resource) = store.get(key) else {
            return Self { update: false, insert: false, delete: false };
        };
        if resource.json.is_none() {
            return Self { update: false, insert: false, delete: false };
        }
        let schema = schema(resource);
        if store.is_collection(key) {
            let member = schema.and_then(|schema| schema.strip_suffix("Collection"));
            return Self {
                update: false,
                insert: member.is_some_and(|member| INSERTABLE.contains(&member)),
                delete: false,
            };
        }
        let predefined = is_predefined(resource);
        let removable = schema.is_some_and(|schema| INSERTABLE.contains(&schema) || ALSO_DELETABLE.contains(&schema));
        Self {
            update: !predefined && !schema.is_some_and(|schema| READ_ONLY.contains(&schema)),
            insert: false,
            delete: removable && !predefined && store.collection_of(key).is_some(),
        }
    }

    /// The value of the `Allow` header.
    pub(crate) fn header(self, put_only: bool) -> String {
        let mut text = String::from("GET, HEAD");
        let update = if put_only { ", PUT" } else { ", PATCH" };
        for (may, name) in [(self.update, update), (self.insert, ", POST"), (self.delete, ", DELETE")] {
            if may {
                text.push_str(name);
            }
        }
        text
    }
}

/// The roles that the standard defines stay as they are.
pub(crate) fn is_predefined(resource: &Resource) -> bool {
    resource.object().get("IsPredefined").and_then(serde_json::Value::as_bool) == Some(true)
}

/// The schema of a resource: `Chassis` for `#Chassis.v1_25_0.Chassis`.
pub(crate) fn schema(resource: &Resource) -> Option<&str> {
    let named = resource.object().get("@odata.type")?.as_str()?;
    named.strip_prefix('#').unwrap_or(named).split('.').next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Tree;

    #[test]
    fn types_decide_what_may_be_done() {
        let members = |uri: &str| json!([{ "@odata.id": uri }]);
        let store = Store::new(
            &Tree::new()
                .with("/a", json!({ "@odata.type": "#ManagerAccountCollection.ManagerAccountCollection", "Members": members("/a/1") }))
                .with("/a/1", json!({ "@odata.type": "#ManagerAccount.v1_12_0.ManagerAccount" }))
                .with("/c", json!({ "@odata.type": "#SensorCollection.SensorCollection", "Members": members("/c/1") }))
                .with("/c/1", json!({ "@odata.type": "#Sensor.v1_9_0.Sensor" }))
                .with("/r", json!({ "@odata.type": "#RoleCollection.RoleCollection", "Members": members("/r/1") }))
                .with("/r/1", json!({ "@odata.type": "#Role.v1_3_1.Role", "IsPredefined": true }))
                .with("/m", json!({ "@odata.type": "#MessageRegistryFile.v1_1_3.MessageRegistryFile" })),
        );
        for (key, expected) in [
            ("/a", "GET, HEAD, POST"),
            ("/a/1", "GET, HEAD, PATCH, DELETE"),
            ("/c", "GET, HEAD"),
            ("/c/1", "GET, HEAD, PATCH"),
            ("/r/1", "GET, HEAD"),
            ("/m", "GET, HEAD"),
        ] {
            assert_eq!(Methods::of(&store, key).header(false), expected, "{key}");
        }
    }
}
