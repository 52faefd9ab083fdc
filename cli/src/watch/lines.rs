//! The watch where nobody looks at a screen: a line for each change of a host, or JSON, an object for each reading and each event.

use std::collections::HashMap;
use std::io::Write as _;

use serde_json::{Value, json};

use super::digest::Digest;
use super::news::{Event, News};
use crate::terminal::{one_line, stdout};

/// What was printed of each host.
#[derive(Debug, Default)]
pub(super) struct Printed {
    last: HashMap<usize, Digest>,
}

impl Printed {
    /// Prints what is new.
    pub(super) fn tell(&mut self, names: &[String], news: News, as_json: bool) -> std::io::Result<()> {
        let mut out = stdout();
        let (News::Read(number, _) | News::Happened(number, _) | News::Source(number, _) | News::Unread(number, _)) =
            news;
        let name = names.get(number).map(String::as_str).unwrap_or_default();
        if as_json {
            if let Some(value) = of_news(name, &news) {
                writeln!(out, "{value}")?;
            }
        } else {
            let time = jiff::Timestamp::now().strftime("%FT%TZ").to_string();
            for change in self.changes(number, news) {
                writeln!(out, "{}", line(&time, name, &change))?;
            }
        }
        out.flush()
    }

    fn changes(&mut self, number: usize, news: News) -> Vec<String> {
        match news {
            News::Read(_, digest) => {
                let changes = changes(self.last.get(&number), &digest);
                self.last.insert(number, *digest);
                changes
            }
            News::Happened(_, event) if event.is_old => Vec::new(),
            News::Happened(_, event) => vec![words(&event)],
            News::Source(_, text) | News::Unread(_, text) => vec![text],
        }
    }
}

fn line(time: &str, name: &str, change: &str) -> String {
    format!("{time} {}: {}", one_line(name), one_line(change))
}

fn of_news(name: &str, news: &News) -> Option<Value> {
    match news {
        News::Read(_, digest) => Some(digest.to_json(name)),
        News::Happened(_, event) if event.is_old => None,
        News::Happened(_, event) => Some(json!({ "host": name, "event": event })),
        News::Source(_, text) => Some(json!({ "host": name, "note": text })),
        News::Unread(_, text) => Some(json!({ "host": name, "note": text })),
    }
}

fn words(event: &Event) -> String {
    let severity = event.severity.map(|severity| format!("{severity}: ")).unwrap_or_default();
    let time = event.time.as_ref().map(|time| format!(" ({time})")).unwrap_or_default();
    format!("event: {severity}{}{time}", event.message)
}

/// What is different from the reading before. What sensors measure changes all the time, and doesn't count as a change.
fn changes(before: Option<&Digest>, now: &Digest) -> Vec<String> {
    let problem = |digest: &Digest| -> Vec<String> {
        digest.problems.iter().map(|one| format!("{}: {}", one.severity, one.text)).collect()
    };
    // Of a host that answers again, nothing that was known is taken for granted.
    let Some(before) = before.filter(|before| before.is_up || !now.is_up) else {
        let mut first = vec![now.power_words(), now.health_words()];
        first.extend(now.hottest().map(|one| format!("{} {}", one.words(), one.name)));
        first.extend(now.watts.as_ref().map(|one| one.words()));
        first.retain(|part| !part.is_empty());
        let mut all = vec![first.join(", ")];
        all.extend(problem(now));
        all.extend(now.not_read().map(|text| format!("not read: {text}")));
        return all;
    };
    let mut all = Vec::new();
    if now.is_up {
        for (what, before, now) in
            [("power", before.power_words(), now.power_words()), ("health", before.health_words(), now.health_words())]
        {
            if before != now {
                all.push(format!("{what}: {before}, now {now}"));
            }
        }
        let (old, new) = (problem(before), problem(now));
        all.extend(new.iter().filter(|one| !old.contains(one)).cloned());
        all.extend(old.iter().filter(|one| !new.contains(one)).map(|one| format!("no more: {one}")));
    } else if before.is_up {
        all.push("answers no more".to_owned());
    }
    let old: Vec<String> = before.not_read().collect();
    all.extend(now.not_read().filter(|one| !old.contains(one)).map(|one| format!("not read: {one}")));
    all
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::monitor::scrape::{Failure, Part, Scrape};

    fn up(power: &str) -> Digest {
        let power = vec![serde_json::from_value(json!({ "system": "1", "value": power })).unwrap()];
        Digest::new(&Scrape { is_up: true, power, ..Scrape::default() }, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn nothing_that_a_bmc_says_begins_a_line() {
        assert_eq!(line("t", "n\n1", "\u{1b}[2J\nx"), "t n 1: \\u001b[2J x");
    }

    #[test]
    fn a_change_is_told_once() {
        let down = Digest::new(&Scrape::failed(Failure::timeout(Part::Connection)), Timestamp::UNIX_EPOCH);
        let mut printed = Printed::default();
        let mut tell = |digest: &Digest| printed.changes(0, News::Read(0, Box::new(digest.clone())));
        assert_eq!(tell(&up("on")), ["on, -"]);
        assert!(tell(&up("on")).is_empty());
        assert_eq!(tell(&up("off")), ["power: on, now off"]);
        let why = "not read: connection: the time of the scrape was over first";
        assert_eq!(tell(&down), ["answers no more", why]);
        assert!(tell(&down).is_empty());
        assert_eq!(tell(&up("off")), ["off, -"]);
    }
}
