//! Many hosts at once: a job, which is an async function of a [`Host`], is run on each of them.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), rosefish_mock::Error> {
//! use std::time::Duration;
//!
//! use rosefish::Credentials;
//! use rosefish::fleet::Fleet;
//! use rosefish::host::Host;
//!
//! # let first = rosefish_mock::MockBmc::builder().plain().start().await?;
//! # let second = rosefish_mock::MockBmc::builder().plain().start().await?;
//! # let (addresses, user, password) = ([first.url(), second.url(), "http://127.0.0.1:1".into()], first.user(), first.password());
//! let login = Credentials::new(user, password);
//! let hosts = addresses.map(|address| Host::builder(&address).credentials(login.clone()));
//! let mut run = Fleet::new(hosts)
//!     .concurrency(64)
//!     .host_deadline(Duration::from_secs(30))
//!     .deadline(Duration::from_secs(300))
//!     .run(|host: Host| async move { host.power_states().await });
//!
//! let (mut states, mut failed) = (0, 0);
//! while let Some(done) = run.next().await {
//!     match done.result {
//!         Ok(found) => {
//!             states += 1;
//!             println!("{}: {:?}", done.host, found.value.items);
//!         }
//!         Err(error) => {
//!             failed += 1;
//!             println!("{}: {}", done.host, error.report());
//!         }
//!     }
//! }
//! assert_eq!((states, failed), (2, 1));
//! # Ok(())
//! # }
//! ```
//!
//! - Results come in the order in which hosts are done with. A host that fails is a result like any other, and no reason for another
//!   one to fail.
//! - A host is connected to when it is its turn, and logged out of before its result is given. So the memory and the connections
//!   that a run takes are those of as many hosts as [`concurrency`](Fleet::concurrency) says, however many there are. How many requests are under
//!   way at one host is that host's [`ClientBuilder::concurrency`](crate::ClientBuilder::concurrency).
//! - Only what is safe is repeated: connecting, which changes nothing, and the whole job if it is said to
//!   [change nothing](Fleet::repeatable). Hosts that are repeated come last.
//! - A run continues while its stream is polled, and ends when it is dropped or [stopped](FleetRun::stop): what is under way is given up,
//!   and sessions are ended in the background.

mod engine;
mod result;
mod run;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;
use crate::host::{Host, HostBuilder};
use engine::{Engine, Job, Limits, Value};
pub use result::FleetResult;
pub use run::FleetRun;

/// Hosts, and the limits within which something is done with them. See the [module](self).
#[must_use = "nothing happens until `run`"]
pub struct Fleet {
    hosts: Box<dyn Iterator<Item = HostBuilder> + Send>,
    limits: Limits,
}

impl fmt::Debug for Fleet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fleet").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Fleet {
    /// Names the hosts. They are asked for one by one, so that an iterator that makes them on the way takes no memory for those
    /// that wait.
    pub fn new(hosts: impl IntoIterator<Item = HostBuilder, IntoIter: Send + 'static>) -> Self {
        Self { hosts: Box::new(hosts.into_iter()), limits: Limits::default() }
    }

    /// Sets how many hosts are worked on at a time. Defaults to 64, and is at least 1.
    pub fn concurrency(mut self, hosts: usize) -> Self {
        self.limits.concurrency = hosts.max(1);
        self
    }

    /// Sets how long each attempt at a host may take, connecting included. Defaults to no limit beside those of its requests. A job
    /// that has not ended by then is dropped and its result is [`ErrorKind::Timeout`](crate::ErrorKind::Timeout); what it had sent
    /// by then may have been done.
    pub fn host_deadline(mut self, time: Duration) -> Self {
        self.limits.host = Some(time);
        self
    }

    /// Sets how long the run may take as a whole, counted from [`run`](Self::run). Defaults to no limit. The hosts that are not done with by
    /// then have [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) as their result.
    pub fn deadline(mut self, time: Duration) -> Self {
        self.limits.run = Some(time);
        self
    }

    /// Sets how often a host is tried that can't be reached. Defaults to 2, and is at least 1. Nothing was done at such a host, so that
    /// this is safe whatever the job is. It is tried again when all others have had their turn.
    pub fn attempts(mut self, most: u32) -> Self {
        self.limits.attempts = most.max(1);
        self
    }

    /// Says that the job changes nothing, or may be done twice. Then it is tried again as well if it fails because the connection
    /// broke or no answer came in time. By default a job that has begun is never repeated.
    pub fn repeatable(mut self) -> Self {
        self.limits.repeatable = true;
        self
    }

    /// Runs a job on each host, once it is connected. It has to be polled within a tokio runtime, on whose threads jobs run.
    pub fn run<T, F>(self, job: impl Fn(Host) -> F + Send + Sync + 'static) -> FleetRun<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.begin(Job::Connected(Arc::new(move |host| {
            let work = job(host);
            Box::pin(async { work.await.map(|value| Box::new(value) as Value) })
        })))
    }

    /// Runs a job on the description of each host: it connects by itself, if it has to at all. An error that it returns is taken as
    /// one of connecting and repeated as such, so a job that may have done something returns that as its value.
    pub fn run_unconnected<T, F>(self, job: impl Fn(HostBuilder) -> F + Send + Sync + 'static) -> FleetRun<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        self.begin(Job::Unconnected(Arc::new(move |host| {
            let work = job(host);
            Box::pin(async { work.await.map(|value| Box::new(value) as Value) })
        })))
    }

    fn begin<T>(self, job: Job) -> FleetRun<T> {
        FleetRun::new(Engine::new(self.hosts, job, self.limits))
    }
}
