//! `excerpt`: of a resource the properties that the schema marks as its excerpt.

use serde_json::{Map, Value};

/// The properties of an excerpt, by type. Resources of other types have none and stay whole.
static EXCERPTS: &[(&str, &[&str])] = &[
    (
        "Control",
        &[
            "AllowableMax",
            "AllowableMin",
            "ControlMode",
            "Reading",
            "ReadingUnits",
            "SetPoint",
            "SettingMax",
            "SettingMin",
        ],
    ),
    (
        "Sensor",
        &[
            "ApparentkVAh",
            "ApparentVA",
            "CrestFactor",
            "LifetimeReading",
            "PeakReading",
            "PhaseAngleDegrees",
            "PowerFactor",
            "ReactivekVARh",
            "ReactiveVAR",
            "Reading",
            "SensorResetTime",
            "SpeedRPM",
            "THDPercent",
        ],
    ),
];

/// Leaves of the resources in an answer their excerpts.
pub(super) fn apply(json: &mut Value) {
    match json {
        Value::Object(object) => {
            if let Some(properties) = of(object) {
                object.retain(|name, _| {
                    let base = name.split('@').next().unwrap_or(name);
                    base.is_empty() && !name.starts_with("@Redfish") || properties.contains(&base)
                });
            } else {
                object.values_mut().for_each(apply);
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(apply),
        _ => {}
    }
}

fn of(object: &Map<String, Value>) -> Option<&'static [&'static str]> {
    let named = object.get("@odata.type")?.as_str()?;
    let schema = named.trim_start_matches('#').split('.').next()?;
    EXCERPTS.iter().find(|(name, _)| *name == schema).map(|(_, properties)| *properties)
}
