//! Carries out a run, whatever its job returns: which host is next, how long each may take, and what is retried.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::{Instant, Sleep, sleep_until, timeout, timeout_at};

use super::result::FleetResult;
use crate::client::tls::shared::SharedTls;
use crate::deadline;
use crate::error::{Error, ErrorKind};
use crate::host::{Host, HostBuilder};

/// What a job returned.
pub(super) type Value = Box<dyn Any + Send>;

type Returned = BoxFuture<'static, Result<Value, Error>>;

/// What each host runs.
#[derive(Clone)]
pub(super) enum Job {
    Connected(Arc<dyn Fn(Host) -> Returned + Send + Sync>),
    Unconnected(Arc<dyn Fn(HostBuilder) -> Returned + Send + Sync>),
}

/// How long a logout may delay the result of its host. After that it continues in the background.
const LOGOUT: Duration = Duration::from_secs(5);

/// How long to wait before a host that could not be reached is retried.
const PAUSE: Duration = Duration::from_secs(1);

/// The limits of a run.
#[derive(Debug, Clone)]
pub(super) struct Limits {
    pub(super) concurrency: usize,
    pub(super) host: Option<Duration>,
    pub(super) run: Option<Duration>,
    pub(super) attempts: u32,
    pub(super) repeatable: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { concurrency: 64, host: None, run: None, attempts: 2, repeatable: false }
    }
}

/// A host to be tried.
struct Turn {
    index: usize,
    host: HostBuilder,
    /// The number of the attempt, from 1 on.
    attempt: u32,
    /// The host is not tried before then.
    rests: Option<Instant>,
}

/// The outcome of an attempt.
enum Turned {
    Done(FleetResult<Value>),
    Again(Box<Turn>),
}

/// A run. It makes progress while it is polled, and drops running jobs when it is dropped.
pub(super) struct Engine {
    fresh: Box<dyn Iterator<Item = HostBuilder> + Send>,
    /// How many hosts were started.
    begun: usize,
    again: VecDeque<Turn>,
    running: JoinSet<Turned>,
    /// The hosts that are running, with how often each was tried before.
    names: HashMap<usize, (String, u32)>,
    job: Job,
    limits: Limits,
    tls: SharedTls,
    until: Option<Pin<Box<Sleep>>>,
    /// Set once the run's time is over: the hosts that were running then.
    expired: Option<VecDeque<(usize, String, u32)>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("begun", &self.begun).finish_non_exhaustive()
    }
}

impl Engine {
    pub(super) fn new(fresh: Box<dyn Iterator<Item = HostBuilder> + Send>, job: Job, limits: Limits) -> Self {
        let until = limits.run.map(|time| Box::pin(sleep_until(deadline::after(time))));
        Self {
            fresh,
            begun: 0,
            again: VecDeque::new(),
            running: JoinSet::new(),
            names: HashMap::new(),
            job,
            limits,
            tls: SharedTls::default(),
            until,
            expired: None,
        }
    }

    pub(super) fn under_way(&self) -> usize {
        self.running.len()
    }

    /// Aborts what is running and starts nothing more.
    pub(super) async fn abandon(&mut self) {
        self.fresh = Box::new(std::iter::empty());
        self.again.clear();
        self.running.shutdown().await;
    }

    pub(super) fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<FleetResult<Value>>> {
        if self.expired.is_none()
            && let Some(until) = &mut self.until
            && until.as_mut().poll(context).is_ready()
        {
            self.expire();
        }
        if self.expired.is_some() {
            return Poll::Ready(self.left());
        }
        loop {
            while self.running.len() < self.limits.concurrency
                && let Some(turn) = self.next_turn()
            {
                self.names.insert(turn.index, (turn.host.address().to_owned(), turn.attempt));
                let (job, limits) = (self.job.clone(), self.limits.clone());
                self.running.spawn(take_turn(turn, job, limits));
            }
            match self.running.poll_join_next(context) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Ok(Turned::Done(done)))) => {
                    self.names.remove(&done.index);
                    return Poll::Ready(Some(done));
                }
                Poll::Ready(Some(Ok(Turned::Again(turn)))) => self.again.push_back(*turn),
                // A job's panic continues in the task that polls the run, as it would without a fleet.
                Poll::Ready(Some(Err(error))) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    // unreachable: nothing aborts a task and continues polling.
                    Err(_) => continue,
                },
            }
        }
    }

    /// Returns the next host to try. Those that were not tried yet come first.
    fn next_turn(&mut self) -> Option<Turn> {
        let Some(host) = self.fresh.next() else { return self.again.pop_front() };
        let index = self.begun;
        self.begun = self.begun.saturating_add(1);
        Some(Turn { index, host: host.shared_tls(&self.tls), attempt: 1, rests: None })
    }

    /// Aborts what is running because the run's time is over.
    fn expire(&mut self) {
        self.running = JoinSet::new();
        self.again.clear();
        let mut left: Vec<_> = self.names.drain().map(|(index, (host, attempts))| (index, host, attempts)).collect();
        left.sort_unstable_by_key(|(index, ..)| *index);
        self.expired = Some(left.into());
    }

    /// Returns the result of a host that had not finished when the run's time was over.
    fn left(&mut self) -> Option<FleetResult<Value>> {
        let late = |index, host, attempts, text: &str| FleetResult {
            index,
            host,
            result: Err(Error::new(ErrorKind::Timeout, text)),
            begun: attempts > 0,
            attempts,
            elapsed: Duration::ZERO,
        };
        if let Some((index, host, attempts)) = self.expired.as_mut().and_then(VecDeque::pop_front) {
            return Some(late(
                index,
                host,
                attempts,
                "the time of the whole run was over before this host was done with",
            ));
        }
        let host = self.fresh.next()?;
        let index = self.begun;
        self.begun = self.begun.saturating_add(1);
        let text = "the time of the whole run was over before it was this host's turn: nothing was done";
        Some(late(index, host.address().to_owned(), 0, text))
    }
}

fn take_turn(turn: Turn, job: Job, limits: Limits) -> BoxFuture<'static, Turned> {
    Box::pin(async move {
        if let Some(at) = turn.rests {
            tokio::time::sleep_until(at).await;
        }
        let begin = Instant::now();
        let mut connected = None;
        let work = attempt(turn.host.clone(), job, &mut connected);
        let (result, in_time) = match limits.host {
            None => (work.await, true),
            Some(time) => match timeout_at(deadline::later(begin, time), work).await {
                Ok(result) => (result, true),
                Err(_) => (Err(late(time)), false),
            },
        };
        let begun = connected.is_some();
        // A host that timed out is not given more time: its session is ended in the background.
        if let Some(Some(host)) = connected.take_if(|_| in_time) {
            let _ = timeout(LOGOUT, Box::pin(async move { host.close().await })).await;
        }
        let may_repeat = !begun || limits.repeatable;
        match result {
            Err(error) if in_time && may_repeat && turn.attempt < limits.attempts && may_pass(&error) => {
                let rests = Some(deadline::after(error.retry_after().unwrap_or(PAUSE).min(deadline::LONGEST_ASKED)));
                Turned::Again(Box::new(Turn { attempt: turn.attempt.saturating_add(1), rests, ..turn }))
            }
            result => Turned::Done(FleetResult {
                index: turn.index,
                host: turn.host.address().to_owned(),
                result,
                begun,
                attempts: turn.attempt,
                elapsed: begin.elapsed(),
            }),
        }
    })
}

/// Connects and runs the job. `connected` is `None` until the job starts, and then has the host to log out of, if there
/// is one.
fn attempt<'a>(
    host: HostBuilder,
    job: Job,
    connected: &'a mut Option<Option<Host>>,
) -> BoxFuture<'a, Result<Value, Error>> {
    Box::pin(async move {
        match job {
            Job::Connected(job) => {
                let host = host.connect().await?.value;
                *connected = Some(Some(host.clone()));
                job(host).await
            }
            Job::Unconnected(job) => {
                // The job counts as begun until it returns an error, which means that nothing was done.
                *connected = Some(None);
                let done = job(host).await;
                if done.is_err() {
                    *connected = None;
                }
                done
            }
        }
    })
}

fn late(time: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("the host was not done with in {:.1} s", time.as_secs_f64()))
}

/// Returns whether an error may be temporary.
fn may_pass(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout) || matches!(error.status(), Some(429 | 502..=504))
}
