//! The walk itself: along all links from where it starts, each place once, a bounded number of requests at a time.

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, FuturesUnordered, StreamExt as _};

use super::plan::Plan;
use super::references::{Reference, key, references};
use super::visit::{LinkedFrom, NotFollowed, Unreached, Visit};
use crate::client::Client;
use crate::error::ErrorKind;
use crate::resource::read::ReadAs;
use crate::resource::read_ahead::ahead;
use crate::wire::Table;

/// The places that a walk visits, in no particular order. What can't be read is an item, and the stream continues after it.
///
/// As many requests as the client allows are under way at a time. They continue while the caller does something with what was
/// found, and end when the stream is dropped.
#[must_use = "nothing is read before the stream is polled"]
pub struct Visits {
    visits: BoxStream<'static, Visit>,
    count: Arc<Count>,
}

#[derive(Debug, Default)]
struct Count {
    known: AtomicUsize,
    visited: AtomicUsize,
    cut: AtomicBool,
}

impl fmt::Debug for Visits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Visits").field("known", &self.known()).field("visited", &self.visited()).finish_non_exhaustive()
    }
}

impl Visits {
    pub(super) fn of(plan: Plan) -> Self {
        let count = Arc::new(Count::default());
        Self { visits: Box::pin(Walker::new(plan, Arc::clone(&count))), count }
    }

    /// Returns how many places are known so far, visited or not.
    #[must_use]
    pub fn known(&self) -> usize {
        self.count.known.load(Ordering::Relaxed)
    }

    /// Returns whether there is more than the [limit](super::Walk::limit) lets be visited.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.count.cut.load(Ordering::Relaxed)
    }

    /// Returns how many places were visited so far.
    #[must_use]
    pub fn visited(&self) -> usize {
        self.count.visited.load(Ordering::Relaxed)
    }

    /// Returns the next place; none when everything was visited. Dropping the future loses nothing: what is under way goes
    /// on with the next call.
    pub async fn next(&mut self) -> Option<Visit> {
        self.visits.next().await
    }
}

impl Stream for Visits {
    type Item = Visit;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Visit>> {
        self.visits.poll_next_unpin(context)
    }
}

/// A place to visit.
struct Stop {
    uri: String,
    linked_from: Option<LinkedFrom>,
    target: Option<&'static Table>,
    page: bool,
    depth: usize,
}

struct Walker {
    plan: Plan,
    waiting: VecDeque<Stop>,
    under_way: FuturesUnordered<BoxFuture<'static, Visit>>,
    not_followed: VecDeque<Visit>,
    seen: HashSet<String>,
    begun: usize,
    count: Arc<Count>,
}

impl Walker {
    fn new(plan: Plan, count: Arc<Count>) -> Self {
        let mut walker = Self {
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            not_followed: VecDeque::new(),
            seen: HashSet::new(),
            begun: 0,
            count,
            plan,
        };
        for uri in std::mem::take(&mut walker.plan.starts) {
            walker.add(Stop { uri, linked_from: None, target: None, page: false, depth: 0 });
        }
        walker
    }

    /// Adds where a resource leads.
    fn add_references(&mut self, visit: &Visit) {
        let Ok(resource) = &visit.resource else { return };
        for Reference { pointer, uri, target, page } in references(resource) {
            let depth = if page { visit.depth } else { visit.depth.saturating_add(1) };
            if depth <= self.plan.depth {
                let linked_from = Some(LinkedFrom { uri: visit.uri.clone(), pointer });
                self.add(Stop { uri, linked_from, target, page, depth });
            }
        }
    }

    fn add(&mut self, mut stop: Stop) {
        let path = path(&self.plan.client, &stop.uri);
        let place = path.as_deref().map_or_else(|_| stop.uri.clone(), key);
        if self.seen.contains(&place) {
            return;
        }
        if let Some(LinkedFrom { pointer, .. }) = &stop.linked_from {
            let (pointer, uri) = (pointer.clone(), stop.uri.clone());
            let reference = Reference { pointer, uri, target: stop.target, page: stop.page };
            if !self.plan.wants(&reference, path.as_deref().unwrap_or(&stop.uri)) {
                return;
            }
        }
        if self.seen.len() >= self.plan.limit {
            self.count.cut.store(true, Ordering::Relaxed);
            return;
        }
        self.seen.insert(place);
        self.count.known.fetch_add(1, Ordering::Relaxed);
        match path {
            Ok(path) => {
                stop.uri = path;
                self.waiting.push_back(stop);
            }
            Err(why) => {
                let Stop { uri, linked_from, depth, page, .. } = stop;
                let resource = Err(Unreached::NotFollowed(why));
                self.not_followed.push_back(Visit { uri, linked_from, depth, page, resource });
            }
        }
    }
}

impl Stream for Walker {
    type Item = Visit;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Visit>> {
        let walker = &mut *self;
        while walker.under_way.len() < walker.plan.client.concurrency()
            && walker.begun < walker.plan.limit
            && let Some(stop) = walker.waiting.pop_front()
        {
            walker.begun = walker.begun.saturating_add(1);
            walker.under_way.push(visit(&walker.plan.client, stop));
        }
        if walker.begun < walker.plan.limit
            && let Some(visit) = walker.not_followed.pop_front()
        {
            walker.begun = walker.begun.saturating_add(1);
            walker.count.visited.fetch_add(1, Ordering::Relaxed);
            return Poll::Ready(Some(visit));
        }
        walker.under_way.poll_next_unpin(context).map(|visit| {
            let visit = visit?;
            walker.count.visited.fetch_add(1, Ordering::Relaxed);
            walker.add_references(&visit);
            Some(visit)
        })
    }
}

fn visit(client: &Client, stop: Stop) -> BoxFuture<'static, Visit> {
    let Stop { uri, linked_from, target, page, depth } = stop;
    // It must not keep its place in the client's limit from requests that the caller makes between two visits.
    let fetch = ahead(client.fetch(&uri, ReadAs::ItSays { otherwise: target }));
    Box::pin(async move {
        let resource = fetch.await.map_err(|error| match error.is_not_found() {
            true => Unreached::Dangling(error),
            false => Unreached::Failed(error),
        });
        Visit { uri, linked_from, depth, page, resource }
    })
}

/// The path and query on this service that a reference names, without the fragment.
fn path(client: &Client, uri: &str) -> Result<String, NotFollowed> {
    let document = uri.split('#').next().unwrap_or(uri).trim();
    let url = client.resolve(document).map_err(|error| match error.kind() {
        ErrorKind::ForeignOrigin => NotFollowed::AnotherHost,
        _ => NotFollowed::NotAPath,
    })?;
    if document.starts_with('/') {
        return Ok(document.to_owned());
    }
    Ok(url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path())))
}
