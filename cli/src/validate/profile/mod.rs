//! Interoperability profiles (DSP0272, DSP8013): what a profile requires of resources, properties, actions, registries and the
//! protocol, beyond what the standard does.

mod action;
mod compare;
mod document;
mod property;
mod resource;
mod service;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::answers::{Answer, Answers};
use super::finding::Findings;
use super::payload::Patterns;
use super::rule::{self, Rule, Severity};
use document::{Profile, UseCase};

/// Holds answers against a profile and those that it requires.
///
/// # Errors
///
/// Files that can't be read or are not profiles.
pub(crate) fn check(file: &Path, answers: &Answers, findings: &mut Findings) -> anyhow::Result<()> {
    let profiles = document::load(file)?;
    let mut checker =
        Checker { answers, findings, patterns: Patterns::default(), across: BTreeMap::new(), case: String::new() };
    for profile in &profiles {
        checker.profile(profile);
    }
    Ok(())
}

/// What is being checked.
struct Checker<'a> {
    answers: &'a Answers,
    findings: &'a mut Findings,
    patterns: Patterns,
    /// Requirements that all instances of a resource meet together.
    across: BTreeMap<Across, Seen>,
    /// The profile and the use case, for messages.
    case: String,
}

/// A requirement of several instances: of which use case, where, and how.
type Across = (String, String, &'static str);

/// What was seen for a requirement of several instances.
#[derive(Debug, Default)]
struct Seen {
    expected: Vec<Value>,
    found: Vec<Value>,
    places: Vec<(String, String)>,
}

impl Checker<'_> {
    fn profile(&mut self, profile: &Profile) {
        for case in &profile.cases {
            self.case = format!("{}, {}", profile.name, case.title);
            self.use_case(profile, case);
            self.meet_across();
        }
        self.case.clone_from(&profile.name);
        self.registries(profile);
        self.protocol(profile);
    }

    fn add(&mut self, place: &str, pointer: &str, rule: &'static Rule, message: &str) {
        self.add_as(place, pointer, rule, rule.severity, message);
    }

    fn add_as(&mut self, place: &str, pointer: &str, rule: &'static Rule, severity: Severity, message: &str) {
        // Several use cases may say something of one place.
        let pointer = pointer.to_owned();
        self.findings.add_as(place, &pointer, rule, severity, format!("{message} ({})", self.case));
    }

    fn use_case(&mut self, profile: &Profile, case: &UseCase) {
        let answers = self.answers;
        let mut found = 0_usize;
        for answer in answers.iter().filter(|answer| !answer.aside && !answers.is_annotated(&answer.uri)) {
            let Some(payload) = answer.object() else { continue };
            if answer.type_name() == Some(&case.resource) && self.applies(case, answer, payload) {
                found += 1;
                self.resource(case, answer, payload);
            }
        }
        let place = format!("{} {}", profile.name, case.resource);
        match (case.read.as_str(), found) {
            ("Mandatory" | "Supported", 0) => {
                self.add(&place, "", &rule::PROFILE_RESOURCE, &format!("there is no {}", case.resource));
            }
            ("Excluded", 1..) => {
                let message = format!("there is a {}, which the profile does not allow", case.resource);
                self.add(&place, "", &rule::PROFILE_RESOURCE, &message);
            }
            _ => {}
        }
    }

    /// Judges what instances meet together, after all of a use case were seen.
    fn meet_across(&mut self) {
        for ((_, _, how), seen) in std::mem::take(&mut self.across) {
            let has = |value: &Value| seen.found.contains(value);
            let list = || seen.expected.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
            let wrong = match how {
                "AnyOf" if !seen.expected.iter().any(has) => {
                    Some((&rule::PROFILE_COMPARE, format!("no instance has one of {}", list())))
                }
                "AllOf" if !seen.expected.iter().all(has) => {
                    Some((&rule::PROFILE_COMPARE, format!("the instances together do not have all of {}", list())))
                }
                "Read" if !has(&Value::Bool(true)) => {
                    Some((&rule::PROFILE_READ, "no instance has the property".to_owned()))
                }
                // Where it can't be known, it is not held against the service.
                "Write" if !has(&Value::Bool(true)) && !has(&Value::Null) => {
                    Some((&rule::PROFILE_WRITE, "the property can't be written in any instance".to_owned()))
                }
                _ => None,
            };
            if let Some((rule, message)) = wrong {
                for (place, pointer) in &seen.places {
                    self.add(place, pointer, rule, &message);
                }
            }
        }
    }

    /// Notes what an instance has of a requirement that all meet together.
    fn note(&mut self, answer: &Answer, pointer: &str, how: &'static str, expected: &[Value], found: &Value) {
        // Items of arrays are instances as well.
        let is_number = |segment: &&str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
        let plain: String = pointer.split('/').filter(|segment| !is_number(segment)).collect::<Vec<_>>().join("/");
        let seen = self.across.entry((self.case.clone(), plain, how)).or_default();
        seen.expected = expected.to_vec();
        seen.places.push((answer.place.clone(), pointer.to_owned()));
        match found {
            Value::Array(items) => seen.found.extend(items.iter().cloned()),
            other => seen.found.push(other.clone()),
        }
    }
}
