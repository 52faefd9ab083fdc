//! A list of parts in which each is once, with all places that describe it.

use std::collections::HashMap;

use serde_json::Value;

use super::super::survey::{text, to_json};
use super::kind::ComponentKind;
use crate::resource::AnyResource;
use crate::resource::partial::key;

/// A part, and the object that describes it.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) kind: ComponentKind,
    /// Where it is described: a URI, with a pointer where that is within a resource.
    pub(crate) uri: String,
    /// Where else.
    pub(crate) also_at: Vec<String>,
    /// The resource that it is a part of.
    pub(crate) parent: Option<String>,
    pub(crate) json: Value,
}

/// From where a part was found.
#[derive(Debug, Clone, Default)]
pub(super) enum Side {
    #[default]
    Service,
    /// From a system, by its URI.
    System(String),
    /// From a chassis, with the systems that it says are in it.
    Chassis(Vec<String>),
}

#[derive(Debug, Default)]
pub(super) struct Parts {
    list: Vec<Part>,
    /// The URI of the system that each was found from, or nothing.
    systems: Vec<Option<String>>,
    /// Where each is, by the URIs that describe it.
    by_uri: HashMap<String, usize>,
    side: Side,
    parent: Option<String>,
    /// Where the list was when the present place began: parts from there on may be described again within it.
    place: usize,
}

impl Parts {
    /// From here on, parts are of this.
    pub(super) fn begin(&mut self, side: Side, parent: Option<&str>) {
        self.side = side;
        self.parent = parent.map(str::to_owned);
        self.begin_place();
    }

    /// From here on, a part of the same name is another one.
    pub(super) fn begin_place(&mut self) {
        self.place = self.list.len();
    }

    pub(super) fn into_list(self) -> Vec<Part> {
        self.list
    }

    pub(super) fn add_all(&mut self, kind: ComponentKind, resources: &[AnyResource], parent: Option<&str>) {
        for resource in resources {
            // Settings stand among the members of some collections.
            let place = key(resource.uri());
            if place.ends_with("/Settings") {
                continue;
            }
            let parent = parent.or(self.parent.as_deref()).map(str::to_owned);
            let json = to_json(resource);
            match self.found_by_system(kind, place, &json) {
                Some(at) => self.note(at, resource.uri().to_owned()),
                None => {
                    let uri = resource.uri().to_owned();
                    self.push(Part { kind, uri, also_at: Vec::new(), parent, json });
                }
            }
        }
    }

    /// Adds the items of an array in a resource of the older form, unless they were described in the newer one.
    pub(super) fn add_array(&mut self, kind: ComponentKind, resource: &AnyResource, array: &str) {
        let json = to_json(resource);
        let items = match json.get(array) {
            Some(Value::Array(items)) => items.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => &[],
        };
        let items: Vec<_> = items.iter().enumerate().filter(|(_, item)| item.is_object()).collect();
        let mut same: Vec<Option<usize>> = Vec::new();
        for (_, item) in &items {
            let linked = text(item, "@odata.id").and_then(|uri| self.by_uri.get(key(uri)).copied());
            let found =
                linked.filter(|at| !same.contains(&Some(*at))).or_else(|| self.same_within_place(kind, item, &same));
            same.push(found);
        }
        self.pair_the_rest(kind, &items, &mut same);
        for ((at, item), same) in items.into_iter().zip(same) {
            let uri = format!("{}#/{array}/{at}", resource.uri());
            match same {
                Some(known) => self.note(known, uri),
                None => {
                    let parent = Some(resource.uri().to_owned());
                    self.push(Part { kind, uri, also_at: Vec::new(), parent, json: item.clone() });
                }
            }
        }
    }

    /// Adds resources of an older schema, unless they were described in the newer one: by the same last segment of the URI.
    pub(super) fn add_older(&mut self, kind: ComponentKind, resources: &[AnyResource], parent: &str) {
        for resource in resources {
            let segment = last_segment(resource.uri());
            let is_same = |part: &Part| part.kind == kind && last_segment(&part.uri) == segment;
            match self.list.iter().skip(self.place).position(is_same) {
                Some(at) => self.note(self.place.saturating_add(at), resource.uri().to_owned()),
                None => self.add_all(kind, std::slice::from_ref(resource), Some(parent)),
            }
        }
    }

    fn push(&mut self, part: Part) {
        self.by_uri.insert(key(&part.uri).to_owned(), self.list.len());
        self.systems.push(match &self.side {
            Side::System(uri) => Some(uri.clone()),
            _ => None,
        });
        self.list.push(part);
    }

    fn note(&mut self, at: usize, uri: String) {
        self.by_uri.insert(key(&uri).to_owned(), at);
        if let Some(part) = self.list.get_mut(at) {
            part.also_at.push(uri);
        }
    }

    /// The part that a system of this chassis has at another URI: `Systems/1/PCIeDevices/49-0` and `Chassis/1/PCIeDevices/49-0`.
    fn found_by_system(&self, kind: ComponentKind, uri: &str, json: &Value) -> Option<usize> {
        let Side::Chassis(linked) = &self.side else { return None };
        let segment = last_segment(uri);
        self.list.iter().zip(&self.systems).position(|(part, system)| {
            let is_here = system.as_ref().is_some_and(|system| linked.iter().any(|one| key(one) == key(system)));
            is_here
                && part.kind == kind
                && last_segment(&part.uri) == segment
                && text(&part.json, "Name") == text(json, "Name")
                && text(&part.json, "SerialNumber") == text(json, "SerialNumber")
        })
    }

    /// The resources within this place that an item of an array may be: those that no item was found to be.
    fn candidates(&self, kind: ComponentKind, taken: &[Option<usize>]) -> impl Iterator<Item = (usize, &Part)> {
        let within = self.list.iter().enumerate().skip(self.place);
        within.filter(move |(at, part)| part.kind == kind && !taken.contains(&Some(*at)) && !part.uri.contains('#'))
    }

    /// The part within this place that an item of an array is: by its serial number, else by its `Id` or its name.
    fn same_within_place(&self, kind: ComponentKind, item: &Value, taken: &[Option<usize>]) -> Option<usize> {
        let own = serial(item);
        let by_serial = self.candidates(kind, taken).find(|(_, part)| own.is_some() && serial(&part.json) == own);
        let by_name = || {
            self.candidates(kind, taken).find(|(_, part)| {
                let id = text(item, "MemberId");
                let is_named = id.is_some_and(|id| last_segment(&part.uri).eq_ignore_ascii_case(id))
                    || name(item).is_some_and(|own| name(&part.json).as_ref() == Some(&own));
                is_named && !is_other(&part.json, item)
            })
        };
        by_serial.or_else(by_name).map(|(at, _)| at)
    }

    /// Where as many items as resources are left over, they are the same in the same order: services call them otherwise in
    /// the older form.
    fn pair_the_rest(&self, kind: ComponentKind, items: &[(usize, &Value)], same: &mut [Option<usize>]) {
        let rest: Vec<_> = self.candidates(kind, same).map(|(at, part)| (at, &part.json)).collect();
        let open: Vec<_> = items.iter().enumerate().filter(|(at, _)| same.get(*at) == Some(&None)).collect();
        let fits =
            rest.len() == open.len() && rest.iter().zip(&open).all(|((_, part), (_, (_, item)))| !is_other(part, item));
        if fits {
            let pairs: Vec<_> = open.iter().map(|(place, _)| *place).zip(rest.iter().map(|(at, _)| *at)).collect();
            for (place, at) in pairs {
                if let Some(one) = same.get_mut(place) {
                    *one = Some(at);
                }
            }
        }
    }
}

fn serial(json: &Value) -> Option<String> {
    text(json, "SerialNumber").map(str::to_ascii_lowercase)
}

fn name(json: &Value) -> Option<String> {
    let name = text(json, "Name").or_else(|| text(json, "FanName")).or_else(|| text(json, "MemberId"));
    name.map(str::to_ascii_lowercase)
}

/// Another serial number is another part.
fn is_other(a: &Value, b: &Value) -> bool {
    matches!((serial(a), serial(b)), (Some(a), Some(b)) if a != b)
}

fn last_segment(uri: &str) -> &str {
    key(uri).rsplit('/').next().unwrap_or_default()
}
