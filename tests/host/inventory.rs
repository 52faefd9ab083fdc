//! What a machine is made of: in the older and the newer model, each part once, and places that nothing is in told apart.

use rosefish::host::{Component, ComponentKind, Host, InventoryChange, Protocol, inventory_changes};
use rosefish_mock::{MockBmc, Tree};
use serde_json::{Value, json};

use super::{at, credentials, nobody, redfish};

const SYSTEM: &str = "/redfish/v1/Systems/1";
const CHASSIS: &str = "/redfish/v1/Chassis/1U";

async fn host(bmc: &MockBmc) -> Host {
    at(&bmc.url(), nobody()).protocol(Protocol::Redfish).credentials(credentials()).connect().await.unwrap().value
}

async fn of(tree: Tree) -> Vec<Component> {
    let bmc = MockBmc::builder().tree(tree).plain().credentials("admin", "password").start().await.unwrap();
    let found = host(&bmc).await.inventory().await.unwrap().value;
    assert!(found.is_whole(), "{:?}", found.missing);
    found.items
}

fn kinds(all: &[Component], kind: ComponentKind) -> Vec<&Component> {
    all.iter().filter(|part| part.kind == kind).collect()
}

/// The demo tree with a resource changed.
fn changed(uri: &str, change: impl FnOnce(&mut Value)) -> Tree {
    let mut tree = Tree::demo();
    let mut resource = tree.json(uri).cloned().unwrap();
    change(&mut resource);
    tree.insert(uri, resource);
    tree
}

#[tokio::test]
async fn sizes_speeds_and_places_are_told_and_empty_slots_told_apart() {
    let dimm = format!("{SYSTEM}/Memory/DIMM_P1_B1");
    let tree = changed(&dimm, |dimm| {
        dimm["Status"] = json!({ "State": "Absent" });
        for name in ["SerialNumber", "Manufacturer", "PartNumber", "CapacityMiB"] {
            dimm.as_object_mut().unwrap().remove(name);
        }
    });
    let all = of(tree).await;
    let memory = kinds(&all, ComponentKind::Memory);
    let (empty, full): (Vec<&Component>, Vec<_>) = memory.into_iter().partition(|part| part.is_empty);
    assert!(empty.iter().map(|part| &part.id).eq([&dimm]), "{empty:?}");
    assert!(!full.is_empty());
    for part in full {
        let details = &part.details;
        assert!(details.capacity_bytes.is_some_and(|size| size > 0 && size % (1 << 20) == 0), "{part:?}");
        assert_eq!(part.parent.as_deref(), Some(SYSTEM));
    }
    for part in kinds(&all, ComponentKind::Processor) {
        assert!(part.details.cores.is_some() && part.details.threads >= part.details.cores, "{part:?}");
    }
    let drives = kinds(&all, ComponentKind::Drive);
    assert!(!drives.is_empty() && drives.iter().all(|drive| drive.details.capacity_bytes.is_some()));
    let interfaces = kinds(&all, ComponentKind::NetworkInterface);
    assert!(interfaces.iter().any(|one| !one.details.mac_addresses.is_empty()), "{interfaces:#?}");
    for kind in [ComponentKind::Firmware, ComponentKind::NetworkAdapter, ComponentKind::PowerSupply, ComponentKind::Fan]
    {
        assert!(!kinds(&all, kind).is_empty(), "{kind}");
    }
}

#[tokio::test]
async fn what_older_and_newer_resources_describe_is_one_part_with_both_places() {
    let all = of(Tree::demo()).await;
    for (kind, older) in
        [(ComponentKind::PowerSupply, "/Power#/PowerSupplies/"), (ComponentKind::Fan, "/Thermal#/Fans/")]
    {
        let parts = kinds(&all, kind);
        let places: Vec<_> = parts.iter().flat_map(|part| std::iter::once(&part.id).chain(&part.also_at)).collect();
        let in_older = places.iter().filter(|place| place.contains(older)).count();
        assert_eq!(in_older, parts.len(), "{kind}: {places:?}");
        assert!(parts.iter().all(|part| !part.id.contains('#')), "the newer one is where it is");
    }
    // Without the newer model all are there by the older one.
    let mut tree = changed(CHASSIS, |chassis| {
        let chassis = chassis.as_object_mut().unwrap();
        chassis.remove("PowerSubsystem");
        chassis.remove("ThermalSubsystem");
    });
    tree.insert("/redfish/v1/Chassis/1U/Unused", json!({}));
    let old = of(tree).await;
    for kind in [ComponentKind::PowerSupply, ComponentKind::Fan] {
        assert_eq!(kinds(&old, kind).len(), kinds(&all, kind).len(), "{kind}");
    }
}

#[tokio::test]
async fn the_controller_of_the_older_model_is_the_one_of_the_newer() {
    let uri = format!("{SYSTEM}/Storage/1");
    let controllers = |names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({ "MemberId": name, "Name": name, "Status": { "State": "Enabled" } })).collect()
    };
    let count = async |tree: Tree| kinds(&of(tree).await, ComponentKind::StorageController).len();
    let alone = count(Tree::demo()).await;
    // As Dell has it: the same, by another name, in the array.
    let twice = changed(&uri, |storage| {
        storage["StorageControllers"] = json!(controllers(&["BOSS-S1"]));
    });
    assert_eq!(count(twice).await, alone.max(1));
    let several = changed(&uri, |storage| {
        storage.as_object_mut().unwrap().remove("Controllers");
        storage["StorageControllers"] = json!(controllers(&["A", "B"]));
    });
    assert_eq!(count(several).await, 2);
}

#[tokio::test]
async fn a_pcie_device_at_two_uris_is_one_and_one_of_another_chassis_is_another() {
    let device = |uri: &str, serial: &str| {
        json!({ "@odata.id": uri, "@odata.type": "#PCIeDevice.v1_9_0.PCIeDevice", "Id": "49-0", "Name": "NIC", "SerialNumber": serial,
            "DeviceType": "MultiFunction" })
    };
    let of_system = format!("{SYSTEM}/PCIeDevices/49-0");
    let of_chassis = format!("{CHASSIS}/PCIeDevices/49-0");
    for (serial, expected) in [("S1", 1), ("S2", 2)] {
        let mut tree = Tree::demo();
        let before = kinds(&of(tree.clone()).await, ComponentKind::PcieDevice).len();
        let mut system = tree.json(SYSTEM).cloned().unwrap();
        let mut devices = system["PCIeDevices"].as_array().cloned().unwrap_or_default();
        devices.push(json!({ "@odata.id": of_system }));
        system["PCIeDevices"] = json!(devices);
        tree.insert(SYSTEM, system);
        let mut chassis = tree.json(CHASSIS).cloned().unwrap();
        chassis["Links"]["PCIeDevices"] = json!([{ "@odata.id": of_chassis }]);
        chassis["Links"]["ComputerSystems"] = json!([{ "@odata.id": SYSTEM }]);
        tree.insert(CHASSIS, chassis);
        tree.insert(&of_system, device(&of_system, "S1"));
        tree.insert(&of_chassis, device(&of_chassis, serial));
        let all = of(tree).await;
        let found: Vec<_> =
            kinds(&all, ComponentKind::PcieDevice).into_iter().filter(|one| one.name == "NIC").collect();
        assert_eq!(found.len(), expected, "{serial}: {found:#?}");
        assert!(before + expected == kinds(&all, ComponentKind::PcieDevice).len());
    }
}

#[tokio::test]
async fn what_has_changed_between_two_inventories_is_named() {
    let bmc = redfish().await;
    let host = host(&bmc).await;
    let before = host.inventory().await.unwrap().value.items;
    // It is kept as JSON, and read again.
    let kept: Vec<Component> = serde_json::from_str(&serde_json::to_string(&before).unwrap()).unwrap();
    assert_eq!(kept, before);
    assert!(inventory_changes(&kept, &host.inventory().await.unwrap().value).is_empty());
    let uri = format!("{SYSTEM}/Memory/DIMM_P1_B1");
    let mut dimm = bmc.resource(&uri).unwrap();
    dimm["SerialNumber"] = json!("ANOTHER");
    dimm["CapacityMiB"] = json!(1024);
    bmc.set(&uri, dimm);
    let changes = inventory_changes(&kept, &host.inventory().await.unwrap().value);
    let [InventoryChange::Changed { after, what, .. }] = &changes[..] else { panic!("{changes:#?}") };
    assert_eq!(
        (after.id.as_str(), &**what),
        (&*uri, &["details/capacity_bytes".to_owned(), "serial_number".to_owned()][..])
    );
    assert!(changes[0].to_string().contains("ANOTHER"), "{}", changes[0]);
    let gone = inventory_changes(&kept, &[]);
    assert!(gone.len() == kept.len() && gone.iter().all(|one| matches!(one, InventoryChange::Removed { .. })));
}

#[tokio::test]
async fn members_that_say_that_they_are_at_the_same_place_are_both_there() {
    let uri = format!("{SYSTEM}/Memory/DIMM_P1_B1");
    let before = kinds(&of(Tree::demo()).await, ComponentKind::Memory).len();
    let other = Tree::demo().json(&format!("{SYSTEM}/Memory")).unwrap()["Members"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|member| member["@odata.id"].as_str())
        .find(|member| *member != uri)
        .unwrap()
        .to_owned();
    // A mistake that captured payloads have.
    let tree = changed(&uri, |dimm| dimm["@odata.id"] = json!(other));
    assert_eq!(kinds(&of(tree).await, ComponentKind::Memory).len(), before);
}
