//! Actions: found by the targets that resources name, checked against what the schemas and the
//! machine say of their parameters, carried out by the modules below. Actions that this service
//! knows nothing of succeed and change nothing.

mod effect;
pub(crate) mod offer;
mod parameters;
mod reset;

use axum::http::{StatusCode, header};
use serde_json::{Map, Value};

use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::restart;
use crate::machine::state::{Settings, State};
use crate::machine::store::Store;
use crate::message::{self, Message, text};
use crate::task::operation;
use crate::verb::body;
use crate::{event, update};

use offer::Action;
use parameters::Kind;

/// Carries out an action.
pub(crate) fn answer(state: &mut State, call: &Call, action: &Action, settings: &Settings) -> Reply {
    let given = match body::parameters(call) {
        Ok(given) => given,
        Err(reply) => return reply,
    };
    let wrong = check(&state.store, action, &given);
    if !wrong.is_empty() {
        return Reply::errors(StatusCode::BAD_REQUEST, &wrong);
    }
    if let Some(done) = event::action::answer(state, &action.name, &action.owner, &given) {
        return done.map_or_else(Reply::error, |()| Reply::empty(StatusCode::NO_CONTENT));
    }
    if action.name == "LogService.CollectDiagnosticData" {
        let entry = effect::collect_diagnostics(state, action, &given);
        let done = Reply::empty(StatusCode::NO_CONTENT);
        return entry.map_or_else(|| done.clone(), |entry| done.clone().with(header::LOCATION, &entry));
    }
    let done = match action.name.as_str() {
        "ComputerSystem.Reset" | "Chassis.Reset" => reset::machine(state, action, &given, settings),
        "Manager.Reset" => {
            restart::begin(state, &action.owner);
            Ok(())
        }
        "Manager.ResetToDefaults" => effect::reset_to_defaults(state, action, &given),
        "UpdateService.SimpleUpdate" => update::simple(state, &given),
        "UpdateService.StartUpdate" => {
            update::start(state);
            Ok(())
        }
        "Job.Cancel" => {
            operation::cancel_jobs(state, Some(&action.owner));
            Ok(())
        }
        "JobService.CancelAllJobs" => {
            operation::cancel_jobs(state, None);
            Ok(())
        }
        "Bios.ResetBios" => effect::reset_bios(state, action),
        "ComputerSystem.SetDefaultBootOrder" => effect::default_boot_order(state, action),
        "LogService.ClearLog" => effect::clear_log(state, action),
        "ManagerAccount.ChangePassword" => effect::change_password(state, action, &given),
        "VirtualMedia.InsertMedia" => effect::insert_media(state, action, &given),
        "VirtualMedia.EjectMedia" => effect::eject_media(state, action),
        _ => Ok(()),
    };
    match done {
        Ok(()) => Reply::empty(StatusCode::NO_CONTENT),
        Err(message) => Reply::error(message),
    }
}

/// What is wrong with the parameters of a request.
fn check(store: &Store, action: &Action, given: &Map<String, Value>) -> Vec<Message> {
    let name = action.name.as_str();
    let info = action_info(store, action);
    let declared = parameters::of(name);
    let mut wrong = Vec::new();

    // The parameters of an action that nobody describes are the vendor's secret.
    let described = declared.is_some() || !info.is_empty();
    for (parameter, value) in given {
        if parameter.contains('@') || parameter == "Oem" {
            continue;
        }
        let declared = declared.iter().flatten().find(|declared| declared.name == *parameter);
        let informed = info.iter().find(|info| info.name == *parameter);
        let allowable = allowable(action, parameter).or_else(|| informed.and_then(|info| info.allowable.clone()));
        if described && declared.is_none() && informed.is_none() && allowable.is_none() {
            wrong.push(Message::new(&message::ACTION_PARAMETER_UNKNOWN, [name, parameter]));
        } else if declared.is_some_and(|declared| !is_of_kind(value, declared.kind)) {
            wrong.push(Message::new(&message::ACTION_PARAMETER_TYPE, [&text(value), parameter, name]));
        } else if let Some(refused) = allowable.as_deref().and_then(|allowable| not_allowable(value, allowable)) {
            wrong.push(Message::new(&message::ACTION_PARAMETER_NOT_IN_LIST, [&text(refused), parameter, name]));
        }
    }
    let mut required: Vec<&str> =
        declared.iter().flatten().filter(|declared| declared.required).map(|declared| declared.name).collect();
    required.extend(info.iter().filter(|info| info.required).map(|info| info.name.as_str()));
    required.sort_unstable();
    required.dedup();
    for parameter in required {
        if !given.contains_key(parameter) {
            wrong.push(Message::new(&message::ACTION_PARAMETER_MISSING, [name, parameter]));
        }
    }
    wrong
}

fn is_of_kind(value: &Value, kind: Kind) -> bool {
    value.is_null()
        || match kind {
            Kind::Text => value.is_string(),
            Kind::Number => value.is_number(),
            Kind::Truth => value.is_boolean(),
            Kind::Object => value.is_object(),
            Kind::Array => value.is_array(),
            Kind::Any => !value.is_object() && !value.is_array(),
        }
}

fn not_allowable<'a>(value: &'a Value, allowable: &[Value]) -> Option<&'a Value> {
    match value {
        Value::Array(elements) => elements.iter().find(|element| element.is_string() && !allowable.contains(element)),
        Value::String(_) => (!allowable.contains(value)).then_some(value),
        _ => None,
    }
}

/// The values of a parameter that the resource itself lists.
fn allowable(action: &Action, parameter: &str) -> Option<Vec<Value>> {
    let listed = action.offer.get(&format!("{parameter}@Redfish.AllowableValues"))?;
    listed.as_array().filter(|listed| !listed.is_empty()).cloned()
}

/// A parameter as an ActionInfo resource describes it.
struct Informed {
    name: String,
    required: bool,
    allowable: Option<Vec<Value>>,
}

fn action_info(store: &Store, action: &Action) -> Vec<Informed> {
    let parameters = action
        .offer
        .get("@Redfish.ActionInfo")
        .and_then(Value::as_str)
        .and_then(uri::key_of_id)
        .and_then(|key| store.get(&key)?.object().get("Parameters")?.as_array());
    let informed = |parameter: &Value| {
        Some(Informed {
            name: parameter.get("Name")?.as_str()?.to_owned(),
            required: parameter.get("Required").and_then(Value::as_bool).unwrap_or(false),
            allowable: parameter
                .get("AllowableValues")
                .and_then(Value::as_array)
                .filter(|listed| !listed.is_empty())
                .cloned(),
        })
    };
    parameters.into_iter().flatten().filter_map(informed).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::action::offer::find;
    use crate::action::offer::tests::store;

    #[test]
    fn parameters_are_held_against_schema_resource_and_action_info() {
        let store = store();
        let system = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
        let manager = "/redfish/v1/Managers/1/Actions/Manager.Reset";
        for (key, given, expected) in [
            (system, json!({ "ResetType": "On" }), None),
            (system, json!({}), None),
            (system, json!({ "ResetType": "Nmi" }), Some("ActionParameterValueNotInList")),
            (system, json!({ "ResetType": 1 }), Some("ActionParameterValueTypeError")),
            (system, json!({ "Type": "On" }), Some("ActionParameterUnknown")),
            (system, json!({ "@Redfish.OperationApplyTime": "Immediate" }), None),
            (manager, json!({ "ResetType": "ForceRestart" }), None),
            (manager, json!({ "ResetType": "On" }), Some("ActionParameterValueNotInList")),
            (manager, json!({}), Some("ActionParameterMissing")),
            ("/redfish/v1/Oem/Wink", json!({ "Anything": [1] }), None),
        ] {
            let action = find(&store, key).expect(key);
            let wrong = check(&store, &action, given.as_object().unwrap());
            let ids: Vec<_> =
                wrong.iter().map(|message| message.to_json()["MessageId"].as_str().unwrap().to_owned()).collect();
            assert_eq!(ids.len(), usize::from(expected.is_some()), "{key} {given}: {ids:?}");
            assert!(expected.is_none_or(|expected| ids[0].ends_with(expected)), "{key} {given}: {ids:?}");
        }
    }
}
