//! References: that they have the form of one, and lead to a resource of the right type.

use serde_json::Value;

use super::super::answers::is_local;
use super::super::finding::quoted;
use super::super::rule;
use super::super::schema::version::last_of;
use super::{At, Checker, Object, kind_of};

impl Checker<'_> {
    /// Checks a reference to a resource of a type.
    pub(super) fn reference(&mut self, place: &At, name: &str, object: &Object, declared: &str) {
        let uri = match object.get("@odata.id") {
            Some(Value::String(uri)) => uri,
            other => {
                let is = other.map_or("not there", kind_of);
                let message = format!("'{name}' is a reference, and its '@odata.id' is {is}");
                return self.add(&place.pointer, &rule::REFERENCE_FORM, message);
            }
        };
        let is_origin = name == "OriginOfCondition";
        if is_origin && self.resource.payload.get("OriginOfConditionUnavailable") == Some(&Value::Bool(true)) {
            return;
        }
        if !self.leads(place, name, uri, declared, is_origin) {
            return;
        }
        if object.len() != 1 {
            let others = object.keys().filter(|key| *key != "@odata.id").map(String::as_str).collect::<Vec<_>>();
            let message = format!("'{name}' is a reference, and has more than '@odata.id': {}", others.join(", "));
            self.add(&place.pointer, &rule::REFERENCE_EXTRA, message);
        }
    }

    /// Returns whether a reference leads to what it should.
    fn leads(&mut self, place: &At, name: &str, uri: &str, declared: &str, is_origin: bool) -> bool {
        if let Some((whole, pointer)) = uri.split_once('#') {
            return self.leads_within(place, name, uri, (whole, pointer));
        }
        if !is_local(uri) {
            return true;
        }
        let answer = match self.answers.get(uri) {
            Some(answer) => answer,
            None if !self.answers.is_whole => return true,
            None => {
                self.add(&place.pointer, &rule::REFERENCE_BROKEN, format!("there is nothing at {}", quoted(uri)));
                return false;
            }
        };
        let Some(target) = answer.object() else {
            let status = answer.status.filter(|status| *status != 200);
            let said =
                status.map_or("is not a JSON object".to_owned(), |status| format!("is answered with status {status}"));
            let may_be_gone =
                is_origin && status == Some(404) && !self.resource.payload.contains_key("OriginOfConditionUnavailable");
            let rule = if may_be_gone { &rule::REFERENCE_GONE } else { &rule::REFERENCE_BROKEN };
            self.add(&place.pointer, rule, format!("{} {said}", quoted(uri)));
            return false;
        };
        let said = target.get("@odata.type").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
        let Some(said) = said else {
            let message = format!("what is at {} does not say of which type it is", quoted(uri));
            self.add(&place.pointer, &rule::REFERENCE_TYPE, message);
            return false;
        };
        let Some(ty) = self.library.object(said).or_else(|| self.library.older(said)) else {
            let message = format!("what is at {} is of the type {said}, which no schema here has", quoted(uri));
            self.add(&place.pointer, &rule::TYPE_UNKNOWN, message);
            return false;
        };
        if !ty.is(declared) {
            let message = format!("what is at {} is a {}, and {declared} is expected", quoted(uri), last_of(said));
            self.add(&place.pointer, &rule::REFERENCE_TYPE, message);
            return false;
        }
        true
    }

    /// Returns whether a reference leads to something within a resource, by a JSON pointer.
    fn leads_within(&mut self, place: &At, name: &str, uri: &str, (whole, pointer): (&str, &str)) -> bool {
        let target = match whole {
            "" => Some(self.resource.payload),
            _ => self.answers.get(whole).and_then(|answer| answer.object()),
        };
        let Some(target) = target else {
            if self.answers.is_whole && is_local(whole) {
                self.add(&place.pointer, &rule::REFERENCE_BROKEN, format!("there is nothing at {}", quoted(whole)));
            }
            return true;
        };
        let found = match pointer.strip_prefix('/') {
            Some(_) => pointed(target, pointer),
            None => pointer.is_empty(),
        };
        if !found {
            let message = format!("'{name}' is {}, and there is nothing at that pointer", quoted(uri));
            self.add(&place.pointer, &rule::REFERENCE_POINTER, message);
        }
        true
    }

    /// Checks a property that is a URI: it at least has to have the form of one.
    pub(super) fn local_uri(&mut self, place: &At, name: &str, value: &Value) {
        let Some(uri) = value.as_str() else { return };
        let is_wrong =
            uri.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '\\'));
        if is_wrong {
            self.add(&place.pointer, &rule::REFERENCE_FORM, format!("'{name}' is {}, which is not a URI", quoted(uri)));
        }
    }
}

/// Returns whether there is something at a JSON pointer.
fn pointed(object: &Object, pointer: &str) -> bool {
    let mut segments = pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"));
    let Some(first) = segments.next() else { return true };
    let mut at = object.get(&first);
    for segment in segments {
        at = match at {
            Some(Value::Object(object)) => object.get(&segment),
            Some(Value::Array(items)) => segment.parse::<usize>().ok().and_then(|number| items.get(number)),
            _ => None,
        };
    }
    at.is_some()
}
