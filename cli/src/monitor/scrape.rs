//! What a scrape of a host found, and what it could not read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rosefish::ErrorKind;
use rosefish::host::{Component, HostPowerState, OfSystem, Sensor};

/// What is read of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Reaching it and logging in.
    Connection,
    Power,
    Sensors,
    Components,
    Firmware,
    Logs,
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Power => "power",
            Self::Sensors => "sensors",
            Self::Components => "components",
            Self::Firmware => "firmware",
            Self::Logs => "logs",
        }
    }
}

/// Why a part could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) part: Part,
    /// The kind of error, spelled as in the program's JSON.
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The host answered the request, even if with an error.
    pub(crate) is_answer: bool,
}

impl Failure {
    pub(crate) fn new(part: Part, error: &rosefish::Error) -> Self {
        Self::of_kind(part, error.kind(), error.report())
    }

    pub(crate) fn of_kind(part: Part, kind: ErrorKind, text: String) -> Self {
        let is_answer = !matches!(kind, ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Tls);
        Self { part, kind: spelled(kind), text, is_answer }
    }

    pub(crate) fn timeout(part: Part) -> Self {
        let text = "the time of the scrape was over first".to_owned();
        Self { part, kind: spelled(ErrorKind::Timeout), text, is_answer: false }
    }
}

/// Returns a kind of error as the program's JSON spells it.
pub(crate) fn spelled(kind: ErrorKind) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A piece of firmware.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Version {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
}

/// What a host is made of. This is read less often than it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) components: Vec<Component>,
    pub(crate) firmware: Vec<Version>,
    /// What could not be read, by part; a part that failed as a whole is among the failures.
    pub(crate) unread: Vec<(Part, Vec<String>)>,
    pub(crate) failures: Vec<Failure>,
    /// When they were read.
    pub(crate) at: Timestamp,
}

/// What is known of the entries of a severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    /// How many came since the logs were first read.
    pub(crate) new: u64,
    /// When the latest was made, as the host says.
    pub(crate) latest: Option<Timestamp>,
}

/// The entries in the logs of a host, counted.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    /// By the word for their severity. All words are there.
    pub(crate) by_severity: BTreeMap<&'static str, Count>,
    /// What could not be read the last time.
    pub(crate) unread: (Part, Vec<String>),
    /// When they were read last.
    pub(crate) at: Timestamp,
}

/// What a scrape found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scrape {
    /// Whether the host answered.
    pub(crate) is_up: bool,
    pub(crate) protocol: Option<String>,
    pub(crate) power: Vec<OfSystem<HostPowerState>>,
    pub(crate) sensors: Vec<Sensor>,
    pub(crate) parts: Option<Arc<Parts>>,
    /// The logs, where they are read.
    pub(crate) logs: Option<Counts>,
    /// Why they could not be read the last time.
    pub(crate) log_failure: Option<Failure>,
    /// The places that could not be read, of parts that were read.
    pub(crate) unread: Vec<(Part, Vec<String>)>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) took: Duration,
}

impl Scrape {
    /// Returns a scrape that found nothing.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self { failures: vec![failure], ..Self::default() }
    }

    /// Returns the failures of this scrape, and of the reading of components and logs that it shows.
    pub(crate) fn all_failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.iter().chain(self.parts.iter().flat_map(|parts| &parts.failures)).chain(&self.log_failure)
    }

    pub(crate) fn all_unread(&self) -> impl Iterator<Item = &(Part, Vec<String>)> {
        let parts = self.parts.iter().flat_map(|parts| &parts.unread);
        self.unread.iter().chain(parts).chain(self.logs.iter().map(|logs| &logs.unread))
    }
}
