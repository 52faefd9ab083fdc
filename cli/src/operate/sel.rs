//! `rosefish sel`: the event log of a machine.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::host::{EventLogEntry, EventLogQuery};

use super::{Table, Target, tell, tell_list};

/// Show or clear the event log of a machine
#[derive(Debug, Args)]
pub(crate) struct SelArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the event log.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the entries
    List(ListArgs),
    /// Erase all entries
    Clear(ClearArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    target: Target,
    /// Only the newest N entries; the others are not read
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ClearArgs {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SelArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(args) => {
            let mut query = EventLogQuery::all();
            query.last = args.last;
            let found = args.target.with(async |host| host.event_log(query).await).await?;
            tell_list(&found, args.json, log_table)
        }
        Verb::Clear(args) => {
            let done = args.target.with(async |host| host.clear_event_log().await).await?;
            tell(&done, args.json, |()| "cleared\n".to_owned())
        }
    }
}

fn log_table(all: &[EventLogEntry]) -> Table {
    let mut table = Table::new(&["ID", "TIME", "SEVERITY", "SENSOR", "MESSAGE"]);
    for entry in all {
        let severity = entry.severity.map(|severity| severity.to_string()).unwrap_or_default();
        let since_start = || entry.seconds_since_start.map(|seconds| format!("{seconds} s after start"));
        let time = entry.time.as_ref().map(ToString::to_string).or_else(since_start).unwrap_or_default();
        let sensor = entry.sensor.clone().unwrap_or_default();
        table.row([entry.id.clone(), time, severity, sensor, entry.message.clone()]);
    }
    table
}
