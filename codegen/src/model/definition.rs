//! What the passes before the lowering work on: definitions as the schemas give them, with every name resolved.
//! After [`super::resolve`] there is one per version, after [`super::merge`] one per name.

use std::collections::BTreeMap;

use super::ir::{Capabilities, Docs, Permissions, TypeName, Version};
use crate::error::Place;

/// Where a definition comes from.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Origin {
    pub(crate) place: Place,
    /// The folder's position in the order of reading. Where folders disagree, the first wins.
    pub(crate) rank: usize,
    /// The version of the namespace.
    pub(crate) version: Option<Version>,
}

/// All definitions, each list in the order of the files.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Definitions {
    pub(crate) schemas: Vec<SchemaDef>,
    pub(crate) types: Vec<TypeDef>,
    pub(crate) enums: Vec<EnumDef>,
    pub(crate) scalars: Vec<ScalarDef>,
    pub(crate) actions: Vec<ActionDef>,
    pub(crate) terms: Vec<TermDef>,
}

/// All definitions, merged: one per name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Merged {
    pub(crate) schemas: BTreeMap<String, MergedSchema>,
    pub(crate) types: BTreeMap<TypeName, TypeDef>,
    pub(crate) enums: BTreeMap<TypeName, EnumDef>,
    pub(crate) scalars: BTreeMap<TypeName, ScalarDef>,
    pub(crate) actions: BTreeMap<TypeName, ActionDef>,
    pub(crate) terms: BTreeMap<TypeName, TermDef>,
}

/// One namespace.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct SchemaDef {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) owner: Option<String>,
    pub(crate) release: Option<String>,
}

/// The namespaces of one schema.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MergedSchema {
    pub(crate) owner: Option<String>,
    pub(crate) oldest: Option<Version>,
    pub(crate) newest: Option<Version>,
    /// The release of the newest version that names one.
    pub(crate) release: Option<(Version, String)>,
    pub(crate) files: Vec<String>,
}

/// `EntityType` or `ComplexType`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct TypeDef {
    pub(crate) name: TypeName,
    pub(crate) origin: Origin,
    pub(crate) entity: bool,
    pub(crate) is_abstract: bool,
    /// The base types, other versions of the same type left out.
    pub(crate) bases: Vec<TypeName>,
    pub(crate) docs: Docs,
    pub(crate) fields: Vec<FieldDef>,
    /// `OData.AdditionalProperties` or `OpenType`, where given.
    pub(crate) open: Option<bool>,
    pub(crate) capabilities: Capabilities,
    pub(crate) uris: Vec<String>,
    pub(crate) deprecated_uris: Vec<String>,
    /// `Rosefish.Places`: where objects of this type occur that don't state their type.
    pub(crate) places: Vec<String>,
    /// Patterns of property names with their types.
    pub(crate) patterns: Vec<(String, TypeRef)>,
}

/// A property or a parameter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FieldDef {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) navigation: bool,
    pub(crate) ty: TypeRef,
    pub(crate) nullable: Option<bool>,
    pub(crate) traits: Traits,
    pub(crate) docs: Docs,
}

/// What a property's annotations say of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Traits {
    pub(crate) permissions: Option<Permissions>,
    pub(crate) required: bool,
    pub(crate) required_on_create: bool,
    pub(crate) unit: Option<String>,
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) pattern: Option<String>,
    pub(crate) is_url: bool,
    pub(crate) auto_expand: bool,
    /// `Redfish.Excerpt`: the excerpts that the property is in; empty if it is in all.
    pub(crate) excerpt: Option<Vec<String>>,
    /// `Redfish.ExcerptCopy`: the excerpt's name, empty for the unnamed one.
    pub(crate) excerpt_copy: Option<String>,
    pub(crate) excerpt_only: bool,
}

/// `EnumType`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct EnumDef {
    pub(crate) name: TypeName,
    pub(crate) origin: Origin,
    pub(crate) docs: Docs,
    pub(crate) members: Vec<MemberDef>,
}

/// A member of an enumeration.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MemberDef {
    pub(crate) name: String,
    pub(crate) origin: Origin,
    pub(crate) docs: Docs,
}

/// `TypeDefinition` of a primitive type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScalarDef {
    pub(crate) name: TypeName,
    pub(crate) origin: Origin,
    pub(crate) primitive: Primitive,
    pub(crate) traits: Traits,
    pub(crate) docs: Docs,
    /// `Redfish.Enumeration`: the members of an enumeration with spellings that an `EnumType` can't have.
    pub(crate) members: Vec<MemberDef>,
}

/// `Action`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ActionDef {
    pub(crate) name: TypeName,
    pub(crate) origin: Origin,
    /// The type of the binding parameter, an `Actions` complex type.
    pub(crate) binding: TypeName,
    pub(crate) parameters: Vec<FieldDef>,
    pub(crate) returns: Option<TypeRef>,
    pub(crate) docs: Docs,
}

/// `Term`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TermDef {
    pub(crate) name: TypeName,
    pub(crate) origin: Origin,
    pub(crate) ty: TypeRef,
    pub(crate) docs: Docs,
}

/// A reference to a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TypeRef {
    pub(crate) to: Target,
    /// `Collection(...)`.
    pub(crate) many: bool,
}

/// What a reference leads to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Target {
    Primitive(Primitive),
    Named(TypeName),
}

/// The primitive types of OData that Redfish uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Primitive {
    String,
    Int,
    Decimal,
    Bool,
    DateTime,
    Duration,
    Guid,
    Any,
}
