//! Goes through payloads and takes down what is a vendor's.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::shape::Shape;
use crate::client::mask::Secrets;
use crate::resource::AnyResource;
use crate::resource::oem::{OemAction, actions_in};
use crate::schema::{self, ActionInfo};
use crate::wire::{Limits, ODataType, Table, TypeKind, decode, from_slice};

/// Takes down what payloads have beyond the standard; see [`explore`](crate::explore).
#[derive(Debug, Clone, Default)]
pub struct Explorer {
    pub(super) resources: u64,
    /// By vendor in lower case, type of resource, pointer, and what the objects say that they are, without the version.
    pub(super) places: BTreeMap<(String, String, String, String), Shape>,
    /// What stands in `Oem` itself, in no vendor's object: by type of resource and pointer.
    pub(super) bare: BTreeMap<(String, String), Shape>,
    /// The vendors' names as they are written, by their names in lower case.
    pub(super) vendors: BTreeMap<String, String>,
    /// By type of resource and name.
    pub(super) actions: BTreeMap<(String, String), SeenAction>,
    /// Resources by the schema and the type that they say they are.
    pub(super) types: BTreeMap<(String, String), SeenType>,
    /// Descriptions of actions by URI.
    pub(super) infos: BTreeMap<String, ActionInfo>,
}

#[derive(Debug, Clone)]
pub(super) struct SeenAction {
    pub(super) action: OemAction,
    pub(super) count: u64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct SeenType {
    pub(super) shape: Shape,
    /// The first one.
    pub(super) uri: String,
    /// As it was said in full.
    pub(super) said: BTreeSet<String>,
}

/// Where in a payload something is: in which type of resource, and from there on.
struct At {
    resource: String,
    pointer: String,
}

impl Explorer {
    /// Begins with nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in a payload. What its names say is secret is not kept.
    ///
    /// # Errors
    ///
    /// Where it is not JSON.
    pub fn add(&mut self, uri: &str, payload: &[u8]) -> Result<(), serde_json::Error> {
        let json = from_slice::<Value>(payload)?;
        let shown = Secrets::default().json(&json);
        self.see(uri, &json, &shown, None);
        Ok(())
    }

    /// Takes in a resource. What is secret to its client is not kept either.
    pub fn add_resource(&mut self, resource: &AnyResource) {
        let Ok(json) = from_slice::<Value>(resource.json().as_bytes()) else { return };
        let shown = resource.client().masked(&json);
        self.see(resource.uri(), &json, &shown, Some(resource.table()));
    }

    /// Returns the URIs of descriptions of actions (`@Redfish.ActionInfo`) that were named and have not been taken in.
    #[must_use]
    pub fn wanted(&self) -> Vec<String> {
        let named = self.actions.values().filter_map(|seen| Some(seen.action.target.action_info.as_ref()?.as_str()));
        let missing: BTreeSet<_> = named.filter(|uri| !self.infos.contains_key(&key(uri))).collect();
        missing.into_iter().map(str::to_owned).collect()
    }

    fn see(&mut self, uri: &str, json: &Value, shown: &Value, table: Option<&'static Table>) {
        if !json.is_object() {
            return;
        }
        self.resources = self.resources.saturating_add(1);
        let uri = json.get("@odata.id").and_then(Value::as_str).unwrap_or(uri);
        let said = json.get("@odata.type").and_then(Value::as_str).map(ODataType::from);
        let known = said.as_ref().and_then(schema::find_odata_type);
        let table = known.or(table).or_else(|| schema::find_uri(uri));
        if let Some(said) = &said
            && known.is_none()
            && !said.schema().is_empty()
        {
            let seen = self.types.entry((said.schema().to_owned(), said.type_name().to_owned())).or_default();
            seen.shape.see(json, shown);
            seen.said.insert(said.as_str().to_owned());
            if seen.uri.is_empty() {
                uri.clone_into(&mut seen.uri);
            }
        }
        if known.is_some_and(|table| table.name == "ActionInfo" || table.schema() == "ActionInfo")
            && let Ok(info) = decode::<ActionInfo>(json.to_string().as_bytes(), &Limits::default())
        {
            self.infos.insert(key(uri), info.value);
        }
        let resource = match (&said, known) {
            (Some(said), None) if !said.schema().is_empty() => said.schema().to_owned(),
            _ => table.map_or("Resource", Table::schema).to_owned(),
        };
        let unknown = |action: &OemAction| {
            let direct = action.pointer.strip_prefix("/Actions/").is_some_and(|name| !name.contains('/'));
            !(direct && table.is_some_and(|table| table.action(&action.name).is_some()))
        };
        for action in actions_in(json).into_iter().filter(unknown) {
            let name = action.name.trim_start_matches('#').to_owned();
            let seen = self.actions.entry((resource.clone(), name)).or_insert(SeenAction { action, count: 0 });
            seen.count = seen.count.saturating_add(1);
        }
        self.search(json, shown, &mut At { resource, pointer: String::new() });
    }

    /// Finds vendors' objects: the members of what is called `Oem`.
    fn search(&mut self, json: &Value, shown: &Value, at: &mut At) {
        match json {
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    let shown = shown.get(index).unwrap_or(&Value::Null);
                    below(at, "*", |at| self.search(item, shown, at));
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let shown = shown.get(name).unwrap_or(&Value::Null);
                    if name.trim().eq_ignore_ascii_case("Oem")
                        && let Value::Object(vendors) = member
                    {
                        below(at, "Oem", |at| self.vendors(vendors, shown, at));
                    } else if let Some(resource) = embedded(member) {
                        self.search(member, shown, &mut At { resource, pointer: String::new() });
                    } else {
                        below(at, name, |at| self.search(member, shown, at));
                    }
                }
            }
            _ => {}
        }
    }

    fn vendors(&mut self, vendors: &serde_json::Map<String, Value>, shown: &Value, at: &At) {
        for (name, value) in vendors {
            if name.contains('@') {
                continue;
            }
            let is_action = name.starts_with('#') || value.get("target").is_some();
            if !(is_action || value.is_object()) {
                let (value, shown) = (json!({ name: value }), json!({ name: shown.get(name) }));
                self.bare.entry((at.resource.clone(), at.pointer.clone())).or_default().see(&value, &shown);
            }
            // Actions are listed apart; some services leave the number sign out, or put it elsewhere.
            if name.contains('#') || is_action {
                continue;
            }
            let vendor = name.to_ascii_lowercase();
            self.vendors.entry(vendor.clone()).or_insert_with(|| name.clone());
            let said = value.get("@odata.type").and_then(Value::as_str).map(ODataType::from);
            let said = said.filter(|said| !said.schema().is_empty());
            let said = said.map(|said| format!("{}.{}", said.schema(), said.type_name())).unwrap_or_default();
            let place = (vendor, at.resource.clone(), at.pointer.clone(), said);
            self.places.entry(place).or_default().see(value, shown.get(name).unwrap_or(&Value::Null));
        }
    }
}

/// The type of a resource that stands within another.
fn embedded(json: &Value) -> Option<String> {
    let said = ODataType::from(json.get("@odata.type")?.as_str()?);
    let table = schema::find_odata_type(&said)?;
    matches!(table.kind, TypeKind::Entity).then(|| table.schema().to_owned())
}

fn below(at: &mut At, name: &str, then: impl FnOnce(&mut At)) {
    let before = at.pointer.len();
    at.pointer.push('/');
    at.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    then(at);
    at.pointer.truncate(before);
}

pub(super) fn key(uri: &str) -> String {
    uri.trim_end_matches('/').to_owned()
}
