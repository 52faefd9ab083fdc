//! Resources: a decoded body together with where it came from, and what can be done with it.

pub(crate) mod action;
pub(crate) mod action_parameters;
pub(crate) mod apply_time;
pub(crate) mod commit;
pub(crate) mod create;
pub(crate) mod edit;
pub(crate) mod edit_any;
pub(crate) mod follow;
pub mod generated;
pub(crate) mod members;
pub(crate) mod oem;
pub(crate) mod outline;
pub(crate) mod own_account;
pub(crate) mod partial;
pub(crate) mod read;
pub(crate) mod read_ahead;
pub(crate) mod request;
pub(crate) mod settings;
pub(crate) mod transfer_protocol;
pub(crate) mod typed;
pub(crate) mod wait;

use std::any::{Any, TypeId};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::client::mask::of_uri;
use crate::client::{Client, SERVICE_ROOT};
use crate::erased::Opaque;
use crate::error::{Error, ErrorKind};
use crate::wire::{AnyLink, Deviation, ETag, Kind, Record, Slot, Table, Type, encode};

/// A resource: its content, which it derefs to, and where it came from.
///
/// For each link there is a method that follows it (`root.systems()`), those in `Links` included (`system.chassis()`),
/// and for each action one that invokes it (`system.reset(..)`).
///
/// Inside it is an [`AnyResource`]: what is done with resources is compiled once, not for each type in each program.
pub struct Resource<T> {
    any: AnyResource,
    holds: PhantomData<fn() -> T>,
}

impl<T> Clone for Resource<T> {
    fn clone(&self) -> Self {
        Self { any: self.any.clone(), holds: PhantomData }
    }
}

impl<T: Type> Deref for Resource<T> {
    type Target = T;

    #[inline(never)]
    fn deref(&self) -> &T {
        match self.any.record().downcast_ref() {
            Some(value) => value,
            None => unreachable!("a resource of a type is made of a record of that type: see AnyResource::checked"),
        }
    }
}

impl<T> fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { any, .. } = self;
        f.debug_struct("Resource")
            .field("uri", &of_uri(any.uri()))
            .field("value", &any.record())
            .finish_non_exhaustive()
    }
}

impl<T> Resource<T> {
    /// Wraps a resource that [is known](AnyResource::checked) to have this type.
    pub(crate) fn of(any: AnyResource) -> Self {
        Self { any, holds: PhantomData }
    }

    pub(crate) fn of_option(any: Option<AnyResource>) -> Option<Self> {
        any.map(Self::of)
    }
}

impl<T: Type> Resource<T> {
    /// Returns the client that read it.
    #[must_use]
    pub fn client(&self) -> &Client {
        self.any.client()
    }

    /// Returns its URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        self.any.uri()
    }

    /// Returns the version of its content, from the `ETag` header or else from `@odata.etag`.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        self.any.etag()
    }

    /// Returns where the payload departs from the schemas.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        self.any.deviations()
    }

    /// Borrows the decoded content, which a resource also derefs to.
    #[must_use]
    pub fn value(&self) -> &T {
        self
    }

    /// Returns the decoded content without where it came from.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value().clone()
    }

    /// Erases the type.
    #[must_use]
    pub fn into_any(self) -> AnyResource {
        self.any
    }

    /// Borrows the resource without its type. Code that needs no type uses this: with `&T`, drop code would be compiled
    /// for each type in each program.
    pub(crate) fn any(&self) -> &AnyResource {
        &self.any
    }
}

/// Returns the links of a property, such as `"Links/Chassis"` or `"Members"`.
pub(crate) fn links_at(record: &dyn Record, property: &str) -> Vec<AnyLink> {
    link_property(record, property).map(|(_, links)| links).unwrap_or_default()
}

/// Returns the links of a property and the type that they lead to; `None` if the type has no such property.
pub(crate) fn link_property(record: &dyn Record, property: &str) -> Option<(&'static Table, Vec<AnyLink>)> {
    let mut record = record;
    let mut steps = property.split('/').peekable();
    while let Some(step) = steps.next() {
        let number = record.table().find(step)?;
        match (record.slot(number), steps.peek(), record.table().fields.get(number)?.kind) {
            (Slot::Link(links), None, Kind::Link(table)) => return Some((table, links.iter().cloned().collect())),
            (Slot::Record(records), Some(_), _) => record = records.get(0)?,
            _ => break,
        }
    }
    None
}

/// A resource whose type is not known at compile time. Clones share what it holds.
#[derive(Clone)]
pub struct AnyResource(Arc<dyn Opaque<Content>>);

#[derive(Clone)]
struct Content {
    client: Client,
    uri: String,
    etag: Option<ETag>,
    deviations: Vec<Deviation>,
    record: Decoded,
    body: Bytes,
    /// Whether it was inlined in another resource, perhaps without what its own answer would contain.
    inlined: bool,
}

/// The decoded content of a resource.
#[derive(Clone)]
enum Decoded {
    Own(Box<dyn Record>),
    /// That of the service root, which the client has as well.
    Shared(Arc<dyn Record>),
}

impl Decoded {
    fn as_record(&self) -> &dyn Record {
        match self {
            Self::Own(record) => &**record,
            Self::Shared(record) => &**record,
        }
    }
}

/// A resource that is being read.
pub(crate) type Fetch = BoxFuture<'static, Result<AnyResource, Error>>;

impl fmt::Debug for AnyResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyResource")
            .field("uri", &of_uri(&self.0.uri))
            .field("record", &self.record())
            .finish_non_exhaustive()
    }
}

impl AnyResource {
    pub(crate) fn new(
        client: Client,
        uri: String,
        etag: Option<ETag>,
        deviations: Vec<Deviation>,
        record: Box<dyn Record>,
        body: Bytes,
    ) -> Self {
        let record = Decoded::Own(record);
        Self(Arc::new(Content { client, uri, etag, deviations, record, body, inlined: false }))
    }

    /// Creates the service root of a client, which was read when it connected.
    fn root(client: Client) -> Self {
        let (root, etag, deviations) = client.root_document().cloned().unwrap_or_default();
        let (uri, record, body) = (SERVICE_ROOT.to_owned(), Decoded::Shared(root), Bytes::new());
        Self(Arc::new(Content { client, uri, etag, deviations, record, body, inlined: false }))
    }

    /// Creates a resource that was inlined in place of a link to it.
    pub(crate) fn inlined(client: Client, uri: String, record: Box<dyn Record>) -> Self {
        let etag = (*record).text("@odata.etag").filter(|tag| !tag.is_empty()).map(ETag::from);
        let (deviations, record, body) = (Vec::new(), Decoded::Own(record), Bytes::new());
        Self(Arc::new(Content { client, uri, etag, deviations, record, body, inlined: true }))
    }

    /// Changes the URI: what was read with a query does not live at the URI with the query.
    pub(crate) fn moved(mut self, uri: String) -> Self {
        match Arc::get_mut(&mut self.0) {
            Some(content) => content.uri = uri,
            None => self.0 = Arc::new(Content { uri, ..(*self.0).clone() }),
        }
        self
    }

    /// Returns the client that read it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.0.client
    }

    /// Borrows the decoded content.
    #[must_use]
    pub fn record(&self) -> &dyn Record {
        self.0.record.as_record()
    }

    /// Returns what the schemas say of its type.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.record().table()
    }

    /// Returns its URI.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.0.uri
    }

    /// Returns whether it was inlined in another resource.
    pub(crate) fn is_inlined(&self) -> bool {
        self.0.inlined
    }

    /// Returns the version of its content.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        self.0.etag.as_ref()
    }

    /// Returns where the payload departs from the schemas.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.0.deviations
    }

    /// Returns the JSON text: as it came, or what stands for it if another resource had it inlined.
    #[must_use]
    pub fn json(&self) -> std::borrow::Cow<'_, str> {
        match self.0.body.is_empty() {
            true => encode(self.record()).into(),
            false => String::from_utf8_lossy(&self.0.body),
        }
    }

    /// Returns the resource in a type that is known at compile time.
    ///
    /// # Errors
    ///
    /// Where it is of another type.
    pub fn typed<T: Type>(self) -> Result<Resource<T>, Error> {
        self.checked(Expected::type_of::<T>()).map(Resource::of)
    }

    /// Checks that it has a type. The text is dropped then, unless a clone needs it.
    pub(crate) fn checked(mut self, expected: Expected) -> Result<Self, Error> {
        let record: &dyn Any = self.record();
        if record.type_id() != expected.id {
            let text = format!("this is a {}, not a {}", self.table().name, expected.table.name);
            return Err(Error::new(ErrorKind::Decode, text).at("GET", self.uri()));
        }
        if let Some(content) = Arc::get_mut(&mut self.0) {
            content.body = Bytes::new();
        }
        Ok(self)
    }
}

/// The expected type of a resource, for code that is compiled without types.
#[derive(Clone, Copy)]
pub(crate) struct Expected {
    id: TypeId,
    pub(crate) table: &'static Table,
}

impl Expected {
    pub(crate) fn type_of<T: Type>() -> Self {
        Self { id: TypeId::of::<T>(), table: T::type_table() }
    }

    /// Returns the type whose values a table creates.
    #[cfg(any(feature = "host", feature = "telemetry"))]
    pub(crate) fn made_by(table: &'static Table) -> Self {
        let made: Box<dyn Any> = table.make();
        Self { id: (*made).type_id(), table }
    }

    /// Returns the type of a resource.
    pub(crate) fn same_as(resource: &AnyResource) -> Self {
        let record: &dyn Any = resource.record();
        Self { id: record.type_id(), table: resource.table() }
    }

    /// Checks the type of a resource once it is read.
    pub(crate) fn check(self, fetch: Fetch) -> Fetch {
        Box::pin(async move { fetch.await?.checked(self) })
    }
}
