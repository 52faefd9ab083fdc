//! All that is wrong with a folder of schemas, for anyone who writes them.

use std::path::PathBuf;

use crate::builder::{check_namespaces, names};
use crate::csdl::Document;
use crate::error::{Error, Errors};
use crate::load::load_all;
use crate::manifest::Manifest;
use crate::model::ir::Model;
use crate::model::{self, Selection};
use crate::pinned::pinned;

/// Compiles folders of schemas, and shows all that is wrong with them. Schemas without the standard's `Resource` among them are taken
/// for a vendor's: they are compiled on top of the schemas that this compiler is pinned to, and the model is theirs alone.
///
/// # Errors
///
/// Each with its file and, where there is one, its line. What is wrong within files hides what is wrong between them.
pub fn check(folders: &[PathBuf], manifest: &Manifest) -> Result<Model, Vec<Error>> {
    compile(folders, manifest).map_err(Errors::into_vec)
}

fn compile(folders: &[PathBuf], manifest: &Manifest) -> Result<Model, Errors> {
    let documents = load_all(folders)?;
    let namespaces = documents.iter().flat_map(|document: &Document| &document.schemas);
    if namespaces.into_iter().any(|schema| schema.namespace == "Resource") {
        return model::build_all(documents, manifest, &Selection::All);
    }
    let known = load_all(&pinned())?;
    check_namespaces(&known, &documents)?;
    let own = names(&documents);
    let mut model = model::extension(known, documents, manifest, &own)?;
    model.schemas.retain(|name, _| own.contains(name));
    model.structs.retain(|name, _| own.contains(&name.schema));
    model.enums.retain(|name, _| own.contains(&name.schema));
    Ok(model)
}
