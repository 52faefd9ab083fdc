//! Turns JSON Schema files, from DSP8010's `json-schema` or a vendor, into documents with what CSDL would say about the same schema, so
//! that all later passes are the same. OpenAPI's schema objects differ only in the names of Redfish's extensions (`x-longDescription`):
//! [`source::Dialect`] tells the two apart.
//!
//! Nothing is fetched: a `$ref` is read as the name of a schema and of a type in it, whatever its host is.

pub(crate) mod annotate;
pub(crate) mod definition;
mod entity;
mod inline;
mod property;
pub(crate) mod reference;
pub(crate) mod settle;
pub(crate) mod source;
pub(crate) mod term;

use crate::csdl::{Document, Schema};
use crate::error::Errors;
use crate::tree::{self, Node};
use definition::definitions;
use reference::split_stem;
use source::{Dialect, Source, stem};
use term::terms;

/// Files that describe how schemas are written, and types that are known without them.
const GENERAL: &[&str] = &["odata", "redfish-schema", "redfish-error", "message-registry-schema"];

/// Reads a JSON Schema file. Returns no document for [`GENERAL`] files, which don't define a schema of their own.
pub(crate) fn read(file: &str, text: &str) -> Result<Vec<Document>, Errors> {
    let root = tree::json::read(file, text)?;
    let stem = stem(file);
    if GENERAL.iter().any(|general| stem.starts_with(general)) {
        return Ok(Vec::new());
    }
    let (schema, version) = split_stem(stem);
    let source = Source { file, dialect: Dialect::JsonSchema, schema };
    if stem.starts_with("redfish-payload-annotations") {
        return Ok(vec![Document { file: file.to_owned(), schemas: terms(source, &root)?, ..Document::default() }]);
    }
    let Some(held) = root.get("definitions").or_else(|| root.get("$defs")) else {
        return Err(root
            .error(file, format!("{} without `definitions`", root.kind()), "a JSON Schema of Redfish")
            .into());
    };
    let mut schemas = definitions(source, held)?;
    head(source, &root, version, &mut schemas);
    entity::capabilities(source, &root, &mut schemas);
    Ok(vec![Document { file: file.to_owned(), schemas, ..Document::default() }])
}

/// Reads what a file says about itself: owner, version and release. Types go into the namespace without version, as they state
/// themselves which version added what. An empty namespace records that a version exists.
pub(crate) fn head(source: Source<'_>, root: &Node, version: Option<&str>, schemas: &mut Vec<Schema>) {
    let text = |word: &str| source.dialect.get(root, word).and_then(Node::text);
    let owner = text("owningEntity").map(|owner| annotate::text("Redfish.OwningEntity", root.line, owner));
    let release = text("release").map(|release| annotate::text("Redfish.Release", root.line, release));
    let own = match schemas.iter().position(|schema| schema.namespace == source.schema) {
        Some(own) => own,
        None => {
            schemas.push(Schema { line: 1, namespace: source.schema.to_owned(), ..Schema::default() });
            schemas.len() - 1
        }
    };
    if let Some(own) = schemas.get_mut(own) {
        own.annotations.extend(owner);
    }
    if let Some(version) = version {
        let of =
            |version: &str| Schema { line: 1, namespace: format!("{}.{version}", source.schema), ..Schema::default() };
        schemas.push(of("v1_0_0"));
        let mut newest = of(version);
        newest.annotations.extend(release);
        schemas.push(newest);
    }
}
