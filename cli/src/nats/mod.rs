//! `rosefish fleet`: a command for many hosts is handed in as jobs, one for each host, and workers on other machines carry them out.
//! Between them is a NATS server with JetStream ([`server`]), which keeps the jobs, what was begun ([`store`]) and what came of it
//! ([`answer`]). A [`job`] has the arguments of a command as data; what may be in one says [`allowed`]. [`submit`] hands in, [`follow`]
//! waits for answers, and a [`worker`] takes jobs and gives each its [`turn`], with the engine that a command on this machine has.

mod allowed;
mod answer;
mod follow;
mod job;
pub(crate) mod program;
mod server;
mod stamp;
mod store;
mod submit;
mod turn;
mod worker;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use program::Program;

const EXAMPLES: &str = "\
Examples:
  rosefish fleet worker                                    for the hosts of hosts.toml, with its passwords
  rosefish fleet submit -- power status @cluster           a job for each host; shows what comes of them
  rosefish fleet submit -- power off node[01-64] --yes
  rosefish fleet submit --no-wait -- inventory @cluster --json
  rosefish fleet results 3f9a1c0d77e2b4a65c18

A worker is given the names of hosts and what to do; where they are and how to log in there it takes from its own hosts.toml. A change
is begun at most once: if a worker is lost on the way, its result is that nobody knows. docs/nats.md has what is promised.";

/// Have workers on other machines carry out commands for many hosts, through a NATS server
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FleetArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Hand in a command as one job for each host, and show what comes of them
    Submit(submit::SubmitArgs),
    /// Show what came of a command that was handed in
    Results(submit::ResultsArgs),
    /// Carry out the jobs for hosts that this computer's inventory has, until Ctrl-C
    Worker(worker::WorkerArgs),
}

pub(crate) async fn run(args: FleetArgs, program: Program) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Submit(args) => submit::run(args, program).await,
        Verb::Results(args) => submit::results(args, program).await,
        Verb::Worker(args) => worker::run(args, program).await,
    }
}
