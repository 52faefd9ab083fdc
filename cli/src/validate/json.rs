//! Reads bodies as JSON, strictly: it also finds names that are repeated, which serde_json accepts silently.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Returns the value of a body, or why there is none.
pub(crate) fn read(bytes: &[u8]) -> (Option<Value>, Option<String>) {
    match serde_json::from_slice(bytes) {
        Ok(value) => (Some(value), None),
        Err(error) => (None, Some(error.to_string())),
    }
}

/// Returns JSON pointers to the names that an object repeats.
pub(crate) fn repeated(bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    // It may not be JSON, but that was seen before.
    let _ = Search { pointer: String::new(), found: &mut found }.deserialize(&mut deserializer);
    found
}

/// Visits a value without keeping any of it.
struct Search<'f> {
    pointer: String,
    found: &'f mut Vec<String>,
}

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut number = 0_usize;
        loop {
            let item = Search { pointer: format!("{}/{number}", self.pointer), found: self.found };
            if items.next_element_seed(item)?.is_none() {
                return Ok(());
            }
            number += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            let pointer = format!("{}/{}", self.pointer, name.replace('~', "~0").replace('/', "~1"));
            if !names.insert(name) {
                self.found.push(pointer.clone());
            }
            members.next_value_seed(Search { pointer, found: self.found })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_come_twice_are_found_where_they_are() {
        let json = br#"{"a": 1, "b": [{"c/d": 1, "c/d": {"x": null, "x": true}}], "a": 2.5, "e": -1}"#;
        assert_eq!(repeated(json), ["/b/0/c~1d", "/b/0/c~1d/x", "/a"]);
        assert!(repeated(b"{\"a\": ").is_empty());
    }
}
