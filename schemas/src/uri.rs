//! Finds the type of a resource by its URI, for payloads that don't state their type: it applies the URI templates of the
//! schemas (`Redfish.Uris`) in reverse. A type that the payload states takes precedence.

use std::collections::HashMap;

use rosefish_wire::{Kind, ODataId, Table};

/// Returns the type of the object that a JSON pointer leads to.
fn inside(mut table: &'static Table, pointer: &str) -> Option<&'static Table> {
    for step in pointer.split('/').filter(|step| !step.is_empty()) {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        table = match table.field(step)?.kind {
            Kind::Record(inner) | Kind::Link(inner) => inner,
            _ => return None,
        };
    }
    Some(table)
}

/// A URI template, such as `/redfish/v1/Systems/{ComputerSystemId}`: its segments, `None` where any text matches.
struct Template {
    segments: Vec<Option<String>>,
    table: &'static Table,
}

impl Template {
    fn fits(&self, segments: &[String]) -> bool {
        let fits = |(fixed, segment): (&Option<String>, &String)| fixed.as_ref().is_none_or(|fixed| fixed == segment);
        self.segments.len() == segments.len() && self.segments.iter().zip(segments).all(fits)
    }
}

/// All templates, by the number of segments and the last segment, if that is fixed.
pub(super) struct Templates(HashMap<(usize, Option<String>), Vec<Template>>);

impl Templates {
    /// Collects the templates of these types.
    pub(super) fn of(types: impl Iterator<Item = &'static Table>) -> Self {
        let mut all: HashMap<_, Vec<Template>> = HashMap::new();
        for table in types {
            for uri in table.uris {
                let fixed = |segment: &str| (!segment.contains('{')).then(|| segment.to_ascii_lowercase());
                let segments: Vec<_> = uri.split('/').filter(|segment| !segment.is_empty()).map(fixed).collect();
                let key = (segments.len(), segments.last().cloned().flatten());
                all.entry(key).or_default().push(Template { segments, table });
            }
        }
        Self(all)
    }

    /// Finds the type of the resource at a URI: see [`find_uri`](super::find_uri).
    pub(super) fn find(&self, uri: &str) -> Option<&'static Table> {
        let id = ODataId::from(uri);
        let path = id.document().split('?').next().unwrap_or_default();
        let path = path.find("/redfish/").and_then(|start| path.get(start..)).unwrap_or(path);
        let segments: Vec<String> =
            path.split('/').filter(|segment| !segment.is_empty()).map(str::to_ascii_lowercase).collect();
        let table = self.lookup(&segments).or_else(|| match segments.split_last() {
            Some((last, rest)) if last == "settings" || last == "sd" => self.lookup(rest),
            _ => None,
        })?;
        match id.fragment() {
            Some(pointer) => inside(table, pointer),
            None => Some(table),
        }
    }

    fn lookup(&self, segments: &[String]) -> Option<&'static Table> {
        // A template with a fixed last segment is more specific than one where the service chooses it.
        let fixed = self.0.get(&(segments.len(), segments.last().cloned()));
        let free = self.0.get(&(segments.len(), None));
        [fixed, free].into_iter().flatten().find_map(|templates| {
            let fitting = templates.iter().filter(|template| template.fits(segments));
            let best = fitting.max_by_key(|template| template.segments.iter().flatten().count());
            best.map(|template| template.table)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types;

    #[test]
    fn a_resource_is_known_by_where_it_stands() {
        let cases = [
            ("/redfish/v1", Some("ServiceRoot.ServiceRoot")),
            ("/redfish/v1/", Some("ServiceRoot.ServiceRoot")),
            ("/redfish/v1/Systems", Some("ComputerSystemCollection.ComputerSystemCollection")),
            ("/redfish/v1/systems/1/bios/Settings/", Some("Bios.Bios")),
            ("https://bmc.example/redfish/v1/Systems/1", Some("ComputerSystem.ComputerSystem")),
            ("/redfish/v1/Systems/1/SD", Some("ComputerSystem.ComputerSystem")),
            ("/redfish/v1/Systems/1?$select=Name", Some("ComputerSystem.ComputerSystem")),
            ("/redfish/v1/Chassis/1/Power#/Voltages/0", Some("Power.Voltage")),
            ("/redfish/v1/Chassis/1/Power#Voltages/0", Some("Power.Voltage")),
            ("/redfish/v1/Chassis/1/Oem/Contoso/Things", None),
            ("", None),
        ];
        let templates = Templates::of(types().iter().map(|(_, table)| *table));
        for (uri, expected) in cases {
            assert_eq!(templates.find(uri).map(|table| table.name), expected, "{uri}");
        }
    }
}
