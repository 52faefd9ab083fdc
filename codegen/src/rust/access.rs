//! Decides whether clients may write a property, also if its schema has no `OData.Permissions` for it: that doesn't mean
//! "Read". DMTF's schemas don't give any for most objects, nor for `Oem`.

use std::collections::BTreeSet;

use super::structs;
use crate::model::ir::{Field, FieldType, Model, Permissions, Struct, StructKind, TypeName};

/// The types that contain something that may be written.
pub(super) struct Access(BTreeSet<TypeName>);

impl Access {
    pub(super) fn of(model: &Model) -> Self {
        let mut access = Self(BTreeSet::new());
        // Types contain each other, some in cycles: repeat until no more are found.
        loop {
            let open = |item: &Struct| item.dynamic.is_some() || (item.open && !structs::is_actions(item));
            // Every object has an `Oem`, even `Status`, so that it says nothing about the object.
            let writable = |item: &Struct| {
                let mut fields = item.fields.iter().filter(|field| field.ty != FieldType::Oem);
                open(item) || fields.any(|field| access.rights(item, field).1)
            };
            let found = model.structs.iter().filter(|(name, item)| !access.0.contains(name) && writable(item));
            let found: Vec<_> = found.map(|(name, _)| name.clone()).collect();
            if found.is_empty() {
                return access;
            }
            access.0.extend(found);
        }
    }

    /// Returns whether a property of a type may be read, and whether it may be written.
    pub(super) fn rights(&self, owner: &Struct, field: &Field) -> (bool, bool) {
        match field.permissions {
            Some(Permissions::Read) => (true, false),
            Some(Permissions::Write) => (false, true),
            Some(Permissions::ReadWrite) => (true, true),
            Some(Permissions::None) => (false, false),
            None if owner.kind == StructKind::Parameters => (false, true),
            None if structs::is_actions(owner) => (true, false),
            None => match &field.ty {
                FieldType::Action => (true, false),
                FieldType::Struct(name) => (true, self.0.contains(name)),
                _ => (true, true),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::{field, model, ty};

    #[test]
    fn what_has_no_permissions_is_as_writable_as_what_is_in_it() {
        let read = r#"<Annotation Term="OData.Permissions" EnumMember="OData.Permission/Read"/>"#;
        let write = read.replace("/Read", "/ReadWrite");
        let schema = format!(
            r#"<Schema Namespace="Alpha"><EntityType Name="Alpha" BaseType="Resource.v1_0_0.Resource" Abstract="true"/></Schema>
            <Schema Namespace="Alpha.v1_0_0">
              <EntityType Name="Alpha" BaseType="Alpha.Alpha">
                <Property Name="Boot" Type="Alpha.v1_0_0.Boot" Nullable="false"/>
                <Property Name="Boots" Type="Collection(Alpha.v1_0_0.Boot)" Nullable="false"/>
                <Property Name="Fixed" Type="Alpha.v1_0_0.Boot" Nullable="false">{read}</Property>
                <Property Name="Status" Type="Alpha.v1_0_0.Status" Nullable="false"/>
                <Property Name="Outer" Type="Alpha.v1_0_0.Outer" Nullable="false"/>
                <Property Name="Circle" Type="Alpha.v1_0_0.Circle" Nullable="false"/>
                <Property Name="Word" Type="Edm.String"/>
                <Property Name="Serial" Type="Edm.String">{read}</Property>
              </EntityType>
              <ComplexType Name="Boot"><Property Name="Target" Type="Edm.String">{write}</Property></ComplexType>
              <ComplexType Name="Status">
                <Property Name="Health" Type="Edm.String">{read}</Property>
                <Property Name="Oem" Type="Resource.Oem" Nullable="false"/>
              </ComplexType>
              <ComplexType Name="Outer"><Property Name="Boot" Type="Alpha.v1_0_0.Boot"/></ComplexType>
              <ComplexType Name="Circle"><Property Name="Circle" Type="Alpha.v1_0_0.Circle"/></ComplexType>
            </Schema>"#
        );
        let model = model(&schema).unwrap();
        let access = Access::of(&model);
        let owner = ty(&model, "Alpha.Alpha");
        let writable = |name: &str| access.rights(owner, field(&model, "Alpha.Alpha", name)).1;
        for name in ["Oem", "Boot", "Boots", "Outer", "Word"] {
            assert!(writable(name), "{name}");
        }
        for name in ["Fixed", "Status", "Circle", "Serial", "@odata.id"] {
            assert!(!writable(name), "{name}");
        }
    }
}
