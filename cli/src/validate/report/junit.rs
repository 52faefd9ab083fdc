//! The report as JUnit's XML: a test case for each resource, which fails with its errors; what is a warning alone passes and is shown
//! in the output of the case.

use std::collections::BTreeMap;

use super::super::finding::{Finding, Findings};
use super::super::rule::Severity;
use crate::terminal::shown;

pub(crate) fn report<'a>(
    findings: &'a Findings,
    target: &str,
    places: impl Iterator<Item = &'a str>,
    unread: &[String],
) -> String {
    let mut cases: BTreeMap<&str, Vec<&Finding>> = places.map(|place| (place, Vec::new())).collect();
    for finding in &findings.found {
        cases.entry(&finding.uri).or_default().push(finding);
    }
    let fails = |found: &[&Finding]| found.iter().any(|finding| finding.severity == Severity::Error);
    let failures = cases.values().filter(|found| fails(found)).count();
    let (tests, errors) = (cases.len() + unread.len(), unread.len());
    let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"");
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!("<testsuites name=\"rosefish validate\" {counts}>\n"));
    xml.push_str(&format!("<testsuite name=\"{}\" {counts}>\n", escaped(target)));
    for (place, found) in &cases {
        xml.push_str(&format!("<testcase classname=\"redfish\" name=\"{}\"", escaped(place)));
        if found.is_empty() {
            xml.push_str("/>\n");
            continue;
        }
        xml.push_str(">\n");
        // What reads JUnit takes one failure of a case.
        let errors = lines(found, Severity::Error);
        if let Some(first) = found.iter().find(|finding| finding.severity == Severity::Error) {
            let message = escaped(&first.message);
            xml.push_str(&format!("<failure type=\"{}\" message=\"{message}\">{errors}</failure>\n", first.rule.name));
        }
        let warnings = lines(found, Severity::Warning);
        if !warnings.is_empty() {
            xml.push_str(&format!("<system-out>{warnings}</system-out>\n"));
        }
        xml.push_str("</testcase>\n");
    }
    for line in unread {
        let name = escaped(line.split(": ").next().unwrap_or_default());
        let message = escaped(line);
        xml.push_str(&format!(
            "<testcase classname=\"redfish\" name=\"{name}\"><error message=\"{message}\"/></testcase>\n"
        ));
    }
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

fn lines(found: &[&Finding], severity: Severity) -> String {
    let mut text = String::new();
    for finding in found.iter().filter(|finding| finding.severity == severity) {
        let (rule, section) = (finding.rule.name, finding.rule.section);
        text.push_str(&escaped(&format!("{rule} {}: {} ({section})\n", finding.pointer, finding.message)));
    }
    text
}

/// Returns text without markup, in which nothing is hidden.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in shown(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // XML can't have these.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
