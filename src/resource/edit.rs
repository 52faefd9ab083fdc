//! Changes: an edited copy of a resource, sent as the smallest PATCH that makes them.
//! [`commit`](crate::resource::commit) handles how and where it is sent.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use crate::client::mask::of_uri;
use crate::erased::Opaque;
use crate::error::Error;
use crate::resource::apply_time::Apply;
use crate::resource::commit::{Plan, Unread, Written};
use crate::resource::typed::Typed;
use crate::resource::{AnyResource, Expected, Resource};
use crate::task::TaskMonitor;
use crate::wire::{Patch, Record, Type, diff, encode};

/// A copy of a resource to be changed. [`commit`](Self::commit) sends what differs.
///
/// ```no_run
/// # async fn run(system: rosefish::Resource<rosefish::schema::ComputerSystem>) -> Result<(), rosefish::Error> {
/// let mut edit = system.edit();
/// edit.asset_tag = Some("rack 7".into());
/// edit.commit().await?; // PATCH {"AssetTag":"rack 7"} with If-Match
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `commit`"]
pub struct Edit<T> {
    draft: Box<dyn Opaque<Draft>>,
    edits: PhantomData<fn() -> T>,
}

/// An [`Edit`] without its type.
struct Draft {
    resource: AnyResource,
    record: Box<dyn Record>,
    apply: Option<Apply>,
    directly: bool,
    also: Vec<String>,
}

impl<T> fmt::Debug for Edit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Draft { resource, record, .. } = &**self.draft;
        f.debug_struct("Edit").field("uri", &of_uri(resource.uri())).field("draft", record).finish_non_exhaustive()
    }
}

/// What became of an [`Edit`]. All of these are success: the service has confirmed the change, or there was none.
#[derive(Debug)]
#[non_exhaustive]
pub enum Committed<T> {
    /// Nothing differed; nothing was sent.
    Unchanged,
    /// The resource as it is now.
    Updated(Resource<T>),
    /// The service has taken the change down in the settings of the resource, which are here as they are now. It takes
    /// effect at the time that was asked for, else when the service has it: usually with the next reset.
    Pending(Resource<T>),
    /// The service has confirmed the change, and what is there now could not be read: it may be restarting, or have moved,
    /// or the login may have no right to it any more.
    Confirmed(Unread),
    /// The service has taken the change, and carries it out from now on.
    Accepted(TaskMonitor),
}

impl<T: Type> Deref for Edit<T> {
    type Target = T;

    #[inline(never)]
    fn deref(&self) -> &T {
        match self.draft.record.downcast_ref() {
            Some(draft) => draft,
            None => unreachable!("the draft is a copy of a resource of this type"),
        }
    }
}

impl<T: Type> DerefMut for Edit<T> {
    #[inline(never)]
    fn deref_mut(&mut self) -> &mut T {
        match self.draft.record.downcast_mut() {
            Some(draft) => draft,
            None => unreachable!("the draft is a copy of a resource of this type"),
        }
    }
}

impl<T: Type> Resource<T> {
    /// Begins to change it: see [`Edit`].
    pub fn edit(&self) -> Edit<T> {
        Edit::new(self.any())
    }
}

impl<T: Type> Edit<T> {
    /// Creates the edit of a resource that is known to have this type.
    pub(crate) fn new(resource: &AnyResource) -> Self {
        Self { draft: Draft::of(resource), edits: PhantomData }
    }

    /// Returns what would be sent.
    #[must_use]
    pub fn patch(&self) -> Patch {
        self.draft.patch()
    }

    /// Sends the property at this JSON pointer even if it is what it was when the resource was read:
    /// `/Boot/BootSourceOverrideMode` for services that take a boot target together with the mode only, and what takes effect
    /// once and may have been used up since.
    pub fn also(mut self, pointer: impl Into<String>) -> Self {
        self.draft.also.push(pointer.into());
        self
    }

    /// Has the change take effect at a certain time (`@Redfish.SettingsApplyTime`). This is for resources whose changes go
    /// by way of settings, and checked against the times that these support.
    pub fn apply(mut self, when: Apply) -> Self {
        self.draft.apply = Some(when);
        self
    }

    /// Writes the resource itself, also where it has a settings object to write to.
    pub fn directly(mut self) -> Self {
        self.draft.directly = true;
        self
    }

    /// Sends what differs, with `If-Match`.
    ///
    /// - Where the resource names a settings object (`@Redfish.Settings`) that has the properties in question, they are
    ///   written there; those that it lacks, and all where there is none, are written to the resource itself.
    /// - If the resource was changed meanwhile by somebody else it is read again and the same difference is sent once more.
    /// - Where a service says that it takes PUT only, the resource is read, changed and put back.
    ///
    /// # Errors
    ///
    /// Where something read-only was changed or the time is not supported (nothing is sent then), and where the service
    /// can't be asked or refuses.
    #[inline(never)]
    pub fn commit(self) -> impl Future<Output = Result<Committed<T>, Error>> + Send {
        Typed::new(self.draft.commit(Expected::type_of::<T>()), |outcome| match outcome {
            Written::Unchanged => Committed::Unchanged,
            Written::Updated(resource) => Committed::Updated(Resource::of(resource)),
            Written::Pending(settings) => Committed::Pending(Resource::of(settings)),
            Written::Confirmed(unread) => Committed::Confirmed(unread),
            Written::Accepted(task) => Committed::Accepted(task),
        })
    }
}

impl Draft {
    fn of(resource: &AnyResource) -> Box<dyn Opaque<Self>> {
        let record = resource.record().to_box();
        Box::new(Self { resource: resource.clone(), record, apply: None, directly: false, also: Vec::new() })
    }

    fn patch(&self) -> Patch {
        let mut patch = diff(self.resource.record(), &*self.record);
        if !self.also.is_empty() {
            patch.body = with_unchanged(&patch.body, &encode(&*self.record), &self.also);
        }
        patch
    }
}

impl dyn Opaque<Draft> {
    fn commit(self: Box<Self>, expected: Expected) -> BoxFuture<'static, Result<Written, Error>> {
        let patch = self.patch();
        let Draft { resource, also, apply, directly, .. } = *self.unbox();
        let uri = resource.uri().to_owned();
        let written = Plan { resource, expected, patch, also, apply, directly }.carry_out();
        Box::pin(async move {
            Ok(match written.await? {
                Written::Accepted(task) => Written::Accepted(task.about(uri)),
                written => written,
            })
        })
    }
}

/// Adds unchanged properties of the resource to the body of a PATCH. Pointers into arrays and to missing properties are
/// ignored.
fn with_unchanged(body: &str, whole: &str, pointers: &[String]) -> String {
    let (Ok(mut patch), Ok(whole)) = (serde_json::from_str::<Value>(body), serde_json::from_str::<Value>(whole)) else {
        return body.to_owned();
    };
    for pointer in pointers {
        let Some(value) = whole.pointer(pointer) else { continue };
        let mut above = pointer.match_indices('/').filter_map(|(end, _)| whole.pointer(pointer.get(..end)?));
        if !above.all(Value::is_object) {
            continue;
        }
        let mut place = Some(&mut patch);
        for name in pointer.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            place = match place {
                Some(Value::Object(object)) => Some(object.entry(name).or_insert_with(|| Value::Object(Map::new()))),
                _ => None,
            };
        }
        // An empty object was only created as a container, so it may be replaced; changed values are kept.
        if let Some(place) = place.filter(|place| place.as_object().is_some_and(Map::is_empty)) {
            value.clone_into(place);
        }
    }
    patch.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sent_along_does_not_undo_what_was_changed() {
        let whole = r#"{"Boot":{"Mode":"UEFI","Target":"None"},"A":[1],"Name":"x"}"#;
        let pointers = ["/Boot/Mode", "/Boot/Target", "/Name", "/A/0", "/None"].map(str::to_owned);
        let body = with_unchanged(r#"{"Boot":{"Target":"Pxe"}}"#, whole, &pointers[..3]);
        assert_eq!(body, r#"{"Boot":{"Mode":"UEFI","Target":"Pxe"},"Name":"x"}"#);
        assert_eq!(with_unchanged(r#"{"B":1}"#, whole, &pointers[3..]), r#"{"B":1}"#);
        assert_eq!(with_unchanged("{}", whole, &pointers[..1]), r#"{"Boot":{"Mode":"UEFI"}}"#);
    }
}
