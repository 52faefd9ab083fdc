//! What a profile requires of properties: that they are there, can be written, and what their values are.

use serde_json::Value;

use super::super::answers::Answer;
use super::super::rule::{self, Severity};
use super::Checker;
use super::compare::find;
use super::document::{Object, list, text};

impl Checker<'_> {
    /// Checks the properties of an object. How deep it goes is limited by the depth of the payload.
    pub(super) fn properties(&mut self, required: &Object, answer: &Answer, object: &Object, pointer: &str) {
        for (name, requirement) in required {
            let Value::Object(requirement) = requirement else { continue };
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            self.property(name, requirement, answer, object, &pointer);
        }
    }

    fn property(&mut self, name: &str, requirement: &Object, answer: &Answer, object: &Object, pointer: &str) {
        let Some(whole) = answer.object() else { return };
        let requirement = self.under_conditions(requirement, answer, object, whole).into_owned();
        let is_there = |other: &str| find(other, object, whole).is_some();
        if text(&requirement, "ReplacedByProperty").is_some_and(is_there) {
            return;
        }
        let value = object.get(name);
        if let Some(older) = text(&requirement, "ReplacesProperty")
            && value.is_none()
            && is_there(older)
        {
            let message = format!("'{name}' is preferred, and there is only the older '{older}'");
            return self.add(&answer.place, pointer, &rule::PROFILE_REPLACED, &message);
        }
        let is_absent = || find("/Status/State", object, whole).and_then(Value::as_str) == Some("Absent");
        let read = match text(&requirement, "ReadRequirement").unwrap_or("Mandatory") {
            "IfPopulated" if !is_absent() => "Mandatory",
            other => other,
        };
        match (read, value) {
            ("Conditional" | "None" | "IfPopulated", _) => return,
            ("Excluded", Some(_)) => {
                let message = format!("'{name}' is there, which the profile does not allow");
                self.add(&answer.place, pointer, &rule::PROFILE_READ, &message);
            }
            ("Supported", _) => self.note(answer, pointer, "Read", &[], &Value::Bool(value.is_some())),
            ("Recommended" | "IfImplemented" | "Excluded", None) => {}
            (_, None) => {
                self.add(&answer.place, pointer, &rule::PROFILE_READ, &format!("'{name}' is required, and not there"));
            }
            _ => {}
        }
        let Some(value) = value else { return };
        self.written(name, &requirement, answer, object, pointer);
        self.counts(name, &requirement, answer, object, value, pointer);
        if requirement.contains_key("Values") {
            let values = list(&requirement, "Values");
            match text(&requirement, "Comparison").unwrap_or("AnyOf") {
                "AnyOf" => self.note(answer, pointer, "AnyOf", values, value),
                "AllOf" => self.note(answer, pointer, "AllOf", values, value),
                how => {
                    if let Some(message) = self.compare(Some(value), how, values) {
                        self.add(&answer.place, pointer, &rule::PROFILE_COMPARE, &message);
                    }
                }
            }
        }
        if let Some(Value::Object(inner)) = requirement.get("PropertyRequirements") {
            self.inner(inner, answer, value, pointer);
        }
    }

    fn inner(&mut self, required: &Object, answer: &Answer, value: &Value, pointer: &str) {
        let message = "an object is expected for what is required of its properties";
        match value {
            Value::Object(object) => self.properties(required, answer, object, pointer),
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    let pointer = format!("{pointer}/{number}");
                    match item {
                        Value::Object(object) => self.properties(required, answer, object, &pointer),
                        Value::Null => {}
                        _ => self.add_as(&answer.place, &pointer, &rule::PROFILE_READ, Severity::Warning, message),
                    }
                }
            }
            _ => self.add_as(&answer.place, pointer, &rule::PROFILE_READ, Severity::Warning, message),
        }
    }

    /// Whether it can be written, as far as the service says so.
    fn written(&mut self, name: &str, requirement: &Object, answer: &Answer, object: &Object, pointer: &str) {
        let wanted = text(requirement, "WriteRequirement").unwrap_or("None");
        if !matches!(wanted, "Mandatory" | "Supported") {
            return;
        }
        let is_resource = answer.allow().map(|allow| allow.iter().any(|method| method == "PUT" || method == "PATCH"));
        let listed = object.get("@Redfish.WriteableProperties").and_then(Value::as_array);
        let is_listed = listed.map(|names| names.iter().any(|listed| listed.as_str() == Some(name)));
        let can = match (is_resource, is_listed) {
            (Some(false), _) => Some(false),
            (_, said) => said,
        };
        match (wanted, can) {
            ("Mandatory", Some(false)) => {
                let message = format!("'{name}' has to be writable, and is not");
                self.add(&answer.place, pointer, &rule::PROFILE_WRITE, &message);
            }
            ("Supported", can) => self.note(answer, pointer, "Write", &[], &can.map_or(Value::Null, Value::Bool)),
            _ => {}
        }
    }

    fn counts(
        &mut self,
        name: &str,
        requirement: &Object,
        answer: &Answer,
        object: &Object,
        value: &Value,
        pointer: &str,
    ) {
        if let Some(least) = requirement.get("MinCount").and_then(Value::as_u64) {
            match value {
                Value::Array(items) if (items.len() as u64) < least => {
                    let message = format!("'{name}' has {} items, and at least {least} are required", items.len());
                    self.add(&answer.place, pointer, &rule::PROFILE_COUNT, &message);
                }
                Value::Array(_) => {}
                _ => {
                    let message = format!("'{name}' is not an array, and at least {least} items are required");
                    self.add_as(&answer.place, pointer, &rule::PROFILE_COUNT, Severity::Warning, &message);
                }
            }
        }
        let Some(allowed) = object.get(&format!("{name}@Redfish.AllowableValues")) else { return };
        let missing: Vec<String> = list(requirement, "MinSupportValues")
            .iter()
            .filter(|wanted| !allowed.as_array().is_some_and(|allowed| allowed.contains(wanted)))
            .map(Value::to_string)
            .collect();
        if !missing.is_empty() {
            let message = format!("'{name}' does not allow {}", missing.join(", "));
            self.add(&answer.place, pointer, &rule::PROFILE_SUPPORT, &message);
        }
    }
}
