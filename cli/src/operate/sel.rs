//! `rosefish sel`: the event log of a machine.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::host::{EventLogEntry, Severity};

use super::{Table, Target, tell};

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
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SelArgs) -> anyhow::Result<ExitCode> {
    if args.action == LogAction::Clear {
        let done = args.target.with(async |host| host.clear_event_log().await).await?;
        return tell(&done, args.json, |()| "cleared\n".to_owned());
    }
    let found = args.target.with(async |host| host.event_log().await).await?;
    tell(&found, args.json, |all| log_table(all))
}

fn log_table(all: &[EventLogEntry]) -> String {
    let mut table = Table::new(&["ID", "TIME", "SEVERITY", "SENSOR", "MESSAGE"]);
    for entry in all {
        let severity = match entry.severity {
            Some(Severity::Ok) => "ok",
            Some(Severity::Warning) => "warning",
            Some(Severity::Critical) => "critical",
            None => "",
        };
        let time = entry.time.clone().unwrap_or_default();
        let sensor = entry.sensor.clone().unwrap_or_default();
        table.row([entry.id.clone(), time, severity.to_owned(), sensor, entry.message.clone()]);
    }
    table.text()
}
