//! Changes: an edited copy of a resource, sent as the smallest PATCH that makes it so. How and where it is sent is the
//! matter of [`change`](crate::change).

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde_json::{Map, Value};

use crate::apply::Apply;
use crate::change::{Outcome, Plan};
use crate::error::Error;
use crate::resource::Resource;
use crate::task::TaskMonitor;
use crate::wire::{Patch, Type, diff, encode};

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
    resource: Resource<T>,
    draft: Resource<T>,
    apply: Option<Apply>,
    directly: bool,
    also: Vec<String>,
}

impl<T> fmt::Debug for Edit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Edit").field(&self.draft).finish()
    }
}

/// What became of an [`Edit`].
#[derive(Debug)]
pub enum Change<T> {
    /// Nothing differed; nothing was sent.
    Unchanged,
    /// The resource as it is now.
    Updated(Resource<T>),
    /// The service has taken the change down in the settings of the resource, which are here as they are now. It takes
    /// effect at the time that was asked for, else when the service has it: usually with the next reset.
    Pending(Resource<T>),
    /// The service has taken the change, and carries it out from now on.
    Accepted(TaskMonitor),
}

impl<T: Type> Deref for Edit<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.draft
    }
}

impl<T: Type> DerefMut for Edit<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.draft.value_mut()
    }
}

impl<T: Type> Edit<T> {
    pub(crate) fn new(resource: Resource<T>) -> Self {
        let draft = resource.clone();
        Self { resource, draft, apply: None, directly: false, also: Vec::new() }
    }

    /// What would be sent.
    #[must_use]
    pub fn patch(&self) -> Patch {
        let mut patch = diff(self.resource.any().record(), self.draft.any().record());
        if !patch.is_empty() && !self.also.is_empty() {
            patch.body = with_unchanged(&patch.body, &encode(self.draft.any().record()), &self.also);
        }
        patch
    }

    /// Sends the property at this JSON pointer along with what was changed, although it is what it was:
    /// `/Boot/BootSourceOverrideMode` for services that take a boot target together with the mode only.
    pub fn also(mut self, pointer: impl Into<String>) -> Self {
        self.also.push(pointer.into());
        self
    }

    /// Has the change take effect at a certain time (`@Redfish.SettingsApplyTime`). This is for resources whose changes go
    /// by way of settings, and checked against the times that these support.
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Writes the resource itself, also where it has a settings object to write to.
    pub fn directly(mut self) -> Self {
        self.directly = true;
        self
    }

    /// Sends what differs, with `If-Match`.
    ///
    /// - Where the resource names a settings object (`@Redfish.Settings`) that has the properties in question, they are
    ///   written there; those that it lacks, and all where there is none, are written to the resource itself.
    /// - If the resource was changed meanwhile by somebody else it is read anew and the same difference is sent once more.
    /// - Where a service says that it takes PUT only, the resource is read, changed and put back.
    ///
    /// # Errors
    ///
    /// Where something read-only was changed or the time is not supported (nothing is sent then), and where the service
    /// can't be asked or refuses.
    pub async fn commit(self) -> Result<Change<T>, Error> {
        let patch = self.patch();
        let client = self.resource.client().clone();
        let uri = self.resource.uri().to_owned();
        let etag = self.resource.etag().cloned();
        let (apply, directly) = (self.apply, self.directly);
        let plan = Plan { client, uri, etag, original: self.resource.into_any().into_record(), patch, apply, directly };
        Ok(match plan.carry_out().await? {
            Outcome::Unchanged => Change::Unchanged,
            Outcome::Updated(resource) => Change::Updated(resource.typed()?),
            Outcome::Pending(settings) => Change::Pending(settings.typed()?),
            Outcome::Accepted(task) => Change::Accepted(task),
        })
    }
}

/// The body of a PATCH with further properties of the resource in it. What can't stand in one, elements of arrays and what
/// is not there, is left out.
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
        // An empty object is what was made on the way: what has been changed stays.
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
    }
}
