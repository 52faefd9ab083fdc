//! The parts of a CSDL document that Redfish schemas use, each as written.

use std::path::PathBuf;

/// A file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The file's name, with the name of its folder where it was read from one.
    pub file: String,
    /// The folder it was read from; empty where it came from a text.
    pub folder: PathBuf,
    /// The namespaces that it refers to, with their aliases.
    pub includes: Vec<Include>,
    /// The namespaces that it defines.
    pub schemas: Vec<Schema>,
}

/// `edmx:Include`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Include {
    /// `Namespace`.
    pub namespace: String,
    /// `Alias`.
    pub alias: Option<String>,
}

/// `Schema`: one namespace, `ComputerSystem` or `ComputerSystem.v1_2_0`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// Where it stands.
    pub line: u32,
    /// `Namespace`.
    pub namespace: String,
    /// `Alias`.
    pub alias: Option<String>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Entity types and complex types.
    pub types: Vec<StructuredType>,
    /// Enumerations.
    pub enums: Vec<EnumType>,
    /// Type definitions.
    pub definitions: Vec<TypeDefinition>,
    /// Actions.
    pub actions: Vec<Action>,
    /// Annotation terms.
    pub terms: Vec<Term>,
}

/// `EntityType` or `ComplexType`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StructuredType {
    /// Where it stands.
    pub line: u32,
    /// `EntityType`.
    pub entity: bool,
    /// `Name`.
    pub name: String,
    /// `BaseType`.
    pub base: Option<String>,
    /// `Abstract`.
    pub is_abstract: bool,
    /// `OpenType`.
    pub open: bool,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Its properties, both kinds in the order they stand in.
    pub properties: Vec<Property>,
}

/// `Property` or `NavigationProperty`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Property {
    /// Where it stands.
    pub line: u32,
    /// `NavigationProperty`.
    pub navigation: bool,
    /// `Name`.
    pub name: String,
    /// `Type`.
    pub ty: String,
    /// `Nullable`.
    pub nullable: Option<bool>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}

/// `EnumType`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EnumType {
    /// Where it stands.
    pub line: u32,
    /// `Name`.
    pub name: String,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Its members.
    pub members: Vec<Member>,
}

/// `Member` of an enumeration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Member {
    /// Where it stands.
    pub line: u32,
    /// `Name`.
    pub name: String,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}

/// `TypeDefinition`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TypeDefinition {
    /// Where it stands.
    pub line: u32,
    /// `Name`.
    pub name: String,
    /// `UnderlyingType`.
    pub underlying: String,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}

/// `Action`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Action {
    /// Where it stands.
    pub line: u32,
    /// `Name`.
    pub name: String,
    /// `IsBound`.
    pub bound: bool,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
    /// Its parameters; the first of a bound action is what it is bound to.
    pub parameters: Vec<Parameter>,
    /// `ReturnType`'s `Type`.
    pub returns: Option<String>,
}

/// `Parameter` of an action.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// Where it stands.
    pub line: u32,
    /// `Name`.
    pub name: String,
    /// `Type`.
    pub ty: String,
    /// `Nullable`.
    pub nullable: Option<bool>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}

/// `Term`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Term {
    /// Where it stands.
    pub line: u32,
    /// `Name`.
    pub name: String,
    /// `Type`.
    pub ty: String,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}

/// `Annotation`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Annotation {
    /// Where it stands.
    pub line: u32,
    /// `Term`, with the alias that the file uses.
    pub term: String,
    /// Its value.
    pub value: Value,
}

/// The value of an annotation.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    /// No value is written: the term's default, which is true for Redfish's flags.
    #[default]
    Absent,
    /// `String`, `EnumMember` and the like, as text.
    Text(String),
    /// `Bool`.
    Bool(bool),
    /// `Int`.
    Int(i64),
    /// `Collection`.
    Collection(Vec<Value>),
    /// `Record`.
    Record(Record),
}

/// `Record`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Record {
    /// Its property values.
    pub values: Vec<(String, Value)>,
    /// Its annotations.
    pub annotations: Vec<Annotation>,
}
