//! Sensors: names, readings with their units, how they stand to their thresholds.

use std::fmt;

use futures_util::StreamExt;
use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{chassis, finish, from_ipmi, systems};
use super::redfish::Service;
use super::route::Session;
use crate::error::Error;
use crate::ipmi::command::CompletionCode;
use crate::ipmi::command::sensor::Thresholds as RawThresholds;
use crate::ipmi::record::event::SensorType;
use crate::ipmi::record::sensor::{Sensor as Described, Threshold};
use crate::ipmi::{self, Measurement};
use crate::resource::partial::{Missing, Partial};
use crate::services;
use crate::services::sensor::threshold::Limits;
use crate::services::sensor::{Condition, Reading, SensorKind};
use crate::services::survey::Survey;

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
    /// There is no reading now.
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

impl Thresholds {
    /// From the lowest to the highest.
    pub(super) fn of_limits(limits: Limits) -> Self {
        let [lower_fatal, lower_critical, lower_caution, upper_caution, upper_critical, upper_fatal] = limits;
        Self { lower_fatal, lower_critical, lower_caution, upper_caution, upper_critical, upper_fatal }
    }

    /// From the lowest to the highest.
    pub(super) fn limits(&self) -> Limits {
        let lower = [self.lower_fatal, self.lower_critical, self.lower_caution];
        let upper = [self.upper_caution, self.upper_critical, self.upper_fatal];
        let ([a, b, c], [d, e, f]) = (lower, upper);
        [a, b, c, d, e, f]
    }

    /// As they are raw.
    pub(super) fn of_ipmi(sensor: &Described, raw: &RawThresholds) -> Self {
        let value = |threshold| raw.get(threshold).and_then(|raw| sensor.value(raw));
        Self {
            lower_fatal: value(Threshold::LowerNonRecoverable),
            lower_critical: value(Threshold::LowerCritical),
            lower_caution: value(Threshold::LowerNonCritical),
            upper_caution: value(Threshold::UpperNonCritical),
            upper_critical: value(Threshold::UpperCritical),
            upper_fatal: value(Threshold::UpperNonRecoverable),
        }
    }
}

/// A sensor and what it reads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Sensor {
    /// What identifies it: by Redfish where it is described, a URI with a pointer where that is within a resource; its
    /// number by IPMI.
    pub id: String,
    /// Where else it is described.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_at: Vec<String>,
    /// Its name.
    pub name: String,
    /// What it measures, or watches.
    pub kind: SensorKind,
    /// What it reads; none for sensors that have states instead, and where there is no reading now.
    pub reading: Option<f64>,
    /// The unit of the reading and the thresholds, spelled the same by either protocol: in UCUM (`Cel`, `V`, `W`, `%`), but
    /// for `RPM`.
    pub unit: Option<String>,
    /// How the reading is to be judged.
    pub status: SensorStatus,
    /// The states in words, of sensors that have states.
    pub states: Vec<String>,
    /// The thresholds.
    pub thresholds: Thresholds,
}

impl Sensor {
    /// Returns whether it says that something is wrong.
    #[must_use]
    pub fn is_problem(&self) -> bool {
        matches!(self.status, SensorStatus::Warning | SensorStatus::Critical | SensorStatus::Fatal)
    }
}

impl Host {
    /// Returns all sensors of the host with what they read, and what could not be read. Fans, power supplies and the like are among
    /// them where they say how they are, if only in words.
    ///
    /// By Redfish they are looked for in every chassis, system and piece of equipment, and in every place that they may be
    /// in; what several places say is given once.
    ///
    /// # Errors
    ///
    /// Where no protocol has any.
    pub async fn sensors(&self) -> Result<Outcome<Partial<Sensor>>, Error> {
        self.read(Capability::Sensors, |session| Box::pin(sensors(session))).await
    }
}

async fn sensors(session: Session) -> Result<Partial<Sensor>, Fault> {
    match session {
        Session::Ipmi(bmc) => by_ipmi(bmc).await,
        Session::Redfish(service) => by_redfish(&service).await,
    }
}

pub(super) async fn by_redfish(service: &Service) -> Result<Partial<Sensor>, Fault> {
    let mut survey = Survey::of(&service.client);
    let chassis = chassis(service, &mut survey).await?;
    let systems = systems(service, &mut survey).await?;
    let readings = services::sensor::readings(&mut survey, &chassis, &systems).await;
    let sensors = readings.into_iter().map(Sensor::from).collect();
    finish(sensors, survey.into_missing(), "the Redfish service has no readings")
}

async fn by_ipmi(bmc: ipmi::Client) -> Result<Partial<Sensor>, Fault> {
    let Partial { items: described, mut missing } = from_ipmi(bmc.sensors().await?);
    let mut all = Vec::new();
    let mut readings = bmc.read_sensors(described);
    while let Some((sensor, measurement)) = readings.next().await {
        let place = || format!("sensor {:#04x} ({})", sensor.number, sensor.name);
        let measurement = match measurement {
            Ok(measurement) => Some(measurement),
            // Those that only send events have nothing to be read.
            Err(error) if error.completion_code() == Some(CompletionCode::NotPresent) => None,
            Err(error) => {
                let gone = error.is_session_lost();
                missing.push(Missing::new(place(), error.into()));
                // The BMC has gone: there is no use in a list of sensors that all say so.
                if gone {
                    break;
                }
                continue;
            }
        };
        let mut thresholds = Thresholds::default();
        let has = |threshold: &Threshold| sensor.masks.is_some_and(|masks| masks.is_readable(*threshold));
        // Records that name none in their masks may still say that there are some (bits 2 and 3, table 43-1).
        let may_have =
            Threshold::ALL.iter().any(has) || sensor.masks.is_some_and(|masks| masks.capabilities & 0x0c != 0);
        if measurement.is_some() && sensor.is_analog() && may_have {
            // What they are now: the record shows what they were at the start.
            match bmc.sensor_thresholds(&sensor).await {
                Ok(raw) => thresholds = Thresholds::of_ipmi(&sensor, &raw),
                // The record is wrong about there being any.
                Err(error) if error.is_unsupported() => {}
                Err(error) => missing.push(Missing::new(format!("thresholds of {}", place()), error.into())),
            }
        }
        let is_discrete = !sensor.event_type.is_threshold();
        let states = measurement.as_ref().filter(|_| is_discrete).into_iter().flat_map(|one| &one.states);
        all.push(Sensor {
            id: format!("{:#04x}", sensor.number),
            also_at: Vec::new(),
            name: sensor.name.clone(),
            kind: kind_of(&sensor),
            reading: measurement.as_ref().and_then(|one| one.value),
            unit: sensor.is_analog().then(|| services::sensor::spelled(&sensor.unit.to_string())),
            status: measurement.as_ref().map_or(SensorStatus::Unavailable, judged),
            // Those of threshold sensors are what the status says.
            states: states.map(|state| (*state).to_owned()).collect(),
            thresholds,
        });
    }
    finish(all, missing, "the BMC has no sensor data records")
}

fn kind_of(sensor: &Described) -> SensorKind {
    const POWER_SUPPLY: u8 = 0x08;
    const BATTERY: u8 = 0x29;
    const REDUNDANCY: u8 = 0x0b;
    const WATTS: u8 = 6;
    match sensor.sensor_type {
        _ if sensor.event_type.0 == REDUNDANCY => SensorKind::Redundancy,
        SensorType::TEMPERATURE => SensorKind::Temperature,
        SensorType::VOLTAGE => SensorKind::Voltage,
        SensorType::FAN => SensorKind::Fan,
        SensorType(POWER_SUPPLY) => SensorKind::PowerSupply,
        SensorType(BATTERY) => SensorKind::Battery,
        // Many power meters are sensors of another type, in watts.
        _ if sensor.is_analog() && sensor.unit.base == WATTS => SensorKind::Power,
        SensorType::CURRENT => SensorKind::Current,
        other => SensorKind::other(other.name()),
    }
}

fn judged(measurement: &Measurement) -> SensorStatus {
    match measurement.severity {
        _ if !measurement.reading.is_available() => SensorStatus::Unavailable,
        None => SensorStatus::Unknown,
        Some(ipmi::Severity::Ok) => SensorStatus::Ok,
        Some(ipmi::Severity::Warning) => SensorStatus::Warning,
        Some(ipmi::Severity::Critical) => SensorStatus::Critical,
        Some(ipmi::Severity::Fatal) => SensorStatus::Fatal,
    }
}

impl From<Reading> for Sensor {
    fn from(reading: Reading) -> Self {
        let is_known = reading.value.is_some() || reading.is_part;
        Self {
            status: match reading.condition {
                Condition::Warning => SensorStatus::Warning,
                Condition::Critical => SensorStatus::Critical,
                Condition::Ok if is_known => SensorStatus::Ok,
                Condition::Unknown if is_known => SensorStatus::Unknown,
                _ => SensorStatus::Unavailable,
            },
            id: reading.id,
            also_at: reading.also_at,
            name: reading.name,
            kind: reading.kind,
            reading: reading.value,
            unit: reading.unit,
            states: Vec::new(),
            thresholds: Thresholds::of_limits(reading.thresholds),
        }
    }
}
