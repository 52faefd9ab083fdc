//! The file of annotations that services send in payloads: terms.

use super::inline::Inline;
use super::property;
use super::source::{Place, Source};
use crate::csdl::{Schema, Term};
use crate::error::Errors;
use crate::tree::Node;

/// Reads `redfish-payload-annotations`.
pub(crate) fn terms(source: Source<'_>, root: &Node) -> Result<Vec<Schema>, Errors> {
    let mut errors = Errors::default();
    let mut schemas: Vec<Schema> = Vec::new();
    let properties = root.get("properties").map(Node::members).unwrap_or_default();
    let patterns = source.dialect.get(root, "patternProperties").map(Node::members).unwrap_or_default();
    for (name, node) in properties.iter().chain(patterns) {
        let Some((vocabulary, name)) = split(name) else { continue };
        let place = Place { schema: vocabulary, ty: "Annotation", name };
        let Some(held) = errors.take(property::read(source, place, node, &mut Inline::default())) else { continue };
        let term = Term { line: node.line, name: name.to_owned(), ty: held.ty, annotations: held.annotations };
        match schemas.iter_mut().find(|schema| schema.namespace == vocabulary) {
            Some(schema) => schema.terms.push(term),
            None => schemas.push(Schema {
                line: node.line,
                namespace: vocabulary.to_owned(),
                terms: vec![term],
                ..Schema::default()
            }),
        }
    }
    errors.or(schemas)
}

/// `@Redfish.Settings`, `^([a-zA-Z_][a-zA-Z0-9_]*)?@Redfish.AllowableValues$` -> vocabulary and term. OData's own are not terms of a schema.
fn split(name: &str) -> Option<(&str, &str)> {
    let (_, qualified) = name.rsplit_once('@')?;
    let (vocabulary, name) = qualified.trim_end_matches('$').split_once('.')?;
    let vocabulary = match vocabulary.trim_end_matches('\\') {
        "Redfish" => "RedfishExtensions",
        "odata" => return None,
        other => other,
    };
    let plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    (plain(vocabulary) && plain(name)).then_some((vocabulary, name))
}
