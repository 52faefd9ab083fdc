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

pub(crate) use report::Report;

/// Decode payloads and tell where they depart from the schemas.
///
/// A payload's type is what its `@odata.type` says, else what stands at its URI (its `@odata.id`, or the path of its file
/// from `redfish/v1` on), else the resource of which nothing is known but what all have.
///
/// Exit code 1 if a payload is no JSON, or does not come back the same when it is decoded and encoded.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// A folder with *.json files, or a single file
    #[arg(value_name = "PATH")]
    target: String,
    /// One JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) async fn run(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let report = folder(Path::new(&args.target))?;
    let text = if args.json { format!("{:#}\n", report.to_json()) } else { report.to_table() };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
