//! Why an attempt failed, as far as routing needs to know: whether the other protocol may be tried, and whether
//! something may have been changed.

use futures_util::future::BoxFuture;

use super::outcome::{Attempt, AttemptPhase, Backend};
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::resource::partial::Missing;

/// An operation by one protocol.
pub(super) type Running<T> = BoxFuture<'static, Result<T, Fault>>;

/// Why an attempt failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nothing answers.
    Unreachable,
    /// Something answers, but doesn't speak the protocol.
    NotSpoken,
    /// This host doesn't have the capability by this protocol.
    Lacking,
    /// The protocol can't express what is wanted, or this host doesn't accept it; other requests may succeed.
    Inexpressible,
    /// The request was understood and refused, or there is a problem that trying another protocol must not hide.
    Final,
}

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) phase: AttemptPhase,
    pub(super) reason: Reason,
    pub(super) error: Error,
}

impl Fault {
    /// Creates the fault of a capability that this host doesn't have by this protocol.
    pub(super) fn lacking(text: impl Into<String>) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Lacking, error: Error::new(ErrorKind::Missing, text) }
    }

    /// Creates the fault of a list of which nothing could be read. It does not mean that the host lacks the capability.
    pub(super) fn nothing_read(mut missing: Vec<Missing>) -> Self {
        const NAMED: usize = 5;
        // A Redfish error already names the place.
        let says_place = matches!(&missing[..], [only] if only.error.uri().is_some());
        if let Some(only) = missing.pop_if(|_| says_place) {
            return Self::from(only.error).unlearned();
        }
        let mut places: Vec<_> = missing.iter().take(NAMED).map(ToString::to_string).collect();
        if let Some(more) = missing.len().checked_sub(NAMED).filter(|more| *more > 0) {
            places.push(format!("and {more} more"));
        }
        let text = format!("nothing could be read: {}", places.join("; "));
        let fault = missing.into_iter().next().map_or_else(|| Self::lacking(""), |first| Self::from(first.error));
        Self { error: Error::new(fault.error.kind(), text), ..fault }.unlearned()
    }

    fn unlearned(mut self) -> Self {
        if self.reason == Reason::Lacking {
            self.reason = Reason::Inexpressible;
        }
        self
    }

    /// Creates the fault of something that this protocol can't express.
    pub(super) fn inexpressible(text: impl Into<String>) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Inexpressible, error: Error::new(ErrorKind::NotAllowed, text) }
    }

    /// Creates the fault of a change that was confirmed but is not in force.
    pub(super) fn not_in_force(text: impl Into<String>) -> Self {
        let error = Error::new(ErrorKind::NotInForce, text);
        Self { phase: AttemptPhase::Change, reason: Reason::Final, error }
    }

    /// Creates the fault of something that is not allowed, whatever the protocol.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Final, error: Error::new(ErrorKind::NotAllowed, text) }
    }

    /// Creates the fault of something that was refused before anything was sent, and must not be tried by another
    /// protocol either.
    pub(super) fn final_before(error: Error) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Final, error }
    }

    /// Creates the fault of a failed read of the service root without credentials.
    pub(super) fn of_probe(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout => Reason::Unreachable,
            ErrorKind::Refused if error.status().is_some_and(|status| status >= 500) => Reason::Unreachable,
            ErrorKind::NotFound | ErrorKind::Decode | ErrorKind::Refused | ErrorKind::ForeignOrigin => {
                Reason::NotSpoken
            }
            // Certificate errors above all: a caller who doesn't trust the host must not end up with a protocol that
            // has no certificates.
            _ => Reason::Final,
        };
        Self { phase: AttemptPhase::Probe, reason, error }
    }

    /// Creates the fault of a failed login by a protocol that the host is known to speak.
    pub(super) fn of_login(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout => Reason::Unreachable,
            _ => Reason::Final,
        };
        Self { phase: AttemptPhase::Login, reason, error }
    }

    /// Creates the fault of a failed action. Requests before the invocation itself are only reads.
    pub(super) fn of_action(error: Error) -> Self {
        if error.method() == Some("GET") { Self::from(error) } else { Self::of_change(error) }
    }

    /// Creates the fault of a change that was confirmed but is not in force, from an error.
    pub(super) fn in_vain(error: Error) -> Self {
        Self { phase: AttemptPhase::Change, reason: Reason::Final, error }
    }

    /// Creates the fault of a failed change by Redfish.
    pub(super) fn of_change(error: Error) -> Self {
        let (phase, reason) = match error.kind() {
            // Reported before anything was sent.
            ErrorKind::Missing => (AttemptPhase::Ask, Reason::Lacking),
            ErrorKind::NotAllowed => (AttemptPhase::Ask, Reason::Inexpressible),
            ErrorKind::Configuration | ErrorKind::ForeignOrigin => (AttemptPhase::Ask, Reason::Final),
            ErrorKind::Connect | ErrorKind::Timeout => (AttemptPhase::Change, Reason::Unreachable),
            ErrorKind::NotFound => (AttemptPhase::Change, Reason::Lacking),
            ErrorKind::Refused if matches!(error.status(), Some(405 | 500..)) => {
                (AttemptPhase::Change, Reason::Inexpressible)
            }
            _ => (AttemptPhase::Change, Reason::Final),
        };
        Self { phase, reason, error }
    }

    /// Returns the reason that an IPMI error stands for.
    pub(super) fn reason_of(error: &ipmi::Error) -> Reason {
        use ipmi::ErrorKind as K;
        match error.kind() {
            K::Timeout | K::Unreachable | K::Closed | K::Io => Reason::Unreachable,
            K::Invalid => Reason::Inexpressible,
            _ if error.is_unsupported() => Reason::Lacking,
            _ => Reason::Final,
        }
    }

    /// Returns whether a change may have been made.
    pub(super) fn was_sent(&self) -> bool {
        self.phase == AttemptPhase::Change
    }

    pub(super) fn into_attempt(self, backend: Backend) -> Attempt {
        Attempt { backend, phase: self.phase, error: self.error }
    }
}

/// A failed read by Redfish.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout => Reason::Unreachable,
            ErrorKind::Missing | ErrorKind::NotFound => Reason::Lacking,
            ErrorKind::NotAllowed => Reason::Inexpressible,
            ErrorKind::Refused if matches!(error.status(), Some(405 | 500..)) => Reason::Inexpressible,
            _ => Reason::Final,
        };
        Self { phase: AttemptPhase::Ask, reason, error }
    }
}

/// A failure by IPMI. The error knows whether something may have been changed.
impl From<ipmi::Error> for Fault {
    fn from(error: ipmi::Error) -> Self {
        let reason = Self::reason_of(&error);
        let phase = if error.may_have_acted() { AttemptPhase::Change } else { AttemptPhase::Ask };
        Self { phase, reason, error: error.into() }
    }
}

impl From<ipmi::Error> for Error {
    fn from(error: ipmi::Error) -> Self {
        use ipmi::ErrorKind as K;
        const INSUFFICIENT_PRIVILEGE: u8 = 0xd4;
        let kind = match error.kind() {
            K::Timeout => ErrorKind::Timeout,
            K::Unreachable | K::Closed | K::Io => ErrorKind::Connect,
            K::Authentication => ErrorKind::Unauthorized,
            K::Invalid => ErrorKind::NotAllowed,
            K::Malformed | K::Untrusted => ErrorKind::Decode,
            K::NotInForce => ErrorKind::NotInForce,
            K::Refused(code) if code.number() == INSUFFICIENT_PRIVILEGE => ErrorKind::Forbidden,
            _ if error.is_unsupported() => ErrorKind::Missing,
            _ => ErrorKind::Refused,
        };
        Self::new(kind, "the BMC did not do it by IPMI").with_source(error)
    }
}

/// Returns the error to report if every attempt failed: the only one, or one that lists them all, with the kind of the
/// most relevant.
pub(super) fn all_of(mut attempts: Vec<Attempt>) -> Error {
    if attempts.len() == 1
        && let Some(only) = attempts.pop()
    {
        return only.error;
    }
    // Refused credentials are what the user can act on; otherwise the last attempt counts.
    let telling = attempts.iter().find(|attempt| attempt.error.is_auth()).or(attempts.last());
    let kind = telling.map_or(ErrorKind::Connect, |attempt| attempt.error.kind());
    let texts: Vec<_> = attempts.iter().map(ToString::to_string).collect();
    if texts.is_empty() {
        return Error::new(ErrorKind::Configuration, "there is no protocol to ask by");
    }
    Error::new(kind, format!("no protocol did it: {}", texts.join("; ")))
}
