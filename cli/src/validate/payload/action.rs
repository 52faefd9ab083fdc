//! Actions: where they stand, where they are invoked, and what they say is allowed for their parameters.

use serde_json::Value;

use super::super::answers::key;
use super::super::finding::quoted;
use super::super::rule;
use super::super::schema::definition::{ActionType, Deprecated, Kind};
use super::super::schema::version::{Version, schema_of};
use super::{At, Checker, Object, kind_of};

impl Checker<'_> {
    /// Checks an object in `Actions`; `name` is `#ComputerSystem.Reset`.
    pub(super) fn action(&mut self, place: &At, name: &str, value: &Value) {
        let Value::Object(object) = value else {
            let message = format!("'{name}' is {}, and an object is expected", kind_of(value));
            return self.add(&place.pointer, &rule::ACTION_OBJECT, message);
        };
        let is_oem = place.pointer.contains("/Actions/Oem/");
        let plain = name.trim_start_matches('#');
        let Some(action) = self.library.action(plain) else {
            self.add(&place.pointer, &rule::ACTION_UNKNOWN, format!("no schema here has the action {plain}"));
            return self.target(place, object);
        };
        if !is_oem {
            if schema_of(plain) != schema_of(&self.resource.ty) {
                let message = format!("{} does not have the action {plain}", schema_of(&self.resource.ty));
                return self.add(&place.pointer, &rule::ACTION_PLACE, message);
            }
            if let (Some(version), Some(added)) = (Version::of_type(&self.resource.ty), action.added)
                && version < added
            {
                let message = format!("{plain} came with version {added}; the resource says {version}");
                return self.add(&place.pointer, &rule::ACTION_VERSION, message);
            }
        }
        if let Some(Deprecated(version)) = action.deprecated {
            let since = version.map(|version| format!(" since version {version}")).unwrap_or_default();
            self.add(&place.pointer, &rule::DEPRECATED, format!("the action is deprecated{since}"));
        }
        self.target(place, object);
        for (member, value) in object {
            self.action_member(place, &action, member, value);
        }
    }

    fn target(&mut self, place: &At, object: &Object) {
        let at = place.join("target").pointer;
        match object.get("target") {
            None => self.add(&at, &rule::MISSING, "the action has no 'target'".to_owned()),
            Some(Value::String(target)) if place.pointer.starts_with("/Actions/") => {
                let expected = format!("{}{}", key(self.resource.uri), place.pointer.replace('#', ""));
                if target.strip_suffix('/') == Some(expected.as_str()) {
                    self.add(&at, &rule::ACTION_SLASH, format!("{} ends in a slash", quoted(target)));
                } else if *target != expected {
                    let message = format!("'target' is {}, and {expected} is expected", quoted(target));
                    self.add(&at, &rule::ACTION_TARGET, message);
                }
            }
            _ => {}
        }
    }

    fn action_member(&mut self, place: &At, action: &ActionType, member: &str, value: &Value) {
        let at = place.join(member).pointer;
        match member.split_once('@') {
            None if matches!(member, "target" | "title") => {
                if !value.is_string() {
                    let message = format!("'{member}' is {}, and a string is expected", kind_of(value));
                    self.add(&at, &rule::KIND, message);
                }
            }
            Some(("", "Redfish.ActionInfo")) => {
                if !value.is_string() {
                    let message = format!("'{member}' is {}, and a string is expected", kind_of(value));
                    self.add(&at, &rule::ANNOTATION_KIND, message);
                }
            }
            Some(("", "Redfish.OperationApplyTimeSupport" | "Message.ExtendedInfo" | "Redfish.Deprecated")) => {}
            Some((parameter, "Redfish.AllowableValues")) => self.allowable(&at, action, parameter, value),
            Some((
                parameter,
                "Redfish.AllowableNumbers" | "Redfish.AllowablePattern" | "Redfish.AllowableExpressions",
            )) => {
                self.parameter(&at, action, parameter);
            }
            Some((_, term)) if term.starts_with("Redfish.") || term.starts_with("odata.") => {}
            _ => self.add(&at, &rule::ACTION_PROPERTY, format!("an action has no '{member}'")),
        }
    }

    /// Whether the action has such a parameter.
    fn parameter(&mut self, at: &str, action: &ActionType, parameter: &str) -> bool {
        let is_known = action.parameters.contains_key(parameter);
        if !is_known {
            self.add(at, &rule::ALLOWABLE_NAME, format!("the action has no parameter '{parameter}'"));
        }
        is_known
    }

    /// What is allowed must be among what the schema has.
    fn allowable(&mut self, at: &str, action: &ActionType, parameter: &str, value: &Value) {
        let Value::Array(items) = value else {
            let message = format!("what is allowed is {}, and an array is expected", kind_of(value));
            return self.add(at, &rule::ANNOTATION_KIND, message);
        };
        if !self.parameter(at, action, parameter) {
            return;
        }
        let Some(Kind::Named(named)) = action.parameters.get(parameter).map(|parameter| &parameter.kind) else {
            return;
        };
        let Some(values) = self.library.scalar(named).and_then(|scalar| scalar.values.clone()) else { return };
        for (number, item) in items.iter().enumerate() {
            let is_known = item.as_str().is_some_and(|text| values.iter().any(|value| value.name == text));
            if !is_known {
                let shown = super::shown(parameter, item);
                let message = format!("{shown} is not a value of {named}");
                self.add(&format!("{at}/{number}"), &rule::ALLOWABLE, message);
            }
        }
    }
}
