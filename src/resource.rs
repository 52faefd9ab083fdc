//! Resources: a decoded body together with where it came from, and what can be done with it.

use std::fmt;
use std::future::IntoFuture;
use std::ops::Deref;

use futures_util::future::BoxFuture;

use crate::action::Call;
use crate::client::Client;
use crate::collection::Members;
use crate::edit::Edit;
use crate::error::{Error, ErrorKind};
use crate::query::{self, Asked, Query};
use crate::wire::{Collection, Deviation, ETag, Link, Record, Slot, Table, Type, encode};

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
pub struct Resource<T> {
    client: Client,
    uri: String,
    etag: Option<ETag>,
    deviations: Vec<Deviation>,
    value: Box<T>,
}

impl<T: Clone> Clone for Resource<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            uri: self.uri.clone(),
            etag: self.etag.clone(),
            deviations: self.deviations.clone(),
            value: self.value.clone(),
        }
    }
}

impl<T> Deref for Resource<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Resource<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("uri", &self.uri).field("value", &self.value).finish_non_exhaustive()
    }
}

impl<T: Type> Resource<T> {
    pub(crate) fn new(
        client: Client,
        uri: String,
        etag: Option<ETag>,
        deviations: Vec<Deviation>,
        value: Box<T>,
    ) -> Self {
        Self { client, uri, etag, deviations, value }
    }

    /// The client that read it.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Where it is.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// The version of its content, from the `ETag` header or else from `@odata.etag`.
    #[must_use]
    pub fn etag(&self) -> Option<&ETag> {
        self.etag.as_ref()
    }

    /// Where the payload departs from the schemas.
    #[must_use]
    pub fn deviations(&self) -> &[Deviation] {
        &self.deviations
    }

    /// The content.
    #[must_use]
    pub fn value(&self) -> &T {
        &self.value
    }

    /// The content.
    #[must_use]
    pub fn into_value(self) -> T {
        *self.value
    }

    /// The same without its type.
    #[must_use]
    pub fn into_any(self) -> AnyResource {
        let Self { client, uri, etag, deviations, value } = self;
        AnyResource::new(client, uri, etag, deviations, value, Vec::new().into())
    }

    /// Reads it anew.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn refresh(&mut self) -> Result<(), Error> {
        *self = self.client.get(&self.uri).await?;
        Ok(())
    }

    /// Begins to change it: see [`Edit`].
    pub fn edit(&self) -> Edit<T> {
        Edit::new(self.clone())
    }

    /// Follows a link that was found in it.
    pub fn follow<U: Type>(&self, link: &Link<U>) -> Follow<U> {
        Follow { client: self.client.clone(), link: Some(link.clone()), missing: String::new(), query: Query::new() }
    }

    /// Follows links that were found in it, in their order.
    pub fn follow_all<U: Type>(&self, links: &[Link<U>]) -> Members<U> {
        Members::of_links(&self.client, links)
    }

    pub(crate) fn follow_property<U: Type>(&self, link: Option<&Link<U>>, property: &str) -> Follow<U> {
        let missing = format!("{} has no {property}", self.uri);
        Follow { client: self.client.clone(), link: link.cloned(), missing, query: Query::new() }
    }

    pub(crate) fn invoke<P: Type, R>(&self, action: &'static str, parameters: P) -> Call<P, R> {
        Call::new(&self.client, &self.uri, &*self.value, action, parameters)
    }
}

impl<C: Collection> Resource<C> {
    /// The members, with those of further pages.
    pub fn members(&self) -> Members<C::Member> {
        Members::of_collection(&self.client, &self.uri, &*self.value)
    }
}

/// A link about to be followed: `.await` reads the resource.
#[must_use = "a link is followed when it is awaited"]
pub struct Follow<T> {
    client: Client,
    link: Option<Link<T>>,
    missing: String,
    query: Query,
}

impl<T> fmt::Debug for Follow<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Follow").field(&self.link).finish()
    }
}

impl<T: Type> Follow<T> {
    /// Where the link leads, if it is there.
    #[must_use]
    pub fn uri(&self) -> Option<&str> {
        self.link.as_ref()?.uri().map(|uri| uri.as_str())
    }

    /// With query parameters; those of an earlier call count no more.
    pub fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    /// With subordinate resources in place of links to them, where the service can (`$expand=.`).
    pub fn expand(self) -> Self {
        let query = self.query.clone().expand(query::Expand::Subordinate);
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

    pub(crate) fn into_parts(self) -> (Client, Option<Link<T>>, String, Query) {
        (self.client, self.link, self.missing, self.query)
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
        let Some(uri) = self.uri().map(str::to_owned) else {
            return Err(Error::new(ErrorKind::Missing, self.missing));
        };
        let supported = self.client.features().and_then(|features| features.only_member_query) == Some(true);
        if supported && !self.client.query_memory().has_failed(&uri) {
            let asked = Query::new().only().insist().ask(C::type_table(), None, false).unwrap_or_default();
            match query::fetch::fetch(&self.client, &uri, asked, C::Member::type_table(), true).await {
                Ok(found) if found.record().downcast_ref::<C>().is_some() => return Ok(None),
                Ok(found) => {
                    let place = found.record().text("@odata.id").unwrap_or(&uri).to_owned();
                    return found.moved(place).typed().map(Some);
                }
                Err(error) if error.is_auth() => return Err(error),
                Err(_) => self.client.query_memory().note(&uri),
            }
        }
        let collection = self.query(Query::new()).await?;
        match collection.value().members() {
            [only] => collection.follow(only).await.map(Some),
            _ => Ok(None),
        }
    }
}

impl<T: Type> IntoFuture for Follow<T> {
    type Output = Result<Resource<T>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { client, link, missing, query } = self;
        let fetch = match link {
            Some(link) => match link.uri() {
                Some(uri) if !query.is_plain() => {
                    query::fetch::ask(&client, uri.as_str(), &query, T::type_table(), false)
                }
                _ => fetch_link(&client, &link, Asked::default()),
            },
            None => Box::pin(async move { Err(Error::new(ErrorKind::Missing, missing)) }),
        };
        Box::pin(async move { fetch.await?.typed() })
    }
}

/// The resource behind a link: what the service inlined, if it is enough of it, else what it answers. If not the
/// whole of it is asked for, whatever came inlined is enough.
pub(crate) fn fetch_link<T: Type>(
    client: &Client,
    link: &Link<T>,
    asked: Asked,
) -> BoxFuture<'static, Result<AnyResource, Error>> {
    let uri = link.uri().map(|uri| uri.as_str().to_owned());
    if let Some(value) = link.expanded()
        && (asked.is_saving() || is_whole(value) || uri.as_deref().is_none_or(|uri| uri.contains('#')))
    {
        let resource = AnyResource::inlined(client.clone(), uri.unwrap_or_default(), Box::new(value.clone()));
        return Box::pin(async move { Ok(resource) });
    }
    match uri {
        Some(uri) => query::fetch::fetch(client, &uri, asked, T::type_table(), false),
        None => Box::pin(async { Err(Error::new(ErrorKind::Missing, "the link leads nowhere: it has no @odata.id")) }),
    }
}

/// Whether an inlined resource is more than a reference with some annotations: it has what its schema requires of it.
/// Some services lose properties when they expand; then the resource itself is asked.
fn is_whole(record: &dyn Record) -> bool {
    let has = |slot: usize, name: &str| !record.slot(slot).is_empty() || record.residue().get(name).is_some();
    let mut fields = record.table().fields.iter().enumerate();
    fields.all(|(slot, field)| !field.flags.required() || has(slot, field.name))
}

/// A resource whose type is not known at compile time.
pub struct AnyResource {
    client: Client,
    uri: String,
    etag: Option<ETag>,
    deviations: Vec<Deviation>,
    record: Box<dyn Record>,
    body: Vec<u8>,
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
        body: Vec<u8>,
    ) -> Self {
        Self { client, uri, etag, deviations, record, body }
    }

    fn inlined(client: Client, uri: String, record: Box<dyn Record>) -> Self {
        let etag = (*record).text("@odata.etag").map(ETag::from);
        Self { client, uri, etag, deviations: Vec::new(), record, body: Vec::new() }
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
    pub fn typed<T: Type>(self) -> Result<Resource<T>, Error> {
        let Self { client, uri, etag, deviations, record, .. } = self;
        match record.downcast::<T>() {
            Ok(value) => Ok(Resource::new(client, uri, etag, deviations, value)),
            Err(record) => {
                let text = format!("this is a {}, not a {}", record.table().name, T::type_table().name);
                Err(Error::new(ErrorKind::Decode, text).at("GET", &uri))
            }
        }
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
