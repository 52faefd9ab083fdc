//! The report as one HTML page that needs nothing else. Whatever a service sent is text in it: every string goes through
//! [`escaped`], and the page allows no scripts and loads nothing.

use std::collections::BTreeMap;

use super::super::finding::{Finding, Findings};
use super::super::rule::Severity;
use crate::terminal::shown;

const HEAD: &str = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<title>Redfish conformance</title>
<style>
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem; color: #1c1e21; background: #fff; }
h1 { font-size: 1.4rem } h2 { font-size: 1rem; margin: 1.6rem 0 .3rem; font-family: ui-monospace, monospace; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid #d8dadf }
td:first-child { white-space: nowrap } code { font-family: ui-monospace, monospace; overflow-wrap: anywhere }
.error { color: #b00020 } .warning { color: #8a5a00 } small { color: #666b73 }
@media (prefers-color-scheme: dark) { body { background: #16181c; color: #e4e6ea } th, td { border-color: #33373e } .error { color: #ff7a86 } .warning { color: #e3b341 } small { color: #9aa0a8 } }
</style>
</head>
<body>
"#;

pub(crate) fn report(findings: &Findings, target: &str, unread: &[String]) -> String {
    let mut page = String::from(HEAD);
    let mut add = |text: &str| page.push_str(text);
    add(&format!("<h1>Redfish conformance of {}</h1>\n", escaped(target)));
    add(&format!(
        "<p>{} resources, {} values: <b class=\"error\">{} errors</b>, <b class=\"warning\">{} warnings</b></p>\n",
        findings.resources,
        findings.values,
        findings.count(Severity::Error),
        findings.count(Severity::Warning),
    ));
    let mut rules: BTreeMap<&str, (Severity, &str, u64)> = BTreeMap::new();
    for finding in &findings.found {
        rules.entry(finding.rule.name).or_insert((finding.severity, finding.rule.section, 0)).2 += 1;
    }
    if !rules.is_empty() {
        add("<table>\n<tr><th>Rule</th><th>Findings</th><th>Section</th></tr>\n");
        for (name, (severity, section, count)) in rules {
            let class = severity.as_str();
            add(&format!("<tr><td class=\"{class}\">{name}</td><td>{count}</td><td>{}</td></tr>\n", escaped(section)));
        }
        add("</table>\n");
    }
    let mut last: Option<&str> = None;
    for finding in &findings.found {
        if last != Some(finding.uri.as_str()) {
            if last.is_some() {
                add("</table>\n");
            }
            add(&format!("<h2>{}</h2>\n<table>\n", escaped(&finding.uri)));
            last = Some(&finding.uri);
        }
        add(&row(finding));
    }
    if last.is_some() {
        add("</table>\n");
    }
    if !unread.is_empty() {
        add("<h2>Not read</h2>\n<ul>\n");
        for line in unread {
            add(&format!("<li><code>{}</code></li>\n", escaped(line)));
        }
        add("</ul>\n");
    }
    add("</body>\n</html>\n");
    page
}

fn row(finding: &Finding) -> String {
    let class = finding.severity.as_str();
    format!(
        "<tr><td class=\"{class}\">{class}<br><small>{}</small></td><td><code>{}</code><br>{}<br><small>{}</small></td></tr>\n",
        finding.rule.name,
        escaped(&finding.pointer),
        escaped(&finding.message),
        escaped(finding.rule.section),
    )
}

/// Text that is no markup, in which nothing is hidden.
pub(super) fn escaped(text: &str) -> String {
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
