//! The error of everything in `ipmi`: which BMC, what was being done, what came back, and what to do about it.
//! How it becomes the crate's own error is the caller's.

use std::error::Error as StdError;
use std::fmt;

use super::command::CompletionCode;
use super::packet::Malformed;
use super::packet::rakp::RakpStatus;

/// What went wrong, as a program needs to tell it apart.
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
    /// The peer answered with something else than was agreed, or than a BMC that knows the password would send.
    Untrusted,
    /// The BMC answered a command with this completion code.
    Refused(CompletionCode),
    /// An answer that can't be read.
    Malformed,
    /// An argument that can't be sent.
    Invalid,
    /// The session was closed.
    Closed,
    /// The operating system reported an error.
    Io,
}

/// An IPMI operation that failed.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    peer: Option<String>,
    action: &'static str,
    detail: String,
    may_have_acted: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, action: &'static str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self(Box::new(Inner { kind, peer: None, action, detail, may_have_acted: false, source: None }))
    }

    pub(crate) fn io(kind: ErrorKind, action: &'static str, error: std::io::Error) -> Self {
        let mut this = Self::new(kind, action, "the network reported an error");
        this.0.source = Some(Box::new(error));
        this
    }

    pub(crate) fn malformed(action: &'static str, malformed: Malformed) -> Self {
        let mut this = Self::new(ErrorKind::Malformed, action, "the answer could not be read");
        this.0.source = Some(Box::new(malformed));
        this
    }

    pub(crate) fn invalid(action: &'static str, detail: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, action, detail)
    }

    /// The same error, told by the peer's address and, where it has none yet, by what was being done.
    #[must_use]
    pub(crate) fn at(mut self, peer: &str) -> Self {
        self.0.peer.get_or_insert_with(|| peer.to_owned());
        self
    }

    #[must_use]
    pub(crate) fn doing(mut self, action: &'static str) -> Self {
        self.0.action = action;
        self
    }

    #[must_use]
    pub(crate) fn perhaps_done(mut self) -> Self {
        self.0.may_have_acted = true;
        self
    }

    /// What went wrong.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The BMC's address, when one was known.
    #[must_use]
    pub fn peer(&self) -> Option<&str> {
        self.0.peer.as_deref()
    }

    /// The completion code with which the BMC refused a command.
    #[must_use]
    pub fn completion_code(&self) -> Option<CompletionCode> {
        match self.0.kind {
            ErrorKind::Refused(code) => Some(code),
            _ => None,
        }
    }

    /// Whether nothing was heard in time.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.kind == ErrorKind::Timeout
    }

    /// Whether user name, password, K_G or privilege level were not accepted. Trying again may lock the account.
    #[must_use]
    pub fn is_auth(&self) -> bool {
        self.0.kind == ErrorKind::Authentication
    }

    /// Whether the BMC doesn't know the command, or hasn't what it asks for.
    #[must_use]
    pub fn is_unsupported(&self) -> bool {
        match self.0.kind {
            ErrorKind::Unsupported => true,
            ErrorKind::Refused(code) => code.is_unsupported(),
            _ => false,
        }
    }

    /// Whether a change of state was sent and its outcome is unknown: the BMC may have carried it out. It was sent once
    /// and isn't sent again; read the state back before doing so yourself.
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
    fn a_cause_is_told_once() {
        let error = Error::io(ErrorKind::Unreachable, "opening a session", std::io::Error::other("no route")).at("bmc");
        assert_eq!(error.to_string(), "bmc: opening a session: the network reported an error");
        assert_eq!(error.report(), "bmc: opening a session: the network reported an error: no route");
    }

    #[test]
    fn an_error_is_one_pointer_wide() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
