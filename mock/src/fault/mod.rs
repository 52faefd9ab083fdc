//! Faults to order: which requests they affect ([`Rule`]), and what happens to those ([`Action`]).
//! Rules can be added and removed while the service runs, in code or, where
//! [`Builder::control`](crate::Builder::control) allows it, over HTTP.
//!
//! ```
//! use rosefish_mock::MockBmc;
//! use rosefish_mock::fault::{Action, Rule};
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let bmc = MockBmc::builder().plain().start().await?;
//! let reset = "/redfish/v1/Systems/*/Actions/ComputerSystem.Reset";
//!
//! // The first reset is carried out, but the client doesn't hear of it; the others are.
//! bmc.faults().add(Rule::on("POST", reset).times(1).then(Action::LoseReply));
//! // Every other GET is slow, then the service is busy twice.
//! bmc.faults().add(Rule::method("GET").probability(0.5).then(Action::Delay(std::time::Duration::from_millis(20))));
//! bmc.faults().add(Rule::on("GET", "/redfish/v1/Systems").times(2).then(Action::unavailable(1)));
//!
//! let reset = bmc.url() + "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
//! let send = || reqwest::Client::new()
//!     .post(&reset)
//!     .basic_auth(bmc.user(), Some(bmc.password()))
//!     .header("Content-Type", "application/json")
//!     .body(r#"{"ResetType":"ForceOff"}"#)
//!     .send();
//! # let _ = rustls::crypto::ring::default_provider().install_default();
//! assert!(send().await.is_err(), "the connection was closed");
//! assert_eq!(bmc.resource("/redfish/v1/Systems/1").unwrap()["PowerState"], "Off");
//! bmc.requests().to("POST", "**/ComputerSystem.Reset").assert_once();
//! # Ok::<(), rosefish_mock::Error>(())
//! # }).unwrap();
//! ```
//!
//! A request has the first rule that is for it, in the order in which they were added, and no other.
//! A rule without actions therefore spares what it is for. [`Faults::random`] adds a mixture of
//! faults for what no rule is for, and is the same again with the same seed.

pub(crate) mod action;
pub(crate) mod body;
mod echo;
pub(crate) mod glob;
mod recipe;
mod rule;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::http::HeaderMap;

use crate::http::uri;
use crate::random::Random;

pub use action::{Action, Answer};
pub use echo::Echo;
pub use recipe::Unreadable;
pub use rule::Rule;

/// The name of a rule within its [`Faults`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleId(pub(crate) u64);

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The faults of a service. Clones are the same faults.
#[derive(Clone, Default)]
pub struct Faults(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    seed: u64,
    last: u64,
    rules: Vec<Entry>,
    random: Vec<Entry>,
    /// How many requests there were by method and path.
    requests: HashMap<(String, String), u64>,
    away_until: Option<Instant>,
    /// The keys of resources that answer 404.
    hidden: HashSet<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) id: RuleId,
    pub(crate) rule: Rule,
    /// How many requests the rule matched, whether it affected them or not.
    seen: u64,
    pub(crate) fired: u64,
    added: Instant,
}

impl Faults {
    /// No faults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No faults, and a seed for the probabilities of the rules to come; Defaults to 0.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner { seed, ..Inner::default() })))
    }

    /// Affects this share of the requests, from 0 to 1, with a mixture of faults: delays, slow and
    /// truncated answers, broken connections, lost replies, bytes that are not HTTP, busy services,
    /// proxies' errors, wrong content types, empty answers, lost sessions, 401 and 412 for no reason.
    ///
    /// The answers are true as far as they go, so that a client that takes none of them for
    /// something else never has wrong data. The reply to a login is not lost, because nobody
    /// could end that session.
    #[must_use]
    pub fn random(seed: u64, share: f64) -> Self {
        let faults = Self::seeded(seed);
        faults.set_random(seed, share);
        faults
    }

    /// Adds a rule, after all others.
    pub fn add(&self, rule: Rule) -> RuleId {
        self.inner().insert(rule, usize::MAX)
    }

    /// Adds a rule before all others.
    pub fn add_first(&self, rule: Rule) -> RuleId {
        self.inner().insert(rule, 0)
    }

    /// Returns whether every read of this resource currently fails, because of a rule or because it is hidden.
    pub(crate) fn make_unreadable(&self, key: &str) -> bool {
        let inner = self.inner();
        inner.hidden.contains(key)
            || inner.rules.iter().any(|entry| entry.rule.makes_unreadable(key) && !entry.has_passed())
    }

    /// Removes a rule; says whether there was one.
    pub fn remove(&self, id: RuleId) -> bool {
        let mut inner = self.inner();
        let before = inner.rules.len();
        inner.rules.retain(|entry| entry.id != id);
        inner.rules.len() < before
    }

    /// Removes all rules and the random faults.
    pub fn clear(&self) {
        let mut inner = self.inner();
        inner.rules.clear();
        inner.random.clear();
        inner.hidden.clear();
    }

    /// Returns how many requests a rule has affected; 0 for one that was removed.
    #[must_use]
    pub fn fired(&self, id: RuleId) -> u64 {
        self.inner().rules.iter().find(|entry| entry.id == id).map_or(0, |entry| entry.fired)
    }

    /// Returns how many requests the random faults have affected.
    #[must_use]
    pub fn random_fired(&self) -> u64 {
        self.inner().random.iter().map(|entry| entry.fired).sum()
    }

    /// Takes the service away for a while, as a BMC is that restarts: connections are reset, new ones
    /// as soon as they are made.
    pub fn go_away(&self, duration: Duration) {
        self.inner().away_until = Instant::now().checked_add(duration);
    }

    pub(crate) fn is_away(&self) -> bool {
        self.inner().is_away()
    }

    pub(crate) fn is_hidden(&self, key: &str) -> bool {
        self.inner().hidden.contains(key)
    }

    /// Answers 404 for these keys.
    pub(crate) fn hide(&self, keys: impl IntoIterator<Item = String>) {
        self.inner().hidden.extend(keys);
    }

    /// Replaces the random faults by those of [`Faults::random`], and the seed of all rules; a share
    /// of 0 ends them.
    pub fn set_random(&self, seed: u64, share: f64) {
        let mut inner = self.inner();
        inner.seed = seed;
        inner.requests.clear();
        inner.random = mixture(share);
    }

    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.inner().rules.clone()
    }

    /// Returns the actions to apply to a request.
    pub(crate) fn of(&self, method: &str, path: &str, headers: &HeaderMap, body: &[u8]) -> Vec<Action> {
        let mut inner = self.inner();
        let inner = &mut *inner;
        if inner.is_away() {
            return vec![Action::Reset];
        }
        if !inner.hidden.is_empty() && inner.hidden.contains(&uri::key(path)) {
            return vec![Action::Status(404)];
        }
        if inner.rules.is_empty() && inner.random.is_empty() {
            return Vec::new();
        }
        let nth = inner.requests.entry((method.to_owned(), path.to_owned())).or_default();
        *nth += 1;
        let request = (inner.seed, method, path, *nth);
        for (index, entry) in inner.rules.iter_mut().chain(&mut inner.random).enumerate() {
            if entry.rule.is_spent(entry.fired) || entry.has_passed() || !entry.rule.is_for(method, path, headers, body)
            {
                continue;
            }
            let before = entry.seen;
            entry.seen += 1;
            if entry.rule.counts(before) && entry.rule.chance().is_none_or(|chance| happens(chance, index, request)) {
                entry.fired += 1;
                return entry.rule.actions().to_vec();
            }
        }
        Vec::new()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    /// Returns whether the rule's time is over.
    fn has_passed(&self) -> bool {
        self.rule.duration().is_some_and(|lasts| self.added.elapsed() >= lasts)
    }
}

impl Inner {
    fn insert(&mut self, rule: Rule, place: usize) -> RuleId {
        self.last += 1;
        let id = RuleId(self.last);
        let place = place.min(self.rules.len());
        self.rules.insert(place, Entry { id, rule, seen: 0, fired: 0, added: Instant::now() });
        id
    }

    fn is_away(&self) -> bool {
        self.away_until.is_some_and(|end| Instant::now() < end)
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.inner();
        f.debug_struct("Faults")
            .field("seed", &inner.seed)
            .field("rules", &inner.rules)
            .field("random", &!inner.random.is_empty())
            .finish_non_exhaustive()
    }
}

/// Draws from the seed and the request itself, so that it doesn't matter how the requests of several
/// clients interleave.
fn happens(chance: f64, rule: usize, request: (u64, &str, &str, u64)) -> bool {
    let mut hasher = DefaultHasher::new();
    (rule, request).hash(&mut hasher);
    Random::seeded(hasher.finish()).happens(chance)
}

/// Creates the random faults, weighted, as rules that together affect this share of the requests.
fn mixture(share: f64) -> Vec<Entry> {
    let share = share.clamp(0.0, 1.0);
    if share == 0.0 {
        return Vec::new();
    }
    let any = |action: Action| Rule::any().then(action);
    let weighted = [
        (4.0, any(Action::Delay(Duration::from_millis(20)))),
        (1.0, any(Action::Delay(Duration::from_millis(100)))),
        (1.5, any(Action::Drip { bytes: 256, every: Duration::from_millis(2) })),
        (1.5, any(Action::Truncate(40))),
        (2.0, any(Action::Reset)),
        (2.0, any(Action::Close)),
        (1.0, any(Action::Garbage)),
        (1.0, any(Action::Status(503))),
        (1.0, any(Action::unavailable(0))),
        (0.5, any(Action::unavailable(1))),
        (1.0, any(Action::html(502))),
        (1.0, any(Action::html(504))),
        (0.5, any(Action::html(200))),
        (0.5, any(Action::Status(500))),
        (0.5, any(Action::empty(500))),
        (0.5, any(Action::ContentType("text/plain".to_owned()))),
        (1.0, any(Action::Status(401))),
        (0.5, any(Action::ExpireSession)),
        (1.0, Rule::method("PATCH").then(Action::Status(412))),
        (2.0, any(Action::LoseReply)),
    ];
    let total: f64 = weighted.iter().map(|(weight, _)| weight).sum();
    let mut left = 1.0;
    let mut rules = Vec::new();
    for (weight, rule) in weighted {
        let own = share * weight / total;
        if rule.actions().contains(&Action::LoseReply) {
            rules.push(Rule::on("POST", "**/Sessions"));
        }
        rules.push(rule.probability(own / left));
        left -= own;
    }
    rules.into_iter().map(|rule| Entry { id: RuleId(0), rule, seen: 0, fired: 0, added: Instant::now() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(faults: &Faults, method: &str, path: &str) -> Vec<Action> {
        faults.of(method, path, &HeaderMap::new(), b"")
    }

    #[test]
    fn a_rule_passes_over_some_and_affects_as_many_as_it_was_told() {
        let faults = Faults::new();
        let id = faults.add(Rule::on("GET", "/a").skip(1).times(2).then(Action::Reset));
        let other = faults.add(Rule::any().nth(2).then(Action::Close));
        let seen: Vec<_> = (0..5).map(|_| asked(&faults, "GET", "/a")).collect();
        // Requests that the first rule skips reach the second.
        let expected = [vec![], vec![Action::Reset], vec![Action::Reset], vec![Action::Close], vec![]];
        assert_eq!(seen, expected);
        assert_eq!((faults.fired(id), faults.fired(other)), (2, 1));
        assert!(faults.remove(id) && !faults.remove(id));
    }

    #[test]
    fn chance_is_of_the_seed_and_not_of_the_order_of_others() {
        let run = |seed, mingled: bool| {
            let faults = Faults::random(seed, 0.5);
            let mut seen = Vec::new();
            for _ in 0..200 {
                seen.push(asked(&faults, "GET", "/a"));
                if mingled {
                    asked(&faults, "GET", "/b");
                }
            }
            seen
        };
        assert_eq!(run(1, false), run(1, true));
        assert_ne!(run(1, false), run(2, false));
    }

    #[test]
    fn the_random_share_is_what_was_asked_for() {
        let faults = Faults::random(7, 0.2);
        for path in 0..10_000 {
            asked(&faults, "PATCH", &format!("/{path}"));
        }
        let fired = faults.random_fired();
        assert!((1_800..2_200).contains(&fired), "{fired}");
        faults.set_random(7, 0.0);
        assert!((0..1000).all(|_| asked(&faults, "GET", "/").is_empty()));
    }
}
