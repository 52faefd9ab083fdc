//! CSDL files as plain documents: what is written in the file and on which line, nothing resolved.
//! What the names refer to is for [`crate::model`] to find out.

mod document;
mod parse;
mod xml;

pub use document::{
    Action, Annotation, Document, EnumType, Include, Member, Parameter, Property, Record, Schema, StructuredType, Term,
    TypeDefinition, Value,
};
pub(crate) use parse::parse_all;
pub use parse::{parse, references};
