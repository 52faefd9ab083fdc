//! `$expand`: resources in the place of the links to them.

use serde_json::{Map, Value};

use crate::http::uri;
use crate::machine::store::Store;
use crate::message::{self, Message};

use super::support::{Features, Queries};

/// An understood `$expand`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expand {
    /// Whether links outside of `Links` are followed.
    outside: bool,
    /// Whether links in `Links` are followed.
    links: bool,
    levels: u64,
}

impl Expand {
    /// Understands `.`, `~` or `*`, alone or with `($levels=2)` behind it.
    pub(super) fn parse(value: &str, features: &Features) -> Result<Self, Message> {
        let malformed = || Message::new(&message::QUERY_VALUE_FORMAT, [value, "$expand"]);
        let mut signs = value.chars();
        let sign = signs.next().ok_or_else(malformed)?;
        let (outside, links) = match sign {
            '.' => (true, false),
            '~' => (false, true),
            '*' => (true, true),
            _ => return Err(malformed()),
        };
        if !features.signs.contains(&sign) {
            return Err(Message::new(&message::QUERY_UNSUPPORTED, [&format!("$expand={sign}")]));
        }
        let rest = signs.as_str();
        let levels = match rest {
            "" => 1,
            _ => {
                let inner = rest.strip_prefix("($levels=").and_then(|rest| rest.strip_suffix(')'));
                let levels: i64 = inner.and_then(|levels| levels.parse().ok()).ok_or_else(malformed)?;
                if !features.levels {
                    return Err(Message::new(&message::QUERY_UNSUPPORTED, ["$levels"]));
                }
                let most = i64::try_from(features.max_levels).unwrap_or(i64::MAX);
                if !(1..=most).contains(&levels) {
                    let range = format!("1 to {most}");
                    return Err(Message::new(&message::QUERY_OUT_OF_RANGE, [&levels.to_string(), "$levels", &range]));
                }
                levels.unsigned_abs()
            }
        };
        Ok(Self { outside, links, levels })
    }

    /// Puts resources in the place of links, of so many bytes at most; says whether that was enough.
    /// Links to what is unreadable stay links.
    pub(super) fn apply(
        &self,
        json: &mut Value,
        store: &Store,
        key: &str,
        queries: &Queries,
        unreadable: &dyn Fn(&str) -> bool,
    ) -> bool {
        let path = vec![store.resolve(key).to_owned()];
        let without_tags = queries.no_tags_in_expanded;
        let mut walk =
            Walk { expand: self, store, path, left: queries.most_bytes(), enough: true, without_tags, unreadable };
        walk.resource(json, self.levels);
        walk.enough
    }
}

struct Walk<'a> {
    expand: &'a Expand,
    store: &'a Store,
    /// The resources around the current one: a link back to one of them stays a link.
    path: Vec<String>,
    left: usize,
    enough: bool,
    without_tags: bool,
    unreadable: &'a dyn Fn(&str) -> bool,
}

impl Walk<'_> {
    fn resource(&mut self, json: &mut Value, levels: u64) {
        if let Value::Object(object) = json {
            for (name, value) in object.iter_mut() {
                let followed = if name == "Links" { self.expand.links } else { self.expand.outside };
                if followed || name != "Links" {
                    self.value(value, levels, followed);
                }
            }
        }
    }

    fn value(&mut self, value: &mut Value, levels: u64, followed: bool) {
        match value {
            Value::Object(object) => {
                if let Some(id) = link(object) {
                    if followed && let Some(expanded) = self.expanded(&id, levels) {
                        *value = expanded;
                    }
                    return;
                }
                for (name, value) in object.iter_mut() {
                    // Links of an object within the resource, of a fan in Thermal for one.
                    let followed = if name == "Links" { self.expand.links } else { followed };
                    self.value(value, levels, followed);
                }
            }
            Value::Array(elements) => {
                for element in elements {
                    self.value(element, levels, followed);
                }
            }
            _ => {}
        }
    }

    fn expanded(&mut self, id: &str, levels: u64) -> Option<Value> {
        let key = uri::key_of_id(id)?;
        let key = self.store.resolve(&key).to_owned();
        if self.path.contains(&key) || !self.enough || (self.unreadable)(&key) {
            return None;
        }
        let resource = self.store.get(&key)?;
        let Some(left) = self.left.checked_sub(resource.body.len()) else {
            self.enough = false;
            return None;
        };
        self.left = left;
        let mut json = resource.exact().filter(|json| json.is_object())?.clone();
        if self.without_tags
            && let Some(object) = json.as_object_mut()
        {
            object.remove("@odata.etag");
        }
        if levels > 1 {
            self.path.push(key);
            self.resource(&mut json, levels - 1);
            self.path.pop();
        }
        Some(json)
    }
}

/// Where an object leads to that is nothing but a link.
fn link(object: &Map<String, Value>) -> Option<String> {
    match object.get("@odata.id") {
        Some(Value::String(id)) if object.len() == 1 => Some(id.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tree::Tree;
    use crate::verb::query::support::{Queries, Query, QuerySupport};

    fn store() -> Store {
        Store::new(
            &Tree::new()
                .with("/a", json!({ "Members": [{ "@odata.id": "/a/1" }, { "@odata.id": "/gone" }] }))
                .with("/a/1", json!({ "B": { "@odata.id": "/b" }, "Links": { "Up": [{ "@odata.id": "/a" }] } }))
                .with("/b", json!({ "C": { "@odata.id": "/c" } }))
                .with("/c", json!({ "Last": true })),
        )
    }

    fn expanded(key: &str, value: &str) -> Value {
        let store = store();
        let mut queries = Queries::default();
        queries.set(Query::Expand, QuerySupport::Unadvertised);
        let expand = Expand::parse(value, &Features::of(&store, &queries)).unwrap();
        let mut json = store.get(key).unwrap().json.as_deref().unwrap().clone();
        assert!(expand.apply(&mut json, &store, key, &Queries::default(), &|_| false));
        json
    }

    #[test]
    fn signs_and_levels_decide_what_is_followed() {
        let member = expanded("/a", ".");
        assert_eq!(member["Members"][0]["B"], json!({ "@odata.id": "/b" }));
        assert_eq!(member["Members"][1], json!({ "@odata.id": "/gone" }), "a dangling link stays");
        assert_eq!(expanded("/a", ".($levels=2)")["Members"][0]["B"]["C"], json!({ "@odata.id": "/c" }));
        assert_eq!(expanded("/a", ".($levels=3)")["Members"][0]["B"]["C"]["Last"], true);
        assert_eq!(expanded("/a/1", "~")["B"], json!({ "@odata.id": "/b" }));
        assert!(expanded("/a/1", "~")["Links"]["Up"][0].get("Members").is_some());
        assert_eq!(expanded("/a/1", ".")["Links"]["Up"][0], json!({ "@odata.id": "/a" }));
        let all = expanded("/a/1", "*($levels=2)");
        assert!(all["Links"]["Up"][0].get("Members").is_some() && all["B"]["C"].get("Last").is_some());
        assert_eq!(all["Links"]["Up"][0]["Members"][0], json!({ "@odata.id": "/a/1" }), "not in itself");
    }

    #[test]
    fn malformed_values_are_told_from_those_out_of_range() {
        let store = store();
        let mut queries = Queries::default();
        queries.set(Query::Expand, QuerySupport::Unadvertised);
        let features = Features::of(&store, &queries);
        for (value, expected) in [
            ("", "QueryParameterValueFormatError"),
            ("Members", "QueryParameterValueFormatError"),
            (".($levels=x)", "QueryParameterValueFormatError"),
            (".(levels=2)", "QueryParameterValueFormatError"),
            (".($levels=0)", "QueryParameterOutOfRange"),
            (".($levels=7)", "QueryParameterOutOfRange"),
        ] {
            let refused = Expand::parse(value, &features).unwrap_err().to_json();
            assert!(refused["MessageId"].as_str().unwrap().ends_with(expected), "{value}: {refused}");
        }
    }
}
