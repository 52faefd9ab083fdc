//! Drafts CSDL for what was found: a file per vendor, which the schema compiler takes together with Redfish's own. Objects that
//! say what they are become types of that name; all others are named after where they stand.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::collect::Explorer;
use super::findings::VendorAction;
use super::name::{LONGEST, Name, all_said, escaped, identifier, is_identifier, of_said, plain, usable, version};
use super::shape::{ACTIONS, Shape, ValueKind};
use crate::schema;

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

/// So many objects of the same properties in one object are a dictionary, whose names are the service's; so are so many scalars.
const DICTIONARY: usize = 8;
const SCALARS: usize = 100;
/// And so many that say that they are of one type.
const SAME: usize = 3;

/// The schema of what stands in `Oem` itself.
const BARE: &str = "OemBare";

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
    /// The types of what is within others, by their properties: what looks the same is one type.
    within: BTreeMap<String, String>,
    /// The types of what does not say what it is, by their properties: name and places.
    placed: BTreeMap<String, (String, BTreeSet<String>)>,
    /// The type of actions that no schema can declare.
    target: Option<String>,
    /// The actions that are declared.
    actions: BTreeSet<String>,
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
            let text = drafts.members(&schema, &name, &shape, &[]);
            drafts.write(&schema, "ComplexType", &name, "", &text);
        }
        for ((vendor, resource, pointer, _), shape) in &self.places {
            if of_said(shape).is_none() && shape.kinds.contains(&ValueKind::Object) {
                let spelled = self.vendors.get(vendor).unwrap_or(vendor);
                let schema = format!("Oem{}", identifier(spelled));
                drafts.schema(&schema, vendor, &BTreeSet::new());
                drafts.place(&schema, (resource, pointer), &format!("/{spelled}"), shape);
            }
        }
        let mut bare = self.bare.clone();
        for action in self.findings().vendors.iter().flat_map(|vendor| &vendor.actions) {
            let name = action.name.trim_start_matches('#');
            if action.pointer.split('/').nth(2) == Some("Oem")
                && action.pointer.split('/').count() == 4
                && !drafts.resource_action(&self.vendor_of(name, &action.pointer), action)
            {
                let place = (action.resource.clone(), "/Actions/Oem".to_owned());
                bare.entry(place).or_default().actions.insert(action.name.clone());
            }
        }
        for ((resource, pointer), shape) in &bare {
            drafts.schema(BARE, "bare", &BTreeSet::new());
            drafts.place(BARE, (resource, pointer), "", shape);
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
        if !is_resource {
            for (schema, name) in all_said(shape) {
                self.schema(&schema, vendor, &shape.types).taken.insert(plain(&name));
                self.named.entry((schema, name)).or_default().merge(shape);
            }
        }
        for member in shape.members.values() {
            self.gather(vendor, member, false);
        }
        if let Some(items) = &shape.items {
            self.gather(vendor, items, false);
        }
    }

    /// What stands in `Oem` and does not say what it is: `member` of the `Oem` at a place, or all of it. Where what stands at several
    /// places has the same properties, it is one type.
    fn place(&mut self, schema: &str, (resource, pointer): (&str, &str), member: &str, shape: &Shape) {
        let parts = pointer.split('/').filter(|part| !part.is_empty() && *part != "*");
        let path = parts.clone().filter(|part| !part.eq_ignore_ascii_case("Oem"));
        let wanted = path.fold(identifier(resource), |name, part| name + &identifier(part));
        let text = self.members(schema, &wanted, shape, &[]);
        let place = parts.fold(resource.to_owned(), |place, part| place + "/" + part) + member;
        let name = match self.schemas.get(schema).and_then(|schema| schema.placed.get(&text)) {
            Some((name, _)) => name.clone(),
            None => self.free(schema, &wanted),
        };
        if let Some(schema) = self.schemas.get_mut(schema) {
            schema.placed.entry(text).or_insert_with(|| (name, BTreeSet::new())).1.insert(place);
        }
    }

    /// Declares a vendor's action of a resource of the standard, if it has a name that can be declared.
    fn resource_action(&mut self, vendor: &str, action: &VendorAction) -> bool {
        let declared = action.name.strip_prefix('#').and_then(|name| name.split_once('.'));
        let Some((schema, name)) = declared.and_then(|(schema, name)| usable(schema, name)) else { return false };
        let resource = &action.resource;
        if schema::find(resource).and_then(|table| table.field(ACTIONS)).is_none() {
            return false;
        }
        let schema = self.schema(&schema, vendor, &BTreeSet::new());
        if !schema.actions.insert(plain(&name)) {
            return true;
        }
        let _ = writeln!(
            schema.plain,
            "      <Action Name=\"{name}\" IsBound=\"true\">\n        <Parameter Name=\"{resource}\" \
             Type=\"{resource}.v1_0_0.OemActions\"/>"
        );
        let mut taken = BTreeSet::from([plain(resource)]);
        for parameter in action.parameters.iter().filter(|parameter| is_identifier(&parameter.name)) {
            if taken.insert(plain(&parameter.name)) {
                let _ = writeln!(
                    schema.plain,
                    "        <Parameter Name=\"{}\" Type=\"{}\"/>",
                    parameter.name,
                    match parameter.data_type.as_deref() {
                        Some("Boolean") => "Edm.Boolean",
                        Some("Number") => "Edm.Decimal",
                        Some("StringArray") => "Collection(Edm.String)",
                        Some("String") => "Edm.String",
                        None if !parameter.allowable_values.is_empty() => "Edm.String",
                        _ => "Edm.PrimitiveType",
                    }
                );
            }
        }
        schema.plain.push_str("      </Action>\n");
        true
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
        self.write(schema, "EntityType", name, &format!(" BaseType=\"{schema}.{name}\""), &text);
    }

    fn write(&mut self, schema: &str, element: &str, name: &str, more: &str, members: &str) {
        let Some(schema) = self.schemas.get_mut(schema) else { return };
        // A String takes whatever is written to it.
        let _ = writeln!(schema.versioned, "      <{element} Name=\"{name}\"{more}>\n{members}      </{element}>");
    }

    /// The properties of a type. Those whose names CSDL can't have, or that differ from others by case alone, are reported as
    /// names that the service makes up.
    fn members(&mut self, schema: &str, owner: &str, shape: &Shape, inherited: &[&str]) -> String {
        let (mut text, mut taken, mut odd) = (String::new(), BTreeSet::new(), Shape::default());
        if is_dictionary(shape) {
            for member in shape.members.values() {
                odd.merge(member);
            }
            let ty = self.type_of(schema, owner, "Value", &odd).ty;
            return dynamic(".*", &ty);
        }
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
            // Lists can't be what such names hold.
            let ty = if ty.is_link || ty.is_many { "Edm.PrimitiveType" } else { &ty.ty };
            text.push_str(&dynamic(".*", ty));
        } else if !shape.actions.is_empty() {
            text.push_str(&dynamic(if schema == BARE { ".*" } else { "^#" }, &self.target(schema)));
        }
        text
    }

    /// The type of actions whose names can't be declared.
    fn target(&mut self, schema: &str) -> String {
        let known = self.schemas.get(schema).and_then(|schema| schema.target.clone());
        let name = known.unwrap_or_else(|| {
            let name = self.free(schema, "ActionTarget");
            let text = "        <Property Name=\"target\" Type=\"Edm.String\"/>\n        <Property Name=\"title\" \
                        Type=\"Edm.String\"/>\n";
            self.write(schema, "ComplexType", &name, "", text);
            if let Some(schema) = self.schemas.get_mut(schema) {
                schema.target = Some(name.clone());
            }
            name
        });
        self.reference(schema, &name)
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
            if is_status(shape) {
                return Written::scalar("Resource.Status");
            }
            return Written::scalar(&self.within(schema, owner, name, shape));
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

    /// The type of an object within another. It is named after its property, or where another is, after its owner as well.
    fn within(&mut self, schema: &str, owner: &str, property: &str, shape: &Shape) -> String {
        let text = self.members(schema, &format!("{owner}{}", identifier(property)), shape, &[]);
        if let Some(name) = self.schemas.get(schema).and_then(|schema| schema.within.get(&text)) {
            return self.reference(schema, name);
        }
        let short = identifier(property);
        let is_free = |schema: &Schema| !schema.taken.contains(&plain(&short));
        let wanted = match self.schemas.get(schema).is_some_and(is_free) {
            true => short,
            false => format!("{owner}{short}"),
        };
        let name = self.free(schema, &wanted);
        self.write(schema, "ComplexType", &name, "", &text);
        if let Some(schema) = self.schemas.get_mut(schema) {
            schema.within.insert(text, name.clone());
        }
        self.reference(schema, &name)
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

    fn files(mut self, spelled: &BTreeMap<String, String>) -> Vec<Draft> {
        let names: Vec<_> = self.schemas.keys().cloned().collect();
        for name in names {
            let placed = self.schemas.get_mut(&name).map(|schema| std::mem::take(&mut schema.placed));
            for (text, (ty, places)) in placed.unwrap_or_default() {
                self.write(&name, "ComplexType", &ty, "", &(annotated(&places) + &text));
            }
        }
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for (name, schema) in &self.schemas {
            let text = files.entry(schema.vendor.clone()).or_default();
            let (major, minor, patch) = schema.version;
            let owner = escaped(spelled.get(&schema.vendor).unwrap_or(&schema.vendor));
            let _ = write!(
                text,
                "    <Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" Namespace=\"{name}\">\n      <Annotation \
                 Term=\"Redfish.OwningEntity\" String=\"{owner}\"/>\n{}    </Schema>\n",
                schema.plain
            );
            if !schema.versioned.is_empty() {
                let _ = write!(
                    text,
                    "    <Schema xmlns=\"http://docs.oasis-open.org/odata/ns/edm\" \
                     Namespace=\"{name}.v{major}_{minor}_{patch}\">\n{}    </Schema>\n",
                    schema.versioned
                );
            }
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

/// Whether an object has names that the service makes up: many, each for an object of the same properties.
fn is_dictionary(shape: &Shape) -> bool {
    let is_scalar = |member: &Shape| member.objects == 0 && member.links == 0 && member.items.is_none();
    if shape.members.len() >= SCALARS && shape.members.values().all(is_scalar) {
        return true;
    }
    // They say that they are the same.
    let mut types = shape.members.values().map(|member| &member.types);
    let same = types.next().is_some_and(|first| !first.is_empty() && types.all(|types| types == first));
    if shape.members.len() >= SAME && same {
        return true;
    }
    let mut members = shape.members.values();
    let Some(first) = members.next().filter(|_| shape.members.len() >= DICTIONARY) else { return false };
    let is_object = |member: &Shape| member.objects > 0 && member.kinds.len() == 1 && member.types.is_empty();
    is_object(first)
        && !first.members.is_empty()
        && members.all(|member| is_object(member) && member.members.keys().eq(first.members.keys()))
}

/// Whether an object is what the standard has at the same name.
fn is_status(shape: &Shape) -> bool {
    let is_text = |member: &Shape| member.kinds.iter().all(|kind| matches!(kind, ValueKind::Text | ValueKind::Null));
    let mut members = shape.members.iter();
    !shape.members.is_empty()
        && shape.actions.is_empty()
        && members.all(|(name, member)| ["State", "Health", "HealthRollup"].contains(&name.as_str()) && is_text(member))
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

/// Says that the service makes up names.
fn dynamic(pattern: &str, ty: &str) -> String {
    format!(
        "        <Annotation Term=\"OData.AdditionalProperties\" Bool=\"true\"/>\n        <Annotation \
         Term=\"Redfish.DynamicPropertyPatterns\">\n          <Collection>\n            <Record>\n              \
         <PropertyValue Property=\"Pattern\" String=\"{pattern}\"/>\n              <PropertyValue Property=\"Type\" \
         String=\"{ty}\"/>\n            </Record>\n          </Collection>\n        </Annotation>\n"
    )
}

/// Says where objects of a type stand.
fn annotated(places: &BTreeSet<String>) -> String {
    let mut text = "        <Annotation Term=\"Rosefish.Places\">\n          <Collection>\n".to_owned();
    for place in places {
        let _ = writeln!(text, "            <String>{}</String>", escaped(place));
    }
    text.push_str("          </Collection>\n        </Annotation>\n");
    text
}
