//! `rosefish mock`: a BMC to try things on, from `rosefish-mock`.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rosefish_mock::fault::Faults;
use rosefish_mock::ipmi::MockIpmi;
use rosefish_mock::{DEFAULT_PASSWORD, DEFAULT_USER, MockBmc, Quirk, Tree};

use crate::password::PASSWORD_VARIABLE;
use crate::terminal::{say, stdout};

const EXAMPLES: &str = "\
Examples:
  rosefish mock                          a two-socket server, on any free port
  rosefish mock captured/ --port 8443    payloads captured from a machine
  rosefish mock --plain --port 8000      HTTP without TLS
  rosefish mock --ipmi 6230              with an IPMI service beside it
  rosefish mock --real-time              with resets, restarts and updates that take a machine's time
  rosefish mock --quirk account-slots    as some vendors do it
  rosefish mock --faults 0.2 --seed 7    every fifth request goes wrong
  rosefish mock --control                faults on request:
    curl --insecure --json '{ \"path\": \"/redfish/v1/Systems\", \"then\": { \"status\": 503 } }' URL/mock/faults
  ROSEFISH_PASSWORD=rosefish rosefish walk URL --user admin --insecure

The first line on standard output is the URL. What clients change is kept in memory only.

A folder holds one resource per file: in the layout of DMTF's mockups, for example \
redfish/v1/Systems/index.json, or as name.json files that say in @odata.id where they belong.";

/// Serve a BMC to try things on, until Ctrl-C
///
/// A Redfish service on a loopback port that behaves as a machine's: sessions, queries, changes, resets, tasks, events,
/// firmware updates, virtual media and accounts.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct MockArgs {
    /// A folder of payloads to serve; without it, the machine that rosefish carries
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The TCP port on 127.0.0.1; 0 is one that the system chooses
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// The user that may log in
    #[arg(long, value_name = "NAME", default_value = DEFAULT_USER)]
    user: String,
    /// The user's password. It is a mock's: don't use one that matters
    #[arg(long, value_name = "PASSWORD", env = PASSWORD_VARIABLE, hide_env_values = true, default_value = DEFAULT_PASSWORD)]
    password: String,
    /// Speak HTTP without TLS
    #[arg(long)]
    plain: bool,
    /// Let tests add faults and read the journal over HTTP, under /mock; see the examples
    #[arg(long)]
    control: bool,
    /// Do something as a vendor's service does it; may be given more than once. `--quirk list` names them
    #[arg(long, value_name = "NAME")]
    quirk: Vec<String>,
    /// Have random faults in this share of the requests, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    faults: f64,
    /// The seed of the random faults: the same seed gives the same faults
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Take at least so many milliseconds for every answer
    #[arg(long, value_name = "MS", default_value_t = 0)]
    latency: u64,
    /// Take the time of a machine: some seconds from one power state to the next, half a minute for a restart of
    /// the BMC and for a task. Without it all of that is nearly immediate
    #[arg(long)]
    real_time: bool,
    /// Serve collections in pages of so many members
    #[arg(long, value_name = "N")]
    page_size: Option<usize>,
    /// Speak IPMI over LAN as well, on this UDP port; its address is the second line
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "0")]
    ipmi: Option<u16>,
}

pub(crate) async fn run(args: MockArgs) -> anyhow::Result<ExitCode> {
    if args.quirk.iter().any(|name| name == "list") {
        let mut out = stdout();
        for quirk in Quirk::ALL {
            writeln!(out, "{:24} {}", quirk.as_str(), quirk.description())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let tree = match &args.dir {
        Some(dir) => Tree::from_dir(dir)?,
        None => Tree::demo(),
    };
    for problem in tree.problems() {
        say!("{problem}");
    }
    let resources = tree.len();
    let mut builder = MockBmc::builder().tree(tree).credentials(&args.user, &args.password).port(args.port);
    if args.plain {
        builder = builder.plain();
    }
    for name in &args.quirk {
        builder = builder.quirk(name.parse()?);
    }
    if args.control {
        builder = builder.control();
    }
    if args.real_time {
        let seconds = Duration::from_secs;
        builder = builder.power_delay(seconds(5)).restart_delay(seconds(20), seconds(10)).task_duration(seconds(30));
    }
    if let Some(members) = args.page_size {
        builder = builder.page_size(members);
    }
    builder = builder.faults(Faults::random(args.seed, args.faults)).latency(Duration::from_millis(args.latency));
    let bmc = builder.start().await?;
    let ipmi = match args.ipmi {
        Some(port) => Some(MockIpmi::builder().credentials(&args.user, &args.password).port(port).start().await?),
        None => None,
    };

    // A program that started this one waits for the address.
    let mut out = stdout();
    writeln!(out, "{}", bmc.url())?;
    if let Some(ipmi) = &ipmi {
        writeln!(out, "{}", ipmi.addr())?;
    }
    out.flush()?;
    drop(out);
    say!("{resources} resources; log in as {}; Ctrl-C ends it", bmc.user());
    if let Some(fingerprint) = bmc.fingerprint_sha256() {
        say!("trust its certificate with --pin {fingerprint}");
    }
    bmc.wait().await?;
    Ok(ExitCode::SUCCESS)
}
