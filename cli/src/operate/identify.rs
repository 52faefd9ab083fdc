//! `rosefish identify`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use rosefish::host::Identify;

use super::{On, tell_each};

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
    Status(On),
    /// Switch it on
    On(OnArgs),
    /// Switch it off
    Off(On),
}

#[derive(Debug, Args)]
struct OnArgs {
    /// For so many seconds; IPMI alone can do that
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=255))]
    seconds: Option<u64>,
    #[command(flatten)]
    on: On,
}

pub(crate) async fn run(args: IdentifyArgs) -> anyhow::Result<ExitCode> {
    let word = |on: &bool| if *on { "on" } else { "off" }.to_owned();
    let (on, action) = match args.verb {
        Verb::Status(on) => {
            let states = on.with(async |host| host.identify_states().await).await?;
            return tell_each(&states, on.json, "IDENTIFY", word);
        }
        Verb::Off(on) => (on, Identify::Off),
        Verb::On(OnArgs { seconds, on }) => {
            (on, seconds.map_or(Identify::On, |seconds| Identify::For(Duration::from_secs(seconds))))
        }
    };
    on.tell(async |host| host.identify(action).await, |_, on| format!("{}\n", word(on))).await
}
