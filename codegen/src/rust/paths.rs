//! The paths of types in the generated Rust, as seen from elsewhere in it.

use crate::base::Base;
use crate::model::ir::{Enum, FieldType, Model, Struct, TypeName};

/// The paths of a model's types.
#[derive(Debug, Clone, Copy)]
pub(super) struct Paths<'m> {
    pub(super) model: &'m Model,
    /// The types that another crate has already.
    pub(super) base: Option<&'m Base>,
}

impl<'m> Paths<'m> {
    /// Returns the module of a type, such as `computer_system`.
    pub(super) fn module(self, name: &TypeName) -> &'m str {
        self.model.schemas.get(&name.schema).map_or("missing", |schema| schema.module.as_str())
    }

    pub(super) fn get(self, name: &TypeName) -> Option<&'m Struct> {
        self.model.structs.get(name)
    }

    /// Returns the path of a type as seen from the module of the schema `from`, such as `super::resource::Status`.
    pub(super) fn path(self, name: &TypeName, from: &str) -> String {
        if let Some(path) = self.elsewhere(name) {
            return path;
        }
        let rust = self.rust_name(name);
        if name.schema == from { rust.to_owned() } else { format!("super::{}::{rust}", self.module(name)) }
    }

    /// Returns the path of a type as seen from the methods of resources. These are either where `s` is the module of all schemas
    /// (`s::computer_system::ComputerSystem`), or next to the modules of schemas.
    pub(super) fn absolute(self, name: &TypeName) -> String {
        let root = if self.base.is_some() { "super" } else { "s" };
        self.elsewhere(name).unwrap_or_else(|| format!("{root}::{}::{}", self.module(name), self.rust_name(name)))
    }

    /// Returns the Rust type of one value as seen from the methods of resources.
    pub(super) fn absolute_value(self, ty: &FieldType) -> String {
        let value = self.value_type(ty, "");
        if self.base.is_some() { value } else { value.replace("super::", "s::") }
    }

    /// Returns the path of a type if another crate has it.
    pub(super) fn elsewhere(self, name: &TypeName) -> Option<String> {
        Some(format!("::rosefish::schema::{}", self.base?.path(name)?))
    }

    /// Returns the record types that are generated here, which no other crate has.
    pub(super) fn structs(self) -> impl Iterator<Item = &'m Struct> {
        self.model.structs.values().filter(move |item| self.elsewhere(&item.name).is_none())
    }

    /// Returns the enumerations that are generated here, which no other crate has.
    pub(super) fn enums(self) -> impl Iterator<Item = &'m Enum> {
        self.model.enums.values().filter(move |item| self.elsewhere(&item.name).is_none())
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

    /// Returns the Rust type of one value as seen from the module of the schema `from`.
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
