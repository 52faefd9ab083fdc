//! The walk itself: from the service root along all links, each resource once, a bounded number at a time. Errors are
//! part of what is found; they end nothing.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rosefish::wire::Table;
use rosefish::{AnyResource, Client, Error};

use super::link::{Origin, key, links};

/// Where every walk starts.
const ROOT: &str = "/redfish/v1/";

/// A place that was visited.
#[derive(Debug)]
pub struct Visit {
    /// Its path (and query), as the first link to it had it.
    pub uri: String,
    /// Who leads there: a resource's URI, a number sign and a JSON pointer. Empty for the service root.
    pub found_in: String,
    /// It is a further page of a collection, no resource of its own.
    pub page: bool,
    /// What was there.
    pub outcome: Outcome,
}

/// What a visit came to.
#[derive(Debug)]
pub enum Outcome {
    /// A resource.
    Reached(Box<AnyResource>),
    /// Nothing: the service says that there is no such resource.
    Dangling(Error),
    /// The service was asked and had no resource to give.
    Failed(Error),
    /// The service was not asked: the link leads elsewhere or nowhere.
    NotFollowed(&'static str),
}

struct Stop {
    uri: String,
    found_in: String,
    target: Option<&'static Table>,
    page: bool,
}

/// Walks a service.
///
/// Call [`Walker::next`] until there is nothing more. What it fetches it asks its [`Client`] for, so that the client's
/// limits hold for it as well.
pub struct Walker {
    client: Client,
    origin: Origin,
    waiting: VecDeque<Stop>,
    under_way: FuturesUnordered<BoxFuture<'static, Visit>>,
    not_followed: VecDeque<Visit>,
    seen: HashSet<String>,
    visited: usize,
}

impl fmt::Debug for Walker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walker").field("known", &self.known()).field("visited", &self.visited).finish_non_exhaustive()
    }
}

impl Walker {
    /// A walk from the service root, with as many requests at a time as the client allows.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        let mut walker = Self {
            client: client.clone(),
            origin: Origin::of(client.origin()),
            waiting: VecDeque::new(),
            under_way: FuturesUnordered::new(),
            not_followed: VecDeque::new(),
            seen: HashSet::new(),
            visited: 0,
        };
        walker.add(Stop {
            uri: ROOT.to_owned(),
            found_in: String::new(),
            target: rosefish::schema::find("ServiceRoot"),
            page: false,
        });
        walker
    }

    /// How many places are known so far, visited or not.
    #[must_use]
    pub fn known(&self) -> usize {
        self.seen.len()
    }

    /// How many places were visited so far.
    #[must_use]
    pub fn visited(&self) -> usize {
        self.visited
    }

    /// The next place, in no particular order; none when everything was visited.
    ///
    /// Cancellation safe: what is under way goes on with the next call.
    pub async fn next(&mut self) -> Option<Visit> {
        if let Some(visit) = self.not_followed.pop_front() {
            self.visited += 1;
            return Some(visit);
        }
        while self.under_way.len() < self.client.concurrency()
            && let Some(stop) = self.waiting.pop_front()
        {
            self.under_way.push(Box::pin(visit(self.client.clone(), stop)));
        }
        let visit = self.under_way.next().await?;
        self.visited += 1;
        if let Outcome::Reached(resource) = &visit.outcome {
            for link in links(resource) {
                let found_in = format!("{}#{}", visit.uri, link.pointer);
                self.add(Stop { uri: link.uri, found_in, target: link.target, page: link.page });
            }
        }
        Some(visit)
    }

    fn add(&mut self, mut stop: Stop) {
        match self.origin.path(&stop.uri) {
            Ok(path) => {
                if self.seen.insert(key(path)) {
                    stop.uri = path.to_owned();
                    self.waiting.push_back(stop);
                }
            }
            Err(why) => {
                if self.seen.insert(stop.uri.clone()) {
                    let Stop { uri, found_in, page, .. } = stop;
                    self.not_followed.push_back(Visit { uri, found_in, page, outcome: Outcome::NotFollowed(why) });
                }
            }
        }
    }
}

async fn visit(client: Client, stop: Stop) -> Visit {
    let Stop { uri, found_in, target, page } = stop;
    let outcome = match client.get_any(&uri, target).await {
        Ok(resource) => Outcome::Reached(Box::new(resource)),
        Err(error) if error.is_not_found() => Outcome::Dangling(error),
        Err(error) => Outcome::Failed(error),
    };
    Visit { uri, found_in, page, outcome }
}
