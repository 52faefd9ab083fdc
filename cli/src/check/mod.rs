//! `rosefish check`: decodes payloads, from files or from a service, and shows where they depart from the schemas.

mod json;
mod leaves;
mod report;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;

use crate::walk::unread_line;
use rosefish::walk::Walk;

use crate::files;
use crate::host::{HostArgs, log_out, split_url};
use crate::partial::{self, say_not_read};
use crate::terminal::stdout;

pub(crate) use report::Report;

/// Decode payloads and show where they depart from the schemas.
///
/// A payload's type is what its `@odata.type` says, else what stands at its URI (its `@odata.id`, or the path of its file
/// from `redfish/v1` on), else the resource of which nothing is known but what all have.
///
/// Exit code 1 if a payload is not JSON, or does not come back the same when it is decoded and encoded; else 3 if something
/// could not be read.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A folder with *.json files, a single file, or the URL of a service (https://...) to walk
    #[arg(value_name = "PATH|URL")]
    target: String,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    host: HostArgs,
}

/// Runs the command.
pub(crate) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let (report, unread) = match args.target.contains("://") {
        true => service(&args.target, &args.host).await?,
        false => folder(Path::new(&args.target))?,
    };
    let text = if args.json { format!("{:#}\n", report.to_json()) } else { report.to_table() };
    stdout().write_all(text.as_bytes())?;
    say_not_read(&unread);
    Ok(if report.is_clean() { partial::code(unread.is_empty()) } else { ExitCode::FAILURE })
}

/// Decodes everything that a service has; what could not be read in words beside it.
async fn service(url: &str, host: &HostArgs) -> anyhow::Result<(Report, Vec<String>)> {
    let (origin, _) = split_url(url)?;
    let client = host.connect(origin).await?;
    let (mut visits, mut report, mut unread) = (Walk::new(&client).visits(), Report::default(), Vec::new());
    while let Some(visit) = visits.next().await {
        match &visit.resource {
            Ok(resource) => {
                let table = Some(resource.table()).filter(|table| table.schema() != "Resource");
                report.add(&visit.uri, resource.json().as_bytes(), table);
            }
            Err(why) => unread.push(unread_line(&visit.uri, why)),
        }
    }
    if visits.is_cut() {
        unread.push(format!("what is behind the first {} resources", visits.visited()));
    }
    drop(visits);
    log_out(client).await;
    Ok((report, unread))
}

/// Decodes all `*.json` files of a folder and of those within it; what could not be read in words beside it.
fn folder(path: &Path) -> anyhow::Result<(Report, Vec<String>)> {
    let mut report = Report::default();
    let unread = files::each(path, |place, bytes| report.add(place, bytes, None))?;
    Ok((report, unread))
}
