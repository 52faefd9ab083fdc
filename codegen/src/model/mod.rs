//! Documents -> the [`Model`], in passes that each do one thing: errata, resolve, merge, flatten, lower, actions, excerpts,
//! control properties, open types, repetition, names, selection. Nothing here knows how the model becomes Rust.

pub mod ir;

mod action;
mod annotation;
mod definition;
mod errata;
mod excerpt;
mod flatten;
mod lower;
mod merge;
pub(crate) mod name;
mod odata;
mod open;
mod overlay;
mod prune;
mod repetition;
mod resolve;
#[cfg(test)]
pub(crate) mod testing;

use std::collections::BTreeSet;

use crate::csdl::Document;
use crate::error::Error;
use crate::manifest::Manifest;
use crate::pinned::pinned;
use ir::Model;

/// Which groups of schemas to compile. `core` is always among them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Selection {
    /// All schemas, those that no group names included.
    #[default]
    All,
    /// These groups.
    Groups(BTreeSet<String>),
}

/// Compiles the documents to the model of what is selected.
///
/// # Errors
///
/// Contradictions within or between the documents, an erratum or overlay of the manifest that no longer applies, and a
/// selected group that the manifest doesn't have.
pub fn build(mut documents: Vec<Document>, manifest: &Manifest, selection: &Selection) -> Result<Model, Error> {
    if let Selection::Groups(groups) = selection {
        manifest.check_groups(groups)?;
    }
    let are_pinned = are_pinned(&documents);
    let mut notes = errata::apply(&mut documents, errata::ERRATA, are_pinned)?;
    notes.extend(overlay::add(&mut documents, manifest.overlays(), are_pinned)?);
    let mut merged = merge::merge(resolve::resolve(&documents)?)?;
    drop(documents);
    flatten::flatten(&mut merged)?;
    let mut lowering = lower::lower(&merged);
    action::add(&merged, &mut lowering)?;
    let lower::Lowering { mut model, excerpts, .. } = lowering;
    excerpt::add(&mut model, excerpts);
    odata::add(&mut model);
    open::fold(&mut model);
    repetition::drop_repeated(&mut model);
    model.terms.retain(|name, _| manifest.is_sent(name));
    name::name(&mut model, &manifest.acronyms(), manifest.renamed_types());
    name::check(&model)?;
    for schema in model.schemas.values_mut() {
        schema.group = manifest.group(&schema.name).map(str::to_owned);
    }
    if let Selection::Groups(groups) = selection {
        prune::prune(&mut model, |schema| match manifest.group(schema) {
            Some(group) => group == Manifest::CORE || groups.contains(group),
            // A schema that is newer than the manifest.
            None => true,
        });
    }
    model.warnings.extend(notes);
    model.warnings.sort();
    model.warnings.dedup();
    Ok(model)
}

/// Whether the documents are the ones that errata and overlays were written for: all that the pinned package has.
fn are_pinned(documents: &[Document]) -> bool {
    pinned().iter().all(|folder| documents.iter().any(|document| document.folder == *folder))
}
