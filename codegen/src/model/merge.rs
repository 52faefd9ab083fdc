//! Merges all versions of a schema, from all folders, into one definition per name: the union of what they define. Where two
//! describe the same property differently, the earlier folder's wording wins, and within a folder the newer version's.
//! Two types for one property can't both be right: that is an error, to be settled by an erratum.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::mem;

use super::definition::{
    ActionDef, Definitions, EnumDef, FieldDef, MemberDef, Merged, MergedSchema, Origin, ScalarDef, Target, TermDef,
    TypeDef, TypeRef,
};
use super::ir::{Docs, TypeName, Version};
use crate::error::{Error, Errors};

/// Merges all definitions.
pub(super) fn merge(definitions: Definitions) -> Result<Merged, Errors> {
    let mut errors = Errors::default();
    let mut merged = Merged { schemas: schemas(&definitions), ..Merged::default() };
    merged.types = by_name(definitions.types, &mut errors);
    merged.enums = by_name(definitions.enums, &mut errors);
    merged.scalars = by_name(definitions.scalars, &mut errors);
    merged.actions = by_name(definitions.actions, &mut errors);
    merged.terms = by_name(definitions.terms, &mut errors);
    one_kind_per_name(&merged, &mut errors);
    forget_what_was_there_from_the_start(&mut merged);
    errors.or(merged)
}

fn schemas(definitions: &Definitions) -> BTreeMap<String, MergedSchema> {
    let mut schemas: BTreeMap<String, MergedSchema> = BTreeMap::new();
    for schema in &definitions.schemas {
        let merged = schemas.entry(schema.name.clone()).or_default();
        if merged.owner.is_none() {
            merged.owner.clone_from(&schema.owner);
        }
        let file = &schema.origin.place.file;
        let file = file.rsplit('/').next().unwrap_or(file);
        if merged.files.iter().all(|known| known != file) {
            merged.files.push(file.to_owned());
        }
        let Some(version) = schema.origin.version else {
            continue;
        };
        merged.oldest = Some(merged.oldest.map_or(version, |oldest| oldest.min(version)));
        merged.newest = merged.newest.max(Some(version));
        if let Some(release) = &schema.release
            && merged.release.as_ref().is_none_or(|(known, _)| *known < version)
        {
            merged.release = Some((version, release.clone()));
        }
    }
    schemas
}

/// What every kind of definition has.
trait Definition: Sized {
    fn name(&self) -> &TypeName;
    fn origin(&self) -> &Origin;
    /// Sets the versions that added the definition and its parts, and merges duplicate parts.
    fn prepare(&mut self) -> Result<(), Error>;
    /// Merges another definition of the same name into this one.
    fn absorb(&mut self, other: Self) -> Result<(), Error>;
}

/// Folds the definitions of each name, the first folder's versions first, oldest to newest.
fn by_name<T: Definition>(mut definitions: Vec<T>, errors: &mut Errors) -> BTreeMap<TypeName, T> {
    definitions.sort_by_key(|definition| {
        let origin = definition.origin();
        (origin.rank, origin.version)
    });
    let mut merged: BTreeMap<TypeName, T> = BTreeMap::new();
    for mut definition in definitions {
        if errors.take(definition.prepare()).is_none() {
            continue;
        }
        match merged.entry(definition.name().clone()) {
            Entry::Vacant(entry) => {
                entry.insert(definition);
            }
            Entry::Occupied(mut entry) => {
                errors.take(entry.get_mut().absorb(definition));
            }
        }
    }
    merged
}

/// Takes the version of the namespace for what no revision dates.
fn date(docs: &mut Docs, origin: &Origin) {
    docs.since = docs.since.or(origin.version);
}

/// Merges documentation. The earlier folder's text wins, and within a folder the newer version's, if it has any.
fn docs_into(known: (&Origin, &mut Docs), other: (&Origin, Docs)) {
    let (origin, docs) = known;
    let (other_origin, other) = other;
    // A definition without a version applies to all of them.
    docs.since = match (docs.since, other.since) {
        (Some(one), Some(another)) => Some(one.min(another)),
        _ => None,
    };
    let newer = origin.rank == other_origin.rank;
    let prefer = |known: &mut Option<String>, other: Option<String>| {
        if other.is_some() && (newer || known.is_none()) {
            *known = other;
        }
    };
    prefer(&mut docs.description, other.description);
    prefer(&mut docs.long_description, other.long_description);
    if other.deprecated.is_some() && (newer || docs.deprecated.is_none()) {
        docs.deprecated = other.deprecated;
    }
}

impl Definition for TypeDef {
    fn name(&self) -> &TypeName {
        &self.name
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn prepare(&mut self) -> Result<(), Error> {
        date(&mut self.docs, &self.origin);
        let fields = mem::take(&mut self.fields);
        fields_into(&self.name, &mut self.fields, fields)?;
        Ok(())
    }

    fn absorb(&mut self, other: Self) -> Result<(), Error> {
        if self.entity != other.entity {
            let kind = |entity| if entity { "entity" } else { "complex" };
            return Err(other.origin.place.error(
                format!("`{}` as a type of kind {}", other.name.name, kind(other.entity)),
                format!("one of kind {} as at {}", kind(self.entity), self.origin.place),
            ));
        }
        self.is_abstract &= other.is_abstract;
        for base in other.bases {
            if !self.bases.contains(&base) {
                self.bases.push(base);
            }
        }
        if self.origin.rank == other.origin.rank {
            self.open = other.open.or(self.open);
        }
        let capabilities = &mut self.capabilities;
        capabilities.insertable = capabilities.insertable.or(other.capabilities.insertable);
        capabilities.updatable = capabilities.updatable.or(other.capabilities.updatable);
        capabilities.deletable = capabilities.deletable.or(other.capabilities.deletable);
        self.uris.extend(other.uris);
        self.uris.sort();
        self.uris.dedup();
        self.deprecated_uris.extend(other.deprecated_uris);
        self.deprecated_uris.sort();
        self.deprecated_uris.dedup();
        self.places.extend(other.places);
        self.places.sort();
        self.places.dedup();
        for pattern in other.patterns {
            if !self.patterns.contains(&pattern) {
                self.patterns.push(pattern);
            }
        }
        fields_into(&self.name, &mut self.fields, other.fields)?;
        docs_into((&self.origin, &mut self.docs), (&other.origin, other.docs));
        Ok(())
    }
}

fn fields_into(owner: &TypeName, known: &mut Vec<FieldDef>, others: Vec<FieldDef>) -> Result<(), Error> {
    for mut other in others {
        date(&mut other.docs, &other.origin);
        match known.iter_mut().find(|field| field.name == other.name) {
            None => known.push(other),
            Some(field) => field_into(owner, field, other)?,
        }
    }
    Ok(())
}

/// Merges another definition of the same property into the known one.
pub(super) fn field_into(owner: &TypeName, known: &mut FieldDef, other: FieldDef) -> Result<(), Error> {
    if known.ty != other.ty {
        return Err(other.origin.place.error(
            format!("`{}` of `{}.{}` as `{}`", other.name, owner.schema, owner.name, written(&other.ty)),
            format!("`{}` as at {}", written(&known.ty), known.origin.place),
        ));
    }
    let newer = known.origin.rank == other.origin.rank;
    if newer {
        known.nullable = other.nullable;
        known.traits = other.traits;
        known.navigation = other.navigation;
    }
    docs_into((&known.origin, &mut known.docs), (&other.origin, other.docs));
    Ok(())
}

impl Definition for EnumDef {
    fn name(&self) -> &TypeName {
        &self.name
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn prepare(&mut self) -> Result<(), Error> {
        date(&mut self.docs, &self.origin);
        let members = mem::take(&mut self.members);
        members_into(&mut self.members, members);
        Ok(())
    }

    fn absorb(&mut self, other: Self) -> Result<(), Error> {
        members_into(&mut self.members, other.members);
        docs_into((&self.origin, &mut self.docs), (&other.origin, other.docs));
        Ok(())
    }
}

fn members_into(known: &mut Vec<MemberDef>, others: Vec<MemberDef>) {
    for mut other in others {
        date(&mut other.docs, &other.origin);
        match known.iter_mut().find(|member| member.name == other.name) {
            None => known.push(other),
            Some(member) => docs_into((&member.origin, &mut member.docs), (&other.origin, other.docs)),
        }
    }
}

impl Definition for ScalarDef {
    fn name(&self) -> &TypeName {
        &self.name
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn prepare(&mut self) -> Result<(), Error> {
        date(&mut self.docs, &self.origin);
        let members = mem::take(&mut self.members);
        members_into(&mut self.members, members);
        Ok(())
    }

    fn absorb(&mut self, other: Self) -> Result<(), Error> {
        if self.primitive != other.primitive {
            return Err(other.origin.place.error(
                format!("another underlying type of `{}`", other.name.name),
                format!("the one at {}", self.origin.place),
            ));
        }
        members_into(&mut self.members, other.members);
        docs_into((&self.origin, &mut self.docs), (&other.origin, other.docs));
        Ok(())
    }
}

impl Definition for ActionDef {
    fn name(&self) -> &TypeName {
        &self.name
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn prepare(&mut self) -> Result<(), Error> {
        date(&mut self.docs, &self.origin);
        let fields = mem::take(&mut self.parameters);
        fields_into(&self.name, &mut self.parameters, fields)?;
        Ok(())
    }

    fn absorb(&mut self, other: Self) -> Result<(), Error> {
        if self.binding != other.binding {
            return Err(other.origin.place.error(
                format!("the action `{}` bound to another type", other.name.name),
                format!("the one at {}", self.origin.place),
            ));
        }
        fields_into(&self.name, &mut self.parameters, other.parameters)?;
        self.returns = self.returns.take().or(other.returns);
        docs_into((&self.origin, &mut self.docs), (&other.origin, other.docs));
        Ok(())
    }
}

impl Definition for TermDef {
    fn name(&self) -> &TypeName {
        &self.name
    }

    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn prepare(&mut self) -> Result<(), Error> {
        date(&mut self.docs, &self.origin);
        Ok(())
    }

    fn absorb(&mut self, other: Self) -> Result<(), Error> {
        docs_into((&self.origin, &mut self.docs), (&other.origin, other.docs));
        Ok(())
    }
}

/// Returns a type reference as CSDL writes it, without version.
pub(super) fn written(ty: &TypeRef) -> String {
    let name = match &ty.to {
        Target::Primitive(primitive) => format!("Edm.{primitive:?}"),
        Target::Named(name) => format!("{}.{}", name.schema, name.name),
    };
    if ty.many { format!("Collection({name})") } else { name }
}

fn one_kind_per_name(merged: &Merged, errors: &mut Errors) {
    let mut twice = |name: &TypeName, origin: &Origin, other: &Origin| {
        errors.take::<()>(Err(origin.place.error(
            format!("`{}.{}` a second time", name.schema, name.name),
            format!("the one at {} alone", other.place),
        )));
    };
    for (name, ty) in &merged.enums {
        if let Some(other) = merged.types.get(name) {
            twice(name, &ty.origin, &other.origin);
        }
    }
    for (name, ty) in &merged.scalars {
        if let Some(other) = merged.types.get(name) {
            twice(name, &ty.origin, &other.origin);
        }
        if let Some(other) = merged.enums.get(name) {
            twice(name, &ty.origin, &other.origin);
        }
    }
}

/// Removes "since v1.0.0", and the versions of properties that were added together with their type: neither helps a reader.
fn forget_what_was_there_from_the_start(merged: &mut Merged) {
    let Merged { schemas, types, enums, scalars, actions, .. } = merged;
    let oldest = |name: &TypeName| schemas.get(&name.schema).and_then(|schema| schema.oldest);
    let forget = |docs: &mut Docs, start: Option<Version>| {
        if docs.since <= start {
            docs.since = None;
        }
    };
    for (name, ty) in types {
        let start = ty.docs.since.max(oldest(name));
        for field in &mut ty.fields {
            forget(&mut field.docs, start);
        }
        forget(&mut ty.docs, oldest(name));
    }
    let members = enums.iter_mut().map(|(name, ty)| (name, &mut ty.docs, &mut ty.members));
    let scalars = scalars.iter_mut().map(|(name, ty)| (name, &mut ty.docs, &mut ty.members));
    for (name, docs, members) in members.chain(scalars) {
        let start = docs.since.max(oldest(name));
        for member in members {
            forget(&mut member.docs, start);
        }
        forget(docs, oldest(name));
    }
    for (name, action) in actions {
        let start = action.docs.since.max(oldest(name));
        for parameter in &mut action.parameters {
            forget(&mut parameter.docs, start);
        }
        forget(&mut action.docs, oldest(name));
    }
}

#[cfg(test)]
mod tests;
