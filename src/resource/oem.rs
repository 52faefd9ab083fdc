//! Vendors' extensions of resources, by name and JSON: their actions, wherever a resource names them, and the resources
//! behind links that no schema describes.

use std::any::Any;
use std::fmt;
use std::future::IntoFuture;

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::action::{Invocation, Reply};
use crate::resource::apply_time::Apply;
use crate::resource::outline::Outline;
use crate::resource::{AnyResource, Resource};
use crate::schema::ActionInfo;
use crate::wire::{ActionTarget, DecodeError, Decoded, Limits, Oem, Slot, Type, at, decode, encode, from_slice};

/// An action that a resource offers and that the schema of its type does not know.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OemAction {
    /// Its name as the service writes it, `#DellManager.ResetToDefaults`.
    pub name: String,
    /// Where in the resource it stands, as a JSON pointer.
    pub pointer: String,
    /// How it is invoked.
    pub target: ActionTarget,
}

impl OemAction {
    /// Returns whether this is the action of that name, with or without the number sign.
    pub(crate) fn is(&self, action: &str) -> bool {
        self.name.trim_start_matches('#') == action.trim_start_matches('#')
    }
}

/// An action about to be invoked by name: `.await` sends it. At most once: a lost answer is an error, not a second try.
///
/// ```no_run
/// # async fn run(manager: rosefish::Resource<rosefish::schema::Manager>) -> Result<(), rosefish::Error> {
/// let call = manager.oem_action("#DellManager.ResetToDefaults").parameter("ResetType", "Default");
/// let reply = call.await?;
/// # let _ = reply.status;
/// # Ok(())
/// # }
/// ```
#[must_use = "an action is invoked when it is awaited"]
pub struct OemCall {
    resource: AnyResource,
    name: String,
    target: Option<ActionTarget>,
    parameters: Map<String, Value>,
    apply: Option<Apply>,
}

impl fmt::Debug for OemCall {
    /// Leaves out the values of parameters, as nothing shows which of them are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters: Vec<_> = self.parameters.keys().collect();
        f.debug_struct("OemCall").field("action", &self.name).field("parameters", &parameters).finish_non_exhaustive()
    }
}

impl<T: Type> Resource<T> {
    /// Returns the vendor's object of a type in the `Oem` of this resource, with where it departs from the schema:
    /// `rosefish-codegen` makes
    /// types of vendors' schemas. None where there is none. `Oem` objects elsewhere, in `Links` and within others, have the same as
    /// [`Oem::typed`], and are changed by [`Oem::change`] in an [`edit`](Self::edit).
    ///
    /// # Errors
    ///
    /// Where what stands there is not an object.
    pub fn oem<V: Type>(&self) -> Option<Result<Decoded<V>, DecodeError>> {
        self.any().oem()?.typed()
    }

    /// Lists the actions that the schema does not know: see [`AnyResource::oem_actions`].
    #[must_use]
    pub fn oem_actions(&self) -> Vec<OemAction> {
        self.any().oem_actions()
    }

    /// Prepares to invoke an action by its name: see [`AnyResource::oem_action`].
    pub fn oem_action(&self, name: &str) -> OemCall {
        self.any().oem_action(name)
    }
}

impl AnyResource {
    /// Returns its `Oem`.
    #[must_use]
    pub fn oem(&self) -> Option<&Oem> {
        let Slot::Scalar(slot) = self.record().slot(self.table().find("Oem")?) else { return None };
        let slot: &dyn Any = slot;
        slot.downcast_ref::<Option<Oem>>()?.as_ref()
    }

    /// Lists the actions that the schema of this type does not know: those in `Actions` and `Actions/Oem`, and those within
    /// the vendors' objects.
    #[must_use]
    pub fn oem_actions(&self) -> Vec<OemAction> {
        let known = |action: &OemAction| {
            let standard = action.pointer.strip_prefix("/Actions/").is_some_and(|name| !name.contains('/'));
            standard && self.table().action(&action.name).is_some()
        };
        let mut found = self.actions();
        found.retain(|action| !known(action));
        found
    }

    /// Prepares to invoke an action by its name, `#Vendor.Action`, with or without the number sign. Whether the resource has
    /// it shows when it is awaited: [`OemCall::is_supported`] says so before.
    pub fn oem_action(&self, name: &str) -> OemCall {
        let bare = name.trim_start_matches('#');
        let found = self.actions().into_iter().find(|action| action.is(bare));
        let target = found.map(|action| action.target);
        OemCall { resource: self.clone(), name: bare.to_owned(), target, parameters: Map::new(), apply: None }
    }

    /// Reads the resource that a link leads to, which stands at a JSON pointer: `/Oem/Contoso/Links/Shelf`. What it is the
    /// service says; see [`Client::get_any`].
    ///
    /// # Errors
    ///
    /// Where there is no such link, and as [`Client::get`].
    pub fn follow(&self, pointer: &str) -> BoxFuture<'static, Result<Self, Error>> {
        let json = at(self.record(), pointer).and_then(|json| from_slice::<Value>(json.as_bytes()).ok());
        let link = json.as_ref().and_then(|json| json.get("@odata.id").unwrap_or(json).as_str());
        let link = link.filter(|uri| !uri.trim().is_empty()).map(str::to_owned);
        let missing = format!("{} has no link at {pointer}", self.uri());
        let client = self.client().clone();
        Box::pin(async move {
            match link {
                Some(uri) => client.get_any(&uri, None).await,
                None => Err(Error::new(ErrorKind::Missing, missing)),
            }
        })
    }

    /// Lists all actions that it has, the standard's and the vendors', wherever it names them.
    #[must_use]
    pub fn actions(&self) -> Vec<OemAction> {
        from_slice::<Value>(encode(self.record()).as_bytes()).map(|json| actions_in(&json)).unwrap_or_default()
    }
}

/// Finds all actions in a payload.
pub(crate) fn actions_in(json: &Value) -> Vec<OemAction> {
    let mut found = Vec::new();
    search(json, &mut String::new(), false, &mut found);
    found
}

/// Finds actions: objects with a target whose own name, or whose container's, marks them as actions.
fn search(json: &Value, pointer: &mut String, among_actions: bool, found: &mut Vec<OemAction>) {
    let Value::Object(members) = json else {
        if let Value::Array(items) = json {
            for (index, item) in items.iter().enumerate() {
                below(pointer, &index.to_string(), |pointer| search(item, pointer, false, found));
            }
        }
        return;
    };
    for (name, member) in members {
        below(pointer, &name.replace('~', "~0").replace('/', "~1"), |pointer| {
            let is_target =
                |json: &Value| json.as_object().is_some_and(|json| json.keys().any(|name| is(name, "target")));
            if (name.starts_with('#') || among_actions) && is_target(member) {
                if let Ok(target) = decode::<ActionTarget>(member.to_string().as_bytes(), &Limits::default()) {
                    found.push(OemAction { name: name.clone(), pointer: pointer.clone(), target: target.value });
                }
                return;
            }
            // An inlined resource has actions of its own. Vendors' objects have URIs too, but belong to this resource.
            let foreign = member.get("@odata.id").is_some() && !pointer.contains("/Oem/");
            if !foreign {
                search(member, pointer, among_actions || is(name, "Actions"), found);
            }
        });
    }
}

fn is(name: &str, wanted: &str) -> bool {
    name.trim().eq_ignore_ascii_case(wanted)
}

fn below(pointer: &mut String, name: &str, then: impl FnOnce(&mut String)) {
    let before = pointer.len();
    pointer.push('/');
    pointer.push_str(name);
    then(pointer);
    pointer.truncate(before);
}

impl OemCall {
    /// Sets a parameter.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// Sets further parameters: the members of a JSON object.
    pub fn parameters(mut self, parameters: impl IntoIterator<Item = (String, Value)>) -> Self {
        self.parameters.extend(parameters);
        self
    }

    /// Has it done at a certain time (`@Redfish.OperationApplyTime`), where the action supports that.
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Returns whether the resource has this action.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.target.is_some())
    }

    /// Reads the values that this service accepts for a parameter, where it says so: in the resource itself or by
    /// `@Redfish.ActionInfo`.
    ///
    /// # Errors
    ///
    /// Where the description can't be read.
    pub async fn allowable_values(&self, parameter: &str) -> Result<Option<Vec<String>>, Error> {
        let Some(target) = &self.target else { return Ok(None) };
        crate::resource::action::allowable_values(self.resource.client(), target, parameter).await
    }
}

impl OemCall {
    /// Checks the parameters as if it were invoked, and returns what would be sent. Nothing is invoked.
    ///
    /// # Errors
    ///
    /// Where the resource does not have the action, a parameter is missing, or a value is not among those that the service
    /// accepts.
    pub fn outline(self) -> BoxFuture<'static, Result<Outline, Error>> {
        Box::pin(async move { self.checked().await?.outline().await })
    }

    fn checked(self) -> BoxFuture<'static, Result<Invocation, Error>> {
        Box::pin(async move {
            let Self { resource, name, target, parameters, apply } = self;
            if let Some(target) = &target
                && let Some(missing) = missing(resource.client(), target, &parameters).await
            {
                let text = format!("{name} needs the parameter {missing}");
                return Err(Error::new(ErrorKind::NotAllowed, text).at("POST", resource.uri()));
            }
            let given = parameters.iter().map(|(name, value)| (name.clone(), spellings(value))).collect();
            let body = Value::Object(parameters).to_string();
            Ok(Invocation { resource, action: name, target, given, body, apply })
        })
    }
}

impl IntoFuture for OemCall {
    type Output = Result<Reply<Value>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { Ok(self.checked().await?.send().await?.with(|body| from_slice(body).ok())) })
    }
}

/// Returns the first parameter that the service requires and that is missing. This check only helps the caller: if the
/// description can't be read, the service decides.
async fn missing(client: &Client, target: &ActionTarget, given: &Map<String, Value>) -> Option<String> {
    let info = client.get::<ActionInfo>(target.action_info.as_ref()?.as_str()).await.ok()?;
    let mut required = info.parameters.iter().filter(|parameter| parameter.required == Some(true));
    let missing = required.find_map(|parameter| parameter.name.as_ref().filter(|name| !given.contains_key(*name)));
    missing.cloned()
}

/// Returns the values in a parameter that the service may restrict: strings, numbers and the like, alone or in an
/// array.
fn spellings(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Number(_) | Value::Bool(_) => vec![value.to_string()],
        Value::Array(items) => items.iter().flat_map(spellings).collect(),
        Value::Null | Value::Object(_) => Vec::new(),
    }
}
