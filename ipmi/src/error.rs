//! The error type of everything in `ipmi`: which BMC, what was being done, what came back, and what to do about it.
//! Callers convert it to their own.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use super::command::CompletionCode;
use super::packet::Malformed;
use super::packet::rakp::RakpStatus;

/// What went wrong, for programs to distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No answer in time.
    Timeout,
    /// Nothing listens there, the name doesn't resolve, or the network refused.
    Unreachable,
    /// User name, password, K_G or privilege level were not accepted.
    Authentication,
    /// The BMC refused to open a session for another reason.
    SessionRefused(RakpStatus),
    /// What was asked for exceeds what this BMC can do, or what the caller allowed.
    Unsupported,
    /// The peer sent something other than what was agreed, or than what a BMC that knows the password would send.
    Untrusted,
    /// The BMC answered a command with this completion code.
    Refused(CompletionCode),
    /// An answer that can't be read.
    Malformed,
    /// An argument that can't be sent.
    Invalid,
    /// The session was closed.
    Closed,
    /// The BMC confirmed a change, but what it reports afterwards contradicts it.
    NotInForce,
    /// The operating system reported an error.
    Io,
}

/// An IPMI operation that failed. Clones are cheap.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    peer: Option<String>,
    action: &'static str,
    detail: String,
    may_have_acted: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, action: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Arc::new(Inner { kind, peer: None, action, detail, may_have_acted: false, source: None }))
    }

    /// Creates an error whose source is an error of the operating system.
    pub(crate) fn io(kind: ErrorKind, action: &'static str, error: std::io::Error) -> Self {
        let detail = match kind {
            ErrorKind::Unreachable => "the host can't be reached",
            _ => "the operating system reported an error",
        };
        Self::new(kind, action, detail).caused_by(error)
    }

    /// Creates an error for an answer that can't be read. Its source says where.
    pub(crate) fn malformed(action: &'static str, malformed: Malformed) -> Self {
        Self::new(ErrorKind::Malformed, action, "the answer can't be read").caused_by(malformed)
    }

    fn caused_by(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner().source = Some(Arc::new(source));
        self
    }

    fn inner(&mut self) -> &mut Inner {
        Arc::make_mut(&mut self.0)
    }

    pub(crate) fn invalid(action: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, action, detail)
    }

    /// Adds the peer's address, unless the error has one already.
    #[must_use]
    pub(crate) fn at(mut self, peer: &str) -> Self {
        self.inner().peer.get_or_insert_with(|| peer.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn doing(mut self, action: &'static str) -> Self {
        self.inner().action = action;
        self
    }

    #[must_use]
    pub(crate) fn perhaps_done(mut self) -> Self {
        self.inner().may_have_acted = true;
        self
    }

    /// Returns what went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the BMC's address, when one was known.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.0.peer.as_deref()
    }

    /// Returns the completion code with which the BMC refused a command.
    #[must_use]
    pub fn completion_code(&self) -> Option<CompletionCode> {
        match self.0.kind {
            ErrorKind::Refused(code) => Some(code),
            _ => None,
        }
    }

    /// Returns whether it is about the session or the path to the BMC, so that other commands fail as well. A timeout isn't
    /// among these: the BMC may leave a single command unanswered.
    #[must_use]
    pub fn is_session_lost(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::Closed
                | ErrorKind::Unreachable
                | ErrorKind::Authentication
                | ErrorKind::SessionRefused(_)
                | ErrorKind::Untrusted
                | ErrorKind::Io
        )
    }

    /// Returns whether no answer came in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Returns whether user name, password, K_G or privilege level were not accepted. Trying again may lock the account.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Authentication
    }

    /// Returns whether the BMC doesn't know the command, or lacks what it asks for.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        match self.0.kind {
            ErrorKind::Unsupported => true,
            ErrorKind::Refused(code) => code.is_unsupported(),
            _ => false,
        }
    }

    /// Returns whether a change of state was sent and its outcome is unknown: the BMC may have carried it out. It is sent only
    /// once; read the state back before you repeat it.
    #[must_use]
    pub fn may_have_acted(&self) -> bool {
        self.0.may_have_acted
    }
}

impl Error {
    /// Returns the text of the error followed by that of everything that caused it: `a: b: c`.
    #[must_use]
    pub fn report(&self) -> String {
        let mut text = self.to_string();
        let mut next = StdError::source(self);
        while let Some(cause) = next {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("peer", &self.0.peer)
            .field("action", &self.0.action)
            .field("detail", &self.0.detail)
            .field("may_have_acted", &self.0.may_have_acted)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(peer) = &self.0.peer {
            write!(f, "{peer}: ")?;
        }
        write!(f, "{}: {}", self.0.action, self.0.detail)?;
        if self.0.may_have_acted {
            f.write_str(" (it was sent once and may have been carried out: read the state back)")?;
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_which_bmc_what_was_done_and_what_came_back() {
        let error = Error::new(ErrorKind::Timeout, "Chassis Control", "no answer within 15 s")
            .at("10.0.0.7:623")
            .at("elsewhere")
            .perhaps_done();
        assert!(error.is_timeout() && error.may_have_acted() && !error.is_auth());
        let text = error.to_string();
        assert!(text.starts_with("10.0.0.7:623: Chassis Control: no answer within 15 s"), "{text}");
        assert!(text.contains("read the state back"));
    }

    #[test]
    fn a_cause_is_the_source_and_not_in_the_text_too() {
        let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        for error in [
            Error::io(ErrorKind::Unreachable, "connecting", refused()),
            Error::io(ErrorKind::Io, "connecting", refused()),
            Error::malformed("Get SDR", Malformed::new("Get SDR", 3)),
        ] {
            let source = error.source().unwrap().to_string();
            assert!(!source.is_empty() && !error.to_string().contains(&source), "{error}: {source}");
        }
    }

    #[test]
    fn a_clone_stays_as_it_is_when_the_original_changes() {
        let error = Error::new(ErrorKind::Timeout, "Get SDR", "no answer");
        let before = error.clone();
        assert!(error.perhaps_done().may_have_acted() && !before.may_have_acted());
    }

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
