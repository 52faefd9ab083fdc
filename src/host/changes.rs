//! How two inventories differ.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::inventory::Component;

/// A difference between two inventories of a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InventoryChange {
    /// It was not there before.
    Added {
        /// What is there now.
        component: Component,
    },
    /// It is not there any more.
    Removed {
        /// What was there.
        component: Component,
    },
    /// It is otherwise than before, or another one is in its place.
    Changed {
        /// What was there.
        before: Box<Component>,
        /// What is there now.
        after: Box<Component>,
        /// What differs, by the names that it has in JSON (`serial_number`, `details/capacity_bytes`).
        what: Vec<String>,
    },
}

impl fmt::Display for InventoryChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |part: &Component| format!("{} {} ({})", part.kind, part.name, part.id);
        match self {
            Self::Added { component } => write!(f, "added: {}", name(component)),
            Self::Removed { component } => write!(f, "removed: {}", name(component)),
            Self::Changed { before, after, what } => {
                write!(f, "changed: {}:", name(after))?;
                let (before, after) = (serde_json::to_value(before), serde_json::to_value(after));
                let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
                for path in what {
                    let pointer = format!("/{path}");
                    let text =
                        |json: &Value| json.pointer(&pointer).map_or_else(|| "none".to_owned(), ToString::to_string);
                    write!(f, " {path} {} -> {};", text(&before), text(&after))?;
                }
                Ok(())
            }
        }
    }
}

/// Compares two inventories. Components are the same where their kind and the place of their description are.
///
/// ```no_run
/// # async fn example(host: rosefish::host::Host, kept: Vec<rosefish::host::Component>) -> Result<(), rosefish::Error> {
/// use rosefish::host::inventory_changes;
///
/// let now = host.inventory().await?.value;
/// for change in inventory_changes(&kept, &now) {
///     println!("{change}");
/// }
/// # Ok(())
/// # }
/// ```
#[must_use]
pub fn inventory_changes(before: &[Component], after: &[Component]) -> Vec<InventoryChange> {
    let same = |a: &Component, b: &Component| a.kind == b.kind && a.id == b.id;
    let mut changes = Vec::new();
    for old in before {
        match after.iter().find(|new| same(old, new)) {
            None => changes.push(InventoryChange::Removed { component: old.clone() }),
            Some(new) if new != old => {
                let what = differences(old, new);
                changes.push(InventoryChange::Changed {
                    before: Box::new(old.clone()),
                    after: Box::new(new.clone()),
                    what,
                });
            }
            Some(_) => {}
        }
    }
    let is_new = |new: &&Component| !before.iter().any(|old| same(old, new));
    changes
        .extend(after.iter().filter(is_new).map(|component| InventoryChange::Added { component: component.clone() }));
    changes
}

fn differences(before: &Component, after: &Component) -> Vec<String> {
    let (Ok(Value::Object(before)), Ok(Value::Object(after))) =
        (serde_json::to_value(before), serde_json::to_value(after))
    else {
        return Vec::new();
    };
    let mut what = Vec::new();
    let empty = Value::Object(serde_json::Map::new());
    let names = |a: &serde_json::Map<String, Value>, b: &serde_json::Map<String, Value>| {
        let mut names: Vec<String> = a.keys().chain(b.keys()).cloned().collect();
        names.sort();
        names.dedup();
        names
    };
    for name in names(&before, &after) {
        let (old, new) = (before.get(&name), after.get(&name));
        if name == "details"
            && let (Some(old), Some(new)) = (old.unwrap_or(&empty).as_object(), new.unwrap_or(&empty).as_object())
        {
            let inner = names(old, new).into_iter().filter(|name| old.get(name) != new.get(name));
            what.extend(inner.map(|name| format!("details/{name}")));
        } else if old != new {
            what.push(name);
        }
    }
    what
}
