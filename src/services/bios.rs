//! Checks changes against a BIOS attribute registry before they are sent: whether the attribute exists, which values it
//! takes, and how other attributes affect it. Registries are read as JSON, with the property names of all versions of
//! the schema. Does no I/O.

use std::collections::BTreeMap;

use serde_json::Value;

/// A registry, and how its attributes depend on each other.
#[derive(Debug, Default)]
pub(crate) struct Rules<'a> {
    /// The registry's entries by attribute name.
    pub(crate) entries: BTreeMap<&'a str, &'a Value>,
    /// How other attributes affect each: the `Dependency` objects that target it, by attribute name.
    dependencies: BTreeMap<&'a str, Vec<&'a Value>>,
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

impl<'a> Rules<'a> {
    pub(crate) fn of(registry: &'a Value) -> Self {
        let list = |name: &str| registry.pointer(&format!("/RegistryEntries/{name}")).and_then(Value::as_array);
        let mut entries = BTreeMap::new();
        for entry in list("Attributes").into_iter().flatten() {
            if let Some(name) = text(entry, "AttributeName") {
                entries.insert(name, entry);
            }
        }
        let mut dependencies: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for dependency in list("Dependencies").into_iter().flatten() {
            let Some(rule) = dependency.get("Dependency") else { continue };
            if let Some(to) = text(rule, "MapToAttribute").or_else(|| text(dependency, "DependencyFor")) {
                dependencies.entry(to).or_default().push(rule);
            }
        }
        Self { entries, dependencies }
    }

    /// Returns the names of the values that an attribute takes.
    pub(crate) fn allowed(&self, name: &str) -> Vec<String> {
        let values = self.entries.get(name).and_then(|entry| entry.get("Value")).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(|value| text(value, "ValueName")).map(str::to_owned).collect()
    }

    /// Returns a property of an attribute, with the effects of other attributes.
    pub(crate) fn property(&self, name: &str, property: &str, values: &BTreeMap<String, Value>) -> Option<Value> {
        let mut found = self.entries.get(name).and_then(|entry| entry.get(property)).cloned();
        for rule in self.dependencies.get(name).into_iter().flatten() {
            if text(rule, "MapToProperty") == Some(property)
                && self.holds(rule, values)
                && let Some(value) = rule.get("MapToValue")
            {
                found = Some(value.clone());
            }
        }
        found
    }

    /// Returns whether the conditions of a dependency hold.
    fn holds(&self, rule: &Value, values: &BTreeMap<String, Value>) -> bool {
        let mut result = None;
        for condition in rule.get("MapFrom").and_then(Value::as_array).into_iter().flatten() {
            let name = text(condition, "MapFromAttribute").unwrap_or_default();
            let property = text(condition, "MapFromProperty").unwrap_or("CurrentValue");
            let found = match property {
                "CurrentValue" => values.get(name),
                other => self.entries.get(name).and_then(|entry| entry.get(other)),
            };
            let wanted = condition.get("MapFromValue").unwrap_or(&Value::Null);
            let one = compare(found.unwrap_or(&Value::Null), text(condition, "MapFromCondition"), wanted);
            result = Some(match (result, text(condition, "MapTerms")) {
                (None, _) => one,
                (Some(before), Some("OR")) => before || one,
                (Some(before), _) => before && one,
            });
        }
        result == Some(true)
    }

    /// Returns the values in the form in which they are sent, and what is wrong with the change; empty if nothing is.
    pub(crate) fn check(
        &self,
        now: &BTreeMap<String, Value>,
        wanted: &BTreeMap<String, Value>,
    ) -> (BTreeMap<String, Value>, Vec<String>) {
        let (mut fitting, mut wrong) = (BTreeMap::new(), Vec::new());
        let mut values = now.clone();
        for (name, value) in wanted {
            match self.fit(name, now.get(name), value) {
                Ok(value) => {
                    values.insert(name.clone(), value.clone());
                    fitting.insert(name.clone(), value);
                }
                Err(why) => wrong.push(format!("{name} {why}")),
            }
        }
        // The effects of attributes on each other are checked once all have their new values.
        for (name, value) in &fitting {
            if now.get(name) == Some(value) {
                continue;
            }
            if let Some(why) = self.hindrance(name, value, &values) {
                wrong.push(format!("{name} {why}"));
            }
        }
        (fitting, wrong)
    }

    /// Converts a value to the attribute's type, whether it was written as text or as JSON.
    fn fit(&self, name: &str, now: Option<&Value>, value: &Value) -> Result<Value, String> {
        let Some(entry) = self.entries.get(name) else {
            return match now {
                // Without a registry, the present value shows the type.
                Some(now) => alike(now, value),
                None => Err(self.unknown(name)),
            };
        };
        let written = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match text(entry, "Type") {
            Some("Boolean") => boolean(value).ok_or_else(|| format!("is true or false, not {written}")),
            Some("Integer") => integer(value).ok_or_else(|| format!("is a whole number, not {written}")),
            Some("Enumeration") => {
                let allowed = self.allowed(name);
                let shown = entry.get("Value").and_then(Value::as_array).into_iter().flatten().find(|one| {
                    let is = |property| text(one, property).is_some_and(|text| text.eq_ignore_ascii_case(&written));
                    is("ValueName") || is("ValueDisplayName")
                });
                let exact = allowed.iter().find(|one| **one == written).cloned();
                let found = exact.or_else(|| shown.and_then(|one| text(one, "ValueName")).map(str::to_owned));
                match found {
                    Some(found) => Ok(found.into()),
                    None if allowed.is_empty() => Ok(value.clone()),
                    None => Err(format!("takes {}, not {written}", allowed.join(", "))),
                }
            }
            _ => Ok(value.clone()),
        }
    }

    /// Returns why an attribute can't have this value, given the values of the others.
    fn hindrance(&self, name: &str, value: &Value, values: &BTreeMap<String, Value>) -> Option<String> {
        let is = |property: &str| self.property(name, property, values).as_ref() == Some(&Value::Bool(true));
        let by_itself =
            |property: &str| self.entries.get(name).and_then(|entry| entry.get(property)) == Some(&Value::Bool(true));
        for (property, words) in [("ReadOnly", "read-only"), ("Immutable", "immutable"), ("GrayOut", "locked")] {
            if is(property) {
                let why = if by_itself(property) { "" } else { " because of another attribute" };
                return Some(format!("is {words}{why}"));
            }
        }
        let number = |property: &str| self.property(name, property, values).and_then(|bound| bound.as_f64());
        let (measured, least, most) = match value {
            Value::Number(found) => (found.as_f64(), number("LowerBound"), number("UpperBound")),
            Value::String(text) if self.entries.get(name).is_some_and(|entry| is_text(entry)) => {
                let length = u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
                (Some(f64::from(length)), number("MinLength"), number("MaxLength"))
            }
            _ => (None, None, None),
        };
        let measured = measured?;
        let unit = if value.is_string() { " characters" } else { "" };
        if let Some(least) = least.filter(|least| measured < *least) {
            return Some(format!("is at least {least}{unit}"));
        }
        // Some registries have 0 for no limit, and some an unsigned maximum that became -1.
        let is_limit = |most: &f64| match least {
            Some(least) => *most >= least && (*most > 0.0 || !value.is_string()),
            None => *most > 0.0,
        };
        let most = most.filter(|most| measured > *most && is_limit(most));
        if let Some(most) = most {
            return Some(format!("is at most {most}{unit}"));
        }
        let step = number("ScalarIncrement").filter(|step| *step > 1.0 && value.is_number())?;
        let from = least.unwrap_or_default();
        ((measured - from) % step != 0.0).then(|| format!("goes in steps of {step} from {from}"))
    }

    fn unknown(&self, name: &str) -> String {
        let same = |other: &&&str| other.eq_ignore_ascii_case(name);
        let lower = name.to_ascii_lowercase();
        let like = |other: &&&str| other.to_ascii_lowercase().contains(&lower);
        let near = self.entries.keys().find(same).or_else(|| self.entries.keys().find(like));
        match near {
            Some(near) => format!("is not an attribute of this BIOS; there is {near}"),
            None => "is not an attribute of this BIOS".to_owned(),
        }
    }
}

fn is_text(entry: &Value) -> bool {
    matches!(text(entry, "Type"), Some("String" | "Password"))
}

fn boolean(value: &Value) -> Option<Value> {
    match value {
        Value::Bool(_) => Some(value.clone()),
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "enabled" | "1" => Some(true.into()),
            "false" | "no" | "off" | "disabled" | "0" => Some(false.into()),
            _ => None,
        },
        _ => None,
    }
}

fn integer(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => Some(value.clone()),
        Value::String(text) => text.trim().parse::<i64>().ok().map(Value::from),
        _ => None,
    }
}

fn number(value: &Value) -> Option<Value> {
    match value {
        Value::Number(_) => Some(value.clone()),
        Value::String(text) => {
            integer(value).or_else(|| serde_json::Number::from_f64(text.trim().parse().ok()?).map(Value::from))
        }
        _ => None,
    }
}

/// Converts a value to the type of another.
fn alike(now: &Value, value: &Value) -> Result<Value, String> {
    match now {
        Value::Bool(_) => boolean(value).ok_or_else(|| "is true or false".to_owned()),
        // Nothing says whether an attribute that is 0.5 now may be 1 as well.
        Value::Number(now) if now.is_f64() => number(value).ok_or_else(|| "is a number".to_owned()),
        Value::Number(_) => integer(value).ok_or_else(|| "is a whole number".to_owned()),
        _ => Ok(value.clone()),
    }
}

fn compare(found: &Value, condition: Option<&str>, wanted: &Value) -> bool {
    let order = || found.as_f64()?.partial_cmp(&wanted.as_f64()?);
    match condition {
        Some("EQU") => found == wanted,
        Some("NEQ") => found != wanted,
        Some("GTR") => order().is_some_and(|order| order.is_gt()),
        Some("GEQ") => order().is_some_and(|order| order.is_ge()),
        Some("LSS") => order().is_some_and(|order| order.is_lt()),
        Some("LEQ") => order().is_some_and(|order| order.is_le()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_held_against_the_registry_before_it_is_sent() {
        let one = |name: &str, kind: &str| json!({ "AttributeName": name, "Type": kind });
        let mut nodes = one("Nodes", "Integer");
        nodes
            .as_object_mut()
            .unwrap()
            .extend(json!({ "LowerBound": 1, "UpperBound": 9, "ScalarIncrement": 2 }).as_object().unwrap().clone());
        let mut mode = one("Mode", "Enumeration");
        mode["Value"] = json!([{ "ValueName": "Fast", "ValueDisplayName": "Very fast" }, { "ValueName": "Slow" }]);
        let mut locked = one("Locked", "String");
        locked["ReadOnly"] = json!(true);
        let mut label = one("Label", "String");
        label["MaxLength"] = json!(4);
        let rule = |to: &str, property: &str, value: Value, terms: Value| {
            json!({ "Type": "Map", "DependencyFor": to, "Dependency": {
                "MapFrom": terms, "MapToAttribute": to, "MapToProperty": property, "MapToValue": value } })
        };
        let when = |name: &str, condition: &str, value: Value| json!({ "MapFromAttribute": name, "MapFromProperty": "CurrentValue", "MapFromCondition": condition, "MapFromValue": value });
        let mut or = when("Nodes", "GTR", json!(6));
        or["MapTerms"] = json!("OR");
        let registry = json!({ "RegistryEntries": {
            "Attributes": [nodes, mode, locked, label, one("Quiet", "Boolean")],
            "Dependencies": [
                rule("Quiet", "GrayOut", json!(true), json!([when("Mode", "EQU", json!("Slow")), or])),
                rule("Nodes", "UpperBound", json!(5), json!([when("Mode", "NEQ", json!("Fast"))])),
            ],
        } });
        let rules = Rules::of(&registry);
        let now = json!({ "Nodes": 3, "Mode": "Fast", "Locked": "a", "Label": "b", "Quiet": true });
        let now: BTreeMap<String, Value> = serde_json::from_value(now).unwrap();
        for (change, sent, wrong) in [
            (json!({ "Nodes": "5" }), json!({ "Nodes": 5 }), ""),
            (json!({ "Nodes": 4 }), Value::Null, "goes in steps of 2 from 1"),
            (json!({ "Nodes": 0 }), Value::Null, "at least 1"),
            (json!({ "Nodes": 11 }), Value::Null, "at most 9"),
            (json!({ "Nodes": 9, "Mode": "Slow" }), Value::Null, "at most 5"),
            (json!({ "Nodes": "many" }), Value::Null, "whole number"),
            (json!({ "Mode": "very FAST" }), json!({ "Mode": "Fast" }), ""),
            (json!({ "Mode": "Medium" }), Value::Null, "takes Fast, Slow, not Medium"),
            (json!({ "Quiet": "off" }), json!({ "Quiet": false }), ""),
            (json!({ "Quiet": "off", "Mode": "Slow" }), Value::Null, "locked because of another attribute"),
            (json!({ "Quiet": false, "Nodes": 7 }), Value::Null, "locked because of another attribute"),
            (json!({ "Locked": "x" }), Value::Null, "is read-only"),
            // What stays as it is does no harm.
            (json!({ "Locked": "a" }), json!({ "Locked": "a" }), ""),
            (json!({ "Label": "abcde" }), Value::Null, "at most 4 characters"),
            (json!({ "quiet": true }), Value::Null, "there is Quiet"),
        ] {
            let wanted = serde_json::from_value(change.clone()).unwrap();
            let (fitting, found) = rules.check(&now, &wanted);
            match wrong {
                "" => assert_eq!((json!(fitting), found), (sent, vec![]), "{change}"),
                wrong => assert!(found.iter().any(|found| found.contains(wrong)), "{change}: {found:?}"),
            }
        }
        // Without a registry, what is there says what it takes.
        let none = Rules::default();
        assert!(none.check(&now, &serde_json::from_value(json!({ "Nodes": "x" })).unwrap()).1.len() == 1);
        assert!(none.check(&now, &serde_json::from_value(json!({ "Other": 1 })).unwrap()).1.len() == 1);
    }

    #[test]
    fn a_bound_below_the_other_one_is_none() {
        let delay = json!({ "AttributeName": "Delay", "Type": "Integer", "LowerBound": 0, "UpperBound": -1 });
        let registry = json!({ "RegistryEntries": { "Attributes": [delay] } });
        let check = |value: i64| {
            Rules::of(&registry)
                .check(&[("Delay".to_owned(), json!(0))].into(), &[("Delay".to_owned(), json!(value))].into())
                .1
        };
        assert!(check(5_000).is_empty());
        assert_eq!(check(-3), ["Delay is at least 0"]);
    }

    #[test]
    fn an_upper_bound_of_minus_one_alone_is_none() {
        let delay = json!({ "AttributeName": "Delay", "Type": "Integer", "UpperBound": -1 });
        let registry = json!({ "RegistryEntries": { "Attributes": [delay] } });
        let rules = Rules::of(&registry);
        let found = rules.check(&[("Delay".to_owned(), json!(0))].into(), &[("Delay".to_owned(), json!(5))].into());
        assert!(found.1.is_empty(), "{found:?}");
    }

    #[test]
    fn without_a_registry_a_fraction_takes_any_number() {
        let now: BTreeMap<String, Value> = [("Volts".to_owned(), json!(1.2))].into();
        for (value, sent) in [(json!("1.35"), Some(json!(1.35))), (json!(1), Some(json!(1))), (json!("low"), None)] {
            let (fitting, found) = Rules::default().check(&now, &[("Volts".to_owned(), value)].into());
            assert_eq!((fitting.get("Volts"), found.is_empty()), (sent.as_ref(), sent.is_some()), "{found:?}");
        }
    }
}
