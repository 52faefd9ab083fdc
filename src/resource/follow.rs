//! Links to be followed, and the resources that they lead to.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;

use futures_util::future::BoxFuture;

use crate::client::Client;
use crate::erased::Opaque;
use crate::error::{Error, ErrorKind};
use crate::query::{self, Asked, Query, Scope};
use crate::resource::read::ReadAs;
use crate::resource::typed::{ResourceFuture, Typed};
use crate::resource::{AnyResource, Expected, Fetch, Resource, links_at};
use crate::wire::{AnyLink, Collection, Link, LinkView, ODataId, Record, Table, Type};

/// A link about to be followed: `.await` reads the resource.
#[must_use = "a link is followed when it is awaited"]
pub struct Follow<T> {
    step: Box<dyn Opaque<Step>>,
    leads_to: PhantomData<fn() -> T>,
}

/// A [`Follow`] without its type.
pub(crate) struct Step {
    pub(crate) client: Client,
    pub(crate) link: Option<AnyLink>,
    /// The resource that has the link, or should have it.
    pub(crate) found_in: String,
    /// The error text if there is no such link.
    pub(crate) missing: String,
    pub(crate) query: Query,
}

impl<T> fmt::Debug for Follow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Follow").field(&self.step.link).finish()
    }
}

impl Step {
    pub(crate) fn new(
        client: &Client,
        link: Option<&AnyLink>,
        found_in: &str,
        missing: String,
    ) -> Box<dyn Opaque<Self>> {
        let (client, link, found_in) = (client.clone(), link.cloned(), found_in.to_owned());
        Box::new(Self { client, link, found_in, missing, query: Query::new() })
    }

    fn uri(&self) -> Option<&str> {
        self.link.as_ref()?.uri().map(ODataId::as_str)
    }

    fn take(self, table: &'static Table) -> Fetch {
        let Self { client, link, missing, query, .. } = self;
        let Some(link) = link else { return Box::pin(async move { Err(Error::new(ErrorKind::Missing, missing)) }) };
        match link.uri() {
            Some(uri) if !query.is_plain() => {
                query::fetch::ask(&client, uri.as_str(), &query, table, ReadAs::Exactly(table))
            }
            _ => fetch_link(&client, &link, table, Asked::default()),
        }
    }
}

/// The operations on a step that do not depend on the type of the resource.
impl dyn Opaque<Step> {
    fn take_expected(self: Box<Self>, expected: Expected) -> Fetch {
        expected.check(self.unbox().take(expected.table))
    }

    /// Reads the resource; `None` if there is no such link, or nothing at its end.
    fn take_opt(self: Box<Self>, expected: Expected) -> BoxFuture<'static, Result<Option<AnyResource>, Error>> {
        let taken = self.take_expected(expected);
        Box::pin(async move {
            match taken.await {
                Ok(resource) => Ok(Some(resource)),
                Err(error) if matches!(error.kind(), ErrorKind::Missing | ErrorKind::NotFound) => Ok(None),
                Err(error) => Err(error),
            }
        })
    }

    /// Reads the only member of a collection; `None` if it has none or several.
    fn only(
        self: Box<Self>,
        collection: &'static Table,
        member: Expected,
    ) -> BoxFuture<'static, Result<Option<AnyResource>, Error>> {
        Box::pin(async move {
            let Some(uri) = self.uri().map(str::to_owned) else {
                return Err(Error::new(ErrorKind::Missing, self.missing.as_str()));
            };
            let client = self.client.clone();
            let supported = client.features().and_then(|features| features.only_member_query) == Some(true);
            if supported && !client.query_memory().has_failed(&uri) {
                let asked = Query::new().only().insist().ask(collection, None, Scope::Resource).unwrap_or_default();
                match query::fetch::fetch(&client, &uri, asked, ReadAs::ItSays { otherwise: Some(member.table) }).await
                {
                    Ok(found) if found.table() == collection => return Ok(None),
                    Ok(found) => {
                        let place = found.record().text("@odata.id").unwrap_or(&uri).to_owned();
                        return found.moved(place).checked(member).map(Some);
                    }
                    Err(error) if error.is_auth() => return Err(error),
                    Err(_) => client.query_memory().note(&uri),
                }
            }
            let found = Step { query: Query::new(), ..*self.unbox() }.take(collection).await?;
            match links_at(found.record(), "Members").as_slice() {
                [link] => member.check(fetch_link(&client, link, member.table, Asked::default())).await.map(Some),
                _ => Ok(None),
            }
        })
    }
}

impl AnyResource {
    /// Returns the step that follows the link of a property.
    pub(crate) fn step(&self, property: &str) -> Box<dyn Opaque<Step>> {
        let missing = format!("{} has no {property}", self.uri());
        Step::new(self.client(), links_at(self.record(), property).first(), self.uri(), missing)
    }
}

impl<T: Type> Resource<T> {
    /// Follows a link that was found in it.
    pub fn follow<U: Type>(&self, link: &Link<U>) -> Follow<U> {
        Follow::of(Step::new(self.client(), Some(link.any()), self.uri(), String::new()))
    }

    /// Follows the link of a property, `"Links/Chassis"`.
    #[doc(hidden)]
    pub fn one<U: Type>(&self, property: &str) -> Follow<U> {
        Follow::of(self.any().step(property))
    }
}

impl<T: Type> Follow<T> {
    pub(crate) fn of(step: Box<dyn Opaque<Step>>) -> Self {
        Self { step, leads_to: PhantomData }
    }

    /// Returns where the link leads, if it is there.
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

    /// Reads the resource; none where there is no such link, or nothing where it leads.
    ///
    /// # Errors
    ///
    /// As [`Client::get`], but for what is not there.
    #[inline(never)]
    pub fn get_opt(self) -> impl Future<Output = Result<Option<Resource<T>>, Error>> + Send {
        Typed::new(self.step.take_opt(Expected::type_of::<T>()), Resource::of_option)
    }

    /// Returns whether there is a link, wherever it leads.
    pub(crate) fn is_there(&self) -> bool {
        self.step.link.is_some()
    }

    pub(crate) fn into_step(self) -> Box<dyn Opaque<Step>> {
        self.step
    }
}

impl<C: Collection> Follow<C> {
    /// Reads the member of a collection that has but one; none where it has another number of them. One request where the
    /// service supports `only`, else two.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub fn only(self) -> impl Future<Output = Result<Option<Resource<C::Member>>, Error>> + Send {
        let found = self.step.only(C::type_table(), Expected::type_of::<C::Member>());
        Typed::new(found, Resource::of_option)
    }
}

impl<T: Type> IntoFuture for Follow<T> {
    type Output = Result<Resource<T>, Error>;
    type IntoFuture = ResourceFuture<T>;

    #[inline(never)]
    fn into_future(self) -> Self::IntoFuture {
        ResourceFuture::of(self.step.take_expected(Expected::type_of::<T>()))
    }
}

/// Reads the resource behind a link. An inlined resource is used if it is complete, or if only part of the resource is
/// requested anyway.
pub(crate) fn fetch_link(client: &Client, link: &AnyLink, table: &'static Table, asked: Asked) -> Fetch {
    let uri = link.uri().map(|uri| uri.as_str().to_owned());
    if let LinkView::Expanded(value) = link.view()
        && (asked.is_saving() || is_whole(value) || uri.as_deref().is_none_or(|uri| uri.contains('#')))
    {
        let resource = AnyResource::inlined(client.clone(), uri.unwrap_or_default(), value.to_box());
        return Box::pin(async move { Ok(resource) });
    }
    match uri {
        Some(uri) => query::fetch::fetch(client, &uri, asked, ReadAs::Exactly(table)),
        None => Box::pin(async { Err(Error::new(ErrorKind::Missing, "the link leads nowhere: it has no @odata.id")) }),
    }
}

/// Returns whether an inlined resource is more than a reference with annotations: it has all properties that its schema
/// requires. Some services lose properties when they expand; then the resource itself is read.
fn is_whole(record: &dyn Record) -> bool {
    record.table().fields.iter().all(|field| !field.flags.required() || record.has(field.name))
}
