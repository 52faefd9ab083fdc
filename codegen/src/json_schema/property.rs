//! Properties and parameters: what they hold, and what may be done with them.

use super::annotate;
use super::inline::Inline;
use super::reference::{self, Reference};
use super::settle::LINK;
use super::source::{Place, Source};
use crate::csdl::{Annotation, Property};
use crate::error::Error;
use crate::tree::{Node, Value};

/// What a value holds, in CSDL's terms.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Held {
    /// The type's name, such as `Edm.String` or `Resource.Status`.
    pub(super) ty: String,
    pub(super) nullable: bool,
    pub(super) is_url: bool,
    /// Whether it is the URI of a resource, whose type the schema doesn't state.
    pub(super) link: bool,
    /// The pattern with its line, unless the type implies it.
    pattern: Option<(u32, String)>,
}

/// The patterns that the standard's files use for types that JSON doesn't have.
const DURATION: &str = r"^P(\d+D)?(T(\d+H)?(\d+M)?(\d+(.\d+)?S)?)?$";
const DURATION_NEGATIVE: &str = r"^-?P(\d+D)?(T(\d+H)?(\d+M)?(\d+(.\d+)?S)?)?$";
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// Reads a property.
pub(super) fn read<'n>(
    source: Source<'_>,
    place: Place<'_>,
    node: &'n Node,
    inline: &mut Inline<'n>,
) -> Result<Property, Error> {
    let items = node.get("items").filter(|_| is_array(node));
    let mut held = held(source, place, items.unwrap_or(node), inline)?;
    if items.is_some() {
        // The schema may give the pattern and format of the items on the list.
        let (again, _) = primitive(node, "string");
        held.pattern = held.pattern.or(again.pattern);
        held.is_url |= again.is_url;
        if held.ty == "Edm.String" {
            held.ty = again.ty;
        }
    }
    let mut annotations = annotate::docs(source, node);
    if held.link {
        held.ty = linked(place, &annotations);
        annotations.push(annotate::flag(LINK, node.line, true));
    }
    annotations.extend(access(node));
    annotations.extend(annotate::limits(node));
    annotations.extend(items.map(annotate::limits).unwrap_or_default());
    if let Some((line, pattern)) = &held.pattern {
        annotations.push(annotate::text("Validation.Pattern", *line, pattern));
    }
    if held.is_url {
        annotations.push(annotate::flag("OData.IsURL", node.line, true));
    }
    if let Some(unit) = source.dialect.get(node, "units").and_then(Node::text) {
        annotations.push(annotate::text("Measures.Unit", node.line, unit));
    }
    if source.dialect.get(node, "autoExpand").and_then(Node::bool) == Some(true) {
        annotations.push(annotate::flag("OData.AutoExpand", node.line, true));
    }
    annotations.extend(excerpt(source, place, node, &mut held));
    let ty = if items.is_some() { format!("Collection({})", held.ty) } else { held.ty };
    let name = place.name.to_owned();
    Ok(Property { line: node.line, navigation: held.link, name, ty, nullable: Some(held.nullable), annotations })
}

pub(super) fn is_array(node: &Node) -> bool {
    node.get("items").is_some() && types(node).iter().all(|ty| *ty == "array" || *ty == "null")
}

/// Returns the names in `type`, which may be a list in JSON Schema.
fn types(node: &Node) -> Vec<&str> {
    match node.get("type") {
        Some(Node { value: Value::List(items), .. }) => items.iter().filter_map(Node::text).collect(),
        Some(one) => one.text().into_iter().collect(),
        None => Vec::new(),
    }
}

/// Reads what a value that isn't a list holds.
pub(super) fn held<'n>(
    source: Source<'_>,
    place: Place<'_>,
    node: &'n Node,
    inline: &mut Inline<'n>,
) -> Result<Held, Error> {
    let mut found = Held { nullable: node.get("nullable").and_then(Node::bool) == Some(true), ..Held::default() };
    if !matches!(node.value, Value::Map(_)) {
        return Err(node.error(
            source.file,
            format!("{} for `{}`", node.kind(), place.name),
            "what it holds, as a map",
        ));
    }
    if let Some(written) = node.get("$ref") {
        match reference::read(source, written)? {
            Reference::Type(schema, name) => found.ty = format!("{schema}.{name}"),
            Reference::Link => found.link = true,
            Reference::OData(name) => {
                found.ty = (if name == "count" { "Edm.Int64" } else { "Edm.String" }).to_owned();
                found.is_url = matches!(name.as_str(), "id" | "context" | "nextLink");
            }
        }
        return Ok(found);
    }
    if let Some(options) = node.get("oneOf").or_else(|| node.get("anyOf")) {
        return one_of(source, place, options, found, inline);
    }
    let mut types = types(node);
    found.nullable |= types.contains(&"null") || node.get("enum").is_some_and(|list| list.items().iter().any(is_null));
    types.retain(|ty| *ty != "null");
    let members: Vec<&Node> =
        node.get("enum").map(Node::items).unwrap_or_default().iter().filter(|item| !is_null(item)).collect();
    match types[..] {
        ["object"] => found.ty = inline.object(source, place, node)?,
        ["string"] if !members.is_empty() => found.ty = inline.enumeration(source, place, node)?,
        [] if node.get("properties").is_some() => found.ty = inline.object(source, place, node)?,
        [] if !members.is_empty() && members.iter().all(|item| item.text().is_some()) => {
            found.ty = inline.enumeration(source, place, node)?;
        }
        ["array"] => return Err(node.error(source.file, "a list of lists", "a list of values or objects")),
        [one] => {
            let (held, known) = primitive(node, one);
            if !known {
                return Err(node.error(
                    source.file,
                    format!("the type `{one}`"),
                    "string, integer, number, boolean, object or array",
                ));
            }
            found = Held { nullable: found.nullable, ..held };
        }
        _ => found.ty = "Edm.PrimitiveType".to_owned(),
    }
    Ok(found)
}

fn is_null(node: &Node) -> bool {
    node.value == Value::Null
}

/// Returns whether an option allows only null.
fn only_null(node: &Node) -> bool {
    let list = |word: &str| node.get(word).map(Node::items).unwrap_or_default();
    let null_type = node.get("type").is_some_and(|ty| is_null(ty) || ty.text() == Some("null"));
    null_type || (!list("enum").is_empty() && list("enum").iter().all(is_null))
}

/// Reads the one option besides null. Several versions of the same type count as one option.
fn one_of<'n>(
    source: Source<'_>,
    place: Place<'_>,
    options: &'n Node,
    mut found: Held,
    inline: &mut Inline<'n>,
) -> Result<Held, Error> {
    let mut one: Option<Held> = None;
    for option in options.items() {
        if only_null(option) {
            found.nullable = true;
            continue;
        }
        let held = held(source, place, option, inline)?;
        found.nullable |= held.nullable;
        one = match one {
            None => Some(held),
            // The resource is sent either as a whole or as a reference.
            Some(known) if held.link => Some(known),
            Some(known) if known.link => Some(held),
            Some(known) if known.ty == held.ty => Some(known),
            Some(known) if known.ty.starts_with("Edm.") && held.ty.starts_with("Edm.") => {
                Some(Held { ty: "Edm.PrimitiveType".to_owned(), ..Held::default() })
            }
            Some(known) => {
                let several = format!("`{}` as `{}` or as `{}`", place.name, known.ty, held.ty);
                return Err(option.error(source.file, several, "one type, and null beside it"));
            }
        };
    }
    match one {
        Some(one) => Ok(Held { nullable: found.nullable, ..one }),
        None => Err(options.error(
            source.file,
            format!("nothing but null for `{}`", place.name),
            "one type, and null beside it",
        )),
    }
}

/// Reads a scalar. The flag is false if JSON Schema doesn't have the type.
fn primitive(node: &Node, ty: &str) -> (Held, bool) {
    let format = node.get("format").and_then(Node::text).unwrap_or_default();
    let pattern = node.get("pattern").and_then(|node| Some((node.line, node.text()?.to_owned())));
    let mut held = Held { pattern, ..Held::default() };
    let edm = match ty {
        "string" => {
            let own = held.pattern.as_ref().map_or("", |(_, pattern)| pattern.as_str());
            held.is_url = matches!(format, "uri" | "uri-reference" | "uri-template" | "iri" | "iri-reference");
            match (format, own) {
                ("date-time", _) => "Edm.DateTimeOffset",
                ("duration", _) => "Edm.Duration",
                (_, DURATION | DURATION_NEGATIVE) => "Edm.Duration",
                ("uuid", _) => "Edm.Guid",
                (_, UUID) => "Edm.Guid",
                _ => "Edm.String",
            }
        }
        "integer" => "Edm.Int64",
        "number" => "Edm.Decimal",
        "boolean" => "Edm.Boolean",
        _ => {
            held.ty = "Edm.PrimitiveType".to_owned();
            return (held, false);
        }
    };
    edm.clone_into(&mut held.ty);
    if edm != "Edm.String"
        && held.pattern.as_ref().is_some_and(|(_, own)| [DURATION, DURATION_NEGATIVE, UUID].contains(&own.as_str()))
    {
        held.pattern = None;
    }
    (held, true)
}

/// Reads whether the property can be read and written.
fn access(node: &Node) -> Option<Annotation> {
    let said = |words: [&str; 2]| words.iter().find_map(|word| node.get(word)).and_then(Node::bool);
    let permission = match (said(["readOnly", "readonly"]), said(["writeOnly", "writeonly"])) {
        (_, Some(true)) => "Write",
        (Some(true), _) => "Read",
        (Some(false), _) => "ReadWrite",
        (None, _) => return None,
    };
    Some(annotate::text("OData.Permissions", node.line, &format!("OData.Permission/{permission}")))
}

/// Returns the type that a link leads to. Only the description says so: "a link to a resource of type `Chassis`". For the members of a
/// collection, the collection's name does.
fn linked(place: Place<'_>, annotations: &[Annotation]) -> String {
    if let Some(member) = place.ty.strip_suffix("Collection").filter(|_| place.name == "Members") {
        return format!("{member}.{member}");
    }
    let texts = ["OData.LongDescription", "OData.Description"].iter().filter_map(|term| {
        annotations.iter().find(|annotation| annotation.term == *term).and_then(|annotation| match &annotation.value {
            crate::csdl::Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    });
    for text in texts {
        for start in ["of type `", "resources type `", "resource type `"] {
            let named = text.find(start).and_then(|at| text.get(at + start.len()..)?.split('`').next());
            let plain = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric());
            if let Some(name) = named.filter(plain) {
                return format!("{name}.{name}");
            }
        }
    }
    "Resource.Item".to_owned()
}

/// Reads which excerpts a property is in, and whether it is itself an excerpt of another resource.
fn excerpt(source: Source<'_>, place: Place<'_>, node: &Node, held: &mut Held) -> Vec<Annotation> {
    let mut found = Vec::new();
    let text = |word: &str| source.dialect.get(node, word).and_then(Node::text);
    if let Some(names) = text("excerpt") {
        let short = |name: &str| name.trim().strip_prefix(place.schema).unwrap_or(name.trim()).to_owned();
        let names: Vec<String> = names.split(',').map(short).collect();
        let mut annotation = annotate::text("Redfish.Excerpt", node.line, &names.join(","));
        if names.iter().any(String::is_empty) {
            annotation.value = crate::csdl::Value::Absent;
        }
        found.push(annotation);
    }
    if text("excerptCopy").is_some()
        && let Some((schema, name)) = held.ty.split_once('.')
    {
        let excerpt = name.strip_prefix(schema).unwrap_or(name);
        let excerpt = excerpt.strip_suffix("Excerpt").unwrap_or(excerpt).to_owned();
        held.ty = format!("{schema}.{schema}");
        found.push(annotate::text("Redfish.ExcerptCopy", node.line, &excerpt));
    }
    if source.dialect.get(node, "excerptCopyOnly").and_then(Node::bool) == Some(true) {
        found.push(annotate::flag("Redfish.ExcerptCopyOnly", node.line, true));
    }
    found
}
