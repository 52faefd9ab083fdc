//! A list of readings in which each is once, wherever it was said. The order is that in which they were first found.

use std::collections::{HashMap, HashSet};

use super::{Reading, SensorKind};
use crate::resource::partial::key;

/// The shortest name that may be the end of another.
const SHORTEST_ALIKE: usize = 4;

/// The longest name that is held against the ends of others. Each end of each is kept.
const LONGEST_ALIKE: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Readings {
    list: Vec<Listed>,
    /// Where each is, by all URIs that say the same.
    places: HashMap<String, usize>,
    /// Where sensors are, by the parts that they say they are for.
    by_part: HashMap<String, Vec<usize>>,
    /// Where those of this group are, by their bare names, and by the ends of these.
    by_name: HashMap<String, Vec<usize>>,
    by_ending: HashMap<String, Vec<usize>>,
    /// A number for each place that said something.
    numbers: HashMap<String, usize>,
}

#[derive(Debug)]
struct Listed {
    reading: Reading,
    /// The places that say it. One place does not say the same twice: two readings of one name there are two.
    said_by: HashSet<usize>,
}

impl Readings {
    /// From here on, readings are of another chassis: those of the same name are others.
    pub(super) fn begin_group(&mut self) {
        self.by_name.clear();
        self.by_ending.clear();
    }

    pub(super) fn into_list(self) -> Vec<Reading> {
        self.list.into_iter().map(|listed| listed.reading).collect()
    }

    /// Adds a reading that a place says, unless it is in the list: then what that one lacks is taken from it.
    pub(super) fn add(&mut self, place: &str, reading: Reading) {
        let next = self.numbers.len();
        let place = match self.numbers.get(place) {
            Some(number) => *number,
            None => *self.numbers.entry(place.to_owned()).or_insert(next),
        };
        let name = bare(&reading.name, &reading.kind);
        match self.find(place, &name, &reading) {
            Some(at) => self.merge(at, place, reading),
            None => self.push(place, name, reading),
        }
    }

    fn push(&mut self, place: usize, name: String, reading: Reading) {
        let at = self.list.len();
        self.note(at, &reading);
        if is_sensor(&reading) {
            for part in &reading.same_as {
                self.by_part.entry(key(part).to_owned()).or_default().push(at);
            }
        }
        for ending in endings(&name) {
            self.by_ending.entry(ending.to_owned()).or_default().push(at);
        }
        self.by_name.entry(name).or_default().push(at);
        self.list.push(Listed { reading, said_by: HashSet::from([place]) });
    }

    fn note(&mut self, at: usize, reading: &Reading) {
        self.places.entry(key(&reading.id).to_owned()).or_insert(at);
        // A sensor names the part that it is for: with others, which measure something else of the same part.
        if !is_sensor(reading) {
            for uri in &reading.same_as {
                self.places.entry(key(uri).to_owned()).or_insert(at);
            }
        }
    }

    fn find(&self, place: usize, name: &str, new: &Reading) -> Option<usize> {
        let by_uri = std::iter::once(&new.id).chain(&new.same_as).filter_map(|uri| self.places.get(key(uri)).copied());
        // A power supply is not one of the sensors in it.
        if let Some(at) =
            by_uri.clone().find(|at| self.list.get(*at).is_some_and(|one| is_compatible(&one.reading, new)))
        {
            return Some(at);
        }
        let is_same = |at: &usize| self.list.get(*at).is_some_and(|one| is_same_kind(&one.reading, new));
        // A sensor that says for which part it is.
        if let Some(at) = self.by_part.get(key(&new.id)).into_iter().flatten().copied().find(is_same) {
            return Some(at);
        }
        let is_near = |at: &usize| self.list.get(*at).is_some_and(|one| !one.said_by.contains(&place)) && is_same(at);
        if let Some(at) = self.by_name.get(name).into_iter().flatten().copied().find(is_near) {
            return Some(at);
        }
        // One name is the end of the other: "Fan 1A" and "System Board Fan1A".
        let longer = (name.len() >= SHORTEST_ALIKE).then(|| self.by_ending.get(name)).flatten();
        let shorter = endings(name).filter_map(|ending| self.by_name.get(ending));
        let mut alike = longer.into_iter().chain(shorter).flatten().copied().filter(is_near);
        match (alike.next(), alike.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    fn merge(&mut self, at: usize, place: usize, new: Reading) {
        self.note(at, &new);
        let Some(listed) = self.list.get_mut(at) else { return };
        listed.said_by.insert(place);
        let known = &mut listed.reading;
        known.also_at.push(new.id);
        if known.value.is_none() && !known.is_void {
            known.value = new.value;
        }
        if known.unit.is_none() {
            known.unit = new.unit;
        }
        // Where one of the two knows of a fault, there is one.
        known.condition = known.condition.max(new.condition);
        known.is_part |= new.is_part;
        for (known, new) in known.thresholds.iter_mut().zip(new.thresholds) {
            *known = known.or(new);
        }
    }
}

/// Whether this is a `Sensor` resource, and no excerpt or part.
fn is_sensor(reading: &Reading) -> bool {
    !reading.is_part && !reading.id.contains('#')
}

/// Whether two readings can be the same, as one says that it is the other.
fn is_compatible(a: &Reading, b: &Reading) -> bool {
    let turns = |reading: &Reading| matches!(reading.kind, SensorKind::Fan | SensorKind::Pump | SensorKind::Percent);
    a.kind == b.kind
        || (turns(a) && turns(b))
        || matches!((&a.kind, &b.kind), (SensorKind::Other(_), _) | (_, SensorKind::Other(_)))
}

fn is_same_kind(a: &Reading, b: &Reading) -> bool {
    fn unit(reading: &Reading) -> Option<&str> {
        reading.unit.as_deref().map(|unit| match unit {
            "{rev}/min" | "rpm" | "Rpm" => "RPM",
            "Percent" => "%",
            unit => unit,
        })
    }
    // A part without a speed is the one that turns.
    let units = match (unit(a), unit(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    is_compatible(a, b) && units
}

/// The ends of a bare name by which it is known as well, but for the whole.
fn endings(name: &str) -> impl Iterator<Item = &str> {
    let most = if name.len() <= LONGEST_ALIKE { name.len() } else { 0 };
    (1..most).filter_map(|from| name.get(from..)).take_while(|ending| ending.len() >= SHORTEST_ALIKE)
}

/// A name without what its kind says anyway, so that "Fan 1 Speed" and "Fan1" are one.
fn bare(name: &str, kind: &SensorKind) -> String {
    let mut bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    bare.make_ascii_lowercase();
    let endings: &[&str] = match kind {
        SensorKind::Temperature => &["temperature", "temp"],
        SensorKind::Fan => &["speed", "rpm", "pwm", "tach"],
        SensorKind::Voltage => &["voltage", "volts", "volt"],
        SensorKind::Power => &["power", "watts"],
        SensorKind::Current => &["current", "amps"],
        SensorKind::Energy => &["energy"],
        _ => &[],
    };
    match endings.iter().find_map(|ending| bare.strip_suffix(ending).filter(|rest| !rest.is_empty())) {
        Some(rest) => rest.to_owned(),
        None => bare,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Condition;
    use super::super::reading::{of_arrays, of_excerpts, of_part};
    use super::*;

    fn values(readings: Readings) -> Vec<(String, Option<f64>)> {
        readings.into_list().into_iter().map(|reading| (reading.name, reading.value)).collect()
    }

    fn sensor(uri: &str, name: &str, kind: &str, unit: &str, value: f64) -> Reading {
        let json = json!({ "Name": name, "ReadingType": kind, "ReadingUnits": unit, "Reading": value,
            "RelatedItem": [{ "@odata.id": "/fans/1" }] });
        Reading::of_sensor(uri, &json)
    }

    #[test]
    fn what_several_places_say_is_listed_once() {
        let mut all = Readings::default();
        all.add("/sensors", sensor("/sensors/f1", "Fan 1 Speed", "Percent", "%", 42.0));
        all.add("/sensors", sensor("/sensors/t1", "Inlet Temp", "Temperature", "Cel", 21.0));
        let thermal = json!({
            "Temperatures": [
                { "Name": "Inlet Temperature", "ReadingCelsius": 21.5, "UpperThresholdCritical": 40 },
                { "Name": "Outlet", "ReadingCelsius": 30 },
                { "Name": "Outlet", "ReadingCelsius": 31 },
            ],
            "Fans": [{ "Name": "Fan 1", "Reading": 8460, "ReadingUnits": "RPM" }],
        });
        for reading in of_arrays("/thermal", &thermal) {
            all.add("/thermal", reading);
        }
        let fan = json!({ "SpeedPercent": { "Reading": 42, "DataSourceUri": "/sensors/f1/" },
            "Status": { "Health": "Critical" } });
        for reading in of_part("/fans/1", "Fan 1", &SensorKind::Fan, &fan) {
            all.add("/fans", reading);
        }
        let metrics = json!({ "TemperatureReadingsCelsius": [
            { "DeviceName": "outlet", "Reading": 30 },
            { "DeviceName": "CPU", "Reading": 50, "DataSourceUri": "/elsewhere/t" },
        ] });
        for reading in of_excerpts("/metrics", "", &metrics) {
            all.add("/metrics", reading);
        }
        let again = json!({ "TemperatureCelsius": { "Reading": 50, "DataSourceUri": "/elsewhere/t" } });
        for reading in of_excerpts("/environment", "CPU", &again) {
            all.add("/environment", reading);
        }
        let list = all.into_list();
        let rows: Vec<_> = list.iter().map(|one| (one.name.as_str(), one.value, one.condition)).collect();
        assert_eq!(
            rows,
            [
                ("Fan 1 Speed", Some(42.0), Condition::Critical),
                ("Inlet Temp", Some(21.0), Condition::Unknown),
                ("Outlet", Some(30.0), Condition::Unknown),
                ("Outlet", Some(31.0), Condition::Unknown),
                ("Fan 1", Some(8460.0), Condition::Unknown),
                ("CPU", Some(50.0), Condition::Unknown),
            ]
        );
        assert_eq!(list[1].thresholds[4], Some(40.0), "what the first place doesn't say is taken from the second");
    }

    #[test]
    fn a_name_that_ends_one_other_alone_is_the_same() {
        let fan = |name: &str, value| json!({ "Name": name, "Reading": value, "ReadingUnits": "RPM" });
        let mut all = Readings::default();
        let boards =
            json!({ "Fans": [fan("System Board Fan1A", 18600), fan("CPU Fan", 9000), fan("Rear CPU Fan", 8000)] });
        let bays = json!({ "Fans": [fan("Fan 1A", 18720), fan("Fan", 1)] });
        for (place, json) in [("/sensors", boards), ("/fans", bays)] {
            for reading in of_arrays(place, &json) {
                all.add(place, reading);
            }
        }
        let names: Vec<_> = values(all).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["System Board Fan1A", "CPU Fan", "Rear CPU Fan", "Fan"]);
    }

    /// Whose search went through the whole list for each would still be at it.
    #[test]
    fn tens_of_thousands_are_found_again_one_by_one() {
        const COUNT: usize = 40_000;
        let mut all = Readings::default();
        for (place, name) in [("/a", "System Board Fan"), ("/b", "System Board Fan"), ("/c", "Fan")] {
            for at in 0..COUNT {
                let id = format!("{place}#{at}");
                all.add(place, Reading::new(id, &format!("{name} {at:06}"), SensorKind::Fan, &json!({})));
            }
        }
        let list = all.into_list();
        assert_eq!(list.len(), COUNT);
        assert!(list.iter().enumerate().all(|(at, one)| one.also_at == [format!("/b#{at}"), format!("/c#{at}")]));
    }

    #[test]
    fn what_is_off_gets_no_reading_from_elsewhere() {
        let mut all = Readings::default();
        let off = json!({ "Temperatures": [{ "Name": "P1", "ReadingCelsius": 0, "Status": { "State": "UnavailableOffline" } }] });
        let metrics = json!({ "TemperatureReadingsCelsius": [{ "DeviceName": "P1", "Reading": 0 }] });
        for reading in of_arrays("/thermal", &off).into_iter().chain(of_excerpts("/metrics", "", &metrics)) {
            let place = if reading.id.starts_with("/thermal") { "/thermal" } else { "/metrics" };
            all.add(place, reading);
        }
        assert_eq!(values(all), [("P1".to_owned(), None)]);
    }

    #[test]
    fn readings_of_other_chassis_are_others_whatever_they_are_called() {
        let mut all = Readings::default();
        for chassis in ["/blade1", "/blade2"] {
            all.begin_group();
            let thermal = json!({ "Temperatures": [{ "Name": "CPU1 Temp", "ReadingCelsius": 50 }] });
            for reading in of_arrays(chassis, &thermal) {
                all.add(chassis, reading);
            }
        }
        assert_eq!(values(all).len(), 2);
    }

    #[test]
    fn a_power_supply_is_none_of_the_sensors_that_are_for_it() {
        let mut all = Readings::default();
        for (uri, name) in [("/sensors/p", "PSU1 Input Power"), ("/sensors/q", "PSU1 Output Power")] {
            let json = json!({ "Name": name, "ReadingType": "Power", "Reading": 161, "RelatedItem": [{ "@odata.id": "/psus/1" }] });
            all.add("/sensors", Reading::of_sensor(uri, &json));
        }
        for reading in of_part("/psus/1", "PSU1", &SensorKind::PowerSupply, &json!({ "Status": { "Health": "OK" } })) {
            all.add("/psus", reading);
        }
        assert_eq!(values(all).len(), 3);
    }
}
