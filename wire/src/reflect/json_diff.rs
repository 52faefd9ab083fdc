//! The difference of two JSON texts without a schema, as a PATCH expresses it: the leaves that changed, null for those that were
//! removed, arrays as a whole.

use std::collections::HashMap;

use crate::codec::json::Peek;
use crate::codec::splice::{Part, parts};
use crate::codec::writer::write_string;
use crate::reflect::meaning::alike_json;

/// The text of an object, written member by member.
#[derive(Default)]
pub(crate) struct Members(String);

impl Members {
    pub(crate) fn push(&mut self, name: &str, json: &str) {
        self.0.push(if self.0.is_empty() { '{' } else { ',' });
        write_string(&mut self.0, name);
        self.0.push(':');
        self.0.push_str(json);
    }

    pub(crate) fn finish(mut self) -> Option<String> {
        (!self.0.is_empty()).then(|| {
            self.0.push('}');
            self.0
        })
    }
}

/// Returns a JSON pointer with one more name.
pub(crate) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Returns the patch from `old`, the value at a pointer, to `new`, and reports where they differ. `None` if they mean the same.
pub(crate) fn leaves(old: &str, new: &str, pointer: &str, found: &mut dyn FnMut(String)) -> Option<String> {
    if old == new {
        return None;
    }
    let (Some((Peek::Object, before)), Some((Peek::Object, after))) = (parts(old), parts(new)) else {
        return (!alike_json(old, new)).then(|| {
            found(pointer.to_owned());
            new.trim().to_owned()
        });
    };
    let before: Vec<_> = named(old, &before).collect();
    let after: Vec<_> = named(new, &after).collect();
    let (last_before, last_after) = (by_name(before.iter().copied()), by_name(after.iter().copied()));
    let mut members = Members::default();
    for (name, value) in after.into_iter().filter(|(name, value)| is_last(&last_after, name, value)) {
        let at = below(pointer, name);
        let json = match last_before.get(name) {
            Some(before) => leaves(before, value, &at, found),
            None => {
                found(at);
                Some(value.to_owned())
            }
        };
        if let Some(json) = json {
            members.push(name, &json);
        }
    }
    let is_gone = |(name, value): &(&str, &str)| is_last(&last_before, name, value) && !last_after.contains_key(name);
    for (name, _) in before.into_iter().filter(is_gone) {
        found(below(pointer, name));
        members.push(name, "null");
    }
    members.finish()
}

/// Returns the members by name. If a name occurs twice, the last one counts. A linear search for each of a service's 40,000 members
/// would take quadratic time.
pub(crate) fn by_name<'t>(members: impl Iterator<Item = (&'t str, &'t str)>) -> HashMap<&'t str, &'t str> {
    members.collect()
}

/// Returns whether this member is the last one of its name: this very text, not an equal one.
pub(crate) fn is_last(by_name: &HashMap<&str, &str>, name: &str, json: &str) -> bool {
    by_name.get(name).is_some_and(|last| std::ptr::eq(*last, json))
}

/// Returns the members whose names are Unicode text, with their values.
fn named<'t>(text: &'t str, parts: &'t [Part]) -> impl Iterator<Item = (&'t str, &'t str)> {
    parts.iter().filter_map(|part| Some((part.name.as_deref()?, text.get(part.value.clone())?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaves_that_changed_are_all_that_is_said() {
        let old = r#"{"V":{"A":1.50,"B":{"C":"x","D":[1,{"E":2}]},"N":null},"W":{"Z":0}}"#;
        let cases = [
            (old.to_owned(), None, vec![]),
            // Written differently, and in another order.
            (r#"{ "W":{"Z":0}, "V":{"N":null,"B":{"D":[1, {"E":2}],"C":"\u0078"},"A":1.50}}"#.to_owned(), None, vec![]),
            (old.replace("\"x\"", "\"y\""), Some(r#"{"V":{"B":{"C":"y"}}}"#), vec!["/V/B/C"]),
            (old.replace("{\"E\":2}", "{\"E\":3}"), Some(r#"{"V":{"B":{"D":[1,{"E":3}]}}}"#), vec!["/V/B/D"]),
            (old.replace(r#","W":{"Z":0}"#, ""), Some(r#"{"W":null}"#), vec!["/W"]),
            (old.replace(r#""N":null"#, r#""N":{"X":1}"#), Some(r#"{"V":{"N":{"X":1}}}"#), vec!["/V/N"]),
            (old.replace(r#""Z":0"#, r#""Z":0,"a/b":1"#), Some(r#"{"W":{"a/b":1}}"#), vec!["/W/a~1b"]),
            // A value becomes an object, and an object a value.
            (old.replace(r#"{"Z":0}"#, "[]"), Some(r#"{"W":[]}"#), vec!["/W"]),
        ];
        for (new, expected, pointers) in cases {
            let mut found = Vec::new();
            let body = leaves(old, &new, "", &mut |pointer| found.push(pointer));
            assert_eq!(body.as_deref(), expected, "{new}");
            assert_eq!(found, pointers, "{new}");
        }
    }
}
