//! The annotations of one element, read by their terms' usual names (`Redfish.Required`), whatever alias the file uses.

use std::collections::BTreeMap;

use super::definition::{MemberDef, Origin, Traits};
use super::ir::{Capabilities, Deprecation, Docs, Permissions, Version};
use crate::csdl::{Annotation, Document, Record, Value};
use crate::error::Error;

/// The vocabularies, with the aliases that Redfish's files use for them.
const VOCABULARIES: &[(&str, &str)] = &[
    ("RedfishExtensions", "Redfish"),
    ("Validation", "Validation"),
    ("Org.OData.Core.V1", "OData"),
    ("Org.OData.Measures.V1", "Measures"),
    ("Org.OData.Capabilities.V1", "Capabilities"),
];

/// The aliases of a file.
pub(super) struct Aliases<'d>(BTreeMap<&'d str, &'d str>);

impl<'d> Aliases<'d> {
    pub(super) fn of(document: &'d Document) -> Self {
        let included = document
            .includes
            .iter()
            .filter_map(|include| Some((include.alias.as_deref()?, include.namespace.as_str())));
        let own =
            document.schemas.iter().filter_map(|schema| Some((schema.alias.as_deref()?, schema.namespace.as_str())));
        Self(included.chain(own).collect())
    }

    /// Returns the namespace for an alias. A name that isn't an alias is returned as it is.
    pub(super) fn namespace<'n>(&'n self, name: &'n str) -> &'n str {
        self.0.get(name).copied().unwrap_or(name)
    }

    /// Returns the usual name of a term, such as `Redfish.Required`, whatever alias the file uses.
    fn term(&self, written: &str) -> String {
        let Some((qualifier, name)) = written.rsplit_once('.') else {
            return written.to_owned();
        };
        let (schema, _) = split_version(self.namespace(qualifier));
        let vocabulary =
            VOCABULARIES.iter().find(|(namespace, _)| *namespace == schema).map_or(schema, |(_, usual)| usual);
        format!("{vocabulary}.{name}")
    }
}

/// Splits `ComputerSystem.v1_2_0` into `ComputerSystem` and the version.
pub(crate) fn split_version(namespace: &str) -> (&str, Option<Version>) {
    match namespace.rsplit_once('.') {
        Some((schema, last)) => match version(last) {
            Some(version) => (schema, Some(version)),
            None => (namespace, None),
        },
        None => (namespace, None),
    }
}

/// Parses a version, such as `v1_2_0`.
pub(super) fn version(text: &str) -> Option<Version> {
    let mut numbers = text.strip_prefix('v')?.split('_');
    let mut number = || numbers.next()?.parse::<u16>().ok();
    let version = Version(number()?, number()?, number()?);
    numbers.next().is_none().then_some(version)
}

/// A record among a term's values.
struct Entry<'a>(&'a Record);

impl<'a> Entry<'a> {
    fn get(&self, property: &str) -> Option<&'a str> {
        self.0.values.iter().find_map(|(name, value)| match value {
            Value::Text(text) if name == property => Some(text.trim()),
            _ => None,
        })
    }
}

/// The annotations of one element.
pub(super) struct Annotations<'a> {
    file: &'a str,
    terms: Vec<(String, &'a Annotation)>,
}

impl<'a> Annotations<'a> {
    pub(super) fn new(file: &'a str, aliases: &Aliases<'_>, annotations: &'a [Annotation]) -> Self {
        let terms = annotations.iter().map(|annotation| (aliases.term(&annotation.term), annotation)).collect();
        Self { file, terms }
    }

    fn get(&self, term: &str) -> Option<&'a Annotation> {
        self.terms.iter().find(|(name, _)| name == term).map(|(_, annotation)| *annotation)
    }

    fn wrong(&self, annotation: &Annotation, expected: &str) -> Error {
        let found = match &annotation.value {
            Value::Absent => "no value".to_owned(),
            Value::Text(text) => format!("\"{text}\""),
            Value::Bool(flag) => flag.to_string(),
            Value::Int(number) => number.to_string(),
            Value::Collection(_) => "a collection".to_owned(),
            Value::Record(_) => "a record".to_owned(),
        };
        Error::at(self.file, annotation.line, format!("{found} for {}", annotation.term), expected)
    }

    fn text(&self, term: &str) -> Result<Option<String>, Error> {
        match self.get(term) {
            None => Ok(None),
            Some(annotation) => match &annotation.value {
                Value::Text(text) => Ok(Some(text.trim().to_owned())),
                _ => Err(self.wrong(annotation, "a text")),
            },
        }
    }

    /// Reads a flag, which is true if the term has no value.
    fn flag(&self, term: &str) -> Result<Option<bool>, Error> {
        match self.get(term) {
            None => Ok(None),
            Some(annotation) => match annotation.value {
                Value::Absent => Ok(Some(true)),
                Value::Bool(flag) => Ok(Some(flag)),
                _ => Err(self.wrong(annotation, "true, false or no value")),
            },
        }
    }

    fn integer(&self, term: &str) -> Result<Option<i64>, Error> {
        match self.get(term) {
            None => Ok(None),
            Some(annotation) => match &annotation.value {
                Value::Int(number) => Ok(Some(*number)),
                Value::Text(text) => text.trim().parse().map(Some).map_err(|_| self.wrong(annotation, "an integer")),
                _ => Err(self.wrong(annotation, "an integer")),
            },
        }
    }

    fn texts(&self, term: &str) -> Result<Vec<String>, Error> {
        let Some(annotation) = self.get(term) else {
            return Ok(Vec::new());
        };
        let wrong = || self.wrong(annotation, "a collection of texts");
        let Value::Collection(items) = &annotation.value else {
            return Err(wrong());
        };
        items
            .iter()
            .map(|item| match item {
                Value::Text(text) => Ok(text.clone()),
                _ => Err(wrong()),
            })
            .collect()
    }

    fn records(&self, term: &str) -> Result<Vec<Entry<'a>>, Error> {
        let Some(annotation) = self.get(term) else {
            return Ok(Vec::new());
        };
        let wrong = || self.wrong(annotation, "a collection of records");
        let items = match &annotation.value {
            Value::Collection(items) => items,
            // One file has the term without a collection, which means nothing.
            Value::Absent => return Ok(Vec::new()),
            _ => return Err(wrong()),
        };
        items
            .iter()
            .map(|item| match item {
                Value::Record(record) => Ok(Entry(record)),
                _ => Err(wrong()),
            })
            .collect()
    }

    /// Reads the description, revisions and deprecation.
    pub(super) fn docs(&self) -> Result<Docs, Error> {
        let mut docs = Docs {
            description: self.text("OData.Description")?,
            long_description: self.text("OData.LongDescription")?,
            ..Docs::default()
        };
        for revision in self.records("Redfish.Revisions")? {
            let since = revision.get("Version").and_then(version);
            match revision.get("Kind").and_then(|kind| kind.rsplit('/').next()) {
                Some("Added") => docs.since = since,
                Some("Deprecated") => {
                    docs.deprecated = Some(Deprecation {
                        version: since,
                        description: revision.get("Description").map(str::to_owned),
                    });
                }
                _ => {}
            }
        }
        if docs.deprecated.is_none() {
            docs.deprecated = self
                .text("Redfish.Deprecated")?
                .map(|description| Deprecation { version: None, description: Some(description) });
        }
        Ok(docs)
    }

    /// Reads what the annotations say about a property, a parameter or a type definition.
    pub(super) fn traits(&self) -> Result<Traits, Error> {
        Ok(Traits {
            permissions: self.permissions()?,
            required: self.flag("Redfish.Required")?.unwrap_or(false),
            required_on_create: self.flag("Redfish.RequiredOnCreate")?.unwrap_or(false),
            unit: self.text("Measures.Unit")?,
            minimum: self.integer("Validation.Minimum")?,
            maximum: self.integer("Validation.Maximum")?,
            pattern: self.text("Validation.Pattern")?,
            is_url: self.flag("OData.IsURL")?.unwrap_or(false),
            auto_expand: self.flag("OData.AutoExpand")?.unwrap_or(false)
                && !self.flag("OData.AutoExpandReferences")?.unwrap_or(false),
            excerpt: self.name_or_nothing("Redfish.Excerpt")?.map(|names| {
                names.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
            }),
            excerpt_copy: self.name_or_nothing("Redfish.ExcerptCopy")?,
            excerpt_only: self.flag("Redfish.ExcerptCopyOnly")?.unwrap_or(false),
        })
    }

    fn name_or_nothing(&self, term: &str) -> Result<Option<String>, Error> {
        match self.get(term) {
            Some(annotation) if annotation.value == Value::Absent => Ok(Some(String::new())),
            _ => self.text(term),
        }
    }

    fn permissions(&self) -> Result<Option<Permissions>, Error> {
        let Some(annotation) = self.get("OData.Permissions") else {
            return Ok(None);
        };
        let Value::Text(text) = &annotation.value else {
            return Err(self.wrong(annotation, "a member of OData.Permission"));
        };
        match text.rsplit('/').next() {
            Some("Read") => Ok(Some(Permissions::Read)),
            Some("Write") => Ok(Some(Permissions::Write)),
            Some("ReadWrite") => Ok(Some(Permissions::ReadWrite)),
            Some("None") => Ok(Some(Permissions::None)),
            _ => Err(self.wrong(annotation, "Read, Write, ReadWrite or None")),
        }
    }

    /// Reads `Capabilities.*Restrictions`.
    pub(super) fn capabilities(&self) -> Capabilities {
        let restriction = |term: &str, property: &str| {
            let Value::Record(record) = &self.get(term)?.value else {
                return None;
            };
            record.values.iter().find_map(|(name, value)| match value {
                Value::Bool(flag) if name == property => Some(*flag),
                _ => None,
            })
        };
        Capabilities {
            insertable: restriction("Capabilities.InsertRestrictions", "Insertable"),
            updatable: restriction("Capabilities.UpdateRestrictions", "Updatable"),
            deletable: restriction("Capabilities.DeleteRestrictions", "Deletable"),
        }
    }

    /// Reads `OData.AdditionalProperties`.
    pub(super) fn additional_properties(&self) -> Result<Option<bool>, Error> {
        self.flag("OData.AdditionalProperties")
    }

    pub(super) fn uris(&self) -> Result<Vec<String>, Error> {
        self.texts("Redfish.Uris")
    }

    /// Reads `Rosefish.Places`, this project's own term. `ComputerSystem/Oem/Contoso` is short for
    /// `ComputerSystem.ComputerSystem/Oem/Contoso`; `*/Oem/Contoso` is any place that no other type names.
    pub(super) fn places(&self) -> Result<Vec<String>, Error> {
        let mut places = self.texts("Rosefish.Places")?;
        for place in &mut places {
            let (ty, pointer) = place.split_once('/').unwrap_or((place.as_str(), ""));
            let ty = if ty.contains('.') || ty == "*" { ty.to_owned() } else { format!("{ty}.{ty}") };
            *place = format!("{ty}/{pointer}");
        }
        Ok(places)
    }

    pub(super) fn deprecated_uris(&self) -> Result<Vec<String>, Error> {
        self.texts("Redfish.DeprecatedUris")
    }

    /// Reads `Redfish.DynamicPropertyPatterns`: the patterns, and the types as written.
    pub(super) fn patterns(&self) -> Result<Vec<(String, String)>, Error> {
        let term = "Redfish.DynamicPropertyPatterns";
        self.records(term)?
            .into_iter()
            .map(|record| match (record.get("Pattern"), record.get("Type")) {
                (Some(pattern), Some(ty)) => Ok((pattern.to_owned(), ty.to_owned())),
                _ => Err(match self.get(term) {
                    Some(annotation) => self.wrong(annotation, "records of Pattern and Type"),
                    None => Error::of(self.file, term, "records of Pattern and Type"),
                }),
            })
            .collect()
    }

    /// Reads `Redfish.Enumeration`.
    pub(super) fn enumeration(&self, aliases: &Aliases<'_>, origin: &Origin) -> Result<Vec<MemberDef>, Error> {
        let mut members = Vec::new();
        for entry in self.records("Redfish.Enumeration")? {
            if let Some(name) = entry.get("Member") {
                let annotations = Annotations::new(self.file, aliases, &entry.0.annotations);
                members.push(MemberDef { name: name.to_owned(), origin: origin.clone(), docs: annotations.docs()? });
            }
        }
        Ok(members)
    }

    pub(super) fn owner(&self) -> Result<Option<String>, Error> {
        self.text("Redfish.OwningEntity")
    }

    pub(super) fn release(&self) -> Result<Option<String>, Error> {
        self.text("Redfish.Release")
    }
}
