//! `rosefish bmc`: the BMC itself.

use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{Target, tell};

/// What to do with the BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Tell what it is
    Info,
    /// Restart it; the machine runs on
    Reset,
}

/// Tell what a BMC is, or restart it
#[derive(Debug, Args)]
pub(crate) struct BmcArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "info", hide_default_value = true)]
    action: Action,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: BmcArgs) -> anyhow::Result<ExitCode> {
    if args.action == Action::Reset {
        let done = args.target.with(async |host| host.reset_controller().await).await?;
        return tell(&done, args.json, |()| "the BMC restarts\n".to_owned());
    }
    let found = args.target.with(async |host| host.controller().await).await?;
    tell(&found, args.json, |found| {
        let lines = [
            ("Manufacturer", &found.manufacturer),
            ("Model", &found.model),
            ("Firmware", &found.firmware),
            ("Protocol", &found.protocol_version),
        ];
        let told = lines.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name:<13} {value}\n")));
        told.collect()
    })
}
