//! `rosefish sel`: the event log of a machine. What only IPMI has of it is `sel_entries`'.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::host::{EventLogEntry, EventLogQuery};

use super::{On, sel_entries, tell_rows};

const EXAMPLES: &str = "\
Examples:
  rosefish sel 10.0.0.7 --last 20 --user root
  rosefish sel info 10.0.0.7 --user root                 how full it is, and its clock
  rosefish sel time 10.0.0.7 now --user root             sets the clock to UTC
  rosefish sel get 10.0.0.7 0x0012 --user root           all that an entry says
  rosefish sel delete 10.0.0.7 0x0012 0x0013 --user root
  rosefish sel save 10.0.0.7 events.txt --user root      in the form that `sel add` and ipmitool read

`info`, `time`, `get`, `delete`, `add` and `save` are by IPMI alone.";

/// Show, change or clear the event log of a machine
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
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
    /// Show how many entries there are, how many fit, and the clock
    Info(On),
    /// Show or set the clock
    Time(sel_entries::TimeArgs),
    /// Show all that single entries say
    Get(sel_entries::EntriesArgs),
    /// Delete single entries
    Delete(sel_entries::EntriesArgs),
    /// Add the events of a file
    Add(sel_entries::FileArgs),
    /// Write the events to a file that `add` reads
    Save(sel_entries::FileArgs),
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
        Verb::Info(on) => sel_entries::info(&on).await,
        Verb::Time(args) => sel_entries::time(args).await,
        Verb::Get(args) => sel_entries::get(&args).await,
        Verb::Delete(args) => sel_entries::delete(&args).await,
        Verb::Add(args) => sel_entries::add(&args).await,
        Verb::Save(args) => sel_entries::save(&args).await,
        Verb::Clear(on) => on.tell(async |host| host.clear_event_log().await, |_, ()| "cleared\n".to_owned()).await,
    }
}

fn row(entry: &EventLogEntry) -> Vec<String> {
    let severity = entry.severity.map(|severity| severity.to_string()).unwrap_or_default();
    let since_start = || entry.seconds_since_start.map(|seconds| format!("{seconds} s after start"));
    let time = entry.time.as_ref().map(ToString::to_string).or_else(since_start).unwrap_or_default();
    vec![entry.id.clone(), time, severity, entry.sensor.clone().unwrap_or_default(), entry.message.clone()]
}
