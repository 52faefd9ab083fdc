//! What a scrape of a host found, and what it did not.

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
}

impl Part {
    pub(crate) const fn name(self) -> &'static str {
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
pub(crate) struct Failure {
    pub(crate) part: Part,
    /// The kind of error, spelled as in the program's JSON.
    pub(crate) kind: String,
    pub(crate) text: String,
    /// The host took the question and answered, if with an error.
    pub(crate) is_answer: bool,
}

impl Failure {
    pub(crate) fn new(part: Part, error: &rosefish::Error) -> Self {
        let is_answer = !matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Tls);
        Self { part, kind: spelled(error.kind()), text: error.report(), is_answer }
    }

    pub(crate) fn timeout(part: Part) -> Self {
        let text = "the time of the scrape was over first".to_owned();
        Self { part, kind: spelled(ErrorKind::Timeout), text, is_answer: false }
    }
}

/// A kind of error as the program's JSON has it.
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

/// What a host is made of. It is read less often than it is shown.
#[derive(Debug, Clone)]
pub(crate) struct Parts {
    pub(crate) components: Vec<Component>,
    pub(crate) firmware: Vec<Version>,
    /// What could not be read, by part; a part that failed as a whole is among the failures.
    pub(crate) unread: Vec<(Part, Vec<String>)>,
    pub(crate) failures: Vec<Failure>,
    /// When that was.
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
    /// The places that could not be read, of parts that were read.
    pub(crate) unread: Vec<(Part, Vec<String>)>,
    pub(crate) failures: Vec<Failure>,
    pub(crate) took: Duration,
}

impl Scrape {
    /// One that found nothing.
    pub(crate) fn failed(failure: Failure) -> Self {
        Self { failures: vec![failure], ..Self::default() }
    }

    /// Failures of this scrape, and of the reading of components that it shows.
    pub(crate) fn all_failures(&self) -> impl Iterator<Item = &Failure> {
        self.failures.iter().chain(self.parts.iter().flat_map(|parts| &parts.failures))
    }

    pub(crate) fn all_unread(&self) -> impl Iterator<Item = &(Part, Vec<String>)> {
        self.unread.iter().chain(self.parts.iter().flat_map(|parts| &parts.unread))
    }
}
