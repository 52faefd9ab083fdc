//! What a walk came to, added up: resources by type, traffic, errors by URI, deviations by kind; as a table for people
//! and as JSON for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use rosefish::AnyResource;
use rosefish::walk::{Unreached, Visit};
use rosefish::wire::ODataType;
use serde_json::json;

/// What a walk came to.
#[derive(Debug, Default)]
pub struct Summary {
    resources: usize,
    types: BTreeMap<String, usize>,
    deviations: BTreeMap<&'static str, usize>,
    /// How many resources have deviations.
    deviant: usize,
    unread: Vec<Unread>,
    root_was_read: bool,
    wants_login: bool,
    requests: u64,
    bytes: u64,
    time: Duration,
}

#[derive(Debug)]
struct Unread {
    uri: String,
    why: String,
    found_in: String,
}

impl Summary {
    /// Takes a visit in.
    pub fn add(&mut self, visit: &Visit) {
        let why = match &visit.resource {
            Ok(resource) => return self.reached(visit, resource),
            // What services say of a missing resource is that it is missing.
            Err(Unreached::Dangling(error)) => format!("dangling: {}", error.status().unwrap_or(404)),
            Err(Unreached::Failed(error)) => {
                self.wants_login |= error.is_auth();
                answer(error)
            }
            Err(why) => match why {
                Unreached::NotFollowed(why) => format!("not followed: {why}"),
                other => other.to_string(),
            },
        };
        self.unread.push(Unread {
            uri: visit.uri.clone(),
            why,
            found_in: visit.linked_from.as_ref().map(ToString::to_string).unwrap_or_default(),
        });
    }

    fn reached(&mut self, visit: &Visit, resource: &AnyResource) {
        self.root_was_read |= visit.linked_from.is_none();
        if !visit.page {
            self.resources += 1;
            *self.types.entry(type_of(resource)).or_default() += 1;
        }
        let deviations = resource.deviations();
        self.deviant += usize::from(!deviations.is_empty());
        for deviation in deviations {
            *self.deviations.entry(deviation.kind.as_str()).or_default() += 1;
        }
    }

    /// Says what the walk took.
    pub fn finish(&mut self, requests: u64, bytes: u64, time: Duration) {
        (self.requests, self.bytes, self.time) = (requests, bytes, time);
        self.unread.sort_by(|a, b| a.uri.cmp(&b.uri));
    }

    /// Returns whether the service root could be read: without it there was no walk.
    #[must_use]
    pub fn root_was_read(&self) -> bool {
        self.root_was_read
    }

    /// Returns whether credentials, or others, would have shown more.
    #[must_use]
    pub fn wants_login(&self) -> bool {
        self.wants_login
    }

    /// Returns how many resources were read.
    #[must_use]
    pub fn resources(&self) -> usize {
        self.resources
    }

    /// Returns how many resources there are of each type.
    #[must_use]
    pub fn types(&self) -> &BTreeMap<String, usize> {
        &self.types
    }

    /// Returns what could not be read: a line with URI, reason and where the link stands for each.
    pub fn unread(&self) -> impl Iterator<Item = String> {
        self.unread.iter().map(|unread| {
            let Unread { uri, why, found_in } = unread;
            if found_in.is_empty() { format!("{uri}: {why}") } else { format!("{uri}: {why} (linked from {found_in})") }
        })
    }

    /// Returns the object that `--json` prints.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        let partial = self.unread.iter().map(|unread| {
            let Unread { uri, why, found_in } = unread;
            json!({ "where": uri, "why": why, "linked_from": found_in })
        });
        json!({
            "resources": self.resources,
            "errors": self.unread.len(),
            "partial": partial.collect::<Vec<_>>(),
            "requests": self.requests,
            "bytes": self.bytes,
            "seconds": (self.time.as_secs_f64() * 1000.0).round() / 1000.0,
            "types": self.types,
            "deviations": self.deviations,
        })
    }

    /// Returns the table that ends a walk.
    #[must_use]
    pub fn to_table(&self, service: &str) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write_table(service, &mut out);
        out
    }

    fn write_table(&self, service: &str, out: &mut String) -> std::fmt::Result {
        let width = self.types.keys().map(|name| name.chars().count()).chain([10]).max().unwrap_or(10);
        let rule = "-".repeat(width + 8);
        writeln!(out, "{:<width$}  {:>6}", "type", "number")?;
        writeln!(out, "{rule}")?;
        for (name, number) in &self.types {
            writeln!(out, "{name:<width$}  {number:>6}")?;
        }
        writeln!(out, "{rule}")?;
        writeln!(out, "{:<width$}  {:>6}   of {} types at {service}", "resources", self.resources, self.types.len())?;
        writeln!(out, "{:<width$}  {:>6}", "requests", self.requests)?;
        writeln!(out, "{:<width$}  {:>6}", "bytes", size(self.bytes))?;
        writeln!(out, "{:<width$}  {:>6}", "time", format!("{:.2} s", self.time.as_secs_f64()))?;
        writeln!(out, "{:<width$}  {:>6}", "errors", self.unread.len())?;
        for line in self.unread() {
            writeln!(out, "  {line}")?;
        }
        let total: usize = self.deviations.values().sum();
        write!(out, "{:<width$}  {total:>6}", "deviations")?;
        match self.deviant {
            0 => writeln!(out)?,
            1 => writeln!(out, "   in 1 resource")?,
            n => writeln!(out, "   in {n} resources")?,
        }
        for (kind, number) in &self.deviations {
            writeln!(out, "  {kind:<rest$}  {number:>6}", rest = width.saturating_sub(2))?;
        }
        Ok(())
    }
}

/// What the service answered, in one line: URIs are said elsewhere.
fn answer(error: &rosefish::Error) -> String {
    let message =
        error.messages().iter().find_map(|message| message.message.as_deref().or(message.message_id.as_deref()));
    let text = match (error.status(), message) {
        (Some(status), Some(message)) => format!("{status}, {message}"),
        (Some(status), None) if status >= 400 => status.to_string(),
        _ => error.report(),
    };
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(200) {
        line.truncate(end);
        line.push_str("...");
    }
    line
}

/// The name of a resource's type as people use it, `ComputerSystem`; of a vendor's own type the name that it gives itself.
fn type_of(resource: &AnyResource) -> String {
    let table = resource.table();
    let own = resource.record().text("@odata.type").map(ODataType::from);
    let (schema, name) = match &own {
        Some(own) if !own.schema().is_empty() && rosefish::schema::find_odata_type(own).is_none() => {
            (own.schema(), own.type_name())
        }
        _ => table.name.split_once('.').unwrap_or((table.name, table.name)),
    };
    if schema == name { name.to_owned() } else { format!("{schema}.{name}") }
}

/// A number of bytes with at most four digits.
fn size(bytes: u64) -> String {
    let mut scaled = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if scaled < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{scaled:.1} {unit}") };
        }
        scaled /= 1000.0;
    }
    format!("{scaled:.1} TB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        for (bytes, text) in [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1_234_567, "1.2 MB")] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn an_empty_walk_has_all_the_fields() {
        let json = Summary::default().to_json();
        let names: Vec<_> = json.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, ["bytes", "deviations", "errors", "partial", "requests", "resources", "seconds", "types"]);
    }
}
