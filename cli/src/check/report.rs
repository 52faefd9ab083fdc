//! The results of decoding payloads: counted one by one, reported as a table or as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rosefish::explore::Packs;
use rosefish::schema;
use rosefish::wire::{DecodeErrorKind, Limits, ODataType, Table, decode_into, encode_bytes};
use serde_json::json;

use super::json::{Json, Text};
use super::leaves::{self, Leaves};
use crate::terminal::one_line;

/// A payload that something is wrong with.
#[derive(Debug)]
struct Fault {
    place: String,
    what: String,
}

/// The results of decoding payloads.
#[derive(Debug)]
pub(crate) struct Report {
    files: u64,
    resources: u64,
    lossless: u64,
    known_type: u64,
    leaves: Leaves,
    /// What is below `Oem`, by its name there in lower case, with the name as it was first spelled.
    vendors: BTreeMap<String, (String, Leaves)>,
    packs: Packs,
    deviations: BTreeMap<&'static str, u64>,
    fatal: Vec<Fault>,
    lossy: Vec<Fault>,
    unknown_types: BTreeMap<String, u64>,
}

impl Default for Report {
    fn default() -> Self {
        Self {
            files: 0,
            resources: 0,
            lossless: 0,
            known_type: 0,
            leaves: Leaves::default(),
            vendors: BTreeMap::new(),
            packs: rosefish_oem::packs(),
            deviations: BTreeMap::new(),
            fatal: Vec::new(),
            lossy: Vec::new(),
            unknown_types: BTreeMap::new(),
        }
    }
}

/// How a payload without a type is listed among the unknown types.
const NO_TYPE: &str = "(none)";

impl Report {
    /// Decodes one more payload. `place` is its URI or the path of its file, `link` the type of a link to it.
    pub(crate) fn add(&mut self, place: &str, bytes: &[u8], link: Option<&'static Table>) {
        self.files += 1;
        let what = match self.payload(place, bytes, link) {
            Ok(true) => {
                self.lossless += 1;
                return;
            }
            Ok(false) => &mut self.lossy,
            Err(error) => {
                self.fatal.push(Fault { place: place.to_owned(), what: error });
                return;
            }
        };
        what.push(Fault { place: place.to_owned(), what: "encoding it gives something else".to_owned() });
    }

    /// Returns whether the payload comes back the same.
    fn payload(&mut self, place: &str, bytes: &[u8], link: Option<&'static Table>) -> Result<bool, String> {
        // The decoder comes first: it checks the payload and has limits.
        let mut any = generic(&[]).make();
        match decode_into(&mut *any, bytes, &Limits::default()) {
            Ok(_) => {
                let (json, behind) = Json::first(bytes).ok_or("the payload can't be compared")?;
                Ok(self.resource(place, bytes, &json, behind, link))
            }
            // An array or a scalar: it is JSON, but not a resource.
            Err(error) if matches!(error.kind(), DecodeErrorKind::NotAnObject(_)) => Ok(true),
            Err(error) => Err(error.to_string()),
        }
    }

    fn resource(
        &mut self,
        place: &str,
        bytes: &[u8],
        json: &Json<'_>,
        behind: &[u8],
        link: Option<&'static Table>,
    ) -> bool {
        self.resources += 1;
        let table = self.table(place, json, link);
        let mut record = table.make();
        // This doesn't fail: the payload was decoded before.
        let Ok(deviations) = decode_into(&mut *record, bytes, &Limits::default()) else { return false };
        for deviation in &deviations {
            *self.deviations.entry(deviation.kind.as_str()).or_default() += 1;
        }
        let counted = leaves::count(json, table, &deviations, &self.packs);
        self.leaves.add(counted.leaves);
        for (name, leaves) in counted.vendors {
            let vendor = self.vendors.entry(name.to_ascii_lowercase()).or_insert((name, Leaves::default()));
            vendor.1.add(leaves);
        }
        let encoded = encode_bytes(&*record);
        counted.lossless && Json::first(&encoded).is_some_and(|(back, after)| json.same(&back) && behind == after)
    }

    /// Returns the type of a payload: the one that it names, else the one of the link to it, else the one that belongs at its
    /// place, else a type that only has what all resources have.
    fn table(&mut self, place: &str, json: &Json<'_>, link: Option<&'static Table>) -> &'static Table {
        let said = json.member("@odata.type").and_then(Json::as_str).map(str::trim).filter(|name| !name.is_empty());
        let known = said.map(ODataType::from).and_then(|said| {
            // A vendor's resource is of a pack's type.
            schema::find_odata_type(&said).or_else(|| self.packs.resource(&said))
        });
        if let Some(table) = known {
            self.known_type += 1;
            return table;
        }
        let placed = link
            .or_else(|| schema::find_uri(json.member("@odata.id").and_then(Json::as_str)?))
            .or_else(|| schema::find_uri(&uri_of(place)?));
        if said.is_none() && placed.is_some() {
            self.known_type += 1;
        } else {
            *self.unknown_types.entry(said.unwrap_or(NO_TYPE).to_owned()).or_default() += 1;
        }
        let Json::Object(members) = json else { return generic(&[]) };
        placed.unwrap_or_else(|| generic(members))
    }

    /// Returns whether every payload was decoded and came back the same.
    pub(crate) fn is_clean(&self) -> bool {
        self.fatal.is_empty() && self.lossy.is_empty()
    }

    /// Returns the report as JSON.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        let places = |faults: &[Fault]| faults.iter().map(|fault| fault.place.clone()).collect::<Vec<_>>();
        json!({
            "files": self.files,
            "resources": self.resources,
            "fatal": self.fatal.len(),
            "lossless": self.lossless,
            "known_type": self.known_type,
            "leaves": self.leaves.all,
            "typed_leaves": self.leaves.typed,
            "oem": self.vendors.values().map(|(name, leaves)| {
                (name.clone(), json!({ "leaves": leaves.all, "typed_leaves": leaves.typed }))
            }).collect::<serde_json::Map<_, _>>(),
            "deviations": self.deviations,
            "fatal_files": places(&self.fatal),
            "lossy_files": places(&self.lossy),
            "unknown_types": self.unknown_types,
        })
    }

    /// Returns the report as text.
    pub(crate) fn to_table(&self) -> String {
        let mut out = String::new();
        let mut line = |name: &str, number: u64, of: Option<u64>| {
            let share = of.filter(|of| *of > 0).map(|of| format!("  of {of}, {:.1} %", percent(number, of)));
            // Writing to a `String` doesn't fail.
            let _ = writeln!(out, "{name:<26}{number:>9}{}", share.unwrap_or_default());
        };
        line("payloads", self.files, None);
        line("resources", self.resources, None);
        line("  of a known type", self.known_type, Some(self.resources));
        line("lossless", self.lossless, Some(self.files));
        line("values that are typed", self.leaves.typed, Some(self.leaves.all));
        let mut vendors: Vec<_> = self.vendors.values().collect();
        vendors.sort_by_key(|(_, leaves)| std::cmp::Reverse(leaves.all));
        let sum = |of: fn(&Leaves) -> u64| vendors.iter().map(|(_, leaves)| of(leaves)).sum();
        line("  of vendors", sum(|leaves| leaves.typed), Some(sum(|leaves| leaves.all)));
        for (name, leaves) in vendors.iter().filter(|(name, _)| !name.starts_with('#')).take(12) {
            line(&format!("    {}", one_line(name)), leaves.typed, Some(leaves.all));
        }
        line("not decodable", self.fatal.len() as u64, None);
        line("lossy", self.lossy.len() as u64, None);
        line("deviations", self.deviations.values().sum(), None);
        for (kind, number) in descending(&self.deviations) {
            line(&format!("  {kind}"), number, None);
        }
        line("unknown types", self.unknown_types.values().sum(), None);
        for (name, number) in descending(&self.unknown_types).into_iter().take(20) {
            line(&format!("  {}", name.trim_start_matches('#')), number, None);
        }
        for fault in self.fatal.iter().chain(&self.lossy) {
            let _ = writeln!(out, "{}: {}", fault.place, fault.what);
        }
        out
    }
}

#[allow(clippy::cast_precision_loss, reason = "shown with one decimal place")]
fn percent(number: u64, of: u64) -> f64 {
    number as f64 * 100.0 / of as f64
}

fn descending<K: Ord + AsRef<str>>(counts: &BTreeMap<K, u64>) -> Vec<(&str, u64)> {
    let mut all: Vec<_> = counts.iter().map(|(name, number)| (name.as_ref(), *number)).collect();
    all.sort_by_key(|(_, number)| std::cmp::Reverse(*number));
    all
}

/// Returns the type for a payload whose type is unknown: a collection if it has members.
fn generic(members: &[(Text, Json<'_>)]) -> &'static Table {
    let is_collection =
        members.iter().any(|(name, value)| name.as_str() == Some("Members") && matches!(value, Json::Array(_)));
    let name = if is_collection { "Resource.ResourceCollection" } else { "Resource.Resource" };
    // The types that all resources share are in every build.
    schema::find(name).or_else(|| schema::find("ServiceRoot")).unwrap_or_else(|| schema::types()[0].1)
}

/// Returns the URI that a file stands for: mockups have `redfish/v1/Systems/1/index.json` or `redfish/v1/Systems/1.json`.
fn uri_of(place: &str) -> Option<String> {
    let place = place.replace('\\', "/");
    let place = place.strip_suffix("/index.json").or_else(|| place.strip_suffix(".json")).unwrap_or(&place);
    if place.starts_with('/') || place.contains("://") {
        return Some(place.to_owned());
    }
    let start = place.find("redfish/v1")?;
    place.get(start..).map(|path| format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(place: &str, payload: &str) -> serde_json::Value {
        let mut report = Report::default();
        report.add(place, payload.as_bytes(), None);
        report.to_json()
    }

    #[test]
    fn a_payload_is_fatal_only_if_it_is_no_json() {
        for (payload, fatal, resources) in [
            ("{}", 0, 1),
            ("[]", 0, 0),
            ("[1, 2", 1, 0),
            ("\"text\"", 0, 0),
            ("<html>", 1, 0),
            ("", 1, 0),
            (r#"{"@odata.etag": "W/"1""}"#, 1, 0),
            ("{\"a\": 1e999}", 0, 1),
        ] {
            let report = checked("a.json", payload);
            assert_eq!((&report["fatal"], &report["resources"]), (&json!(fatal), &json!(resources)), "{payload}");
            assert_eq!(report["lossless"], json!(1 - fatal), "{payload}");
        }
    }

    #[test]
    fn the_type_is_what_the_payload_says_else_what_its_place_says() {
        let cases = [
            ("a.json", r##"{"@odata.type": "#Chassis.v99_0_0.Chassis"}"##, 1, json!({})),
            ("redfish/v1/Systems/1.json", "{}", 1, json!({})),
            ("x/redfish/v1/Systems/1/index.json", r#"{"@odata.type": ""}"#, 1, json!({})),
            ("a.json", r#"{"@odata.id": "/redfish/v1/Chassis/1"}"#, 1, json!({})),
            ("a.json", "{}", 0, json!({"(none)": 1})),
            (
                "a.json",
                r##"{"@odata.type": "#ContosoFan.v1_0_0.ContosoFan"}"##,
                0,
                json!({"#ContosoFan.v1_0_0.ContosoFan": 1}),
            ),
        ];
        for (place, payload, known, unknown) in cases {
            let report = checked(place, payload);
            assert_eq!(
                (&report["known_type"], &report["unknown_types"]),
                (&json!(known), &unknown),
                "{place} {payload}"
            );
        }
    }
}
