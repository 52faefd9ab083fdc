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

use crate::walk::unread_line;
use rosefish::walk::Walk;

use crate::host::{HostArgs, log_out, split_url};
use crate::partial::{self, say_not_read};
use crate::terminal::stdout;

pub(crate) use report::Report;

/// Decode payloads and tell where they depart from the schemas.
///
/// A payload's type is what its `@odata.type` says, else what stands at its URI (its `@odata.id`, or the path of its file
/// from `redfish/v1` on), else the resource of which nothing is known but what all have.
///
/// Exit code 1 if a payload is no JSON, or does not come back the same when it is decoded and encoded; else 3 if something
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

/// Larger than any payload.
const LARGEST: u64 = 64 << 20;

/// Reads a regular file that is not larger than a payload may be.
fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let kind = fs::metadata(file)?;
    if !kind.is_file() || kind.len() > LARGEST {
        return Err(std::io::Error::other("it is not a file, or too large for a payload"));
    }
    fs::read(file)
}

/// Decodes all `*.json` files of a folder and of those within it; what could not be read in words beside it.
fn folder(path: &Path) -> anyhow::Result<(Report, Vec<String>)> {
    let (mut files, mut unread) = (Vec::new(), Vec::new());
    if path.is_file() {
        files.push(path.to_owned());
    } else {
        fs::read_dir(path).with_context(|| format!("{} can't be read", path.display()))?;
        let root = fs::canonicalize(path).with_context(|| format!("{} can't be read", path.display()))?;
        find(&root, path, &mut files, &mut unread);
        files.sort();
    }
    if files.is_empty() && unread.is_empty() {
        bail!("{} has no *.json files", path.display());
    }
    let mut report = Report::default();
    for file in files {
        let place = file.strip_prefix(path).unwrap_or(&file);
        let place = if place.as_os_str().is_empty() { &file } else { place };
        match read(&file) {
            Ok(bytes) => report.add(&place.to_string_lossy(), &bytes, None),
            Err(error) => unread.push(format!("{}: {error}", file.display())),
        }
    }
    Ok((report, unread))
}

/// Finds the files of a folder. A folder or file that can't be read hides none of the others.
fn find(root: &Path, folder: &Path, files: &mut Vec<PathBuf>, unread: &mut Vec<String>) {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => return unread.push(format!("{}: {error}", folder.display())),
    };
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?.is_dir()))) {
            Ok((path, true)) => find(root, &path, files, unread),
            Ok((path, false)) => {
                let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
                // A link that leads out of the folder is not followed: who made the folder may not read what is there.
                let is_within = || fs::canonicalize(&path).is_ok_and(|path| path.starts_with(root));
                match is_json {
                    true if path.is_file() && is_within() => files.push(path),
                    true if path.is_symlink() => {
                        unread.push(format!("{}: the link leads out of the folder", path.display()))
                    }
                    _ => {}
                }
            }
            Err(error) => unread.push(format!("{}: {error}", folder.display())),
        }
    }
}
