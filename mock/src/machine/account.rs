//! Accounts as resources: how creating, changing or deleting a ManagerAccount affects who may
//! log in.

use serde_json::{Map, Value, json};

use crate::http::uri;
use crate::machine::session::{Account, Accounts};
use crate::machine::state::State;
use crate::machine::store::Store;
use crate::message::{self, Message};
use crate::schema::capability::schema;

const SCHEMA: &str = "ManagerAccount";

/// Creates the login accounts for those that the tree shows. An account whose password the service
/// doesn't know can't log in until a client sets one.
pub(crate) fn from_tree(store: &Store, accounts: &mut Accounts) {
    for (key, resource) in store.iter() {
        let object = resource.object();
        let Some(user) = object.get("UserName").and_then(Value::as_str) else {
            continue;
        };
        if schema(resource) != Some(SCHEMA) {
            continue;
        }
        if let Some(known) = accounts.iter_mut().find(|account| account.user == user && !user.is_empty()) {
            known.resource = Some(key.to_owned());
            continue;
        }
        let role = object.get("RoleId").and_then(Value::as_str).unwrap_or("ReadOnly");
        let mut account = Account::without_password(user, role);
        account.enabled = is_enabled(object);
        account.resource = Some(key.to_owned());
        accounts.add(account);
    }
}

fn is_enabled(object: &Map<String, Value>) -> bool {
    let said = |name| object.get(name).and_then(Value::as_bool);
    said("Enabled") != Some(false) && said("Locked") != Some(true)
}

/// Checks a PATCH of an account and applies it to the login. Does nothing for other resources.
pub(crate) fn change(state: &mut State, key: &str, patch: &Map<String, Value>) -> Result<(), Message> {
    if state.accounts.by_resource(key).is_none() {
        return Ok(());
    }
    check(state, patch, Some(key))?;
    let text = |name: &str| patch.get(name).and_then(Value::as_str);
    let shown = state.store.get(key).map(|resource| resource.object().clone()).unwrap_or_default();
    let enabled = is_enabled(&shown.into_iter().chain(patch.clone()).collect());
    let Some(account) = state.accounts.by_resource(key) else {
        return Ok(());
    };
    let before = account.user.clone();
    if let Some(password) = text("Password") {
        account.set_password(password);
    }
    if let Some(role) = text("RoleId") {
        role.clone_into(&mut account.role);
    }
    account.enabled = enabled;
    if let Some(user) = text("UserName") {
        user.clone_into(&mut account.user);
    }
    let ended = !account.enabled || account.user != before;
    if ended {
        state.end_sessions(|session| session.user == before);
    }
    Ok(())
}

/// Returns the message for a user who must change their password before doing anything else.
pub(crate) fn must_change_password(state: &State, user: &str) -> Option<Message> {
    let key = state.accounts.by_user(user)?.resource.as_deref()?;
    let required = state.store.get(key)?.object().get("PasswordChangeRequired")?.as_bool()?;
    required.then(|| Message::new(&message::PASSWORD_CHANGE_REQUIRED, [key]))
}

/// Clears `PasswordChangeRequired` after a change of password, unless the same request sets it.
pub(crate) fn password_changed(account: &mut Map<String, Value>, patch: &Map<String, Value>) {
    let changed = patch.get("Password").is_some_and(Value::is_string);
    if changed
        && !patch.contains_key("PasswordChangeRequired")
        && let Some(required) = account.get_mut("PasswordChangeRequired")
    {
        *required = false.into();
    }
}

/// Adds the account for a new resource.
pub(crate) fn created(state: &mut State, key: &str, body: &Map<String, Value>) {
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut account = Account::new(text("UserName"), text("Password"), text("RoleId"));
    account.enabled = is_enabled(body);
    account.resource = Some(key.to_owned());
    state.accounts.add(account);
}

/// Returns the properties that a new account has besides those that the client sent.
pub(crate) fn defaults(state: &State, body: &Map<String, Value>) -> Value {
    let role = body.get("RoleId").and_then(Value::as_str).and_then(|role| role_key(&state.store, role));
    let mut defaults =
        json!({ "Enabled": true, "Locked": false, "PasswordChangeRequired": false, "AccountTypes": ["Redfish"] });
    if let (Some(role), Some(object)) = (role, defaults.as_object_mut()) {
        object.insert("Links".to_owned(), json!({ "Role": { "@odata.id": role } }));
    }
    defaults
}

/// Checks user name, password and role of a request. `own` is the key of the account to change,
/// `None` for a new one.
pub(crate) fn check(state: &State, body: &Map<String, Value>, own: Option<&str>) -> Result<(), Message> {
    let text = |name: &str| body.get(name).and_then(Value::as_str);
    if let Some(user) = text("UserName") {
        if user.is_empty() {
            return Err(Message::new(&message::PROPERTY_VALUE_ERROR, ["UserName"]).about("/UserName"));
        }
        if state.accounts.by_user(user).is_some_and(|other| other.resource.as_deref() != own || own.is_none()) {
            return Err(Message::new(&message::RESOURCE_EXISTS, [SCHEMA, "UserName", user]).about("/UserName"));
        }
    }
    let roles = roles(&state.store);
    if let Some(role) = text("RoleId")
        && !roles.is_empty()
        && !roles.iter().any(|(_, known)| known == role)
    {
        return Err(Message::new(&message::PROPERTY_VALUE_NOT_IN_LIST, [role, "RoleId"]).about("/RoleId"));
    }
    match text("Password") {
        Some(password) if !is_long_enough(state, password) => {
            Err(Message::new(&message::PASSWORD_LENGTH, []).about("/Password"))
        }
        _ => Ok(()),
    }
}

fn is_long_enough(state: &State, password: &str) -> bool {
    let limit = |name: &str| {
        let service = state.store.get(uri::ROOT)?.object().get("AccountService")?.get("@odata.id")?.as_str()?;
        state.store.get(&uri::key(service))?.object().get(name)?.as_u64()
    };
    let length = password.chars().count() as u64;
    length >= limit("MinPasswordLength").unwrap_or(1)
        && length <= limit("MaxPasswordLength").filter(|&most| most > 0).unwrap_or(u64::MAX)
}

/// Returns the roles that the account service links to: their keys, and the names by which accounts
/// refer to them.
fn roles(store: &Store) -> Vec<(String, String)> {
    let follow =
        |key: &str, name: &str| store.get(key)?.object().get(name)?.get("@odata.id")?.as_str().and_then(uri::key_of_id);
    let collection = follow(uri::ROOT, "AccountService").and_then(|service| follow(&service, "Roles"));
    let members = collection.map(|collection| store.members(&collection)).unwrap_or_default();
    let named = |key: String| {
        let role = store.get(&key)?.object();
        let name = role.get("RoleId").and_then(Value::as_str).or_else(|| role.get("Id")?.as_str())?;
        Some((key.clone(), name.to_owned()))
    };
    members.into_iter().filter_map(named).collect()
}

/// Returns the key of a role.
pub(crate) fn role_key(store: &Store, role: &str) -> Option<String> {
    roles(store).into_iter().find(|(_, name)| name == role).map(|(key, _)| key)
}
