//! Families of metrics: what scrapes found, by metric. No set of labels is in a family twice, and what is not known is left out.

use std::collections::HashSet;

use prometheus_client::metrics::MetricType;
use rosefish::host::{HostPowerState, Sensor, SensorStatus, Severity, Thresholds};

use crate::monitor::quantity::Quantity;
use crate::monitor::scrape::Scrape;

/// The labels of a sample, the host first.
pub(super) type Labels = Vec<(&'static str, String)>;

/// A metric with its samples.
#[derive(Debug)]
pub(super) struct Family {
    /// Without the prefix, and without the unit.
    pub(super) name: &'static str,
    pub(super) unit: Option<&'static str>,
    pub(super) help: &'static str,
    pub(super) metric_type: MetricType,
    pub(super) samples: Vec<(Labels, f64)>,
    known: HashSet<Labels>,
}

impl Family {
    pub(super) fn new(
        name: &'static str,
        unit: Option<&'static str>,
        help: &'static str,
        metric_type: MetricType,
    ) -> Self {
        Self { name, unit, help, metric_type, samples: Vec::new(), known: HashSet::new() }
    }

    /// Adds a sample. What isn't a number is left out; so is what has the labels of another sample.
    pub(super) fn add(&mut self, labels: Labels, value: f64) {
        if value.is_finite() && self.known.insert(labels.clone()) {
            self.samples.push((labels, value));
        }
    }

    fn gauge(name: &'static str, unit: Option<&'static str>, help: &'static str) -> Self {
        Self::new(name, unit, help, MetricType::Gauge)
    }
}

/// States of power that there is always a sample for.
const POWER: [HostPowerState; 4] =
    [HostPowerState::On, HostPowerState::Off, HostPowerState::PoweringOn, HostPowerState::PoweringOff];

/// The families of metrics of hosts.
#[derive(Debug)]
pub(super) struct Families {
    up: Family,
    duration: Family,
    error: Family,
    unread: Family,
    info: Family,
    power: Family,
    health: Family,
    status: Family,
    state: Family,
    /// Readings and thresholds of each quantity.
    quantities: Vec<(Quantity, Family, Family)>,
    component: Family,
    firmware: Family,
    components_read: Family,
    log_entries: Family,
    log_newest: Family,
    logs_read: Family,
}

impl Families {
    pub(super) fn new() -> Self {
        let quantity = |quantity: &Quantity| {
            let named = quantity.named();
            let metric_type = if quantity.is_counter() { MetricType::Counter } else { MetricType::Gauge };
            let readings = Family::new(named.name, named.unit, named.help, metric_type);
            let help = "Threshold of a sensor: lower or upper; caution, critical or fatal";
            (*quantity, readings, Family::gauge(named.thresholds, named.unit, help))
        };
        Self {
            up: Family::gauge("up", None, "Whether the host answered in this scrape"),
            duration: Family::gauge("scrape_duration", Some("seconds"), "How long it took to read the host"),
            error: Family::gauge(
                "scrape_error",
                None,
                "A part that could not be read at all, with the kind of error; 1",
            ),
            unread: Family::gauge("unread", None, "Number of places within a part that could not be read"),
            info: Family::new("host", None, "The protocol that the host is read by; 1", MetricType::Info),
            power: Family::gauge("power_state", None, "1 for the state of the system's power, 0 for the others"),
            health: Family::gauge(
                "health",
                None,
                "The worst of all components and sensors: 0 ok, 1 warning, 2 critical",
            ),
            status: Family::gauge("sensor_status", None, "How a sensor judges: 0 ok, 1 warning, 2 critical, 3 fatal"),
            state: Family::gauge("sensor_state", None, "A state that a sensor says it is in; 1"),
            quantities: Quantity::ALL.iter().map(quantity).collect(),
            component: Family::gauge("component_health", None, "Health of a component: 0 ok, 1 warning, 2 critical"),
            firmware: Family::new("firmware", None, "An installed version; 1", MetricType::Info),
            components_read: Family::gauge(
                "components_read_timestamp",
                Some("seconds"),
                "When components and firmware were read, since 1970",
            ),
            log_entries: Family::new(
                "log_entries",
                None,
                "Entries of the logs that are new since the exporter first read them",
                MetricType::Counter,
            ),
            log_newest: Family::gauge(
                "log_newest_timestamp",
                Some("seconds"),
                "When the newest entry of a severity was made, since 1970, by the host's clock",
            ),
            logs_read: Family::gauge("logs_read_timestamp", Some("seconds"), "When the logs were read, since 1970"),
        }
    }

    pub(super) fn into_list(self) -> Vec<Family> {
        let Self { up, duration, error, unread, info, power, health, status, state, quantities, .. } = self;
        let mut all = vec![up, duration, error, unread, info, power, health, status, state];
        all.extend(quantities.into_iter().flat_map(|(_, readings, thresholds)| [readings, thresholds]));
        all.extend([self.component, self.firmware, self.components_read]);
        all.extend([self.log_entries, self.log_newest, self.logs_read]);
        all
    }

    /// Adds what a scrape found of a host.
    pub(super) fn add(&mut self, host: &str, scrape: &Scrape) {
        let label = |rest: &[(&'static str, &str)]| {
            let own = ("host", host.to_owned());
            std::iter::once(own)
                .chain(rest.iter().map(|(name, value)| (*name, (*value).to_owned())))
                .collect::<Labels>()
        };
        self.up.add(label(&[]), f64::from(u8::from(scrape.is_up)));
        self.duration.add(label(&[]), scrape.took.as_secs_f64());
        for failure in scrape.all_failures() {
            self.error.add(label(&[("part", failure.part.name()), ("kind", &failure.kind)]), 1.0);
        }
        for (part, places) in scrape.all_unread() {
            self.unread.add(label(&[("part", part.name())]), places.len() as f64);
        }
        if let Some(logs) = &scrape.logs {
            for (severity, count) in &logs.by_severity {
                let labels = label(&[("severity", severity)]);
                if let Some(latest) = count.latest {
                    self.log_newest.add(labels.clone(), latest.as_second() as f64);
                }
                self.log_entries.add(labels, count.new as f64);
            }
            self.logs_read.add(label(&[]), logs.at.as_second() as f64);
        }
        if let Some(protocol) = &scrape.protocol {
            self.info.add(label(&[("protocol", protocol)]), 1.0);
        }
        for of in &scrape.power {
            let others = (!POWER.contains(&of.value)).then_some(&of.value);
            for state in POWER.iter().chain(others) {
                let word = state.to_string().replace(' ', "-");
                let labels = label(&[("system", &of.system), ("state", &word)]);
                self.power.add(labels, f64::from(u8::from(*state == of.value)));
            }
        }
        let mut worst = Worst(None);
        let mut known = HashSet::new();
        for sensor in &scrape.sensors {
            let id = unlike((), &sensor.name, &sensor.id, &mut known);
            self.add_sensor(sensor, &label(&[("sensor", &sensor.name), ("id", &id)]), &mut worst);
        }
        let Some(parts) = &scrape.parts else {
            worst.add_to(&mut self.health, label(&[]));
            return;
        };
        let mut known = HashSet::new();
        for part in parts.components.iter().filter(|part| !part.is_empty) {
            let Some(health) = part.health else { continue };
            let id = unlike(part.kind, &part.name, &part.id, &mut known);
            let kind = part.kind.to_string();
            let value = of_severity(health);
            worst.see(value);
            self.component.add(label(&[("component", &part.name), ("kind", &kind), ("id", &id)]), value);
        }
        worst.add_to(&mut self.health, label(&[]));
        for one in &parts.firmware {
            let labels = [("firmware", one.name.as_str()), ("id", &one.id), ("version", &one.version)];
            self.firmware.add(label(&labels), 1.0);
        }
        self.components_read.add(label(&[]), parts.at.as_second() as f64);
    }

    fn add_sensor(&mut self, sensor: &Sensor, labels: &Labels, worst: &mut Worst) {
        let with = |more: &[(&'static str, &str)]| {
            let more = more.iter().map(|(name, value)| (*name, (*value).to_owned()));
            labels.iter().cloned().chain(more).collect::<Labels>()
        };
        let kind = sensor.kind.to_string();
        if let Some(status) = of_status(sensor.status) {
            worst.see(status.min(of_severity(Severity::Critical)));
            self.status.add(with(&[("kind", &kind)]), status);
        }
        for state in &sensor.states {
            self.state.add(with(&[("kind", &kind), ("state", state)]), 1.0);
        }
        let (quantity, factor, offset) = Quantity::of(sensor);
        let Some((_, readings, thresholds)) = self.quantities.iter_mut().find(|(one, ..)| *one == quantity) else {
            return;
        };
        let unit = sensor.unit.as_deref().unwrap_or_default();
        let own = if quantity == Quantity::Other { vec![("kind", kind.as_str()), ("unit", unit)] } else { Vec::new() };
        let base = |value: f64| value * factor + offset;
        if let Some(value) = sensor.reading.map(base)
            // A counter counts from 0.
            && (!quantity.is_counter() || value >= 0.0)
        {
            readings.add(with(&own), value);
        }
        for (name, value) in of_thresholds(&sensor.thresholds) {
            if let Some(value) = value {
                thresholds.add(with(&[&own[..], &[("threshold", name)]].concat()), base(value));
            }
        }
    }
}

/// The worst that was seen, if anything was.
struct Worst(Option<f64>);

impl Worst {
    fn see(&mut self, value: f64) {
        self.0 = Some(self.0.map_or(value, |worst| worst.max(value)));
    }

    fn add_to(&self, family: &mut Family, labels: Labels) {
        if let Some(worst) = self.0 {
            family.add(labels, worst);
        }
    }
}

/// An id that no other of this kind and name has: services and BMCs give some twice.
fn unlike<K: std::hash::Hash + Eq + Copy>(
    kind: K,
    name: &str,
    id: &str,
    known: &mut HashSet<(K, String, String)>,
) -> String {
    let (mut own, mut number) = (id.to_owned(), 1);
    while !known.insert((kind, name.to_owned(), own.clone())) {
        number += 1;
        own = format!("{id} #{number}");
    }
    own
}

fn of_severity(severity: Severity) -> f64 {
    match severity {
        Severity::Ok => 0.0,
        Severity::Warning => 1.0,
        _ => 2.0,
    }
}

fn of_status(status: SensorStatus) -> Option<f64> {
    match status {
        SensorStatus::Ok => Some(0.0),
        SensorStatus::Warning => Some(1.0),
        SensorStatus::Critical => Some(2.0),
        SensorStatus::Fatal => Some(3.0),
        _ => None,
    }
}

fn of_thresholds(thresholds: &Thresholds) -> [(&'static str, Option<f64>); 6] {
    [
        ("lower_fatal", thresholds.lower_fatal),
        ("lower_critical", thresholds.lower_critical),
        ("lower_caution", thresholds.lower_caution),
        ("upper_caution", thresholds.upper_caution),
        ("upper_critical", thresholds.upper_critical),
        ("upper_fatal", thresholds.upper_fatal),
    ]
}
