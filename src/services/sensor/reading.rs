//! Decodes readings. Objects are read as JSON: property names have changed between versions of the standard, and no
//! schema has those from before the first.

use serde_json::Value;

use super::super::survey::text;
use super::kind::SensorKind as Kind;
use super::unit;

/// A reading with its properties.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// Its URI, with a pointer if it is part of a resource.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// `None` if there is no reading at the moment, or never is.
    pub(crate) value: Option<f64>,
    /// Mostly in UCUM.
    pub(crate) unit: Option<String>,
    pub(crate) condition: Condition,
    /// Whether the value is meaningless, such as the 0 degrees of something that is absent.
    pub(super) is_void: bool,
    /// Whether it is a part with a condition of its own, such as a fan, which it has even without a reading.
    pub(crate) is_part: bool,
    /// Lower fatal, critical and caution; upper caution, critical and fatal.
    pub(crate) thresholds: [Option<f64>; 6],
    /// The URIs of other sources of the same reading: the sensor of an excerpt, the part that a sensor belongs to.
    pub(super) same_as: Vec<String>,
    /// The URIs of merged duplicates.
    pub(crate) also_at: Vec<String>,
}

/// The condition of a part, from its `Status`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Condition {
    /// Not known.
    #[default]
    Unknown,
    /// The slot is empty.
    Absent,
    /// Off, or out of service.
    Off,
    Ok,
    Warning,
    Critical,
}

impl Condition {
    fn of(json: &Value) -> Self {
        let status = json.get("Status").unwrap_or_default();
        let word = |name: &str| {
            // Some services write `"Status":{"state":"Enabled"}`.
            let found = status.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.and_then(|(_, value)| value.as_str()).map(|word| word.trim().to_ascii_lowercase())
        };
        let state = word("State").unwrap_or_default();
        if state == "absent" {
            return Self::Absent;
        }
        // A failed part is mostly out of service as well. The failure is what matters.
        match word("Health").or_else(|| word("HealthRollup")).as_deref() {
            Some("critical") => Self::Critical,
            Some("warning") => Self::Warning,
            _ if matches!(state.as_str(), "disabled" | "unavailableoffline" | "deferring") => Self::Off,
            Some("ok") => Self::Ok,
            _ => Self::Unknown,
        }
    }

    /// Returns whether a value is meaningful in this state.
    fn has_reading(json: &Value) -> bool {
        let state = json.get("Status").and_then(|status| text(status, "State")).unwrap_or_default();
        !["Absent", "Disabled", "UnavailableOffline"].iter().any(|off| state.eq_ignore_ascii_case(off))
    }
}

/// Reads a number, which may be written as text: `"152"`. `"N/A"` is not a number.
fn number(json: &Value, name: &str) -> Option<f64> {
    match json.get(name)? {
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        value => value.as_f64(),
    }
}

fn first_number(json: &Value, names: &[&str]) -> Option<f64> {
    names.iter().find_map(|name| number(json, name))
}

impl Reading {
    pub(super) fn new(id: String, name: &str, kind: Kind, json: &Value) -> Self {
        Self {
            name: name.to_owned(),
            id,
            kind,
            value: None,
            unit: None,
            condition: Condition::of(json),
            is_void: !Condition::has_reading(json),
            is_part: false,
            thresholds: [None; 6],
            same_as: Vec::new(),
            also_at: Vec::new(),
        }
    }

    fn with_value(mut self, value: Option<f64>, unit: Option<&str>, json: &Value) -> Self {
        self.value = value.filter(|_| Condition::has_reading(json));
        self.unit = unit.map(unit::spelled);
        self
    }

    /// Converts a `Sensor` resource.
    pub(super) fn of_sensor(uri: &str, json: &Value) -> Self {
        let unit = text(json, "ReadingUnits");
        let is_about = |what: &str| text(json, "PhysicalContext") == Some(what);
        let kind = match text(json, "ReadingType").unwrap_or_default() {
            "Temperature" => Kind::Temperature,
            "Humidity" | "AbsoluteHumidity" => Kind::Humidity,
            "Voltage" => Kind::Voltage,
            "Current" => Kind::Current,
            "Power" => Kind::Power,
            "EnergyJoules" | "EnergyWh" | "EnergykWh" | "ChargeAh" => Kind::Energy,
            "Frequency" => Kind::Frequency,
            "Pressure" | "PressurePa" | "PressurekPa" | "Barometric" => Kind::Pressure,
            "AirFlow" | "AirFlowCMM" | "LiquidFlow" | "LiquidFlowLPM" => Kind::Flow,
            "Rotational" if is_about("Pump") => Kind::Pump,
            "Rotational" => Kind::Fan,
            "Percent" if is_about("Fan") => Kind::Fan,
            "Percent" if is_about("Pump") => Kind::Pump,
            "Percent" => Kind::Percent,
            "" => unit.and_then(kind_of_unit).unwrap_or_else(|| Kind::Other("sensor".to_owned())),
            other => Kind::other(other),
        };
        let limits = json.get("Thresholds").unwrap_or_default();
        let limit = |name: &str| limits.get(name).and_then(|limit| number(limit, "Reading"));
        let name = text(json, "Name").or(text(json, "Id")).unwrap_or(uri);
        let related = json.get("RelatedItem").and_then(Value::as_array).into_iter().flatten();
        Self {
            thresholds: [
                limit("LowerFatal"),
                limit("LowerCritical"),
                limit("LowerCaution"),
                limit("UpperCaution"),
                limit("UpperCritical"),
                limit("UpperFatal"),
            ],
            same_as: related.filter_map(|item| text(item, "@odata.id")).map(str::to_owned).collect(),
            ..Self::new(uri.to_owned(), name, kind, json).with_value(number(json, "Reading"), unit, json)
        }
    }
}

fn kind_of_unit(unit: &str) -> Option<Kind> {
    Some(match unit {
        "Cel" | "C" | "Celsius" | "degrees C" => Kind::Temperature,
        "V" | "Volts" => Kind::Voltage,
        "A" | "Amps" => Kind::Current,
        "W" | "Watts" => Kind::Power,
        "J" | "kW.h" | "W.h" | "A.h" => Kind::Energy,
        "Hz" => Kind::Frequency,
        "RPM" | "{rev}/min" => Kind::Fan,
        "%" | "Percent" => Kind::Percent,
        _ => return None,
    })
}

/// The arrays of `Thermal` and `Power`: what their items are, the names that their reading has had, and its unit.
const ARRAYS: [(&str, Kind, &[&str], &str); 4] = [
    ("Temperatures", Kind::Temperature, &["ReadingCelsius", "CurrentReading"], "Cel"),
    ("Fans", Kind::Fan, &["Reading", "CurrentReading", "ReadingRPM"], ""),
    ("Voltages", Kind::Voltage, &["ReadingVolts", "CurrentReading"], "V"),
    ("PowerControl", Kind::Power, &["PowerConsumedWatts"], "W"),
];

/// The measurements of a power supply in `Power`: their properties, newest name first.
const SUPPLY: [(&[&str], &str, Kind, &str); 4] = [
    (&["LineInputVoltage"], "Input Voltage", Kind::Voltage, "V"),
    (&["PowerInputWatts"], "Input Power", Kind::Power, "W"),
    (&["PowerOutputWatts", "LastPowerOutputWatts"], "Output Power", Kind::Power, "W"),
    (&["InputCurrentAmps"], "Input Current", Kind::Current, "A"),
];

/// Returns the items of an array. A single object in its place counts as one item.
fn items<'j>(json: &'j Value, array: &str) -> &'j [Value] {
    match json.get(array) {
        Some(Value::Array(items)) => items,
        Some(one @ Value::Object(_)) => std::slice::from_ref(one),
        _ => &[],
    }
}

/// Collects the readings in `Thermal` and `Power`.
pub(super) fn of_arrays(uri: &str, json: &Value) -> Vec<Reading> {
    let mut all = Vec::new();
    for (array, kind, names, unit) in ARRAYS {
        for (at, item) in items(json, array).iter().enumerate().filter(|(_, item)| item.is_object()) {
            let id = format!("{uri}#/{array}/{at}");
            let nameless = format!("{} {at}", words(array));
            let name = text(item, "Name").or(text(item, "FanName")).unwrap_or(&nameless);
            let unit = match text(item, "ReadingUnits").or(text(item, "Units")) {
                Some(said) if unit.is_empty() => {
                    if said == "Percent" {
                        "%"
                    } else {
                        said
                    }
                }
                // The first schema had no unit. Fan speeds are either a percentage or far above 100.
                None if unit.is_empty() => {
                    if number(item, "ReadingRPM").is_some() {
                        "RPM"
                    } else {
                        ""
                    }
                }
                _ => unit,
            };
            let limit = |names: &[&str]| first_number(item, names);
            let reading = Reading {
                is_part: kind == Kind::Fan,
                thresholds: [
                    limit(&["LowerThresholdFatal"]),
                    limit(&["LowerThresholdCritical"]),
                    limit(&["LowerThresholdNonCritical"]),
                    limit(&["UpperThresholdNonCritical"]),
                    limit(&["UpperThresholdCritical"]),
                    limit(&["UpperThresholdFatal"]),
                ],
                ..Reading::new(id.clone(), name, kind.clone(), item)
            };
            let unit = Some(unit).filter(|unit| !unit.is_empty());
            all.push(reading.with_value(first_number(item, names), unit, item));
        }
    }
    if items(json, "PowerControl").is_empty()
        && let Some(watts) = number(json, "PowerConsumedWatts")
    {
        let reading = Reading::new(format!("{uri}#/PowerConsumedWatts"), "Power Consumed", Kind::Power, json);
        all.push(reading.with_value(Some(watts), Some("W"), json));
    }
    for (at, item) in items(json, "PowerSupplies").iter().enumerate().filter(|(_, item)| item.is_object()) {
        let id = format!("{uri}#/PowerSupplies/{at}");
        let nameless = format!("Power Supply {at}");
        let name = text(item, "Name").unwrap_or(&nameless);
        let mut supply = Reading { is_part: true, ..Reading::new(id.clone(), name, Kind::PowerSupply, item) };
        supply.condition = of_line_input(item, supply.condition);
        all.push(supply);
        for (names, suffix, kind, unit) in SUPPLY {
            let found = names.iter().find_map(|property| Some((property, number(item, property)?)));
            if let Some((property, value)) = found.filter(|_| Condition::has_reading(item)) {
                let (id, name) = (format!("{id}/{property}"), format!("{name} {suffix}"));
                all.push(Reading::new(id, &name, kind, &Value::Null).with_value(Some(value), Some(unit), item));
            }
        }
    }
    all
}

/// Adjusts the condition of a power supply for its input: without one it supplies nothing, whatever its status.
fn of_line_input(supply: &Value, condition: Condition) -> Condition {
    match text(supply, "LineInputStatus") {
        Some("LossOfInput" | "OutOfRange") if condition != Condition::Absent => condition.max(Condition::Warning),
        _ => condition,
    }
}

/// Converts a part with a condition of its own, and the excerpts in it. The reading of a fan or pump is its speed.
pub(super) fn of_part(uri: &str, name: &str, kind: &Kind, json: &Value) -> Vec<Reading> {
    let mut excerpts = of_excerpts(uri, name, json);
    excerpts.retain(|_| Condition::has_reading(json));
    let mut part = Reading { is_part: true, ..Reading::new(uri.to_owned(), name, kind.clone(), json) };
    if *kind == Kind::PowerSupply {
        part.condition = of_line_input(json, part.condition);
    }
    if *kind == Kind::LeakDetector
        && let Some(state) = text(json, "DetectorState")
        && part.condition != Condition::Absent
    {
        part.condition = part.condition.max(match state {
            "OK" => Condition::Ok,
            "Warning" => Condition::Warning,
            "Critical" => Condition::Critical,
            _ => Condition::Unknown,
        });
    }
    if matches!(kind, Kind::Fan | Kind::Pump)
        && let Some(place) = excerpts.iter().position(|excerpt| excerpt.kind == *kind)
    {
        let speed = excerpts.remove(place);
        part = Reading { value: speed.value, unit: speed.unit, same_as: speed.same_as, ..part };
    }
    excerpts.insert(0, part);
    excerpts
}

/// Endings of property names that show what is measured, and in which unit.
const ENDINGS: [(&str, Kind, &str); 24] = [
    ("SpeedPercent", Kind::Fan, "%"),
    ("SpeedsPercent", Kind::Fan, "%"),
    ("HumidityPercent", Kind::Humidity, "%"),
    ("Percent", Kind::Percent, "%"),
    ("Celsius", Kind::Temperature, "Cel"),
    ("AbsoluteHumidity", Kind::Humidity, "g/m3"),
    ("WattHours", Kind::Energy, "W.h"),
    ("AmpHours", Kind::Energy, "A.h"),
    ("kWh", Kind::Energy, "kW.h"),
    ("Joules", Kind::Energy, "J"),
    ("kW", Kind::Power, "kW"),
    ("Watts", Kind::Power, "W"),
    ("Amps", Kind::Current, "A"),
    ("Voltage", Kind::Voltage, "V"),
    ("Voltages", Kind::Voltage, "V"),
    ("Volts", Kind::Voltage, "V"),
    ("Hz", Kind::Frequency, "Hz"),
    ("kPa", Kind::Pressure, "kPa"),
    ("Pa", Kind::Pressure, "Pa"),
    ("LitersPerMinute", Kind::Flow, "L/min"),
    ("LPM", Kind::Flow, "L/min"),
    ("CMM", Kind::Flow, "m3/min"),
    ("RPM", Kind::Fan, "RPM"),
    ("Humidity", Kind::Humidity, "%"),
];

/// Collects the sensor excerpts in a resource: each object, at any depth, with a reading.
pub(super) fn of_excerpts(uri: &str, owner: &str, json: &Value) -> Vec<Reading> {
    let mut all = Vec::new();
    let mut waiting = vec![(String::new(), None, json)];
    while let Some((pointer, measured, value)) = waiting.pop() {
        match value {
            Value::Object(object) => {
                if let Some(property) = measured.filter(|_| has_reading(value)) {
                    all.push(of_excerpt(uri, owner, &pointer, property, value));
                    continue;
                }
                for (name, value) in object.iter().rev() {
                    let is_other = matches!(name.as_str(), "Oem" | "Actions" | "Links" | "Status" | "Thresholds");
                    if is_other || !(value.is_object() || value.is_array()) {
                        continue;
                    }
                    // `TemperatureSummaryCelsius/Intake`: the unit is in the name of the enclosing object.
                    let property = if kind_of_name(name).is_some() { Some(name.as_str()) } else { measured };
                    waiting.push((format!("{pointer}/{name}"), property, value));
                }
            }
            Value::Array(items) => {
                let items = items.iter().enumerate().rev();
                waiting.extend(items.map(|(at, item)| (format!("{pointer}/{at}"), measured, item)));
            }
            _ => {}
        }
    }
    all
}

/// Returns whether an object is a sensor excerpt. Those of controls have a set point.
fn has_reading(json: &Value) -> bool {
    first_number(json, &["Reading", "SpeedRPM"]).is_some() && json.get("SetPoint").is_none()
}

fn kind_of_name(property: &str) -> Option<(&'static str, Kind, &'static str)> {
    ENDINGS.iter().find(|(ending, ..)| property.ends_with(ending)).cloned()
}

fn of_excerpt(uri: &str, owner: &str, pointer: &str, property: &str, json: &Value) -> Reading {
    let (kind, mut unit) = match kind_of_name(property) {
        Some((_, Kind::Fan, unit)) if property.contains("Pump") => (Kind::Pump, Some(unit)),
        Some((_, kind, unit)) => (kind, Some(unit)),
        None => (Kind::other(property), None),
    };
    let value = number(json, "Reading").or_else(|| {
        unit = Some("RPM");
        number(json, "SpeedRPM")
    });
    let name = match text(json, "DeviceName") {
        Some(device) => device.to_owned(),
        None => format!("{owner} {}", words(pointer)),
    };
    let mut reading = Reading::new(format!("{uri}#{pointer}"), &name, kind, json).with_value(value, unit, json);
    reading.same_as.extend(text(json, "DataSourceUri").map(str::to_owned));
    reading
}

/// Turns a pointer into words, without those that are only a unit: `/RailVoltage/0` is "Rail Voltage 0".
fn words(pointer: &str) -> String {
    let mut words = String::new();
    for step in pointer.split('/').filter(|step| !step.is_empty()) {
        let step = ["Celsius", "Percent", "Watts", "Amps", "Volts", "kWh", "Joules", "Hz", "kPa", "kW"]
            .iter()
            .find_map(|unit| step.strip_suffix(unit).filter(|rest| !rest.is_empty()))
            .unwrap_or(step);
        let mut before = ' ';
        for letter in step.chars() {
            if (letter.is_ascii_uppercase() || letter.is_ascii_digit()) && !before.is_ascii_uppercase() {
                words.push(' ');
            }
            words.push(letter);
            before = letter;
        }
    }
    words.trim_start().to_owned()
}

#[cfg(test)]
mod tests;
