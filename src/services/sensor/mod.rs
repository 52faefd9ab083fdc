//! What a service measures, wherever it shows that: in `Sensor` resources; within `Thermal` and `Power`, also under the
//! names from before the first version of the standard; in the excerpts of `EnvironmentMetrics`, `ThermalMetrics` and
//! the metrics of parts; in fans, pumps, power supplies, batteries and leak detectors. Many services show the same
//! value in several of these places, and none shows everything in one.
//!
//! This module finds the readings, [`reading`] decodes them, and [`readings`] merges those that are the same.

mod kind;
mod reading;
mod readings;
mod redundancy;
pub(crate) mod threshold;
mod unit;

use futures_util::future::BoxFuture;

use super::survey::{Survey, is_absent, to_json};
use crate::resource::AnyResource;

pub use kind::SensorKind;
pub(crate) use reading::{Condition, Reading};
use readings::Readings;
use redundancy::of_redundancy;
pub(crate) use unit::spelled;

/// Resources with further parts below them.
const SUBSYSTEMS: [&str; 3] = ["ThermalSubsystem", "PowerSubsystem", "LeakDetection"];
/// Collections of parts that have readings or a condition of their own.
const PARTS: [(&str, SensorKind); 6] = [
    ("Fans", SensorKind::Fan),
    ("Pumps", SensorKind::Pump),
    ("PowerSupplies", SensorKind::PowerSupply),
    ("Batteries", SensorKind::Battery),
    ("Heaters", SensorKind::Heater),
    ("LeakDetectors", SensorKind::LeakDetector),
];
/// Resources whose excerpts are readings.
const METRICS: [&str; 3] = ["EnvironmentMetrics", "ThermalMetrics", "Metrics"];
/// Equipment that belongs to no chassis, and the collections that contain it.
const EQUIPMENT: [(&str, &[&str]); 2] = [
    ("ThermalEquipment", &["CDUs", "HeatExchangers", "ImmersionUnits", "RPUs"]),
    ("PowerEquipment", &["RackPDUs", "FloorPDUs", "PowerShelves", "Switchgear", "TransferSwitches", "ElectricalBuses"]),
];

/// Reads all readings of these chassis, of the parts of these systems, and of equipment outside of any chassis.
pub(crate) async fn readings(survey: &mut Survey, chassis: &[AnyResource], systems: &[AnyResource]) -> Vec<Reading> {
    let mut found = Readings::default();
    for chassis in chassis {
        found.begin_group();
        of_thing(survey, chassis, &name_of(chassis), &mut found).await;
    }
    for chassis in chassis {
        let mut drives = survey.members_with(chassis, "Drives", "EnvironmentMetrics").await;
        drives.extend(survey.links(chassis, "Links/Drives").await);
        of_metrics(survey, &drives, &mut found).await;
    }
    for system in systems {
        for property in ["Processors", "Memory"] {
            let parts = survey.members_with(system, property, "EnvironmentMetrics").await;
            of_metrics(survey, &parts, &mut found).await;
        }
    }
    for (equipment, collections) in EQUIPMENT {
        let Some(equipment) = survey.one(&survey.root(), equipment).await else { continue };
        for collection in collections {
            for unit in survey.members(&equipment, collection).await {
                found.begin_group();
                of_thing(survey, &unit, &name_of(&unit), &mut found).await;
            }
        }
    }
    found.into_list()
}

fn name_of(resource: &AnyResource) -> String {
    let record = resource.record();
    let named = record.text("Name").or(record.text("Id")).map(str::trim).filter(|name| !name.is_empty());
    named.unwrap_or(resource.uri()).to_owned()
}

/// Collects the readings of a chassis or part and of what is below it. `name` is put before readings that have no name.
fn of_thing<'a>(
    survey: &'a mut Survey,
    thing: &'a AnyResource,
    name: &'a str,
    found: &'a mut Readings,
) -> BoxFuture<'a, ()> {
    Box::pin(async move {
        for sensor in survey.members(thing, "Sensors").await {
            found.add(thing.uri(), Reading::of_sensor(sensor.uri(), &to_json(&sensor)));
        }
        for property in ["Thermal", "Power"] {
            if let Some(resource) = survey.one(thing, property).await {
                let json = to_json(&resource);
                for reading in
                    reading::of_arrays(resource.uri(), &json).into_iter().chain(of_redundancy(resource.uri(), &json))
                {
                    found.add(resource.uri(), reading);
                }
            }
        }
        for property in SUBSYSTEMS {
            if let Some(subsystem) = survey.one(thing, property).await {
                for reading in of_redundancy(subsystem.uri(), &to_json(&subsystem)) {
                    found.add(subsystem.uri(), reading);
                }
                of_thing(survey, &subsystem, name, found).await;
            }
        }
        for (property, kind) in PARTS {
            for part in survey.members(thing, property).await {
                let (json, name) = (to_json(&part), name_of(&part));
                for reading in reading::of_part(part.uri(), &name, &kind, &json) {
                    found.add(thing.uri(), reading);
                }
                // An absent part has no metrics, even if it links to some.
                if !is_absent(&json) {
                    of_thing(survey, &part, &name, found).await;
                }
            }
        }
        for property in METRICS {
            if let Some(metrics) = survey.one(thing, property).await {
                for reading in reading::of_excerpts(metrics.uri(), name, &to_json(&metrics)) {
                    found.add(metrics.uri(), reading);
                }
            }
        }
    })
}

/// Collects the readings from the metrics of parts such as drives and processors.
async fn of_metrics(survey: &mut Survey, parts: &[AnyResource], found: &mut Readings) {
    for part in parts {
        if let Some(metrics) = survey.one(part, "EnvironmentMetrics").await {
            found.begin_group();
            for reading in reading::of_excerpts(metrics.uri(), &name_of(part), &to_json(&metrics)) {
                found.add(metrics.uri(), reading);
            }
        }
    }
}
