//! What sensors measure, in terms that Redfish and IPMI share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a sensor measures, or what it watches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SensorKind {
    /// A temperature.
    Temperature,
    /// Humidity.
    Humidity,
    /// A voltage.
    Voltage,
    /// An electric current.
    Current,
    /// Power.
    Power,
    /// Energy, or charge.
    Energy,
    /// A frequency.
    Frequency,
    /// A fan, and how fast it turns.
    Fan,
    /// A pump, and how fast it turns.
    Pump,
    /// A pressure.
    Pressure,
    /// A flow of air or liquid.
    Flow,
    /// A share of something: utilization, load, charge.
    Percent,
    /// A power supply.
    PowerSupply,
    /// A battery.
    Battery,
    /// A heater.
    Heater,
    /// A detector of leaks.
    LeakDetector,
    /// The redundancy of power supplies, fans and the like.
    Redundancy,
    /// Another one, as the protocol calls it, in small letters with hyphens: `drive-slot`.
    #[serde(untagged)]
    Other(String),
}

impl SensorKind {
    const NAMES: [(Self, &'static str); 17] = [
        (Self::Temperature, "temperature"),
        (Self::Humidity, "humidity"),
        (Self::Voltage, "voltage"),
        (Self::Current, "current"),
        (Self::Power, "power"),
        (Self::Energy, "energy"),
        (Self::Frequency, "frequency"),
        (Self::Fan, "fan"),
        (Self::Pump, "pump"),
        (Self::Pressure, "pressure"),
        (Self::Flow, "flow"),
        (Self::Percent, "percent"),
        (Self::PowerSupply, "power-supply"),
        (Self::Battery, "battery"),
        (Self::Heater, "heater"),
        (Self::LeakDetector, "leak-detector"),
        (Self::Redundancy, "redundancy"),
    ];

    /// Converts a protocol's name for a kind that has no variant of its own: `Drive Slot`, `AbsoluteHumidity`.
    pub(crate) fn other(name: &str) -> Self {
        let mut word = String::with_capacity(name.len());
        let mut was_small = false;
        for c in name.chars() {
            let ends = !c.is_alphanumeric() || (was_small && c.is_uppercase());
            if ends && !word.is_empty() && !word.ends_with('-') {
                word.push('-');
            }
            if c.is_alphanumeric() {
                word.extend(c.to_lowercase());
            }
            was_small = c.is_lowercase();
        }
        Self::Other(word.trim_end_matches('-').to_owned())
    }
}

impl fmt::Display for SensorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = Self::NAMES.iter().find(|(kind, _)| kind == self).map(|(_, name)| *name);
        match self {
            Self::Other(text) => f.pad(text),
            _ => f.pad(known.unwrap_or_default()),
        }
    }
}

impl FromStr for SensorKind {
    type Err = std::convert::Infallible;

    /// Parses the names that `Display` writes, and protocols' names for [`Other`](Self::Other).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let known = Self::NAMES.iter().find(|(_, name)| text.eq_ignore_ascii_case(name));
        Ok(known.map_or_else(|| Self::other(text), |(kind, _)| kind.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_named_the_same_in_text_and_json() {
        for (kind, name) in
            SensorKind::NAMES.iter().cloned().chain([(SensorKind::Other("drive-slot".into()), "drive-slot")])
        {
            assert_eq!(kind.to_string(), name);
            assert_eq!(name.parse(), Ok(kind.clone()));
            assert_eq!(serde_json::to_value(&kind).unwrap(), name);
            assert_eq!(serde_json::from_value::<SensorKind>(name.into()).unwrap(), kind);
        }
    }

    #[test]
    fn what_has_only_a_protocols_name_is_spelled_as_the_others_are() {
        for (name, word) in [
            ("Drive Slot", "drive-slot"),
            ("AbsoluteHumidity", "absolute-humidity"),
            ("System ACPI Power State", "system-acpi-power-state"),
            ("Module/Board", "module-board"),
            ("Watchdog 2", "watchdog-2"),
            ("drive-slot", "drive-slot"),
        ] {
            assert_eq!(name.parse(), Ok(SensorKind::Other(word.to_owned())), "{name}");
        }
    }
}
