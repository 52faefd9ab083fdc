//! Changes of resources by JSON pointer, for what has no type here. They go the way of all changes: see
//! [`commit`](crate::resource::commit).

use std::fmt;

use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::client::mask::of_uri;
use crate::error::{Error, ErrorKind};
use crate::resource::apply_time::Apply;
use crate::resource::commit::{Plan, Written};
use crate::resource::outline::Outline;
use crate::resource::{AnyResource, Expected};
use crate::wire::{Oem, Patch, at, decode_into, diff, encode};

/// A copy of a resource to be changed by JSON pointer. [`commit`](Self::commit) sends what differs.
///
/// ```no_run
/// # async fn run(shelf: rosefish::AnyResource) -> Result<(), rosefish::Error> {
/// let mut edit = shelf.edit();
/// edit.set("/Oem/Contoso/Fans/Mode", "Quiet")?;
/// edit.commit().await?; // PATCH {"Oem":{"Contoso":{"Fans":{"Mode":"Quiet"}}}}
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before `commit`"]
pub struct AnyEdit {
    resource: AnyResource,
    /// The whole resource as text, of which a part can be exchanged.
    draft: Oem,
    apply: Option<Apply>,
    directly: bool,
}

impl fmt::Debug for AnyEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyEdit").field("uri", &of_uri(self.resource.uri())).finish_non_exhaustive()
    }
}

impl AnyResource {
    /// Begins to change it by JSON pointer: see [`AnyEdit`].
    pub fn edit(&self) -> AnyEdit {
        let draft = encode(self.record()).parse().unwrap_or_default();
        AnyEdit { resource: self.clone(), draft, apply: None, directly: false }
    }
}

impl AnyEdit {
    /// Sets what a JSON pointer points at. Objects that are missing on the way are made.
    ///
    /// # Errors
    ///
    /// Where the pointer does not begin with a slash, or leads into something that is neither an object nor an array.
    pub fn set(&mut self, pointer: &str, value: impl Into<Value>) -> Result<(), Error> {
        let refuse = |error: crate::wire::PointerError| {
            Error::new(ErrorKind::Configuration, error.to_string()).at("PATCH", self.resource.uri())
        };
        if pointer.is_empty() {
            let text = "a resource is changed by its properties, not as a whole";
            return Err(Error::new(ErrorKind::Configuration, text).at("PATCH", self.resource.uri()));
        }
        self.draft.set(pointer, value).map_err(refuse)
    }

    /// Has what a JSON pointer points at removed: null is sent for it. Says whether it is there.
    pub fn remove(&mut self, pointer: &str) -> bool {
        at(self.resource.record(), pointer).is_some() && self.set(pointer, Value::Null).is_ok()
    }

    /// Has the change take effect at a certain time: see [`Edit::apply`](crate::Edit::apply).
    pub fn apply(mut self, when: Apply) -> Self {
        self.apply = Some(when);
        self
    }

    /// Writes the resource itself, also where it has a settings object to write to.
    pub fn directly(mut self) -> Self {
        self.directly = true;
        self
    }

    /// Returns what would be sent: the leaves that differ. What the schema of the type knows is read as it says.
    #[must_use]
    pub fn patch(&self) -> Patch {
        let table = self.resource.table();
        let read = |text: &str| {
            let mut record = table.make();
            // It is the text of a resource that was read, with values in it.
            let read = decode_into(&mut *record, text.as_bytes(), self.resource.client().limits());
            read.ok().map(|_| record)
        };
        match (read(&encode(self.resource.record())), read(self.draft.as_json())) {
            (Some(before), Some(after)) => diff(&*before, &*after),
            _ => Patch::default(),
        }
    }

    /// Checks the change as [`commit`](Self::commit) does, and returns what that would send. Nothing is written.
    ///
    /// # Errors
    ///
    /// Where something read-only was changed, the time is not supported, or the settings can't be read.
    pub fn outline(&self) -> BoxFuture<'static, Result<Vec<Outline>, Error>> {
        self.plan().outline()
    }

    fn plan(&self) -> Plan {
        Plan {
            resource: self.resource.clone(),
            expected: Expected::same_as(&self.resource),
            patch: self.patch(),
            also: Vec::new(),
            apply: self.apply.clone(),
            directly: self.directly,
        }
    }

    /// Sends what differs, as [`Edit::commit`](crate::Edit::commit) does.
    ///
    /// # Errors
    ///
    /// As [`Edit::commit`](crate::Edit::commit).
    pub async fn commit(self) -> Result<Written, Error> {
        self.plan().carry_out().await
    }
}
