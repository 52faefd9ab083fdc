//! The difference of two JSON texts of which no schema says anything, as a PATCH has it: the leaves that changed, null for
//! what was taken away, arrays as a whole.

use crate::codec::json::Peek;
use crate::codec::splice::{Part, parts};
use crate::codec::writer::write_string;
use crate::reflect::meaning::alike_json;

/// The members of an object as they are written.
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

/// A JSON pointer with one more name.
pub(crate) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// What makes `old`, the value at a pointer, into `new`, and where it differs. None where they mean the same.
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
    let mut members = Members::default();
    for (name, part) in last_named(&after) {
        let value = new.get(part.value.clone()).unwrap_or_default();
        let at = below(pointer, name);
        let json = match named(&before, name) {
            Some(part) => leaves(old.get(part.value.clone()).unwrap_or_default(), value, &at, found),
            None => {
                found(at);
                Some(value.to_owned())
            }
        };
        if let Some(json) = json {
            members.push(name, &json);
        }
    }
    for (name, _) in last_named(&before).filter(|(name, _)| named(&after, name).is_none()) {
        found(below(pointer, name));
        members.push(name, "null");
    }
    members.finish()
}

/// Of a name that comes twice the last counts.
fn named<'p>(parts: &'p [Part], name: &str) -> Option<&'p Part> {
    parts.iter().rfind(|part| part.name.as_deref() == Some(name))
}

fn last_named(parts: &[Part]) -> impl Iterator<Item = (&str, &Part)> {
    let of = move |part: &Part, name: &str| named(parts, name).is_some_and(|last| std::ptr::eq(last, part));
    parts.iter().filter_map(move |part| part.name.as_deref().filter(|name| of(part, name)).map(|name| (name, part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaves_that_changed_are_all_that_is_said() {
        let old = r#"{"V":{"A":1.50,"B":{"C":"x","D":[1,{"E":2}]},"N":null},"W":{"Z":0}}"#;
        let cases = [
            (old.to_owned(), None, vec![]),
            // Written otherwise, and in another order.
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
