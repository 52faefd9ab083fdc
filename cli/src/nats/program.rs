//! What this room needs of the program.

use std::sync::Arc;

use clap::ArgMatches;

use crate::fleet::current::Named;
use crate::fleet::fan::Work;

/// The program: its grammar, and how a command begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program {
    pub(crate) command: fn() -> clap::Command,
    pub(crate) begin: fn(Arc<Named>, &ArgMatches) -> anyhow::Result<Work>,
}
