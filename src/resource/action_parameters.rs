//! What is known about the parameters of an action, from the service (beside the action's target and in
//! `@Redfish.ActionInfo`) and from the schema.

use futures_util::future::BoxFuture;
use serde::Serialize;

use crate::error::Error;
use crate::resource::AnyResource;
use crate::resource::oem::OemAction;
use crate::schema::ActionInfo;
use crate::wire::{ActionTable, ActionTarget, EnumTable, Field, Kind, Record};

/// A parameter of an action, as far as the service and the schema describe it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ActionParameter {
    /// Its name.
    pub name: String,
    /// Whether the action can't do without it; none where nobody says so.
    pub required: Option<bool>,
    /// What it is: `String`, `Number`, `Boolean`, `Object`, `StringArray` and such, as `ActionInfo` calls them.
    pub data_type: Option<String>,
    /// The values that the service accepts; where the service names none, those of the schema.
    pub allowable_values: Vec<String>,
    /// Whether the service itself has named it, or the schema alone.
    pub by_service: bool,
}

impl AnyResource {
    /// Finds out what parameters one of its actions takes. Where the service's `@Redfish.ActionInfo` can't be read, it is what
    /// the resource itself and the schema say.
    #[must_use]
    pub fn action_parameters(&self, action: &OemAction) -> BoxFuture<'static, Vec<ActionParameter>> {
        let (client, action, known) = (self.client().clone(), action.clone(), self.table().action(&action.name));
        Box::pin(async move {
            let info = match &action.target.action_info {
                Some(uri) => client.get::<ActionInfo>(uri.as_str()).await,
                None => Err(Error::new(crate::ErrorKind::Missing, "the action has no description")),
            };
            describe(&action.target, info.as_deref().ok(), known)
        })
    }
}

/// Lists the parameters of an action without duplicates: those of its `ActionInfo` first, then those beside its target,
/// then the schema's.
pub(crate) fn describe(
    target: &ActionTarget,
    info: Option<&ActionInfo>,
    known: Option<&'static ActionTable>,
) -> Vec<ActionParameter> {
    let mut found: Vec<ActionParameter> = Vec::new();
    for described in info.map(|info| &info.parameters[..]).unwrap_or_default() {
        let Some(name) = described.name.clone() else { continue };
        let parameter = entry(&mut found, &name);
        parameter.by_service = true;
        parameter.required = described.required;
        parameter.data_type = described.data_type.as_ref().map(|kind| kind.as_str().to_owned());
        parameter.allowable_values.clone_from(&described.allowable_values);
    }
    let beside: Vec<_> = (target as &dyn Record).annotations().iter().map(|(name, ..)| name.to_owned()).collect();
    for name in beside.iter().filter(|name| !name.is_empty()) {
        let Some(values) = target.allowable_values(name) else { continue };
        let parameter = entry(&mut found, name);
        parameter.by_service = true;
        parameter.allowable_values = values;
    }
    let fields = known.and_then(ActionTable::parameters).map(|table| table.fields.iter()).into_iter().flatten();
    for field in fields.filter(|field| !field.name.starts_with('@')) {
        by_schema(entry(&mut found, field.name), field);
    }
    found
}

fn entry<'a>(found: &'a mut Vec<ActionParameter>, name: &str) -> &'a mut ActionParameter {
    let at = found.iter().position(|parameter| parameter.name == name).unwrap_or(found.len());
    if at == found.len() {
        found.push(ActionParameter { name: name.to_owned(), ..ActionParameter::default() });
    }
    &mut found[at]
}

/// Fills in from the schema what the service left open.
fn by_schema(parameter: &mut ActionParameter, field: &Field) {
    parameter.required = parameter.required.or(field.flags.required().then_some(true));
    if parameter.data_type.is_none() {
        let kind = match field.kind {
            Kind::Int | Kind::Decimal => "Number",
            Kind::Bool => "Boolean",
            Kind::Oem | Kind::Record(_) | Kind::Link(_) => "Object",
            _ => "String",
        };
        let array = if field.flags.many() { "Array" } else { "" };
        parameter.data_type = Some(format!("{kind}{array}"));
    }
    if parameter.allowable_values.is_empty()
        && let Kind::Enum(EnumTable { members, .. }) = field.kind
    {
        parameter.allowable_values = members.iter().map(|member| (*member).to_owned()).collect();
    }
}
