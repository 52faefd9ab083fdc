//! How a result came about: by which protocol, and what was tried before.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// A protocol through which a host is operated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Backend {
    /// Redfish.
    Redfish,
    /// IPMI over LAN.
    Ipmi,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Redfish => "Redfish",
            Self::Ipmi => "IPMI",
        })
    }
}

/// How far an attempt got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AttemptPhase {
    /// Finding out, without credentials, whether the protocol is spoken there.
    Probe,
    /// Logging in.
    Login,
    /// Asking, or finding out how to make a change. Nothing was changed.
    Ask,
    /// Making a change: it was sent, and may have been made.
    Change,
}

impl fmt::Display for AttemptPhase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Probe => "probe",
            Self::Login => "login",
            Self::Ask => "ask",
            Self::Change => "change",
        })
    }
}

/// Something that was tried and failed before something else did it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Attempt {
    /// By which protocol.
    pub backend: Backend,
    /// How far it got.
    pub phase: AttemptPhase,
    /// What went wrong.
    pub error: Error,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.backend, self.phase, self.error.report())
    }
}

/// A result together with how it came about.
#[derive(Debug)]
#[non_exhaustive]
pub struct Outcome<T> {
    /// The host, as it was given to [`HostBuilder`](super::HostBuilder).
    pub host: String,
    /// The result.
    pub value: T,
    /// The protocol that it came by.
    pub backend: Backend,
    /// What failed before, first to last; empty where the first attempt did it.
    pub attempts: Vec<Attempt>,
    /// What was really sent to make a change, in the protocol's words: some machines want it said otherwise. Empty where
    /// things were as wanted already, and for what changes nothing.
    pub sent: Vec<String>,
    /// Why it could not be read what is there now. The BMC has confirmed the change all the same, and the value is what was
    /// asked for. None where the value was seen.
    pub unread: Option<Error>,
}

impl<T> Outcome<T> {
    pub(super) fn new(host: &str, value: T, backend: Backend, attempts: Vec<Attempt>) -> Self {
        Self { host: host.to_owned(), value, backend, attempts, sent: Vec::new(), unread: None }
    }

    /// Changes the value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        let Self { host, value, backend, attempts, sent, unread } = self;
        Outcome { host, value: change(value), backend, attempts, sent, unread }
    }
}
