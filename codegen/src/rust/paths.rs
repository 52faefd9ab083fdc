//! Where types are in the generated Rust, as seen from elsewhere in it.

use crate::model::ir::{FieldType, Model, Struct, TypeName};

/// The paths of a model's types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paths<'m> {
    pub(super) model: &'m Model,
}

impl<'m> Paths<'m> {
    /// The module of a type, `computer_system`.
    pub(super) fn module(self, name: &TypeName) -> &'m str {
        self.model.schemas.get(&name.schema).map_or("missing", |schema| schema.module.as_str())
    }

    pub(super) fn get(self, name: &TypeName) -> Option<&'m Struct> {
        self.model.structs.get(name)
    }

    /// The path of a type as seen from a module within `schema`, `super::resource::Status`.
    pub(super) fn path(self, name: &TypeName, from: &str) -> String {
        let rust = self.rust_name(name);
        if name.schema == from { rust.to_owned() } else { format!("super::{}::{rust}", self.module(name)) }
    }

    /// The path of a type as seen from where `s` is the module of all schemas, `s::computer_system::ComputerSystem`.
    pub(super) fn absolute(self, name: &TypeName) -> String {
        format!("s::{}::{}", self.module(name), self.rust_name(name))
    }

    fn rust_name<'n>(self, name: &'n TypeName) -> &'n str
    where
        'm: 'n,
    {
        match (self.model.structs.get(name), self.model.enums.get(name)) {
            (Some(item), _) => &item.rust_name,
            (None, Some(item)) => &item.rust_name,
            (None, None) => &name.name,
        }
    }

    /// The Rust type of one value.
    pub(super) fn value_type(self, ty: &FieldType, from: &str) -> String {
        match ty {
            FieldType::String => "String".to_owned(),
            FieldType::Int => "i64".to_owned(),
            FieldType::Decimal => "f64".to_owned(),
            FieldType::Bool => "bool".to_owned(),
            FieldType::DateTime => "w::DateTime".to_owned(),
            FieldType::Duration => "w::Duration".to_owned(),
            FieldType::Guid => "w::Guid".to_owned(),
            FieldType::Primitive => "w::Primitive".to_owned(),
            FieldType::Enum(name) | FieldType::Struct(name) => self.path(name, from),
            FieldType::Link(name) => format!("w::Link<{}>", self.path(name, from)),
            FieldType::Oem => "w::Oem".to_owned(),
            FieldType::Action => "w::ActionTarget".to_owned(),
            FieldType::ODataId => "w::ODataId".to_owned(),
            FieldType::ODataType => "w::ODataType".to_owned(),
            FieldType::ETag => "w::ETag".to_owned(),
        }
    }
}
