//! Actions: each is bound to the types that have its binding type as a property (`Actions`), where it becomes a field
//! `#Schema.Action`; its parameters become a type of their own.

use std::collections::BTreeMap;

use super::definition::{ActionDef, Merged};
use super::ir::{Action, Field, FieldType, Model, Struct, StructKind, TypeName};
use super::lower::{Lowering, Usage};
use crate::error::{Error, Errors};

/// Binds all actions.
pub(super) fn add(merged: &Merged, lowering: &mut Lowering<'_>) -> Result<(), Errors> {
    let holders = holders(merged, &lowering.model);
    let mut errors = Errors::default();
    for action in merged.actions.values() {
        errors.take(bind(action, &holders, lowering));
    }
    errors.or(())
}

fn bind(
    action: &ActionDef,
    holders: &BTreeMap<TypeName, Vec<TypeName>>,
    lowering: &mut Lowering<'_>,
) -> Result<(), Error> {
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
    let holders = holders.get(&action.binding).map_or(&[][..], Vec::as_slice);
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
    for holder in holders {
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
    Ok(())
}

/// The types that have a binding type as a property, by the binding type.
fn holders(merged: &Merged, model: &Model) -> BTreeMap<TypeName, Vec<TypeName>> {
    let mut holders: BTreeMap<TypeName, Vec<TypeName>> =
        merged.actions.values().map(|action| (action.binding.clone(), Vec::new())).collect();
    for ty in model.structs.values() {
        for field in &ty.fields {
            if let FieldType::Struct(held) = &field.ty
                && let Some(holders) = holders.get_mut(held)
            {
                holders.push(ty.name.clone());
            }
        }
    }
    holders
}

fn parameters(lowering: &mut Lowering<'_>, action: &ActionDef, holder: &TypeName) -> Option<TypeName> {
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
    let taken = |name: &TypeName| lowering.model.structs.contains_key(name) || lowering.model.enums.contains_key(name);
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
    parameters.docs.description =
        Some(format!("The parameters of the action `{}.{}`.", action.name.schema, action.name.name));
    lowering.model.structs.insert(own.clone(), parameters);
    Some(own)
}

#[cfg(test)]
mod tests {
    use crate::model::ir::{FieldType, StructKind};
    use crate::model::testing::{field, fields, model, name, ty};

    const ACTIONS: &str = r#"
        <Schema Namespace="Alpha">
          <EntityType Name="Alpha" BaseType="Resource.v1_0_0.Resource" Abstract="true"/>
          <Action Name="Reset" IsBound="true">
            <Annotation Term="OData.Description" String="Resets it."/>
            <Parameter Name="Alpha" Type="Alpha.v1_0_0.Actions"/>
            <Parameter Name="ResetType" Type="Alpha.ResetType"/>
            <Parameter Name="Target" Type="Alpha.Alpha" Nullable="false"/>
          </Action>
          <Action Name="Ask" IsBound="true">
            <Parameter Name="Alpha" Type="Alpha.v1_0_0.Actions"/>
            <ReturnType Type="Alpha.v1_0_0.Answer"/>
          </Action>
          <Action Name="Unbound"/>
          <EnumType Name="ResetType"><Member Name="On"/></EnumType>
        </Schema>
        <Schema Namespace="Alpha.v1_0_0">
          <EntityType Name="Alpha" BaseType="Alpha.Alpha"><Property Name="Actions" Type="Alpha.v1_0_0.Actions"/></EntityType>
          <ComplexType Name="Actions"><Property Name="Oem" Type="Alpha.v1_0_0.OemActions"/></ComplexType>
          <ComplexType Name="OemActions"><Annotation Term="OData.AdditionalProperties" Bool="true"/></ComplexType>
          <ComplexType Name="Answer"><Property Name="Text" Type="Edm.String"/></ComplexType>
        </Schema>"#;

    #[test]
    fn an_action_belongs_to_the_resource_that_has_its_actions() {
        let model = model(ACTIONS).unwrap();
        let alpha = ty(&model, "Alpha.Alpha");
        let actions: Vec<_> = alpha.actions.iter().map(|action| action.rust.as_str()).collect();
        assert_eq!(actions, ["ask", "reset"]);
        assert_eq!(alpha.actions[0].returns, Some((FieldType::Struct(name("Alpha.Answer")), false)));
        assert_eq!(alpha.actions[0].parameters, None);
        assert_eq!(alpha.actions[1].parameters, Some(name("Alpha.ResetParameters")));
        let reset = field(&model, "Alpha.Actions", "#Alpha.Reset");
        assert_eq!((reset.rust.as_str(), &reset.ty), ("reset", &FieldType::Action));
        assert_eq!(reset.docs.description.as_deref(), Some("Resets it."));
    }

    #[test]
    fn parameters_are_required_unless_they_may_be_null() {
        let model = model(ACTIONS).unwrap();
        let parameters = ty(&model, "Alpha.ResetParameters");
        assert_eq!(parameters.kind, StructKind::Parameters);
        assert_eq!(fields(parameters), ["ResetType", "Target"]);
        assert!(!parameters.fields[0].required);
        assert!(parameters.fields[1].required);
        assert_eq!(
            parameters.fields[1].ty,
            FieldType::Link(name("Alpha.Alpha")),
            "a resource as a parameter is a reference to it"
        );
    }

    #[test]
    fn a_taken_name_leaves_the_parameters_that_of_their_resource() {
        let model = model(&format!(
            r#"{ACTIONS}<Schema Namespace="Alpha.v1_1_0"><ComplexType Name="ResetParameters"/></Schema>"#
        ))
        .unwrap();
        assert_eq!(ty(&model, "Alpha.Alpha").actions[1].parameters, Some(name("Alpha.AlphaResetParameters")));
    }

    #[test]
    fn an_action_that_nothing_has_is_an_error() {
        for (binding, more) in [("Alpha.Missing", ""), ("Alpha.Unused", r#"<ComplexType Name="Unused"/>"#)] {
            let error = model(&format!(
                r#"<Schema Namespace="Alpha">{more}<Action Name="Go" IsBound="true">
                     <Parameter Name="Alpha" Type="{binding}"/></Action></Schema>"#
            ))
            .unwrap_err();
            assert!(error.found().starts_with("`Go` bound to"), "{error}");
        }
    }
}
