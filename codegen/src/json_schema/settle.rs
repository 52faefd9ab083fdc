//! What only all files together tell: whether a link's target, which is read from prose, is a resource.

use std::collections::{BTreeMap, BTreeSet};

use crate::csdl::{Document, Schema};

/// Has links whose target is no resource lead to any resource.
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
    for schema in documents.iter_mut().flat_map(|document| &mut document.schemas) {
        let Schema { types, actions, .. } = schema;
        let properties = types.iter_mut().flat_map(|ty| &mut ty.properties).filter(|property| property.navigation);
        for property in properties.filter(|property| !fits(&property.ty)) {
            property.ty = any(&property.ty);
        }
        let parameters = actions.iter_mut().flat_map(|action| action.parameters.iter_mut().skip(1));
        for parameter in parameters {
            let item = parameter.ty.trim_start_matches("Collection(").trim_end_matches(')');
            let linked = item.split_once('.').is_some_and(|(schema, name)| schema == name);
            if linked
                && !item.starts_with("Edm.")
                && schemas.get(item.split('.').next().unwrap_or_default()) == Some(&false)
            {
                parameter.ty = any(&parameter.ty);
            }
        }
    }
}

fn any(written: &str) -> String {
    (if written.starts_with("Collection(") { "Collection(Resource.Item)" } else { "Resource.Item" }).to_owned()
}
