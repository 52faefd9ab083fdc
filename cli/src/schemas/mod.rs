//! `rosefish schemas`: the schemas that a service publishes, as files, and what differs between two folders of them.

mod fetch;
mod folder;
mod name;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use rosefish_codegen::{Difference, Manifest, Model, check, diff};
use serde_json::json;

use crate::partial::{FOUND, say_not_read};
use crate::service::Service;
use crate::terminal::{one_line, say, stdout};

const EXAMPLES: &str = "\
Examples:
  rosefish schemas fetch https://bmc theirs/ --user root   the CSDL, JSON Schema and OpenAPI files that it has
  rosefish schemas diff old/ theirs/                       what one has otherwise than the other
  rosefish schemas diff DSP8010/csdl DSP8010/openapi       folders of the standard's files do as well";

/// Fetch the schemas that a service publishes, or compare two folders of schemas
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SchemasArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a service's schemas to a folder
    ///
    /// Reads $metadata with every CSDL file that it refers to, the JSON Schemas, and openapi.yaml. Files that are on another
    /// host are named, and not read. Exit code 3 if something could not be read.
    Fetch(FetchArgs),
    /// Show what differs between two folders of schemas
    ///
    /// A folder that `fetch` made, or one of CSDL (*.xml), JSON Schema (*.json) or OpenAPI (*.yaml) files. Exit code 4 if
    /// something differs.
    Diff(DiffArgs),
}

#[derive(Debug, Args)]
struct FetchArgs {
    #[command(flatten)]
    service: Service,
    /// The folder to write to; it must not exist yet, or be empty
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct DiffArgs {
    /// The schemas to compare with
    #[arg(value_name = "A")]
    before: PathBuf,
    /// The schemas to compare
    #[arg(value_name = "B")]
    after: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: SchemasArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Fetch(args) => fetch(args).await,
        Verb::Diff(args) => compare(&args),
    }
}

async fn fetch(args: FetchArgs) -> anyhow::Result<ExitCode> {
    // Before anything is asked of the service.
    let mut folder = folder::Folder::prepare(&args.dir)?;
    let missing = args.service.with(async |client| Ok(fetch::all(client, &mut folder).await)).await?;
    let counts = folder.counts();
    if counts.iter().all(|(_, count)| *count == 0) {
        bail!("{}: it publishes no schemas: {}", args.service.address, missing.join("; "));
    }
    say_not_read(&missing);
    let text = if args.json {
        let files: serde_json::Map<String, serde_json::Value> =
            counts.iter().map(|(language, count)| ((*language).to_owned(), json!(count))).collect();
        args.service.json(json!({"dir": args.dir.display().to_string(), "files": files}), partial(&missing))
    } else {
        let files: Vec<String> = counts.iter().map(|(language, count)| format!("{count} of {language}")).collect();
        format!("{}: {}\n", args.dir.display(), files.join(", "))
    };
    stdout().write_all(text.as_bytes())?;
    Ok(crate::partial::code(missing.is_empty()))
}

fn compare(args: &DiffArgs) -> anyhow::Result<ExitCode> {
    let (before, after) = (model(&args.before)?, model(&args.after)?);
    let differences = diff(&before, &after);
    let text = match args.json {
        true => format!("{:#}\n", json!(differences.iter().map(row).collect::<Vec<_>>())),
        false => differences.iter().map(|difference| format!("{difference}\n")).collect(),
    };
    stdout().write_all(text.as_bytes())?;
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { FOUND.into() })
}

/// What was not fetched, as other commands have it: the place, where one is named, and why.
fn partial(missing: &[String]) -> serde_json::Value {
    let one = |text: &String| {
        let (place, why) = text.split_once(": ").unwrap_or(("", text));
        json!({"where": place, "kind": "not-fetched", "why": why})
    };
    json!(missing.iter().map(one).collect::<Vec<_>>())
}

fn row(difference: &Difference) -> serde_json::Value {
    let Difference { schema, item, aspect, before, after } = difference;
    json!({"schema": schema, "item": item, "aspect": aspect, "before": before, "after": after})
}

/// Compiles a folder of schemas, or the part of a fetched folder that says most.
fn model(folder: &Path) -> anyhow::Result<Model> {
    let parts = folder::LANGUAGES.iter().map(|language| folder.join(language));
    let part =
        parts.filter(|part| part.is_dir()).find(|part| part.read_dir().is_ok_and(|mut files| files.next().is_some()));
    check(&[part.unwrap_or_else(|| folder.to_owned())], &Manifest::default()).map_err(|errors| {
        for error in errors.iter().skip(1) {
            say!("rosefish: {}", one_line(&error.to_string()));
        }
        let first = errors.first().map(ToString::to_string).unwrap_or_default();
        anyhow::anyhow!("{} can't be compiled: {first}", folder.display())
    })
}
