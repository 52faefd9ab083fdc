//! What was found, by vendor.

use std::collections::BTreeMap;

use serde::Serialize;

use super::collect::{Explorer, key};
use super::shape::{Property, Shape, ValueKind};
use crate::resource::action_parameters::{ActionParameter, describe};

/// What machines have beyond the standard.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Findings {
    /// How many resources were looked at.
    pub resources: u64,
    /// By vendor.
    pub vendors: Vec<VendorFindings>,
}

/// What one vendor adds.
#[derive(Debug, Clone, Default, Serialize)]
#[non_exhaustive]
pub struct VendorFindings {
    /// The vendor, as its objects are called in `Oem`; of what stands in none, the name of its schema.
    pub name: String,
    /// Its objects in `Oem`.
    pub places: Vec<Place>,
    /// Its actions.
    pub actions: Vec<VendorAction>,
    /// Its resources, whose types no schema of this build has.
    pub types: Vec<VendorType>,
}

/// A place where a vendor adds something.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The type of resource.
    pub resource: String,
    /// Where in it, as a JSON pointer in which `*` is any element of an array: `/Links/Oem/Contoso`.
    pub pointer: String,
    /// How often it was seen.
    pub count: u64,
    /// What there is: an object as a rule.
    pub kinds: Vec<ValueKind>,
    /// The types that the objects say they are (`@odata.type`).
    pub types: Vec<String>,
    /// What is in it.
    pub properties: Vec<Property>,
}

/// An action that no schema knows.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct VendorAction {
    /// Its name as the service writes it.
    pub name: String,
    /// The type of resource that has it.
    pub resource: String,
    /// Where in the resource it stands, as a JSON pointer.
    pub pointer: String,
    /// How often it was seen.
    pub count: u64,
    /// Where it is invoked, on the first resource that has it.
    pub target: Option<String>,
    /// Its parameters, as far as the service describes them.
    pub parameters: Vec<ActionParameter>,
}

/// A type of resource that no schema of this build has.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct VendorType {
    /// Its name without the version, `Contoso.Shelf`.
    pub name: String,
    /// What the resources say that they are.
    pub types: Vec<String>,
    /// How often it was seen.
    pub count: u64,
    /// The first such resource.
    pub uri: String,
    /// What is in it.
    pub properties: Vec<Property>,
}

impl Explorer {
    /// Returns what was found so far.
    #[must_use]
    pub fn findings(&self) -> Findings {
        let mut vendors: BTreeMap<String, VendorFindings> = BTreeMap::new();
        // Objects of several types may stand at one place.
        let mut places: BTreeMap<(&String, &String, &String), Shape> = BTreeMap::new();
        for ((vendor, resource, pointer, _), shape) in &self.places {
            places.entry((vendor, resource, pointer)).or_default().merge(shape);
        }
        for ((vendor, resource, pointer), shape) in places {
            let mut properties = Vec::new();
            shape.properties("", &mut properties);
            if properties.is_empty() && pointer.ends_with("/Actions/Oem") {
                continue;
            }
            let name = self.vendors.get(vendor).unwrap_or(vendor);
            self.entry(&mut vendors, vendor).places.push(Place {
                resource: resource.clone(),
                pointer: format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")),
                count: shape.count,
                kinds: shape.kinds.iter().copied().collect(),
                types: shape.types.iter().cloned().collect(),
                properties,
            });
        }
        for ((resource, name), seen) in &self.actions {
            let target = &seen.action.target;
            let info = target.action_info.as_ref().and_then(|uri| self.infos.get(&key(uri.as_str())));
            let vendor = self.vendor_of(name, &seen.action.pointer);
            self.entry(&mut vendors, &vendor).actions.push(VendorAction {
                name: seen.action.name.clone(),
                resource: resource.clone(),
                pointer: seen.action.pointer.clone(),
                count: seen.count,
                target: target.target.as_ref().map(|uri| uri.as_str().to_owned()),
                parameters: describe(target, info, None),
            });
        }
        for ((schema, name), seen) in &self.types {
            let mut properties = Vec::new();
            seen.shape.properties("", &mut properties);
            let vendor = self.vendor_of(schema, &seen.uri);
            self.entry(&mut vendors, &vendor).types.push(VendorType {
                name: format!("{schema}.{name}"),
                types: seen.said.iter().cloned().collect(),
                count: seen.shape.count,
                uri: seen.uri.clone(),
                properties,
            });
        }
        Findings { resources: self.resources, vendors: vendors.into_values().collect() }
    }

    fn entry<'a>(&self, vendors: &'a mut BTreeMap<String, VendorFindings>, vendor: &str) -> &'a mut VendorFindings {
        let entry = vendors.entry(vendor.to_ascii_lowercase()).or_default();
        if entry.name.is_empty() {
            self.vendors.get(&vendor.to_ascii_lowercase()).map_or(vendor, |name| name).clone_into(&mut entry.name);
        }
        entry
    }

    /// Whose a name is: the vendor's that it begins with, else of whom its place speaks, else of a vendor of the schema's name.
    pub(super) fn vendor_of(&self, name: &str, place: &str) -> String {
        let lower = name.to_ascii_lowercase();
        let bare = lower.strip_prefix("oem").unwrap_or(&lower);
        let begins = |vendor: &&String| !vendor.is_empty() && bare.starts_with(vendor.as_str());
        if let Some(vendor) = self.vendors.keys().filter(begins).max_by_key(|vendor| vendor.len()) {
            return vendor.clone();
        }
        let mut parts = place.split('/').skip_while(|part| !part.eq_ignore_ascii_case("Oem")).skip(1);
        if let Some(vendor) = parts.next().filter(|part| self.vendors.contains_key(&part.to_ascii_lowercase())) {
            return vendor.to_ascii_lowercase();
        }
        name.split('.').next().unwrap_or(name).to_owned()
    }
}
