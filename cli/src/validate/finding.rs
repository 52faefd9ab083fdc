//! What was found: each departure from a rule, at its place.

use std::collections::HashSet;

use super::rule::{Rule, Severity};

/// A departure from a rule.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// The URI of the resource, or the path of the file.
    pub(crate) uri: String,
    /// A JSON pointer to what it is about; the name of a header, as `[ETag]`; or nothing.
    pub(crate) pointer: String,
    pub(crate) rule: &'static Rule,
    pub(crate) severity: Severity,
    pub(crate) message: String,
}

/// The longest part of a value that a message shows.
const SHOWN: usize = 120;

/// Returns a value as a message shows it.
pub(crate) fn quoted(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("'{}\u{2026}'", text.get(..end).unwrap_or_default()),
        None => format!("'{text}'"),
    }
}

/// All findings.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) found: Vec<Finding>,
    seen: HashSet<(String, String, &'static str)>,
    /// Values that were checked against the schemas.
    pub(crate) values: u64,
    /// Resources that were checked against the schemas.
    pub(crate) resources: u64,
}

impl Findings {
    /// Adds a finding. A rule is broken at most once at a place.
    pub(crate) fn add(&mut self, uri: &str, pointer: &str, rule: &'static Rule, message: String) {
        self.add_as(uri, pointer, rule, rule.severity, message);
    }

    pub(crate) fn add_as(
        &mut self,
        uri: &str,
        pointer: &str,
        rule: &'static Rule,
        severity: Severity,
        message: String,
    ) {
        if self.seen.insert((uri.to_owned(), pointer.to_owned(), rule.name)) {
            self.found.push(Finding { uri: uri.to_owned(), pointer: pointer.to_owned(), rule, severity, message });
        }
    }

    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Groups the findings of each resource, errors first.
    pub(crate) fn sort(&mut self) {
        self.found.sort_by(|a, b| {
            let key = |finding: &Finding| std::cmp::Reverse(finding.severity);
            (&a.uri, key(a), &a.pointer, a.rule.name).cmp(&(&b.uri, key(b), &b.pointer, b.rule.name))
        });
    }
}
