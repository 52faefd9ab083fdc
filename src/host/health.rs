//! How a host is: a verdict, and the reasons for it.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::event_log::Severity;
use super::inventory::Component;
use super::logs::{LogEntry, LogQuery};
use super::machine::Host;
use super::outcome::Outcome;
use super::sensor::{Sensor, SensorStatus};
use crate::error::{Error, ErrorKind};
use crate::resource::partial::{Missing, Partial};
use crate::wire::DateTime;

/// Where a reason was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HealthSource {
    /// A component says so of itself: a system, a chassis, a drive.
    Component,
    /// A sensor, a failed part, lost redundancy.
    Sensor,
    /// An entry of a log.
    Log,
}

/// Why a host is not well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HealthReason {
    /// How bad it is.
    pub severity: Severity,
    /// Where it was seen.
    pub source: HealthSource,
    /// What it is about: a component, a sensor, an entry of a log.
    pub id: String,
    /// What is wrong, in words.
    pub text: String,
}

/// How a host is.
#[derive(Debug)]
#[non_exhaustive]
pub struct Health {
    /// The worst that was seen. What could not be read may be worse.
    pub verdict: Severity,
    /// Why, the worst first; empty where all is well.
    pub reasons: Partial<HealthReason>,
    /// How many components and sensors said how they are. Where nothing did, that all is well says little.
    pub seen: usize,
}

impl Health {
    /// Judges what was read before: components, sensors, and entries of logs. The reasons name nothing that could not be read.
    #[must_use]
    pub fn of(components: &[Component], sensors: &[Sensor], entries: &[LogEntry]) -> Self {
        let telling = sensors.iter().filter(|sensor| says(sensor)).count();
        let seen = components.iter().filter(|part| part.health.is_some()).count().saturating_add(telling);
        let reasons = reasons(components, sensors, entries);
        let verdict = reasons.iter().map(|reason| reason.severity).max().unwrap_or(Severity::Ok);
        Self { verdict, reasons: Partial::whole(reasons), seen }
    }
}

impl Host {
    /// Returns how the host is, with reasons: by what its systems, chassis, managers and their parts say of themselves, by its
    /// sensors and, where a time is given, by what its logs have since then.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// let health = host.health(None).await?.value;
    /// println!("{:?}", health.verdict);
    /// for reason in &health.reasons {
    ///     println!("{:?}: {}", reason.severity, reason.text);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where nothing could be read at all.
    pub async fn health(&self, logs_since: Option<DateTime>) -> Result<Outcome<Health>, Error> {
        let host = self.clone();
        Box::pin(async move { host.examined(logs_since).await }).await
    }

    async fn examined(self, logs_since: Option<DateTime>) -> Result<Outcome<Health>, Error> {
        let mut found = Found::default();
        let components = self.inventory().await;
        let components = found.take(components, "inventory");
        let sensors = self.sensors().await;
        let sensors = found.take(sensors, "sensors");
        let mut entries = Vec::new();
        if let Some(since) = logs_since {
            let read = self.log_entries(LogQuery::all().since(since).at_least(Severity::Warning)).await;
            entries = found.take(read, "logs");
        }
        let Some((backend, attempts)) = found.came_by else {
            let why = found.missing.into_iter().next().map(|missing| missing.error);
            return Err(why.unwrap_or_else(|| Error::new(ErrorKind::Missing, "the host says nothing of how it is")));
        };
        let mut health = Health::of(&components, &sensors, &entries);
        health.reasons.missing = found.missing;
        Ok(Outcome::new(self.address(), health, backend, attempts))
    }
}

/// What was read, and by what.
#[derive(Debug, Default)]
struct Found {
    came_by: Option<(super::outcome::Backend, Vec<super::outcome::Attempt>)>,
    missing: Vec<Missing>,
    named: HashSet<String>,
}

impl Found {
    /// The items of a list; what is missing of it, or the list itself, is noted once.
    fn take<T>(&mut self, read: Result<Outcome<Partial<T>>, Error>, what: &str) -> Vec<T> {
        match read {
            Ok(outcome) => {
                self.came_by.get_or_insert((outcome.backend, outcome.attempts));
                let Partial { items, missing } = outcome.value;
                let new: Vec<_> = missing.into_iter().filter(|one| self.named.insert(one.place.clone())).collect();
                self.missing.extend(new);
                items
            }
            // What it hasn't got is nothing that could not be read.
            Err(error) if error.kind() == ErrorKind::Missing => Vec::new(),
            Err(error) => {
                self.missing.push(Missing::new(what, error));
                Vec::new()
            }
        }
    }
}

fn says(sensor: &Sensor) -> bool {
    !matches!(sensor.status, SensorStatus::Unknown | SensorStatus::Unavailable)
}

fn reasons(components: &[Component], sensors: &[Sensor], entries: &[LogEntry]) -> Vec<HealthReason> {
    let mut all = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    for sensor in sensors.iter().filter(|sensor| sensor.is_problem()) {
        known.insert(&sensor.id);
        known.extend(sensor.also_at.iter().map(String::as_str));
        let severity = if sensor.status == SensorStatus::Warning { Severity::Warning } else { Severity::Critical };
        let unit = sensor.unit.as_deref().unwrap_or_default();
        let reading = sensor.reading.map(|reading| format!(" at {reading} {unit}")).unwrap_or_default();
        let states = if sensor.states.is_empty() { String::new() } else { format!(" ({})", sensor.states.join(", ")) };
        let text = format!("{} {}{}: {}{states}", sensor.kind, sensor.name, reading.trim_end(), sensor.status);
        all.push(HealthReason { severity, source: HealthSource::Sensor, id: sensor.id.clone(), text });
    }
    for part in components.iter().filter(|part| !part.is_empty) {
        let Some(severity) = part.health.filter(|health| *health != Severity::Ok) else { continue };
        // A fan is among both.
        if std::iter::once(&part.id).chain(&part.also_at).any(|id| known.contains(id.as_str())) {
            continue;
        }
        let text = format!("{} {}: {}", part.kind, part.name, severity);
        all.push(HealthReason { severity, source: HealthSource::Component, id: part.id.clone(), text });
    }
    for LogEntry { log, entry, .. } in entries {
        let Some(severity) = entry.severity.filter(|severity| *severity != Severity::Ok) else { continue };
        let time = entry.time.as_ref().map(|time| format!(" at {time}")).unwrap_or_default();
        let text = format!("{log} {}{time}: {}", entry.id, entry.message);
        all.push(HealthReason { severity, source: HealthSource::Log, id: format!("{log} {}", entry.id), text });
    }
    all.sort_by_key(|reason| std::cmp::Reverse(reason.severity));
    all
}
