//! Overlays: CSDL of this project's own that adds what the schemas lack, as `schemas/overlay/*.xml`. They are documents like
//! any other, read last. With the pinned schemas an overlay that adds what is there already is an error, so that it goes
//! when the schemas catch up; with schemas from elsewhere what they have already is left out of the overlay.

use std::collections::BTreeSet;

use super::annotation::split_version;
use crate::csdl::{Document, Schema};
use crate::error::Error;

/// What a schema defines, by the path to it: `ComputerSystem`, `Boot`, `BootOrder`.
type Known = BTreeSet<[String; 3]>;

/// Adds the overlays to the documents.
pub(super) fn add(documents: &mut Vec<Document>, overlays: &[Document], pinned: bool) -> Result<Vec<String>, Error> {
    if overlays.is_empty() {
        return Ok(Vec::new());
    }
    let known: Known =
        documents.iter().flat_map(|document| &document.schemas).flat_map(defined).map(|(path, _)| path).collect();
    let mut notes = Vec::new();
    for overlay in overlays {
        let mut overlay = overlay.clone();
        for schema in &mut overlay.schemas {
            let twice: Vec<([String; 3], u32)> = defined(schema).filter(|(path, _)| known.contains(path)).collect();
            for (path, line) in twice {
                let what = path.join("/");
                if pinned {
                    return Err(Error::at(
                        &overlay.file,
                        line,
                        format!("`{what}`, which the schemas have themselves by now"),
                        "additions only; this one must go",
                    ));
                }
                notes.push(format!("overlay {}: `{what}` is in these schemas already", overlay.file));
                remove(schema, &path);
            }
        }
        documents.push(overlay);
    }
    Ok(notes)
}

/// The smallest things that an overlay may add: properties, members, actions, terms, type definitions.
fn defined(schema: &Schema) -> impl Iterator<Item = ([String; 3], u32)> {
    let (name, _) = split_version(&schema.namespace);
    let path = move |outer: &str, inner: &str| [name.to_owned(), outer.to_owned(), inner.to_owned()];
    let properties = schema
        .types
        .iter()
        .flat_map(move |ty| ty.properties.iter().map(move |property| (path(&ty.name, &property.name), property.line)));
    let members = schema
        .enums
        .iter()
        .flat_map(move |ty| ty.members.iter().map(move |member| (path(&ty.name, &member.name), member.line)));
    let definitions = schema.definitions.iter().map(move |ty| (path(&ty.name, "TypeDefinition"), ty.line));
    let actions = schema.actions.iter().map(move |action| (path(&action.name, "Action"), action.line));
    let terms = schema.terms.iter().map(move |term| (path(&term.name, "Term"), term.line));
    properties.chain(members).chain(definitions).chain(actions).chain(terms)
}

fn remove(schema: &mut Schema, [_, outer, inner]: &[String; 3]) {
    for ty in schema.types.iter_mut().filter(|ty| ty.name == *outer) {
        ty.properties.retain(|property| property.name != *inner);
    }
    for ty in schema.enums.iter_mut().filter(|ty| ty.name == *outer) {
        ty.members.retain(|member| member.name != *inner);
    }
    match inner.as_str() {
        "TypeDefinition" => schema.definitions.retain(|ty| ty.name != *outer),
        "Action" => schema.actions.retain(|action| action.name != *outer),
        "Term" => schema.terms.retain(|term| term.name != *outer),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::document;

    fn part(properties: &str) -> Document {
        document(
            "Alpha_v1.xml",
            &format!(
                r#"<Schema Namespace="Alpha.v1_0_0"><ComplexType Name="Part">{properties}</ComplexType></Schema>"#
            ),
        )
        .unwrap()
    }

    const OLD: &str = r#"<Property Name="Old" Type="Edm.String"/>"#;
    const NEW: &str = r#"<Property Name="New" Type="Edm.String"/>"#;

    #[test]
    fn an_overlay_that_adds_is_read_after_the_schemas() {
        let mut documents = vec![part(OLD)];
        let notes = add(&mut documents, &[part(NEW)], true).unwrap();
        assert_eq!(documents, [part(OLD), part(NEW)]);
        assert!(notes.is_empty());
    }

    #[test]
    fn an_overlay_that_the_schemas_caught_up_with_is_an_error() {
        let mut documents = vec![part(OLD)];
        let overlay = part(&format!("{NEW}\n{OLD}"));
        let error = add(&mut documents, &[overlay], true).unwrap_err();
        assert!(error.found().starts_with("`Alpha/Part/Old`"), "{error}");
    }

    #[test]
    fn schemas_from_elsewhere_keep_their_own() {
        let mut documents = vec![part(OLD)];
        let overlay = part(&format!("{NEW}{OLD}"));
        let notes = add(&mut documents, &[overlay], false).unwrap();
        assert_eq!(documents, [part(OLD), part(NEW)]);
        assert_eq!(notes.len(), 1);
    }
}
