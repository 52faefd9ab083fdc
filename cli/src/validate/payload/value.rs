//! Values of properties: kinds, null, enumerations, forms, ranges.

use serde_json::Value;

use super::super::rule::{self, Rule};
use super::super::schema::definition::{Deprecated, EnumValue, Kind, Limits, Permissions, Property, ScalarType};
use super::super::schema::version::{Version, schema_of};
use super::{At, Checker, Member, format, kind_of, misspelt, shown};

/// How many values of an enumeration a message names.
const NAMED: usize = 12;

type Wrong = (&'static Rule, String);

impl Checker<'_> {
    /// Checks one value of a property: its only one, or an item of its array.
    pub(super) fn value(&mut self, place: &At, member: Member<'_>, value: &Value) {
        let Member { name, property, .. } = member;
        match &place.excerpt {
            Some(excerpt) if !property.is_in_excerpt(excerpt) => {
                let message = format!("'{name}' does not belong to this excerpt");
                return self.add(&place.pointer, &rule::EXCERPT, message);
            }
            None if property.excerpt_only => {
                return self.add(&place.pointer, &rule::EXCERPT, format!("'{name}' stands in excerpts alone"));
            }
            _ => {}
        }
        if value.is_null() {
            if !property.nullable {
                self.add(&place.pointer, &rule::NULL, format!("'{name}' is null, which it must not be"));
            }
            return;
        }
        let Kind::Named(named) = &property.kind else {
            return self.scalar(place, member, value, None);
        };
        if self.library.newest(named, self.highest(named)).is_some() {
            let Value::Object(object) = value else {
                let message = format!("'{name}' is {}, and an object is expected", kind_of(value));
                return self.add(&place.pointer, &rule::OBJECT, message);
            };
            let mut at = place.clone();
            if property.navigation {
                if let Some(excerpt) = &property.excerpt_copy {
                    at.excerpt = Some(excerpt.clone());
                } else if !property.auto_expand {
                    return self.reference(place, name, object, named);
                }
            }
            return self.object(&at, object, Some(named));
        }
        match self.library.scalar(named) {
            Some(scalar) => self.scalar(place, member, value, Some((named, &scalar))),
            // A vendor's type that no schema here has was said of its object.
            None if !self.library.has_schema(schema_of(named)) && property.navigation => {}
            None => self.add(
                &place.pointer,
                &rule::SCHEMA_GAP,
                format!("'{name}' is of the type {named}, which no schema has"),
            ),
        }
    }

    fn scalar(&mut self, place: &At, member: Member<'_>, value: &Value, named: Option<(&str, &ScalarType)>) {
        let Member { payload, name, property, .. } = member;
        let kind = named.map_or(&property.kind, |(_, scalar)| &scalar.kind);
        let wrong = self
            .permission(name, property)
            .or_else(|| wrong_kind(name, value, kind))
            .or_else(|| self.identity(place, member, value))
            .or_else(|| self.durable_name(payload, name, value))
            .or_else(|| self.text(name, value, kind, &property.limits))
            .or_else(|| named.and_then(|(_, scalar)| self.text(name, value, kind, &scalar.limits)))
            .or_else(|| named.and_then(|(named, scalar)| self.listed(name, value, named, scalar.values.as_deref()?)))
            .or_else(|| wrong_range(name, value, &property.limits))
            .or_else(|| named.and_then(|(_, scalar)| wrong_range(name, value, &scalar.limits)))
            .or_else(|| self.empty(name, value, property));
        if let Some((rule, message)) = wrong {
            self.add(&place.pointer, rule, message);
        }
        if name == "DataSourceUri" || property.is_uri {
            self.local_uri(place, name, value);
        }
    }

    fn permission(&self, name: &str, property: &Property) -> Option<Wrong> {
        let is_hidden = property.permissions == Permissions::Hidden;
        is_hidden
            .then(|| (&rule::WRITE_ONLY, format!("'{name}' can only be written, and has to be null when it is read")))
    }

    fn text(&self, name: &str, value: &Value, kind: &Kind, limits: &Limits) -> Option<Wrong> {
        let text = value.as_str()?;
        // A pattern of the schema's own says more than the kind does.
        if let Some(pattern) = &limits.pattern {
            return match self.patterns.matches(pattern, text) {
                Some(false) => Some((
                    &rule::PATTERN,
                    format!("'{name}' is {}, which does not match {pattern}", shown(name, value)),
                )),
                _ => None,
            };
        }
        let Kind::String(form) = kind else { return None };
        let expected = format::wrong(*form, text)?;
        Some((&rule::FORMAT, format!("'{name}' is {}, and {expected} is expected", shown(name, value))))
    }

    fn listed(&self, name: &str, value: &Value, named: &str, values: &[EnumValue]) -> Option<Wrong> {
        let text = value.as_str()?;
        let Some(known) = values.iter().find(|known| known.name == text) else {
            let names = || values.iter().map(|value| value.name.as_str());
            let mut message = format!("'{name}' is {}, which is not a value of {named}", shown(name, value));
            if let Some(meant) = misspelt(text, names()) {
                message.push_str(&format!("; '{meant}' is"));
            } else if values.len() <= NAMED {
                message.push_str(&format!(": {}", names().collect::<Vec<_>>().join(", ")));
            }
            return Some((&rule::ENUM, message));
        };
        let is_same_schema = schema_of(named) == schema_of(&self.resource.ty);
        if let (true, Some(version), Some(added)) = (is_same_schema, Version::of_type(&self.resource.ty), known.added)
            && version < added
        {
            let message = format!("'{name}' is '{text}', which came with version {added}; the resource says {version}");
            return Some((&rule::ENUM_VERSION, message));
        }
        let Deprecated(version) = known.deprecated?;
        let since = version.map(|version| format!(" since version {version}")).unwrap_or_default();
        Some((&rule::ENUM_DEPRECATED, format!("'{name}' is '{text}', which is deprecated{since}")))
    }

    fn empty(&self, name: &str, value: &Value, property: &Property) -> Option<Wrong> {
        let is_empty = property.permissions == Permissions::Read && value.as_str() == Some("");
        is_empty.then(|| (&rule::EMPTY, format!("'{name}' is empty; what there is nothing to say of is left out")))
    }
}

fn wrong_kind(name: &str, value: &Value, kind: &Kind) -> Option<Wrong> {
    let (is_right, expected) = match kind {
        Kind::Integer => (value.is_i64() || value.is_u64(), "an integer"),
        Kind::Number => (value.is_number(), "a number"),
        Kind::String(_) => (value.is_string(), "a string"),
        Kind::Boolean => (value.is_boolean(), "a boolean"),
        Kind::Primitive | Kind::Named(_) => {
            (!value.is_object() && !value.is_array(), "a string, a number or a boolean")
        }
    };
    (!is_right).then(|| (&rule::KIND, format!("'{name}' is {}, and {expected} is expected", kind_of(value))))
}

fn wrong_range(name: &str, value: &Value, limits: &Limits) -> Option<Wrong> {
    let number = value.as_f64()?;
    #[allow(clippy::cast_precision_loss, reason = "limits of schemas are small")]
    let at = |limit: i64| limit as f64;
    let (limit, side) = match (limits.minimum, limits.maximum) {
        (Some(minimum), _) if number < at(minimum) => (minimum, "below the minimum"),
        (_, Some(maximum)) if number > at(maximum) => (maximum, "above the maximum"),
        _ => return None,
    };
    Some((&rule::RANGE, format!("'{name}' is {}, {side} of {limit}", shown(name, value))))
}
