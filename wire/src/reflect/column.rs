//! Columns of the tables that the schema compiler writes. They are our own, so one that can't be read is a mistake of ours:
//! the program ends there, as to pass over a line would give all fields behind it another's name.

use std::str::FromStr;

/// What should have been there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl Malformed {
    /// Says what can't be read, and ends the program.
    #[cold]
    #[allow(clippy::panic, reason = "the tables are compiled in: nothing that a service sends leads here")]
    pub(crate) fn fail(self, what: &str, line: &str) -> ! {
        panic!("the schema tables are damaged: expected {} in the {what} {line:?}", self.0)
    }
}

/// A column that must not be empty.
pub(crate) fn filled<'a>(column: &'a str, expected: &'static str) -> Result<&'a str, Malformed> {
    if column.is_empty() { Err(Malformed(expected)) } else { Ok(column) }
}

/// A column that is a number.
pub(crate) fn number<N: FromStr>(column: &str, expected: &'static str) -> Result<N, Malformed> {
    column.parse().map_err(|_| Malformed(expected))
}

/// A column that may be empty.
pub(crate) fn optional<'a, T>(
    column: &'a str,
    read: impl FnOnce(&'a str) -> Result<T, Malformed>,
) -> Result<Option<T>, Malformed> {
    if column.is_empty() { Ok(None) } else { read(column).map(Some) }
}
