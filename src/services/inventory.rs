//! What a machine is made of, as far as a service shows it: which parts there are, and where they are described. The same
//! part is described in several places by many services; it is listed once.

use std::collections::HashSet;

use serde_json::Value;

use super::survey::{Survey, is_absent, text, to_json};
use crate::resource::AnyResource;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum PartKind {
    System,
    Chassis,
    Manager,
    Processor,
    Memory,
    StorageController,
    Drive,
    NetworkAdapter,
    PowerSupply,
    Battery,
    Fan,
}

/// A part, and the object that describes it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) kind: PartKind,
    /// Where it is described: a URI, with a pointer where that is within a resource.
    pub(crate) uri: String,
    pub(crate) json: Value,
}

/// Every part that is there. What is described as absent is not.
pub(crate) async fn parts(
    survey: &mut Survey,
    systems: &[AnyResource],
    chassis: &[AnyResource],
    managers: &[AnyResource],
) -> Vec<Part> {
    let mut found = Parts::default();
    found.add_all(PartKind::System, systems);
    found.add_all(PartKind::Chassis, chassis);
    found.add_all(PartKind::Manager, managers);
    for system in systems {
        found.add_all(PartKind::Processor, &survey.members(system, "Processors").await);
        found.add_all(PartKind::Memory, &survey.members(system, "Memory").await);
        for storage in survey.members(system, "Storage").await {
            of_storage(survey, &storage, &mut found).await;
        }
    }
    for chassis in chassis {
        found.add_all(PartKind::Drive, &survey.members(chassis, "Drives").await);
        found.add_all(PartKind::Drive, &survey.links(chassis, "Links/Drives").await);
        found.add_all(PartKind::NetworkAdapter, &survey.members(chassis, "NetworkAdapters").await);
        of_power_and_cooling(survey, chassis, &mut found).await;
    }
    found.list
}

async fn of_storage(survey: &mut Survey, storage: &AnyResource, found: &mut Parts) {
    found.begin_place();
    found.add_all(PartKind::StorageController, &survey.members(storage, "Controllers").await);
    found.add_array(PartKind::StorageController, storage, "StorageControllers");
    found.add_all(PartKind::Drive, &survey.links(storage, "Drives").await);
}

async fn of_power_and_cooling(survey: &mut Survey, chassis: &AnyResource, found: &mut Parts) {
    found.begin_place();
    if let Some(subsystem) = survey.one(chassis, "PowerSubsystem").await {
        found.add_all(PartKind::PowerSupply, &survey.members(&subsystem, "PowerSupplies").await);
        found.add_all(PartKind::Battery, &survey.members(&subsystem, "Batteries").await);
    }
    if let Some(power) = survey.one(chassis, "Power").await {
        found.add_array(PartKind::PowerSupply, &power, "PowerSupplies");
    }
    if let Some(subsystem) = survey.one(chassis, "ThermalSubsystem").await {
        found.add_all(PartKind::Fan, &survey.members(&subsystem, "Fans").await);
    }
    if let Some(thermal) = survey.one(chassis, "Thermal").await {
        found.add_array(PartKind::Fan, &thermal, "Fans");
    }
}

#[derive(Debug, Default)]
struct Parts {
    list: Vec<Part>,
    /// What parts of a kind are known by within the place that is being looked at: serial numbers and names.
    known: HashSet<(PartKind, String)>,
}

impl Parts {
    /// From here on, a part of the same name is another one.
    fn begin_place(&mut self) {
        self.known.clear();
    }

    fn add_all(&mut self, kind: PartKind, resources: &[AnyResource]) {
        for resource in resources {
            let json = to_json(resource);
            self.known.extend(marks(kind, &json));
            self.add(Part { kind, uri: resource.uri().to_owned(), json });
        }
    }

    /// Adds the items of an array in a resource of the older form, unless they were described in the newer one.
    fn add_array(&mut self, kind: PartKind, resource: &AnyResource, array: &str) {
        let json = to_json(resource);
        let items = match json.get(array) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        };
        for (at, item) in items.iter().enumerate().filter(|(_, item)| item.is_object()) {
            if marks(kind, item).iter().all(|mark| !self.known.contains(mark)) {
                let uri = format!("{}#/{array}/{at}", resource.uri());
                self.add(Part { kind, uri, json: item.clone() });
            }
        }
    }

    fn add(&mut self, part: Part) {
        // Of most fans there is nothing to be read from afar.
        let says_nothing = ["Manufacturer", "Model", "SerialNumber", "PartNumber", "SparePartNumber"]
            .iter()
            .all(|name| text(&part.json, name).is_none());
        let is_mute_fan = part.kind == PartKind::Fan && says_nothing;
        if !is_absent(&part.json) && !is_mute_fan {
            self.list.push(part);
        }
    }
}

/// By what a part is known again: its serial number, or its name where it has none.
fn marks(kind: PartKind, json: &Value) -> Vec<(PartKind, String)> {
    let name = text(json, "Name").or(text(json, "FanName")).or(text(json, "MemberId"));
    let mark = |mark: &str| (kind, mark.to_ascii_lowercase());
    text(json, "SerialNumber").into_iter().chain(name).map(mark).collect()
}
