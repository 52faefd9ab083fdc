//! The system's event log: its entries, and clearing it.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::every::{OfSystem, lists_of_each};
use super::fault::{Fault, Reason, Running};
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{finish, from_ipmi};
use super::redfish::Service;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::ipmi::record::event::Event;
use crate::ipmi::record::sel::{Entry, EntryBody};
use crate::ipmi::record::sensor::Sensor;
use crate::resource::AnyResource;
use crate::resource::partial::Partial;
use crate::schema::LogService;
use crate::services;
use crate::services::survey::{Survey, text, to_json};
use crate::wire::DateTime;

/// How bad an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Nothing is wrong.
    Ok,
    /// It needs attention.
    Warning,
    /// It needs attention at once.
    Critical,
}

impl Severity {
    /// Parses Redfish's spelling, ignoring case.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "ok" => Self::Ok,
            "warning" => Self::Warning,
            "critical" => Self::Critical,
            _ => return None,
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

/// An entry of the event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventLogEntry {
    /// Its identifier.
    pub id: String,
    /// When it was made, where it has a time. The text is as the service has it, in ISO 8601 mostly; by IPMI it is the time of
    /// the BMC's clock, which for many is local time.
    pub time: Option<DateTime>,
    /// Seconds from the BMC's start until it was made, of IPMI entries from before its clock was set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seconds_since_start: Option<u64>,
    /// How bad it is, where that is said: by IPMI, where the specification's tables say it of the event.
    pub severity: Option<Severity>,
    /// What it is about: a sensor's type and number by IPMI.
    pub sensor: Option<String>,
    /// What happened.
    pub message: String,
    /// The file that it names, by Redfish alone: see [`Host::log_attachment`].
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub attached: Option<AttachedFile>,
}

/// A file that an entry of a log names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AttachedFile {
    /// Where it can be downloaded (`AdditionalDataURI`).
    pub uri: String,
    /// Its size in bytes, where the entry says it.
    pub bytes: Option<u64>,
}

/// Which entries of the event log are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventLogQuery {
    /// Only so many of the newest. The others are not read, where the protocol allows for that.
    pub last: Option<usize>,
}

impl EventLogQuery {
    /// Asks for all entries.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Only so many of the newest.
    #[must_use]
    pub fn last(number: usize) -> Self {
        Self { last: Some(number) }
    }
}

impl Host {
    /// Reads the entries of the system's event log, in the BMC's order, and those that could not be read: of a log
    /// that rolls over while it is read, the oldest are gone by the time they are asked for.
    ///
    /// # Errors
    ///
    /// If no protocol can say.
    pub async fn event_log(&self, query: EventLogQuery) -> Result<Outcome<Partial<EventLogEntry>>, Error> {
        self.read(Capability::EventLog, move |session| Box::pin(entries(session, query))).await
    }

    /// Reads the event log of each system that is meant: see [`event_log`](Self::event_log). A manager's log stands for each of its
    /// systems that has none.
    ///
    /// # Errors
    ///
    /// If no protocol can say.
    pub async fn event_logs(
        &self,
        query: EventLogQuery,
    ) -> Result<Outcome<Partial<OfSystem<Vec<EventLogEntry>>>>, Error> {
        let read =
            move |session| Box::pin(lists_of_each(session, move |one| Box::pin(entries(one, query)))) as Running<_>;
        self.read(Capability::EventLog, read).await
    }

    /// Clears the system's event log.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it.
    pub async fn clear_event_log(&self) -> Result<Outcome<()>, Error> {
        let is_empty = Arc::new(|session| {
            Box::pin(async {
                let found = entries(session, EventLogQuery::last(1)).await?;
                Ok(found.is_empty() && found.is_whole())
            }) as _
        });
        self.change(Capability::ClearEventLog, |session| Box::pin(clear(session)), Some(is_empty)).await
    }
}

/// Returns the log that stands for the system event log: one of the system's, else its manager's, else a chassis'.
async fn log(service: &Service, survey: &mut Survey) -> Result<AnyResource, Fault> {
    let mut owners = Vec::new();
    match service.system().await {
        Ok(system) => owners.push(system.into_any()),
        Err(fault) if fault.reason == Reason::Final => return Err(fault),
        Err(fault) => lose(survey, fault).await,
    }
    if let Some(log) = services::log::event_log(survey, &owners).await {
        return Ok(log);
    }
    match service.manager().await {
        Ok(manager) => owners = vec![manager.into_any()],
        Err(fault) => lose(survey, fault).await,
    }
    if let Some(log) = services::log::event_log(survey, &owners).await {
        return Ok(log);
    }
    let root = survey.root();
    // Other managers' logs belong to other systems. They are only read because no log can be said to be missing if one
    // can't be read.
    let _ = survey.members(&root, "Managers").await;
    let chassis = survey.members(&root, "Chassis").await;
    let found = services::log::event_log(survey, &chassis).await;
    found.ok_or_else(|| Fault::lacking("neither the system nor its manager nor a chassis has a log"))
}

/// Records what could not be read, unless the reason is that it doesn't exist.
async fn lose(survey: &mut Survey, fault: Fault) {
    if let Some(uri) = fault.error.uri().map(str::to_owned) {
        survey.lose(&uri, fault.error).await;
    }
}

async fn entries(session: Session, query: EventLogQuery) -> Result<Partial<EventLogEntry>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let found = from_ipmi(match query.last {
                Some(last) => bmc.sel_last(last).await?,
                None => bmc.sel().collect_all().await?,
            });
            let entries: Vec<_> = found.iter().map(|entry| of_ipmi(entry, &[])).collect();
            match found.missing {
                missing if missing.is_empty() => Ok(Partial::whole(entries)),
                missing => finish(entries, missing, ""),
            }
        }
        Session::Redfish(service) => {
            let mut survey = Survey::of(&service.client);
            let log = match log(&service, &mut survey).await {
                Ok(log) => log,
                Err(fault) => {
                    let missing = survey.into_missing();
                    return Err(if missing.is_empty() { fault } else { Fault::nothing_read(missing) });
                }
            };
            if !log.record().has("Entries") {
                return Err(Fault::lacking(format!("{} has no entries to read", log.uri())));
            }
            let entries = services::log::entries(&mut survey, &log, query.last).await;
            let entries: Vec<_> = entries.iter().map(of_redfish).collect();
            match survey.into_missing() {
                // An empty log is not a failure.
                missing if missing.is_empty() => Ok(Partial::whole(entries)),
                missing => finish(entries, missing, ""),
            }
        }
    }
}

async fn clear(session: Session) -> Result<(), Fault> {
    match session {
        Session::Ipmi(bmc) => Ok(bmc.sel_clear().await?),
        Session::Redfish(service) => {
            let log = log(&service, &mut Survey::of(&service.client)).await?;
            match services::log::clear(&log.typed::<LogService>()?).await {
                Err(error) if error.kind() == ErrorKind::NotInForce => Err(Fault::in_vain(error)),
                done => done.map_err(Fault::of_action),
            }
        }
    }
}

/// Converts an IPMI entry, with the sensor's name if known, as `ipmitool sel elist` shows it.
pub(super) fn of_ipmi(entry: &Entry, sensors: &[Sensor]) -> EventLogEntry {
    let (sensor, message) = match &entry.body {
        EntryBody::Event { sensor: number, event, generator, .. } => {
            let is_it = |sensor: &&Sensor| {
                sensor.number == *number && sensor.sensor_type == event.sensor_type && sensor.owner.id == generator.id
            };
            let named = sensors.iter().find(is_it);
            let name = match named {
                Some(sensor) => sensor.name.clone(),
                None => format!("{} {number:#04x}", event.sensor_type),
            };
            (Some(name), format!("{event}{}", named.map(|sensor| trigger(sensor, event)).unwrap_or_default()))
        }
        _ => (None, entry.to_string()),
    };
    let timestamp = entry.timestamp();
    let time = timestamp.and_then(|stamp| jiff::Timestamp::try_from(stamp.time()?).ok()).map(DateTime::from);
    let seconds_since_start = timestamp.and_then(|stamp| Some(stamp.since_start()?.as_secs()));
    let severity = match &entry.body {
        EntryBody::Event { event, .. } => event.severity(),
        _ => None,
    };
    let severity = severity.map(|severity| match severity {
        ipmi::Severity::Ok => Severity::Ok,
        ipmi::Severity::Warning => Severity::Warning,
        ipmi::Severity::Critical | ipmi::Severity::Fatal => Severity::Critical,
    });
    let id = format!("{:#06x}", entry.id);
    EventLogEntry { id, time, seconds_since_start, severity, sensor, message, attached: None }
}

/// Returns the reading that crossed a threshold, and the threshold: ` (reading 95 Cel, threshold 90 Cel)`.
fn trigger(sensor: &Sensor, event: &Event) -> String {
    let unit = services::sensor::spelled(&sensor.unit.to_string());
    let value = |what: &str, raw: Option<u8>| {
        let value = sensor.value(raw?)?;
        let value = (value * 1000.0).round() / 1000.0;
        Some(format!("{what} {value} {unit}"))
    };
    let words: Vec<_> = [value("reading", event.trigger_reading()), value("threshold", event.trigger_threshold())]
        .into_iter()
        .flatten()
        .collect();
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

pub(super) fn of_redfish(entry: &AnyResource) -> EventLogEntry {
    let json = to_json(entry);
    let text = |name: &str| text(&json, name);
    let number = json.get("SensorNumber").and_then(serde_json::Value::as_i64);
    let number = number.map(|number| format!(" {number:#04x}")).unwrap_or_default();
    let severity = text("Severity").or(text("EntrySeverity")).unwrap_or_default();
    EventLogEntry {
        id: text("Id").unwrap_or_else(|| entry.uri()).to_owned(),
        time: text("Created").map(DateTime::from),
        seconds_since_start: None,
        severity: Severity::of(severity),
        sensor: text("SensorType").map(|sensor| format!("{sensor}{number}")),
        message: text("Message").or(text("MessageId")).or(text("Name")).unwrap_or_default().to_owned(),
        attached: text("AdditionalDataURI").map(|uri| AttachedFile {
            uri: uri.to_owned(),
            bytes: json.get("AdditionalDataSizeBytes").and_then(serde_json::Value::as_u64),
        }),
    }
}
