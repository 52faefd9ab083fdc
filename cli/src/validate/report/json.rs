//! The report as JSON.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::finding::{Finding, Findings};
use super::super::rule::Severity;

pub(crate) fn report(findings: &Findings, unread: &[String]) -> Value {
    let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
    for finding in &findings.found {
        *rules.entry(finding.rule.name).or_default() += 1;
    }
    let one = |finding: &Finding| {
        json!({
            "uri": finding.uri,
            "pointer": finding.pointer,
            "rule": finding.rule.name,
            "severity": finding.severity.as_str(),
            "section": finding.rule.section,
            "message": finding.message,
        })
    };
    json!({
        "resources": findings.resources,
        "values": findings.values,
        "errors": findings.count(Severity::Error),
        "warnings": findings.count(Severity::Warning),
        "rules": rules,
        "findings": findings.found.iter().map(one).collect::<Vec<_>>(),
        "partial": unread,
    })
}
