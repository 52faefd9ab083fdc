//! `paths`: each is a URI of a resource, whose schema its GET answers with. PATCH and PUT, DELETE, and POST to a collection say what may
//! be done with it.

use crate::csdl::{Schema, StructuredType};
use crate::error::{Error, Errors};
use crate::json_schema::annotate::{restriction, texts};
use crate::json_schema::reference::{Reference, read as read_reference};
use crate::json_schema::source::Source;
use crate::tree::Node;

/// Adds to the schemas what the paths say of their resources.
pub(super) fn add(source: Source<'_>, root: &Node, schemas: &mut Vec<Schema>) -> Result<(), Errors> {
    let mut errors = Errors::default();
    let mut found: Vec<Resource> = Vec::new();
    for (path, node) in root.members_of("paths") {
        let Some(Some((schema, name))) = errors.take(answered(source, node)) else { continue };
        if path.contains("/Actions/") {
            continue;
        }
        let resource = match found.iter_mut().find(|known| (&known.schema, &known.name) == (&schema, &name)) {
            Some(known) => known,
            None => {
                found.push(Resource { schema, name, line: node.line, ..Resource::default() });
                let Some(last) = found.last_mut() else { continue };
                last
            }
        };
        resource.uris.push(path.trim_end_matches('/').to_owned());
        resource.update |= node.get("patch").is_some() || node.get("put").is_some();
        resource.delete |= node.get("delete").is_some();
        resource.insert |= node.get("post").is_some();
    }
    for resource in found {
        let ty = resource.described();
        match schemas.iter_mut().find(|schema| schema.namespace == resource.schema) {
            Some(schema) => match schema.types.iter_mut().find(|known| known.name == ty.name) {
                Some(known) => known.annotations.extend(ty.annotations),
                None => schema.types.push(ty),
            },
            None => schemas.push(Schema {
                line: resource.line,
                namespace: resource.schema,
                types: vec![ty],
                ..Schema::default()
            }),
        }
    }
    errors.or(())
}

#[derive(Default)]
struct Resource {
    schema: String,
    name: String,
    line: u32,
    uris: Vec<String>,
    insert: bool,
    update: bool,
    delete: bool,
}

impl Resource {
    fn described(&self) -> StructuredType {
        let mut annotations = vec![
            restriction("Insert", "Insertable", self.line, self.insert),
            restriction("Update", "Updatable", self.line, self.update),
            restriction("Delete", "Deletable", self.line, self.delete),
        ];
        annotations.extend(texts("Redfish.Uris", self.line, self.uris.clone()));
        let base = if self.name.ends_with("Collection") { "ResourceCollection" } else { "Resource" };
        StructuredType {
            line: self.line,
            entity: true,
            name: self.name.clone(),
            base: Some(format!("Resource.{base}")),
            annotations,
            ..StructuredType::default()
        }
    }
}

/// The type that a GET of a path answers with.
fn answered(source: Source<'_>, node: &Node) -> Result<Option<(String, String)>, Error> {
    let answers = node.get("get").map(|get| get.members_of("responses")).unwrap_or_default();
    let good = answers.iter().find(|(status, _)| status == "200").map(|(_, answer)| answer);
    let schema = good.and_then(|answer| answer.get("content")?.get("application/json")?.get("schema"));
    let Some(written) = schema.and_then(|schema| schema.get("$ref")) else { return Ok(None) };
    match read_reference(source, written)? {
        Reference::Type(schema, name) => Ok(Some((schema, name))),
        _ => Ok(None),
    }
}
