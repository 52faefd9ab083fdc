//! The headers of what was read. What a service does everywhere is said once, with the number of places.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::answers::{Answer, Answers};
use super::super::finding::{Findings, quoted};
use super::super::rule::{self, Rule, Severity};

/// Where a rule is broken in the same way: the first place, and how many there are.
type Broken = BTreeMap<(&'static str, String), (&'static Rule, Severity, String, u64)>;

pub(crate) fn check(answers: &Answers, findings: &mut Findings) {
    let mut broken = Broken::new();
    for answer in answers.iter().filter(|answer| !answer.aside && answer.status == Some(200)) {
        for (rule, severity, message) in wrong(answer) {
            let entry = broken.entry((rule.name, message));
            entry.or_insert_with(|| (rule, severity, answer.place.clone(), 0)).3 += 1;
        }
        etags(answer, findings);
    }
    for ((_, message), (rule, severity, place, count)) in broken {
        let more = if count > 1 { format!(" (here and at {} more URIs)", count - 1) } else { String::new() };
        findings.add_as(&place, "/[Headers]", rule, severity, format!("{message}{more}"));
    }
}

fn wrong(answer: &Answer) -> Vec<(&'static Rule, Severity, String)> {
    let mut found: Vec<(&'static Rule, Severity, String)> = Vec::new();
    let mut add = |rule: &'static Rule, message: String| found.push((rule, rule.severity, message));
    match answer.header("odata-version") {
        Some("4.0") => {}
        Some(other) => add(&rule::ODATA_VERSION, format!("OData-Version is {}, and 4.0 is expected", quoted(other))),
        None => add(&rule::ODATA_VERSION, "the answer has no OData-Version".to_owned()),
    }
    let media = answer.header("content-type").and_then(|value| value.split(';').next()).map(str::trim);
    match media {
        Some(media) if media.eq_ignore_ascii_case("application/json") => {}
        Some(other) => {
            add(&rule::CONTENT_TYPE, format!("Content-Type is {}, and application/json is expected", quoted(other)));
        }
        None => add(&rule::CONTENT_TYPE, "the answer has no Content-Type".to_owned()),
    }
    if answer.header("cache-control").is_none() {
        add(&rule::CACHE_CONTROL, "the answer has no Cache-Control".to_owned());
    }
    match answer.allow() {
        Some(methods) if !methods.iter().any(|method| method == "GET") => {
            add(&rule::ALLOW, "the Allow header of an answer to GET does not have GET".to_owned());
        }
        Some(_) => {}
        None => add(&rule::ALLOW_MISSING, "the answer has no Allow".to_owned()),
    }
    if answer.header("etag").is_none() && !answer.type_name().is_some_and(|name| name.ends_with("Collection")) {
        // Of accounts alone it is required.
        let is_account = answer.type_name() == Some("ManagerAccount");
        let severity = if is_account { Severity::Error } else { Severity::Warning };
        found.push((&rule::ETAG_MISSING, severity, "the answer has no ETag".to_owned()));
    }
    found
}

/// The tag in the header is the one in the body, and has the form of a tag.
fn etags(answer: &Answer, findings: &mut Findings) {
    let Some(header) = answer.header("etag") else { return };
    let plain = header.strip_prefix("W/").unwrap_or(header);
    let is_quoted = plain.len() >= 2 && plain.starts_with('"') && plain.ends_with('"');
    if !is_quoted {
        return findings.add(
            &answer.place,
            "/[ETag]",
            &rule::ETAG,
            format!("ETag is {}, without quotes", quoted(header)),
        );
    }
    let body = answer.object().and_then(|object| object.get("@odata.etag")).and_then(Value::as_str);
    if let Some(body) = body.filter(|body| *body != header) {
        let message = format!("ETag is {}, and '@odata.etag' is {}", quoted(header), quoted(body));
        findings.add(&answer.place, "/[ETag]", &rule::ETAG, message);
    }
}
