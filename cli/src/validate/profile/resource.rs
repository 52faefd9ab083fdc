//! Which resources a use case is about, and what it requires of them as a whole.

use serde_json::Value;

use super::super::answers::{Answer, key};
use super::super::rule::{self, Severity};
use super::super::schema::version::Version;
use super::Checker;
use super::document::{Object, UseCase, list, lowest, text};

impl Checker<'_> {
    /// Returns whether a use case applies to a resource of its type.
    pub(super) fn applies(&self, case: &UseCase, answer: &Answer, payload: &Object) -> bool {
        let requirement = &case.requirement;
        if !self.is_listed(list(requirement, "URIs"), &answer.uri) {
            return false;
        }
        let kind = text(requirement, "UseCaseType").unwrap_or("Normal");
        if !requirement.contains_key("UseCaseKeyValues") && kind != "AbsentResource" {
            return true;
        }
        let how = text(requirement, "UseCaseComparison").unwrap_or("Equal");
        let values = list(requirement, "UseCaseKeyValues");
        let holds = |found: Option<&Value>| !self.compare_condition(found, how, values);
        let (parent, property) = match kind {
            "AbsentResource" => {
                let state = payload.get("Status").and_then(|status| status.get("State"));
                return state.and_then(Value::as_str) == Some("Absent");
            }
            "ChassisType" => ("Chassis", "ChassisType"),
            "DriveProtocol" => ("Drive", "Protocol"),
            "MemoryType" => ("Memory", "MemoryType"),
            "PortProtocol" => ("Port", "Protocol"),
            "ProcessorType" => ("Processor", "ProcessorType"),
            _ => {
                let property = text(requirement, "UseCaseKeyProperty").unwrap_or_default();
                let pointer = format!("/{}", property.trim_start_matches('/'));
                return holds(super::compare::find(&pointer, payload, payload));
            }
        };
        let mut at = key(&answer.uri);
        while let Some((above, _)) = at.rsplit_once('/') {
            at = above;
            let found = self.answers.get(above).filter(|answer| answer.type_name() == Some(parent));
            if let Some(object) = found.and_then(Answer::object) {
                return holds(object.get(property));
            }
        }
        false
    }

    /// Checks a resource that a use case is about.
    pub(super) fn resource(&mut self, case: &UseCase, answer: &Answer, payload: &Object) {
        let requirement = self.under_conditions(&case.requirement, answer, payload, payload).into_owned();
        let version = text(payload, "@odata.type").and_then(Version::of_type);
        let least = text(&requirement, "MinVersion").and_then(lowest);
        if let (Some(version), Some(least)) = (version, least)
            && version < least
        {
            let message = format!("the version is {version}, and at least {least} is required");
            self.add(&answer.place, "", &rule::PROFILE_VERSION, &message);
        }
        if case.resource.ends_with("Collection") {
            self.capabilities(&requirement, answer, payload);
        }
        if let Some(Value::Object(properties)) = requirement.get("PropertyRequirements") {
            self.properties(properties, answer, payload, "");
        }
        if let Some(Value::Object(actions)) = requirement.get("ActionRequirements") {
            self.actions(actions, case, answer, payload);
        }
    }

    /// Checks what may be created, changed and deleted.
    fn capabilities(&mut self, requirement: &Object, answer: &Answer, payload: &Object) {
        let wants = |name: &str| requirement.get(name) == Some(&Value::Bool(true));
        let answers = self.answers;
        let member =
            payload.get("Members").and_then(|members| members.get(0)).and_then(|member| member.get("@odata.id"));
        let member = member.and_then(Value::as_str).and_then(|uri| answers.get(uri));
        for (name, methods, of, what) in [
            ("CreateResource", &["POST"][..], Some(answer), "the collection"),
            ("DeleteResource", &["DELETE"], member, "the first member"),
            ("UpdateResource", &["PATCH", "PUT"], member, "the first member"),
        ] {
            let (true, Some(of)) = (wants(name), of) else { continue };
            match of.allow() {
                Some(said) if !methods.iter().any(|method| said.iter().any(|said| said == method)) => {
                    let message = format!("the Allow header of {what} does not have {}", methods.join(" or "));
                    self.add(&answer.place, &format!("/[Allow {name}]"), &rule::PROFILE_ALLOW, &message);
                }
                Some(_) => {}
                None if of.status.is_none() => {}
                None => {
                    let message = format!("{what} has no Allow header");
                    let pointer = format!("/[Allow {name}]");
                    self.add_as(&answer.place, &pointer, &rule::PROFILE_ALLOW, Severity::Warning, &message);
                }
            }
        }
    }
}
