//! Compiles documents to the [`Model`], in passes that each do one thing: errata, resolve, merge, flatten, lower, actions, excerpts,
//! control properties, open types, repetition, names, selection. Nothing here knows how the model becomes Rust.

pub mod ir;

mod action;
pub(crate) mod annotation;
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
use crate::error::{Error, Errors};
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
pub fn build(documents: Vec<Document>, manifest: &Manifest, selection: &Selection) -> Result<Model, Error> {
    Ok(build_all(documents, manifest, selection)?)
}

/// Like [`build`], but returns all errors of the first pass that has any.
pub(crate) fn build_all(documents: Vec<Document>, manifest: &Manifest, selection: &Selection) -> Result<Model, Errors> {
    if let Selection::Groups(groups) = selection {
        manifest.check_groups(groups)?;
    }
    let mut model = whole(documents, Vec::new(), manifest)?;
    if let Selection::Groups(groups) = selection {
        prune::prune(&mut model, |schema| match manifest.group(schema) {
            Some(group) => group == Manifest::CORE || groups.contains(group),
            // The schema is newer than the manifest.
            None => true,
        });
    }
    Ok(model)
}

/// Compiles what another crate adds: its `own` schemas, and what those need. Resources of other schemas that get actions are kept
/// as shells with these actions.
pub(crate) fn extension(
    documents: Vec<Document>,
    added: Vec<Document>,
    manifest: &Manifest,
    own: &BTreeSet<String>,
) -> Result<Model, Errors> {
    let mut model = whole(documents, added, manifest)?;
    let given = given(&model, own);
    prune::prune(&mut model, |schema| own.contains(schema));
    model.terms.retain(|name, _| name.split('.').next().is_some_and(|schema| own.contains(schema)));
    for mut item in given {
        item.actions.append(&mut model.structs.remove(&item.name).map(|item| item.actions).unwrap_or_default());
        model.structs.insert(item.name.clone(), item);
    }
    Ok(model)
}

/// Returns the resources of other schemas whose `Actions` hold actions of `own` schemas, as shells with these actions.
fn given(model: &Model, own: &BTreeSet<String>) -> Vec<ir::Struct> {
    let mut given = Vec::new();
    for item in model.structs.values().filter(|item| !own.contains(&item.name.schema)) {
        let Some(field) = item.fields.iter().find(|field| field.json == "Actions") else { continue };
        let ir::FieldType::Struct(held) = &field.ty else { continue };
        let mut actions = Vec::new();
        let held = model.structs.get(held);
        let oem = held.and_then(|held| held.fields.iter().find(|field| field.json == "Oem"));
        let oem = oem.and_then(|field| match &field.ty {
            ir::FieldType::Struct(name) => model.structs.get(name),
            _ => None,
        });
        for actions_type in [held, oem].into_iter().flatten() {
            for action in actions_type.fields.iter().filter(|field| field.ty == ir::FieldType::Action) {
                let name = action.json.trim_start_matches('#');
                let is = |known: &&ir::Action| format!("{}.{}", known.name.schema, known.name.name) == name;
                let holders = model.structs.values().flat_map(|holder| &holder.actions);
                actions.extend(holders.filter(|known| own.contains(&known.name.schema)).find(is).cloned());
            }
        }
        if !actions.is_empty() {
            let mut shell = ir::Struct::new(item.name.clone(), ir::StructKind::Entity);
            shell.rust_name.clone_from(&item.rust_name);
            shell.shell = true;
            shell.actions = actions;
            given.push(shell);
        }
    }
    given
}

/// Compiles all documents, together with those `added` by another crate.
pub(crate) fn whole(mut documents: Vec<Document>, added: Vec<Document>, manifest: &Manifest) -> Result<Model, Errors> {
    let are_pinned = are_pinned(&documents);
    let mut notes = errata::apply(&mut documents, errata::ERRATA, are_pinned)?;
    notes.extend(overlay::add(&mut documents, manifest.overlays(), are_pinned)?);
    documents.extend(added);
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
    model.warnings.extend(notes);
    model.warnings.sort();
    model.warnings.dedup();
    Ok(model)
}

/// Returns whether the documents include all of the pinned package, which the errata and overlays were written for.
fn are_pinned(documents: &[Document]) -> bool {
    pinned().iter().all(|folder| documents.iter().any(|document| document.folder == *folder))
}
