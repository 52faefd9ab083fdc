//! Open complex types without properties (`Resource.Oem`, every `OemActions`) hold whatever the vendor puts there:
//! a free-form object at every use, and no struct of their own.

use std::collections::BTreeSet;

use super::ir::{FieldType, Model, Struct, StructKind, TypeName};

/// Folds them.
pub(super) fn fold(model: &mut Model) {
    // A type whose made-up properties are free-form is free-form itself, hence the rounds.
    loop {
        let open: BTreeSet<TypeName> =
            model.structs.values().filter(|ty| is_free_form(ty)).map(|ty| ty.name.clone()).collect();
        if open.is_empty() {
            return;
        }
        for name in &open {
            if let Some(ty) = model.structs.remove(name) {
                model.open_types.insert(name.clone(), ty.docs);
            }
        }
        for ty in model.structs.values_mut() {
            for field in &mut ty.fields {
                free(&mut field.ty, &open);
            }
            if let Some(dynamic) = &mut ty.dynamic {
                free(&mut dynamic.ty, &open);
            }
            for action in &mut ty.actions {
                if let Some((returned, _)) = &mut action.returns {
                    free(returned, &open);
                }
            }
        }
        for term in model.terms.values_mut() {
            free(&mut term.ty, &open);
        }
    }
}

fn is_free_form(ty: &Struct) -> bool {
    ty.kind == StructKind::Complex
        && ty.open
        && ty.fields.is_empty()
        && ty.actions.is_empty()
        && ty.dynamic.as_ref().is_none_or(|dynamic| dynamic.ty == FieldType::Oem && !dynamic.many)
}

fn free(ty: &mut FieldType, open: &BTreeSet<TypeName>) {
    if let FieldType::Struct(name) = ty
        && open.contains(name)
    {
        *ty = FieldType::Oem;
    }
}

#[cfg(test)]
mod tests {
    use crate::model::ir::FieldType;
    use crate::model::testing::{field, model, name, ty};

    #[test]
    fn open_types_without_properties_are_free_form_objects() {
        let model = model(
            r#"<Schema Namespace="Alpha">
                 <ComplexType Name="Part">
                   <Property Name="Oem" Type="Resource.Oem"/>
                   <Property Name="Pattern" Type="Alpha.Pattern"/>
                   <Property Name="Some" Type="Alpha.Some"/>
                   <Property Name="Closed" Type="Alpha.Closed"/>
                 </ComplexType>
                 <ComplexType Name="Pattern"><Annotation Term="OData.AdditionalProperties" Bool="true"/>
                   <Annotation Term="Redfish.DynamicPropertyPatterns"><Collection><Record>
                     <PropertyValue Property="Pattern" String=".*"/><PropertyValue Property="Type" String="Resource.Oem"/>
                   </Record></Collection></Annotation></ComplexType>
                 <ComplexType Name="Some"><Annotation Term="OData.AdditionalProperties" Bool="true"/>
                   <Property Name="One" Type="Edm.String"/></ComplexType>
                 <ComplexType Name="Closed"/>
               </Schema>"#,
        )
        .unwrap();
        let ty_of = |json| field(&model, "Alpha.Part", json).ty.clone();
        assert_eq!(ty_of("Oem"), FieldType::Oem);
        assert_eq!(ty_of("Pattern"), FieldType::Oem);
        assert_eq!(ty_of("Some"), FieldType::Struct(name("Alpha.Some")));
        assert_eq!(ty_of("Closed"), FieldType::Struct(name("Alpha.Closed")));
        assert!(ty(&model, "Alpha.Some").open);
        let open: Vec<_> = model.open_types.keys().cloned().collect();
        assert_eq!(open, [name("Alpha.Pattern"), name("Resource.Oem")]);
    }
}
