//! Redundancy of power supplies and fans. It has a condition of its own: a machine that has lost it still runs.

use serde_json::Value;

use super::super::survey::text;
use super::kind::SensorKind;
use super::reading::Reading;

/// The arrays of redundancy groups, in older and newer resources.
const ARRAYS: [(&str, &str); 4] = [
    ("Redundancy", ""),
    ("PowerSupplyRedundancy", "Power Supply Redundancy"),
    ("FanRedundancy", "Fan Redundancy"),
    ("CoolantConnectorRedundancy", "Coolant Connector Redundancy"),
];

/// Converts the redundancy groups in a resource.
pub(super) fn of_redundancy(uri: &str, json: &Value) -> Vec<Reading> {
    let mut all = Vec::new();
    for (array, name) in ARRAYS {
        let groups = json.get(array).and_then(Value::as_array).into_iter().flatten();
        // An item that is only a link is not a group.
        let groups: Vec<_> =
            groups.enumerate().filter(|(_, group)| group.get("Status").is_some_and(Value::is_object)).collect();
        let several = groups.len() > 1;
        for (number, (at, group)) in groups.into_iter().enumerate() {
            let what = match name {
                // The same name in both, so that the groups of the older and the newer resource are recognised as the
                // same.
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
