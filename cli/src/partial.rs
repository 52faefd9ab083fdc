//! How commands report what could not be read, and the exit code for that, which means the same in all commands.

use crate::terminal::{one_line, say};
use rosefish::{ErrorKind, Missing};
use std::fmt::Display;
use std::process::ExitCode;

/// The exit code if something was read, and something could not be.
pub(crate) const DONE_IN_PART: u8 = 3;

/// The exit code if something that was looked for was found: problems, differences. It outweighs [`DONE_IN_PART`].
pub(crate) const FOUND: u8 = 4;

/// Lists on standard error what could not be read, a line each.
pub(crate) fn say_not_read(missing: impl IntoIterator<Item: Display>) {
    for missing in missing {
        say!("not read: {}", one_line(&missing.to_string()));
    }
}

/// Lists on standard error what could not be read, and returns the exit code that says whether there is any.
pub(crate) fn tell_missing(missing: &[impl Display]) -> ExitCode {
    say_not_read(missing);
    code(missing.is_empty())
}

/// As [`tell_missing`], for what each system of a service has. A system that was read and has none of it, as the board of a
/// machine's GPUs has no boot order, is listed, but does not count as something that could not be read.
pub(crate) fn tell_lacking(missing: &[Missing]) -> ExitCode {
    let is_lacking = |error: &rosefish::Error| error.kind() == ErrorKind::Missing && error.status().is_none();
    let (lacking, unread): (Vec<_>, Vec<_>) = missing.iter().partition(|one| is_lacking(&one.error));
    for one in lacking {
        say!("not there: {}", one_line(&one.to_string()));
    }
    tell_missing(&unread)
}

/// Returns the exit code of a command, depending on whether it read everything.
pub(crate) fn code(is_whole: bool) -> ExitCode {
    if is_whole { ExitCode::SUCCESS } else { DONE_IN_PART.into() }
}
