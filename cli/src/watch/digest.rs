//! A summary of a reading of a host: power, health with the problems, temperatures, fans, power draw, and what could not be read.

use std::time::Duration;

use jiff::Timestamp;
use rosefish::host::{Health, HostPowerState, OfSystem, Sensor, SensorStatus, Severity};
use serde::Serialize;
use serde_json::{Value, json};

use crate::fleet::outcome::Outcome;
use crate::monitor::quantity::Quantity;
use crate::monitor::scrape::Scrape;
use crate::terminal::one_line;

/// What a sensor measures, in the unit of its quantity: degrees Celsius, watts, revolutions per minute, or per cent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Measured {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) value: f64,
    pub(super) unit: &'static str,
    pub(super) status: SensorStatus,
    /// The lowest of its upper thresholds.
    pub(super) limit: Option<f64>,
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Problem {
    pub(super) severity: Severity,
    pub(super) text: String,
    pub(super) id: String,
}

/// Why a part could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Failed {
    pub(super) part: &'static str,
    pub(super) kind: String,
    pub(super) message: String,
}

/// A reading of a host.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Digest {
    pub(super) at: Timestamp,
    pub(super) took: Duration,
    pub(super) is_up: bool,
    pub(super) backend: Option<String>,
    pub(super) power: Vec<OfSystem<HostPowerState>>,
    /// The worst severity that was seen; `None` if nothing reported one.
    pub(super) verdict: Option<Severity>,
    pub(super) problems: Vec<Problem>,
    /// The hottest first.
    pub(super) temperatures: Vec<Measured>,
    pub(super) fans: Vec<Measured>,
    /// What the machine draws, by the sensor that measures it.
    pub(super) watts: Option<Measured>,
    pub(super) failures: Vec<Failed>,
    pub(super) unread: Vec<String>,
}

impl Digest {
    pub(super) fn new(scrape: &Scrape, at: Timestamp) -> Self {
        let components = scrape.parts.as_ref().map(|parts| parts.components.as_slice()).unwrap_or_default();
        let health = Health::of(components, &scrape.sensors, &[]);
        let problem = |reason: rosefish::host::HealthReason| Problem {
            severity: reason.severity,
            text: reason.text,
            id: reason.id,
        };
        let measured = |wanted: &[Quantity]| -> Vec<Measured> {
            scrape.sensors.iter().filter_map(|sensor| Measured::new(sensor, wanted)).collect()
        };
        let mut temperatures = measured(&[Quantity::Temperature]);
        temperatures.sort_by(|a, b| b.value.total_cmp(&a.value));
        let mut failures: Vec<Failed> = Vec::new();
        for failure in scrape.all_failures() {
            let (kind, message) = (failure.kind.clone(), failure.text.clone());
            failures.push(Failed { part: failure.part.name(), kind, message });
        }
        let unread = scrape
            .all_unread()
            .flat_map(|(part, places)| places.iter().map(|place| format!("{}: {place}", part.name())))
            .collect();
        Self {
            at,
            took: scrape.took,
            is_up: scrape.is_up,
            backend: scrape.protocol.clone(),
            power: scrape.power.clone(),
            verdict: (health.seen > 0).then_some(health.verdict),
            problems: health.reasons.items.into_iter().map(problem).collect(),
            temperatures,
            fans: measured(&[Quantity::FanSpeed, Quantity::FanShare]),
            watts: drawn(measured(&[Quantity::Power])),
            failures,
            unread,
        }
    }

    /// Returns the hottest temperature.
    pub(super) fn hottest(&self) -> Option<&Measured> {
        self.temperatures.first()
    }

    /// Returns the states of power in words, each once; if they differ, with how many systems are in each.
    pub(super) fn power_words(&self) -> String {
        let mut counts: Vec<(String, usize)> = Vec::new();
        for of in &self.power {
            let word = of.value.to_string();
            match counts.iter_mut().find(|(other, _)| *other == word) {
                Some((_, count)) => *count += 1,
                None => counts.push((word, 1)),
            }
        }
        match counts.as_slice() {
            [(word, _)] => word.clone(),
            counts => counts.iter().map(|(word, count)| format!("{count} {word}")).collect::<Vec<_>>().join(" "),
        }
    }

    /// Returns the health in words, with the number of problems. An asterisk shows that something could not be read.
    pub(super) fn health_words(&self) -> String {
        if !self.is_up {
            return self.failures.first().map_or_else(|| "no answer".to_owned(), |failure| failure.kind.clone());
        }
        let part = if self.is_whole() { "" } else { "*" };
        match self.verdict {
            None => format!("-{part}"),
            Some(Severity::Ok) => format!("ok{part}"),
            Some(verdict) => format!("{verdict} {}{part}", self.problems.len()),
        }
    }

    /// Returns whether everything was read.
    pub(super) fn is_whole(&self) -> bool {
        self.is_up && self.failures.is_empty() && self.unread.is_empty()
    }

    /// Returns what could not be read, with the reasons.
    pub(super) fn not_read(&self) -> impl Iterator<Item = String> {
        let failures = self.failures.iter().map(|failure| format!("{}: {}", failure.part, failure.message));
        failures.chain(self.unread.iter().cloned())
    }

    /// Returns how bad the state is, for sorting: hosts that don't answer are the worst.
    pub(super) fn rank(&self) -> u8 {
        match self.verdict {
            _ if !self.is_up => 4,
            Some(Severity::Critical) => 3,
            Some(Severity::Warning) => 2,
            None => 1,
            Some(_) => 0,
        }
    }

    pub(super) fn outcome(&self) -> Outcome {
        let is_silent = |failure: &Failed| ["connect", "timeout"].contains(&failure.kind.as_str());
        match self.is_up {
            true if self.is_whole() => Outcome::Well,
            true => Outcome::InPart,
            false if self.failures.iter().all(is_silent) => Outcome::Unreached,
            false => Outcome::Failed(None),
        }
    }

    /// Makes all that a BMC said safe to show, in one line each.
    pub(super) fn shown(mut self) -> Self {
        let sensors = self.temperatures.iter_mut().chain(&mut self.fans).chain(&mut self.watts);
        for Measured { name, .. } in sensors {
            *name = one_line(name);
        }
        for Problem { text, id, .. } in &mut self.problems {
            (*text, *id) = (one_line(text), one_line(id));
        }
        for of in &mut self.power {
            of.system = one_line(&of.system);
            if let HostPowerState::Other(word) = &mut of.value {
                *word = one_line(word);
            }
        }
        for Failed { kind, message, .. } in &mut self.failures {
            (*kind, *message) = (one_line(kind), one_line(message));
        }
        self.unread.iter_mut().for_each(|place| *place = one_line(place));
        self
    }

    pub(super) fn to_json(&self, host: &str) -> Value {
        json!({
            "host": host,
            "time": self.at.to_string(),
            "seconds": self.took.as_secs_f64(),
            "backend": self.backend,
            "reached": self.is_up,
            "power": self.power,
            "verdict": self.verdict,
            "problems": self.problems,
            "temperatures": self.temperatures,
            "fans": self.fans,
            "watts": self.watts,
            "failures": self.failures,
            "unread": self.unread,
        })
    }
}

impl Measured {
    fn new(sensor: &Sensor, wanted: &[Quantity]) -> Option<Self> {
        let (quantity, factor, offset) = Quantity::of(sensor);
        if !wanted.contains(&quantity) {
            return None;
        }
        // Shares are shown in per cent.
        let (unit, scale) = match quantity {
            Quantity::Temperature => ("Cel", 1.0),
            Quantity::Power => ("W", 1.0),
            Quantity::FanSpeed => ("RPM", 1.0),
            _ => ("%", 100.0),
        };
        let base = |value: f64| (value * factor + offset) * scale;
        let value = sensor.reading.map(base).filter(|value| value.is_finite())?;
        let upper = &sensor.thresholds;
        let upper = [upper.upper_caution, upper.upper_critical, upper.upper_fatal];
        let limit = upper.into_iter().flatten().map(base).filter(|limit| limit.is_finite()).min_by(f64::total_cmp);
        let (id, name) = (sensor.id.clone(), sensor.name.clone());
        Some(Self { id, name, value, unit, status: sensor.status, limit })
    }

    pub(super) fn is_problem(&self) -> bool {
        matches!(self.status, SensorStatus::Warning | SensorStatus::Critical | SensorStatus::Fatal)
    }

    /// Returns the value with its unit, as people write it.
    pub(super) fn words(&self) -> String {
        let unit = if self.unit == "Cel" { "\u{b0}C" } else { self.unit };
        format!("{:.0} {unit}", self.value)
    }
}

/// Finds the power sensor for what the whole machine draws: one that, by its place or its name, is about all of it, the highest if
/// there are several. Nothing is added up: supplies and parts may be there or not.
fn drawn(all: Vec<Measured>) -> Option<Measured> {
    let by_place = |one: &Measured| one.id.contains("#/PowerControl") || one.id.contains("#/PowerWatts");
    let by_name = |one: &Measured| {
        let name = one.name.to_lowercase();
        ["total", "system", "sys ", "chassis", "consum", "pwr consumption", "dcmi"]
            .iter()
            .any(|word| name.contains(word))
    };
    let highest = |which: &dyn Fn(&Measured) -> bool| {
        all.iter().filter(|one| which(one)).max_by(|a, b| a.value.total_cmp(&b.value)).cloned()
    };
    highest(&by_place).or_else(|| highest(&by_name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(id: &str, name: &str, value: f64) -> Measured {
        let (id, name) = (id.to_owned(), name.to_owned());
        Measured { id, name, value, unit: "W", status: SensorStatus::Ok, limit: None }
    }

    #[test]
    fn the_draw_of_a_machine_is_no_sum_and_not_that_of_a_part() {
        let part = || measured("/p/3", "CPU1 Power", 900.0);
        assert_eq!(drawn(vec![part()]), None);
        let of_name = || measured("0x2e", "Pwr Consumption", 210.0);
        assert_eq!(drawn(vec![part(), of_name()]), Some(of_name()));
        let of_place = || measured("/c/1/Power#/PowerControl/0", "PC", 205.0);
        assert_eq!(drawn(vec![of_name(), part(), of_place()]), Some(of_place()));
    }

    #[test]
    fn a_reading_that_has_holes_says_so() {
        let scrape = Scrape {
            is_up: true,
            unread: vec![(crate::monitor::scrape::Part::Sensors, vec!["/x".into()])],
            ..Scrape::default()
        };
        let digest = Digest::new(&scrape, Timestamp::UNIX_EPOCH);
        assert_eq!((digest.health_words().as_str(), digest.outcome()), ("-*", Outcome::InPart));
        let digest = Digest::new(&Scrape::default(), Timestamp::UNIX_EPOCH);
        assert_eq!((digest.health_words().as_str(), digest.outcome()), ("no answer", Outcome::Unreached));
    }
}
