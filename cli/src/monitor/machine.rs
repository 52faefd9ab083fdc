//! A host that is scraped repeatedly: its session is kept, only one scrape is under way at a time, and each ends in time, with what
//! is known by then.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rosefish::ErrorKind;
use rosefish::host::{Backend, ComponentKind, Host, Outcome, Partial};
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};

use super::log::{self, Tally};
use super::scrape::{Failure, Part, Parts, Scrape, Version, spelled};
use crate::host::HostError;
use crate::operate::Target;
use crate::terminal::{one_line, say};

/// How long a host that refused a login is left alone: another attempt might lock the account.
const REFUSED: Duration = Duration::from_secs(300);

/// How long reading components and logs may take. They are read beside scrapes.
const ASIDE_WITHIN: Duration = Duration::from_secs(300);

/// How long a logout may hold up the end of the program.
const LOGOUT: Duration = Duration::from_secs(5);

/// When components that could not be read are retried.
const AGAIN: Duration = Duration::from_secs(60);

/// What is read, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Whether components and firmware are read.
    pub(crate) components: bool,
    /// Whether logs are read.
    pub(crate) logs: bool,
    /// How old what is known of components and logs may be.
    pub(crate) every: Duration,
    /// The longest that a scrape of one host may take.
    pub(crate) longest: Option<Duration>,
    /// Whether to report on standard error what can't be read, when that changes.
    pub(crate) says: bool,
}

/// A host.
#[derive(Debug)]
pub(crate) struct Machine {
    target: Target,
    reading: Reading,
    state: Mutex<State>,
    /// What is known of its components.
    parts: watch::Sender<Option<Arc<Parts>>>,
    logs: Arc<std::sync::Mutex<Tally>>,
}

#[derive(Debug, Default)]
struct State {
    host: Option<(Host, String)>,
    /// When and why a login was refused.
    refused: Option<(Instant, Failure)>,
    last: Option<(Instant, Arc<Scrape>)>,
    /// The task that reads components and logs, and when it began.
    aside: Option<(Instant, JoinHandle<()>)>,
    /// What was last reported as not read.
    said: Vec<String>,
}

impl Machine {
    pub(crate) fn new(target: Target, reading: Reading) -> Self {
        Self { target, reading, state: Mutex::default(), parts: watch::Sender::new(None), logs: Arc::default() }
    }

    pub(crate) fn name(&self) -> &str {
        self.target.name()
    }

    /// Reads the host, but returns by `until`. A caller that comes while the host is being read gets that result.
    pub(crate) async fn scrape(&self, until: Instant) -> Arc<Scrape> {
        let asked = Instant::now();
        let until = self.reading.longest.and_then(|time| asked.checked_add(time)).map_or(until, |own| own.min(until));
        let Ok(mut state) = timeout_at(until, self.state.lock()).await else {
            return Arc::new(Scrape { took: asked.elapsed(), ..Scrape::failed(Failure::timeout(Part::Connection)) });
        };
        if let Some((ended, last)) = &state.last
            && *ended >= asked
        {
            return Arc::clone(last);
        }
        let begun = Instant::now();
        let scrape = self.read(&mut state, until).await;
        let scrape = Arc::new(Scrape { took: begun.elapsed(), ..scrape });
        state.last = Some((Instant::now(), Arc::clone(&scrape)));
        if self.reading.says {
            self.say(&mut state, &scrape);
        }
        scrape
    }

    /// Returns whether the host has a session.
    pub(crate) fn is_connected(&self) -> bool {
        // If the lock is taken, the host is being read: it has a session, or is about to.
        self.state.try_lock().map_or(true, |state| state.host.is_some())
    }

    /// Returns the host, if it has a session. It has to be dropped before the session is ended.
    pub(crate) async fn host(&self) -> Option<Host> {
        self.state.lock().await.host.as_ref().map(|(host, _)| host.clone())
    }

    /// Ends the session.
    pub(crate) async fn end(&self) {
        let mut state = self.state.lock().await;
        if let Some((_, task)) = state.aside.take() {
            task.abort();
            // The task holds the session until it has ended.
            let _ = task.await;
        }
        if let Some((host, _)) = state.host.take() {
            // If that takes longer, it is ended in the background.
            let _ = timeout(LOGOUT, host.close()).await;
        }
    }

    async fn read(&self, state: &mut State, until: Instant) -> Scrape {
        let (host, protocol) = match self.connected(state, until).await {
            Ok(connected) => connected,
            Err(failure) => return Scrape::failed(failure),
        };
        self.read_aside(state, &host);
        let mut seen = self.parts.subscribe();
        let (power, sensors, _) = tokio::join!(
            timeout_at(until, host.power_states()),
            timeout_at(until, host.sensors()),
            // This only waits the first time: after that, what is known is shown.
            timeout_at(until, async {
                if self.reading.components {
                    let _ = seen.wait_for(Option::is_some).await;
                }
            }),
        );
        let mut scrape = Scrape { protocol: Some(protocol), ..Scrape::default() };
        let mut refused = None;
        if let Some(found) = took(&mut scrape, &mut refused, Part::Power, power) {
            scrape.power = found;
        }
        if let Some(found) = took(&mut scrape, &mut refused, Part::Sensors, sensors) {
            scrape.sensors = found;
        }
        let parts = self.parts.borrow().clone();
        if self.reading.components && parts.is_none() {
            scrape.failures.push(Failure::timeout(Part::Components));
        }
        // Nothing is claimed of a host that doesn't answer.
        scrape.parts = parts.filter(|_| scrape.is_up);
        if self.reading.logs && scrape.is_up {
            (scrape.logs, scrape.log_failure) = lock(&self.logs).seen();
        }
        if let Some(failure) = refused {
            self.refused(state, failure);
        }
        scrape
    }

    /// Returns the session. Opens one if there is none.
    async fn connected(&self, state: &mut State, until: Instant) -> Result<(Host, String), Failure> {
        if let Some(connected) = &state.host {
            return Ok(connected.clone());
        }
        if let Some((at, failure)) = &state.refused {
            if at.elapsed() < REFUSED {
                return Err(failure.clone());
            }
            state.refused = None;
        }
        let connect = async {
            self.target.connect().await.map_err(|error| match error.downcast_ref::<HostError>() {
                Some(found) => Failure::of_kind(Part::Connection, found.kind, format!("{error:#}")),
                None => {
                    let (kind, text) = ("credentials".to_owned(), format!("{error:#}"));
                    Failure { part: Part::Connection, kind, text, is_answer: false }
                }
            })
        };
        // A slow password command runs on, and its answer is kept.
        let Ok(connected) = timeout_at(until, connect).await else { return Err(Failure::timeout(Part::Connection)) };
        match connected {
            Ok(Outcome { value, backend, .. }) => {
                let connected = (value, spelled_backend(backend));
                state.host = Some(connected.clone());
                Ok(connected)
            }
            Err(failure) => {
                if is_refusal(&failure.kind) {
                    self.refused(state, failure.clone());
                }
                Err(failure)
            }
        }
    }

    /// Notes that the credentials were refused, and forgets them.
    fn refused(&self, state: &mut State, failure: Failure) {
        if let Some((_, task)) = state.aside.take() {
            task.abort();
        }
        // If it has a session, that is ended in the background.
        state.host = None;
        state.refused = Some((Instant::now(), failure));
        self.target.forget_passwords();
    }

    /// Begins to read components and logs, if what is known of them is too old. That takes longer than a scrape may.
    fn read_aside(&self, state: &mut State, host: &Host) {
        let Reading { components, logs, every, .. } = self.reading;
        if !components && !logs {
            return;
        }
        let failed = self.parts.borrow().as_ref().is_some_and(|parts| !parts.failures.is_empty());
        let every = if failed { every.min(AGAIN) } else { every };
        if let Some((begun, task)) = &state.aside
            && (!task.is_finished() || begun.elapsed() < every)
        {
            return;
        }
        let (host, parts, tally) = (host.clone(), self.parts.clone(), Arc::clone(&self.logs));
        let task = tokio::spawn(async move {
            if components {
                let read = timeout(ASIDE_WITHIN, read_parts(&host)).await;
                let failures = || vec![Failure::timeout(Part::Components)];
                let read = read.unwrap_or_else(|_| Parts { failures: failures(), ..Parts::empty() });
                parts.send_replace(Some(Arc::new(read)));
            }
            if logs {
                let read = timeout(ASIDE_WITHIN, host.log_entries(log::query())).await;
                let mut tally = lock(&tally);
                match read {
                    Ok(Ok(found)) => {
                        let (entries, unread) = taken(found);
                        tally.add(&entries, unread);
                    }
                    // A host without logs has none that could not be read.
                    Ok(Err(error)) if error.kind() == ErrorKind::Missing => tally.add(&[], Vec::new()),
                    Ok(Err(error)) => tally.failed(Failure::new(Part::Logs, &error)),
                    Err(_) => tally.failed(Failure::timeout(Part::Logs)),
                }
            }
        });
        state.aside = Some((Instant::now(), task));
    }

    /// Reports on standard error what could not be read, when that changes.
    fn say(&self, state: &mut State, scrape: &Scrape) {
        let failures = scrape.all_failures().map(|failure| format!("{}: {}", failure.part.name(), failure.text));
        let unread = scrape
            .all_unread()
            .flat_map(|(part, places)| places.iter().map(|place| format!("{}: not read: {place}", part.name())));
        let now: Vec<String> = failures.chain(unread).map(|line| one_line(&line)).collect();
        for line in now.iter().filter(|line| !state.said.contains(line)) {
            say!("{}: {line}", self.name());
        }
        if now.is_empty() && !state.said.is_empty() {
            say!("{}: all is read again", self.name());
        }
        state.said = now;
    }
}

fn lock(tally: &std::sync::Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

fn spelled_backend(backend: Backend) -> String {
    backend.to_string().to_lowercase()
}

/// Returns whether credentials were refused.
fn is_refusal(kind: &str) -> bool {
    [ErrorKind::Unauthorized, ErrorKind::Forbidden, ErrorKind::PasswordChangeRequired]
        .into_iter()
        .any(|refused| spelled(refused) == kind)
}

type Read<T> = Result<Result<Outcome<Partial<T>>, rosefish::Error>, tokio::time::error::Elapsed>;

/// Returns what was read, and notes what was not. What a host doesn't have is not a failure.
fn took<T>(scrape: &mut Scrape, refused: &mut Option<Failure>, part: Part, read: Read<T>) -> Option<Vec<T>> {
    match read {
        Err(_) => scrape.failures.push(Failure::timeout(part)),
        Ok(Err(error)) if error.kind() == ErrorKind::Missing => scrape.is_up = true,
        Ok(Err(error)) => {
            let failure = Failure::new(part, &error);
            scrape.is_up |= failure.is_answer;
            if error.kind() == ErrorKind::Unauthorized {
                *refused = Some(failure.clone());
            }
            scrape.failures.push(failure);
        }
        Ok(Ok(found)) => {
            scrape.is_up = true;
            // Not always that of the session: if one protocol fails, the other one is used.
            scrape.protocol = Some(spelled_backend(found.backend));
            let (items, missing) = taken(found);
            scrape.unread.push((part, missing));
            return Some(items);
        }
    }
    None
}

/// Returns the items, and the places that could not be read, each once.
fn taken<T>(found: Outcome<Partial<T>>) -> (Vec<T>, Vec<String>) {
    let Partial { items, missing } = found.value;
    let mut places: Vec<String> = missing.into_iter().map(|missing| missing.to_string()).collect();
    places.sort();
    places.dedup();
    (items, places)
}

impl Parts {
    fn empty() -> Self {
        Self {
            components: Vec::new(),
            firmware: Vec::new(),
            unread: Vec::new(),
            failures: Vec::new(),
            at: Timestamp::now(),
        }
    }

    fn note<T>(&mut self, part: Part, read: Result<Outcome<Partial<T>>, rosefish::Error>) -> Vec<T> {
        match read {
            Ok(found) => {
                let (items, missing) = taken(found);
                self.unread.push((part, missing));
                items
            }
            Err(error) if error.kind() == ErrorKind::Missing => Vec::new(),
            Err(error) => {
                self.failures.push(Failure::new(part, &error));
                Vec::new()
            }
        }
    }
}

/// Reads the components of a host, and the firmware if it is not among them.
async fn read_parts(host: &Host) -> Parts {
    let mut parts = Parts::empty();
    parts.components = parts.note(Part::Components, host.inventory().await);
    let version = |id: &str, name: Option<&str>, version: Option<&String>| {
        let name = name.filter(|name| !name.is_empty()).unwrap_or(id).to_owned();
        version.map(|version| Version { id: id.to_owned(), name, version: version.clone() })
    };
    let listed = parts.components.iter().filter(|part| part.kind == ComponentKind::Firmware);
    parts.firmware = listed.filter_map(|one| version(&one.id, Some(&one.name), one.version.as_ref())).collect();
    if parts.firmware.is_empty() {
        let firmware = parts.note(Part::Firmware, host.firmware().await);
        let all = firmware.iter().filter_map(|one| version(&one.id, one.name.as_deref(), one.version.as_ref()));
        parts.firmware = all.collect();
    }
    parts.at = Timestamp::now();
    parts
}
