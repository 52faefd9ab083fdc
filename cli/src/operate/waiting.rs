//! `--wait`: the same in all commands that change something which takes time.

use std::time::Duration;

use clap::Args;

use crate::host::seconds;

/// How long to wait.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct WaitArgs {
    /// Wait until it is so, for at most so many seconds
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "600",
        value_parser = seconds
    )]
    pub(crate) wait: Option<Duration>,
}
