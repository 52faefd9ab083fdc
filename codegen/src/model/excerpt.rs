//! Excerpts: the part of an entity that other resources carry as a copy, with no URI of its own (`Redfish.ExcerptCopy`).
//! For example, a sensor's power excerpt has the sensor's reading and what qualifies it, and the URI of the sensor.

use std::collections::BTreeSet;

use super::ir::{Model, Struct, StructKind, TypeName};

/// The excerpts that properties ask for: an entity and the excerpt's name.
pub(super) type Excerpts = BTreeSet<(TypeName, Option<String>)>;

/// Returns the name of an excerpt's type, such as `Sensor.SensorPowerExcerpt`.
pub(super) fn name(of: &TypeName, excerpt: Option<&str>) -> TypeName {
    TypeName { schema: of.schema.clone(), name: format!("{}{}Excerpt", of.name, excerpt.unwrap_or_default()) }
}

/// Adds the excerpts that properties ask for, each with the properties that belong to it or to all excerpts. Properties
/// that only excerpts have are removed from the entities.
pub(super) fn add(model: &mut Model, excerpts: Excerpts) {
    for (of, excerpt) in excerpts {
        let Some(entity) = model.structs.get(&of) else {
            continue;
        };
        let fields = entity
            .fields
            .iter()
            .filter(|field| match &field.excerpt {
                Some(names) if names.is_empty() => true,
                Some(names) => excerpt.as_ref().is_some_and(|name| names.contains(name)),
                // Properties of the copy alone, such as the URI of the original.
                None => field.excerpt_only,
            })
            .cloned()
            .collect();
        let what = match &excerpt {
            Some(excerpt) => format!("The `{excerpt}` excerpt of a `{}`", of.name),
            None => format!("The excerpt of a `{}`", of.name),
        };
        let shell = entity.shell;
        let name = name(&of, excerpt.as_deref());
        let mut copy = Struct::new(name, StructKind::Excerpt { of, excerpt });
        copy.docs.description = Some(format!("{what}: a copy of its main properties in another resource."));
        copy.fields = fields;
        copy.shell = shell;
        model.structs.insert(copy.name.clone(), copy);
    }
    for ty in model.structs.values_mut() {
        if matches!(ty.kind, StructKind::Entity) {
            ty.fields.retain(|field| !field.excerpt_only);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::model::ir::{FieldType, StructKind};
    use crate::model::testing::{field, fields, model, name, ty};

    #[test]
    fn an_excerpt_has_what_belongs_to_it_and_what_belongs_to_all() {
        let model = model(
            r#"<Schema Namespace="Beta"><EntityType Name="Beta" BaseType="Resource.v1_0_0.Resource">
                 <Property Name="Reading" Type="Edm.Decimal"><Annotation Term="Redfish.Excerpt"/></Property>
                 <Property Name="Watts" Type="Edm.Decimal"><Annotation Term="Redfish.Excerpt" String="Power,Array"/></Property>
                 <Property Name="Speed" Type="Edm.Int64"><Annotation Term="Redfish.Excerpt" String="Fan"/></Property>
                 <Property Name="Source" Type="Edm.String"><Annotation Term="Redfish.ExcerptCopyOnly"/></Property>
                 <Property Name="FanOnly" Type="Edm.String"><Annotation Term="Redfish.Excerpt" String="Fan"/>
                   <Annotation Term="Redfish.ExcerptCopyOnly"/></Property>
               </EntityType></Schema>
               <Schema Namespace="Alpha"><ComplexType Name="Part">
                 <NavigationProperty Name="Power" Type="Beta.Beta"><Annotation Term="Redfish.ExcerptCopy" String="Power"/></NavigationProperty>
                 <NavigationProperty Name="All" Type="Collection(Beta.Beta)"><Annotation Term="Redfish.ExcerptCopy"/></NavigationProperty>
               </ComplexType></Schema>"#,
        )
        .unwrap();
        let power = ty(&model, "Beta.BetaPowerExcerpt");
        assert_eq!(fields(power), ["Reading", "Watts", "Source"]);
        assert_eq!(power.kind, StructKind::Excerpt { of: name("Beta.Beta"), excerpt: Some("Power".into()) });
        assert_eq!(field(&model, "Alpha.Part", "Power").ty, FieldType::Struct(name("Beta.BetaPowerExcerpt")));
        assert_eq!(fields(ty(&model, "Beta.BetaExcerpt")), ["Reading", "Source"]);
        assert!(field(&model, "Alpha.Part", "All").many);
        assert!(!fields(ty(&model, "Beta.Beta")).contains(&"Source"), "what only excerpts have is not in the resource");
    }
}
