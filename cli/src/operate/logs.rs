//! `rosefish logs`: what a machine has logged, in all of its logs.

use std::collections::HashSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use rosefish::Selector;
use rosefish::host::{Host, LogEntry, LogInfo, LogQuery, Outcome, Partial, Severity};
use rosefish::wire::DateTime;

use super::diagnostics::{self, CollectArgs, DownloadArgs};
use super::told::Shown;
use super::{On, Table, print, tell_list};
use crate::partial::say_not_read;
use crate::terminal::{one_line, say, stdout};

const EXAMPLES: &str = "\
Examples:
  rosefish logs 10.0.0.7 --last 20 --user root
  rosefish logs 10.0.0.7 --since 2d --severity warning --user root
  rosefish logs 10.0.0.7 --log IML --save iml.json --user root
  rosefish logs 10.0.0.7 --follow --user root
  rosefish logs list 10.0.0.7 --user root                which logs there are
  rosefish logs clear 10.0.0.7 --log SEL --user root
  rosefish logs collect 10.0.0.7 --kind manager --save dump.tar --user root
  rosefish logs download 10.0.0.7 74 --save dump.tar --user root    the file that an entry names

--since takes a time (2026-11-27, 2026-11-27T18:00:00Z) or how long ago (90m, 12h, 7d). Entries without a time count as made when
the one before them was; entries that don't say how bad they are are shown with any --severity.";

/// How often to look for new entries.
const INTERVAL: Duration = Duration::from_secs(5);
/// How many of the newest entries of each log are read then.
pub(crate) const NEWEST: usize = 50;

/// Severities that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SeverityName {
    Ok,
    Warning,
    Critical,
}

/// Show, save or clear the logs of a machine; collect diagnostic data
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LogsArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the logs.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show the entries of all logs, or of one
    Show(ShowArgs),
    /// Show which logs there are
    List(On),
    /// Erase the entries of a log
    Clear(ClearArgs),
    /// Have diagnostic data collected (dumps), and save it
    Collect(CollectArgs),
    /// Save the file that an entry names
    Download(DownloadArgs),
}

#[derive(Debug, Args)]
struct ShowArgs {
    #[command(flatten)]
    on: On,
    /// Only this log, by Id, name or URI
    #[arg(long, value_name = "LOG")]
    log: Option<Selector>,
    /// Only entries made since then
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<DateTime>,
    /// Only entries as bad as this, or worse
    #[arg(long, value_name = "SEVERITY")]
    severity: Option<SeverityName>,
    /// Only the newest N entries
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Continue with new entries as they come, until Ctrl-C
    #[arg(long, conflicts_with = "save")]
    follow: bool,
    /// Write the entries to a file as JSON
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ClearArgs {
    #[command(flatten)]
    on: On,
    /// The log, by Id, name or URI; `list` shows which there are
    #[arg(long, value_name = "LOG")]
    log: Selector,
}

/// Reads a time, or how long ago it was.
pub(super) fn since(text: &str) -> Result<DateTime, String> {
    let ago = text.strip_suffix(['s', 'm', 'h', 'd']).and_then(|number| number.parse::<u64>().ok());
    let unit = match text.chars().last() {
        Some('m') => 60,
        Some('h') => 3600,
        Some('d') => 86_400,
        _ => 1,
    };
    let past = ago.and_then(|ago| SystemTime::now().checked_sub(Duration::from_secs(ago.checked_mul(unit)?)));
    if let Some(past) = past {
        let seconds = past.duration_since(SystemTime::UNIX_EPOCH).map_err(|_| "that is before 1970".to_owned())?;
        return Ok(utc(seconds.as_secs()));
    }
    let time = match text.len() {
        10 => DateTime::from(format!("{text}T00:00:00Z")),
        _ => DateTime::from(text),
    };
    match time.timestamp() {
        Some(_) => Ok(time),
        None => {
            Err("expected a time such as 2026-11-27 or 2026-11-27T18:00:00Z, or how long ago, such as 12h or 7d"
                .to_owned())
        }
    }
}

/// Converts seconds since 1970 to a time (the days by Howard Hinnant's `civil_from_days`).
fn utc(seconds: u64) -> DateTime {
    let (days, rest) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3600, rest / 60 % 60, rest % 60);
    DateTime::from(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

pub(crate) async fn run(args: LogsArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(args) => show(args).await,
        Verb::List(on) => on.tell_list(async |host| host.logs().await, list).await,
        Verb::Clear(args) => {
            let clear = async |host: &Host| host.clear_log(args.log.clone()).await;
            args.on.tell(clear, |_, log| format!("cleared {log}\n")).await
        }
        Verb::Collect(args) => diagnostics::collect(args).await,
        Verb::Download(args) => diagnostics::download(args).await,
    }
}

async fn show(args: ShowArgs) -> anyhow::Result<ExitCode> {
    let mut query = LogQuery::all();
    query.log = args.log;
    query.since = args.since;
    query.last = args.last;
    query.severity = args.severity.map(|severity| match severity {
        SeverityName::Ok => Severity::Ok,
        SeverityName::Warning => Severity::Warning,
        SeverityName::Critical => Severity::Critical,
    });
    if args.follow {
        return args.on.with(async |host| Ok(follow(host, query, args.on.json).await)).await?;
    }
    let found = args.on.with(async |host| host.log_entries(query).await).await?;
    if let Some(file) = &args.save {
        return save(&found, &args.on.target.file(file, true)?);
    }
    tell_list(&found, args.on.json, table)
}

fn save(found: &Outcome<Partial<LogEntry>>, file: &Path) -> anyhow::Result<ExitCode> {
    let text = format!("{:#}\n", serde_json::to_value(&found.value.items)?);
    std::fs::write(file, text).with_context(|| format!("--save {}", file.display()))?;
    print(&format!("{} entries in {}\n", found.value.items.len(), file.display()))?;
    Ok(crate::partial::tell_missing(&found.value.missing))
}

/// Shows the entries that there are, then new ones as they come, each once.
async fn follow(host: &Host, mut query: LogQuery, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut shown = HashSet::new();
    let mut is_first = true;
    let mut said = HashSet::new();
    loop {
        match host.log_entries(query.clone()).await {
            Ok(found) => {
                let Partial { items, missing } = found.value;
                say_not_read(missing.iter().filter(|missing| said.insert(missing.place.clone())));
                let new: Vec<_> = items.into_iter().filter(|one| shown.insert(mark(one))).collect();
                show_new(&new, as_json, is_first)?;
                is_first = false;
                query.last = Some(NEWEST);
            }
            // This ends if nothing was read yet, or if the login is refused. Otherwise, a BMC may just be away for a while.
            Err(error) if is_first || error.is_auth() => return Err(error.into()),
            Err(error) => say!("rosefish: {}", one_line(&error.report())),
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

/// Returns what distinguishes an entry from all others. A log that was cleared begins with the same numbers again.
pub(crate) fn mark(one: &LogEntry) -> String {
    format!("{} {} {:?} {}", one.log, one.entry.id, one.entry.time, one.entry.message)
}

/// In JSON, an entry is a line.
fn show_new(new: &[LogEntry], as_json: bool, with_headings: bool) -> anyhow::Result<()> {
    if as_json {
        let mut out = stdout();
        for entry in new {
            writeln!(out, "{}", serde_json::to_string(entry)?)?;
        }
        out.flush()?;
    } else {
        let table = table(new);
        Shown::from(if with_headings { table } else { table.without_headings() }).print()?;
    }
    Ok(())
}

fn list(all: &[LogInfo]) -> Table {
    let mut table = Table::new(&["LOG", "NAME", "KIND", "STATE", "COLLECTS", "URI"]);
    for log in all {
        let state = if log.enabled == Some(false) { "disabled" } else { "" };
        let kind = log.kind.clone().unwrap_or_default();
        let collects = match log.collects.as_deref() {
            None => String::new(),
            Some([]) => "data".to_owned(),
            Some(kinds) => kinds.join(", "),
        };
        table.row([log.log.clone(), log.name.clone(), kind, state.to_owned(), collects, log.uri.clone()]);
    }
    table
}

pub(crate) fn table(all: &[LogEntry]) -> Table {
    let mut table = Table::new(&["TIME", "LOG", "ID", "SEVERITY", "SENSOR", "MESSAGE"]);
    for LogEntry { log, entry, .. } in all {
        let severity = entry.severity.map(|severity| severity.to_string()).unwrap_or_default();
        let since_start = || entry.seconds_since_start.map(|seconds| format!("{seconds} s after start"));
        let time = entry.time.as_ref().map(ToString::to_string).or_else(since_start).unwrap_or_default();
        let sensor = entry.sensor.clone().unwrap_or_default();
        let mut message = entry.message.clone();
        if let Some(attached) = &entry.attached {
            let size = attached.bytes.map_or_else(|| "a file".to_owned(), |bytes| format!("a file of {bytes} bytes"));
            message.push_str(&format!("{}[{size}]", if message.is_empty() { "" } else { " " }));
        }
        table.row([time, log.clone(), entry.id.clone(), severity, sensor, message]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        for (text, time) in
            [("2026-11-27", "2026-11-27T00:00:00Z"), ("2026-11-27T18:00:00+01:00", "2026-11-27T18:00:00+01:00")]
        {
            assert_eq!(since(text).unwrap().as_str(), time);
        }
        for (seconds, time) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_827_696, "2000-02-29T12:34:56Z"),
            (1_795_824_000, "2026-11-28T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds).as_str(), time);
        }
        let (hour, day) = (since("1h").unwrap(), since("24h").unwrap());
        assert!(day < hour && since("1d").unwrap() <= hour);
        for wrong in ["yesterday", "2026-13-01", "7w", "d", ""] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
