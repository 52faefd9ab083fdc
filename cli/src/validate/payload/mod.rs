//! Payloads against the schemas: each resource with all that is in it.

mod action;
mod annotation;
mod format;
mod identity;
mod object;
mod pattern;
mod reference;
mod value;

use rosefish::wire::is_secret;
use serde_json::{Map, Value};

use super::answers::{Answer, Answers};
use super::finding::{Findings, quoted};
use super::json;
use super::rule::{self, Rule, Severity};
use super::schema::definition::{ObjectType, Property};
use super::schema::library::Library;
use super::schema::version::{Version, schema_of};
pub(crate) use pattern::Patterns;

pub(super) type Object = Map<String, Value>;

/// Holds all that was answered against the schemas.
pub(crate) fn check_all(library: &Library, answers: &Answers, findings: &mut Findings) {
    let patterns = Patterns::default();
    for answer in answers.iter().filter(|answer| !answer.aside) {
        check(library, answers, &patterns, answer, findings);
    }
}

fn check(library: &Library, answers: &Answers, patterns: &Patterns, answer: &Answer, findings: &mut Findings) {
    findings.resources += 1;
    let (place, uri) = (answer.place.as_str(), answer.uri.as_str());
    match (answer.status, &answer.json, &answer.wrong) {
        (Some(status), ..) if status != 200 => {
            return findings.add(place, "", &rule::NOT_READ, format!("a GET is answered with status {status}"));
        }
        (_, None, wrong) => {
            let why = wrong.as_deref().unwrap_or("there is no body");
            return findings.add(place, "", &rule::NOT_JSON, format!("the body is not JSON: {why}"));
        }
        _ => {}
    }
    let Some(payload) = answer.object() else {
        return findings.add(place, "", &rule::NOT_OBJECT, "the body is JSON, but not an object".to_owned());
    };
    for pointer in json::repeated(&answer.body) {
        findings.add(place, &pointer, &rule::DUPLICATE_NAME, "the object has this name a second time".to_owned());
    }
    let resource = Resource { answer, uri, payload, ty: String::new() };
    let mut checker = Checker { library, answers, patterns, findings, resource };
    checker.object(&At::default(), payload, None);
}

/// What is being checked.
struct Checker<'a> {
    library: &'a Library,
    answers: &'a Answers,
    patterns: &'a Patterns,
    findings: &'a mut Findings,
    resource: Resource<'a>,
}

struct Resource<'a> {
    answer: &'a Answer,
    uri: &'a str,
    payload: &'a Object,
    /// Its type as it says itself, without the `#`.
    ty: String,
}

/// A property of an object, with its definition.
#[derive(Clone, Copy)]
struct Member<'a> {
    /// The object that has it.
    payload: &'a Object,
    /// The type of that object.
    ty: &'a ObjectType,
    name: &'a str,
    property: &'a Property,
}

/// Where in a resource.
#[derive(Debug, Clone, Default)]
struct At {
    /// A JSON pointer.
    pointer: String,
    /// The excerpt that it is part of.
    excerpt: Option<String>,
}

impl At {
    fn join(&self, name: &str) -> Self {
        let pointer = format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
        Self { pointer, excerpt: self.excerpt.clone() }
    }
}

impl Checker<'_> {
    fn add(&mut self, pointer: &str, rule: &'static Rule, message: String) {
        self.findings.add(&self.resource.answer.place, pointer, rule, message);
    }

    fn add_as(&mut self, pointer: &str, rule: &'static Rule, severity: Severity, message: String) {
        self.findings.add_as(&self.resource.answer.place, pointer, rule, severity, message);
    }

    /// The highest version that types of this schema may have in the resource.
    fn highest(&self, ty: &str) -> Option<Version> {
        (schema_of(ty) == schema_of(&self.resource.ty)).then(|| Version::of_type(&self.resource.ty)).flatten()
    }
}

/// What kind of JSON it is, for messages.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A value as a message shows it: not where its name says that it is secret.
fn shown(name: &str, value: &Value) -> String {
    match value {
        _ if is_secret(name) => "the value".to_owned(),
        Value::String(text) => quoted(text),
        Value::Array(_) | Value::Object(_) => kind_of(value).to_owned(),
        other => other.to_string(),
    }
}

/// The name among these that differs in the case of its letters alone.
fn misspelt<'n>(name: &str, mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    names.find(|known| known.eq_ignore_ascii_case(name))
}
