//! The outcome of a command on one of many hosts.

use std::process::ExitCode;

use rosefish::ErrorKind;

use crate::capture::Captured;
use crate::host::HostError;
use crate::partial::{DONE_IN_PART, FOUND};
use crate::terminal::one_line;

/// The outcome of a command for a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Well,
    /// Something could not be read.
    InPart,
    /// Something that was looked for was found.
    Found,
    Failed(Option<ErrorKind>),
    /// Nobody knows whether it was done: the worker that began it is gone.
    Unknown,
    /// Nothing answers there.
    Unreached,
    /// Nothing was done: the run ended before it was this host's turn.
    LeftAlone,
}

impl Outcome {
    /// Returns the word for a failure in JSON, or `None` if it did not fail.
    pub(crate) fn kind(self) -> Option<String> {
        match self {
            Self::Well | Self::InPart | Self::Found => None,
            Self::Unknown => Some("unknown".to_owned()),
            Self::Unreached => Some("unreachable".to_owned()),
            Self::LeftAlone => Some("left-alone".to_owned()),
            Self::Failed(None) => Some("failed".to_owned()),
            Self::Failed(Some(kind)) => {
                let kind = serde_json::to_value(kind).unwrap_or_default();
                Some(kind.as_str().unwrap_or("failed").to_owned())
            }
        }
    }
}

/// The result of one host.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) captured: Captured,
    pub(crate) outcome: Outcome,
    /// Why it failed.
    pub(crate) error: Option<String>,
}

impl Told {
    pub(crate) fn new(captured: Captured, done: anyhow::Result<ExitCode>) -> Self {
        let (outcome, error) = match done {
            Ok(code) if code == ExitCode::SUCCESS => (Outcome::Well, None),
            Ok(code) if code == ExitCode::from(DONE_IN_PART) => (Outcome::InPart, None),
            Ok(code) if code == ExitCode::from(FOUND) => (Outcome::Found, None),
            Ok(_) => (Outcome::Failed(None), None),
            Err(error) => {
                let kind = error.downcast_ref::<HostError>().map(|error| error.kind);
                let kind = kind.or_else(|| error.downcast_ref::<rosefish::Error>().map(rosefish::Error::kind));
                let unreached = !captured.reached && matches!(kind, Some(ErrorKind::Connect | ErrorKind::Timeout));
                let outcome = if unreached { Outcome::Unreached } else { Outcome::Failed(kind) };
                (outcome, Some(one_line(&format!("{error:#}"))))
            }
        };
        Self { captured, outcome, error }
    }

    /// Returns the result of a job that no worker began in time.
    #[cfg(feature = "nats")]
    pub(crate) fn too_late() -> Self {
        let error = Some("left alone: no worker took it in time; nothing was done".to_owned());
        Self { error, ..Self::left_alone() }
    }

    pub(crate) fn left_alone() -> Self {
        let error = Some("left alone: nothing was done".to_owned());
        Self { captured: Captured::default(), outcome: Outcome::LeftAlone, error }
    }
}

/// Removes the host's address that errors of commands begin with: it is shown already.
pub(super) fn without_name<'a>(line: &'a str, name: &str) -> &'a str {
    line.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(line)
}
