//! Documents -> definitions: every name is made the full name of what it refers to, whatever alias or version was written,
//! and annotations become the attributes that they stand for. Whether the referred type exists is for later passes.

use std::path::Path;

use super::annotation::{Aliases, Annotations, split_version};
use super::definition::{
    ActionDef, Definitions, EnumDef, FieldDef, MemberDef, Origin, Primitive, ScalarDef, SchemaDef, Target, TermDef,
    TypeDef, TypeRef,
};
use super::ir::{TypeName, Version};
use crate::csdl::{self, Document};
use crate::error::{Error, Errors, Place};

/// Resolves all documents.
pub(super) fn resolve(documents: &[Document]) -> Result<Definitions, Errors> {
    let mut errors = Errors::default();
    let mut definitions = Definitions::default();
    let mut folders: Vec<&Path> = Vec::new();
    for document in documents {
        let folder = document.folder.as_path();
        let rank = match folders.iter().position(|known| *known == folder) {
            Some(rank) => rank,
            None => {
                folders.push(folder);
                folders.len() - 1
            }
        };
        let aliases = Aliases::of(document);
        for schema in &document.schemas {
            let (name, version) = split_version(&schema.namespace);
            let resolver = Resolver { file: &document.file, aliases: &aliases, schema: name, version, rank };
            resolver.schema(schema, &mut definitions, &mut errors);
        }
    }
    errors.or(definitions)
}

/// One namespace of one file.
struct Resolver<'d> {
    file: &'d str,
    aliases: &'d Aliases<'d>,
    schema: &'d str,
    version: Option<Version>,
    rank: usize,
}

impl<'d> Resolver<'d> {
    fn schema(&self, schema: &'d csdl::Schema, into: &mut Definitions, errors: &mut Errors) {
        let annotations = self.annotations(&schema.annotations);
        into.schemas.push(SchemaDef {
            name: self.schema.to_owned(),
            origin: self.origin(schema.line),
            owner: errors.take(annotations.owner()).flatten(),
            release: errors.take(annotations.release()).flatten(),
        });
        for ty in &schema.types {
            into.types.extend(errors.take(self.structured(ty)).map(|mut found| {
                found.fields = self.fields(&ty.properties, errors);
                found
            }));
        }
        for ty in &schema.enums {
            into.enums.extend(errors.take(self.enumeration(ty)));
        }
        for ty in &schema.definitions {
            into.scalars.extend(errors.take(self.scalar(ty)));
        }
        for action in &schema.actions {
            into.actions.extend(errors.take(self.action(action)).flatten());
        }
        for term in &schema.terms {
            into.terms.extend(errors.take(self.term(term)));
        }
    }

    fn term(&self, term: &'d csdl::Term) -> Result<TermDef, Error> {
        Ok(TermDef {
            name: self.name(&term.name),
            origin: self.origin(term.line),
            ty: self.reference(&term.ty, term.line)?,
            docs: self.annotations(&term.annotations).docs()?,
        })
    }

    fn annotations(&self, annotations: &'d [csdl::Annotation]) -> Annotations<'d> {
        Annotations::new(self.file, self.aliases, annotations)
    }

    fn origin(&self, line: u32) -> Origin {
        Origin { place: self.place(line), rank: self.rank, version: self.version }
    }

    fn place(&self, line: u32) -> Place {
        Place { file: self.file.to_owned(), line }
    }

    fn name(&self, name: &str) -> TypeName {
        TypeName { schema: self.schema.to_owned(), name: name.to_owned() }
    }

    /// `Collection(Alias.Type)` -> the type's schema and name.
    fn reference(&self, written: &str, line: u32) -> Result<TypeRef, Error> {
        let item = written.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')'));
        let many = item.is_some();
        let item = item.unwrap_or(written).trim();
        let unknown = |expected: &str| self.place(line).error(format!("the type `{written}`"), expected);
        let Some((qualifier, name)) = item.rsplit_once('.') else {
            return Err(unknown("a type's name with its namespace, `Namespace.Name`"));
        };
        let to = if qualifier == "Edm" {
            Target::Primitive(primitive(name).ok_or_else(|| {
                unknown("Edm.String, Boolean, Int16, Int32, Int64, Decimal, Double, DateTimeOffset, Duration, Guid or PrimitiveType")
            })?)
        } else {
            let (schema, _) = split_version(self.aliases.namespace(qualifier));
            if schema.is_empty() || name.is_empty() {
                return Err(unknown("a type's name with its namespace, `Namespace.Name`"));
            }
            Target::Named(TypeName { schema: schema.to_owned(), name: name.to_owned() })
        };
        Ok(TypeRef { to, many })
    }

    /// A type without its properties.
    fn structured(&self, ty: &'d csdl::StructuredType) -> Result<TypeDef, Error> {
        let annotations = self.annotations(&ty.annotations);
        let name = self.name(&ty.name);
        let mut bases = Vec::new();
        if let Some(base) = &ty.base {
            let (qualifier, _) = base.rsplit_once('.').unwrap_or_default();
            let itself = split_version(self.aliases.namespace(qualifier)).1 == self.version;
            match self.reference(base, ty.line)? {
                TypeRef { to: Target::Named(base), many: false } if base != name => bases.push(base),
                TypeRef { to: Target::Named(_), many: false } if !itself => {}
                _ => {
                    return Err(self
                        .place(ty.line)
                        .error(format!("the base type `{base}` of `{}`", ty.name), "another entity or complex type"));
                }
            }
        }
        let mut patterns = Vec::new();
        for (pattern, written) in annotations.patterns()? {
            patterns.push((pattern, self.reference(&written, ty.line)?));
        }
        let open = match (ty.open, annotations.additional_properties()?) {
            (true, _) => Some(true),
            (false, annotated) => annotated,
        };
        Ok(TypeDef {
            name,
            origin: self.origin(ty.line),
            entity: ty.entity,
            is_abstract: ty.is_abstract,
            bases,
            docs: annotations.docs()?,
            fields: Vec::new(),
            open,
            capabilities: annotations.capabilities(),
            uris: annotations.uris()?,
            deprecated_uris: annotations.deprecated_uris()?,
            places: annotations.places()?,
            patterns,
        })
    }

    fn fields(&self, properties: &'d [csdl::Property], errors: &mut Errors) -> Vec<FieldDef> {
        let field = |property: &'d csdl::Property| {
            let csdl::Property { line, navigation, name, ty, nullable, annotations } = property;
            self.field(*line, name, ty, *nullable, annotations, *navigation)
        };
        properties.iter().filter_map(|property| errors.take(field(property))).collect()
    }

    fn field(
        &self,
        line: u32,
        name: &str,
        ty: &str,
        nullable: Option<bool>,
        annotations: &'d [csdl::Annotation],
        navigation: bool,
    ) -> Result<FieldDef, Error> {
        let annotations = self.annotations(annotations);
        Ok(FieldDef {
            name: name.to_owned(),
            origin: self.origin(line),
            navigation,
            ty: self.reference(ty, line)?,
            nullable,
            traits: annotations.traits()?,
            docs: annotations.docs()?,
        })
    }

    fn enumeration(&self, ty: &'d csdl::EnumType) -> Result<EnumDef, Error> {
        Ok(EnumDef {
            name: self.name(&ty.name),
            origin: self.origin(ty.line),
            docs: self.annotations(&ty.annotations).docs()?,
            members: ty
                .members
                .iter()
                .map(|member| {
                    Ok(MemberDef {
                        name: member.name.clone(),
                        origin: self.origin(member.line),
                        docs: self.annotations(&member.annotations).docs()?,
                    })
                })
                .collect::<Result<_, Error>>()?,
        })
    }

    fn scalar(&self, ty: &'d csdl::TypeDefinition) -> Result<ScalarDef, Error> {
        let annotations = self.annotations(&ty.annotations);
        let TypeRef { to: Target::Primitive(primitive), many: false } = self.reference(&ty.underlying, ty.line)? else {
            return Err(self
                .place(ty.line)
                .error(format!("the underlying type `{}` of `{}`", ty.underlying, ty.name), "a primitive type"));
        };
        let origin = self.origin(ty.line);
        Ok(ScalarDef {
            name: self.name(&ty.name),
            primitive,
            traits: annotations.traits()?,
            docs: annotations.docs()?,
            members: annotations.enumeration(self.aliases, &origin)?,
            origin,
        })
    }

    /// Unbound actions can't be invoked on a resource; Redfish has none.
    fn action(&self, action: &'d csdl::Action) -> Result<Option<ActionDef>, Error> {
        if !action.bound {
            return Ok(None);
        }
        let Some((binding, parameters)) = action.parameters.split_first() else {
            return Err(self.place(action.line).error(
                format!("the bound action `{}` without parameters", action.name),
                "the binding parameter first",
            ));
        };
        let Target::Named(binding) = self.reference(&binding.ty, binding.line)?.to else {
            return Err(self.place(binding.line).error(
                format!("the binding parameter `{}: {}`", binding.name, binding.ty),
                "an `Actions` complex type",
            ));
        };
        Ok(Some(ActionDef {
            name: self.name(&action.name),
            origin: self.origin(action.line),
            binding,
            parameters: parameters
                .iter()
                .map(|parameter| {
                    self.field(
                        parameter.line,
                        &parameter.name,
                        &parameter.ty,
                        parameter.nullable,
                        &parameter.annotations,
                        false,
                    )
                })
                .collect::<Result<_, _>>()?,
            returns: action.returns.as_ref().map(|ty| self.reference(ty, action.line)).transpose()?,
            docs: self.annotations(&action.annotations).docs()?,
        }))
    }
}

fn primitive(name: &str) -> Option<Primitive> {
    Some(match name {
        "String" | "Stream" | "Binary" => Primitive::String,
        "Int64" | "Int32" | "Int16" | "SByte" | "Byte" => Primitive::Int,
        "Decimal" | "Double" | "Single" => Primitive::Decimal,
        "Boolean" => Primitive::Bool,
        "DateTimeOffset" => Primitive::DateTime,
        "Duration" => Primitive::Duration,
        "Guid" => Primitive::Guid,
        "PrimitiveType" | "Untyped" => Primitive::Any,
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
