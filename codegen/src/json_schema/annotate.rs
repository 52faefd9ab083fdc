//! Translates keywords of JSON Schema to the CSDL annotations that mean the same.

use super::source::{Dialect, Source};
use crate::csdl::{Annotation, Record, Value};
use crate::tree::{Node, Value as Tree};

/// Builds an annotation with a text.
pub(super) fn text(term: &str, line: u32, text: &str) -> Annotation {
    Annotation { line, term: term.to_owned(), value: Value::Text(text.to_owned()) }
}

/// Builds an annotation with a Boolean value.
pub(super) fn flag(term: &str, line: u32, flag: bool) -> Annotation {
    Annotation { line, term: term.to_owned(), value: Value::Bool(flag) }
}

/// Reads the descriptions, and the versions that added and deprecated the element.
pub(super) fn docs(source: Source<'_>, node: &Node) -> Vec<Annotation> {
    let dialect = source.dialect;
    let told = |node: Option<&Node>| node.and_then(|node| Some((node.line, node.text()?.to_owned())));
    let mut found = Vec::new();
    if let Some((line, description)) = told(node.get("description")) {
        found.push(text("OData.Description", line, &description));
    }
    if let Some((line, description)) = told(dialect.get(node, "longDescription")) {
        found.push(text("OData.LongDescription", line, &description));
    }
    let added = told(dialect.get(node, "versionAdded")).map(|(_, version)| version);
    let deprecated = told(dialect.get(node, "versionDeprecated")).map(|(_, version)| version);
    let reason = match dialect {
        Dialect::JsonSchema => told(node.get("deprecated")),
        Dialect::OpenApi => told(dialect.get(node, "deprecatedReason")),
    };
    found.extend(revisions(node.line, added, deprecated, reason.map(|(_, reason)| reason)));
    found
}

/// Reads the descriptions and versions of a member of an enumeration.
pub(super) fn member(source: Source<'_>, node: &Node, name: &str) -> Vec<Annotation> {
    let told = |word: &str| source.dialect.get(node, word).and_then(|node| node.get(name)).and_then(Node::text);
    let mut found = Vec::new();
    for (word, term) in [("enumDescriptions", "OData.Description"), ("enumLongDescriptions", "OData.LongDescription")] {
        found.extend(told(word).map(|description| text(term, node.line, description)));
    }
    let owned = |word: &str| told(word).map(str::to_owned);
    found.extend(revisions(
        node.line,
        owned("enumVersionAdded"),
        owned("enumVersionDeprecated"),
        owned("enumDeprecated"),
    ));
    found
}

fn revisions(
    line: u32,
    added: Option<String>,
    deprecated: Option<String>,
    reason: Option<String>,
) -> Option<Annotation> {
    let value = |name: &str, text: String| (name.to_owned(), Value::Text(text));
    let mut records = Vec::new();
    if let Some(version) = added {
        let values = vec![value("Kind", "Redfish.RevisionKind/Added".to_owned()), value("Version", version)];
        records.push(Value::Record(Record { values, annotations: Vec::new() }));
    }
    if deprecated.is_some() || reason.is_some() {
        let mut values = vec![value("Kind", "Redfish.RevisionKind/Deprecated".to_owned())];
        values.extend(deprecated.map(|version| value("Version", version)));
        values.extend(reason.map(|reason| value("Description", reason)));
        records.push(Value::Record(Record { values, annotations: Vec::new() }));
    }
    let value = Value::Collection(records);
    let some = value != Value::Collection(Vec::new());
    some.then(|| Annotation { line, term: "Redfish.Revisions".to_owned(), value })
}

/// Builds `Redfish.DynamicPropertyPatterns` from patterns of names and the types of their values, if there are any.
pub(super) fn patterns(line: u32, patterns: Vec<(String, String)>) -> Option<Annotation> {
    let record = |(pattern, ty): (String, String)| {
        let values = vec![("Pattern".to_owned(), Value::Text(pattern)), ("Type".to_owned(), Value::Text(ty))];
        Value::Record(Record { values, annotations: Vec::new() })
    };
    let some = !patterns.is_empty();
    let value = Value::Collection(patterns.into_iter().map(record).collect());
    some.then(|| Annotation { line, term: "Redfish.DynamicPropertyPatterns".to_owned(), value })
}

/// Builds an annotation with a list of texts, such as `Redfish.Uris`, if there are any.
pub(crate) fn texts(term: &str, line: u32, texts: Vec<String>) -> Option<Annotation> {
    let some = !texts.is_empty();
    let value = Value::Collection(texts.into_iter().map(Value::Text).collect());
    some.then(|| Annotation { line, term: term.to_owned(), value })
}

/// Builds `Capabilities.InsertRestrictions` and similar annotations.
pub(crate) fn restriction(verb: &str, property: &str, line: u32, may: bool) -> Annotation {
    let values = vec![(property.to_owned(), Value::Bool(may))];
    let value = Value::Record(Record { values, annotations: Vec::new() });
    Annotation { line, term: format!("Capabilities.{verb}Restrictions"), value }
}

/// Reads `minimum` and `maximum`. Limits that aren't integers are skipped, as the IR can't hold them.
pub(super) fn limits(node: &Node) -> Vec<Annotation> {
    let mut found = Vec::new();
    for (word, term) in [("minimum", "Validation.Minimum"), ("maximum", "Validation.Maximum")] {
        let Some(limit) = node.get(word) else { continue };
        let Tree::Number(number) = &limit.value else { continue };
        let whole = number.strip_suffix(".0").unwrap_or(number);
        if let Ok(number) = whole.parse() {
            found.push(Annotation { line: limit.line, term: term.to_owned(), value: Value::Int(number) });
        }
    }
    found
}
