//! Drafts CSDL for what was found: a file per vendor, which the schema compiler takes together with Redfish's own. Objects that
//! say what they are become types of that name; all others are named after where they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::collect::Explorer;
use super::shape::{Shape, ValueKind};
use crate::schema;
use crate::wire::ODataType;

/// CSDL for what a vendor adds, to be looked over by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Draft {
    /// The vendor.
    pub vendor: String,
    /// A name for the file: letters, digits and underscores.
    pub file_name: String,
    /// The file.
    pub csdl: String,
}

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0">
  <edmx:Reference Uri="http://docs.oasis-open.org/odata/odata/v4.0/errata03/csd01/complete/vocabularies/Org.OData.Core.V1.xml">
    <edmx:Include Namespace="Org.OData.Core.V1" Alias="OData"/>
  </edmx:Reference>
  <edmx:Reference Uri="http://redfish.dmtf.org/schemas/v1/RedfishExtensions_v1.xml">
    <edmx:Include Namespace="RedfishExtensions.v1_0_0" Alias="Redfish"/>
  </edmx:Reference>
  <edmx:Reference Uri="http://redfish.dmtf.org/schemas/v1/Resource_v1.xml">
    <edmx:Include Namespace="Resource"/>
    <edmx:Include Namespace="Resource.v1_0_0"/>
  </edmx:Reference>
  <edmx:DataServices>
"#;
const TAIL: &str = "  </edmx:DataServices>\n</edmx:Edmx>\n";

/// Names are cut here, as places may be deep.
const LONGEST: usize = 64;

/// A type as it is said: schema and name.
type Name = (String, String);

/// All schemas of all drafts.
#[derive(Default)]
struct Drafts {
    /// By the schema's name.
    schemas: BTreeMap<String, Schema>,
    /// What objects are that say what they are.
    named: BTreeMap<Name, Shape>,
    /// The resources.
    entities: BTreeMap<Name, Shape>,
}

#[derive(Default)]
struct Schema {
    vendor: String,
    version: (u16, u16, u16),
    /// The names that are taken, as they are compared.
    taken: BTreeSet<String>,
    /// The types without a version, and those with.
    plain: String,
    versioned: String,
}

impl Explorer {
    /// Drafts CSDL for what was found so far, a file per vendor.
    #[must_use]
    pub fn drafts(&self) -> Vec<Draft> {
        let mut drafts = Drafts::default();
        for ((schema, name), seen) in &self.types {
            if let Some(key) = usable(schema, name) {
                drafts.schema(&key.0, &self.vendor_of(schema, &seen.uri), &seen.said).taken.insert(plain(name));
                drafts.entities.insert(key, seen.shape.clone());
            }
            drafts.gather(&self.vendor_of(schema, &seen.uri), &seen.shape, true);
        }
        for ((vendor, ..), shape) in &self.places {
            drafts.gather(vendor, shape, false);
        }
        // What stands by itself and within others is a resource in both places.
        let (mut named, mut entities) = (std::mem::take(&mut drafts.named), drafts.entities.clone());
        for (key, shape) in &mut entities {
            if let Some(within) = named.remove(key) {
                shape.merge(&within);
            }
            drafts.entity(&key.0, &key.1, shape);
        }
        for ((schema, name), shape) in named {
            drafts.complex(&schema, &name, &shape, "");
        }
        for ((vendor, resource, pointer), shape) in &self.places {
            if of_said(shape).is_none() {
                drafts.place(
                    vendor,
                    self.vendors.get(vendor).unwrap_or(vendor),
                    (resource.as_str(), pointer.as_str()),
                    shape,
                );
            }
        }
        drafts.files(&self.vendors)
    }
}

impl Drafts {
    fn schema(&mut self, name: &str, vendor: &str, said: &BTreeSet<String>) -> &mut Schema {
        let schema = self.schemas.entry(name.to_owned()).or_default();
        if schema.vendor.is_empty() {
            vendor.clone_into(&mut schema.vendor);
        }
        schema.version = said.iter().filter_map(|said| version(said)).fold(schema.version.max((1, 0, 0)), Ord::max);
        schema
    }

    /// Finds all objects that say what they are, wherever they stand.
    fn gather(&mut self, vendor: &str, shape: &Shape, is_resource: bool) {
        if !is_resource && let Some((schema, name)) = of_said(shape) {
            self.schema(&schema, vendor, &shape.types).taken.insert(plain(&name));
            let into = self.named.entry((schema, name)).or_default();
            into.merge(shape);
        }
        for member in shape.members.values() {
            self.gather(vendor, member, false);
        }
        if let Some(items) = &shape.items {
            self.gather(vendor, items, false);
        }
    }

    /// What stands in `Oem` and does not say what it is.
    fn place(&mut self, vendor: &str, spelled: &str, (resource, pointer): (&str, &str), shape: &Shape) {
        let schema = format!("Oem{}", identifier(spelled));
        self.schema(&schema, vendor, &BTreeSet::new());
        let path =
            pointer.split('/').filter(|part| !part.is_empty() && *part != "*" && !part.eq_ignore_ascii_case("Oem"));
        let name = self.free(&schema, &path.fold(identifier(resource), |name, part| name + &identifier(part)));
        let note = format!("What stands at {pointer}/{spelled} of {resource}.");
        match shape.kinds.contains(&ValueKind::Object) {
            true => self.complex(&schema, &name, shape, &note),
            false => {
                // A value right in `Oem`, for which there is no object.
                let ty = self.type_of(&schema, &name, "Value", shape);
                let text = format!("        {}\n", property(spelled_or(spelled), &ty));
                self.write(&schema, "ComplexType", &name, "", &text, &note);
            }
        }
    }

    fn entity(&mut self, schema: &str, name: &str, shape: &Shape) {
        let is_collection = name.ends_with("Collection") && shape.members.contains_key("Members");
        let (base, inherited): (&str, &[&str]) = match is_collection {
            true => ("ResourceCollection", &["Name", "Description", "Oem", "Members"]),
            false => ("Resource", &["Id", "Name", "Description", "Oem"]),
        };
        let mut text = self.members(schema, name, shape, inherited);
        if is_collection {
            text.push_str("        <NavigationProperty Name=\"Members\" Type=\"Collection(Resource.Item)\" Nullable=\"false\"/>\n");
        }
        let plain =
            format!("      <EntityType Name=\"{name}\" BaseType=\"Resource.v1_0_0.{base}\" Abstract=\"true\"/>\n");
        if let Some(schema) = self.schemas.get_mut(schema) {
            schema.plain.push_str(&plain);
        }
        self.write(schema, "EntityType", name, &format!(" BaseType=\"{schema}.{name}\""), &text, "");
    }

    fn complex(&mut self, schema: &str, name: &str, shape: &Shape, note: &str) {
        let text = self.members(schema, name, shape, &[]);
        self.write(schema, "ComplexType", name, "", &text, note);
    }

    fn write(&mut self, schema: &str, element: &str, name: &str, more: &str, members: &str, note: &str) {
        let Some(schema) = self.schemas.get_mut(schema) else { return };
        // A String takes whatever is written to it.
        let _ = writeln!(schema.versioned, "      <{element} Name=\"{name}\"{more}>");
        if !note.is_empty() {
            let _ = writeln!(
                schema.versioned,
                "        <Annotation Term=\"OData.Description\" String=\"{}\"/>",
                escaped(note)
            );
        }
        let _ = writeln!(schema.versioned, "{members}      </{element}>");
    }

    /// The properties of a type. Those whose names CSDL can't have, or that differ from others by case alone, are told as
    /// names that the service makes up.
    fn members(&mut self, schema: &str, owner: &str, shape: &Shape, inherited: &[&str]) -> String {
        let (mut text, mut taken, mut odd) = (String::new(), BTreeSet::new(), Shape::default());
        taken.extend(inherited.iter().map(|name| plain(name)));
        for (name, member) in &shape.members {
            if inherited.contains(&name.as_str()) {
                continue;
            }
            if !is_identifier(name) || !taken.insert(plain(name)) {
                odd.merge(member);
                continue;
            }
            let ty = self.type_of(schema, owner, name, member);
            let _ = writeln!(text, "        {}", property(name, &ty));
        }
        if odd.count > 0 {
            let ty = self.type_of(schema, owner, "Value", &odd);
            let ty = if ty.is_link || ty.is_many { "Edm.PrimitiveType".to_owned() } else { ty.written() };
            let _ = write!(
                text,
                "        <Annotation Term=\"OData.AdditionalProperties\" Bool=\"true\"/>\n        <Annotation \
                 Term=\"Redfish.DynamicPropertyPatterns\">\n          <Collection>\n            <Record>\n              \
                 <PropertyValue Property=\"Pattern\" String=\".*\"/>\n              <PropertyValue Property=\"Type\" \
                 String=\"{ty}\"/>\n            </Record>\n          </Collection>\n        </Annotation>\n"
            );
        }
        text
    }

    /// The type of a property; what is within it becomes a type of its own.
    fn type_of(&mut self, schema: &str, owner: &str, name: &str, shape: &Shape) -> Written {
        if shape.kinds.contains(&ValueKind::List) {
            let inner = match shape.items.as_deref() {
                Some(items) if !items.kinds.contains(&ValueKind::List) => self.type_of(schema, owner, name, items),
                _ => Written::scalar("Edm.PrimitiveType"),
            };
            return Written { is_many: true, ..inner };
        }
        if shape.kinds.contains(&ValueKind::Object) {
            if shape.objects == 0 {
                return Written { ty: "Resource.Item".to_owned(), is_link: true, is_many: false };
            }
            if name.eq_ignore_ascii_case("Oem") {
                return Written::scalar("Resource.Oem");
            }
            if let Some(key) = of_said(shape) {
                if self.entities.contains_key(&key) {
                    return Written { ty: format!("{}.{}", key.0, key.1), is_link: true, is_many: false };
                }
                return Written::scalar(&self.reference(&key.0, &key.1));
            }
            let inner = self.free(schema, &format!("{owner}{}", identifier(name)));
            self.complex(schema, &inner, shape, "");
            return Written::scalar(&self.reference(schema, &inner));
        }
        let mut kinds = shape.kinds.iter().filter(|kind| **kind != ValueKind::Null);
        Written::scalar(match (kinds.next(), kinds.next()) {
            (Some(ValueKind::Text), None) => "Edm.String",
            (Some(ValueKind::Flag), None) => "Edm.Boolean",
            (Some(ValueKind::Number), None) if shape.fraction => "Edm.Decimal",
            (Some(ValueKind::Number), None) => "Edm.Int64",
            _ => "Edm.PrimitiveType",
        })
    }

    fn reference(&self, schema: &str, name: &str) -> String {
        let (major, minor, patch) = self.schemas.get(schema).map_or((1, 0, 0), |schema| schema.version);
        format!("{schema}.v{major}_{minor}_{patch}.{name}")
    }

    /// A name for a type that no other has.
    fn free(&mut self, schema: &str, wanted: &str) -> String {
        let wanted: String = match wanted.len().checked_sub(LONGEST) {
            Some(over) if over > 0 => format!("T{}", wanted.get(over..).unwrap_or_default()),
            _ => wanted.to_owned(),
        };
        let taken = &mut self.schemas.entry(schema.to_owned()).or_default().taken;
        let numbered = (2..).map(|number: u32| format!("{wanted}X{number}"));
        let mut names = std::iter::once(wanted.clone()).chain(numbered);
        names.find(|name| taken.insert(plain(name))).unwrap_or(wanted)
    }

    fn files(self, spelled: &BTreeMap<String, String>) -> Vec<Draft> {
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (name, schema) in &self.schemas {
            let text = files.entry(schema.vendor.clone()).or_default();
            let (major, minor, patch) = schema.version;
            let owner = escaped(spelled.get(&schema.vendor).unwrap_or(&schema.vendor));
            let _ = write!(
                text,
                "    <Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" Namespace=\"{name}\">\n      <Annotation \
                 Term=\"Redfish.OwningEntity\" String=\"{owner}\"/>\n{}    </Schema>\n    <Schema \
                 xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" \
                 Namespace=\"{name}.v{major}_{minor}_{patch}\">\n{}    </Schema>\n",
                schema.plain, schema.versioned
            );
        }
        let mut names = BTreeSet::new();
        let mut drafts = Vec::new();
        for (vendor, text) in files {
            let vendor = spelled.get(&vendor).cloned().unwrap_or(vendor);
            let mut file_name = format!("Oem{}_v1", identifier(&vendor));
            while !names.insert(file_name.to_ascii_lowercase()) {
                file_name.push('x');
            }
            drafts.push(Draft { vendor, file_name: format!("{file_name}.xml"), csdl: format!("{HEAD}{text}{TAIL}") });
        }
        drafts
    }
}

/// A type as a property has it.
struct Written {
    ty: String,
    is_link: bool,
    is_many: bool,
}

impl Written {
    fn scalar(ty: &str) -> Self {
        Self { ty: ty.to_owned(), is_link: false, is_many: false }
    }

    fn written(&self) -> String {
        if self.is_many { format!("Collection({})", self.ty) } else { self.ty.clone() }
    }
}

fn property(name: &str, ty: &Written) -> String {
    let element = if ty.is_link { "NavigationProperty" } else { "Property" };
    format!("<{element} Name=\"{name}\" Type=\"{}\"/>", ty.written())
}

/// What an object says it is, where that can be the name of a type that no schema of this build has.
fn of_said(shape: &Shape) -> Option<Name> {
    shape.types.iter().find_map(|said| {
        let said = ODataType::from(said.as_str());
        schema::find_odata_type(&said).is_none().then(|| usable(said.schema(), said.type_name())).flatten()
    })
}

/// The name of a type, where CSDL can have it and it is in no schema of the standard.
fn usable(schema: &str, name: &str) -> Option<Name> {
    let fits = is_identifier(name) && schema.split('.').all(is_identifier);
    let standard = schema::find_odata_type(&ODataType::from(format!("#{schema}.{schema}"))).is_some();
    (fits && !standard && schema != "Resource").then(|| (schema.to_owned(), name.to_owned()))
}

fn version(said: &str) -> Option<(u16, u16, u16)> {
    said.split('.').find_map(|part| {
        let mut numbers = part.strip_prefix('v')?.split('_').map(|number| number.parse().ok());
        let version = (numbers.next()??, numbers.next()??, numbers.next()??);
        numbers.next().is_none().then_some(version)
    })
}

/// What names are compared by: Rust's differ by less than CSDL's.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether a name can stand in CSDL, and still is one where words are told apart by case.
fn is_identifier(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 128
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A name made of what a name may have.
fn identifier(text: &str) -> String {
    let mut name = String::new();
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        let (first, rest) = word.split_at(1);
        name.push_str(&first.to_ascii_uppercase());
        name.push_str(rest);
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert(0, 'X');
    }
    name
}

fn spelled_or(name: &str) -> &str {
    if is_identifier(name) { name } else { "Value" }
}

/// A text within an attribute.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // XML has no way to write them.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
