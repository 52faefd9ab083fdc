//! Streams of resources: the members of a collection, page by page, or the resources behind an array of links. Requests
//! run ahead of the reader as far as the client's limit allows; one bad member is one error, and the rest go on.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;

use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::{AnyResource, Follow, Resource, fetch_link};
use crate::wire::{Collection, Link, Type};

/// A stream of resources. An error of one member is an item; the stream goes on after it.
#[must_use = "nothing is read before the stream is polled"]
pub struct Members<T> {
    pages: Pages,
    member: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Members<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Members").field("waiting", &self.pages.waiting.len()).finish_non_exhaustive()
    }
}

type Fetch = BoxFuture<'static, Result<AnyResource, Error>>;

/// What a page gives: members to fetch, and where the next page is.
type Page = (VecDeque<Box<dyn FnOnce() -> Fetch + Send>>, Option<String>);

/// The stream without its type.
struct Pages {
    client: Client,
    waiting: VecDeque<Box<dyn FnOnce() -> Fetch + Send>>,
    under_way: FuturesOrdered<Fetch>,
    /// The page that is being read.
    page: Option<Fetch>,
    /// Where the page after the known ones is.
    next: Option<String>,
    seen: HashSet<String>,
    read: fn(&AnyResource) -> Page,
}

impl<T: Type> Members<T> {
    pub(crate) fn of_links(client: &Client, links: &[Link<T>]) -> Self {
        let mut pages = Pages::new(client, |_| (VecDeque::new(), None));
        pages.waiting = fetches(client, links);
        Self { pages, member: PhantomData }
    }

    pub(crate) fn of_collection<C: Collection<Member = T>>(client: &Client, uri: &str, collection: &C) -> Self {
        let mut pages = Pages::new(client, read_page::<C>);
        pages.seen.insert(uri.to_owned());
        pages.waiting = fetches(client, collection.members());
        pages.next = next_link(collection);
        Self { pages, member: PhantomData }
    }

    pub(crate) fn of_follow<C: Collection<Member = T>>(follow: Follow<C>) -> Self {
        let (client, link, missing) = follow.into_parts();
        let mut pages = Pages::new(&client, read_page::<C>);
        pages.page = Some(match link {
            Some(link) => {
                pages.seen.extend(link.uri().map(|uri| uri.as_str().to_owned()));
                fetch_link(&client, &link)
            }
            None => Box::pin(async move { Err(Error::new(ErrorKind::Missing, missing)) }),
        });
        Self { pages, member: PhantomData }
    }

    /// The next resource; none at the end.
    pub async fn next(&mut self) -> Option<Result<Resource<T>, Error>> {
        StreamExt::next(self).await
    }

    /// The next resource; none at the end.
    ///
    /// # Errors
    ///
    /// As [`Client::get`]. The stream can be read on after an error.
    pub async fn try_next(&mut self) -> Result<Option<Resource<T>>, Error> {
        self.next().await.transpose()
    }

    /// All resources, or the first error: `try_collect::<Vec<_>>()`.
    ///
    /// # Errors
    ///
    /// As [`Client::get`].
    pub async fn try_collect<A: Default + Extend<Resource<T>>>(mut self) -> Result<A, Error> {
        let mut all = A::default();
        while let Some(resource) = self.try_next().await? {
            all.extend(Some(resource));
        }
        Ok(all)
    }
}

impl<T: Type> Stream for Members<T> {
    type Item = Result<Resource<T>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.pages.poll(context).map(|item| item.map(|item| item.and_then(AnyResource::typed)))
    }
}

impl<T> Unpin for Members<T> {}

fn fetches<T: Type>(client: &Client, links: &[Link<T>]) -> VecDeque<Box<dyn FnOnce() -> Fetch + Send>> {
    let later = |link: &Link<T>| {
        let (client, link) = (client.clone(), link.clone());
        Box::new(move || fetch_link(&client, &link)) as Box<dyn FnOnce() -> Fetch + Send>
    };
    links.iter().map(later).collect()
}

fn next_link(collection: &dyn crate::wire::Record) -> Option<String> {
    collection.text("Members@odata.nextLink").filter(|uri| !uri.is_empty()).map(str::to_owned)
}

fn read_page<C: Collection>(page: &AnyResource) -> Page {
    match page.record().downcast_ref::<C>() {
        Some(collection) => (fetches(page.client(), collection.members()), next_link(collection)),
        None => (VecDeque::new(), None),
    }
}

impl Pages {
    fn new(client: &Client, read: fn(&AnyResource) -> Page) -> Self {
        Self {
            client: client.clone(),
            waiting: VecDeque::new(),
            under_way: FuturesOrdered::new(),
            page: None,
            next: None,
            seen: HashSet::new(),
            read,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<AnyResource, Error>>> {
        loop {
            while self.under_way.len() < self.client.concurrency()
                && let Some(fetch) = self.waiting.pop_front()
            {
                self.under_way.push_back(fetch());
            }
            // The next page is read while the members of this one are.
            if self.waiting.is_empty()
                && self.page.is_none()
                && let Some(uri) = self.next.take()
            {
                if !self.seen.insert(uri.clone()) {
                    let text = "the pages of this collection go in circles";
                    return Poll::Ready(Some(Err(Error::new(ErrorKind::Decode, text).at("GET", &uri))));
                }
                self.page = Some(self.client.fetch(&uri, None, true));
            }
            let members = self.under_way.poll_next_unpin(context);
            if let Poll::Ready(Some(member)) = members {
                return Poll::Ready(Some(member));
            }
            match &mut self.page {
                Some(page) => match page.as_mut().poll(context) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(read) => {
                        self.page = None;
                        match read {
                            Ok(page) => (self.waiting, self.next) = (self.read)(&page),
                            Err(error) => return Poll::Ready(Some(Err(error))),
                        }
                    }
                },
                // Ready(None) or Pending.
                None => return members,
            }
        }
    }
}
