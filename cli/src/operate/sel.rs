//! `rosefish sel`: the event log of a machine.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::host::{EventLogEntry, EventLogQuery};

use super::{On, tell_rows};

/// Show or clear the event log of a machine
#[derive(Debug, Args)]
pub(crate) struct SelArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the event log.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the entries, of each system
    List(ListArgs),
    /// Erase all entries
    Clear(On),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    on: On,
    /// Only the newest N entries; the others are not read
    #[arg(long, value_name = "N")]
    last: Option<usize>,
}

pub(crate) async fn run(args: SelArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(ListArgs { on, last }) => {
            let mut query = EventLogQuery::all();
            query.last = last;
            let found = on.with(async |host| host.event_logs(query).await).await?;
            let headings = ["ID", "TIME", "SEVERITY", "SENSOR", "MESSAGE"];
            tell_rows(&found, on.json, &headings, |entries| entries.iter().map(row).collect())
        }
        Verb::Clear(on) => on.tell(async |host| host.clear_event_log().await, |_, ()| "cleared\n".to_owned()).await,
    }
}

fn row(entry: &EventLogEntry) -> Vec<String> {
    let severity = entry.severity.map(|severity| severity.to_string()).unwrap_or_default();
    let since_start = || entry.seconds_since_start.map(|seconds| format!("{seconds} s after start"));
    let time = entry.time.as_ref().map(ToString::to_string).or_else(since_start).unwrap_or_default();
    vec![entry.id.clone(), time, severity, entry.sensor.clone().unwrap_or_default(), entry.message.clone()]
}
