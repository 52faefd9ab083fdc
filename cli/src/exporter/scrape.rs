//! What a scrape of a host found, and what it did not.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rosefish::ErrorKind;
use rosefish::host::{Component, HostPowerState, OfSystem, Sensor};

/// What is read of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Reaching it and logging in.
    Connection,
    Power,
    Sensors,
    Components,
    Firmware,
}

impl Part {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Power => "power",
            Self::Sensors => "sensors",
            Self::Components => "components",
            Self::Firmware => "firmware",
        }
    }
}

/// Why a part could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) part: Part,
    /// The kind of error, spelled as in the program's JSON.
    pub(super) kind: String,
    pub(super) text: String,
    /// The host took the question and answered, if with an error.
    pub(super) is_answer: bool,
}

impl Failure {
    pub(super) fn new(part: Part, error: &rosefish::Error) -> Self {
        let is_answer = !matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Tls);
        Self { part, kind: spelled(error.kind()), text: error.report(), is_answer }
    }

    pub(super) fn timeout(part: Part) -> Self {
        let text = "the time of the scrape was over first".to_owned();
        Self { part, kind: spelled(ErrorKind::Timeout), text, is_answer: false }
    }
}

/// A kind of error as the program's JSON has it.
pub(super) fn spelled(kind: ErrorKind) -> String {
    serde_json::to_value(kind).ok().and_then(|kind| kind.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A piece of firmware.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) version: String,
}

/// What a host is made of. It is read less often than it is shown.
#[derive(Debug, Clone)]
pub(super) struct Parts {
    pub(super) components: Vec<Component>,
    pub(super) firmware: Vec<Version>,
    /// What could not be read, by part; a part that failed as a whole is among the failures.
    pub(super) unread: Vec<(Part, Vec<String>)>,
    pub(super) failures: Vec<Failure>,
    /// When that was.
    pub(super) at: Timestamp,
}

/// What a scrape found.
#[derive(Debug, Clone, Default)]
pub(super) struct Scrape {
    /// Whether the host answered.
    pub(super) is_up: bool,
    pub(super) protocol: Option<String>,
    pub(super) power: Vec<OfSystem<HostPowerState>>,
    pub(super) sensors: Vec<Sensor>,
    pub(super) parts: Option<Arc<Parts>>,
    /// The places that could not be read, of parts that were read.
    pub(super) unread: Vec<(Part, Vec<String>)>,
    pub(super) failures: Vec<Failure>,
    pub(super) took: Duration,
}

impl Scrape {
    /// One that found nothing.
    pub(super) fn failed(failure: Failure) -> Self {
        Self { failures: vec![failure], ..Self::default() }
    }

    /// Failures of this scrape, and of the reading of components that it shows.
    pub(super) fn all_failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.iter().chain(self.parts.iter().flat_map(|parts| &parts.failures))
    }

    pub(super) fn all_unread(&self) -> impl Iterator<Item = &(Part, Vec<String>)> {
        self.unread.iter().chain(self.parts.iter().flat_map(|parts| &parts.unread))
    }
}
