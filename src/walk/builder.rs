//! Describing a walk before it begins.

use std::fmt;

use super::pattern::Pattern;
use super::plan::Plan;
use super::references::Reference;
use super::visits::Visits;
use crate::client::{Client, SERVICE_ROOT};
use crate::erased::Opaque;
use crate::wire::Table;

/// How many places are visited if nothing else is said. Large services have some ten thousand.
const MOST_VISITS: usize = 100_000;

/// Describes a walk through a service: see [`walk`](crate::walk).
#[must_use = "nothing is read before the stream of `visits` is polled"]
pub struct Walk(Box<dyn Opaque<Plan>>);

impl fmt::Debug for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("starts", &self.0.starts)
            .field("depth", &self.0.depth)
            .field("limit", &self.0.limit)
            .field("skipped", &self.0.skipped)
            .field("skipped_types", &self.0.skipped_types)
            .finish_non_exhaustive()
    }
}

impl Walk {
    /// Describes a walk from the service root through all that there is. It reads what the client reads: as many requests
    /// at a time as [`concurrency`](crate::ClientBuilder::concurrency) allows, repeated by the client's policy.
    pub fn new(client: &Client) -> Self {
        Self(Box::new(Plan {
            client: client.clone(),
            starts: Vec::new(),
            depth: usize::MAX,
            limit: MOST_VISITS,
            skipped: Vec::new(),
            skipped_types: Vec::new(),
            followed: None,
        }))
    }

    /// Starts at this URI instead of the service root. Called several times, it starts at each of them.
    pub fn from(mut self, uri: impl Into<String>) -> Self {
        self.0.starts.push(uri.into());
        self
    }

    /// Follows at most this many links in a row: 0 visits the start alone. Further pages of a collection are as deep as its
    /// first. Defaults to no limit.
    pub fn depth(mut self, links: usize) -> Self {
        self.0.depth = links;
        self
    }

    /// Ends after this many visits, and knows of no more places: [`Visits::is_cut`] shows whether there were any. Defaults to
    /// 100,000; a service that makes up a new link in each answer has no end.
    pub fn limit(mut self, visits: usize) -> Self {
        self.0.limit = visits;
        self
    }

    /// Leaves out what is at such URIs. `*` stands for any characters between two slashes, `**` for any number of
    /// segments, none included: `/redfish/v1/**/LogServices/**` leaves out all logs. Letter case makes no difference.
    pub fn skip(mut self, pattern: &str) -> Self {
        self.0.skipped.push(Pattern::new(pattern));
        self
    }

    /// Leaves out what is of this type, as far as that is known before it is read: by what the schemas say of the link, or
    /// of its URI.
    ///
    /// ```no_run
    /// # fn plan(bmc: rosefish::Client) {
    /// use rosefish::schema::LogEntryCollection;
    /// use rosefish::walk::Walk;
    /// use rosefish::wire::Record as _;
    ///
    /// let walk = Walk::new(&bmc).skip_type(LogEntryCollection::type_table());
    /// # drop(walk);
    /// # }
    /// ```
    pub fn skip_type(mut self, table: &'static Table) -> Self {
        self.0.skipped_types.push(table.name);
        self
    }

    /// Follows only the links for which this returns true. [`skip`](Self::skip), [`skip_type`](Self::skip_type) and the
    /// limits hold besides.
    pub fn follow_if(mut self, wanted: impl Fn(&Reference) -> bool + Send + Sync + 'static) -> Self {
        self.0.followed = Some(Box::new(wanted));
        self
    }

    /// Starts the walk: returns the stream of what is found.
    pub fn visits(self) -> Visits {
        let mut plan = *self.0.unbox();
        if plan.starts.is_empty() {
            plan.starts.push(SERVICE_ROOT.to_owned());
        }
        Visits::of(plan)
    }
}
