//! Comparisons, and when a conditional requirement applies.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::Value;

use super::super::answers::{Answer, key};
use super::Checker;
use super::document::{Object, list, text};

/// Returns the value of a property: of the object by its name, of the whole resource by a JSON pointer.
pub(super) fn find<'v>(name: &str, object: &'v Object, whole: &'v Object) -> Option<&'v Value> {
    let Some(path) = name.strip_prefix('/') else { return object.get(name) };
    let mut segments = path.split('/');
    let mut at = whole.get(segments.next()?)?;
    for segment in segments {
        at = match at {
            Value::Object(object) => object.get(segment)?,
            Value::Array(items) => items.get(segment.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    Some(at)
}

impl Checker<'_> {
    /// Returns why a comparison fails, or `None` if it holds.
    pub(super) fn compare(&self, found: Option<&Value>, how: &str, expected: &[Value]) -> Option<String> {
        let Some(found) = found else {
            return (how != "Absent").then(|| "the property is not there".to_owned());
        };
        let values = match found {
            Value::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        };
        match how {
            "Present" => None,
            "Absent" => Some("the property is there".to_owned()),
            _ => values.iter().find_map(|value| self.compare_one(value, how, expected)),
        }
    }

    fn compare_one(&self, value: &Value, how: &str, expected: &[Value]) -> Option<String> {
        let listed = || expected.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
        let shown = || match value {
            Value::Object(_) | Value::Array(_) => "the value".to_owned(),
            other => other.to_string(),
        };
        let fails = |relation: &str| Some(format!("{} is not {relation} {}", shown(), listed()));
        match how {
            "Equal" | "AnyOf" if !expected.iter().any(|one| same(one, value)) => fails("one of"),
            "AllOf" if !expected.iter().all(|one| same(one, value)) => fails("all of"),
            "NotEqual" if expected.iter().any(|one| same(one, value)) => Some(format!("{} is not allowed", shown())),
            "Pattern" if !expected.iter().any(|one| self.is_match(one, value)) => fails("a match of"),
            "LinkToResource" => {
                let uri = value.get("@odata.id").and_then(Value::as_str);
                let ty = uri.and_then(|uri| self.answers.get(uri)).and_then(Answer::type_name);
                let is_one = ty.is_some_and(|ty| expected.iter().any(|one| one.as_str() == Some(ty)));
                (!is_one).then(|| format!("it does not lead to one of {}", listed()))
            }
            "GreaterThan" | "GreaterThanOrEqual" | "LessThan" | "LessThanOrEqual" => {
                let (holds, relation): (fn(Ordering) -> bool, _) = match how {
                    "GreaterThan" => (Ordering::is_gt, "greater than"),
                    "GreaterThanOrEqual" => (Ordering::is_ge, "greater than or equal to"),
                    "LessThan" => (Ordering::is_lt, "less than"),
                    _ => (Ordering::is_le, "less than or equal to"),
                };
                // What can't be compared doesn't fail.
                let order = |one: &Value| value.as_f64()?.partial_cmp(&one.as_f64()?);
                let is_wrong = expected.iter().any(|one| order(one).is_some_and(|order| !holds(order)));
                if is_wrong { fails(relation) } else { None }
            }
            "Range" => {
                let number = value.as_f64()?;
                let limit = |at: usize| expected.get(at).and_then(Value::as_f64);
                let is_wrong = limit(0).is_some_and(|low| number < low) || limit(1).is_some_and(|high| number > high);
                if is_wrong { fails("within") } else { None }
            }
            _ => None,
        }
    }

    fn is_match(&self, pattern: &Value, value: &Value) -> bool {
        let (Some(pattern), Some(text)) = (pattern.as_str(), value.as_str()) else { return false };
        self.patterns.matches(pattern, text).unwrap_or(false)
    }

    /// Returns whether a URI is listed. A `{Id}` in the list stands for one segment, and the rest is an expression. An empty list
    /// has all URIs.
    pub(super) fn is_listed(&self, uris: &[Value], uri: &str) -> bool {
        uris.is_empty()
            || uris.iter().filter_map(Value::as_str).any(|listed| {
                let pattern = format!("(?:{})$", segments(key(listed)));
                self.patterns.matches(&pattern, key(uri)).unwrap_or(false)
            })
    }

    /// Returns a requirement as it is under the first of its conditions that holds.
    pub(super) fn under_conditions<'r>(
        &self,
        requirement: &'r Object,
        answer: &Answer,
        object: &Object,
        whole: &Object,
    ) -> Cow<'r, Object> {
        for condition in list(requirement, "ConditionalRequirements").iter().filter_map(Value::as_object) {
            let is_here = self.is_listed(list(condition, "URIs"), &answer.uri);
            let parents = list(condition, "SubordinateToResource");
            if !is_here || !self.is_below(&answer.uri, parents) {
                continue;
            }
            if let (Some(property), Some(how)) = (text(condition, "CompareProperty"), text(condition, "CompareType")) {
                let found = find(property, object, whole);
                if self.compare_condition(found, how, list(condition, "CompareValues")) {
                    continue;
                }
            }
            let mut changed = requirement.clone();
            for (name, default) in [
                ("ReadRequirement", Some("Mandatory")),
                ("WriteRequirement", Some("None")),
                ("Values", None),
                ("Comparison", None),
            ] {
                match (condition.get(name), default) {
                    (Some(value), _) => changed.insert(name.to_owned(), value.clone()),
                    (None, Some(default)) => changed.insert(name.to_owned(), Value::from(default)),
                    (None, None) => changed.remove(name),
                };
            }
            return Cow::Owned(changed);
        }
        Cow::Borrowed(requirement)
    }

    /// Returns whether a condition does not hold.
    pub(super) fn compare_condition(&self, found: Option<&Value>, how: &str, expected: &[Value]) -> bool {
        self.compare(found, how, expected).is_some()
    }

    /// Returns whether the resources above a URI are of these types, the nearest last.
    fn is_below(&self, uri: &str, parents: &[Value]) -> bool {
        let mut at = key(uri);
        parents.iter().rev().all(|parent| match at.rsplit_once('/') {
            Some((above, _)) if !above.is_empty() => {
                at = above;
                self.answers.get(above).and_then(Answer::type_name) == parent.as_str()
            }
            _ => false,
        })
    }
}

/// Returns an expression for a URI, in which `{Id}` stands for one segment.
fn segments(uri: &str) -> String {
    let mut pattern = String::new();
    let mut rest = uri;
    while let Some((before, after)) = rest.split_once('{') {
        pattern.push_str(before);
        match after.split_once('}') {
            Some((name, after)) if name.bytes().all(|byte| byte.is_ascii_alphanumeric()) && !name.is_empty() => {
                // `{2}` is a repetition, not a name.
                match name.bytes().all(|byte| byte.is_ascii_digit()) {
                    true => pattern.push_str(&format!("{{{name}}}")),
                    false => pattern.push_str("[^/]+"),
                }
                rest = after;
            }
            _ => {
                pattern.push('{');
                rest = after;
            }
        }
    }
    pattern + rest
}

/// Returns whether two values are the same. Numbers are compared by value.
fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.partial_cmp(&other) == Some(Ordering::Equal),
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_become_expressions() {
        assert_eq!(segments("/redfish/v1/Chassis/{ChassisId}/Power"), "/redfish/v1/Chassis/[^/]+/Power");
        assert_eq!(segments("/a{2}/{b-c}/{"), "/a{2}/{b-c}/{");
    }

    #[test]
    fn pointers_lead_through_objects_and_arrays() {
        let json: Value = serde_json::from_str(r#"{"a": [{"b": 1}], "c": 2}"#).unwrap();
        let whole = json.as_object().unwrap();
        assert_eq!(find("/a/0/b", whole, whole), Some(&Value::from(1)));
        assert_eq!(find("c", whole, whole), Some(&Value::from(2)));
        assert_eq!(find("/a/1/b", whole, whole), None);
        assert!(same(&Value::from(2), &Value::from(2.0)) && !same(&Value::from(2), &Value::from("2")));
    }
}
