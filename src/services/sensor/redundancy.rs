//! Redundancy of power supplies and fans: it has a condition of its own. A machine that has lost it runs on.

use serde_json::Value;

use super::super::survey::text;
use super::kind::SensorKind;
use super::reading::Reading;

/// The arrays that say it, in older resources and in newer ones.
const ARRAYS: [(&str, &str); 4] = [
    ("Redundancy", ""),
    ("PowerSupplyRedundancy", "Power Supply Redundancy"),
    ("FanRedundancy", "Fan Redundancy"),
    ("CoolantConnectorRedundancy", "Coolant Connector Redundancy"),
];

/// What a resource says of the redundancy of what is in it.
pub(super) fn of_redundancy(uri: &str, json: &Value) -> Vec<Reading> {
    let mut all = Vec::new();
    for (array, name) in ARRAYS {
        let groups = json.get(array).and_then(Value::as_array).into_iter().flatten();
        // A link alone is not a group.
        let groups: Vec<_> =
            groups.enumerate().filter(|(_, group)| group.get("Status").is_some_and(Value::is_object)).collect();
        let several = groups.len() > 1;
        for (number, (at, group)) in groups.into_iter().enumerate() {
            let what = match name {
                // So that a group of the older resource is recognised as the same group of the newer resource.
                "" if json.get("PowerSupplies").is_some() || json.get("PowerControl").is_some() => {
                    "Power Supply Redundancy"
                }
                "" if json.get("Fans").is_some() || json.get("Temperatures").is_some() => "Fan Redundancy",
                "" => text(group, "Name").unwrap_or("Redundancy"),
                name => name,
            };
            let name = if several { format!("{what} {}", number.saturating_add(1)) } else { what.to_owned() };
            let id = format!("{uri}#/{array}/{at}");
            all.push(Reading { is_part: true, ..Reading::new(id, &name, SensorKind::Redundancy, group) });
        }
    }
    all
}
