//! All schemas. Each is parsed when the first of its types is asked for.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use rosefish_codegen::csdl::{self, Document};

use super::definition::{ActionType, Format, Kind, ObjectType, Permissions, Property, ScalarType};
use super::derive::{Within, enumeration};
use super::source::{self, Source};
use super::version::{Version, last_of, schema_of};
use crate::terminal::{one_line, say};

/// The longest chain of base types in use has fewer than ten links.
const MAX_BASES: usize = 64;

/// What was looked up before, with what was not found.
type Known<K, T> = RefCell<HashMap<K, Option<Arc<T>>>>;

/// What all versions of all schemas say.
#[derive(Debug)]
pub(crate) struct Library {
    files: Vec<(Source, OnceCell<Option<Document>>)>,
    by_schema: HashMap<String, Vec<usize>>,
    objects: Known<String, ObjectType>,
    newest: Known<(String, Option<Version>), ObjectType>,
    scalars: Known<String, ScalarType>,
    actions: Known<String, ActionType>,
}

impl Library {
    /// Opens the schemas that the program carries, and those of other folders, which take precedence.
    pub(crate) fn new(folders: &[PathBuf]) -> anyhow::Result<Self> {
        let mut sources = Vec::new();
        for folder in folders {
            sources.extend(source::folder(folder)?);
        }
        sources.extend(source::carried()?);
        let mut by_schema: HashMap<String, Vec<usize>> = HashMap::new();
        for (number, source) in sources.iter().enumerate() {
            for schema in source.schemas() {
                by_schema.entry(schema.to_owned()).or_default().push(number);
            }
        }
        Ok(Self {
            files: sources.into_iter().map(|source| (source, OnceCell::new())).collect(),
            by_schema,
            objects: RefCell::default(),
            newest: RefCell::default(),
            scalars: RefCell::default(),
            actions: RefCell::default(),
        })
    }

    /// Returns the files that define a schema.
    fn documents(&self, schema: &str) -> impl Iterator<Item = &Document> {
        let numbers = self.by_schema.get(schema).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.files.get(*number)).filter_map(|(source, parsed)| {
            let parsed = parsed.get_or_init(|| match csdl::parse(&source.file, &source.text) {
                Ok(document) => Some(document),
                Err(error) => {
                    say!("rosefish: {}", one_line(&error.to_string()));
                    None
                }
            });
            parsed.as_ref()
        })
    }

    /// Returns the namespaces of a schema, with and without versions.
    fn namespaces(&self, schema: &str) -> impl Iterator<Item = Within<'_>> {
        let schema = schema.to_owned();
        let documents: Vec<&Document> = self.documents(&schema).collect();
        documents
            .into_iter()
            .flat_map(Document::within)
            .filter(move |within| schema_of(&within.schema.namespace) == schema)
    }

    fn namespace<'s>(&'s self, name: &'s str) -> impl Iterator<Item = (Within<'s>, &'s str)> {
        let (namespace, last) = name.rsplit_once('.').unwrap_or(("", name));
        self.namespaces(schema_of(name))
            .filter(move |within| within.schema.namespace == namespace)
            .map(move |within| (within, last))
    }

    /// Returns the object of exactly this name, such as `Chassis.v1_2_3.Chassis`.
    pub(crate) fn object(&self, name: &str) -> Option<Arc<ObjectType>> {
        if let Some(known) = self.objects.borrow().get(name) {
            return known.clone();
        }
        let found = self.derived(name).map(Arc::new);
        self.objects.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// Returns the object with what it inherits.
    fn derived(&self, name: &str) -> Option<ObjectType> {
        let (mut object, mut base) = self.declared(name)?;
        while let Some(next) = base {
            if object.is(&next) || object.tree.len() > MAX_BASES {
                break;
            }
            let Some((inherited, further)) = self.declared(&next) else { break };
            object.tree.push(next);
            for (name, property) in inherited.properties {
                object.properties.entry(name).or_insert(property);
            }
            if object.dynamic.is_empty() {
                object.dynamic = inherited.dynamic;
            }
            object.open |= inherited.open;
            if object.uris.is_none() {
                object.uris = inherited.uris;
            }
            object.deprecated_uris.extend(inherited.deprecated_uris);
            object.methods = object.methods.or(inherited.methods);
            base = further;
        }
        Some(object)
    }

    /// Returns what the type declares itself, and its base type.
    fn declared(&self, name: &str) -> Option<(ObjectType, Option<String>)> {
        let (within, last) =
            self.namespace(name).find(|(within, last)| within.schema.types.iter().any(|ty| ty.name == *last))?;
        let ty = within.schema.types.iter().find(|ty| ty.name == last)?;
        let mut object = within.object(ty);
        let base = ty.base.as_deref().map(|base| within.full(base));
        add_control_properties(&mut object, base.as_deref());
        Some((object, base))
    }

    /// Returns the newest version of an object, or the newest that is not above another version.
    pub(crate) fn newest(&self, name: &str, highest: Option<Version>) -> Option<Arc<ObjectType>> {
        let key = (format!("{}.{}", schema_of(name), last_of(name)), highest);
        if let Some(known) = self.newest.borrow().get(&key) {
            return known.clone();
        }
        let last = last_of(name);
        let has = |within: &Within<'_>| within.schema.types.iter().any(|ty| ty.name == last);
        let versions = self.namespaces(schema_of(name)).filter(has).map(|within| {
            let version = Version::of_type(&within.schema.namespace);
            (version, within.schema.namespace.clone())
        });
        let allowed = |version: Option<Version>| version.is_none() || highest.is_none() || version <= highest;
        let best = versions.filter(|(version, _)| allowed(*version)).max_by_key(|(version, _)| *version);
        let found = best.and_then(|(_, namespace)| self.object(&format!("{namespace}.{last}")));
        self.newest.borrow_mut().insert(key, found.clone());
        found
    }

    /// Returns the next older version of an object that is not known in its own.
    pub(crate) fn older(&self, name: &str) -> Option<Arc<ObjectType>> {
        let Version(major, minor, _) = Version::of_type(name)?;
        let (schema, last) = (schema_of(name), last_of(name));
        // Counting down from a hostile version must not take long.
        (0..=minor.min(200)).rev().find_map(|minor| self.object(&format!("{schema}.v{major}_{minor}_0.{last}")))
    }

    /// Returns an enumeration or a named scalar.
    pub(crate) fn scalar(&self, name: &str) -> Option<Arc<ScalarType>> {
        if let Some(known) = self.scalars.borrow().get(name) {
            return known.clone();
        }
        let found = self.namespace(name).find_map(|(within, last)| {
            let listed = within.schema.enums.iter().find(|ty| ty.name == last).map(enumeration);
            let defined = || within.schema.definitions.iter().find(|ty| ty.name == last);
            listed.or_else(|| defined().map(|ty| within.definition(ty)))
        });
        let found = found.map(Arc::new);
        self.scalars.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// Returns an action, such as `ComputerSystem.Reset`.
    pub(crate) fn action(&self, name: &str) -> Option<Arc<ActionType>> {
        if let Some(known) = self.actions.borrow().get(name) {
            return known.clone();
        }
        let found = self.namespace(name).find_map(|(within, last)| {
            let action = within.schema.actions.iter().find(|action| action.name == last)?;
            Some(Arc::new(within.action(action)))
        });
        self.actions.borrow_mut().insert(name.to_owned(), found.clone());
        found
    }

    /// Returns what an annotation of a vocabulary holds.
    pub(crate) fn term(&self, namespace: &str, name: &str) -> Option<Property> {
        let full = format!("{namespace}.{name}");
        let mut found = self.namespace(&full);
        found.find_map(|(within, last)| within.term(within.schema.terms.iter().find(|term| term.name == last)?))
    }

    /// Returns whether there is a schema of this name.
    pub(crate) fn has_schema(&self, schema: &str) -> bool {
        self.by_schema.contains_key(schema)
    }
}

/// The namespaces of a file.
trait Namespaces {
    fn within(&self) -> impl Iterator<Item = Within<'_>>;
}

impl Namespaces for Document {
    fn within(&self) -> impl Iterator<Item = Within<'_>> {
        self.schemas.iter().map(move |schema| Within { document: self, schema })
    }
}

/// Adds the properties that OData gives to whatever has one of the standard's base types, and that CSDL does not name.
fn add_control_properties(object: &mut ObjectType, base: Option<&str>) {
    let names: &[&str] = match object.name.as_str() {
        "Resource.v1_0_0.Resource" | "Resource.v1_0_0.ResourceCollection" => {
            &["@odata.id", "@odata.etag", "@odata.type", "@odata.context"]
        }
        "Resource.v1_0_0.ReferenceableMember" => &["@odata.id"],
        "Resource.OemObject" => &["@odata.type"],
        _ => &[],
    };
    for name in names {
        let mut property = read_only(Kind::String(Format::Any));
        property.required = matches!(*name, "@odata.id" | "@odata.type");
        if *name == "@odata.context" {
            property.limits.pattern = Some(r"^/redfish/v1/\$metadata#.+$".to_owned());
        }
        object.properties.insert((*name).to_owned(), property);
    }
    if base == Some("Resource.v1_0_0.ResourceCollection") && object.properties.contains_key("Members") {
        let mut count = read_only(Kind::Integer);
        count.required = true;
        count.limits.minimum = Some(0);
        object.properties.insert("Members@odata.count".to_owned(), count);
        object.properties.insert("Members@odata.nextLink".to_owned(), read_only(Kind::String(Format::Any)));
    }
}

fn read_only(kind: Kind) -> Property {
    Property { nullable: false, permissions: Permissions::Read, ..Property::new(kind) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_has_what_it_has_and_no_more() {
        let library = Library::new(&[]).unwrap();
        let old = library.object("Chassis.v1_0_0.Chassis").unwrap();
        let new = library.newest("Chassis.Chassis", None).unwrap();
        assert!(old.properties.contains_key("ChassisType") && !old.properties.contains_key("UUID"));
        assert!(new.properties.contains_key("UUID") && new.is("Chassis.Chassis") && new.is("Resource.v1_0_0.Resource"));
        assert!(old.properties["@odata.id"].required && old.properties["Id"].required);
        assert!(new.uris.as_ref().unwrap().contains(&"/redfish/v1/Chassis/{ChassisId}".to_owned()));
        let limited = library.newest("Chassis.v1_0_0.Chassis", Some(Version(1, 4, 0))).unwrap();
        assert_eq!(Version::of_type(&limited.name).unwrap().1, 4);
    }

    #[test]
    fn enumerations_scalars_and_actions_are_found_by_name() {
        let library = Library::new(&[]).unwrap();
        let state = library.scalar("Resource.State").unwrap();
        assert!(state.values.as_ref().unwrap().iter().any(|value| value.name == "Enabled"));
        assert_eq!(library.scalar("Resource.UUID").unwrap().kind, Kind::String(Format::Guid));
        assert!(library.action("ComputerSystem.Reset").unwrap().parameters.contains_key("ResetType"));
        assert!(
            library.object("Contoso.v1_0_0.Contoso").is_none() && library.older("Chassis.v1_9999_0.Chassis").is_some()
        );
    }
}
