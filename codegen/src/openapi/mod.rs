//! OpenAPI files, as DSP8010's `openapi` and services have them, to documents. Their schema objects are JSON Schema's, read by
//! [`crate::json_schema`]; what is theirs alone is `paths`: where resources are, and what may be done with them.

mod paths;

use crate::csdl::Document;
use crate::error::Errors;
use crate::json_schema;
use crate::json_schema::definition::definitions;
use crate::json_schema::reference::split_stem;
use crate::json_schema::source::{Dialect, Source, stem};
use crate::json_schema::term::terms;
use crate::tree::{self, Value};

/// Reads an OpenAPI file.
pub(crate) fn read(file: &str, text: &str) -> Result<Vec<Document>, Errors> {
    let root = tree::yaml::read(file, text)?;
    let stem = stem(file);
    if stem.starts_with("odata") {
        return Ok(Vec::new());
    }
    let (schema, version) = split_stem(stem);
    let mut schemas = Vec::new();
    let held = root.get("components").and_then(|held| held.get("schemas"));
    if stem.starts_with("redfish-payload-annotations") {
        schemas = terms(Source { file, dialect: Dialect::OpenApi, schema }, &root)?;
    } else if root.get("openapi").is_some() || root.get("paths").is_some() {
        // The file of a service: what it has of schemas is of many.
        let source = Source { file, dialect: Dialect::OpenApi, schema: "" };
        if let Some(held) = held {
            schemas = definitions(source, held)?;
        }
        paths::add(source, &root, &mut schemas)?;
    } else if let Some(held) = held {
        let source = Source { file, dialect: Dialect::OpenApi, schema };
        schemas = definitions(source, held)?;
        json_schema::head(source, &root, version, &mut schemas);
    } else {
        let found = match root.value {
            Value::Map(_) => "neither `components` nor `paths`".to_owned(),
            _ => root.kind().to_owned(),
        };
        return Err(root.error(file, found, "an OpenAPI file of Redfish").into());
    }
    Ok(vec![Document { file: file.to_owned(), schemas, ..Document::default() }])
}
