//! Which privilege a request needs and whether the caller's role has it: the outline of the
//! standard's privilege registry (DSP8011), by schema.

use axum::http::Method;
use serde_json::Value;

use crate::action::offer;
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::machine::account;
use crate::machine::login::Caller;
use crate::machine::state::State;
use crate::message::{self, Message};
use crate::schema::capability::schema;
use crate::update::push;

const LOGIN: &str = "Login";
const CONFIGURE_COMPONENTS: &str = "ConfigureComponents";
const CONFIGURE_MANAGER: &str = "ConfigureManager";
const CONFIGURE_SELF: &str = "ConfigureSelf";
const CONFIGURE_USERS: &str = "ConfigureUsers";

/// The schemas whose resources belong to the administration of users.
static OF_USERS: &[&str] =
    &["AccountService", "ExternalAccountProvider", "ManagerAccount", "PrivilegeRegistry", "Role"];

/// The schemas whose resources belong to the BMC rather than to the machine.
static OF_MANAGER: &[&str] = &[
    "AggregationService",
    "Certificate",
    "CertificateService",
    "EventDestination",
    "EventService",
    "HostInterface",
    "Job",
    "JobService",
    "License",
    "LicenseService",
    "Manager",
    "ManagerNetworkProtocol",
    "MetricReportDefinition",
    "SerialInterface",
    "Session",
    "SessionService",
    "Task",
    "TaskService",
    "TelemetryService",
    "Triggers",
    "UpdateService",
];

/// Refuses a request that the caller's role doesn't allow.
pub(crate) fn check(state: &State, caller: &Caller, call: &Call) -> Result<(), Reply> {
    if let Some(message) = account::must_change_password(state, &caller.user)
        && !is_about_oneself(state, caller, call)
    {
        return Err(Reply::error(message));
    }
    let privileges = privileges_of(state, &caller.role);
    let has = |privilege: &str| privileges.iter().any(|own| own == privilege);
    let allowed = match needed(state, call) {
        LOGIN => has(LOGIN),
        privilege if has(privilege) => true,
        // Everybody with ConfigureSelf may see the own account, give it another password, and log
        // out.
        _ => has(CONFIGURE_SELF) && is_about_oneself(state, caller, call),
    };
    if allowed { Ok(()) } else { Err(Reply::error(Message::new(&message::INSUFFICIENT_PRIVILEGE, []))) }
}

fn needed(state: &State, call: &Call) -> &'static str {
    let reading = matches!(call.method, Method::GET | Method::HEAD);
    let owner = owner(state, call);
    let schema = owner.as_deref().and_then(|key| state.store.get(key)).and_then(schema);
    let schema = schema.map(|schema| schema.strip_suffix("Collection").filter(|_| !reading).unwrap_or(schema));
    match schema {
        Some("ManagerAccount") => CONFIGURE_USERS,
        _ if reading => LOGIN,
        Some(schema) if OF_USERS.contains(&schema) => CONFIGURE_USERS,
        Some(schema) if OF_MANAGER.contains(&schema) => CONFIGURE_MANAGER,
        Some(_) => CONFIGURE_COMPONENTS,
        // Nothing is there, and anyone who has logged in may know that.
        None => LOGIN,
    }
}

/// The resource that a request is about: for an action the one that offers it.
fn owner(state: &State, call: &Call) -> Option<String> {
    if state.store.contains(&call.key) {
        return Some(state.store.resolve(&call.key).to_owned());
    }
    if call.method != Method::POST {
        return None;
    }
    if push::is_push(&state.store, &call.key) {
        return push::service(&state.store);
    }
    offer::find(&state.store, &call.key).map(|action| action.owner)
}

fn is_about_oneself(state: &State, caller: &Caller, call: &Call) -> bool {
    let Some(key) = owner(state, call) else {
        return false;
    };
    let own_account =
        state.accounts.by_user(&caller.user).and_then(|account| account.resource.as_deref()) == Some(&key);
    match call.method {
        Method::GET | Method::HEAD => own_account,
        Method::PATCH => own_account && only_password(&call.body),
        Method::POST => own_account,
        Method::DELETE => state.sessions.user_of(&key) == Some(&caller.user),
        _ => false,
    }
}

fn only_password(body: &[u8]) -> bool {
    match serde_json::from_slice(body) {
        Ok(Value::Object(object)) => object.keys().all(|name| name == "Password" || name.contains('@')),
        // What is wrong with the body is for the handler to say.
        _ => true,
    }
}

/// The privileges of a role: as the tree says, or as the standard does.
fn privileges_of(state: &State, role: &str) -> Vec<String> {
    let shown = account::role_key(&state.store, role)
        .and_then(|key| state.store.get(&key)?.object().get("AssignedPrivileges")?.as_array().cloned());
    if let Some(shown) = shown {
        return shown.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    let known: &[&str] = match role {
        "Administrator" => &[LOGIN, CONFIGURE_MANAGER, CONFIGURE_USERS, CONFIGURE_COMPONENTS, CONFIGURE_SELF],
        "Operator" => &[LOGIN, CONFIGURE_COMPONENTS, CONFIGURE_SELF],
        "ReadOnly" => &[LOGIN, CONFIGURE_SELF],
        _ => &[],
    };
    known.iter().map(|privilege| (*privilege).to_owned()).collect()
}
