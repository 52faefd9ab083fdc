//! Base types are folded into the types that extend them, so that nothing has a `base` any more. What a type declares itself
//! stands after what it inherits; where it declares an inherited property again, its own word counts.

use std::collections::{BTreeMap, VecDeque};

use super::definition::{FieldDef, Merged, TypeDef};
use super::ir::TypeName;
use super::merge::written;
use crate::error::{Error, Errors};

/// The deepest chain in use has five links; a chain this long is an input made to hurt.
const MAX_BASES: usize = 64;

/// Folds the base types of all types; afterwards `bases` lists all of them, nearest first.
pub(super) fn flatten(merged: &mut Merged) -> Result<(), Errors> {
    let (mut flat, mut errors) = (BTreeMap::new(), Errors::default());
    for (name, ty) in &merged.types {
        let Some(ancestors) = errors.take(ancestors(&merged.types, ty)) else { continue };
        if let Some(ty) = errors.take(folded(ty, &ancestors)) {
            flat.insert(name.clone(), ty);
        }
    }
    merged.types = flat;
    errors.or(())
}

fn ancestors<'t>(types: &'t BTreeMap<TypeName, TypeDef>, ty: &'t TypeDef) -> Result<Vec<&'t TypeDef>, Error> {
    let mut found: Vec<&TypeDef> = Vec::new();
    let mut queue = VecDeque::from([ty]);
    while let Some(next) = queue.pop_front() {
        for base in &next.bases {
            if *base == ty.name {
                return Err(next
                    .origin
                    .place
                    .error(format!("`{}` among its own base types", ty.name.name), "base types that end somewhere"));
            }
            let Some(base) = types.get(base) else {
                return Err(next.origin.place.error(
                    format!("the base type `{}.{}`, which no file defines", base.schema, base.name),
                    format!("the file that defines it, `{}_v1.xml`, among those that are read", base.schema),
                ));
            };
            if base.entity != ty.entity {
                return Err(next.origin.place.error(
                    format!("`{}.{}` as a base type of `{}`", base.name.schema, base.name.name, ty.name.name),
                    "an entity type for an entity type, a complex type for a complex type",
                ));
            }
            if found.iter().any(|known| known.name == base.name) {
                continue;
            }
            if found.len() >= MAX_BASES {
                return Err(ty
                    .origin
                    .place
                    .error(format!("more than {MAX_BASES} base types of `{}`", ty.name.name), "a handful"));
            }
            found.push(base);
            queue.push_back(base);
        }
    }
    Ok(found)
}

fn folded(ty: &TypeDef, ancestors: &[&TypeDef]) -> Result<TypeDef, Error> {
    let mut flat = ty.clone();
    flat.bases = ancestors.iter().map(|base| base.name.clone()).collect();
    let mut fields: Vec<FieldDef> = Vec::new();
    for part in ancestors.iter().rev().copied().chain([ty]) {
        for field in &part.fields {
            match fields.iter_mut().find(|known| known.name == field.name) {
                None => fields.push(inherited(field, part, ty)),
                Some(known) if known.ty == field.ty => *known = inherited(field, part, ty),
                Some(known) => {
                    return Err(field.origin.place.error(
                        format!("`{}` of `{}` as `{}`", field.name, part.name.name, written(&field.ty)),
                        format!("`{}`, which it inherits from {}", written(&known.ty), known.origin.place),
                    ));
                }
            }
        }
    }
    flat.fields = fields;
    for base in ancestors {
        flat.open = flat.open.or(base.open);
        if flat.patterns.is_empty() {
            flat.patterns.clone_from(&base.patterns);
        }
    }
    Ok(flat)
}

/// A version of another schema says nothing about when this one got the property.
fn inherited(field: &FieldDef, from: &TypeDef, ty: &TypeDef) -> FieldDef {
    let mut field = field.clone();
    if from.name.schema != ty.name.schema {
        field.docs.since = None;
        if let Some(deprecation) = &mut field.docs.deprecated {
            deprecation.version = None;
        }
    }
    field
}

#[cfg(test)]
mod tests {
    use crate::model::testing::{flat, name};

    #[test]
    fn inherited_properties_come_first_and_nothing_has_a_base() {
        let merged = flat(
            r#"<Schema Namespace="Alpha"><EntityType Name="Alpha" BaseType="Resource.v1_0_0.Resource" Abstract="true"/></Schema>
               <Schema Namespace="Alpha.v1_0_0"><EntityType Name="Alpha" BaseType="Alpha.Alpha">
                 <Property Name="Size" Type="Edm.Int64"/></EntityType></Schema>"#,
        )
        .unwrap();
        let ty = &merged.types[&name("Alpha.Alpha")];
        let fields: Vec<_> = ty.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(fields, ["Oem", "Id", "Name", "Size"]);
        assert_eq!(ty.bases, [name("Resource.Resource"), name("Resource.Item"), name("Resource.ItemOrCollection")]);
    }

    #[test]
    fn an_inherited_property_can_be_declared_anew_but_not_as_another_type() {
        let derived = |ty: &str| {
            flat(&format!(
                r#"<Schema Namespace="Alpha">
                     <ComplexType Name="Base"><Property Name="Size" Type="Edm.Int64"/><Property Name="Last" Type="Edm.String"/></ComplexType>
                     <ComplexType Name="Part" BaseType="Alpha.Base">
                       <Property Name="Size" Type="{ty}" Nullable="false"/>
                     </ComplexType></Schema>"#
            ))
        };
        let merged = derived("Edm.Int64").unwrap();
        let fields = &merged.types[&name("Alpha.Part")].fields;
        assert_eq!(fields[0].nullable, Some(false));
        assert_eq!(fields[1].name, "Last");
        let error = derived("Edm.String").unwrap_err();
        assert_eq!(error.found(), "`Size` of `Part` as `Edm.String`");
    }

    #[test]
    fn base_types_that_never_end_are_errors() {
        for (what, types) in [
            (
                "a cycle",
                r#"<ComplexType Name="A" BaseType="Alpha.B"/><ComplexType Name="B" BaseType="Alpha.C"/>
                   <ComplexType Name="C" BaseType="Alpha.B"/>"#
                    .to_owned(),
            ),
            ("a missing one", r#"<ComplexType Name="A" BaseType="Alpha.B"/>"#.to_owned()),
            ("one of another kind", r#"<ComplexType Name="A" BaseType="Resource.Item"/>"#.to_owned()),
            (
                "too many",
                (0..100)
                    .map(|n| format!(r#"<ComplexType Name="A{n}" BaseType="Alpha.A{}"/>"#, n + 1))
                    .chain([r#"<ComplexType Name="A100"/>"#.to_owned()])
                    .collect(),
            ),
        ] {
            flat(&format!(r#"<Schema Namespace="Alpha">{types}</Schema>"#)).expect_err(what);
        }
    }
}
