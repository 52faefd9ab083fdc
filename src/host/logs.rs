//! All logs of a host as one: those of its systems, managers and chassis, merged by time.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event_log::{EventLogEntry, Severity, of_ipmi, of_redfish};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{chassis, from_ipmi, systems};
use super::redfish::Service;
use super::route::{Look, Session};
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::resource::AnyResource;
use crate::resource::partial::{Missing, Partial};
use crate::schema::LogService;
use crate::services;
use crate::services::select::{self, Selector};
use crate::services::survey::{Survey, text, to_json};
use crate::wire::{DateTime, Record};

/// The name of IPMI's only log.
const SEL: &str = "SEL";

/// A log of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogInfo {
    /// The name to choose it by: its `Id`, or its URI where another one has the same. `SEL` by IPMI.
    pub log: String,
    /// What it is called.
    pub name: String,
    /// Where it is; empty by IPMI.
    pub uri: String,
    /// Which kind of entries it has, where that is said: `SEL`, `Event`, `OEM`.
    pub kind: Option<String>,
    /// Whether it is in use, where that is said.
    pub enabled: Option<bool>,
    /// The kinds of diagnostic data that it collects, as the service spells them: see [`Host::collect_diagnostics`]. None where it
    /// collects none; empty where it doesn't say which.
    pub collects: Option<Vec<String>>,
}

/// An entry, and the log that it is in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LogEntry {
    /// The name of the log.
    pub log: String,
    /// The entry.
    #[serde(flatten)]
    pub entry: EventLogEntry,
}

/// Which entries are wanted, of which logs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogQuery {
    /// Of this log alone; of all where there is none.
    pub log: Option<Selector>,
    /// Not those that were made before. Entries without a time count as made when the one before them was.
    pub since: Option<DateTime>,
    /// Only those that are as bad, or worse. Entries that don't say how bad they are are not left out.
    pub severity: Option<Severity>,
    /// Only so many of the newest. The others are not read, where the protocol allows for that and nothing else is asked for.
    pub last: Option<usize>,
}

impl LogQuery {
    /// Asks for all entries of all logs.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Asks for one log alone, by its `Id`, its name or its URI.
    #[must_use]
    pub fn of(log: impl Into<Selector>) -> Self {
        Self { log: Some(log.into()), ..Self::default() }
    }

    /// Only so many of the newest.
    #[must_use]
    pub fn last(self, number: usize) -> Self {
        Self { last: Some(number), ..self }
    }

    /// Only those made since then.
    #[must_use]
    pub fn since(self, time: impl Into<DateTime>) -> Self {
        Self { since: Some(time.into()), ..self }
    }

    /// Only those that are as bad as this, or worse.
    #[must_use]
    pub fn at_least(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }
}

impl Host {
    /// Reads the logs that the host has: of the systems, managers and chassis that are meant.
    ///
    /// # Errors
    ///
    /// If no protocol can say.
    pub async fn logs(&self) -> Result<Outcome<Partial<LogInfo>>, Error> {
        self.read(Capability::Logs, |session| Box::pin(logs(session))).await
    }

    /// Reads the entries of all logs, or of one, in the order of time, the oldest first. What a service leaves out of a
    /// message is filled in from its registries. By IPMI sensors are named, with the reading and the threshold of an event.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::host::{LogQuery, Severity};
    ///
    /// let bad = LogQuery::all().since("2026-11-01T00:00:00Z").at_least(Severity::Warning);
    /// let found = host.log_entries(bad).await?.value;
    /// for one in &found {
    ///     println!("{} {:?} {}", one.log, one.entry.time, one.entry.message);
    /// }
    /// for missing in &found.missing {
    ///     eprintln!("not read: {missing}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// If no protocol can say, and if there is no such log, or several are called so: the error names those that there
    /// are.
    pub async fn log_entries(&self, query: LogQuery) -> Result<Outcome<Partial<LogEntry>>, Error> {
        self.read(Capability::Logs, move |session| Box::pin(entries(session, query.clone()))).await
    }

    /// Clears a log. It has to be named, as what is gone is gone. Returns its name.
    ///
    /// # Errors
    ///
    /// Where there is no such log, or several are called so; where it is refused; and where as many entries as before are there
    /// afterwards ([`ErrorKind::NotInForce`]).
    pub async fn clear_log(&self, log: impl Into<Selector>) -> Result<Outcome<String>, Error> {
        let log = log.into();
        let wanted = LogQuery::of(log.clone()).last(1);
        let look = Arc::new(move |session| {
            let wanted = wanted.clone();
            Box::pin(async move {
                let left = entries(session, wanted.clone()).await?;
                let name = wanted.log.map(|log| log.to_string()).unwrap_or_default();
                Ok((left.is_empty() && left.is_whole()).then_some(name))
            }) as Running<_>
        }) as Look<_>;
        let operation = move |session| Box::pin(clear(session, log.clone())) as Running<_>;
        self.make(Capability::ClearEventLog, operation, Some(look)).await
    }
}

/// Returns the log services of the selected systems, managers and chassis.
pub(super) async fn services_of(service: &Service, survey: &mut Survey) -> Result<Vec<AnyResource>, Fault> {
    let mut owners = systems(service, survey).await?;
    let root = survey.root();
    let managers = match service.chosen.named() {
        Some(_) => survey.adopt(service.managers().await?),
        None => survey.members(&root, "Managers").await,
    };
    owners.extend(managers);
    // If a system or manager is selected, the chassis may belong to others as well.
    if service.chosen.system.is_none() && service.chosen.manager.is_none() {
        owners.extend(chassis(service, survey).await?);
    }
    let mut logs = Vec::new();
    for owner in owners {
        logs.extend(survey.members(&owner, "LogServices").await);
    }
    Ok(logs)
}

async fn logs(session: Session) -> Result<Partial<LogInfo>, Fault> {
    let Session::Redfish(service) = session else {
        let only = LogInfo {
            log: SEL.to_owned(),
            name: "System Event Log".to_owned(),
            uri: String::new(),
            kind: Some(SEL.to_owned()),
            enabled: None,
            collects: None,
        };
        return Ok(Partial::whole(vec![only]));
    };
    let mut survey = Survey::of(&service.client);
    let found = services_of(&service, &mut survey).await?;
    let of = |log: &AnyResource| {
        let json = to_json(log);
        LogInfo {
            log: select::label(log, &found),
            name: text(&json, "Name").unwrap_or_default().to_owned(),
            uri: log.uri().to_owned(),
            kind: text(&json, "LogEntryType").map(str::to_owned),
            enabled: json.get("ServiceEnabled").and_then(serde_json::Value::as_bool),
            collects: services::diagnostics::can_collect(log)
                .then(|| services::diagnostics::kinds(log).unwrap_or_default()),
        }
    };
    let items = found.iter().map(of).collect();
    super::reading::finish(items, survey.into_missing(), "neither a system nor a manager nor a chassis has a log")
}

/// Returns the selected logs, each with its name.
fn chosen(found: Vec<AnyResource>, log: Option<&Selector>) -> Result<Vec<(String, AnyResource)>, Fault> {
    let labels: Vec<_> = found.iter().map(|log| (log.uri().to_owned(), select::label(log, &found))).collect();
    let narrowed = select::narrow(LogService::type_table(), Partial::whole(found), log)?;
    let name = |log: &AnyResource| {
        let label = labels.iter().find(|(uri, _)| uri == log.uri()).map(|(_, label)| label.clone());
        label.unwrap_or_else(|| log.uri().to_owned())
    };
    Ok(narrowed.items.into_iter().map(|log| (name(&log), log)).collect())
}

async fn entries(session: Session, query: LogQuery) -> Result<Partial<LogEntry>, Fault> {
    // Entries that are filtered out don't count, so more than the newest may have to be read.
    let last = query.last.filter(|_| query.severity.is_none());
    let (found, missing) = match session {
        Session::Ipmi(bmc) => {
            is_sel(query.log.as_ref())?;
            of_sel(bmc).await?
        }
        Session::Redfish(service) => {
            let mut survey = Survey::of(&service.client);
            let logs = services_of(&service, &mut survey).await?;
            if logs.is_empty() {
                let missing = survey.into_missing();
                return Err(match missing.is_empty() {
                    true => Fault::lacking("neither a system nor a manager nor a chassis has a log"),
                    false => Fault::nothing_read(missing),
                });
            }
            let mut all = Vec::new();
            for (name, log) in chosen(logs, query.log.as_ref())? {
                let mut entries = Vec::new();
                for entry in services::log::entries(&mut survey, &log, last).await {
                    let mut read = of_redfish(&entry);
                    services::log::explain(&service.client, &entry, &mut read.message).await;
                    entries.push(read);
                }
                all.push((name, entries));
            }
            (all, survey.into_missing())
        }
    };
    let items = merged(found, &query);
    // An empty log is not a failure.
    match items.is_empty() && !missing.is_empty() {
        true => Err(Fault::nothing_read(missing)),
        false => Ok(Partial { items, missing }),
    }
}

fn is_sel(log: Option<&Selector>) -> Result<(), Fault> {
    match log {
        Some(log) if !log.as_str().eq_ignore_ascii_case(SEL) => {
            Err(Fault::inexpressible(format!("there is no log {log} by IPMI; choose one of: {SEL}")))
        }
        _ => Ok(()),
    }
}

type Read = (Vec<(String, Vec<EventLogEntry>)>, Vec<Missing>);

async fn of_sel(bmc: ipmi::Client) -> Result<Read, Fault> {
    let found = from_ipmi(bmc.sel().collect_all().await?);
    let mut missing = found.missing;
    // Sensor names are only read if there are entries. If they can't be read, entries are shown without them.
    let sensors = match found.items.is_empty() {
        true => Vec::new(),
        false => match bmc.sensors().await {
            Ok(sensors) => from_ipmi(sensors).items,
            Err(error) => {
                missing.push(Missing::new("names of sensors", error.into()));
                Vec::new()
            }
        },
    };
    let entries = found.items.iter().map(|entry| of_ipmi(entry, &sensors)).collect();
    Ok((vec![(SEL.to_owned(), entries)], missing))
}

/// Merges the wanted entries of all logs by time.
fn merged(logs: Vec<(String, Vec<EventLogEntry>)>, query: &LogQuery) -> Vec<LogEntry> {
    let since = query.since.as_ref().and_then(DateTime::timestamp);
    let mut all = Vec::new();
    for (log, mut entries) in logs {
        let time = |entry: &EventLogEntry| entry.time.as_ref().and_then(DateTime::timestamp);
        let (first, last) = (entries.iter().find_map(time), entries.iter().rev().find_map(time));
        // Some logs start with the newest entry.
        if first > last {
            entries.reverse();
        }
        let mut latest = None;
        for entry in entries {
            latest = time(&entry).or(latest);
            let is_old = matches!((since, latest), (Some(since), Some(made)) if made < since);
            let is_harmless = matches!((query.severity, entry.severity), (Some(least), Some(found)) if found < least);
            if !is_old && !is_harmless {
                all.push((latest, LogEntry { log: log.clone(), entry }));
            }
        }
    }
    all.sort_by_key(|(time, _)| *time);
    let skip = query.last.map_or(0, |last| all.len().saturating_sub(last));
    all.into_iter().skip(skip).map(|(_, entry)| entry).collect()
}

async fn clear(session: Session, log: Selector) -> Result<Made<String>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            is_sel(Some(&log))?;
            bmc.sel_clear().await?;
            Ok(Made::unseen(SEL.to_owned(), vec!["Clear SEL".to_owned()]))
        }
        Session::Redfish(service) => {
            let mut survey = Survey::of(&service.client);
            let logs = services_of(&service, &mut survey).await?;
            if logs.is_empty() && !survey.is_whole() {
                return Err(Fault::nothing_read(survey.into_missing()));
            }
            let Some((name, log)) = chosen(logs, Some(&log))?.pop() else {
                return Err(Fault::lacking("neither a system nor a manager nor a chassis has a log"));
            };
            let (uri, typed) = (log.uri().to_owned(), log.typed::<LogService>()?);
            match services::log::clear(&typed).await {
                Err(error) if error.kind() == ErrorKind::NotInForce => Err(Fault::in_vain(error)),
                Err(error) => Err(Fault::of_action(error)),
                Ok(()) => Ok(Made::unseen(name, vec![format!("LogService.ClearLog of {uri}")])),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, time: Option<&str>, severity: Option<Severity>) -> EventLogEntry {
        EventLogEntry {
            id: id.to_owned(),
            time: time.map(DateTime::from),
            seconds_since_start: None,
            severity,
            sensor: None,
            message: String::new(),
            attached: None,
        }
    }

    #[test]
    fn entries_are_merged_by_instant_whatever_the_order_and_the_offset() {
        let logs = || {
            vec![
                (
                    "new first".to_owned(),
                    vec![
                        entry("b", Some("2026-01-01T12:00:00+02:00"), Some(Severity::Critical)),
                        entry("a", Some("2026-01-01T09:00:00Z"), Some(Severity::Ok)),
                    ],
                ),
                (
                    "old first".to_owned(),
                    vec![
                        entry("1", Some("2026-01-01T08:00:00Z"), None),
                        entry("2", None, Some(Severity::Warning)),
                        entry("3", Some("2026-01-01T11:00:00Z"), Some(Severity::Ok)),
                    ],
                ),
            ]
        };
        let ids = |query: LogQuery| -> String { merged(logs(), &query).iter().map(|one| &*one.entry.id).collect() };
        assert_eq!(ids(LogQuery::all()), "12ab3");
        assert_eq!(ids(LogQuery::all().last(2)), "b3");
        assert_eq!(ids(LogQuery::all().since("2026-01-01T09:30:00Z")), "b3");
        assert_eq!(ids(LogQuery::all().at_least(Severity::Warning)), "12b", "what doesn't say is not left out");
    }
}
