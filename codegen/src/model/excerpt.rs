//! Excerpts: the part of an entity that other resources carry as a copy, with no URI of its own (`Redfish.ExcerptCopy`).
//! A sensor's power excerpt, for one, has the sensor's reading and what qualifies it, and the URI of the sensor.

use super::ir::{Model, Struct, StructKind, TypeName};
use super::lower::Excerpts;

/// The name of an excerpt's type: `Sensor.SensorPowerExcerpt`.
pub(super) fn name(of: &TypeName, excerpt: Option<&str>) -> TypeName {
    TypeName {
        schema: of.schema.clone(),
        name: format!("{}{}Excerpt", of.name, excerpt.unwrap_or_default()),
    }
}

/// Makes the excerpts that properties ask for, of the properties that belong to them or to all excerpts. Those that only
/// excerpts have go from the entities.
pub(super) fn add(model: &mut Model, excerpts: Excerpts) {
    for (of, excerpt) in excerpts {
        let Some(entity) = model.structs.get(&of) else {
            continue;
        };
        let fields = entity
            .fields
            .iter()
            .filter(|field| {
                field.excerpt.as_ref().is_some_and(|names| {
                    names.is_empty() || excerpt.as_ref().is_some_and(|name| names.contains(name))
                })
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
        copy.docs.description = Some(format!(
            "{what}: a copy of its main properties in another resource."
        ));
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
