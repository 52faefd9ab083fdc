//! Actions: methods of resources whose parameters are typed and checked against what this service accepts.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::HeaderMap;
use serde_json::Value;

use crate::client::mask::of_uri;
use crate::client::{Client, Request, Response};
use crate::error::{Error, ErrorKind};
use crate::resource::apply_time::Apply;
use crate::resource::outline::Outline;
use crate::resource::own_account;
use crate::resource::transfer_protocol;
use crate::resource::typed::Typed;
use crate::resource::{AnyResource, Resource};
use crate::schema::ActionInfo;
use crate::task::TaskMonitor;
use crate::wire::{ActionTarget, Limits, Record, Returned, Slot, Type, decode_into, encode};

/// An action about to be invoked: `.await` sends it. At most once: a lost answer is an error, not a second try.
///
/// ```no_run
/// # async fn run(system: rosefish::Resource<rosefish::schema::ComputerSystem>) -> Result<(), rosefish::Error> {
/// use rosefish::schema::resource::ResetType;
///
/// system.reset(ResetType::GracefulRestart).await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "an action is invoked when it is awaited"]
pub struct Call<P, R = ()> {
    resource: AnyResource,
    action: &'static str,
    parameters: P,
    apply: Option<Apply>,
    returns: PhantomData<fn() -> R>,
}

impl<P: fmt::Debug, R> fmt::Debug for Call<P, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action)
            .field("parameters", &self.parameters)
            .finish_non_exhaustive()
    }
}

/// What a service answered to an action. Its `Debug` leaves out the value and the headers, in which anything may stand.
#[non_exhaustive]
pub struct Reply<R = ()> {
    /// The HTTP status.
    pub status: u16,
    /// What the action returned, where the schema says that it returns something and the service sent it.
    pub value: Option<R>,
    /// How to follow it, where it has not finished yet (202).
    pub task: Option<TaskMonitor>,
    /// The URI of what it made, where the service names it (`Location`): `CertificateService.ReplaceCertificate` does so.
    pub location: Option<String>,
    /// The headers of the answer.
    pub headers: HeaderMap,
}

impl<R> fmt::Debug for Reply<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.status)
            .field("has_value", &self.value.is_some())
            .field("task", &self.task)
            .field("location", &self.location.as_deref().map(of_uri))
            .finish_non_exhaustive()
    }
}

impl<R> Reply<R> {
    /// Decodes a successful answer. One that doesn't confirm the action is an error.
    pub(crate) fn of(client: &Client, request: &Request, response: Response) -> Result<Answered, Error> {
        let response = response.success(request)?;
        let task = (response.status == 202).then(|| TaskMonitor::of(client, &response));
        if task.is_none()
            && let Some(objection) = response.objection(request)
        {
            return Err(objection);
        }
        // The `Location` of a 202 is where the task is followed, not what was created.
        let location = response.location().filter(|_| task.is_none()).map(str::to_owned);
        Ok(Answered { status: response.status, task, location, headers: response.headers, body: response.body })
    }
}

/// A successful answer before its value is decoded.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) task: Option<TaskMonitor>,
    pub(crate) location: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answered {
    /// Decodes the returned value. The body of a 202 is not decoded, as it describes the task.
    pub(crate) fn with<R>(self, read: impl FnOnce(&[u8]) -> Option<R>) -> Reply<R> {
        let value = if self.task.is_none() { read(&self.body) } else { None };
        let Self { status, task, location, headers, .. } = self;
        Reply { status, value, task, location, headers }
    }
}

impl<T: Type> Resource<T> {
    #[doc(hidden)]
    pub fn invoke<P: Type, R>(&self, action: &'static str, parameters: P) -> Call<P, R> {
        Call::new(self.any(), action, parameters)
    }
}

impl<P: Type, R> Call<P, R> {
    pub(crate) fn new(resource: &AnyResource, action: &'static str, parameters: P) -> Self {
        Self { resource: resource.clone(), action, parameters, apply: None, returns: PhantomData }
    }

    /// Sets further parameters.
    pub fn with(mut self, set: impl FnOnce(&mut P)) -> Self {
        set(&mut self.parameters);
        self
    }

    /// Sets a parameter by name, for those that the schema does not have: a vendor's own, or an `Oem` object.
    pub fn parameter(mut self, name: &str, value: impl Into<Value>) -> Self {
        add(&mut self.parameters, name, value.into());
        self
    }

    /// Has it done at a certain time (`@Redfish.OperationApplyTime`), where the action supports that.
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Returns the parameters as they are now.
    pub fn parameters(&self) -> &P {
        &self.parameters
    }

    /// Returns whether this service has the action at all.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.target().is_some_and(|target| target.target.is_some())
    }

    /// Reads the values that this service accepts for a parameter, where it says so: in the resource itself or by
    /// `@Redfish.ActionInfo`.
    ///
    /// # Errors
    ///
    /// Where the description can't be read.
    pub async fn allowable_values(&self, parameter: &str) -> Result<Option<Vec<String>>, Error> {
        let Some(target) = self.target() else { return Ok(None) };
        allowable_values(self.resource.client(), &target, parameter).await
    }

    /// Reads the names of the parameters that this service says it takes, where it says so by `@Redfish.ActionInfo`.
    ///
    /// # Errors
    ///
    /// Where the description can't be read.
    pub async fn described_parameters(&self) -> Result<Option<Vec<String>>, Error> {
        let Some(info) = self.target().and_then(|target| target.action_info) else { return Ok(None) };
        let info = self.resource.client().get::<ActionInfo>(info.as_str()).await?;
        Ok(Some(info.parameters.iter().filter_map(|described| described.name.clone()).collect()))
    }

    fn target(&self) -> Option<ActionTarget> {
        action_target(&self.resource, self.action)
    }
}

/// Sets a parameter by name.
fn add(parameters: &mut dyn Record, name: &str, value: Value) {
    let object = Value::Object([(name.to_owned(), value)].into_iter().collect()).to_string();
    // The object is valid, so decoding succeeds; members without a field are kept beside the fields.
    let read = decode_into(parameters, object.as_bytes(), &Limits::default());
    debug_assert!(read.is_ok(), "{read:?}");
}

pub(crate) async fn allowable_values(
    client: &Client,
    target: &ActionTarget,
    parameter: &str,
) -> Result<Option<Vec<String>>, Error> {
    if let Some(values) = target.allowable_values(parameter) {
        return Ok(Some(values));
    }
    let Some(info) = &target.action_info else { return Ok(None) };
    let info = client.get::<ActionInfo>(info.as_str()).await?;
    let described = info.parameters.iter().find(|described| described.name.as_deref() == Some(parameter));
    Ok(described.map(|described| described.allowable_values.clone()).filter(|values| !values.is_empty()))
}

impl<P: Type, R: Returned> IntoFuture for Call<P, R> {
    type Output = Result<Reply<R>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    #[inline(never)]
    fn into_future(self) -> Self::IntoFuture {
        let sent = send(self.resource, self.action, Box::new(self.parameters), self.apply);
        Box::pin(Typed::new(sent, |answered| answered.with(R::read)))
    }
}

/// The part of an invocation that does not depend on types.
fn send(
    resource: AnyResource,
    action: &'static str,
    parameters: Box<dyn Record>,
    apply: Option<Apply>,
) -> BoxFuture<'static, Result<Answered, Error>> {
    let target = action_target(&resource, action);
    if target.as_ref().is_some_and(|target| target.target.is_some())
        && let Some(missing) = missing(&*parameters)
    {
        let text = format!("{action} needs the parameter {missing}");
        let error = Error::new(ErrorKind::NotAllowed, text).at("POST", resource.uri());
        return Box::pin(async { Err(error) });
    }
    let given = spellings(&*parameters);
    // An empty object instead of an empty body: some services insist on one.
    let body = encode(&*parameters);
    Invocation { resource, action: action.to_owned(), target, given, body, apply }.send()
}

/// An action with everything needed to invoke it.
pub(crate) struct Invocation {
    pub(crate) resource: AnyResource,
    pub(crate) action: String,
    /// How the action is invoked; `None` if the resource does not have it.
    pub(crate) target: Option<ActionTarget>,
    /// The parameters whose values the service may restrict, and those values.
    pub(crate) given: Vec<(String, Vec<String>)>,
    pub(crate) body: String,
    pub(crate) apply: Option<Apply>,
}

impl Invocation {
    /// Checks the invocation against the service's description of the action, and returns what would be sent.
    pub(crate) fn outline(&self) -> BoxFuture<'_, Result<Outline, Error>> {
        Box::pin(async move {
            let Self { resource, action, target, given, body, apply } = self;
            let refuse = |kind, text: String| Err(Error::new(kind, text).at("POST", resource.uri()));
            let Some((target, uri)) = target.as_ref().and_then(|target| Some((target, target.target.clone()?))) else {
                return refuse(ErrorKind::Missing, format!("this resource does not offer the action {action}"));
            };
            for (parameter, given) in given {
                // This check only helps the caller: if the description can't be read, the service decides.
                let Ok(Some(allowed)) = allowable_values(resource.client(), target, parameter).await else { continue };
                if let Some(odd) = given.iter().find(|given| !allowed.iter().any(|allowed| allowed == *given)) {
                    let allowed = allowed.join(", ");
                    let text =
                        format!("{odd} is not among the values that this service accepts for {parameter}: {allowed}");
                    return refuse(ErrorKind::NotAllowed, text);
                }
            }
            let Some(apply) = apply else { return Ok(Outline::new("POST", uri.as_str(), body.as_str())) };
            if let Err(text) = apply.check_operation(target, "") {
                return refuse(ErrorKind::NotAllowed, text);
            }
            Ok(Outline::new("POST", uri.as_str(), apply.with_operation(body)))
        })
    }

    /// Checks the invocation and sends it.
    pub(crate) fn send(self) -> BoxFuture<'static, Result<Answered, Error>> {
        Box::pin(async move {
            let Outline { uri, body, .. } = self.outline().await?;
            let Self { resource, action, target, .. } = self;
            let client = resource.client();
            let mut request = Request::with_body("POST", uri.as_str(), body.clone());
            let mut answered = Reply::<()>::of(client, &request, client.send(request.clone()).await?);
            if let Err(error) = &answered
                && transfer_protocol::is_wanted(&action, error)
                && let Some(target) = &target
                && let Ok(known) = allowable_values(client, target, transfer_protocol::PARAMETER).await
                && let Some(body) = transfer_protocol::with_protocol(&action, &body, error, known.as_deref())
            {
                request = Request::with_body("POST", uri.as_str(), body);
                answered = Reply::<()>::of(client, &request, client.send(request.clone()).await?);
            }
            let answered = answered?;
            if answered.task.is_none() {
                own_account::note(&resource, &request);
            }
            Ok(answered)
        })
    }
}

/// Finds how an action is invoked: from `Actions`, or for a vendor's action from wherever the resource names it.
fn action_target(resource: &AnyResource, action: &str) -> Option<ActionTarget> {
    in_actions(resource.record(), action)
        .cloned()
        .or_else(|| resource.oem_actions().into_iter().find(|found| found.is(action)).map(|found| found.target))
}

/// Returns the action's object in the resource's `Actions`.
fn in_actions<'a>(resource: &'a dyn Record, action: &str) -> Option<&'a ActionTarget> {
    let Slot::Record(actions) = resource.slot(resource.table().find("Actions")?) else { return None };
    let actions = actions.get(0)?;
    let Slot::Record(target) = actions.slot(actions.table().find(&format!("#{action}"))?) else { return None };
    target.get(0)?.downcast_ref()
}

/// Returns the first required parameter that is missing.
fn missing(parameters: &dyn Record) -> Option<&'static str> {
    let mut fields = parameters.table().fields.iter().enumerate();
    fields
        .find(|(slot, field)| field.flags.required() && parameters.slot(*slot).is_empty())
        .map(|(_, field)| field.name)
}

/// Collects the parameters whose values the service may restrict: strings and members of enumerations.
fn spellings(parameters: &dyn Record) -> Vec<(String, Vec<String>)> {
    let fields = parameters.table().fields.iter().enumerate();
    let given = fields.map(|(slot, field)| {
        let values = match parameters.slot(slot) {
            Slot::Enum(values) => values.iter().map(str::to_owned).collect(),
            Slot::Scalar(scalar) => scalar.text().map(str::to_owned).into_iter().collect(),
            _ => Vec::new(),
        };
        (field.name.to_owned(), values)
    });
    given.filter(|(_, values)| !values.is_empty()).collect()
}
