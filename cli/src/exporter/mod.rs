//! `rosefish exporter`: what hosts measure and how they are, for Prometheus. A host keeps its session from one
//! scrape to the next ([`crate::monitor`]); what a scrape found becomes families of metrics ([`family`]), which the [`server`]
//! answers with, in the format that was asked for ([`encode`]).

mod encode;
mod family;
mod negotiate;
mod server;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::fleet::options::Limits;
use crate::host::seconds;
use crate::interrupt::INTERRUPTED;
use crate::monitor::machine::Reading;
use crate::monitor::{COMPONENTS_EVERY, PARALLEL, ask_passwords};
use crate::operate::Target;
use server::Exporter;

const EXAMPLES: &str = "\
Examples:
  rosefish exporter @cluster                          the hosts of the inventory, at http://127.0.0.1:9610/metrics
  rosefish exporter node[01-64]-ipmi --user monitor --listen 10.0.0.1:9610
  curl 'http://127.0.0.1:9610/metrics?target=node07'  one of them

/metrics?target=NAME reads one host, by its name in the list, and /metrics all of them. A scrape ends in the time that Prometheus
gives it, with what is known by then. docs/exporter.md has the metrics, and how Prometheus is told of the hosts.";

/// Serve what hosts measure and how they are as metrics for Prometheus, until Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ExporterArgs {
    #[command(flatten)]
    target: Target,
    /// The address to serve at. Everyone who can connect to it can read the metrics
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9610")]
    listen: SocketAddr,
    /// Read components and firmware, and logs, again when what is known of them is older than so many seconds [default: 300]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    components_every: Option<Duration>,
    /// Don't read components and firmware, which takes many requests
    #[arg(long)]
    no_components: bool,
    /// Count the entries that are new in the logs, by how bad they are: reads the 50 newest, every --components-every seconds
    #[arg(long)]
    logs: bool,
    #[command(flatten)]
    limits: Limits,
}

/// Serves until it is interrupted. Each host has its own arguments; what is not about a host is the same in all.
pub(crate) async fn run(each: Vec<ExporterArgs>) -> anyhow::Result<ExitCode> {
    let Some(first) = each.first() else { anyhow::bail!("no hosts") };
    let many = &first.limits.0;
    let reading = Reading {
        components: !first.no_components,
        logs: first.logs,
        every: first.components_every.unwrap_or(COMPONENTS_EVERY),
        longest: many.host_deadline,
        says: true,
    };
    let (listen, parallel, deadline) = (first.listen, many.parallel.unwrap_or(PARALLEL).into(), many.deadline);
    let targets: Vec<Target> = each.into_iter().map(|args| args.target).collect();
    ask_passwords(&targets)?;
    let exporter = Exporter::new(targets, reading, parallel, deadline);
    exporter.serve(listen).await?;
    Ok(INTERRUPTED.into())
}
