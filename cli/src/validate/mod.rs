//! `rosefish validate`: holds a service or payloads in files against the standard. It is as strict as `rosefish check` is lenient,
//! takes the schemas version by version ([`schema`]), and names the rule for each thing that it finds ([`rule`]).

mod answers;
mod finding;
mod folder;
mod json;
mod payload;
mod profile;
mod report;
mod rule;
mod schema;
mod service;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use rosefish::Client;

use crate::host::{HostArgs, log_out, split_url};
use crate::operate::print;
use crate::partial::{self, FOUND, say_not_read};
use answers::Answers;
use finding::Findings;
use rule::Severity;
use schema::library::Library;

const EXAMPLES: &str = "\
Examples:
  rosefish validate https://bmc --user root                       walk a service and judge what it answers
  rosefish validate captured/                                     the same of payloads in files
  rosefish validate https://bmc --user root --profile OCP.json    and hold it against an interoperability profile
  rosefish validate captured/ --html report.html --junit report.xml

docs/validate.md lists the rules. The exit code is 4 if there are errors, else 3 if something could not be read.";

/// Judge a service or payloads by the standard: types, URIs, references, actions, annotations, HTTP; and by a profile
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ValidateArgs {
    /// A folder with *.json files, a single file, or the URL of a service (https://...) to walk
    #[arg(value_name = "PATH|URL")]
    target: String,
    /// An interoperability profile (DSP8013) to hold it against as well; those that it requires are looked for beside it
    #[arg(long, value_name = "FILE")]
    profile: Vec<PathBuf>,
    /// CSDL files of a vendor or of another release of the schemas, which count before those of this program
    #[arg(long, value_name = "DIR")]
    schemas: Vec<PathBuf>,
    /// Write the report as a web page
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the report as JUnit's XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) async fn run(args: ValidateArgs) -> anyhow::Result<ExitCode> {
    let library = Library::new(&args.schemas)?;
    let mut findings = Findings::default();
    let (answers, unread) = match args.target.contains("://") {
        true => service(&args, &mut findings).await?,
        false => folder::read(Path::new(&args.target))?,
    };
    payload::check_all(&library, &answers, &mut findings);
    for file in &args.profile {
        profile::check(file, &answers, &mut findings)?;
    }
    findings.sort();
    let write = |file: &Option<PathBuf>, text: &dyn Fn() -> String| match file {
        Some(file) => fs::write(file, text()).with_context(|| file.display().to_string()),
        None => Ok(()),
    };
    write(&args.html, &|| report::html::report(&findings, &args.target, &unread))?;
    let places = || answers.iter().filter(|answer| !answer.aside).map(|answer| answer.place.as_str());
    write(&args.junit, &|| report::junit::report(&findings, &args.target, places(), &unread))?;
    print(&match args.json {
        true => format!("{:#}\n", report::json::report(&findings, &unread)),
        false => report::table::report(&findings),
    })?;
    say_not_read(&unread);
    Ok(match findings.count(Severity::Error) {
        0 => partial::code(unread.is_empty()),
        _ => FOUND.into(),
    })
}

/// Reads a service, and judges how it answers.
async fn service(args: &ValidateArgs, findings: &mut Findings) -> anyhow::Result<(Answers, Vec<String>)> {
    let (origin, _) = split_url(&args.target)?;
    let client = args.host.connect(origin).await?;
    let (answers, mut unread) = service::crawl::crawl(&client).await;
    service::check_headers(&answers, findings);
    let mut anonymous = None;
    if args.host.user.is_some() {
        match args.host.options(origin)?(Client::builder(origin)).connect().await {
            Ok(client) => anonymous = Some(client),
            Err(error) => unread.push(format!("/redfish/v1/ without login: {}", error.report())),
        }
    }
    unread.extend(service::probe::probe(&client, anonymous.as_ref(), &answers, findings).await);
    log_out(client).await;
    Ok((answers, unread))
}
