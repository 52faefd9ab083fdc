//! The report as one HTML page that needs nothing else. Whatever a service sent is text in it, and the page allows no scripts and
//! loads nothing.

use std::collections::BTreeMap;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::super::finding::{Finding, Findings};
use super::super::rule::Severity;
use crate::terminal::shown;

const STYLE: &str = "
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c1e21; background: #fff; }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin: 1.6rem 0 .3rem; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #d8dadf }
td:first-child { white-space: nowrap } code { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
.error { color: #b00020 } .warning { color: #8a5a00 } small { color: #666b73 }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e4e6ea } th, td { border-color: #33373e } .error { color: #ff7a86 } .warning { color: #e3b341 } small { color: #9aa0a8 } }
";

pub(crate) fn report(findings: &Findings, target: &str, unread: &[String]) -> String {
    let mut rules: BTreeMap<&str, (Severity, &str, u64)> = BTreeMap::new();
    for finding in &findings.found {
        rules.entry(finding.rule.name).or_insert((finding.severity, finding.rule.section, 0)).2 += 1;
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width";
                title { "Redfish conformance" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Redfish conformance of " (shown(target)) }
                p {
                    (findings.resources) " resources, " (findings.values) " values: "
                    b.error { (findings.count(Severity::Error)) " errors" } ", "
                    b.warning { (findings.count(Severity::Warning)) " warnings" }
                }
                @if !rules.is_empty() {
                    table {
                        tr { th scope="col" { "Rule" } th scope="col" { "Findings" } th scope="col" { "Section" } }
                        @for (name, (severity, section, count)) in &rules {
                            tr { td class=(severity.as_str()) { (name) } td { (count) } td { (section) } }
                        }
                    }
                }
                @for findings in findings.found.chunk_by(|one, next| one.uri == next.uri) {
                    @if let Some(first) = findings.first() { h2 { (shown(&first.uri)) } }
                    table { @for finding in findings { (row(finding)) } }
                }
                @if !unread.is_empty() {
                    h2 { "Not read" }
                    ul { @for line in unread { li { code { (shown(line)) } } } }
                }
            }
        }
    };
    let mut page = page.into_string();
    page.push('\n');
    page
}

fn row(finding: &Finding) -> Markup {
    let class = finding.severity.as_str();
    html! {
        tr {
            td class=(class) { (class) br; small { (finding.rule.name) } }
            td { code { (shown(&finding.pointer)) } br; (shown(&finding.message)) br; small { (finding.rule.section) } }
        }
    }
}
