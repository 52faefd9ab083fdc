//! How much of a payload is typed. A leaf is a string, number, boolean or null, wherever it stands. It is typed if a
//! reader of the decoded value gets it without looking at JSON:
//!
//! - it stands in a declared property (or one whose name differs by case alone, or one that the schema lets the service
//!   name) and the field took it; a null counts there, as the field then says that there is nothing;
//! - it is the `@odata.id` of a link, or stands in the resource that a link has in its place, by the link's type;
//! - it stands in an annotation that the standard declares (`@Redfish.AllowableValues`, `@Message.ExtendedInfo`) or is
//!   OData's own (`@odata.count`), which [`Annotations`](rosefish::wire::Annotations) gives typed.
//!
//! What is withheld, unknown, or within `Oem` is not.

use std::collections::HashSet;

use rosefish::schema;
use rosefish::wire::{Deviation, DeviationKind, Field, Handling, ItemMut, Kind, Table};

use super::json::Json;

/// How many leaves there are, and how many of them are typed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaves {
    pub(crate) all: u64,
    pub(crate) typed: u64,
}

/// Counts the leaves of a payload that was decoded as a type.
pub(crate) fn count(json: &Json<'_>, table: &'static Table, deviations: &[Deviation]) -> Leaves {
    let untyped = |deviation: &&Deviation| {
        deviation.kind != DeviationKind::Null
            && (deviation.handling == Handling::Withheld || deviation.kind == DeviationKind::IrregularLink)
    };
    let withheld = deviations.iter().filter(untyped).map(|deviation| deviation.pointer.as_str()).collect();
    let mut counter = Counter { withheld, pointer: String::new(), leaves: Leaves::default() };
    counter.object(json, table);
    counter.leaves
}

struct Counter<'a> {
    withheld: HashSet<&'a str>,
    pointer: String,
    leaves: Leaves,
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
                    (None, Some(kind), None) => counter.value(value, Some(kind)),
                    (None, _, Some((_, term))) => counter.value(value, annotation(term)),
                    (None, None, None) => counter.value(value, None),
                }
            });
        }
    }

    fn step(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        let before = self.pointer.len();
        self.pointer.push('/');
        self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
        inside(self);
        self.pointer.truncate(before);
    }

    fn value(&mut self, json: &Json<'_>, kind: Option<Kind>) {
        let kind = kind.filter(|_| !self.withheld.contains(self.pointer.as_str()));
        match (json, kind) {
            (Json::Array(items), _) => {
                for (index, item) in items.iter().enumerate() {
                    self.step(&index.to_string(), |counter| counter.value(item, kind));
                }
            }
            (Json::Object(_), Some(Kind::Record(table) | Kind::Link(table))) => self.object(json, table),
            (Json::Object(members), _) => {
                for (name, value) in members {
                    self.step(name.as_str().unwrap_or_default(), |counter| counter.value(value, None));
                }
            }
            (_, kind) => {
                self.leaves.all += 1;
                let typed = match kind {
                    None | Some(Kind::Oem) => false,
                    // Whatever else a field could not take is among what was withheld.
                    Some(_) => true,
                };
                self.leaves.typed += u64::from(typed);
            }
        }
    }
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

/// What the properties hold that the service names itself, of a type that has such.
fn dynamic(table: &'static Table) -> Option<Kind> {
    if table.patterns.is_empty() {
        return None;
    }
    let mut empty = table.make();
    let mut kind = None;
    empty.dynamic_mut()?.insert("", &mut |item| {
        kind = Some(match item {
            ItemMut::Record(record) => Kind::Record(record.table()),
            ItemMut::Scalar(_) => Kind::Primitive,
        });
        false
    });
    kind
}

#[cfg(test)]
mod tests {
    use rosefish::wire::{Limits, decode_into};

    use super::*;

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
        let table = schema::find("ComputerSystem").unwrap();
        for (text, all, typed) in cases {
            let mut record = table.make();
            let deviations = decode_into(&mut *record, text.as_bytes(), &Limits::default()).unwrap();
            let json = Json::parse(text).unwrap();
            assert_eq!(count(&json, table, &deviations), Leaves { all, typed }, "{text}");
        }
    }
}
