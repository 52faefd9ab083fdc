//! The reflection table: what the schemas say of a type, as data. The generated modules hold one [`Table`] per
//! type; decoding, encoding, diffing and the tools of the command line all read this one copy.

use std::fmt;

use crate::codec::pattern::Pattern;
use crate::reflect::fields::Fields;
use crate::reflect::module::{Modules, find_table};
use crate::reflect::record::Record;
use crate::value::version::Version;

/// What the schemas say of a record type.
#[non_exhaustive]
pub struct Table {
    /// Schema and type as the standard spells them, `ComputerSystem.Boot`.
    pub name: &'static str,
    /// What the type stands for.
    pub kind: TypeKind,
    /// The properties; a property's place here is its slot.
    pub fields: Fields,
    /// The actions of a resource.
    pub actions: &'static [ActionTable],
    /// The names of further properties that the service makes up, as regular expressions.
    pub patterns: &'static [&'static str],
    /// Properties beyond the declared ones are allowed.
    pub open: bool,
    /// Only the properties that all resources have are known: the type's feature is off.
    pub shell: bool,
    /// Where a resource of this type may be found, as URI templates.
    pub uris: &'static [&'static str],
    /// Where a vendor's object of this type stands that does not say what it is: the type and a JSON pointer,
    /// `ComputerSystem.ComputerSystem/Oem/Contoso`.
    pub places: &'static [&'static str],
    /// What a client may do with a resource of this type.
    pub capabilities: Capabilities,
    /// The newest version that the schema bundle knows.
    pub version: Version,
    /// Since when and what it is about.
    pub notes: Notes,
    /// An empty record of the Rust type.
    pub(crate) new: fn() -> Box<dyn Record>,
}

/// What a record type stands for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum TypeKind {
    /// A resource.
    Entity,
    /// A resource collection; see [`Table::member`].
    Collection,
    /// A complex type.
    Complex,
    /// A copy of some properties of a resource, carried by another one (`Redfish.ExcerptCopy`).
    Excerpt,
    /// The parameters of an action.
    Parameters,
    /// How the actions of a resource are invoked.
    Actions,
}

/// What the schemas say of a property.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Field {
    /// The name in JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Yes-or-no facts.
    pub flags: Flags,
    /// Since when and what it is about.
    pub notes: Notes,
    /// Unit, range, pattern and deprecation, where there are any.
    pub detail: Option<&'static Detail>,
}

/// What a property holds; [`Flags::many`] says whether one or an array of it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Kind {
    /// `Edm.String`
    String,
    /// `Edm.Int64`
    Int,
    /// `Edm.Decimal`
    Decimal,
    /// `Edm.Boolean`
    Bool,
    /// `Edm.DateTimeOffset`
    DateTime,
    /// `Edm.Duration`
    Duration,
    /// `Edm.Guid`
    Guid,
    /// `Edm.PrimitiveType`: any scalar
    Primitive,
    /// `@odata.id` and other URIs of resources
    ODataId,
    /// `@odata.type`
    ODataType,
    /// `@odata.etag`
    ETag,
    /// A free-form vendor object
    Oem,
    /// One of a set of spellings
    Enum(&'static EnumTable),
    /// An object
    Record(&'static Table),
    /// A reference to a resource
    Link(&'static Table),
}

/// An enumeration's name and members.
#[derive(Debug)]
#[non_exhaustive]
pub struct EnumTable {
    /// Schema and type, `Resource.Health`.
    pub name: &'static str,
    /// The members as they are spelled in JSON.
    pub members: &'static [&'static str],
    /// Of each member: since when and what it means.
    pub notes: &'static [Notes],
    /// Where the description of the whole type is.
    pub doc: Doc,
}

/// An action of a resource.
#[derive(Debug)]
#[non_exhaustive]
pub struct ActionTable {
    /// The name in JSON without the number sign, `ComputerSystem.Reset`.
    pub name: &'static str,
    /// The name of the type of its parameters, and where it is.
    pub(crate) parameters: Option<(Modules, &'static str)>,
    /// Since when and what it does.
    pub notes: Notes,
}

impl ActionTable {
    /// Returns its parameters; none where it has none.
    #[must_use]
    pub fn parameters(&self) -> Option<&'static Table> {
        self.parameters.and_then(|(types, name)| find_table(types, name))
    }
}

impl EnumTable {
    /// Returns the number of the member of this exact spelling; beyond the last where there is none.
    #[must_use]
    pub fn find(&self, spelling: &str) -> usize {
        self.members.iter().position(|member| *member == spelling).unwrap_or(usize::MAX)
    }
}

/// Where a description is in the text of `rosefish::schema::description`; 0 for none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doc(pub u32);

/// The version that brought something, and where its description is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notes {
    /// The version that brought it; [`Version::NONE`] where it was there from the start.
    pub since: Version,
    /// Its description.
    pub doc: Doc,
}

/// Unit, range, pattern and deprecation of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// `Measures.Unit`, in UCUM.
    pub unit: Option<&'static str>,
    /// `Validation.Minimum`.
    pub minimum: Option<i64>,
    /// `Validation.Maximum`.
    pub maximum: Option<i64>,
    /// `Validation.Pattern`.
    pub pattern: Option<&'static str>,
    /// Why it is deprecated and what to use.
    pub deprecated: Option<&'static str>,
}

impl Detail {
    /// Nothing known.
    pub const NONE: Self = Self { unit: None, minimum: None, maximum: None, pattern: None, deprecated: None };
}

/// Yes-or-no facts of a property.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Flags(pub u16);

impl Flags {
    /// An array.
    pub const MANY: u16 = 1;
    /// JSON null is allowed (in an array: null items are).
    pub const NULLABLE: u16 = 2;
    /// `OData.Permissions` has Read.
    pub const READ: u16 = 4;
    /// `OData.Permissions` has Write.
    pub const WRITE: u16 = 8;
    /// `Redfish.Required`; of a parameter: may not be left out.
    pub const REQUIRED: u16 = 16;
    /// `Redfish.RequiredOnCreate`.
    pub const REQUIRED_ON_CREATE: u16 = 32;
    /// `OData.IsURL`.
    pub const URL: u16 = 64;

    /// Returns an array.
    #[must_use]
    pub fn many(self) -> bool {
        self.0 & Self::MANY != 0
    }
    /// JSON null is allowed (in an array: null items are).
    #[must_use]
    pub fn nullable(self) -> bool {
        self.0 & Self::NULLABLE != 0
    }
    /// May be read.
    #[must_use]
    pub fn readable(self) -> bool {
        self.0 & Self::READ != 0
    }
    /// May be written.
    #[must_use]
    pub fn writable(self) -> bool {
        self.0 & Self::WRITE != 0
    }
    /// `Redfish.Required`; of a parameter: may not be left out.
    #[must_use]
    pub fn required(self) -> bool {
        self.0 & Self::REQUIRED != 0
    }
    /// `Redfish.RequiredOnCreate`.
    #[must_use]
    pub fn required_on_create(self) -> bool {
        self.0 & Self::REQUIRED_ON_CREATE != 0
    }
    /// Holds a URL.
    #[must_use]
    pub fn url(self) -> bool {
        self.0 & Self::URL != 0
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = [
            (Self::MANY, "many"),
            (Self::NULLABLE, "nullable"),
            (Self::READ, "read"),
            (Self::WRITE, "write"),
            (Self::REQUIRED, "required"),
            (Self::REQUIRED_ON_CREATE, "required on create"),
            (Self::URL, "url"),
        ];
        f.debug_set().entries(names.iter().filter(|(bit, _)| self.0 & bit != 0).map(|(_, name)| name)).finish()
    }
}

/// `Capabilities.InsertRestrictions` and its kin; none where the schema says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// Members may be added by POST.
    pub insertable: Option<bool>,
    /// May be changed by PATCH or PUT.
    pub updatable: Option<bool>,
    /// May be removed by DELETE.
    pub deletable: Option<bool>,
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The name alone: tables refer to each other in circles.
        f.debug_tuple("Table").field(&self.name).finish()
    }
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Table {
    /// Returns the slot of the property of this exact name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<usize> {
        self.fields.find(name)
    }

    /// Returns the slot of the property whose name differs at most by case or by surrounding white space.
    #[must_use]
    pub fn find_miscased(&self, name: &str) -> Option<usize> {
        self.fields.nearly_named(name.trim()).map(|(slot, _)| slot)
    }

    /// Returns the property of this exact name.
    #[must_use]
    pub fn field(&'static self, name: &str) -> Option<&'static Field> {
        self.find(name).and_then(|slot| self.fields.get(slot))
    }

    /// Returns an empty record of this type.
    #[must_use]
    pub fn make(&'static self) -> Box<dyn Record> {
        let mut record = (self.new)();
        record.adopt(self);
        record
    }

    /// Returns what the members of a collection are.
    #[must_use]
    pub fn member(&'static self) -> Option<&'static Table> {
        match (self.kind, self.field("Members")?.kind) {
            (TypeKind::Collection, Kind::Link(member)) => Some(member),
            _ => None,
        }
    }

    /// Returns the action of this name, with or without its schema and the number sign.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<&'static ActionTable> {
        let name = name.trim_start_matches('#');
        self.actions.iter().find(|action| action.name == name || action.name.rsplit('.').next() == Some(name))
    }

    /// Returns whether properties beyond the declared ones are nothing to wonder at: the schema allows for them, or
    /// this type stands for any resource, or for one whose schema is not in this build.
    #[must_use]
    pub fn is_generic(&self) -> bool {
        let resource = matches!(self.kind, TypeKind::Entity | TypeKind::Collection);
        self.open || self.shell || (resource && self.schema() == "Resource")
    }

    /// Returns whether the service may give a property this name: it fits one of the patterns.
    #[must_use]
    pub fn allows(&self, name: &str) -> bool {
        self.patterns.iter().any(|pattern| Pattern::new(pattern).fits(name))
    }

    /// Returns the schema's name, which is the first half of the type's.
    #[must_use]
    pub fn schema(&self) -> &'static str {
        self.name.split('.').next().unwrap_or(self.name)
    }
}
