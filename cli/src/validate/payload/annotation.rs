//! Annotations: that the standard has them, and that they fit what they stand beside.

use std::sync::Arc;

use serde_json::Value;

use super::super::rule;
use super::super::schema::definition::{Format, Kind, ObjectType, Property};
use super::super::schema::version::last_of;
use super::{At, Checker, Object, kind_of};

impl Checker<'_> {
    /// Checks an annotation of the object, or of one of its properties (`of`).
    pub(super) fn annotation(
        &mut self,
        place: &At,
        payload: &Object,
        ty: &Arc<ObjectType>,
        (of, term): (&str, &str),
        value: &Value,
    ) {
        let Some(property) = self.term(term) else {
            let message = format!("'@{term}' is not an annotation of Redfish");
            return self.add(&place.pointer, &rule::ANNOTATION, message);
        };
        let is_served = self.resource.answer.status.is_some();
        if term == "Redfish.Copyright" && is_served && last_of(&self.resource.ty) != "MessageRegistry" {
            let message = "'@Redfish.Copyright' is for published examples, not for services".to_owned();
            return self.add(&place.pointer, &rule::COPYRIGHT, message);
        }
        let is_known = of.is_empty()
            || payload.contains_key(of)
            || ty.open
            || ty.properties.contains_key(of)
            || ty.dynamic.iter().any(|dynamic| self.patterns.matches(&dynamic.pattern, of).unwrap_or(true));
        if !is_known {
            let message = format!("'@{term}' is of '{of}', and {} has no such property", ty.name);
            return self.add(&place.pointer, &rule::ANNOTATION_PLACE, message);
        }
        if term == "odata.count" {
            self.array_count(place, payload, of, value);
        }
        let named = match &property.kind {
            Kind::Named(named) => self.library.newest(named, None).map(|_| named.as_str()),
            _ => None,
        };
        match (named, value) {
            // What they hold is for the schema of their type to say.
            (Some(named), Value::Object(object)) if !property.many => self.object(place, object, Some(named)),
            (Some(named), Value::Array(items)) if property.many => {
                for (number, item) in items.iter().enumerate() {
                    if let Value::Object(object) = item {
                        self.object(&place.join(&number.to_string()), object, Some(named));
                    }
                }
            }
            (_, value) if !fits(&property.kind, property.many, value) => {
                let message = format!("'@{term}' is {}, and {} is expected", kind_of(value), expected(&property));
                self.add(&place.pointer, &rule::ANNOTATION_KIND, message);
            }
            _ => {}
        }
    }

    /// What an annotation holds; none where there is no such annotation.
    fn term(&self, term: &str) -> Option<Property> {
        let scalar = |kind| Some(Property::new(kind));
        match term.split_once('.')? {
            ("odata", "context" | "id" | "type" | "etag" | "nextLink" | "deltaLink" | "navigationLink") => {
                scalar(Kind::String(Format::Any))
            }
            ("odata", "count") => scalar(Kind::Integer),
            // Numbers are what is allowed as well as strings.
            ("Redfish", "AllowableValues") => Some(Property { many: true, ..Property::new(Kind::Primitive) }),
            ("Redfish", name) => self.library.term("RedfishExtensions.v1_0_0", name),
            ("Message", name) => self.library.term("Message", name),
            _ => None,
        }
    }

    fn array_count(&mut self, place: &At, payload: &Object, of: &str, value: &Value) {
        let (Some(Value::Array(items)), Some(count)) = (payload.get(of), value.as_u64()) else { return };
        let is_part = payload.contains_key(&format!("{of}@odata.nextLink"));
        if items.len() as u64 > count || ((items.len() as u64) < count && !is_part) {
            let message = format!("'{of}@odata.count' is {count}, and there are {}", items.len());
            self.add(&place.pointer, &rule::COUNT_ARRAY, message);
        }
    }
}

fn fits(kind: &Kind, many: bool, value: &Value) -> bool {
    let fits_one = |value: &Value| match kind {
        Kind::Integer => value.is_i64() || value.is_u64(),
        Kind::Number => value.is_number(),
        Kind::String(_) => value.is_string(),
        Kind::Boolean => value.is_boolean(),
        Kind::Primitive => !value.is_object() && !value.is_array() && !value.is_null(),
        // An enumeration; objects do not come here.
        Kind::Named(_) => value.is_string() || value.is_object(),
    };
    match (many, value) {
        (true, Value::Array(items)) => items.iter().all(fits_one),
        (true, _) => false,
        (false, value) => fits_one(value),
    }
}

fn expected(property: &Property) -> &'static str {
    match (&property.kind, property.many) {
        (Kind::String(_), true) => "an array of strings",
        (_, true) => "an array",
        (Kind::Integer, _) => "an integer",
        (Kind::Number, _) => "a number",
        (Kind::String(_), _) => "a string",
        (Kind::Boolean, _) => "a boolean",
        (Kind::Primitive | Kind::Named(_), _) => "another kind of value",
    }
}
