//! `rosefish sel`: the event log of a machine.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::host::{EventLogEntry, EventLogQuery};

use super::{Table, Target, tell, tell_list, wrong_usage};

/// What to do with the event log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogAction {
    /// Show the entries
    List,
    /// Erase all entries
    Clear,
}

/// Show or clear the event log of a machine
#[derive(Debug, Args)]
pub(crate) struct SelArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "list", hide_default_value = true)]
    action: LogAction,
    /// Only the newest N entries; the others are not read
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SelArgs) -> anyhow::Result<ExitCode> {
    if args.action == LogAction::Clear {
        if args.last.is_some() {
            wrong_usage("`clear` erases all entries: --last is for `list`");
        }
        let done = args.target.with(async |host| host.clear_event_log().await).await?;
        return tell(&done, args.json, |()| "cleared\n".to_owned());
    }
    let mut query = EventLogQuery::all();
    query.last = args.last;
    let found = args.target.with(async |host| host.event_log(query).await).await?;
    tell_list(&found, args.json, log_table)
}

fn log_table(all: &[EventLogEntry]) -> String {
    let mut table = Table::new(&["ID", "TIME", "SEVERITY", "SENSOR", "MESSAGE"]);
    for entry in all {
        let severity = entry.severity.map(|severity| severity.to_string()).unwrap_or_default();
        let since_start = || entry.seconds_since_start.map(|seconds| format!("{seconds} s after start"));
        let time = entry.time.as_ref().map(ToString::to_string).or_else(since_start).unwrap_or_default();
        let sensor = entry.sensor.clone().unwrap_or_default();
        table.row([entry.id.clone(), time, severity, sensor, entry.message.clone()]);
    }
    table.text()
}
