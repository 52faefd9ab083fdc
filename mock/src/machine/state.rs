//! The state of a service: the builder's settings, which stay, and everything that changes while it runs.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::event::queue::{EventSettings, Events};
use crate::fault::{Faults, glob};
use crate::http::encoding::Encoding;
use crate::machine::fetch::Fetches;
use crate::machine::pending::Pending;
use crate::machine::session::{Accounts, Failures, Session, Sessions};
use crate::machine::store::Store;
use crate::quirk::login::LoginAnswer;
use crate::quirk::names::Quirks;
use crate::task::rule::TaskRules;
use crate::task::tasks::Tasks;
use crate::update::staged::Staged;
use crate::verb::query::support::Queries;

/// What a builder can set about behaviour.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// How long every answer takes at least.
    pub(crate) latency: Duration,
    /// How long an unused session lives, whatever the tree says.
    pub(crate) session_timeout: Option<Duration>,
    /// How long a machine takes from one power state to the next.
    pub(crate) power_delay: Duration,
    /// Which query parameters are supported, and how large a page of a collection is.
    pub(crate) queries: Queries,
    /// Which operations become tasks.
    pub(crate) tasks: TaskRules,
    pub(crate) events: EventSettings,
    /// How long a restart of the BMC takes.
    pub(crate) restart: RestartSettings,
    /// Patterns of the paths whose resources take PUT instead of PATCH.
    pub(crate) put_only: Vec<String>,
    /// Whether a PATCH may add properties that a resource doesn't show.
    pub(crate) lenient: bool,
    /// How many sessions there may be.
    pub(crate) session_limit: Option<usize>,
    /// The encodings in which answers are compressed for clients that accept one.
    pub(crate) encodings: Vec<Encoding>,
    pub(crate) quirks: Quirks,
    pub(crate) login_answer: LoginAnswer,
    pub(crate) faults: Faults,
    /// The images that it fetches; `None` if it doesn't fetch any.
    pub(crate) fetches: Option<Fetches>,
    /// Whether faults and journal are accessible over HTTP.
    pub(crate) control: bool,
}

/// How long a restart takes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RestartSettings {
    /// How long connections are reset.
    pub(crate) away: Duration,
    /// How long requests are answered with 503 after that.
    pub(crate) unready: Duration,
}

impl RestartSettings {
    pub(crate) fn takes_time(self) -> bool {
        !self.away.is_zero() || !self.unready.is_zero()
    }
}

/// What changes while the service runs.
pub(crate) struct State {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Store,
    pub(crate) accounts: Accounts,
    pub(crate) sessions: Sessions,
    pub(crate) tasks: Tasks,
    /// Tasks that begin at a reset.
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) events: Events,
    /// Changes that take effect at a reset.
    pub(crate) pending: Vec<Pending>,
    /// Updates that take effect at a reset, or when they are started.
    pub(crate) staged: Vec<Staged>,
    pub(crate) failures: Failures,
    /// The user whose request is being handled.
    pub(crate) caller: Option<String>,
    /// When the restarted BMC is ready again.
    pub(crate) unready_until: Option<Instant>,
    /// The initial resources and accounts.
    pub(crate) origin: Arc<(Store, Accounts)>,
    /// The images that it fetches; `None` if it doesn't fetch any, and in a trial.
    pub(crate) fetches: Option<Fetches>,
    /// Changes scheduled by the current request, each with its delay.
    pub(crate) later: Vec<(Duration, Later)>,
}

/// A task that begins at the next reset.
pub(crate) struct Waiting {
    /// The key of the Task or Job.
    pub(crate) resource: String,
    pub(crate) pause: Duration,
    pub(crate) then: Later,
}

/// A change that happens later.
pub(crate) type Later = Box<dyn FnOnce(&mut State) + Send>;

impl Settings {
    /// Returns whether a resource takes PUT instead of PATCH.
    pub(crate) fn is_put_only(&self, key: &str) -> bool {
        self.put_only.iter().any(|pattern| glob::path(pattern, key))
    }
}

impl State {
    pub(crate) fn new(settings: Arc<Settings>, store: Store, accounts: Accounts) -> Self {
        let origin = Arc::new((store.clone(), accounts.clone()));
        let fetches = settings.fetches.clone();
        Self {
            settings,
            fetches,
            store,
            accounts,
            sessions: Sessions::default(),
            tasks: Tasks::default(),
            waiting: Vec::new(),
            events: Events::default(),
            pending: Vec::new(),
            staged: Vec::new(),
            failures: Failures::new(),
            caller: None,
            unready_until: None,
            origin,
            later: Vec::new(),
        }
    }

    /// Returns a copy on which a request can be tried without effect on the service.
    pub(crate) fn trial(&self) -> Self {
        Self {
            settings: Arc::clone(&self.settings),
            fetches: None,
            store: self.store.clone(),
            accounts: self.accounts.clone(),
            sessions: Sessions::default(),
            tasks: Tasks::default(),
            waiting: Vec::new(),
            events: Events::default(),
            pending: self.pending.clone(),
            staged: self.staged.clone(),
            failures: Failures::new(),
            caller: self.caller.clone(),
            unready_until: None,
            origin: Arc::clone(&self.origin),
            later: Vec::new(),
        }
    }

    /// Ends the sessions that `which` selects, and removes their resources.
    pub(crate) fn end_sessions(&mut self, which: impl FnMut(&Session) -> bool) {
        for session in self.sessions.take(which) {
            self.store.remove_member(&session.collection, &session.key);
        }
    }

    /// Schedules a change for after this delay.
    pub(crate) fn schedule(&mut self, delay: Duration, change: impl FnOnce(&mut Self) + Send + 'static) {
        self.later.push((delay, Box::new(change)));
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("accounts", &self.accounts)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}
