//! `rosefish walk`: everything that a service has, found by following its links with types. The command itself is here;
//! following links is the library's ([`rosefish::walk`]), adding up [`Summary`]'s.

mod reach;
mod summary;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use crate::terminal::{one_line, say, stdout};
use anyhow::Context as _;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use rosefish::walk::Unreached;
use rosefish::{Client, Credentials};
use rosefish_mock::MockBmc;

pub(crate) use reach::ReachArgs;
pub use summary::Summary;

use crate::capture;
use crate::fleet::current::MaybeService;
use crate::host::{HostArgs, log_out, split_url};
use crate::interrupt::{INTERRUPTED, interrupt, uninterrupted};
use crate::partial::{self, say_not_read};

const EXAMPLES: &str = "\
Examples:
  rosefish walk --demo                       a machine that rosefish carries
  rosefish walk https://bmc --user root      asks for the password
  rosefish walk bmc --user root --pin $PIN   trusts a certificate by its SHA-256
  rosefish walk bmc --insecure --deviations  with every deviation, one line each
  rosefish walk bmc --json | jq .types
  rosefish walk bmc --no-logs --skip '/redfish/v1/Registries/**'
  rosefish walk @rack7 --json                a line of JSON for each host

A walk reads and changes nothing, but for the session that it opens and closes. It exits 3 when something could \
not be read, and 1 when that is the service root.";

/// Read everything a service has, and report
///
/// Starts at the service root and follows every link, each resource once. Ends with what there is by type, what could
/// not be read, and where the service departs from the schemas.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct WalkArgs {
    #[command(flatten)]
    service: MaybeService,
    /// Walk a machine that rosefish carries, served in this process
    #[arg(long)]
    demo: bool,
    /// Name every deviation from the schemas, not only their numbers
    #[arg(long)]
    deviations: bool,
    /// One JSON object of each host on standard output; what could not be read is named on standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: ReachArgs,
    #[command(flatten)]
    host: HostArgs,
}

pub(crate) async fn run(args: WalkArgs) -> anyhow::Result<ExitCode> {
    let demo = if args.demo { Some(MockBmc::start().await?) } else { None };
    let connecting = async {
        match (&demo, &args.service.0) {
            (Some(bmc), _) => connect_demo(bmc).await,
            (None, url) => {
                let (origin, _) = split_url(url.as_deref().context("name a host")?)?;
                args.host.connect(origin).await
            }
        }
    };
    let Some(client) = uninterrupted(connecting).await else { return Ok(INTERRUPTED.into()) };
    let client = client?;
    let origin = client.origin().trim_end_matches('/').to_owned();
    let Walked { summary, interrupted } = walk(&client, &args.reach, args.deviations).await;
    // This also happens after Ctrl-C.
    log_out(client).await;

    let mut out = stdout();
    if args.json {
        say_not_read(summary.unread());
        writeln!(out, "{}", summary.to_json())?;
    } else {
        write!(out, "{}", summary.to_table(&origin))?;
    }
    out.flush()?;
    if summary.wants_login() && args.host.user.is_none() && !args.demo {
        say!("rosefish: some of it is shown to users only: name one with --user");
    }
    Ok(match (interrupted, summary.root_was_read()) {
        (true, _) => INTERRUPTED.into(),
        (false, true) => partial::code(summary.unread().next().is_none()),
        (false, false) => ExitCode::FAILURE,
    })
}

async fn connect_demo(bmc: &MockBmc) -> anyhow::Result<Client> {
    let mut builder = Client::builder(&bmc.url()).credentials(Credentials::new(bmc.user(), bmc.password()));
    if let Some(pem) = bmc.certificate_pem() {
        builder = builder.ca_pem(pem.as_bytes().to_vec());
    }
    Ok(builder.connect().await?)
}

/// Returns a line that names a place without a resource, and why there is none.
pub(crate) fn unread_line(uri: &str, why: &Unreached) -> String {
    let said = why.error().map_or_else(|| why.to_string(), rosefish::Error::report);
    format!("{uri}: {}", said.strip_prefix(&format!("GET {uri}: ")).unwrap_or(&said))
}

struct Walked {
    summary: Summary,
    interrupted: bool,
}

async fn walk(client: &Client, reach: &ReachArgs, verbose: bool) -> Walked {
    let begun = Instant::now();
    let progress = progress();
    let mut visits = reach.walk(client).visits();
    let mut summary = Summary::default();
    let interrupt = interrupt();
    tokio::pin!(interrupt);
    let interrupted = loop {
        let visit = tokio::select! {
            visit = visits.next() => visit,
            _ = &mut interrupt => break true,
        };
        let Some(visit) = visit else { break false };
        if verbose && let Ok(resource) = &visit.resource {
            progress.suspend(|| {
                for deviation in resource.deviations() {
                    say!("{}#{deviation}", visit.uri);
                }
            });
        }
        summary.add(&visit);
        progress.set_length(visits.known() as u64);
        progress.set_position(visits.visited() as u64);
        progress.set_message(one_line(&visit.uri));
    };
    if visits.is_cut() {
        say!("rosefish: there is more than the first {} resources", visits.visited());
    }
    progress.finish_and_clear();
    let traffic = client.traffic();
    summary.finish(traffic.requests, traffic.bytes, begun.elapsed());
    Walked { summary, interrupted }
}

/// Drawn on standard error, and on a terminal only. Many hosts have one together.
fn progress() -> ProgressBar {
    if capture::is_on() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1);
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {elapsed} {wide_msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
