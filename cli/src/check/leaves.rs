//! How much of a payload is typed. A leaf is a string, number, boolean or null, wherever it stands. It is typed if a
//! reader of the decoded value gets it without looking at JSON:
//!
//! - it stands in a declared property (or one whose name differs by case alone, or one that the schema lets the service
//!   name) and the field took it; a null counts there, as the field then says that there is nothing;
//! - it is the `@odata.id` of a link, or stands in the resource that a link has in its place, by the link's type;
//! - it stands in an annotation that the standard declares (`@Redfish.AllowableValues`, `@Message.ExtendedInfo`) or is
//!   OData's own (`@odata.count`), which [`Annotations`](rosefish::wire::Annotations) gives typed.
//!
//! What is withheld or unknown is not. What stands under `Oem` is decoded by itself, as the type that the crate `rosefish-oem` has
//! for it, and counts in the same way; where that has none, it is not typed.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

use rosefish::explore::Packs;
use rosefish::schema;
use rosefish::wire::{
    ActionTarget, Deviation, DeviationKind, Field, Handling, Kind, Limits, ODataType, Record as _, Table, TypeKind,
    decode_into, encode_bytes,
};

use super::json::{Json, Text};
use crate::typed::dynamic;

/// How many leaves there are, and how many of them are typed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaves {
    pub(crate) all: u64,
    pub(crate) typed: u64,
}

impl Leaves {
    pub(crate) fn add(&mut self, more: Self) {
        self.all += more.all;
        self.typed += more.typed;
    }
}

/// What a payload has.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) leaves: Leaves,
    /// What of it stands under `Oem`, by the names there.
    pub(crate) vendors: BTreeMap<String, Leaves>,
    /// Whether each vendor's object comes back the same when it is decoded as what it is and encoded.
    pub(crate) lossless: bool,
}

/// Counts the leaves of a payload that was decoded as a type.
pub(crate) fn count(json: &Json<'_>, table: &'static Table, deviations: &[Deviation], packs: &Packs) -> Counted {
    let mut counter = Counter {
        packs,
        withheld: withheld(deviations),
        pointer: String::new(),
        resource: table.schema().to_owned(),
        place: String::new(),
        counted: Counted { leaves: Leaves::default(), vendors: BTreeMap::new(), lossless: true },
    };
    if table.schema() == "Resource"
        && let Some(said) = said(json)
    {
        said.schema().clone_into(&mut counter.resource);
    }
    counter.object(json, table);
    counter.counted
}

/// The pointers of what no field has.
fn withheld(deviations: &[Deviation]) -> HashSet<&str> {
    let untyped = |deviation: &&Deviation| {
        deviation.kind != DeviationKind::Null
            && (deviation.handling == Handling::Withheld || deviation.kind == DeviationKind::IrregularLink)
    };
    deviations.iter().filter(untyped).map(|deviation| deviation.pointer.as_str()).collect()
}

struct Counter<'a> {
    packs: &'a Packs,
    withheld: HashSet<&'a str>,
    pointer: String,
    /// The schema of the resource, and where in it this is: the pointer without places in arrays.
    resource: String,
    place: String,
    counted: Counted,
}

impl Counter<'_> {
    fn object(&mut self, json: &Json<'_>, table: &'static Table) {
        let Json::Object(members) = json else { return self.value(json, None) };
        let dynamic = dynamic(table);
        for (name, value) in members {
            // The decoder's pointers have a field's own name where the payload's is the same, so both agree.
            let Some(name) = name.as_str() else {
                // No field has a name that is not text.
                self.step("", |counter| counter.value(value, None));
                continue;
            };
            self.step(name, |counter| {
                let field = table.find(name).or_else(|| table.find_miscased(name)).and_then(|at| table.fields.get(at));
                match (field, dynamic, name.split_once('@')) {
                    (Some(field), ..) => counter.value(value, Some(field.kind)),
                    (None, Some(kind), None) if table.allows(name) => counter.value(value, Some(kind)),
                    (None, _, Some((_, term))) => counter.value(value, annotation(term)),
                    (None, _, None) => counter.value(value, None),
                }
            });
        }
    }

    fn step(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let (before, place) = (self.pointer.len(), self.place.len());
        self.pointer.push('/');
        self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        self.place.push('/');
        self.place.push_str(name);
        inside(self);
        self.pointer.truncate(before);
        self.place.truncate(place);
    }

    fn value(&mut self, json: &Json<'_>, kind: Option<Kind>) {
        let kind = kind.filter(|_| !self.withheld.contains(self.pointer.as_str()));
        match (json, kind) {
            (Json::Array(items), _) => {
                for (index, item) in items.iter().enumerate() {
                    let before = self.pointer.len();
                    // A String takes whatever is written to it.
                    let _ = write!(self.pointer, "/{index}");
                    self.value(item, kind);
                    self.pointer.truncate(before);
                }
            }
            (Json::Object(members), _) if is_oem(&self.place) => self.vendors(members),
            (Json::Object(members), _) => {
                let outer = self.embedded(json);
                match kind {
                    Some(Kind::Record(table) | Kind::Link(table)) => self.object(json, table),
                    _ => {
                        for (name, value) in members {
                            self.step(name.as_str().unwrap_or_default(), |counter| counter.value(value, None));
                        }
                    }
                }
                if let Some((resource, place)) = outer {
                    (self.resource, self.place) = (resource, place);
                }
            }
            (_, kind) => {
                // Whatever else a field could not take is among what was withheld.
                let typed = !matches!(kind, None | Some(Kind::Oem));
                self.counted.leaves.add(Leaves { all: 1, typed: u64::from(typed) });
            }
        }
    }

    /// Continues within a resource that stands in another one; returns where this was.
    fn embedded(&mut self, json: &Json<'_>) -> Option<(String, String)> {
        let table = schema::find_odata_type(&said(json)?).filter(|table| matches!(table.kind, TypeKind::Entity))?;
        let resource = std::mem::replace(&mut self.resource, table.schema().to_owned());
        Some((resource, std::mem::take(&mut self.place)))
    }

    /// The members of an `Oem`. They are typed as what the packs say that they are.
    fn vendors(&mut self, members: &[(Text, Json<'_>)]) {
        for (name, value) in members {
            let name = name.as_str().unwrap_or_default();
            if let Some((_, term)) = name.split_once('@').filter(|(before, _)| !before.contains('#')) {
                self.step(name, |counter| counter.value(value, annotation(term)));
                continue;
            }
            let leaves = self.vendor(name, value);
            self.counted.leaves.add(leaves);
            self.counted.vendors.entry(name.to_owned()).or_default().add(leaves);
        }
    }

    fn vendor(&mut self, name: &str, value: &Json<'_>) -> Leaves {
        let mut table = None;
        if matches!(value, Json::Object(_)) {
            // An action is typed wherever it stands: the library gives it as an `OemAction`.
            let is_action = self.place.ends_with("/Actions/Oem") && value.member("target").is_some();
            table = match is_action || self.packs.has_action(name) {
                true => Some(ActionTarget::type_table()),
                false => self.packs.object(&self.resource, &self.place, name, said(value).as_ref()),
            };
        }
        if let Some(leaves) = table.and_then(|table| self.view(value, table)) {
            return leaves;
        }
        // `Oem` itself may have properties.
        let member = match self.packs.bare(&self.resource, &self.place, name) {
            Some(table) => value.text().and_then(|text| {
                let object = format!("{{{}:{text}}}", serde_json::Value::from(name));
                self.view(&Json::parse(&object)?, table)
            }),
            None => None,
        };
        member.unwrap_or_else(|| Leaves { all: value.leaves(), typed: 0 })
    }

    /// The leaves of an object that is decoded by itself. None if it can't be.
    fn view(&mut self, json: &Json<'_>, table: &'static Table) -> Option<Leaves> {
        let text = json.text()?;
        let mut record = table.make();
        let deviations = decode_into(&mut *record, text.as_bytes(), &Limits::default()).ok()?;
        let counted = count(json, table, &deviations, self.packs);
        let back = encode_bytes(&*record);
        self.counted.lossless &= counted.lossless && Json::parse(&back).is_some_and(|back| json.same(&back));
        Some(counted.leaves)
    }
}

/// Whether what stands at a place is an `Oem`.
fn is_oem(place: &str) -> bool {
    place.rsplit('/').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("Oem"))
}

/// What an object says that it is.
fn said(json: &Json<'_>) -> Option<ODataType> {
    let said = json.member("@odata.type").and_then(Json::as_str).map(str::trim).filter(|said| !said.is_empty());
    said.map(ODataType::from)
}

/// What an annotation holds: those of the standard, and OData's own.
fn annotation(term: &str) -> Option<Kind> {
    match term {
        "odata.count" => Some(Kind::Int),
        "odata.id" | "odata.nextLink" | "odata.context" | "odata.navigationLink" | "odata.deltaLink" => {
            Some(Kind::ODataId)
        }
        "odata.type" => Some(Kind::ODataType),
        "odata.etag" => Some(Kind::ETag),
        _ => schema::term(term).map(|Field { kind, .. }| *kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn counted(table: &str, text: &str) -> Counted {
        let table = schema::find(table).unwrap();
        let mut record = table.make();
        let deviations = decode_into(&mut *record, text.as_bytes(), &Limits::default()).unwrap();
        count(&Json::parse(text).unwrap(), table, &deviations, &rosefish_oem::packs())
    }

    #[test]
    fn leaves_count_as_typed_where_a_field_has_them() {
        let cases = [
            (r#"{"Id":"1","Name":null,"PowerState":"On"}"#, 3, 3),
            (r#"{"Nope":"1","Oem":{"Contoso":{"A":[1,2]}}}"#, 3, 0),
            (r#"{"PowerState":["On"],"MemorySummary":"big"}"#, 2, 0),
            (r#"{"powerstate":"On","PartNumber":7}"#, 2, 2),
            (r#"{"Links":{"Chassis":[{"@odata.id":"/redfish/v1/Chassis/1"}],"Chassis@odata.count":1}}"#, 2, 2),
            (r#"{"Boot":{"BootSourceOverrideTarget@Redfish.AllowableValues":["Pxe"],"X@Contoso.Y":1}}"#, 2, 1),
            (r#"{"Memory":{"@odata.id":"/x","Members":[{"@odata.id":"/x/1","CapacityMiB":"many"}]}}"#, 3, 2),
        ];
        for (text, all, typed) in cases {
            assert_eq!(counted("ComputerSystem", text).leaves, Leaves { all, typed }, "{text}");
        }
    }

    #[test]
    fn vendors_leaves_count_as_typed_where_a_pack_has_a_field_that_takes_them() {
        let cases = [
            // Where it stands says what it is, whatever the case of its name.
            (r#"{"Oem":{"Public":{"Manufacturer":"IEIT","ManagementIPv4":"192.0.2.1","Nope":1}}}"#, "Public", 3, 2),
            (r#"{"Oem":{"PUBLIC":{"Model":"SA5212"}}}"#, "PUBLIC", 1, 1),
            // A value that the field can't take.
            (r#"{"Oem":{"Public":{"SerialNumber":{"a":1},"Model":["b"]}}}"#, "Public", 2, 0),
            // What it says of itself goes before where it stands.
            (
                r##"{"Oem":{"Public":{"@odata.type":"#HpeiLOServiceExt.v9_9_9.HpeiLOServiceExt","Model":"x"}}}"##,
                "Public",
                2,
                1,
            ),
            (r##"{"Oem":{"Nobody":{"@odata.type":"#Nobody.v1_0_0.Nobody","A":1}}}"##, "Nobody", 2, 0),
        ];
        for (text, vendor, all, typed) in cases {
            let counted = counted("ServiceRoot", text);
            assert_eq!(counted.vendors[vendor], Leaves { all, typed }, "{text}");
            assert!(counted.lossless, "{text}");
        }
    }
}
