//! The report as a table.

use super::super::finding::Findings;
use super::super::rule::Severity;
use crate::operate::Table;

pub(crate) fn report(findings: &Findings) -> String {
    let mut table = Table::new(&["SEVERITY", "RULE", "WHERE", "MESSAGE"]);
    for finding in &findings.found {
        table.row([
            finding.severity.as_str().to_owned(),
            finding.rule.name.to_owned(),
            match finding.pointer.is_empty() {
                true => finding.uri.clone(),
                false => format!("{}#{}", finding.uri, finding.pointer),
            },
            finding.message.clone(),
        ]);
    }
    let mut text = table.text();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!(
        "{} resources, {} values: {} errors, {} warnings\n",
        findings.resources,
        findings.values,
        findings.count(Severity::Error),
        findings.count(Severity::Warning),
    ));
    text
}
