//! The intermediate representation: what the schemas say, resolved and flattened, with no Rust syntax in it.
//!
//! One [`Struct`] per Redfish type: all versions merged, base types folded in. Every reference is a [`TypeName`]
//! that is a key of [`Model::structs`] or [`Model::enums`]. All maps are sorted, so that output is deterministic.

use std::collections::BTreeMap;

/// The resolved bundle.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Model {
    /// Schemas by name (`ComputerSystem`).
    pub schemas: BTreeMap<String, Schema>,
    /// Entity types, complex types, excerpts and action parameter sets.
    pub structs: BTreeMap<TypeName, Struct>,
    /// Enumerations.
    pub enums: BTreeMap<TypeName, Enum>,
    /// Annotation terms that services send, by qualified name without alias (`Redfish.AllowableValues`).
    pub terms: BTreeMap<String, Term>,
    /// Open complex types without properties. They don't have a struct: [`FieldType::Oem`] holds them.
    pub open_types: BTreeMap<TypeName, Docs>,
    /// Warnings about the input (unresolvable references that became shells).
    pub warnings: Vec<String>,
}

/// A schema: one CSDL namespace without its version, which becomes one Rust module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// The namespace, `ComputerSystem`.
    pub name: String,
    /// The Rust module, `computer_system`.
    pub module: String,
    /// Who owns it: `DMTF` or `SNIA`.
    pub owner: String,
    /// The newest version, where the schema is versioned.
    pub version: Option<Version>,
    /// The release of the newest version, `2025.3`.
    pub release: Option<String>,
    /// The file(s) it was read from, file names only.
    pub files: Vec<String>,
    /// The group that it belongs to, which is the Cargo feature; none for a schema that the manifest doesn't name.
    pub group: Option<String>,
}

/// A schema version, `v1_23_0`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16, pub u16);

/// The name of a type within its schema, both as the standard spells them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeName {
    /// The schema, `ComputerSystem`.
    pub schema: String,
    /// The type, `Boot`.
    pub name: String,
}

/// What a [`Struct`] stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum StructKind {
    /// An entity type: a resource with a URI.
    Entity,
    /// An entity type whose instances are collections; its `Members` are of this type.
    Collection(TypeName),
    /// A complex type.
    Complex,
    /// The excerpt of an entity that other resources carry as a copy (`Redfish.ExcerptCopy`).
    Excerpt {
        /// The entity.
        of: TypeName,
        /// The excerpt's name (`Power`), none for the one without name.
        excerpt: Option<String>,
    },
    /// The parameters of an action.
    Parameters,
}

/// A record type, with everything that the schemas say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Struct {
    /// Its name in the standard. Names of excerpts and parameter sets are made up by this compiler.
    pub name: TypeName,
    /// The Rust type's name, unique in its module.
    pub rust_name: String,
    /// What it stands for.
    pub kind: StructKind,
    /// Only the properties that all resources have are present, as its schema is outside the selection.
    pub shell: bool,
    /// Declared `Abstract` in every version.
    pub is_abstract: bool,
    /// Description and so on.
    pub docs: Docs,
    /// The chain of base types that were folded in, nearest first. They need not be part of the model.
    pub bases: Vec<TypeName>,
    /// The properties in a stable order: those of the base types first, then as the schema declares them.
    pub fields: Vec<Field>,
    /// Actions bound to this entity type.
    pub actions: Vec<Action>,
    /// Properties whose names the service makes up.
    pub dynamic: Option<Dynamic>,
    /// Further properties are allowed (`OData.AdditionalProperties` true).
    pub open: bool,
    /// `Insert`/`Update`/`DeleteRestrictions`; none where the schema says nothing.
    pub capabilities: Capabilities,
    /// URI templates, sorted.
    pub uris: Vec<String>,
    /// Deprecated URI templates, sorted.
    pub deprecated_uris: Vec<String>,
    /// Where a vendor's object of this type occurs that doesn't state its type: the resource's type and a JSON pointer,
    /// `ComputerSystem.ComputerSystem/Oem/Contoso`. Sorted.
    pub places: Vec<String>,
}

impl Struct {
    /// Creates a type with nothing but a name and a kind.
    pub(crate) fn new(name: TypeName, kind: StructKind) -> Self {
        Self {
            name,
            rust_name: String::new(),
            kind,
            shell: false,
            is_abstract: false,
            docs: Docs::default(),
            bases: Vec::new(),
            fields: Vec::new(),
            actions: Vec::new(),
            dynamic: None,
            open: false,
            capabilities: Capabilities::default(),
            uris: Vec::new(),
            deprecated_uris: Vec::new(),
            places: Vec::new(),
        }
    }
}

/// Description, version and deprecation of anything.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Docs {
    /// `OData.Description`.
    pub description: Option<String>,
    /// `OData.LongDescription`.
    pub long_description: Option<String>,
    /// The version that added it; none if it was there from the start or the schema has no versions.
    pub since: Option<Version>,
    /// Since when it is deprecated, and what to use.
    pub deprecated: Option<Deprecation>,
}

/// A deprecation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Deprecation {
    /// The version that deprecated it.
    pub version: Option<Version>,
    /// The reason or the replacement.
    pub description: Option<String>,
}

/// `Capabilities.*Restrictions`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `Insertable`.
    pub insertable: Option<bool>,
    /// `Updatable`.
    pub updatable: Option<bool>,
    /// `Deletable`.
    pub deletable: Option<bool>,
}

/// A property or a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The name in JSON, `MACAddress`, `@odata.id`, `#ComputerSystem.Reset`.
    pub json: String,
    /// The Rust field's name, keyword-safe (`r#type` is written `r#type`), unique in its struct.
    pub rust: String,
    /// What it holds.
    pub ty: FieldType,
    /// A collection of `ty`.
    pub many: bool,
    /// JSON null is allowed (for a collection: null items are).
    pub nullable: bool,
    /// `OData.Permissions`; none where the schema says nothing.
    pub permissions: Option<Permissions>,
    /// `Redfish.Required`; for a parameter: `Nullable="false"`.
    pub required: bool,
    /// `Redfish.RequiredOnCreate`.
    pub required_on_create: bool,
    /// `Measures.Unit`.
    pub unit: Option<String>,
    /// `Validation.Minimum`.
    pub minimum: Option<i64>,
    /// `Validation.Maximum`.
    pub maximum: Option<i64>,
    /// `Validation.Pattern`.
    pub pattern: Option<String>,
    /// `OData.IsURL`.
    pub is_url: bool,
    /// Which excerpts it belongs to: none if no excerpt, `Some([])` if all.
    pub excerpt: Option<Vec<String>>,
    /// Only in excerpts (`Redfish.ExcerptCopyOnly`).
    pub excerpt_only: bool,
    /// Description and so on.
    pub docs: Docs,
}

impl Field {
    /// Creates a field with nothing but a name and a type. It is not nullable, as the fields that this compiler adds aren't.
    pub(crate) fn new(json: impl Into<String>, ty: FieldType) -> Self {
        Self {
            json: json.into(),
            rust: String::new(),
            ty,
            many: false,
            nullable: false,
            permissions: None,
            required: false,
            required_on_create: false,
            unit: None,
            minimum: None,
            maximum: None,
            pattern: None,
            is_url: false,
            excerpt: None,
            excerpt_only: false,
            docs: Docs::default(),
        }
    }
}

/// `OData.Permission`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permissions {
    /// Neither: given when the resource is created and never shown again (a session's password).
    None,
    /// Read only.
    Read,
    /// Write only (passwords).
    Write,
    /// Both.
    ReadWrite,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldType {
    /// `Edm.String`.
    String,
    /// `Edm.Int64`, `Edm.Int32`, `Edm.Int16`.
    Int,
    /// `Edm.Decimal`, `Edm.Double`.
    Decimal,
    /// `Edm.Boolean`.
    Bool,
    /// `Edm.DateTimeOffset`.
    DateTime,
    /// `Edm.Duration`.
    Duration,
    /// `Edm.Guid`.
    Guid,
    /// `Edm.PrimitiveType`: any scalar.
    Primitive,
    /// An enumeration.
    Enum(TypeName),
    /// A complex type, an excerpt, or an entity that is always expanded (`OData.AutoExpand`).
    Struct(TypeName),
    /// A reference to an entity.
    Link(TypeName),
    /// A free-form vendor object (`Resource.Oem` and every open complex type without properties).
    Oem,
    /// How to invoke an action: `target`, `title`, `@Redfish.ActionInfo`, allowable values. `json` is `#Schema.Action`.
    Action,
    /// The URI of a resource or of a context (`@odata.id`).
    ODataId,
    /// `@odata.type`.
    ODataType,
    /// `@odata.etag`.
    ETag,
}

/// Properties whose names match a pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Dynamic {
    /// The Rust field's name.
    pub rust: String,
    /// The patterns of names, as the schema writes them.
    pub patterns: Vec<String>,
    /// What each of them holds.
    pub ty: FieldType,
    /// A collection of `ty`.
    pub many: bool,
}

/// An action.
#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    /// The name with its schema, `ComputerSystem.Reset`.
    pub name: TypeName,
    /// The Rust method's name.
    pub rust: String,
    /// Its parameters, a key of [`Model::structs`]; none where it has no parameters.
    pub parameters: Option<TypeName>,
    /// What it returns, where the schema says so.
    pub returns: Option<(FieldType, bool)>,
    /// Description and so on.
    pub docs: Docs,
}

/// An enumeration.
#[derive(Debug, Clone, PartialEq)]
pub struct Enum {
    /// Its name in the standard.
    pub name: TypeName,
    /// The Rust type's name, unique in its module (among structs too).
    pub rust_name: String,
    /// Description and so on.
    pub docs: Docs,
    /// The members, in the schema's order.
    pub members: Vec<Member>,
}

/// A member of an enumeration.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The spelling on the wire.
    pub json: String,
    /// The Rust variant's name, unique in its enum; `Unrecognized` is taken.
    pub rust: String,
    /// Description and so on.
    pub docs: Docs,
}

/// An annotation term.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    /// What its value holds.
    pub ty: FieldType,
    /// A collection of `ty`.
    pub many: bool,
    /// Description and so on.
    pub docs: Docs,
}
