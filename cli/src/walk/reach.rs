//! How far a walk goes: what `rosefish walk` and `rosefish record` leave out.

use clap::Args;
use rosefish::Client;
use rosefish::walk::Walk;

/// What to leave out.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReachArgs {
    /// Leave out all logs, which can be long
    #[arg(help_heading = "Reach", long)]
    no_logs: bool,
    /// Leave out what is at such URIs; * is part of a segment, ** any number of segments
    #[arg(help_heading = "Reach", long, value_name = "PATTERN")]
    skip: Vec<String>,
    /// Follow at most so many links in a row from the service root
    #[arg(help_heading = "Reach", long, value_name = "N")]
    depth: Option<usize>,
}

impl ReachArgs {
    pub(crate) fn walk(&self, client: &Client) -> Walk {
        let mut walk = Walk::new(client);
        if self.no_logs {
            walk = walk.skip("**/LogServices/**");
        }
        if let Some(links) = self.depth {
            walk = walk.depth(links);
        }
        self.skip.iter().fold(walk, |walk, pattern| walk.skip(pattern))
    }
}
