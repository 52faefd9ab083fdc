//! How a change is sent to a service: to the settings object or the resource itself, by PATCH or PUT, with the ETag
//! that the service requires. Independent of types, so that it is compiled once.

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::client::if_match;
use crate::client::mask::of_uri;
use crate::client::{Client, Request, Response};
use crate::error::{Error, ErrorKind};
use crate::resource::apply_time::Apply;
use crate::resource::outline::Outline;
use crate::resource::own_account;
use crate::resource::read::ReadAs;
use crate::resource::{AnyResource, Expected};
use crate::schema::settings::Settings;
use crate::task::TaskMonitor;
use crate::wire::{ETag, Patch, Record, Slot, Table, at};

/// A change to be made.
pub(crate) struct Plan {
    /// The resource as it was before the change.
    pub(crate) resource: AnyResource,
    pub(crate) expected: Expected,
    pub(crate) patch: Patch,
    /// Pointers to properties that are sent although they are unchanged.
    pub(crate) also: Vec<String>,
    pub(crate) apply: Option<Apply>,
    /// Whether the settings object is ignored.
    pub(crate) directly: bool,
}

/// What became of an [`AnyEdit`](crate::AnyEdit): a [`Committed`](crate::Committed) without the type.
#[derive(Debug)]
#[non_exhaustive]
pub enum Written {
    /// Nothing differed; nothing was sent.
    Unchanged,
    /// The resource as it is now.
    Updated(AnyResource),
    /// The service has taken the change down in the settings of the resource, which are here as they are now.
    Pending(AnyResource),
    /// The service has confirmed the change, and what is there now could not be read.
    Confirmed(Unread),
    /// The service has taken the change, and carries it out from now on.
    Accepted(TaskMonitor),
}

/// Something that a service has confirmed and that could not be read afterwards.
#[non_exhaustive]
pub struct Unread {
    /// Where it is: the URI that the change was sent to, or the new resource's. None where the service doesn't say where it
    /// put the new resource.
    pub uri: Option<String>,
    /// Whether the change was made in the settings of the resource, and takes effect later.
    pub pending: bool,
    /// Why it could not be read.
    pub error: Error,
    pub(crate) client: Client,
}

impl fmt::Debug for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unread")
            .field("uri", &self.uri.as_deref().map(of_uri))
            .field("pending", &self.pending)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Which parts of a change go where.
struct Route {
    settings: Option<AnyResource>,
    /// The body for the settings.
    pending: Option<String>,
    /// The body for the resource itself.
    direct: Option<String>,
}

impl Plan {
    pub(crate) fn carry_out(self) -> BoxFuture<'static, Result<Written, Error>> {
        Box::pin(async move {
            if self.patch.body == "{}" {
                return Ok(Written::Unchanged);
            }
            let uri = self.resource.uri();
            let Route { settings, pending, direct } = self.route().await?;
            let mut written = Written::Unchanged;
            if let Some(body) = direct {
                written = self.write(uri, self.resource.tag_for_change().await, body).await?;
            }
            if let (Some(body), Some(settings)) = (pending, settings) {
                let in_part = !matches!(written, Written::Unchanged);
                written = match self.write(settings.uri(), settings.etag().cloned(), body).await {
                    Ok(Written::Updated(settings)) => Written::Pending(settings),
                    Ok(Written::Confirmed(unread)) => Written::Confirmed(Unread { pending: true, ..unread }),
                    Ok(accepted) => accepted,
                    Err(error) if in_part => return Err(half_done(error, uri)),
                    Err(error) => return Err(error),
                };
            }
            Ok(written)
        })
    }

    /// Checks the change and determines which parts go where.
    fn route(&self) -> BoxFuture<'_, Result<Route, Error>> {
        Box::pin(async move {
            let uri = self.resource.uri();
            check(self.expected.table, &self.patch).map_err(|error| error.at("PATCH", uri))?;
            let settings = self.settings().await?;
            let (pending, direct) = match &settings {
                Some(settings) => self.divide(settings.record()),
                None => (None, Some(self.patch.body.clone())),
            };
            if direct.is_some() && self.apply.is_some() && pending.is_none() {
                let text = "this resource has no settings to which the change belongs: it takes effect at once";
                return Err(Error::new(ErrorKind::NotAllowed, text).at("PATCH", uri));
            }
            let pending = pending.map(|body| match &self.apply {
                Some(apply) => apply.with_settings(&body),
                None => body,
            });
            Ok(Route { settings, pending, direct })
        })
    }

    /// Returns the requests that would be sent, in order. Nothing is sent that changes anything.
    pub(crate) fn outline(self) -> BoxFuture<'static, Result<Vec<Outline>, Error>> {
        Box::pin(async move {
            let mut outlines = Vec::new();
            if self.patch.body == "{}" {
                return Ok(outlines);
            }
            let Route { settings, pending, direct } = self.route().await?;
            outlines.extend(direct.map(|body| Outline::new("PATCH", self.resource.uri(), body)));
            if let (Some(body), Some(settings)) = (pending, settings) {
                outlines.push(Outline::new("PATCH", settings.uri(), body));
            }
            Ok(outlines)
        })
    }

    /// Reads the settings object, if the resource has one and it exists.
    async fn settings(&self) -> Result<Option<AnyResource>, Error> {
        let refuse = |text: String| Error::new(ErrorKind::NotAllowed, text).at("PATCH", self.resource.uri());
        let Some(Ok(settings)) = self.resource.record().annotations().record::<Settings>("", "Redfish.Settings") else {
            return Ok(None);
        };
        if let Some(apply) = &self.apply {
            apply.check_settings(&settings.value).map_err(refuse)?;
        }
        let link = settings.value.settings_object.as_ref().and_then(|link| link.uri());
        let Some(uri) = link.map(|uri| uri.as_str()).filter(|uri| !self.directly && *uri != self.resource.uri()) else {
            return Ok(None);
        };
        match self.resource.client().fetch(uri, ReadAs::Exactly(self.expected.table)).await {
            Ok(settings) => settings.checked(self.expected).map(Some),
            // The resource links to settings that don't exist.
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Divides a change between the settings and the resource. A top-level property is never split.
    fn divide(&self, settings: &dyn Record) -> (Option<String>, Option<String>) {
        let (body, original) = (&self.patch.body, self.resource.record());
        let changed = self.patch.changes.iter().map(|change| (change.pointer.as_str(), change.dynamic));
        let sent: Vec<_> = changed.chain(self.also.iter().map(|pointer| (pointer.as_str(), false))).collect();
        let is_direct = |&&(pointer, dynamic): &&(&str, bool)| !belongs(pointer, dynamic, settings, original);
        let mut direct: Vec<String> = sent.iter().filter(is_direct).map(|(pointer, _)| top(pointer)).collect();
        direct.dedup();
        if direct.is_empty() {
            return (Some(body.clone()), None);
        }
        if sent.iter().all(|(pointer, _)| direct.contains(&top(pointer))) {
            return (None, Some(body.clone()));
        }
        let Ok(Value::Object(body)) = serde_json::from_str(body) else { return (None, Some(body.clone())) };
        let (direct, pending): (serde_json::Map<_, _>, serde_json::Map<_, _>) =
            body.into_iter().partition(|(name, _)| direct.contains(name));
        (Some(Value::Object(pending).to_string()), Some(Value::Object(direct).to_string()))
    }

    /// Sends a body to a URI. Returns the resource after the change, or the task that carries it out.
    async fn write(&self, uri: &str, etag: Option<ETag>, body: String) -> Result<Written, Error> {
        let mut request = Request::with_body("PATCH", uri, body);
        request.if_match = etag;
        let mut response = if_match::send(self.resource.client(), request.clone()).await?;
        if takes_put_only(&response) {
            response = self.put(&mut request).await?;
        }
        let response = response.success(&request)?;
        if response.status == 202 {
            return Ok(Written::Accepted(TaskMonitor::of(self.resource.client(), &response)));
        }
        let objection = response.objection(&request);
        if objection.is_none() {
            // Must precede further reads, which would use the old password.
            own_account::note(&self.resource, &request);
        }
        // The body may contain the resource, messages about it, or nothing.
        let as_expected = ReadAs::Exactly(self.expected.table);
        if objection.is_none()
            && let Ok(whole) = self.resource.client().decode(response, &request, as_expected)
            && whole.record().text("@odata.id").is_some()
        {
            return whole.checked(self.expected).map(Written::Updated);
        }
        let read = self.resource.client().fetch(uri, as_expected).await;
        match (read.and_then(|found| found.checked(self.expected)), objection) {
            (Ok(now), None) => Ok(Written::Updated(now)),
            (Ok(now), Some(_)) if holds(&self.patch, now.record()) => Ok(Written::Updated(now)),
            (_, Some(objection)) => Err(objection),
            (Err(error), None) => {
                let client = self.resource.client().clone();
                let origin = client.origin();
                tracing::info!(origin, uri, %error, "the change was confirmed, and what is there now could not be read");
                Ok(Written::Confirmed(Unread { uri: Some(uri.to_owned()), pending: false, error, client }))
            }
        }
    }

    /// Makes the change by PUT: sends the whole resource with the change applied.
    async fn put(&self, request: &mut Request) -> Result<Response, Error> {
        let get = Request::get(&request.uri);
        let found = self.resource.client().send(get.clone()).await?.success(&get)?;
        let unreadable = |error| {
            Error::new(ErrorKind::Decode, "what is to be put back can't be read").at("GET", &get.uri).with_source(error)
        };
        let mut whole: Value = serde_json::from_slice(&found.body).map_err(unreadable)?;
        let change = request.body.as_ref().map(|(body, _)| serde_json::from_slice(body)).transpose();
        merge(&mut whole, change.map_err(unreadable)?.unwrap_or_default());
        *request = Request::with_body("PUT", request.uri.clone(), whole.to_string());
        request.if_match = found.etag();
        if_match::send(self.resource.client(), request.clone()).await
    }
}

/// Returns the error for a change that was only made in part: to the resource, but not to its settings.
fn half_done(error: Error, uri: &str) -> Error {
    let text = format!("{uri} was changed, but what belongs in its settings was not");
    Error::new(error.kind(), text).with_source(error)
}

/// Returns whether a resource has the values of a change, as far as it shows them.
fn holds(patch: &Patch, now: &dyn Record) -> bool {
    let Ok(body) = serde_json::from_str::<Value>(&patch.body) else { return false };
    patch.changes.iter().all(|change| {
        let found = at(now, &change.pointer).and_then(|json| serde_json::from_str::<Value>(&json).ok());
        body.pointer(&change.pointer).is_some_and(|wanted| found.unwrap_or_default() == *wanted)
    })
}

/// Returns whether the service refused the method and only allows PUT. It proves that nothing was done.
fn takes_put_only(response: &Response) -> bool {
    let allow = response.headers.get(http::header::ALLOW).and_then(|allow| allow.to_str().ok()).unwrap_or_default();
    let allows = |method: &str| allow.split(',').any(|allowed| allowed.trim().eq_ignore_ascii_case(method));
    matches!(response.status, 405 | 501) && allows("PUT") && !allows("PATCH")
}

/// Applies a PATCH locally (DSP0266, "PATCH (update)"): objects are merged, arrays element by element.
fn merge(target: &mut Value, change: Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change)) => {
            for (name, value) in change {
                match target.get_mut(&name) {
                    Some(found) => merge(found, value),
                    None => {
                        target.insert(name, value);
                    }
                }
            }
        }
        (Value::Array(target), Value::Array(change)) => {
            let mut old = std::mem::take(target).into_iter();
            for value in change {
                let found = old.next();
                match (found, value) {
                    (_, Value::Null) => {}
                    (Some(mut found), value) => {
                        merge(&mut found, value);
                        target.push(found);
                    }
                    (None, value) => target.push(value),
                }
            }
        }
        (target, change) => *target = change,
    }
}

fn check(table: &'static Table, patch: &Patch) -> Result<(), Error> {
    if table.capabilities.updatable == Some(false) {
        let text = format!("the schema does not allow a {} to be changed", table.name);
        return Err(Error::new(ErrorKind::NotAllowed, text));
    }
    let read_only: Vec<_> =
        patch.changes.iter().filter(|change| !change.writable).map(|change| change.pointer.as_str()).collect();
    if read_only.is_empty() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::NotAllowed, format!("read-only in the schema: {}", read_only.join(", "))))
}

/// Returns whether a change belongs in the settings: they have the property, or an object for it that is still empty.
/// Some services leave out of their settings what must be written to the resource itself.
fn belongs(pointer: &str, dynamic: bool, settings: &dyn Record, original: &dyn Record) -> bool {
    let mut owner = settings;
    let mut twin = Some(original);
    let names = pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
    let mut names = names.enumerate().peekable();
    while let Some((depth, name)) = names.next() {
        if !owner.has(&name) {
            // If the resource lacks the property as well, its absence from the settings means nothing.
            let elsewhere = twin.is_some_and(|twin| twin.has(&name));
            return depth > 0 && (dynamic || is_bare(owner) || !elsewhere);
        }
        let Some(Slot::Record(inner)) = owner.table().find(&name).map(|slot| owner.slot(slot)) else {
            // Inside `Oem`, no schema describes what there is.
            return names.peek().is_none() || at(settings, pointer).is_some() || at(original, pointer).is_none();
        };
        let Some(inner) = inner.get(0) else { return true };
        twin = twin.and_then(|twin| match twin.slot(twin.table().find(&name)?) {
            Slot::Record(twin) => twin.get(0),
            _ => None,
        });
        owner = inner;
    }
    true
}

/// Returns the top-level property that a pointer leads into.
fn top(pointer: &str) -> String {
    pointer.split('/').nth(1).unwrap_or_default().replace("~1", "/").replace("~0", "~")
}

/// Returns whether an object contains nothing but annotations.
fn is_bare(record: &dyn Record) -> bool {
    let fields = record.table().fields.iter().enumerate();
    let mut set = fields.filter(|(slot, _)| !record.slot(*slot).is_empty());
    set.all(|(_, field)| field.name.starts_with('@')) && record.dynamic().is_none_or(|map| map.iter().next().is_none())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_put_back_has_the_changes_in_it() {
        let mut whole = json!({"A": 1, "B": {"C": 2, "D": [1, 2, 3], "E": [{"F": 1, "G": 2}, {"F": 3}]}});
        merge(&mut whole, json!({"A": null, "B": {"D": [9], "E": [{}, {"F": 4}, {"F": 5}]}, "H": {}}));
        assert_eq!(
            whole,
            json!({"A": null, "B": {"C": 2, "D": [9], "E": [{"F": 1, "G": 2}, {"F": 4}, {"F": 5}]}, "H": {}})
        );
    }
}
