//! `rosefish health`: a verdict, and the reasons for it.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::{Health, HealthReason, Partial, Severity};
use rosefish::wire::DateTime;
use serde_json::json;

use super::logs::since;
use super::told::Shown;
use super::{Table, Target, print, tell_attempts, to_json};
use crate::partial::{FOUND, tell_missing};

const EXAMPLES: &str = "\
Examples:
  rosefish health 10.0.0.7 --user root
  rosefish health 10.0.0.7 --since 7d --user root      also by what the logs have since then

The exit code is 0 if all is well, 4 if something is wrong, and 3 if nothing is, but not everything could be read.";

/// Show whether a machine is well, and if not, why
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct HealthArgs {
    #[command(flatten)]
    target: Target,
    /// Also look for warnings and worse in the logs since then: a time, or how long ago, such as 12h or 7d
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<DateTime>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: HealthArgs) -> anyhow::Result<ExitCode> {
    let found = args.target.with(async |host| host.health(args.since).await).await?;
    let Health { verdict, reasons, seen, .. } = &found.value;
    if args.json {
        let value = json!({ "verdict": verdict, "reasons": reasons.items, "seen": seen });
        let json = to_json(&found, &value, &reasons.missing)?;
        print(&format!("{json:#}\n"))?;
    } else {
        tell_attempts(&found.attempts);
        print(verdict_line(*verdict, *seen).as_str())?;
        Shown::from(table(reasons)).print()?;
    }
    let code = tell_missing(&reasons.missing);
    Ok(if *verdict == Severity::Ok { code } else { FOUND.into() })
}

fn verdict_line(verdict: Severity, seen: usize) -> String {
    match verdict {
        Severity::Ok if seen == 0 => "nothing says how it is\n".to_owned(),
        Severity::Ok => format!("ok, as {seen} components and sensors say\n"),
        verdict => format!("{verdict}\n"),
    }
}

fn table(reasons: &Partial<HealthReason>) -> Table {
    let mut table = Table::new(&["SEVERITY", "WHAT", "WHERE"]);
    for reason in reasons {
        table.row([reason.severity.to_string(), reason.text.clone(), reason.id.clone()]);
    }
    table
}
