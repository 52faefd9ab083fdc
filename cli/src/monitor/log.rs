//! The logs of a host that is read repeatedly: how many entries are new since it was first read, by severity.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;
use rosefish::host::{LogEntry, LogQuery, Severity};

use super::scrape::{Count, Counts, Failure, Part};
use crate::operate::logs::{NEWEST, mark};

/// How many entries are remembered: if one log is cleared, older entries of another are among the newest again.
const REMEMBERED: usize = 20 * NEWEST;

/// The words for how bad entries are, and for those that don't say.
const WORDS: [(Option<Severity>, &str); 4] = [
    (Some(Severity::Ok), "ok"),
    (Some(Severity::Warning), "warning"),
    (Some(Severity::Critical), "critical"),
    (None, "unknown"),
];

/// Counts entries from one reading to the next.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    known: HashSet<String>,
    order: VecDeque<String>,
    /// Older entries were there before.
    floor: Option<Timestamp>,
    /// The latest of all.
    latest: Option<Timestamp>,
    counts: Option<Counts>,
    /// Why the last reading failed as a whole.
    failure: Option<Failure>,
}

/// Returns the query for the entries that are counted.
pub(crate) fn query() -> LogQuery {
    LogQuery::all().last(NEWEST)
}

impl Tally {
    /// Adds the newest entries, and what could not be read.
    pub(crate) fn add(&mut self, entries: &[LogEntry], unread: Vec<String>) {
        let is_first = self.counts.is_none();
        let was_whole = self.counts.as_ref().is_none_or(|counts| counts.unread.1.is_empty());
        // Entries that could not be read before are not new just because they can be read now.
        let floor = if was_whole { self.floor } else { self.latest.max(self.floor) };
        let mut by_severity = self
            .counts
            .take()
            .map_or_else(|| WORDS.map(|(_, word)| (word, Count::default())).into(), |counts| counts.by_severity);
        let mut earliest = None;
        for one in entries {
            let time = one.entry.time.as_ref().and_then(rosefish::wire::DateTime::timestamp);
            earliest = match (earliest, time) {
                (Some(earliest), Some(time)) => Some(time.min(earliest)),
                (earliest, time) => earliest.or(time),
            };
            let count = by_severity.entry(word(one.entry.severity)).or_default();
            count.latest = count.latest.max(time);
            self.latest = self.latest.max(time);
            let is_older = matches!((floor, time), (Some(floor), Some(time)) if time < floor);
            if self.remember(mark(one)) && !is_first && !is_older {
                count.new = count.new.saturating_add(1);
            }
        }
        if entries.len() >= NEWEST {
            self.floor = self.floor.max(earliest);
        }
        self.failure = None;
        self.counts = Some(Counts { by_severity, unread: (Part::Logs, unread), at: Timestamp::now() });
    }

    /// Notes that nothing could be read.
    pub(crate) fn failed(&mut self, failure: Failure) {
        self.failure = Some(failure);
    }

    /// Returns what is known, and why the last reading failed.
    pub(crate) fn seen(&self) -> (Option<Counts>, Option<Failure>) {
        (self.counts.clone(), self.failure.clone())
    }

    /// Remembers an entry. Returns whether it is a new one.
    fn remember(&mut self, mark: String) -> bool {
        if !self.known.insert(mark.clone()) {
            return false;
        }
        self.order.push_back(mark);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

fn word(severity: Option<Severity>) -> &'static str {
    WORDS.iter().find(|(one, _)| *one == severity).map_or("unknown", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns an entry of a log, so many minutes past an hour.
    fn entry(log: &str, id: usize, minute: usize, severity: &str) -> LogEntry {
        let time = format!("2026-11-28T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60);
        let json = serde_json::json!({
            "log": log, "id": id.to_string(), "time": time, "severity": severity, "kind": null, "name": null, "sensor": null,
            "message": "something happened",
        });
        serde_json::from_value(json).unwrap()
    }

    fn new(tally: &Tally, word: &str) -> u64 {
        tally.seen().0.unwrap().by_severity[word].new
    }

    #[test]
    fn what_was_there_before_is_not_new_and_each_entry_counts_once() {
        let mut tally = Tally::default();
        tally.add(&[entry("SEL", 1, 1, "critical")], Vec::new());
        assert_eq!((new(&tally, "critical"), new(&tally, "warning")), (0, 0));
        let latest = tally.seen().0.unwrap().by_severity["critical"].latest.unwrap();
        assert_eq!(latest.to_string(), "2026-11-28T10:01:00Z");
        for _ in 0..2 {
            tally.add(
                &[entry("SEL", 1, 1, "critical"), entry("SEL", 2, 5, "critical"), entry("SEL", 3, 6, "ok")],
                Vec::new(),
            );
            assert_eq!((new(&tally, "critical"), new(&tally, "ok")), (1, 1));
        }
        // It was cleared, and begins with the same numbers.
        tally.add(&[entry("SEL", 1, 9, "critical")], Vec::new());
        assert_eq!(new(&tally, "critical"), 2);
    }

    #[test]
    fn what_comes_back_or_could_not_be_read_before_is_not_new() {
        let busy: Vec<_> = (0..NEWEST).map(|id| entry("busy", id, 60 + id, "ok")).collect();
        let mut tally = Tally::default();
        tally.add(&busy, Vec::new());
        // The busy log is cleared, and the quiet one is seen again.
        tally.add(&[entry("quiet", 1, 1, "critical"), entry("busy", 1, 300, "ok")], Vec::new());
        assert_eq!((new(&tally, "critical"), new(&tally, "ok")), (0, 1));
        let mut tally = Tally::default();
        tally.add(&[entry("SEL", 1, 7, "ok")], vec!["the other one".to_owned()]);
        tally.add(&[entry("other", 1, 3, "critical"), entry("other", 2, 9, "critical")], Vec::new());
        assert_eq!(new(&tally, "critical"), 1);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut tally = Tally::default();
        for id in 0..3 * REMEMBERED {
            tally.add(&[entry("SEL", id, 0, "warning")], Vec::new());
        }
        assert_eq!((tally.known.len(), tally.order.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(new(&tally, "warning"), 3 * REMEMBERED as u64 - 1);
    }
}
