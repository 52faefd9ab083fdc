//! `rosefish logs collect` and `logs download`: diagnostic data, and the files that entries of logs name.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;
use clap::Args;
use rosefish::host::{CollectDiagnostics, DiagnosticData, DiagnosticKind, Outcome, SavedDiagnostics};
use rosefish::{Error, Selector};
use serde::Serialize;

use super::{On, tell};
use crate::partial::DONE_IN_PART;
use crate::terminal::{one_line, say};

#[derive(Debug, Args)]
pub(super) struct CollectArgs {
    #[command(flatten)]
    on: On,
    /// Of what: manager, pre-os (the system before its operating system runs), os, or oem (what --oem-kind says)
    #[arg(long, value_name = "KIND", default_value = "manager")]
    kind: DiagnosticKind,
    /// What the vendor calls it; of a Dell the data to select, with commas between
    #[arg(long, value_name = "NAME")]
    oem_kind: Option<String>,
    /// Into this log, by Id, name or URI [default: the only one that collects this kind]
    #[arg(long, value_name = "LOG")]
    log: Option<Selector>,
    /// Download it to this file, which must be a new one
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Give up after so many seconds [default: 3600]. The service continues
    #[arg(long, value_name = "SECONDS", value_parser = crate::host::seconds)]
    within: Option<Duration>,
}

#[derive(Debug, Args)]
pub(super) struct DownloadArgs {
    #[command(flatten)]
    on: On,
    /// The entry, by Id or URI
    #[arg(value_name = "ENTRY")]
    entry: Selector,
    /// Of this log, by Id, name or URI
    #[arg(long, value_name = "LOG")]
    log: Option<Selector>,
    /// The file, which must be a new one
    #[arg(long, value_name = "FILE")]
    save: PathBuf,
}

/// What is shown of collected data.
#[derive(Debug, Serialize)]
struct Told {
    #[serde(flatten)]
    data: DiagnosticData,
    saved: Option<Saved>,
}

#[derive(Debug, Serialize)]
struct Saved {
    file: String,
    #[serde(flatten)]
    saved: SavedDiagnostics,
}

/// Returns the file to write. It must not exist: it is better to find out before an hour of collecting.
fn new_file(on: &On, file: &Path) -> anyhow::Result<PathBuf> {
    let file = on.target.file(file, true)?;
    ensure!(!file.exists(), "--save {}: the file is there already, and is left as it is", file.display());
    Ok(file)
}

pub(super) async fn collect(args: CollectArgs) -> anyhow::Result<ExitCode> {
    let CollectArgs { on, kind, oem_kind, log, save, within } = args;
    let file = save.as_deref().map(|file| new_file(&on, file)).transpose()?;
    let mut what = CollectDiagnostics::new(kind);
    if let Some(name) = oem_kind {
        what = what.oem_kind(name);
    }
    if let Some(log) = log {
        what = what.log(log);
    }
    if let Some(within) = within {
        what = what.within(within);
    }
    let (done, saved) = on
        .with(async |host| {
            let done = host.collect_diagnostics(what).await?;
            let saved = match &file {
                Some(file) => Some(host.save_diagnostics(&done.value, file).await),
                None => None,
            };
            Ok((done, saved))
        })
        .await?;
    let found = done.value.uri.is_some();
    let file = file.unwrap_or_default();
    match saved.transpose() {
        Ok(saved) => {
            let code = shown(&on, done, saved.map(|saved| Saved { file: file.display().to_string(), saved }))?;
            Ok(if found { code } else { DONE_IN_PART.into() })
        }
        // The data was collected all the same.
        Err(error) => {
            shown(&on, done, None)?;
            say!("not saved: {}", one_line(&Error::report(&error)));
            Ok(DONE_IN_PART.into())
        }
    }
}

pub(super) async fn download(args: DownloadArgs) -> anyhow::Result<ExitCode> {
    let DownloadArgs { on, entry, log, save } = args;
    let file = new_file(&on, &save)?;
    let (found, saved) = on
        .with(async |host| {
            let found = host.log_attachment(log, entry).await?;
            let saved = host.save_diagnostics(&found.value, &file).await?;
            Ok((found, saved))
        })
        .await?;
    shown(&on, found, Some(Saved { file: file.display().to_string(), saved }))
}

fn shown(on: &On, done: Outcome<DiagnosticData>, saved: Option<Saved>) -> anyhow::Result<ExitCode> {
    let differs = saved.as_ref().filter(|saved| saved.saved.is_as_said() == Some(false));
    let differs = differs.map(|saved| (saved.saved.said.unwrap_or_default(), saved.saved.bytes));
    let address = on.target.address().to_owned();
    let is_collected = !done.sent.is_empty();
    let done = done.map(|data| Told { data, saved });
    let code = tell(&done, on.json, |told| text(told, &address, is_collected))?;
    let Some((said, bytes)) = differs else { return Ok(code) };
    say!("the entry says {said} bytes, and {bytes} came: the file may not be the whole one");
    Ok(DONE_IN_PART.into())
}

fn text(told: &Told, address: &str, is_collected: bool) -> String {
    let Told { data, saved } = told;
    if let Some(Saved { file, saved }) = saved {
        let verified = match saved.is_as_said() {
            Some(true) => "as many as the service says",
            Some(false) => "not as many as the entry says",
            None => "the service does not say how many there are",
        };
        return format!("saved {}: {} bytes, {verified}; SHA-256 {}\n", one_line(file), saved.bytes, saved.sha256);
    }
    let size = data.bytes.map(|bytes| format!(", {bytes} bytes")).unwrap_or_default();
    match (&data.entry, &data.uri) {
        (Some(entry), Some(_)) => {
            let entry = one_line(entry);
            format!("collected: entry {entry}{size}; `rosefish logs download {address} {entry} --save FILE` saves it\n")
        }
        (_, Some(uri)) if is_collected => format!("collected: {}{size}\n", one_line(uri)),
        (_, Some(uri)) => format!("always there, so that nothing was collected: {}{size}\n", one_line(uri)),
        (_, None) => "the service says that it was collected; no entry shows where it is\n".to_owned(),
    }
}
