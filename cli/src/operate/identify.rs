//! `rosefish identify`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use rosefish::host::Identify;

use super::{Target, tell, tell_each};

/// Show or switch the identify LED
#[derive(Debug, Args)]
pub(crate) struct IdentifyArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with it.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show whether it is on, of each system
    Status(StatusArgs),
    /// Switch it on
    On(OnArgs),
    /// Switch it off
    Off(StatusArgs),
}

#[derive(Debug, Args)]
struct StatusArgs {
    #[command(flatten)]
    target: Target,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct OnArgs {
    /// For so many seconds; IPMI alone can do that
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=255))]
    seconds: Option<u64>,
    #[command(flatten)]
    rest: StatusArgs,
}

pub(crate) async fn run(args: IdentifyArgs) -> anyhow::Result<ExitCode> {
    let word = |on: &bool| if *on { "on" } else { "off" }.to_owned();
    let (StatusArgs { target, json }, action) = match args.verb {
        Verb::Status(StatusArgs { target, json }) => {
            let states = target.with(async |host| host.identify_states().await).await?;
            return tell_each(&states, json, "IDENTIFY", word);
        }
        Verb::Off(args) => (args, Identify::Off),
        Verb::On(OnArgs { seconds, rest }) => {
            (rest, seconds.map_or(Identify::On, |seconds| Identify::For(Duration::from_secs(seconds))))
        }
    };
    let done = target.with(async |host| host.identify(action).await).await?;
    tell(&done, json, |on| format!("{}\n", word(on)))
}
