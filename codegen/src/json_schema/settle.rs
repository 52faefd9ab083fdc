//! What only all files together show: whether a link's target, which is read from prose, is a resource.

use std::collections::{BTreeMap, BTreeSet};

use crate::csdl::{Document, Schema};

/// The mark of a property or a parameter that is a link; it goes when its target is settled.
pub(super) const LINK: &str = "Rosefish.Link";

/// What a link leads to of which nothing is known.
const ANY: &str = "Resource.Item";

/// Has links whose target is not a resource lead to any resource.
pub(crate) fn settle(documents: &mut [Document]) {
    let (mut entities, mut schemas) = (BTreeSet::new(), BTreeMap::new());
    for schema in documents.iter().flat_map(|document| &document.schemas) {
        *schemas.entry(schema.namespace.clone()).or_insert(false) |= !schema.types.is_empty();
        for ty in schema.types.iter().filter(|ty| ty.entity) {
            entities.insert(format!("{}.{}", schema.namespace, ty.name));
        }
    }
    let fits = |written: &str| {
        let item = written.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(written);
        let schema = item.split('.').next().unwrap_or_default();
        // A schema that is elsewhere, as SNIA's are for DMTF.
        entities.contains(item) || !schemas.contains_key(schema)
    };
    let settled = |name: &str, ty: &mut String| {
        if !fits(ty) {
            *ty = any(ty);
        }
        if ty.contains(ANY)
            && let Some(named) = named(name, &entities)
        {
            *ty = ty.replace(ANY, &named);
        }
    };
    for schema in documents.iter_mut().flat_map(|document| &mut document.schemas) {
        let Schema { types, actions, .. } = schema;
        let properties = types.iter_mut().flat_map(|ty| &mut ty.properties).filter(|property| property.navigation);
        for property in properties {
            property.annotations.retain(|annotation| annotation.term != LINK);
            settled(&property.name, &mut property.ty);
        }
        for parameter in actions.iter_mut().flat_map(|action| &mut action.parameters) {
            let before = parameter.annotations.len();
            parameter.annotations.retain(|annotation| annotation.term != LINK);
            if parameter.annotations.len() < before {
                settled(&parameter.name, &mut parameter.ty);
            }
        }
    }
}

/// A link that bears the name of a resource, or several of that name: `Chassis`, `Drives`. Prose does not always say which.
fn named(property: &str, entities: &BTreeSet<String>) -> Option<String> {
    let singular = property.strip_suffix('s').unwrap_or(property);
    [property, singular].into_iter().map(|name| format!("{name}.{name}")).find(|name| entities.contains(name))
}

fn any(written: &str) -> String {
    if written.starts_with("Collection(") { format!("Collection({ANY})") } else { ANY.to_owned() }
}
