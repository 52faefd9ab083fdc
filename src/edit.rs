//! Changes: an edited copy of a resource, sent as the smallest PATCH that makes it so. How and where it is sent is the
//! matter of [`change`](crate::change).

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::apply::Apply;
use crate::change::{Outcome, Plan};
use crate::error::Error;
use crate::resource::Resource;
use crate::task::TaskMonitor;
use crate::wire::{Patch, Type, diff};

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
}

impl<T> fmt::Debug for Edit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Edit").field(&self.draft).finish()
    }
}

/// What became of an [`Edit`].
#[derive(Debug)]
#[must_use = "a change may be pending or under way still"]
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
        Self { resource, draft, apply: None, directly: false }
    }

    /// What would be sent.
    #[must_use]
    pub fn patch(&self) -> Patch {
        diff(self.resource.value(), self.draft.value())
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
