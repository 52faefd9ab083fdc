//! Objects: which type they are of, and each of their properties.

use std::sync::Arc;

use serde_json::Value;

use super::super::rule::{self, Severity};
use super::super::schema::definition::{Deprecated, ObjectType};
use super::super::schema::version::{Version, last_of};
use super::{At, Checker, Member, Object, kind_of, misspelt};

/// What vendors put into `Oem`.
pub(super) const OEM_OBJECT: &str = "Resource.OemObject";

/// Registries, which services may serve as DMTF publishes them: without a URI of their own.
const REGISTRIES: [&str; 3] = ["MessageRegistry", "PrivilegeRegistry", "AttributeRegistry"];

impl Checker<'_> {
    /// Checks an object of which its place says that it is of the declared type.
    pub(super) fn object(&mut self, at: &At, payload: &Object, declared: Option<&str>) {
        let is_oem = declared == Some(OEM_OBJECT);
        // Of what vendors define, not everything can be known.
        let severity = match is_oem || self.resource.uri.contains("/Oem/") {
            true => Severity::Warning,
            false => Severity::Error,
        };
        let Ok(said) = self.said_type(at, payload, declared.is_none() || is_oem, is_oem) else { return };
        let Some(name) = said.or(declared).map(str::to_owned) else { return };
        if at.pointer.is_empty() {
            self.resource.ty.clone_from(&name);
        }
        let exact = match said.is_some() {
            true => self.library.object(&name),
            false => self.library.newest(&name, self.highest(&name)),
        };
        let Some(ty) = exact.clone().or_else(|| self.library.older(&name)) else {
            return self.add(&at.pointer, &rule::TYPE_UNKNOWN, format!("no schema here has the type {name}"));
        };
        if let Some(declared) = declared
            && !ty.is(declared)
        {
            let message = format!("'@odata.type' says {name}, which is not a kind of {declared}");
            self.add_as(&at.pointer, &rule::TYPE_MISFIT, severity, message);
            if !is_oem {
                return;
            }
        }
        if exact.is_none() {
            let message = format!("no schema here has {name}; it is checked as {}", ty.name);
            self.add_as(&at.pointer, &rule::TYPE_VERSION, severity, message);
        }
        if at.pointer.is_empty() {
            self.allowed_methods(&ty, payload);
        }
        for (name, value) in payload {
            self.member(at, payload, &ty, name, value);
        }
        self.required(at, payload, &ty);
        if at.pointer.is_empty() && ty.is_collection() {
            self.collection(payload);
        }
    }

    /// The type that an object says it has; an error where it says something that is not a type.
    fn said_type<'p>(
        &mut self,
        at: &At,
        payload: &'p Object,
        required: bool,
        is_oem: bool,
    ) -> Result<Option<&'p str>, ()> {
        let (rule, message) = match payload.get("@odata.type") {
            None if !required => return Ok(None),
            None => (&rule::TYPE_MISSING, "the object has no '@odata.type'".to_owned()),
            Some(Value::String(name)) => match name.strip_prefix('#').filter(|name| !name.is_empty()) {
                Some(name) => return Ok(Some(name)),
                None => (&rule::TYPE_FORM, "'@odata.type' does not begin with '#'".to_owned()),
            },
            Some(other) => (&rule::TYPE_FORM, format!("'@odata.type' is {}, not a string", kind_of(other))),
        };
        let severity = if is_oem { Severity::Warning } else { Severity::Error };
        self.add_as(&format!("{}/@odata.type", at.pointer), rule, severity, message);
        Err(())
    }

    /// Checks a member of an object, whatever its name is.
    fn member(&mut self, at: &At, payload: &Object, ty: &Arc<ObjectType>, name: &str, value: &Value) {
        let place = at.join(name);
        self.findings.values += 1;
        if let Some(property) = ty.properties.get(name) {
            return self.property(&place, Member { payload, ty, name, property }, value);
        }
        if let Some((of, term)) = name.split_once('@') {
            return self.annotation(&place, payload, ty, (of, term), value);
        }
        let is_action = name.starts_with('#')
            && (at.pointer.ends_with("/Actions") || at.pointer.ends_with("/Actions/Oem"))
            && name.bytes().skip(1).all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        if is_action {
            return self.action(&place, name, value);
        }
        let dynamic =
            ty.dynamic.iter().find(|dynamic| self.patterns.matches(&dynamic.pattern, name).unwrap_or(true)).cloned();
        if let Some(dynamic) = dynamic {
            if dynamic.property.kind == super::super::schema::definition::Kind::Named(OEM_OBJECT.to_owned()) {
                self.oem(&place, name, value);
            }
            return self.property(&place, Member { payload, ty, name, property: &dynamic.property }, value);
        }
        if !ty.open {
            self.unknown(&place, ty, name);
        }
    }

    fn unknown(&mut self, place: &At, ty: &ObjectType, name: &str) {
        let newest = self.library.newest(&ty.name, None);
        let mut message = format!("{} has no property '{name}'", ty.name);
        if let Some(known) = misspelt(name, ty.properties.keys().map(String::as_str)) {
            message.push_str(&format!("; it has '{known}'"));
        } else if let Some(newest) = newest.filter(|newest| newest.properties.contains_key(name))
            && let Some(version) = Version::of_type(&newest.name)
        {
            message.push_str(&format!("; version {version} of it has"));
        }
        self.add(&place.pointer, &rule::UNKNOWN, message);
    }

    /// What stands in `Oem`.
    fn oem(&mut self, place: &At, name: &str, value: &Value) {
        if !value.is_object() && !value.is_null() {
            let message = format!("what a vendor adds is an object, and '{name}' is {}", kind_of(value));
            self.add(&place.pointer, &rule::OEM_OBJECT, message);
        } else if name.is_empty() || name.contains(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.'))) {
            self.add(&place.pointer, &rule::OEM_NAME, format!("'{name}' is not the name of a vendor"));
        }
    }

    /// Checks a property of which a definition is known.
    pub(super) fn property(&mut self, place: &At, member: Member<'_>, value: &Value) {
        let Member { name, property, .. } = member;
        match (value, property.many) {
            (Value::Array(items), true) => {
                for (number, item) in items.iter().enumerate() {
                    self.findings.values += 1;
                    self.value(&place.join(&number.to_string()), member, item);
                }
            }
            (Value::Array(_), false) => {
                return self.add(
                    &place.pointer,
                    &rule::ARRAY,
                    format!("'{name}' is an array, and one value is expected"),
                );
            }
            (other, true) => {
                let message = format!("'{name}' is {}, and an array is expected", kind_of(other));
                return self.add(&place.pointer, &rule::ARRAY, message);
            }
            (value, false) => self.value(place, member, value),
        }
        if let Some(Deprecated(version)) = property.deprecated {
            let since = version.map(|version| format!(" since version {version}")).unwrap_or_default();
            self.add(&place.pointer, &rule::DEPRECATED, format!("'{name}' is deprecated{since}"));
        }
    }

    fn required(&mut self, at: &At, payload: &Object, ty: &ObjectType) {
        let is_registry = at.pointer.is_empty() && REGISTRIES.contains(&last_of(&self.resource.ty));
        if at.excerpt.is_some() || self.answers.capabilities.contains(super::super::answers::key(self.resource.uri)) {
            return;
        }
        for (name, property) in &ty.properties {
            let is_wanted = property.required && property.deprecated.is_none() && !property.excerpt_only;
            if is_wanted && !payload.contains_key(name) && !(is_registry && name == "@odata.id") {
                let message = format!("{} requires '{name}', which is not there", ty.name);
                self.add(&at.join(name).pointer, &rule::MISSING, message);
            }
        }
    }

    /// Holds the Allow header against what the schema lets be done to a resource.
    fn allowed_methods(&mut self, ty: &ObjectType, payload: &Object) {
        let (Some(said), Some(allowed)) = (self.resource.answer.allow(), &ty.methods) else { return };
        for method in ["POST", "DELETE", "PUT", "PATCH"] {
            // What a vendor adds may be writable where the rest is not.
            let is_oem = matches!(method, "PATCH" | "PUT") && payload.contains_key("Oem");
            if !is_oem && said.iter().any(|said| said == method) && !allowed.contains(&method) {
                let message = format!("the Allow header has {method}, which {} does not have", ty.name);
                self.add("/[Allow]", &rule::ALLOW, message);
            }
        }
    }

    /// What only collections have to keep to.
    fn collection(&mut self, payload: &Object) {
        let Some(Value::Array(members)) = payload.get("Members") else { return };
        if let Some(count) = payload.get("Members@odata.count").and_then(Value::as_u64) {
            let is_part = payload.contains_key("Members@odata.nextLink") || self.resource.uri.contains('?');
            let there = members.len() as u64;
            if there > count || (there < count && !is_part) {
                let message = format!("'Members@odata.count' is {count}, and there are {there} members");
                self.add("/Members@odata.count", &rule::COUNT, message);
            }
        }
        let mut seen = std::collections::HashSet::new();
        for (number, member) in members.iter().enumerate() {
            if let Some(uri) = member.get("@odata.id").and_then(Value::as_str)
                && !seen.insert(super::super::answers::key(uri))
            {
                let message = format!("{} is a member a second time", super::quoted(uri));
                self.add(&format!("/Members/{number}"), &rule::DUPLICATE_MEMBER, message);
            }
        }
    }
}
