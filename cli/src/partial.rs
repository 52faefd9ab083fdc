//! What is said of things that could not be read, and the exit code for it: one meaning in all commands.

use crate::terminal::{one_line, say};
use std::fmt::Display;
use std::process::ExitCode;

/// The exit code of what was done in part: something was read, and something could not be.
pub(crate) const DONE_IN_PART: u8 = 3;

/// The exit code where something that was looked for was found: problems, differences. It outweighs [`DONE_IN_PART`].
pub(crate) const FOUND: u8 = 4;

/// Names on standard error what could not be read, a line each.
pub(crate) fn say_not_read(missing: impl IntoIterator<Item: Display>) {
    for missing in missing {
        say!("not read: {}", one_line(&missing.to_string()));
    }
}

/// Names on standard error what could not be read, and gives the exit code that says whether there is any.
pub(crate) fn tell_missing(missing: &[impl Display]) -> ExitCode {
    say_not_read(missing);
    code(missing.is_empty())
}

/// The exit code of a command that read everything, or not.
pub(crate) fn code(is_whole: bool) -> ExitCode {
    if is_whole { ExitCode::SUCCESS } else { DONE_IN_PART.into() }
}
