//! What a machine is made of, as far as a service shows it: which parts there are, and where they are described. Where that may
//! be is here; which of the places describe the same part, in [`parts`].

pub(crate) mod kind;
mod parts;

use serde_json::Value;

use super::survey::{Survey, text, to_json};
use crate::resource::{AnyResource, links_at};
use kind::ComponentKind;
pub(crate) use parts::Part;
use parts::{Parts, Side};

/// Every part that is described, those of empty places included.
pub(crate) async fn parts(
    survey: &mut Survey,
    systems: &[AnyResource],
    chassis: &[AnyResource],
    managers: &[AnyResource],
    everything: bool,
) -> Vec<Part> {
    let mut found = Parts::default();
    for (kind, owners) in
        [(ComponentKind::System, systems), (ComponentKind::Chassis, chassis), (ComponentKind::Manager, managers)]
    {
        found.begin(Side::Service, None);
        found.add_all(kind, owners, None);
    }
    for system in systems {
        of_system(survey, system, &mut found).await;
    }
    for chassis in chassis {
        let linked = links_at(chassis.record(), "Links/ComputerSystems");
        let linked = linked.iter().filter_map(|link| link.uri()).map(|uri| uri.as_str().to_owned()).collect();
        found.begin(Side::Chassis(linked), Some(chassis.uri()));
        of_chassis(survey, chassis, &mut found).await;
    }
    for manager in managers {
        found.begin(Side::Service, Some(manager.uri()));
        let interfaces = survey.members(manager, "EthernetInterfaces").await;
        found.add_all(ComponentKind::NetworkInterface, &interfaces, Some(manager.uri()));
        let ports = survey.members(manager, "DedicatedNetworkPorts").await;
        found.add_all(ComponentKind::NetworkPort, &ports, Some(manager.uri()));
    }
    if everything {
        of_service(survey, &mut found).await;
    }
    found.into_list()
}

async fn of_system(survey: &mut Survey, system: &AnyResource, found: &mut Parts) {
    let uri = system.uri();
    found.begin(Side::System(uri.to_owned()), Some(uri));
    for (property, kind) in [
        ("Processors", ComponentKind::Processor),
        ("Memory", ComponentKind::Memory),
        ("GraphicsControllers", ComponentKind::GraphicsController),
    ] {
        found.add_all(kind, &survey.members(system, property).await, Some(uri));
    }
    let mut known = Vec::new();
    for storage in survey.members(system, "Storage").await {
        known.push(id(&storage));
        of_storage(survey, &storage, found).await;
    }
    for simple in survey.members(system, "SimpleStorage").await {
        of_simple_storage(&simple, &known, found);
    }
    for interface in survey.members(system, "NetworkInterfaces").await {
        if let Some(adapter) = survey.one(&interface, "Links/NetworkAdapter").await {
            of_adapter(survey, &adapter, uri, found).await;
        }
    }
    let interfaces = survey.members(system, "EthernetInterfaces").await;
    found.add_all(ComponentKind::NetworkInterface, &interfaces, Some(uri));
    found.add_all(ComponentKind::PcieDevice, &survey.links(system, "PCIeDevices").await, Some(uri));
}

async fn of_chassis(survey: &mut Survey, chassis: &AnyResource, found: &mut Parts) {
    let uri = chassis.uri();
    for (property, kind) in [
        ("Processors", ComponentKind::Processor),
        ("Memory", ComponentKind::Memory),
        ("Drives", ComponentKind::Drive),
        ("PCIeDevices", ComponentKind::PcieDevice),
        ("FabricAdapters", ComponentKind::FabricAdapter),
    ] {
        found.add_all(kind, &survey.members(chassis, property).await, Some(uri));
    }
    for (property, kind) in [
        ("Links/Processors", ComponentKind::Processor),
        ("Links/Drives", ComponentKind::Drive),
        ("Links/PCIeDevices", ComponentKind::PcieDevice),
    ] {
        found.add_all(kind, &survey.links(chassis, property).await, Some(uri));
    }
    for storage in survey.links(chassis, "Links/Storage").await {
        of_storage(survey, &storage, found).await;
    }
    for adapter in survey.members(chassis, "NetworkAdapters").await {
        of_adapter(survey, &adapter, uri, found).await;
    }
    of_power_and_cooling(survey, chassis, found).await;
}

/// What is in no system and no chassis.
async fn of_service(survey: &mut Survey, found: &mut Parts) {
    found.begin(Side::Service, None);
    let root = survey.root();
    for storage in survey.members(&root, "Storage").await {
        of_storage(survey, &storage, found).await;
    }
    if let Some(service) = survey.one(&root, "UpdateService").await {
        for property in ["FirmwareInventory", "SoftwareInventory"] {
            found.add_all(ComponentKind::Firmware, &survey.members(&service, property).await, None);
        }
    }
}

async fn of_storage(survey: &mut Survey, storage: &AnyResource, found: &mut Parts) {
    let uri = storage.uri();
    found.begin_place();
    found.add_all(ComponentKind::StorageController, &survey.members(storage, "Controllers").await, Some(uri));
    found.add_array(ComponentKind::StorageController, storage, "StorageControllers");
    found.add_all(ComponentKind::Drive, &survey.links(storage, "Drives").await, Some(uri));
    found.add_all(ComponentKind::Volume, &survey.members(storage, "Volumes").await, Some(uri));
}

/// The devices of the model from before `Storage`, unless the same is there in the new one.
fn of_simple_storage(simple: &AnyResource, storages: &[String], found: &mut Parts) {
    let is_new = links_at(simple.record(), "Links/Storage").is_empty() && !storages.contains(&id(simple));
    if is_new {
        found.begin_place();
        found.add_all(ComponentKind::StorageController, std::slice::from_ref(simple), None);
        found.add_array(ComponentKind::Drive, simple, "Devices");
    }
}

async fn of_adapter(survey: &mut Survey, adapter: &AnyResource, owner: &str, found: &mut Parts) {
    let uri = adapter.uri();
    found.add_all(ComponentKind::NetworkAdapter, std::slice::from_ref(adapter), Some(owner));
    found.add_all(ComponentKind::Processor, &survey.members(adapter, "Processors").await, Some(uri));
    found.begin_place();
    found.add_all(ComponentKind::NetworkPort, &survey.members(adapter, "Ports").await, Some(uri));
    let older = survey.members(adapter, "NetworkPorts").await;
    found.add_older(ComponentKind::NetworkPort, &older, uri);
    for function in survey.members(adapter, "NetworkDeviceFunctions").await {
        found.add_all(ComponentKind::NetworkFunction, std::slice::from_ref(&function), Some(uri));
        let interfaces = survey.members(&function, "Ethernet/EthernetInterfaces").await;
        found.add_all(ComponentKind::NetworkInterface, &interfaces, Some(function.uri()));
    }
}

async fn of_power_and_cooling(survey: &mut Survey, chassis: &AnyResource, found: &mut Parts) {
    found.begin_place();
    if let Some(subsystem) = survey.one(chassis, "PowerSubsystem").await {
        let uri = subsystem.uri();
        found.add_all(ComponentKind::PowerSupply, &survey.members(&subsystem, "PowerSupplies").await, Some(uri));
        found.add_all(ComponentKind::Battery, &survey.members(&subsystem, "Batteries").await, Some(uri));
    }
    if let Some(power) = survey.one(chassis, "Power").await {
        found.add_array(ComponentKind::PowerSupply, &power, "PowerSupplies");
    }
    if let Some(subsystem) = survey.one(chassis, "ThermalSubsystem").await {
        let uri = subsystem.uri();
        found.add_all(ComponentKind::Fan, &survey.members(&subsystem, "Fans").await, Some(uri));
        found.add_all(ComponentKind::Pump, &survey.members(&subsystem, "Pumps").await, Some(uri));
    }
    if let Some(thermal) = survey.one(chassis, "Thermal").await {
        found.add_array(ComponentKind::Fan, &thermal, "Fans");
    }
}

fn id(resource: &AnyResource) -> String {
    let json: Value = to_json(resource);
    let last = resource.uri().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    text(&json, "Id").unwrap_or(last).to_owned()
}
