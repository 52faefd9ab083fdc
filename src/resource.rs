//! Resources: a decoded body together with where it came from, and what can be done with it.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::ops::Deref;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::action::Call;
use crate::client::{Client, SERVICE_ROOT};
use crate::collection::Members;
use crate::edit::Edit;
use crate::error::{Error, ErrorKind};
use crate::query::{self, Asked, Query};
use crate::schema::ServiceRoot;
use crate::wire::{AnyLink, Collection, Deviation, ETag, Link, LinkView, ODataId, Record, Slot, Table, Type, encode};

/// What the generated navigation uses.
pub(crate) mod generated {
    pub(crate) use super::{Follow, Resource};
    pub(crate) use crate::action::{Call, NoParameters};
    pub(crate) use crate::collection::Members;
}

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

    #[inline]
    fn deref(&self) -> &T {
        match self.any.record.downcast_ref() {
            Some(value) => value,
            None => unreachable!("a resource of a type is made of a record of that type: see AnyResource::typed"),
        }
    }
}

impl<T> fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("uri", &self.any.uri).field("value", &self.any.record).finish_non_exhaustive()
    }
}

impl<T: Type> Resource<T> {
    /// The client that read it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.any.client
    }

    /// Where it is.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.any.uri
    }

    /// The version of its content, from the `ETag` header or else from `@odata.etag`.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        self.any.etag.as_ref()
    }

    /// Where the payload departs from the schemas.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.any.deviations
    }

    /// The content.
    #[must_use]
    pub fn value(&self) -> &T {
        self
    }

    /// The content.
    #[must_use]
    pub fn into_value(self) -> T {
        self.value().clone()
    }

    /// The same without its type.
    #[must_use]
    pub fn into_any(self) -> AnyResource {
        self.any
    }

    /// The same without its type. What needs no type is done with this: by way of `&T` a program would compile for each
    /// type how it is dropped.
    pub(crate) fn any(&self) -> &AnyResource {
        &self.any
    }

    /// Reads it anew.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn refresh(&mut self) -> Result<(), Error> {
        *self = self.client().get(self.uri()).await?;
        Ok(())
    }

    /// Begins to change it: see [`Edit`].
    pub fn edit(&self) -> Edit<T> {
        Edit::new(self.clone())
    }

    /// Follows a link that was found in it.
    pub fn follow<U: Type>(&self, link: &Link<U>) -> Follow<U> {
        self.any.follow(Some(link.any()), String::new()).typed()
    }

    /// Follows links that were found in it, in their order.
    pub fn follow_all<U: Type>(&self, links: &[Link<U>]) -> Members<U> {
        let links = links.iter().map(|link| link.any().clone()).collect();
        Members::of_links(self.client(), links, U::type_table())
    }

    /// Follows the link of a property, `"Links/Chassis"`.
    pub(crate) fn one<U: Type>(&self, property: &str) -> Follow<U> {
        self.any.follow_property(property).typed()
    }

    /// Follows the links of a property.
    pub(crate) fn all<U: Type>(&self, property: &str) -> Members<U> {
        Members::of_links(self.client(), links_at(self.any.record(), property), U::type_table())
    }

    pub(crate) fn invoke<P: Type, R>(&self, action: &'static str, parameters: P) -> Call<P, R> {
        Call::new(&self.any, action, parameters)
    }

    pub(crate) fn value_mut(&mut self) -> &mut T {
        match self.any.record.downcast_mut() {
            Some(value) => value,
            None => unreachable!("a resource of a type is made of a record of that type: see AnyResource::typed"),
        }
    }
}

impl Resource<ServiceRoot> {
    /// The service root, which the client keeps.
    pub(crate) fn of_root(client: Client, etag: Option<ETag>, deviations: Vec<Deviation>, root: ServiceRoot) -> Self {
        let any = AnyResource::new(client, SERVICE_ROOT.to_owned(), etag, deviations, Box::new(root), Bytes::new());
        Self { any, holds: PhantomData }
    }
}

impl<C: Collection> Resource<C> {
    /// The members, with those of further pages.
    pub fn members(&self) -> Members<C::Member> {
        Members::of_collection(&self.any)
    }
}

/// A link about to be followed: `.await` reads the resource.
#[must_use = "a link is followed when it is awaited"]
pub struct Follow<T> {
    step: Step,
    leads_to: PhantomData<fn() -> T>,
}

/// A [`Follow`] without its type.
pub(crate) struct Step {
    pub(crate) client: Client,
    pub(crate) link: Option<AnyLink>,
    pub(crate) missing: String,
    pub(crate) query: Query,
}

impl<T> fmt::Debug for Follow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Follow").field(&self.step.link).finish()
    }
}

impl Step {
    fn typed<T>(self) -> Follow<T> {
        Follow { step: self, leads_to: PhantomData }
    }

    fn uri(&self) -> Option<&str> {
        self.link.as_ref()?.uri().map(ODataId::as_str)
    }

    fn take(self, table: &'static Table) -> BoxFuture<'static, Result<AnyResource, Error>> {
        let Self { client, link, missing, query } = self;
        let Some(link) = link else { return Box::pin(async move { Err(Error::new(ErrorKind::Missing, missing)) }) };
        match link.uri() {
            Some(uri) if !query.is_plain() => query::fetch::ask(&client, uri.as_str(), &query, table, false),
            _ => fetch_link(&client, &link, table, Asked::default()),
        }
    }

    /// The one member of a collection; none where there is another number of them.
    fn only(
        self,
        collection: &'static Table,
        member: &'static Table,
    ) -> BoxFuture<'static, Result<Option<AnyResource>, Error>> {
        Box::pin(async move {
            let Some(uri) = self.uri().map(str::to_owned) else {
                return Err(Error::new(ErrorKind::Missing, self.missing));
            };
            let client = self.client.clone();
            let supported = client.features().and_then(|features| features.only_member_query) == Some(true);
            if supported && !client.query_memory().has_failed(&uri) {
                let asked = Query::new().only().insist().ask(collection, None, false).unwrap_or_default();
                match query::fetch::fetch(&client, &uri, asked, member, true).await {
                    Ok(found) if found.table() == collection => return Ok(None),
                    Ok(found) => {
                        let place = found.record().text("@odata.id").unwrap_or(&uri).to_owned();
                        return Ok(Some(found.moved(place)));
                    }
                    Err(error) if error.is_auth() => return Err(error),
                    Err(_) => client.query_memory().note(&uri),
                }
            }
            let found = Self { query: Query::new(), ..self }.take(collection).await?;
            match links_at(found.record(), "Members").as_slice() {
                [link] => fetch_link(&client, link, member, Asked::default()).await.map(Some),
                _ => Ok(None),
            }
        })
    }
}

impl<T: Type> Follow<T> {
    /// Where the link leads, if it is there.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.step.uri()
    }

    /// With query parameters; those of an earlier call count no more.
    pub fn query(mut self, query: Query) -> Self {
        self.step.query = query;
        self
    }

    /// With subordinate resources in place of links to them, where the service can (`$expand=.`).
    pub fn expand(self) -> Self {
        let query = self.step.query.clone().expand(query::Expand::Subordinate);
        self.query(query)
    }

    /// The resource; none where there is no such link, or nothing where it leads.
    ///
    /// # Errors
    ///
    /// As [`Client::get`], but for what is not there.
    pub async fn get_opt(self) -> Result<Option<Resource<T>>, Error> {
        match self.await {
            Ok(resource) => Ok(Some(resource)),
            Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) fn into_step(self) -> Step {
        self.step
    }
}

impl<C: Collection> Follow<C> {
    /// The members of the collection that the link leads to, with those of further pages. A link that is not there is
    /// an error of the stream's.
    ///
    /// Where the service says that it supports `$expand=.`, the members are asked for together with the collection, and
    /// those that come incomplete are read one by one. [`Query::without_expand`] reads all of them one by one.
    pub fn members(self) -> Members<C::Member> {
        Members::of_follow(self)
    }

    /// The member of a collection that has but one; none where it has another number of them. One request where the
    /// service supports `only`, else two.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn only(self) -> Result<Option<Resource<C::Member>>, Error> {
        self.step.only(C::type_table(), C::Member::type_table()).await?.map(AnyResource::typed).transpose()
    }
}

impl<T: Type> IntoFuture for Follow<T> {
    type Output = Result<Resource<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let fetch = self.step.take(T::type_table());
        Box::pin(async move { fetch.await?.typed() })
    }
}

/// The resource behind a link: what the service inlined, if it is enough of it, else what it answers. If not the
/// whole of it is asked for, whatever came inlined is enough.
pub(crate) fn fetch_link(
    client: &Client,
    link: &AnyLink,
    table: &'static Table,
    asked: Asked,
) -> BoxFuture<'static, Result<AnyResource, Error>> {
    let uri = link.uri().map(|uri| uri.as_str().to_owned());
    if let LinkView::Expanded(value) = link.view()
        && (asked.is_saving() || is_whole(value) || uri.as_deref().is_none_or(|uri| uri.contains('#')))
    {
        let resource = AnyResource::inlined(client.clone(), uri.unwrap_or_default(), value.to_box());
        return Box::pin(async move { Ok(resource) });
    }
    match uri {
        Some(uri) => query::fetch::fetch(client, &uri, asked, table, false),
        None => Box::pin(async { Err(Error::new(ErrorKind::Missing, "the link leads nowhere: it has no @odata.id")) }),
    }
}

/// The links of a property, `"Links/Chassis"` or `"Members"`.
pub(crate) fn links_at(record: &dyn Record, property: &str) -> Vec<AnyLink> {
    let mut record = record;
    let mut steps = property.split('/').peekable();
    while let Some(step) = steps.next() {
        let Some(number) = record.table().find(step) else { break };
        match (record.slot(number), steps.peek()) {
            (Slot::Link(links), None) => {
                return links.iter().cloned().collect();
            }
            (Slot::Record(records), Some(_)) => match records.get(0) {
                Some(inner) => record = inner,
                None => break,
            },
            _ => break,
        }
    }
    Vec::new()
}

/// Whether an inlined resource is more than a reference with some annotations: it has what its schema requires of it.
/// Some services lose properties when they expand; then the resource itself is asked.
fn is_whole(record: &dyn Record) -> bool {
    record.table().fields.iter().all(|field| !field.flags.required() || record.has(field.name))
}

/// A resource whose type is not known at compile time.
#[derive(Clone)]
pub struct AnyResource {
    client: Client,
    uri: String,
    etag: Option<ETag>,
    deviations: Vec<Deviation>,
    record: Box<dyn Record>,
    body: Bytes,
}

impl fmt::Debug for AnyResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyResource").field("uri", &self.uri).field("record", &self.record).finish_non_exhaustive()
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
        Self { client, uri, etag, deviations, record, body }
    }

    fn inlined(client: Client, uri: String, record: Box<dyn Record>) -> Self {
        let etag = (*record).text("@odata.etag").map(ETag::from);
        Self { client, uri, etag, deviations: Vec::new(), record, body: Bytes::new() }
    }

    /// The same, at another URI: what was asked for with a query is not at the URI with the query.
    pub(crate) fn moved(mut self, uri: String) -> Self {
        self.uri = uri;
        self
    }

    /// The client that read it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The content.
    #[must_use]
    pub fn record(&self) -> &dyn Record {
        &*self.record
    }

    /// What the schemas say of its type.
    #[must_use]
    pub fn table(&self) -> &'static Table {
        self.record.table()
    }

    /// Where it is.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The version of its content.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        self.etag.as_ref()
    }

    /// Where the payload departs from the schemas.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The JSON text: as it came, or what stands for it if another resource had it inlined.
    #[must_use]
    pub fn json(&self) -> std::borrow::Cow<'_, str> {
        match self.body.is_empty() {
            true => encode(&*self.record).into(),
            false => String::from_utf8_lossy(&self.body),
        }
    }

    /// The resource in a type that is known at compile time.
    ///
    /// # Errors
    ///
    /// Where it is of another type.
    pub fn typed<T: Type>(mut self) -> Result<Resource<T>, Error> {
        if self.record.downcast_ref::<T>().is_none() {
            return Err(self.mistaken(T::type_table()));
        }
        self.body = Bytes::new();
        Ok(Resource { any: self, holds: PhantomData })
    }

    fn mistaken(&self, expected: &Table) -> Error {
        let text = format!("this is a {}, not a {}", self.table().name, expected.name);
        Error::new(ErrorKind::Decode, text).at("GET", &self.uri)
    }

    /// The content.
    pub(crate) fn into_record(self) -> Box<dyn Record> {
        self.record
    }

    fn follow(&self, link: Option<&AnyLink>, missing: String) -> Step {
        Step { client: self.client.clone(), link: link.cloned(), missing, query: Query::new() }
    }

    fn follow_property(&self, property: &str) -> Step {
        let missing = format!("{} has no {property}", self.uri);
        self.follow(links_at(&*self.record, property).first(), missing)
    }
}

/// The object of an action in a resource's `Actions`, if the service has it.
pub(crate) fn action_target<'a>(resource: &'a dyn Record, action: &str) -> Option<&'a crate::wire::ActionTarget> {
    let Slot::Record(actions) = resource.slot(resource.table().find("Actions")?) else { return None };
    let actions = actions.get(0)?;
    let Slot::Record(target) = actions.slot(actions.table().find(&format!("#{action}"))?) else { return None };
    target.get(0)?.downcast_ref()
}

mod navigation {
    //! Generated: a method for each link and each action.
    include!(concat!(env!("OUT_DIR"), "/navigation.rs"));
}
