//! `rosefish power`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::host::Manner;

use super::{Target, tell};

const EXAMPLES: &str = "\
Examples:
  rosefish power 10.0.0.7 --user root              is it on?
  rosefish power 10.0.0.7 on --user root
  rosefish power 10.0.0.7 off --user root          asks the operating system to shut down
  rosefish power 10.0.0.7 off --force --user root  pulls the plug";

/// What to do with the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Tell whether it is on
    Status,
    /// Turn it on
    On,
    /// Have the operating system shut down; with --force, turn it off at once
    Off,
    /// Turn it off at once, and on again
    Cycle,
    /// Have the operating system restart (Redfish alone can); with --force, reset at once
    Reset,
    /// Send a diagnostic interrupt (NMI)
    Nmi,
}

/// Tell or change the power of a machine
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PowerArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "status", hide_default_value = true)]
    action: Action,
    /// Don't ask the operating system: what it hasn't written is lost
    #[arg(long)]
    force: bool,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: PowerArgs) -> anyhow::Result<ExitCode> {
    let manner = if args.force { Manner::Forced } else { Manner::Graceful };
    if args.action == Action::Status {
        let state = args.target.with(async |host| host.power_state().await).await?;
        return tell(&state, args.json, |state| format!("{state}\n"));
    }
    let done = args
        .target
        .with(async |host| match args.action {
            Action::Status | Action::On => host.power_on().await,
            Action::Off => host.power_off(manner).await,
            Action::Cycle => host.power_cycle().await,
            Action::Reset => host.reset(manner).await,
            Action::Nmi => host.diagnostic_interrupt().await,
        })
        .await?;
    let text = match args.action {
        Action::Status | Action::On => "turned on",
        Action::Off if args.force => "turned off",
        Action::Off => "asked to shut down",
        Action::Cycle => "turned off and on",
        Action::Reset if args.force => "reset",
        Action::Reset => "asked to restart",
        Action::Nmi => "interrupt sent",
    };
    tell(&done, args.json, |()| format!("{text}\n"))
}
