//! Streams of resources: the members of a collection, page by page, or the resources behind an array of links. Requests
//! run ahead of the reader within the client's limit. A member that can't be read is one error, and the stream
//! continues.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::hash::{BuildHasher, RandomState};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, StreamExt, TryStreamExt};

use crate::client::Client;
use crate::erased::Opaque;
use crate::error::{Error, ErrorKind};
use crate::query::{self, Asked, Query, Scope};
use crate::resource::follow::{Follow, Step, fetch_link};
use crate::resource::partial::{self, Items, Missing, Partial, Untyped};
use crate::resource::read::{ReadAs, is_resource, not_a_resource};
use crate::resource::read_ahead::ahead;
use crate::resource::typed::Typed;
use crate::resource::{AnyResource, Expected, Fetch, Resource, links_at};
use crate::wire::{AnyLink, Collection, Link, LinkView, ODataId, Record, Table, Type};

/// A stream of resources. An error of one member is an item; the stream continues after it.
#[must_use = "nothing is read before the stream is polled"]
pub struct Members<T> {
    pages: Items,
    member: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Members<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members").finish_non_exhaustive()
    }
}

impl<T: Type> Members<T> {
    /// Wraps a stream whose resources are known to have this type.
    fn of(pages: Items) -> Self {
        Self { pages, member: PhantomData }
    }

    pub(crate) fn of_links(client: &Client, links: Vec<AnyLink>) -> Self {
        Self::of(Pages::of_links(client, links, Expected::type_of::<T>()))
    }

    pub(crate) fn of_collection(collection: &AnyResource) -> Self {
        Self::of(Pages::of_collection(collection, Expected::type_of::<T>()))
    }

    /// Reads the next resource; none at the end.
    pub async fn next(&mut self) -> Option<Result<Resource<T>, Error>> {
        StreamExt::next(self).await
    }

    /// Reads the next resource; none at the end.
    ///
    /// # Errors
    ///
    /// As [`Client::get`]. The stream can be read on after an error.
    pub fn try_next(&mut self) -> impl Future<Output = Result<Option<Resource<T>>, Error>> + Send {
        poll_fn(|context| self.poll_try_next(context))
    }

    #[inline(never)]
    fn poll_try_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Resource<T>>, Error>> {
        let item = self.pages.poll_next_unpin(context);
        item.map(|item| item.transpose().map(Resource::of_option).map_err(|missing| missing.error))
    }

    /// Reads all resources, or the first error: `try_collect::<Vec<_>>()`.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    #[inline(never)]
    pub fn try_collect<A: Default + Extend<Resource<T>>>(self) -> impl Future<Output = Result<A, Error>> + Send {
        Typed::new(all(self.pages), |resources| {
            let mut typed = A::default();
            typed.extend(resources.into_iter().map(Resource::of));
            typed
        })
    }

    /// Reads all resources. Gives those that could be read, and beside them what could not be, with where and why. A
    /// collection that can't be read is itself among the missing.
    ///
    /// Once the service has gone, or the session, nothing more is asked: what was read so far is given, and the last
    /// entry of what is missing says so.
    #[inline(never)]
    pub fn collect_all(self) -> impl Future<Output = Partial<Resource<T>>> + Send {
        let mut work = partial::collect_all(self.pages);
        poll_fn(move |context| work.as_mut().poll(context).map(Partial::of))
    }
}

impl<T: Type> Resource<T> {
    /// Follows links that were found in it, in their order.
    pub fn follow_all<U: Type>(&self, links: &[Link<U>]) -> Members<U> {
        let links = links.iter().map(|link| link.any().clone()).collect();
        Members::of_links(self.client(), links)
    }

    /// Follows the links of a property.
    #[doc(hidden)]
    pub fn all<U: Type>(&self, property: &str) -> Members<U> {
        Members::of_links(self.client(), links_at(self.any().record(), property))
    }
}

impl<C: Collection> Resource<C> {
    /// Returns the members, with those of further pages.
    pub fn members(&self) -> Members<C::Member> {
        Members::of_collection(self.any())
    }
}

impl<C: Collection> Follow<C> {
    /// Returns the members of the collection that the link leads to, with those of further pages. Where there is no
    /// such link
    /// the stream is empty; [`members_opt`](Self::members_opt) distinguishes that from a collection without members.
    ///
    /// Where the service says that it supports `$expand=.`, the members are asked for together with the collection, and
    /// those that come incomplete are read one by one. [`Query::without_expand`] reads all of them one by one.
    #[inline(never)]
    pub fn members(self) -> Members<C::Member> {
        Members::of(Pages::of_step(self.into_step(), C::type_table(), Expected::type_of::<C::Member>()))
    }

    /// Returns the members as [`members`](Self::members) gives them; none where there is no such link.
    #[must_use]
    pub fn members_opt(self) -> Option<Members<C::Member>> {
        self.is_there().then(|| self.members())
    }
}

impl<T: Type> Stream for Members<T> {
    type Item = Result<Resource<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pages.poll_next_unpin(context).map_ok(Resource::of).map_err(|missing| missing.error)
    }
}

/// Returns the members of the collection that a property links to, with types known only at run time.
#[cfg(any(feature = "host", feature = "telemetry"))]
pub(crate) fn of_property(from: &AnyResource, property: &str, collection: &'static Table, member: Expected) -> Items {
    Pages::of_step(from.step(property), collection, member)
}

/// Returns the resources behind links, with a type known only at run time.
#[cfg(any(feature = "host", feature = "telemetry"))]
pub(crate) fn of_links(client: &Client, links: Vec<AnyLink>, member: Expected) -> Items {
    Pages::of_links(client, links, member)
}

/// Returns all resources, or the first error.
fn all(pages: Items) -> BoxFuture<'static, Result<Vec<AnyResource>, Error>> {
    Box::pin(async move { pages.try_collect().await.map_err(|missing: Missing| missing.error) })
}

/// The stream without its type. Each member is checked to have the expected one.
struct Pages {
    client: Client,
    /// Members that have not been requested yet.
    waiting: VecDeque<AnyLink>,
    under_way: FuturesOrdered<BoxFuture<'static, Result<AnyResource, Missing>>>,
    /// The page that is being read, with its URI.
    page: Option<(String, Fetch)>,
    /// The URI of the next page.
    next: Option<String>,
    /// Hashes of the URIs of the pages that were requested. The URIs may be long, and there may be many.
    seen: HashSet<u64>,
    hasher: RandomState,
    /// How many members all pages had so far.
    found: usize,
    /// The URI of the collection.
    place: String,
    /// Whether nothing is read ahead until the first resource has arrived.
    first_alone: bool,
    /// The collection's type.
    table: &'static Table,
    /// The type of the members.
    member: Expected,
    /// What further pages and members are requested with.
    asked: Asked,
}

/// Returns whether the service sent a collection in place of a link to it.
fn has_members(link: &AnyLink) -> bool {
    matches!(link.view(), LinkView::Expanded(collection) if !links_at(collection, "Members").is_empty())
}

impl Stream for Pages {
    type Item = Result<AnyResource, Missing>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(context)
    }
}

impl Untyped for Pages {
    fn client(&self) -> &Client {
        &self.client
    }

    fn place(&self) -> &str {
        &self.place
    }

    #[cfg(any(feature = "host", feature = "telemetry"))]
    fn first_alone(&mut self) {
        self.first_alone = true;
    }
}

impl Pages {
    fn of_links(client: &Client, links: Vec<AnyLink>, member: Expected) -> Items {
        let mut pages = Self::new(client, member.table, member);
        pages.waiting = links.into();
        Box::pin(pages)
    }

    fn of_collection(collection: &AnyResource, member: Expected) -> Items {
        let mut pages = Self::new(collection.client(), collection.table(), member);
        pages.place = collection.uri().to_owned();
        pages.see(collection.uri());
        pages.read(collection.record());
        Box::pin(pages)
    }

    fn of_step(step: Box<dyn Opaque<Step>>, collection: &'static Table, member: Expected) -> Items {
        let step = *step.unbox();
        let mut pages = Self::new(&step.client, collection, member);
        let uri = step.link.as_ref().and_then(AnyLink::uri).map(ODataId::as_str);
        pages.place = uri.unwrap_or(&step.found_in).to_owned();
        let page = match step.link {
            Some(link) if link.uri().is_none() || has_members(&link) => {
                fetch_link(&step.client, &link, collection, Asked::default())
            }
            Some(link) => pages.first(link.uri().map(ODataId::as_str).unwrap_or_default(), &step.query),
            // A service without the collection has no members.
            None => return Box::pin(pages),
        };
        pages.page = Some((pages.place.clone(), page));
        Box::pin(pages)
    }

    fn new(client: &Client, table: &'static Table, member: Expected) -> Self {
        Self {
            client: client.clone(),
            waiting: VecDeque::new(),
            under_way: FuturesOrdered::new(),
            page: None,
            next: None,
            seen: HashSet::new(),
            hasher: RandomState::new(),
            found: 0,
            place: String::new(),
            first_alone: false,
            table,
            member,
            asked: Asked::default(),
        }
    }

    /// Takes the members of a page and the link to the next one.
    fn read(&mut self, page: &dyn Record) {
        self.waiting = links_at(page, "Members").into();
        self.found = self.found.saturating_add(self.waiting.len());
        let next = page.text("Members@odata.nextLink").filter(|uri| !uri.is_empty());
        self.next = next.map(str::to_owned);
    }

    /// Records a page; returns false if it was requested before.
    fn see(&mut self, uri: &str) -> bool {
        self.seen.insert(self.hasher.hash_one(uri))
    }

    /// Returns why the stream ends here although the service links to another page.
    fn goes_too_far(&mut self, uri: &str) -> Option<String> {
        let (pages, members) = (self.client.most_pages(), self.client.limits().members);
        if !self.see(uri) {
            Some("the pages of this collection go in circles".to_owned())
        } else if self.seen.len() > pages {
            Some(format!("the collection has more pages than the limit of {pages}"))
        } else if self.found > members {
            Some(format!("the collection has more members than the limit of {members}"))
        } else {
            None
        }
    }

    /// Requests the first page.
    fn first(&mut self, uri: &str, query: &Query) -> Fetch {
        match query.ask(self.table, self.client.features(), Scope::Members) {
            Ok(asked) => {
                self.see(uri);
                self.asked = asked.further();
                query::fetch::fetch(&self.client, uri, asked, ReadAs::Exactly(self.table))
            }
            Err(text) => {
                let error = Error::new(ErrorKind::NotAllowed, text).at("GET", uri);
                Box::pin(async move { Err(error) })
            }
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<AnyResource, Missing>>> {
        loop {
            self.start();
            if self.is_enough() {
                return Poll::Ready(None);
            }
            // The next page is read while the members of this one are.
            if self.waiting.is_empty()
                && self.page.is_none()
                && self.asked.remainder.top != Some(0)
                && let Some(uri) = self.next.take()
            {
                if let Some(text) = self.goes_too_far(&uri) {
                    let error = Error::new(ErrorKind::Decode, text).at("GET", &uri);
                    return Poll::Ready(Some(Err(Missing::new(uri, error))));
                }
                let page = query::fetch::fetch(&self.client, &uri, self.asked.clone(), ReadAs::Exactly(self.table));
                self.page = Some((uri, ahead(page)));
            }
            let members = self.under_way.poll_next_unpin(context);
            if let Poll::Ready(Some(member)) = members {
                self.first_alone &= member.is_err();
                match member {
                    Ok(member) if !self.is_wanted(&member) => continue,
                    member => return Poll::Ready(Some(member)),
                }
            }
            match &mut self.page {
                Some((uri, page)) => match page.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(read) => {
                        let uri = std::mem::take(uri);
                        self.page = None;
                        match read {
                            Ok(page) if is_resource(page.record()) => self.read(page.record()),
                            Ok(_) => {
                                let error = not_a_resource(&uri);
                                return Poll::Ready(Some(Err(Missing::new(uri, error))));
                            }
                            Err(error) => return Poll::Ready(Some(Err(Missing::new(uri, error)))),
                        }
                    }
                },
                // `Ready(None)` or `Pending`.
                None => return members,
            }
        }
    }

    /// Requests twice as many members as the client's limit allows at once, because members are returned in order and a
    /// slow one must not block the others. Requests no members that the caller doesn't want: without a filter they are
    /// counted before they are requested, with one once they have arrived.
    fn start(&mut self) {
        let filtered = self.asked.remainder.filter.is_some();
        let most = if self.first_alone { 1 } else { self.client.concurrency().saturating_mul(2) };
        while self.under_way.len() < most
            && (filtered || self.asked.remainder.top != Some(0))
            && let Some(link) = self.waiting.pop_front()
        {
            if filtered || self.counts() {
                let place = link.uri().map_or(&self.place[..], ODataId::as_str).to_owned();
                let member = fetch_link(&self.client, &link, self.member.table, self.asked.of_member());
                let member = ahead(self.member.check(member));
                self.under_way
                    .push_back(Box::pin(async move { member.await.map_err(|error| Missing::new(place, error)) }));
            }
        }
    }

    /// Returns whether the caller wants none of the members that are left. If so, drops them.
    fn is_enough(&mut self) -> bool {
        let enough =
            self.asked.remainder.top == Some(0) && (self.asked.remainder.filter.is_some() || self.under_way.is_empty());
        if enough {
            self.waiting.clear();
            self.under_way.clear();
            (self.page, self.next) = (None, None);
        }
        enough
    }

    /// Counts a member; returns false if it is to be skipped.
    fn counts(&mut self) -> bool {
        let left = &mut self.asked.remainder;
        if left.skip > 0 {
            left.skip = left.skip.saturating_sub(1);
            return false;
        }
        left.top = left.top.map(|top| top.saturating_sub(1));
        true
    }

    /// Returns whether a member is wanted, as far as the client decides that.
    fn is_wanted(&mut self, member: &AnyResource) -> bool {
        match &self.asked.remainder.filter {
            Some(filter) => filter.holds(member.record()) && self.counts(),
            None => true,
        }
    }
}
