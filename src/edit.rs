//! Changes: an edited copy of a resource, sent as the smallest PATCH that makes it so.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::client::Request;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::wire::{Patch, Record, Type, diff};

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
    draft: Box<T>,
}

impl<T: fmt::Debug> fmt::Debug for Edit<T> {
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
    /// The service has taken the change, and carries it out from now on.
    Accepted {
        /// Where it tells how it goes on (`Location` of the 202).
        monitor: Option<String>,
    },
}

impl<T> Deref for Edit<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.draft
    }
}

impl<T> DerefMut for Edit<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.draft
    }
}

impl<T: Type> Edit<T> {
    pub(crate) fn new(resource: Resource<T>) -> Self {
        let draft = Box::new(resource.value().clone());
        Self { resource, draft }
    }

    /// What would be sent.
    #[must_use]
    pub fn patch(&self) -> Patch {
        diff(self.resource.value(), &*self.draft)
    }

    /// Sends what differs, with `If-Match`. If the resource was changed meanwhile by somebody else it is read anew and
    /// the same difference is sent once more.
    ///
    /// # Errors
    ///
    /// Where something read-only was changed (nothing is sent then), and where the service can't be asked or refuses.
    pub async fn commit(self) -> Result<Change<T>, Error> {
        let patch = self.patch();
        if patch.is_empty() {
            return Ok(Change::Unchanged);
        }
        let uri = self.resource.uri().to_owned();
        check(&*self.draft, &patch).map_err(|error| error.at("PATCH", &uri))?;
        let client = self.resource.client().clone();
        let mut request = Request::with_body("PATCH", uri.clone(), patch.body);
        request.if_match = self.resource.etag().cloned();
        let mut response = client.send(request.clone()).await?;
        // Both prove that nothing was done.
        if matches!(response.status, 412 | 428) {
            request.if_match = client.get::<T>(&uri).await?.etag().cloned();
            response = client.send(request.clone()).await?;
        }
        let response = response.success(&request)?;
        if response.status == 202 {
            return Ok(Change::Accepted { monitor: response.location });
        }
        // The body may be the resource, messages about it, or nothing.
        if let Ok(whole) = client.decode(response, &request, Some(T::type_table()), false)
            && whole.record().text("@odata.id").is_some()
        {
            return whole.typed().map(Change::Updated);
        }
        client.get(&uri).await.map(Change::Updated)
    }
}

fn check(record: &dyn Record, patch: &Patch) -> Result<(), Error> {
    let table = record.table();
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
