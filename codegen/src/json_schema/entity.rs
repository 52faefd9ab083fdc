//! Objects: resources and what they contain. JSON Schema doesn't say which objects are resources, nor what types derive from. Both are
//! inferred from the properties that all resources have.

use std::collections::{BTreeMap, BTreeSet};

use super::annotate;
use super::inline::Inline;
use super::property;
use super::source::{Place, Source};
use crate::csdl::{Annotation, Property, Schema, StructuredType};
use crate::error::{Error, Errors};
use crate::tree::{Node, Value};

/// The pattern by which every object allows annotations.
const ANNOTATIONS: &str = "@(odata|Redfish|Message)";

/// The types that CSDL's resources derive from, each with its own base type.
const BASES: &[(&str, Option<&str>)] = &[
    ("ItemOrCollection", None),
    ("Item", Some("Resource.ItemOrCollection")),
    ("Resource", Some("Resource.Item")),
    ("ReferenceableMember", Some("Resource.Item")),
    ("ResourceCollection", Some("Resource.ItemOrCollection")),
];

/// Returns whether a type of the schema `Resource` is one that others derive from.
pub(super) fn is_base(ty: &str) -> bool {
    BASES.iter().any(|(name, _)| *name == ty)
}

/// Builds one of these base types, to which JSON Schema only refers.
pub(super) fn base(ty: &str, line: u32) -> Option<StructuredType> {
    let (name, base) = BASES.iter().find(|(name, _)| *name == ty)?;
    let oem = Property {
        line,
        name: "Oem".to_owned(),
        ty: "Resource.Oem".to_owned(),
        nullable: Some(false),
        ..Property::default()
    };
    Some(StructuredType {
        line,
        entity: true,
        name: (*name).to_owned(),
        base: base.map(str::to_owned),
        is_abstract: true,
        properties: if *name == "ItemOrCollection" { Vec::new() } else { vec![oem] },
        ..StructuredType::default()
    })
}

/// Reads the object that a definition describes, and infers what it derives from.
pub(super) fn read<'n>(
    source: Source<'_>,
    schema: &str,
    name: &str,
    node: &'n Node,
    inline: &mut Inline<'n>,
    errors: &mut Errors,
) -> Option<StructuredType> {
    let mut found = object(source, schema, name, node, inline, errors);
    let has = |name: &str| node.get("properties").is_some_and(|held| held.get(name).is_some());
    if schema == "Resource"
        && let Some(base) = base(name, node.line)
    {
        found.is_abstract = true;
        found.entity = true;
        found.base = base.base;
    } else if has("@odata.id") || has("MemberId") || (has("@odata.type") && has("Id") && has("Name")) {
        found.entity = true;
        found.base = Some(if has("Members@odata.count") {
            "Resource.ResourceCollection".to_owned()
        } else if has("MemberId") {
            "Resource.ReferenceableMember".to_owned()
        } else {
            "Resource.Resource".to_owned()
        });
    }
    Some(found)
}

/// Reads an object with its properties.
pub(super) fn object<'n>(
    source: Source<'_>,
    schema: &str,
    name: &str,
    node: &'n Node,
    inline: &mut Inline<'n>,
    errors: &mut Errors,
) -> StructuredType {
    let mut annotations = annotate::docs(source, node);
    let place = Place { schema, ty: name, name };
    annotations.extend(errors.take(further(source, place, node, inline)).unwrap_or_default());
    let (required, on_create) = (names(node.get("required")), names(source.dialect.get(node, "requiredOnCreate")));
    let mut properties = Vec::new();
    for (property, node) in node.get("properties").map(Node::members).unwrap_or_default() {
        // Annotations and actions are either known without the schema or read elsewhere.
        if property.contains('@') || property.starts_with('#') {
            continue;
        }
        let place = Place { name: property, ..place };
        let Some(mut found) = errors.take(property::read(source, place, node, inline)) else { continue };
        for (names, term) in [(&required, "Redfish.Required"), (&on_create, "Redfish.RequiredOnCreate")] {
            if names.contains(property) {
                found.annotations.push(annotate::flag(term, node.line, true));
            }
        }
        properties.push(found);
    }
    StructuredType { line: node.line, name: name.to_owned(), annotations, properties, ..StructuredType::default() }
}

/// Adds the properties that only the excerpts of a resource have: in CSDL, they are properties of the resource.
pub(super) fn excerpt_only(
    source: Source<'_>,
    node: &Node,
    schemas: &mut BTreeMap<String, Schema>,
) -> Result<(), Error> {
    let schema = source.schema;
    let of = schemas.get_mut(schema).and_then(|found| found.types.iter_mut().find(|ty| ty.name == schema));
    let Some(entity) = of else { return Ok(()) };
    for (name, node) in node.get("properties").map(Node::members).unwrap_or_default() {
        let only = source.dialect.get(node, "excerptCopyOnly").and_then(Node::bool) == Some(true);
        if only && entity.properties.iter().all(|known| known.name != *name) {
            let place = Place { schema, ty: schema, name };
            entity.properties.push(property::read(source, place, node, &mut Inline::default())?);
        }
    }
    Ok(())
}

/// Reads what the head of a file says about its resource: the URIs, and what clients may do with it.
pub(super) fn capabilities(source: Source<'_>, root: &Node, schemas: &mut [Schema]) {
    let schema = schemas.iter_mut().find(|schema| schema.namespace == source.schema);
    let Some(schema) = schema else { return };
    let node = root.get("definitions").and_then(|held| held.get(source.schema)).unwrap_or(root);
    let said = |word: &str| source.dialect.get(node, word).or_else(|| source.dialect.get(root, word));
    let mut annotations = Vec::new();
    for (word, term) in [("uris", "Redfish.Uris"), ("urisDeprecated", "Redfish.DeprecatedUris")] {
        let uris = said(word).map(Node::items).unwrap_or_default().iter().filter_map(Node::text).map(str::to_owned);
        annotations.extend(annotate::texts(term, root.line, uris.collect()));
    }
    for (word, verb, property) in [
        ("insertable", "Insert", "Insertable"),
        ("updatable", "Update", "Updatable"),
        ("deletable", "Delete", "Deletable"),
    ] {
        annotations
            .extend(said(word).and_then(Node::bool).map(|may| annotate::restriction(verb, property, root.line, may)));
    }
    if annotations.is_empty() {
        return;
    }
    match schema.types.iter_mut().find(|ty| ty.name == source.schema) {
        Some(entity) => entity.annotations.extend(annotations),
        // The unversioned file says nothing else about the resource.
        None => schema.types.push(StructuredType {
            line: root.line,
            entity: true,
            name: source.schema.to_owned(),
            base: Some(match source.schema.ends_with("Collection") {
                true => "Resource.ResourceCollection".to_owned(),
                false => "Resource.Resource".to_owned(),
            }),
            annotations,
            ..StructuredType::default()
        }),
    }
}

/// Reads a list of names, such as `required`.
pub(super) fn names(node: Option<&Node>) -> BTreeSet<String> {
    node.map(Node::items).unwrap_or_default().iter().filter_map(|item| item.text().map(str::to_owned)).collect()
}

/// Reads the patterns of names that the service makes up, with their types, and whether any other name is allowed.
fn further<'n>(
    source: Source<'_>,
    place: Place<'_>,
    node: &'n Node,
    inline: &mut Inline<'n>,
) -> Result<Vec<Annotation>, Error> {
    let mut found = Vec::new();
    let mut patterns = Vec::new();
    let held = source.dialect.get(node, "patternProperties").map(Node::members).unwrap_or_default();
    for (pattern, node) in held.iter().filter(|(pattern, _)| !pattern.contains(ANNOTATIONS)) {
        let items = node.get("items").filter(|_| property::is_array(node));
        let held = property::held(source, Place { name: "Properties", ..place }, items.unwrap_or(node), inline)?;
        let ty = if held.link { "Resource.Item".to_owned() } else { held.ty };
        patterns.push((pattern.clone(), if items.is_some() { format!("Collection({ty})") } else { ty }));
    }
    found.extend(annotate::patterns(node.line, patterns));
    match node.get("additionalProperties") {
        Some(Node { value: Value::Bool(open), line }) => {
            found.push(annotate::flag("OData.AdditionalProperties", *line, *open))
        }
        Some(Node { line, .. }) => found.push(annotate::flag("OData.AdditionalProperties", *line, true)),
        None => {}
    }
    Ok(found)
}
