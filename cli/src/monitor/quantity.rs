//! What sensors measure in the base units of Prometheus, and the names of the metrics for it.

use rosefish::host::{Sensor, SensorKind};

/// A quantity that has a metric of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Quantity {
    Temperature,
    FanSpeed,
    FanShare,
    PumpSpeed,
    PumpShare,
    Humidity,
    Share,
    Voltage,
    Current,
    Power,
    Energy,
    Frequency,
    Pressure,
    /// Anything else, in its own unit, which is a label.
    Other,
}

/// The names of a quantity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) thresholds: &'static str,
    /// The base unit, which ends both names.
    pub(crate) unit: Option<&'static str>,
    pub(crate) help: &'static str,
}

const fn named(name: &'static str, thresholds: &'static str, unit: Option<&'static str>, help: &'static str) -> Named {
    Named { name, thresholds, unit, help }
}

impl Quantity {
    pub(crate) const ALL: [Self; 14] = [
        Self::Temperature,
        Self::FanSpeed,
        Self::FanShare,
        Self::PumpSpeed,
        Self::PumpShare,
        Self::Humidity,
        Self::Share,
        Self::Voltage,
        Self::Current,
        Self::Power,
        Self::Energy,
        Self::Frequency,
        Self::Pressure,
        Self::Other,
    ];

    pub(crate) const fn named(self) -> Named {
        match self {
            Self::Temperature => named("temperature", "temperature_threshold", Some("celsius"), "Temperature"),
            Self::FanSpeed => named("fan_speed", "fan_speed_threshold", Some("rpm"), "Speed of a fan"),
            Self::FanShare => named(
                "fan_speed",
                "fan_speed_threshold",
                Some("ratio"),
                "Speed of a fan as a share of the highest, 0 to 1",
            ),
            Self::PumpSpeed => named("pump_speed", "pump_speed_threshold", Some("rpm"), "Speed of a pump"),
            Self::PumpShare => named(
                "pump_speed",
                "pump_speed_threshold",
                Some("ratio"),
                "Speed of a pump as a share of the highest, 0 to 1",
            ),
            Self::Humidity => named("humidity", "humidity_threshold", Some("ratio"), "Relative humidity, 0 to 1"),
            Self::Share => {
                named("share", "share_threshold", Some("ratio"), "Another percentage, such as load or charge, 0 to 1")
            }
            Self::Voltage => named("voltage", "voltage_threshold", Some("volts"), "Voltage"),
            Self::Current => named("current", "current_threshold", Some("amperes"), "Electric current"),
            Self::Power => named("power", "power_threshold", Some("watts"), "Power"),
            Self::Energy => named("energy", "energy_threshold", Some("joules"), "Energy since the meter began"),
            Self::Frequency => named("frequency", "frequency_threshold", Some("hertz"), "Frequency"),
            Self::Pressure => named("pressure", "pressure_threshold", Some("pascals"), "Pressure"),
            Self::Other => named(
                "sensor_reading",
                "sensor_reading_threshold",
                None,
                "Reading of a sensor in a unit that has no metric",
            ),
        }
    }

    pub(crate) const fn is_counter(self) -> bool {
        matches!(self, Self::Energy)
    }

    /// Returns what a sensor measures, and how to convert its values to the base unit: multiply by the first number, then add the
    /// second.
    pub(crate) fn of(sensor: &Sensor) -> (Self, f64, f64) {
        let unit = sensor.unit.as_deref().unwrap_or_default();
        let (quantity, factor) = match (unit, &sensor.kind) {
            ("Cel", _) => (Self::Temperature, 1.0),
            ("K", SensorKind::Temperature) => return (Self::Temperature, 1.0, -273.15),
            ("[degF]", _) => return (Self::Temperature, 5.0 / 9.0, -160.0 / 9.0),
            ("RPM", SensorKind::Fan) => (Self::FanSpeed, 1.0),
            ("RPM", SensorKind::Pump) => (Self::PumpSpeed, 1.0),
            ("%", SensorKind::Fan) => (Self::FanShare, 0.01),
            ("%", SensorKind::Pump) => (Self::PumpShare, 0.01),
            ("%", SensorKind::Humidity) => (Self::Humidity, 0.01),
            ("%", _) => (Self::Share, 0.01),
            ("V", _) => (Self::Voltage, 1.0),
            ("mV", _) => (Self::Voltage, 1e-3),
            ("A", _) => (Self::Current, 1.0),
            ("mA", _) => (Self::Current, 1e-3),
            ("W", _) => (Self::Power, 1.0),
            ("mW", _) => (Self::Power, 1e-3),
            ("kW", _) => (Self::Power, 1e3),
            ("J", _) => (Self::Energy, 1.0),
            ("kJ", _) => (Self::Energy, 1e3),
            ("W.h", _) => (Self::Energy, 3600.0),
            ("kW.h", _) => (Self::Energy, 3.6e6),
            ("Hz", _) => (Self::Frequency, 1.0),
            ("kHz", _) => (Self::Frequency, 1e3),
            ("MHz", _) => (Self::Frequency, 1e6),
            ("GHz", _) => (Self::Frequency, 1e9),
            ("Pa", _) => (Self::Pressure, 1.0),
            ("kPa", _) => (Self::Pressure, 1e3),
            ("bar", _) => (Self::Pressure, 1e5),
            ("[psi]", _) => (Self::Pressure, 6_894.757),
            _ => (Self::Other, 1.0),
        };
        (quantity, factor, 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor(kind: &str, unit: &str) -> Sensor {
        let json = serde_json::json!({
            "id": "1", "name": "n", "kind": kind, "reading": 1.0, "unit": unit, "status": "ok", "states": [], "thresholds": {},
        });
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn values_are_in_base_units() {
        for (kind, unit, value, quantity, base) in [
            ("temperature", "Cel", 21.5, Quantity::Temperature, 21.5),
            ("temperature", "[degF]", 212.0, Quantity::Temperature, 100.0),
            ("temperature", "K", 273.15, Quantity::Temperature, 0.0),
            ("fan", "%", 40.0, Quantity::FanShare, 0.4),
            ("fan", "RPM", 9000.0, Quantity::FanSpeed, 9000.0),
            ("energy", "kW.h", 2.0, Quantity::Energy, 7.2e6),
            ("percent", "%", 50.0, Quantity::Share, 0.5),
            ("flow", "L/min", 7.0, Quantity::Other, 7.0),
        ] {
            let (is, factor, offset) = Quantity::of(&sensor(kind, unit));
            assert!(is == quantity && (value * factor + offset - base).abs() < 1e-9, "{kind} {unit}");
        }
    }

    #[test]
    fn no_two_quantities_have_the_same_name() {
        let names = |of: fn(Named) -> &'static str| {
            let all = Quantity::ALL.map(|one| (of(one.named()), one.named().unit));
            all.iter().collect::<std::collections::BTreeSet<_>>().len()
        };
        assert_eq!((names(|named| named.name), names(|named| named.thresholds)), (14, 14));
    }
}
