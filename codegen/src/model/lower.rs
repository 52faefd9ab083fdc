//! Definitions -> the intermediate representation: what each property holds is decided here, from its type and from how the
//! schema says that services send it. Names that no file defines become shells and a warning.

use std::collections::BTreeSet;

use super::definition::{
    FieldDef, Merged, Primitive, ScalarDef, Target, TermDef, TypeDef, TypeRef,
};
use super::excerpt;
use super::ir::{
    Docs, Dynamic, Enum, Field, FieldType, Member, Model, Schema, Struct, StructKind, Term,
    TypeName,
};
use super::odata;
use crate::error::Place;

/// The excerpts that properties ask for: an entity and the excerpt's name.
pub(super) type Excerpts = BTreeSet<(TypeName, Option<String>)>;

/// Lowers everything but the actions.
pub(super) fn lower(merged: &Merged) -> Lowering<'_> {
    let mut lowering = Lowering {
        merged,
        model: Model::default(),
        excerpts: Excerpts::new(),
    };
    lowering.schemas();
    lowering.enums();
    for ty in merged.types.values() {
        let lowered = lowering.structured(ty);
        lowering.model.structs.insert(ty.name.clone(), lowered);
    }
    for term in merged.terms.values() {
        lowering.term(term);
    }
    lowering
}

/// The model as far as it is, and what it is made from.
#[derive(Debug)]
pub(super) struct Lowering<'m> {
    merged: &'m Merged,
    pub(super) model: Model,
    pub(super) excerpts: Excerpts,
}

/// Who refers to a type, and what the annotations say of how its value is sent.
#[derive(Debug)]
pub(super) struct Usage<'u> {
    place: &'u Place,
    name: &'u str,
    navigation: bool,
    auto_expand: bool,
    excerpt_copy: Option<&'u str>,
}

impl<'u> Usage<'u> {
    /// A use that no annotation qualifies.
    pub(super) fn plain(place: &'u Place, name: &'u str) -> Self {
        Self {
            place,
            name,
            navigation: false,
            auto_expand: false,
            excerpt_copy: None,
        }
    }
}

impl<'m> Lowering<'m> {
    fn schemas(&mut self) {
        for (name, schema) in &self.merged.schemas {
            self.model.schemas.insert(
                name.clone(),
                Schema {
                    name: name.clone(),
                    owner: schema.owner.clone().unwrap_or_default(),
                    version: schema.newest,
                    release: schema.release.as_ref().map(|(_, release)| release.clone()),
                    files: schema.files.clone(),
                    ..Schema::default()
                },
            );
        }
    }

    fn enums(&mut self) {
        for (name, ty) in &self.merged.enums {
            let members = ty.members.iter();
            self.model.enums.insert(
                name.clone(),
                enumeration(name, &ty.docs, members.map(|m| (&m.name, &m.docs))),
            );
        }
        for (name, ty) in &self.merged.scalars {
            if !ty.members.is_empty() {
                let members = ty.members.iter();
                self.model.enums.insert(
                    name.clone(),
                    enumeration(name, &ty.docs, members.map(|m| (&m.name, &m.docs))),
                );
            }
        }
    }

    fn structured(&mut self, ty: &TypeDef) -> Struct {
        let kind = if ty.entity {
            StructKind::Entity
        } else {
            StructKind::Complex
        };
        Struct {
            is_abstract: ty.is_abstract,
            docs: ty.docs.clone(),
            bases: ty.bases.clone(),
            fields: ty.fields.iter().map(|field| self.field(field)).collect(),
            dynamic: self.dynamic(ty),
            open: ty.open.unwrap_or(false),
            capabilities: ty.capabilities,
            uris: ty.uris.clone(),
            deprecated_uris: ty.deprecated_uris.clone(),
            ..Struct::new(ty.name.clone(), kind)
        }
    }

    fn dynamic(&mut self, ty: &TypeDef) -> Option<Dynamic> {
        let (_, first) = ty.patterns.first()?;
        // Several patterns with several types: none of the types holds for all of them.
        let same = ty.patterns.iter().all(|(_, other)| other == first);
        let (ty_of_all, many) = if same {
            (
                self.type_of(first, &Usage::plain(&ty.origin.place, &ty.name.name)),
                first.many,
            )
        } else {
            (FieldType::Oem, false)
        };
        Some(Dynamic {
            rust: String::new(),
            patterns: ty
                .patterns
                .iter()
                .map(|(pattern, _)| pattern.clone())
                .collect(),
            ty: ty_of_all,
            many,
        })
    }

    /// A property; for a parameter the caller corrects what differs.
    pub(super) fn field(&mut self, field: &FieldDef) -> Field {
        let scalar = self.scalar(&field.ty);
        let defined = scalar.map(|scalar| &scalar.traits);
        let traits = &field.traits;
        let usage = Usage {
            place: &field.origin.place,
            name: &field.name,
            navigation: field.navigation,
            auto_expand: traits.auto_expand,
            excerpt_copy: traits.excerpt_copy.as_deref(),
        };
        let mut docs = field.docs.clone();
        if let Some(scalar) = scalar {
            docs.description = docs.description.or_else(|| scalar.docs.description.clone());
            docs.long_description = docs
                .long_description
                .or_else(|| scalar.docs.long_description.clone());
        }
        Field {
            json: field.name.clone(),
            rust: String::new(),
            ty: self.type_of(&field.ty, &usage),
            many: field.ty.many,
            nullable: field.nullable.unwrap_or(true),
            permissions: traits
                .permissions
                .or(defined.and_then(|defined| defined.permissions)),
            required: traits.required,
            required_on_create: traits.required_on_create,
            unit: traits.unit.clone(),
            minimum: traits
                .minimum
                .or(defined.and_then(|defined| defined.minimum)),
            maximum: traits
                .maximum
                .or(defined.and_then(|defined| defined.maximum)),
            pattern: traits
                .pattern
                .clone()
                .or_else(|| defined.and_then(|defined| defined.pattern.clone())),
            is_url: traits.is_url || defined.is_some_and(|defined| defined.is_url),
            excerpt: traits.excerpt.clone(),
            excerpt_only: traits.excerpt_only,
            docs,
        }
    }

    fn scalar(&self, ty: &TypeRef) -> Option<&'m ScalarDef> {
        match &ty.to {
            Target::Named(name) => self.merged.scalars.get(name),
            Target::Primitive(_) => None,
        }
    }

    /// What a property of this type holds.
    pub(super) fn type_of(&mut self, ty: &TypeRef, usage: &Usage<'_>) -> FieldType {
        let name = match &ty.to {
            Target::Primitive(kind) => return primitive(*kind),
            Target::Named(name) => name,
        };
        if let Some(scalar) = self.merged.scalars.get(name) {
            return if scalar.members.is_empty() {
                primitive(scalar.primitive)
            } else {
                FieldType::Enum(name.clone())
            };
        }
        if self.merged.enums.contains_key(name) {
            return FieldType::Enum(name.clone());
        }
        let entity = match self.merged.types.get(name) {
            Some(target) => target.entity,
            None => {
                self.unknown(name, usage);
                usage.navigation
            }
        };
        if !entity {
            return FieldType::Struct(name.clone());
        }
        if let Some(excerpt) = usage.excerpt_copy {
            let excerpt = (!excerpt.is_empty()).then(|| excerpt.to_owned());
            let copy = excerpt::name(name, excerpt.as_deref());
            self.excerpts.insert((name.clone(), excerpt));
            return FieldType::Struct(copy);
        }
        if usage.auto_expand {
            FieldType::Struct(name.clone())
        } else {
            FieldType::Link(name.clone())
        }
    }

    /// A name that no file defines: a type without more than its name.
    fn unknown(&mut self, name: &TypeName, usage: &Usage<'_>) {
        self.model.warnings.push(format!(
            "{}: `{}` refers to `{}.{}`, which no file defines",
            usage.place, usage.name, name.schema, name.name
        ));
        self.model
            .schemas
            .entry(name.schema.clone())
            .or_insert_with(|| Schema {
                name: name.schema.clone(),
                ..Schema::default()
            });
        let mut shell = Struct::new(name.clone(), StructKind::Complex);
        shell.shell = true;
        if usage.navigation {
            shell.kind = StructKind::Entity;
            shell.fields = odata::resource_fields();
            // By the standard's rule for names a collection of whatever it may be.
            if name.name.ends_with("Collection") {
                shell.bases = vec![odata::resource_type("ResourceCollection")];
            }
        } else {
            shell.open = true;
        }
        self.model.structs.entry(name.clone()).or_insert(shell);
    }

    fn term(&mut self, term: &TermDef) {
        let vocabulary = match term.name.schema.as_str() {
            "RedfishExtensions" => "Redfish",
            other => other,
        };
        let usage = Usage::plain(&term.origin.place, &term.name.name);
        let ty = self.type_of(&term.ty, &usage);
        self.model.terms.insert(
            format!("{vocabulary}.{}", term.name.name),
            Term {
                ty,
                many: term.ty.many,
                docs: term.docs.clone(),
            },
        );
    }
}

fn enumeration<'e>(
    name: &TypeName,
    docs: &Docs,
    members: impl Iterator<Item = (&'e String, &'e Docs)>,
) -> Enum {
    Enum {
        name: name.clone(),
        rust_name: String::new(),
        docs: docs.clone(),
        members: members
            .map(|(name, docs)| Member {
                json: name.clone(),
                rust: String::new(),
                docs: docs.clone(),
            })
            .collect(),
    }
}

fn primitive(primitive: Primitive) -> FieldType {
    match primitive {
        Primitive::String => FieldType::String,
        Primitive::Int => FieldType::Int,
        Primitive::Decimal => FieldType::Decimal,
        Primitive::Bool => FieldType::Bool,
        Primitive::DateTime => FieldType::DateTime,
        Primitive::Duration => FieldType::Duration,
        Primitive::Guid => FieldType::Guid,
        Primitive::Any => FieldType::Primitive,
    }
}
