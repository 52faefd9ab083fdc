//! `rosefish check`: decodes payloads, from files or from a service, and tells where they depart from the schemas.

mod json;
mod leaves;
mod report;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;

use crate::walk::said;
use rosefish::walk::Walk;

use crate::host::{HostArgs, log_out, split_url};

pub(crate) use report::Report;

/// Decode payloads and tell where they depart from the schemas.
///
/// A payload's type is what its `@odata.type` says, else what stands at its URI (its `@odata.id`, or the path of its file
/// from `redfish/v1` on), else the resource of which nothing is known but what all have.
///
/// Exit code 1 if a payload is no JSON, or does not come back the same when it is decoded and encoded.
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
    let report = match args.target.contains("://") {
        true => service(&args.target, &args.host).await?,
        false => folder(Path::new(&args.target))?,
    };
    let text = if args.json { format!("{:#}\n", report.to_json()) } else { report.to_table() };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Decodes everything that a service has.
async fn service(url: &str, host: &HostArgs) -> anyhow::Result<Report> {
    let (origin, _) = split_url(url)?;
    let client = host.connect(origin).await?;
    let (mut visits, mut report) = (Walk::new(&client).visits(), Report::default());
    while let Some(visit) = visits.next().await {
        match &visit.resource {
            Ok(resource) => {
                let table = Some(resource.table()).filter(|table| table.schema() != "Resource");
                report.add(&visit.uri, resource.json().as_bytes(), table);
            }
            Err(why) => eprintln!("{}: {}", visit.uri, said(why)),
        }
    }
    drop(visits);
    log_out(client).await;
    Ok(report)
}

/// Decodes all `*.json` files of a folder and of those within it.
fn folder(path: &Path) -> anyhow::Result<Report> {
    let mut files = Vec::new();
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        find(path, &mut files)?;
        files.sort();
    }
    if files.is_empty() {
        bail!("{} has no *.json files", path.display());
    }
    let mut report = Report::default();
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("{} can't be read", file.display()))?;
        let place = file.strip_prefix(path).unwrap_or(&file);
        let place = if place.as_os_str().is_empty() { &file } else { place };
        report.add(&place.to_string_lossy(), &bytes, None);
    }
    Ok(report)
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let unreadable = || format!("{} can't be read", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let (path, kind) = (entry.path(), entry.file_type().with_context(unreadable)?);
        if kind.is_dir() {
            find(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) && path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}
