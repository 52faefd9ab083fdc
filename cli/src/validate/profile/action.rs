//! What a profile requires of actions and their parameters.

use serde_json::Value;

use super::super::answers::Answer;
use super::super::rule;
use super::Checker;
use super::document::{Object, UseCase, list, text};

impl Checker<'_> {
    pub(super) fn actions(&mut self, required: &Object, case: &UseCase, answer: &Answer, payload: &Object) {
        for (name, requirement) in required {
            let Value::Object(requirement) = requirement else { continue };
            let read = text(requirement, "ReadRequirement").unwrap_or("Mandatory");
            let full = format!("#{}.{name}", case.resource);
            let pointer = format!("/Actions/{full}");
            let action = payload.get("Actions").and_then(|actions| actions.get(&full));
            match (read, action) {
                ("None", _) => {}
                ("Mandatory", None) => {
                    let message = format!("the action {name} is required, and not there");
                    self.add(&answer.place, &pointer, &rule::PROFILE_ACTION, &message);
                }
                (_, Some(Value::Object(action))) => self.action(requirement, answer, action, &pointer),
                _ => {}
            }
        }
    }

    fn action(&mut self, requirement: &Object, answer: &Answer, action: &Object, pointer: &str) {
        let info = text(action, "@Redfish.ActionInfo");
        if text(requirement, "ActionInfo") == Some("Mandatory") && info.is_none() {
            let message = "the action has to have '@Redfish.ActionInfo', and does not";
            self.add(&answer.place, pointer, &rule::PROFILE_ACTION, message);
        }
        let answers = self.answers;
        let info = info.and_then(|uri| answers.get(uri)).and_then(Answer::object);
        let Some(Value::Object(parameters)) = requirement.get("Parameters") else { return };
        for (name, parameter) in parameters {
            let Value::Object(parameter) = parameter else { continue };
            let is_required = text(parameter, "ReadRequirement").unwrap_or("Mandatory") == "Mandatory";
            let described = info.map(|info| list(info, "Parameters")).unwrap_or_default();
            let described = described.iter().find(|known| known.get("Name").and_then(Value::as_str) == Some(name));
            let allowed = action.get(&format!("{name}@Redfish.AllowableValues"));
            let allowed = allowed.or_else(|| described.and_then(|known| known.get("AllowableValues")));
            if is_required && info.is_some() && described.is_none() && allowed.is_none() {
                let message = format!("the action has to take '{name}', and does not say that it does");
                self.add(&answer.place, &format!("{pointer}/{name}"), &rule::PROFILE_PARAMETER, &message);
            }
            let Some(Value::Array(allowed)) = allowed else { continue };
            let missing: Vec<String> = list(parameter, "ParameterValues")
                .iter()
                .filter(|wanted| !allowed.contains(wanted))
                .map(Value::to_string)
                .collect();
            if !missing.is_empty() {
                let message = format!("'{name}' does not take {}", missing.join(", "));
                self.add(&answer.place, &format!("{pointer}/{name}"), &rule::PROFILE_PARAMETER, &message);
            }
        }
    }
}
