//! Sensors: names, readings with their units, how they stand to their thresholds.

use std::fmt;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Reason};
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::Error;
use crate::ipmi::command::CompletionCode;
use crate::ipmi::record::sensor::{Threshold, ThresholdStatus};
use crate::ipmi::{self, Measurement};
use crate::resource::Resource;
use crate::schema::resource::{Health, State, Status};
use crate::schema::{self, Chassis, thermal};

/// How a sensor's reading is to be judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SensorStatus {
    /// All is well.
    Ok,
    /// It needs attention.
    Warning,
    /// It needs attention at once.
    Critical,
    /// Damage is to be expected.
    Fatal,
    /// There is no reading at present.
    Unavailable,
    /// The BMC doesn't judge.
    Unknown,
}

impl fmt::Display for SensorStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Fatal => "fatal",
            Self::Unavailable => "unavailable",
            Self::Unknown => "",
        })
    }
}

/// The thresholds of a sensor, in its unit. Redfish calls them caution, critical and fatal; IPMI non-critical, critical and
/// non-recoverable.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
#[non_exhaustive]
pub struct Thresholds {
    pub lower_fatal: Option<f64>,
    pub lower_critical: Option<f64>,
    pub lower_caution: Option<f64>,
    pub upper_caution: Option<f64>,
    pub upper_critical: Option<f64>,
    pub upper_fatal: Option<f64>,
}

/// A sensor and what it reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sensor {
    /// What tells it from others: its URI by Redfish, its number by IPMI.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it reads; none for sensors that have states instead, and where there is no reading at present.
    pub reading: Option<f64>,
    /// The unit of the reading and the thresholds, as the protocol spells it.
    pub unit: Option<String>,
    /// How the reading is to be judged.
    pub status: SensorStatus,
    /// The states in words, of sensors that have states.
    pub states: Vec<String>,
    /// The thresholds.
    pub thresholds: Thresholds,
    /// Why it could not be read.
    pub problem: Option<String>,
}

impl Sensor {
    fn new(id: impl Into<String>, name: Option<&str>) -> Self {
        let id = id.into();
        Self {
            name: name.unwrap_or(&id).to_owned(),
            id,
            reading: None,
            unit: None,
            status: SensorStatus::Unknown,
            states: Vec::new(),
            thresholds: Thresholds::default(),
            problem: None,
        }
    }

    fn unreadable(id: impl Into<String>, name: Option<&str>, problem: String) -> Self {
        Self { status: SensorStatus::Unavailable, problem: Some(problem), ..Self::new(id, name) }
    }
}

impl Host {
    /// All sensors of the host with what they read. One that can't be read is among them, with the reason.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn sensors(&self) -> Result<Outcome<Vec<Sensor>>, Error> {
        self.read(Capability::Sensors, |session| Box::pin(sensors(session))).await
    }
}

async fn sensors(session: Session) -> Result<Vec<Sensor>, Fault> {
    match session {
        Session::Ipmi(bmc) => by_ipmi(bmc).await,
        Session::Redfish(service) => {
            let mut all = Vec::new();
            let mut told = false;
            for chassis in service.chassis().await? {
                told |= chassis.sensors.is_some() || chassis.thermal.is_some() || chassis.power.is_some();
                if chassis.sensors.is_some() {
                    of_collection(&chassis, &mut all).await?;
                } else {
                    of_older_schemas(&chassis, &mut all).await?;
                }
            }
            if told { Ok(all) } else { Err(Fault::lacking("no chassis has sensors")) }
        }
    }
}

async fn by_ipmi(bmc: ipmi::Client) -> Result<Vec<Sensor>, Fault> {
    let described = bmc.sensors().await?.complete().map_err(ipmi::Error::from)?;
    let mut readings = bmc.read_sensors(described);
    let mut all = Vec::new();
    while let Some((sensor, measurement)) = readings.next().await {
        let id = format!("{:#04x}", sensor.number);
        let measurement = match measurement {
            Ok(measurement) => measurement,
            // The BMC has gone: there is no use in a list of sensors that all say so.
            Err(error) if Fault::reason_of(&error) == Reason::Unreachable => return Err(error.into()),
            // Those that only send events have nothing to be read.
            Err(error) if error.completion_code() == Some(CompletionCode::NotPresent) => {
                all.push(Sensor { status: SensorStatus::Unavailable, ..Sensor::new(id, Some(&sensor.name)) });
                continue;
            }
            Err(error) => {
                all.push(Sensor::unreadable(id, Some(&sensor.name), error.report()));
                continue;
            }
        };
        let mut thresholds = Thresholds::default();
        let has = |threshold: &Threshold| sensor.masks.is_some_and(|masks| masks.is_readable(*threshold));
        if sensor.is_analog() && Threshold::ALL.iter().any(has) {
            // What they are now: the record tells what they were at the start.
            if let Ok(raw) = bmc.sensor_thresholds(&sensor).await {
                let value = |threshold| raw.get(threshold).and_then(|raw| sensor.value(raw));
                thresholds = Thresholds {
                    lower_fatal: value(Threshold::LowerNonRecoverable),
                    lower_critical: value(Threshold::LowerCritical),
                    lower_caution: value(Threshold::LowerNonCritical),
                    upper_caution: value(Threshold::UpperNonCritical),
                    upper_critical: value(Threshold::UpperCritical),
                    upper_fatal: value(Threshold::UpperNonRecoverable),
                };
            }
        }
        all.push(Sensor {
            reading: measurement.value,
            unit: sensor.is_analog().then(|| sensor.unit.to_string()),
            status: judged(&measurement),
            // Those of threshold sensors are what the status says.
            states: match sensor.event_type.is_threshold() {
                true => Vec::new(),
                false => measurement.states.iter().map(|state| (*state).to_owned()).collect(),
            },
            thresholds,
            ..Sensor::new(id, Some(&sensor.name))
        });
    }
    Ok(all)
}

fn judged(measurement: &Measurement) -> SensorStatus {
    use Threshold as T;
    match measurement.status {
        _ if !measurement.reading.is_available() => SensorStatus::Unavailable,
        None => SensorStatus::Unknown,
        Some(ThresholdStatus::Ok) => SensorStatus::Ok,
        Some(ThresholdStatus::Beyond(T::LowerNonCritical | T::UpperNonCritical)) => SensorStatus::Warning,
        Some(ThresholdStatus::Beyond(T::LowerCritical | T::UpperCritical)) => SensorStatus::Critical,
        Some(ThresholdStatus::Beyond(T::LowerNonRecoverable | T::UpperNonRecoverable)) => SensorStatus::Fatal,
    }
}

/// The sensors of a chassis as they have been since 2019.
async fn of_collection(chassis: &Resource<Chassis>, all: &mut Vec<Sensor>) -> Result<(), Fault> {
    let mut members = chassis.sensors().members();
    while let Some(member) = members.next().await {
        match member {
            Ok(sensor) => all.push(of_redfish(&sensor)),
            Err(error) => match (error.uri().map(str::to_owned), Fault::from(error)) {
                (Some(uri), fault) if fault.reason == Reason::Lacking => {
                    all.push(Sensor::unreadable(uri, None, fault.error.report()));
                }
                (_, fault) => return Err(fault),
            },
        }
    }
    Ok(())
}

fn of_redfish(sensor: &Resource<schema::Sensor>) -> Sensor {
    let thresholds = sensor.thresholds.as_ref();
    let value = |threshold: Option<&schema::sensor::Threshold>| threshold.and_then(|threshold| threshold.reading);
    Sensor {
        reading: sensor.reading,
        unit: sensor.reading_units.clone(),
        status: of_status(sensor.status.as_ref(), sensor.reading.is_some()),
        thresholds: Thresholds {
            lower_fatal: value(thresholds.and_then(|all| all.lower_fatal.as_ref())),
            lower_critical: value(thresholds.and_then(|all| all.lower_critical.as_ref())),
            lower_caution: value(thresholds.and_then(|all| all.lower_caution.as_ref())),
            upper_caution: value(thresholds.and_then(|all| all.upper_caution.as_ref())),
            upper_critical: value(thresholds.and_then(|all| all.upper_critical.as_ref())),
            upper_fatal: value(thresholds.and_then(|all| all.upper_fatal.as_ref())),
        },
        ..Sensor::new(sensor.uri(), sensor.name.as_deref())
    }
}

fn of_status(status: Option<&Status>, has_reading: bool) -> SensorStatus {
    let state = status.and_then(|status| status.state.as_ref());
    let enabled =
        matches!(state, None | Some(State::Enabled | State::StandbyOffline | State::StandbySpare | State::InTest));
    match status.and_then(|status| status.health.as_ref()) {
        _ if !enabled || !has_reading => SensorStatus::Unavailable,
        Some(Health::OK) => SensorStatus::Ok,
        Some(Health::Warning) => SensorStatus::Warning,
        Some(Health::Critical) => SensorStatus::Critical,
        _ => SensorStatus::Unknown,
    }
}

/// A reading within the `Thermal` and `Power` resources, whose types have no more in common than their names for things.
macro_rules! older {
    ($item:expr, $id:expr, $name:expr, $reading:expr, $unit:expr, $value:expr) => {{
        let (item, value) = ($item, $value);
        let reading = $reading;
        Sensor {
            reading,
            unit: Some($unit.to_owned()),
            status: of_status(item.status.as_ref(), reading.is_some()),
            thresholds: Thresholds {
                lower_fatal: item.lower_threshold_fatal.map(value),
                lower_critical: item.lower_threshold_critical.map(value),
                lower_caution: item.lower_threshold_non_critical.map(value),
                upper_caution: item.upper_threshold_non_critical.map(value),
                upper_critical: item.upper_threshold_critical.map(value),
                upper_fatal: item.upper_threshold_fatal.map(value),
            },
            ..Sensor::new($id, $name)
        }
    }};
}

/// The sensors of a chassis as they were before: within `Thermal` and `Power`.
async fn of_older_schemas(chassis: &Resource<Chassis>, all: &mut Vec<Sensor>) -> Result<(), Fault> {
    // As f64 has 53 bits: no fan turns that fast.
    #[allow(clippy::cast_precision_loss)]
    let whole = |value: i64| value as f64;
    let same = |value: f64| value;
    if let Some(thermal) = optional(chassis.thermal().get_opt().await)? {
        let id = |kind: &str, at: usize| format!("{}#/{kind}/{at}", thermal.uri());
        for (at, item) in thermal.temperatures.iter().enumerate() {
            let id = id("Temperatures", at);
            all.push(older!(item, id, item.name.as_deref(), item.reading_celsius, "Cel", same));
        }
        for (at, item) in thermal.fans.iter().enumerate() {
            let unit = match &item.reading_units {
                Some(thermal::ReadingUnits::Percent) => "%",
                Some(units) => units.as_str(),
                None => "",
            };
            let name = item.name.as_deref().or(item.fan_name.as_deref());
            all.push(older!(item, id("Fans", at), name, item.reading.map(whole), unit, whole));
        }
    }
    if let Some(power) = optional(chassis.power().get_opt().await)? {
        for (at, item) in power.voltages.iter().enumerate() {
            let id = format!("{}#/Voltages/{at}", power.uri());
            all.push(older!(item, id, item.name.as_deref(), item.reading_volts, "V", same));
        }
        for (at, item) in power.power_control.iter().enumerate() {
            let id = format!("{}#/PowerControl/{at}", power.uri());
            let reading = item.power_consumed_watts;
            let status = of_status(item.status.as_ref(), reading.is_some());
            let unit = Some("W".to_owned());
            all.push(Sensor { reading, unit, status, ..Sensor::new(id, item.name.as_deref()) });
        }
    }
    Ok(())
}

/// A link that leads nowhere is as good as none.
fn optional<T>(found: Result<Option<T>, Error>) -> Result<Option<T>, Fault> {
    match found {
        Err(error) if error.is_not_found() => Ok(None),
        other => Ok(other?),
    }
}
