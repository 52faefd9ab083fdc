//! What is known of a type in one version of its schema.

use std::collections::BTreeMap;

use super::version::Version;

/// An object: an entity or a complex type with all that it inherits.
#[derive(Debug, Clone, Default)]
pub(crate) struct ObjectType {
    /// The name with its version, `Chassis.v1_2_3.Chassis`.
    pub(crate) name: String,
    /// That name and those of all base types, nearest first.
    pub(crate) tree: Vec<String>,
    pub(crate) properties: BTreeMap<String, Property>,
    /// Properties whose names the service makes up.
    pub(crate) dynamic: Vec<Dynamic>,
    /// Further properties are allowed.
    pub(crate) open: bool,
    /// URI templates, deprecated ones among them; `None` if the schema doesn't name any.
    pub(crate) uris: Option<Vec<String>>,
    pub(crate) deprecated_uris: Vec<String>,
    /// Methods that change things, where the schema says which are allowed.
    pub(crate) methods: Option<Vec<&'static str>>,
}

impl ObjectType {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.tree.iter().any(|known| known == name)
    }

    pub(crate) fn is_collection(&self) -> bool {
        self.is("Resource.ResourceCollection")
    }
}

/// Properties whose names match a pattern.
#[derive(Debug, Clone)]
pub(crate) struct Dynamic {
    pub(crate) pattern: String,
    pub(crate) property: Property,
}

/// A property.
#[derive(Debug, Clone)]
pub(crate) struct Property {
    pub(crate) kind: Kind,
    pub(crate) many: bool,
    pub(crate) nullable: bool,
    pub(crate) required: bool,
    pub(crate) permissions: Permissions,
    pub(crate) limits: Limits,
    /// A navigation property: it refers to a resource, unless it is expanded.
    pub(crate) navigation: bool,
    pub(crate) auto_expand: bool,
    /// The excerpt that stands here, by its name.
    pub(crate) excerpt_copy: Option<String>,
    /// The excerpts that it belongs to: `None` if none, `Some([])` if all.
    pub(crate) excerpts: Option<Vec<String>>,
    pub(crate) excerpt_only: bool,
    pub(crate) is_uri: bool,
    pub(crate) deprecated: Option<Deprecated>,
}

impl Property {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            many: false,
            nullable: true,
            required: false,
            permissions: Permissions::Unsaid,
            limits: Limits::default(),
            navigation: false,
            auto_expand: false,
            excerpt_copy: None,
            excerpts: None,
            excerpt_only: false,
            is_uri: false,
            deprecated: None,
        }
    }

    /// Returns whether it belongs to the excerpt of this name.
    pub(crate) fn is_in_excerpt(&self, excerpt: &str) -> bool {
        self.excerpts.as_ref().is_some_and(|all| all.is_empty() || all.iter().any(|one| one == excerpt))
    }
}

/// What a value may be, beside its kind.
#[derive(Debug, Clone, Default)]
pub(crate) struct Limits {
    pub(crate) minimum: Option<i64>,
    pub(crate) maximum: Option<i64>,
    pub(crate) pattern: Option<String>,
}

/// `OData.Permissions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permissions {
    Unsaid,
    Read,
    ReadWrite,
    /// `Write` or `None`: never shown.
    Hidden,
}

/// Since when something is deprecated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deprecated(pub(crate) Option<Version>);

/// What kind of value it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Integer,
    Number,
    String(Format),
    Boolean,
    /// Any scalar.
    Primitive,
    /// A type of some schema: an object, an enumeration or a named scalar.
    Named(String),
}

/// The form of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Any,
    DateTime,
    Duration,
    TimeOfDay,
    Guid,
}

/// An enumeration or a named scalar.
#[derive(Debug, Clone)]
pub(crate) struct ScalarType {
    pub(crate) kind: Kind,
    pub(crate) values: Option<Vec<EnumValue>>,
    pub(crate) limits: Limits,
}

/// A value of an enumeration.
#[derive(Debug, Clone)]
pub(crate) struct EnumValue {
    pub(crate) name: String,
    pub(crate) added: Option<Version>,
    pub(crate) deprecated: Option<Deprecated>,
}

/// An action.
#[derive(Debug, Clone)]
pub(crate) struct ActionType {
    pub(crate) added: Option<Version>,
    pub(crate) deprecated: Option<Deprecated>,
    pub(crate) parameters: BTreeMap<String, Property>,
}
