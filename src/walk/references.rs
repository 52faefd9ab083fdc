//! Where a resource leads: the links that its type declares, and the references that stand where the schemas say nothing
//! of them (in `Oem`, in unknown properties). Does no I/O.

use std::collections::HashSet;

use serde_json::Value;

use crate::resource::AnyResource;
use crate::schema;
use crate::wire::{self, Table};

/// A place that a resource leads to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Reference {
    /// Where in the resource: a JSON pointer.
    pub pointer: String,
    /// What is there, as the service wrote it.
    pub uri: String,
    /// What the schemas say is to be found there; none where they say nothing, or only that it is some resource.
    pub target: Option<&'static Table>,
    /// It is the next page of this collection, no resource of its own.
    pub page: bool,
}

/// Finds all places that a resource leads to, those with a declared type first. The resource's own `@odata.id`, the targets
/// of actions and what is not part of a Redfish service (schemas, published registries) are not among them.
#[must_use]
pub fn references(resource: &AnyResource) -> Vec<Reference> {
    let mut found: Vec<Reference> = wire::links(resource.record())
        .into_iter()
        .map(|link| Reference {
            pointer: link.pointer,
            uri: link.uri.as_str().to_owned(),
            target: declared(link.target),
            page: false,
        })
        .collect();
    let typed: HashSet<String> = found.iter().map(|link| link.uri.clone()).collect();
    let registry = resource.table().name == "MessageRegistryFile.MessageRegistryFile";
    // It was decoded before; a parser that is stricter than the decoder finds nothing more.
    if let Ok(json) = serde_json::from_str(resource.json().trim_start_matches('\u{FEFF}')) {
        let mut search = Search { registry, found: Vec::new(), pointer: String::new() };
        search.value(&json);
        found.extend(search.found.into_iter().filter(|link| link.page || !typed.contains(&link.uri)).map(|link| {
            // A page holds members like those of the first.
            let target = if link.page { Some(resource.table()) } else { link.target };
            Reference { target, ..link }
        }));
    }
    found
}

impl AnyResource {
    /// Finds all places that it leads to: see [`references`]. [`follow`](Self::follow) takes their pointers.
    #[must_use]
    pub fn links(&self) -> Vec<Reference> {
        references(self)
    }
}

/// `Resource` and its kin say nothing that the resource itself would not say better.
fn declared(table: &'static Table) -> Option<&'static Table> {
    (table.schema() != "Resource").then_some(table)
}

/// Goes through JSON in search of references.
struct Search {
    registry: bool,
    found: Vec<Reference>,
    pointer: String,
}

impl Search {
    fn value(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    self.step(&name.replace('~', "~0").replace('/', "~1"), |search| search.member(name, member));
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.step(&index.to_string(), |search| search.value(item));
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, segment: &str, then: impl FnOnce(&mut Self)) {
        let before = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(segment);
        then(self);
        self.pointer.truncate(before);
    }

    fn member(&mut self, name: &str, member: &Value) {
        let Value::String(text) = member else { return self.value(member) };
        let (page, target) = match name {
            // The pointer of the top's own `@odata.id` has but one segment.
            "@odata.id" if self.pointer.rfind('/') == Some(0) => return,
            "@odata.id" => (false, None),
            _ if name.ends_with("@odata.nextLink") => (true, None),
            _ if name.ends_with("@Redfish.ActionInfo") => (false, schema::find("ActionInfo")),
            // Where a service carries a registry itself; published ones have absolute URLs.
            "Uri" if self.registry && self.pointer.starts_with("/Location/") && text.starts_with('/') => (false, None),
            _ => return,
        };
        if !text.trim().is_empty() {
            let pointer = self.pointer.strip_suffix("/@odata.id").unwrap_or(&self.pointer).to_owned();
            self.found.push(Reference { pointer, uri: text.clone(), target, page });
        }
    }
}

/// Returns what all spellings of a path have in common: the path without a slash at its end.
#[must_use]
pub fn key(path: &str) -> String {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let trimmed = path.trim_end_matches('/');
    match query {
        Some(query) => format!("{trimmed}?{query}"),
        None => trimmed.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_at_the_end_makes_no_other_resource() {
        assert_eq!(key("/redfish/v1/Systems/"), key("/redfish/v1/Systems"));
        assert_ne!(key("/redfish/v1/Systems?$skip=1"), key("/redfish/v1/Systems?$skip=2"));
    }

    #[test]
    fn references_are_found_wherever_they_stand() {
        let json = serde_json::json!({
            "@odata.id": "/redfish/v1/Systems/1",
            "@odata.context": "/redfish/v1/$metadata#ComputerSystem.ComputerSystem",
            "Oem": { "A/B": { "Things": [{ "@odata.id": "/redfish/v1/Oem/1" }, { "@odata.id": "" }] } },
            "Members@odata.nextLink": "/redfish/v1/Systems?page=2",
            "Actions": { "#ComputerSystem.Reset": {
                "target": "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset",
                "@Redfish.ActionInfo": "/redfish/v1/Systems/1/ResetActionInfo",
            } },
            "Location": [{ "Uri": "/registry" }],
        });
        let mut search = Search { registry: false, found: Vec::new(), pointer: String::new() };
        search.value(&json);
        let found: Vec<_> =
            search.found.iter().map(|link| (link.uri.as_str(), link.pointer.as_str(), link.page)).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.contains(&("/redfish/v1/Oem/1", "/Oem/A~1B/Things/0", false)));
        assert!(found.contains(&("/redfish/v1/Systems?page=2", "/Members@odata.nextLink", true)));
    }
}
