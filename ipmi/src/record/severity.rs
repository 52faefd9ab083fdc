//! How bad a state is.

use std::fmt;

/// How bad a state is, from good to bad. IPMI calls the last three non-critical, critical and non-recoverable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Nothing is wrong.
    Ok,
    /// It needs attention.
    Warning,
    /// Something has failed, or is about to be damaged.
    Critical,
    /// Damage is to be expected.
    Fatal,
}

impl Severity {
    /// Returns the severity in a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Fatal => "fatal",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
