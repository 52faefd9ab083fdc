//! Actions: each is bound to the types that have its binding type as a property (`Actions`), where it becomes a field
//! `#Schema.Action`; its parameters become a type of their own.

use super::definition::{ActionDef, Merged};
use super::ir::{Action, Field, FieldType, Struct, StructKind, TypeName};
use super::lower::{Lowering, Usage};
use crate::error::Error;

/// Binds all actions.
pub(super) fn add(merged: &Merged, lowering: &mut Lowering<'_>) -> Result<(), Error> {
    for action in merged.actions.values() {
        let json = format!("#{}.{}", action.name.schema, action.name.name);
        let place = &action.origin.place;
        let mut field = Field::new(json, FieldType::Action);
        field.docs = action.docs.clone();
        let Some(actions) = lowering.model.structs.get_mut(&action.binding) else {
            return Err(place.error(
                format!(
                    "`{}` bound to `{}.{}`, which no file defines",
                    action.name.name, action.binding.schema, action.binding.name
                ),
                "an `Actions` complex type",
            ));
        };
        actions.fields.push(field);
        let holders: Vec<TypeName> = lowering
            .model
            .structs
            .values()
            .filter(|ty| {
                ty.fields
                    .iter()
                    .any(|field| field.ty == FieldType::Struct(action.binding.clone()))
            })
            .map(|ty| ty.name.clone())
            .collect();
        let Some(first) = holders.first() else {
            return Err(place.error(
                format!(
                    "`{}` bound to `{}.{}`, which no type has as a property",
                    action.name.name, action.binding.schema, action.binding.name
                ),
                "a type with the property `Actions`",
            ));
        };
        let parameters = parameters(lowering, action, first);
        let returns = action.returns.as_ref().map(|ty| {
            let ty_of = lowering.type_of(ty, &Usage::plain(place, &action.name.name));
            (ty_of, ty.many)
        });
        for holder in &holders {
            if let Some(ty) = lowering.model.structs.get_mut(holder) {
                ty.actions.push(Action {
                    name: action.name.clone(),
                    rust: String::new(),
                    parameters: parameters.clone(),
                    returns: returns.clone(),
                    docs: action.docs.clone(),
                });
            }
        }
    }
    Ok(())
}

fn parameters(
    lowering: &mut Lowering<'_>,
    action: &ActionDef,
    holder: &TypeName,
) -> Option<TypeName> {
    if action.parameters.is_empty() {
        return None;
    }
    let fields: Vec<Field> = action
        .parameters
        .iter()
        .map(|parameter| {
            let mut field = lowering.field(parameter);
            // A parameter that may be null may be left out, and one that may not must be given.
            field.required = parameter.nullable == Some(false);
            field
        })
        .collect();
    let name = |prefix: &str| TypeName {
        schema: action.name.schema.clone(),
        name: format!("{prefix}{}Parameters", action.name.name),
    };
    let taken = |name: &TypeName| {
        lowering.model.structs.contains_key(name) || lowering.model.enums.contains_key(name)
    };
    let mut own = name("");
    if taken(&own) {
        own = name(&holder.name);
    }
    while taken(&own) {
        own.name.push('2');
    }
    let mut parameters = Struct::new(own.clone(), StructKind::Parameters);
    parameters.fields = fields;
    parameters.docs.since = action.docs.since;
    parameters.docs.description = Some(format!(
        "The parameters of the action `{}.{}`.",
        action.name.schema, action.name.name
    ));
    lowering.model.structs.insert(own.clone(), parameters);
    Some(own)
}
