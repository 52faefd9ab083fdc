//! Columns of the tables that the schema compiler writes. They are our own, so a column that can't be read is our mistake: the
//! program panics, because skipping a line would give all fields after it the wrong name.

use std::str::FromStr;

/// What was expected.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Malformed {
    /// Panics with what can't be read.
    #[cold]
    #[allow(clippy::panic, reason = "the tables are compiled in: nothing that a service sends leads here")]
    pub(crate) fn fail(self, what: &str, line: &str) -> ! {
        panic!("the schema tables are damaged: expected {} in the {what} {line:?}", self.0)
    }
}

/// Returns a column that must not be empty.
pub(crate) fn filled<'a>(column: &'a str, expected: &'static str) -> Result<&'a str, Malformed> {
    if column.is_empty() { Err(Malformed(expected)) } else { Ok(column) }
}

/// Parses a column that is a number.
pub(crate) fn number<N: FromStr>(column: &str, expected: &'static str) -> Result<N, Malformed> {
    column.parse().map_err(|_| Malformed(expected))
}

/// Parses a column that may be empty.
pub(crate) fn optional<'a, T>(
    column: &'a str,
    read: impl FnOnce(&'a str) -> Result<T, Malformed>,
) -> Result<Option<T>, Malformed> {
    if column.is_empty() { Ok(None) } else { read(column).map(Some) }
}
