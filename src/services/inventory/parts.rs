//! A list of parts in which each is once, with all places that describe it.

use std::collections::{HashMap, HashSet};

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
    /// Where those of a kind are, by the last segment of their URIs.
    by_segment: HashMap<(ComponentKind, String), Vec<usize>>,
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
        let candidates = Candidates::of(self, kind);
        let (mut same, mut taken): (Vec<Option<usize>>, _) = (Vec::new(), HashSet::new());
        for (_, item) in &items {
            let linked = text(item, "@odata.id").and_then(|uri| self.by_uri.get(key(uri)).copied());
            let found = linked.filter(|at| !taken.contains(at)).or_else(|| candidates.find(item, &taken));
            taken.extend(found);
            same.push(found);
        }
        candidates.pair_the_rest(&items, &taken, &mut same);
        drop(candidates);
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
            let found = self.called(kind, resource.uri()).find(|at| *at >= self.place);
            match found {
                Some(at) => self.note(at, resource.uri().to_owned()),
                None => self.add_all(kind, std::slice::from_ref(resource), Some(parent)),
            }
        }
    }

    /// The parts of a kind with the same last segment of the URI, in order.
    fn called(&self, kind: ComponentKind, uri: &str) -> impl Iterator<Item = usize> {
        self.by_segment.get(&(kind, last_segment(uri).to_owned())).into_iter().flatten().copied()
    }

    fn push(&mut self, part: Part) {
        self.by_uri.insert(key(&part.uri).to_owned(), self.list.len());
        let segment = (part.kind, last_segment(&part.uri).to_owned());
        self.by_segment.entry(segment).or_default().push(self.list.len());
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
        self.called(kind, uri).find(|at| {
            let system = self.systems.get(*at).and_then(Option::as_ref);
            let is_here = system.is_some_and(|system| linked.iter().any(|one| key(one) == key(system)));
            let is_same = |part: &Part| {
                text(&part.json, "Name") == text(json, "Name")
                    && text(&part.json, "SerialNumber") == text(json, "SerialNumber")
            };
            is_here && self.list.get(*at).is_some_and(is_same)
        })
    }
}

/// The resources within this place that the items of an array may be.
struct Candidates<'a> {
    parts: Vec<(usize, &'a Value)>,
    /// Which of them has a serial number, is called so in its URI, has a name.
    by_serial: HashMap<String, Vec<usize>>,
    by_id: HashMap<String, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl<'a> Candidates<'a> {
    fn of(all: &'a Parts, kind: ComponentKind) -> Self {
        let within = all.list.iter().enumerate().skip(all.place);
        let within = within.filter(|(_, part)| part.kind == kind && !part.uri.contains('#'));
        let (mut by_serial, mut by_id, mut by_name) = (HashMap::new(), HashMap::new(), HashMap::new());
        let note = |index: &mut HashMap<String, Vec<usize>>, name: Option<String>, at| {
            if let Some(name) = name {
                index.entry(name).or_default().push(at);
            }
        };
        let mut parts = Vec::new();
        for (number, (at, part)) in within.enumerate() {
            note(&mut by_serial, serial(&part.json), number);
            note(&mut by_id, Some(last_segment(&part.uri).to_ascii_lowercase()), number);
            note(&mut by_name, name(&part.json), number);
            parts.push((at, &part.json));
        }
        Self { parts, by_serial, by_id, by_name }
    }

    /// The part that an item is, of those that none was found to be: by its serial number, else by its `Id` or its name.
    fn find(&self, item: &Value, taken: &HashSet<usize>) -> Option<usize> {
        let first = |index: &HashMap<String, Vec<usize>>, name: Option<String>, fits: &dyn Fn(&Value) -> bool| {
            let numbers = name.and_then(|name| index.get(&name)).into_iter().flatten().copied();
            let free =
                |number: &usize| self.parts.get(*number).is_some_and(|(at, json)| !taken.contains(at) && fits(json));
            let mut numbers = numbers.filter(free);
            numbers.next()
        };
        let is_same = |json: &Value| !is_other(json, item);
        let by_serial = first(&self.by_serial, serial(item), &|_| true);
        let number = by_serial.or_else(|| {
            let by_id = first(&self.by_id, text(item, "MemberId").map(str::to_ascii_lowercase), &is_same);
            let by_name = first(&self.by_name, name(item), &is_same);
            by_id.into_iter().chain(by_name).min()
        });
        number.and_then(|number| self.parts.get(number)).map(|(at, _)| *at)
    }

    /// Where as many items as resources are left over, they are the same in the same order: services call them otherwise in
    /// the older form.
    fn pair_the_rest(&self, items: &[(usize, &Value)], taken: &HashSet<usize>, same: &mut [Option<usize>]) {
        let rest: Vec<_> = self.parts.iter().filter(|(at, _)| !taken.contains(at)).collect();
        let open: Vec<_> = items.iter().zip(same).filter(|(_, same)| same.is_none()).collect();
        let fits =
            rest.len() == open.len() && rest.iter().zip(&open).all(|((_, part), ((_, item), _))| !is_other(part, item));
        if fits {
            for ((_, same), (at, _)) in open.into_iter().zip(rest) {
                *same = Some(*at);
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
