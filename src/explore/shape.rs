//! What the values at one place look like in all payloads that contain it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

/// A kind of JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ValueKind {
    /// A string.
    Text,
    /// A number.
    Number,
    /// True or false.
    Flag,
    /// An array.
    List,
    /// An object.
    Object,
    /// No value.
    Null,
}

/// How many different samples are kept, and how many characters of each.
const SAMPLES: usize = 3;
const SAMPLE_LENGTH: usize = 80;

/// The object that contains actions. They are listed separately.
pub(super) const ACTIONS: &str = "Actions";

#[derive(Debug, Clone, Default)]
pub(super) struct Shape {
    pub(super) count: u64,
    pub(super) kinds: BTreeSet<ValueKind>,
    /// Whether a number was not an integer, or didn't fit in an `i64`.
    pub(super) fraction: bool,
    /// How many objects are nothing but references to resources.
    pub(super) links: u64,
    /// How many objects are more than that.
    pub(super) objects: u64,
    pub(super) samples: Vec<String>,
    pub(super) members: BTreeMap<String, Shape>,
    pub(super) items: Option<Box<Shape>>,
    /// The types that the objects name.
    pub(super) types: BTreeSet<String>,
    /// The names of actions directly in the objects, such as `#Contoso.Polish`.
    pub(super) actions: BTreeSet<String>,
}

impl Shape {
    /// Adds a value; `shown` is the same value without secrets.
    pub(super) fn see(&mut self, value: &Value, shown: &Value) {
        self.count = self.count.saturating_add(1);
        let kind = match value {
            Value::Null => ValueKind::Null,
            Value::Bool(_) => ValueKind::Flag,
            Value::Number(number) => {
                self.fraction |= !number.is_i64();
                ValueKind::Number
            }
            Value::String(_) => ValueKind::Text,
            Value::Array(items) => {
                let into = self.items.get_or_insert_default();
                for (at, item) in items.iter().enumerate() {
                    into.see(item, shown.get(at).unwrap_or(&Value::Null));
                }
                ValueKind::List
            }
            Value::Object(members) => {
                self.object(members, shown);
                ValueKind::Object
            }
        };
        self.kinds.insert(kind);
        if !matches!(kind, ValueKind::List | ValueKind::Object | ValueKind::Null) {
            self.sample(shown);
        }
    }

    fn object(&mut self, members: &serde_json::Map<String, Value>, shown: &Value) {
        let is_link =
            members.get("@odata.id").is_some_and(Value::is_string) && members.keys().all(|name| name.contains('@'));
        let count = if is_link { &mut self.links } else { &mut self.objects };
        *count = count.saturating_add(1);
        self.types.extend(members.get("@odata.type").and_then(Value::as_str).map(str::to_owned));
        for (name, member) in members {
            // Annotations belong to the standard, and actions are listed separately.
            if name.starts_with('#') && member.is_object() {
                self.actions.insert(name.clone());
                continue;
            }
            if name.contains('@') {
                continue;
            }
            let shown = shown.get(name).unwrap_or(&Value::Null);
            self.members.entry(name.clone()).or_default().see(member, shown);
        }
    }

    fn sample(&mut self, shown: &Value) {
        if self.samples.len() < SAMPLES {
            let text = shown.as_str().map_or_else(|| shown.to_string(), str::to_owned);
            let text: String = text.chars().take(SAMPLE_LENGTH).collect();
            if !self.samples.contains(&text) {
                self.samples.push(text);
            }
        }
    }

    /// Adds what another shape contains.
    pub(super) fn merge(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.kinds.extend(&other.kinds);
        self.fraction |= other.fraction;
        self.links = self.links.saturating_add(other.links);
        self.objects = self.objects.saturating_add(other.objects);
        self.types.extend(other.types.iter().cloned());
        self.actions.extend(other.actions.iter().cloned());
        for sample in &other.samples {
            if self.samples.len() < SAMPLES && !self.samples.contains(sample) {
                self.samples.push(sample.clone());
            }
        }
        for (name, member) in &other.members {
            self.members.entry(name.clone()).or_default().merge(member);
        }
        if let Some(items) = &other.items {
            self.items.get_or_insert_default().merge(items);
        }
    }

    /// Collects all properties within, by JSON pointer; `*` stands for any element of an array.
    pub(super) fn properties(&self, pointer: &str, into: &mut Vec<Property>) {
        for (name, member) in &self.members {
            if name == ACTIONS && member.objects > 0 {
                continue;
            }
            let pointer = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            into.push(Property {
                pointer: pointer.clone(),
                kinds: member.kinds.iter().copied().collect(),
                count: member.count,
                samples: member.samples.clone(),
            });
            member.properties(&pointer, into);
        }
        if let Some(items) = &self.items {
            let pointer = format!("{pointer}/*");
            if !items.samples.is_empty() {
                let kinds = items.kinds.iter().copied().collect();
                into.push(Property {
                    pointer: pointer.clone(),
                    kinds,
                    count: items.count,
                    samples: items.samples.clone(),
                });
            }
            items.properties(&pointer, into);
        }
    }
}

/// A property that no schema describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Property {
    /// Where it stands within its place, as a JSON pointer in which `*` is any element of an array.
    pub pointer: String,
    /// The kinds of its values.
    pub kinds: Vec<ValueKind>,
    /// How often it was seen.
    pub count: u64,
    /// A few of its values, without secrets.
    pub samples: Vec<String>,
}
