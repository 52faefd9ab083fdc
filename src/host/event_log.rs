//! The system's event log: its entries, and clearing it.

use std::sync::Arc;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::Error;
use crate::ipmi;
use crate::ipmi::record::sel::{Entry, EntryBody};
use crate::resource::Resource;
use crate::schema::log_entry::EventSeverity;
use crate::schema::log_service::LogEntryTypes;
use crate::schema::{LogEntry, LogService};

/// How bad an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Nothing is wrong.
    Ok,
    /// It needs attention.
    Warning,
    /// It needs attention at once.
    Critical,
}

/// An entry of the event log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EventLogEntry {
    /// Its identifier.
    pub id: String,
    /// When it was made, in ISO 8601, where it has a time.
    pub time: Option<String>,
    /// How bad it is. IPMI doesn't say.
    pub severity: Option<Severity>,
    /// What it is about: a sensor's type and number by IPMI.
    pub sensor: Option<String>,
    /// What happened.
    pub message: String,
}

impl Host {
    /// The entries of the system's event log, in the BMC's order.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell.
    pub async fn event_log(&self) -> Result<Outcome<Vec<EventLogEntry>>, Error> {
        self.read(Capability::EventLog, |session| Box::pin(entries(session))).await
    }

    /// Clears the system's event log.
    ///
    /// # Errors
    ///
    /// Where it is refused, or no protocol can do it.
    pub async fn clear_event_log(&self) -> Result<Outcome<()>, Error> {
        let is_empty = Arc::new(|session| Box::pin(async { Ok(entries(session).await?.is_empty()) }) as _);
        self.change(Capability::ClearEventLog, |session| Box::pin(clear(session)), Some(is_empty)).await
    }
}

/// The log that stands for the system event log: the one that says so, else the first of the system's, else of its
/// manager's.
async fn log(service: &Service) -> Result<Resource<LogService>, Fault> {
    let system = service.system().await?;
    let mut logs = Vec::new();
    if system.log_services.is_some() {
        logs = system.log_services().members().try_collect::<Vec<_>>().await?;
    }
    if logs.is_empty() {
        let manager = service.manager().await?;
        if manager.log_services.is_some() {
            logs = manager.log_services().members().try_collect().await?;
        }
    }
    let is_sel = |log: &Resource<LogService>| {
        let named = log.id.as_deref().is_some_and(|id| id.eq_ignore_ascii_case("SEL"));
        named || log.log_entry_type == Some(LogEntryTypes::SEL)
    };
    let place = logs.iter().position(is_sel).unwrap_or(0);
    logs.into_iter().nth(place).ok_or_else(|| Fault::lacking("neither the system nor its manager has a log"))
}

async fn entries(session: Session) -> Result<Vec<EventLogEntry>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let entries = bmc.sel().collect_all().await?.complete().map_err(ipmi::Error::from)?;
            Ok(entries.iter().map(of_ipmi).collect())
        }
        Session::Redfish(service) => {
            let entries: Vec<_> = log(&service).await?.entries().members().try_collect::<Vec<_>>().await?;
            Ok(entries.into_iter().map(|entry| of_redfish(entry.into_value())).collect())
        }
    }
}

async fn clear(session: Session) -> Result<(), Fault> {
    match session {
        Session::Ipmi(bmc) => Ok(bmc.sel_clear().await?),
        Session::Redfish(service) => log(&service).await?.clear_log(None).await.map(|_| ()).map_err(Fault::of_action),
    }
}

fn of_ipmi(entry: &Entry) -> EventLogEntry {
    let (sensor, message) = match &entry.body {
        EntryBody::Event { sensor, event, .. } => {
            (Some(format!("{} {sensor:#04x}", event.sensor_type)), event.to_string())
        }
        _ => (None, entry.to_string()),
    };
    let time = entry.timestamp().and_then(|timestamp| {
        let absolute = timestamp.time().and_then(iso_8601);
        absolute.or_else(|| timestamp.since_start().map(|time| format!("PT{}S", time.as_secs())))
    });
    EventLogEntry { id: format!("{:#06x}", entry.id), time, severity: None, sensor, message }
}

fn iso_8601(time: SystemTime) -> Option<String> {
    jiff::Timestamp::try_from(time).ok().map(|time| time.to_string())
}

fn of_redfish(entry: LogEntry) -> EventLogEntry {
    let number = |number: i64| format!(" {number:#04x}");
    let sensor = entry
        .sensor_type
        .as_ref()
        .map(|sensor_type| format!("{sensor_type}{}", entry.sensor_number.map(number).unwrap_or_default()));
    EventLogEntry {
        id: entry.id.unwrap_or_default(),
        time: entry.created.map(|time| time.to_string()),
        severity: match entry.severity {
            Some(EventSeverity::OK) => Some(Severity::Ok),
            Some(EventSeverity::Warning) => Some(Severity::Warning),
            Some(EventSeverity::Critical) => Some(Severity::Critical),
            _ => None,
        },
        sensor,
        message: entry.message.or(entry.message_id).or(entry.name).unwrap_or_default(),
    }
}
