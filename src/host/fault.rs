//! Why an attempt failed, as routing needs to know it: whether the other protocol may be asked, and whether something may
//! have been changed.

use futures_util::future::BoxFuture;

use super::outcome::{Attempt, AttemptPhase, Backend};
use crate::error::{Error, ErrorKind};
use crate::ipmi;
use crate::resource::partial::Missing;

/// An operation by either protocol.
pub(super) type Running<T> = BoxFuture<'static, Result<T, Fault>>;

/// What an attempt failed of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nothing answers.
    Unreachable,
    /// Something answers, but doesn't speak the protocol.
    NotSpoken,
    /// This host doesn't have the capability by this protocol.
    Lacking,
    /// The protocol has no words for what is wanted, or this host doesn't accept them; other wishes may be well.
    Inexpressible,
    /// It was understood and refused, or something is wrong that another protocol must not gloss over.
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
    /// What this host hasn't got by this protocol.
    pub(super) fn lacking(text: impl Into<String>) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Lacking, error: Error::new(ErrorKind::Missing, text) }
    }

    /// A list of which nothing could be read. That these places fail does not say that the host lacks the capability.
    pub(super) fn nothing_read(mut missing: Vec<Missing>) -> Self {
        const NAMED: usize = 5;
        // An error of Redfish says itself which place it was.
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

    /// What this protocol can't say.
    pub(super) fn inexpressible(text: impl Into<String>) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Inexpressible, error: Error::new(ErrorKind::NotAllowed, text) }
    }

    /// Of a change that was confirmed, and is not so.
    pub(super) fn not_in_force(text: impl Into<String>) -> Self {
        let error = Error::new(ErrorKind::NotInForce, text);
        Self { phase: AttemptPhase::Change, reason: Reason::Final, error }
    }

    /// What nobody may do.
    pub(super) fn refused(text: impl Into<String>) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Final, error: Error::new(ErrorKind::NotAllowed, text) }
    }

    /// What was refused here before anything was sent, and must not be tried by another protocol either.
    pub(super) fn final_before(error: Error) -> Self {
        Self { phase: AttemptPhase::Ask, reason: Reason::Final, error }
    }

    /// A failure of asking for the service root without credentials.
    pub(super) fn of_probe(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout => Reason::Unreachable,
            ErrorKind::Refused if error.status().is_some_and(|status| status >= 500) => Reason::Unreachable,
            ErrorKind::NotFound | ErrorKind::Decode | ErrorKind::Refused | ErrorKind::ForeignOrigin => {
                Reason::NotSpoken
            }
            // Of certificates above all: who doesn't trust the host must not be led to a protocol that can't show one.
            _ => Reason::Final,
        };
        Self { phase: AttemptPhase::Probe, reason, error }
    }

    /// A failure of logging in where the protocol is known to be spoken.
    pub(super) fn of_login(error: Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::Connect | ErrorKind::Timeout => Reason::Unreachable,
            _ => Reason::Final,
        };
        Self { phase: AttemptPhase::Login, reason, error }
    }

    /// A failure of invoking an action. What goes before the invocation itself is only read.
    pub(super) fn of_action(error: Error) -> Self {
        if error.method() == Some("GET") { Self::from(error) } else { Self::of_change(error) }
    }

    /// A change that was confirmed and is not in force.
    pub(super) fn in_vain(error: Error) -> Self {
        Self { phase: AttemptPhase::Change, reason: Reason::Final, error }
    }

    /// A failure of a change by Redfish.
    pub(super) fn of_change(error: Error) -> Self {
        let (phase, reason) = match error.kind() {
            // Said before anything was sent.
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

    /// What an IPMI error means for routing.
    pub(super) fn reason_of(error: &ipmi::Error) -> Reason {
        use ipmi::ErrorKind as K;
        match error.kind() {
            K::Timeout | K::Unreachable | K::Closed | K::Io => Reason::Unreachable,
            K::Invalid => Reason::Inexpressible,
            _ if error.is_unsupported() => Reason::Lacking,
            _ => Reason::Final,
        }
    }

    /// Whether a change may have been made.
    pub(super) fn was_sent(&self) -> bool {
        self.phase == AttemptPhase::Change
    }

    pub(super) fn into_attempt(self, backend: Backend) -> Attempt {
        Attempt { backend, phase: self.phase, error: self.error }
    }
}

/// A failure of reading by Redfish.
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

/// A failure of IPMI, which says by itself whether something may have been changed.
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

/// What is reported when nothing did it: the one error, or all of them, of the kind of the last that decided.
pub(super) fn all_of(mut attempts: Vec<Attempt>) -> Error {
    if attempts.len() == 1
        && let Some(only) = attempts.pop()
    {
        return only.error;
    }
    // Refused credentials are what there is to act on; else what was found out last.
    let telling = attempts.iter().find(|attempt| attempt.error.is_auth()).or(attempts.last());
    let kind = telling.map_or(ErrorKind::Connect, |attempt| attempt.error.kind());
    let texts: Vec<_> = attempts.iter().map(ToString::to_string).collect();
    if texts.is_empty() {
        return Error::new(ErrorKind::Configuration, "there is no protocol to ask by");
    }
    Error::new(kind, format!("no protocol did it: {}", texts.join("; ")))
}
