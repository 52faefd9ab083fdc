//! `excerpt`: of a resource the properties that the schema marks as its excerpt.

use serde_json::Value;

use crate::schema;

/// Leaves of the resources in an answer their excerpts. Those whose types have none stay whole.
pub(super) fn apply(json: &mut Value) {
    match json {
        Value::Object(object) => match schema::of(object).filter(|ty| ty.has_excerpt()) {
            Some(ty) => object.retain(|name, _| {
                let base = name.split('@').next().unwrap_or(name);
                name.starts_with("@odata") || ty.field(base).is_some_and(schema::Field::is_in_excerpt)
            }),
            None => object.values_mut().for_each(apply),
        },
        Value::Array(elements) => elements.iter_mut().for_each(apply),
        _ => {}
    }
}
