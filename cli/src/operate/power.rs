//! `rosefish power`.

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::host::{HostPowerState, Manner};

use super::{Target, tell, tell_each};

const EXAMPLES: &str = "\
Examples:
  rosefish power 10.0.0.7 --user root              is it on?
  rosefish power 10.0.0.7 on --user root
  rosefish power 10.0.0.7 off --user root          asks the operating system to shut down
  rosefish power 10.0.0.7 off --force --user root  pulls the plug
  rosefish power https://10.0.0.7/redfish/v1/Systems/Node2 on --user root

`turned on` and `turned off` mean that the machine was seen to be. If it is not within 10 seconds, that is an error.";

/// What to do with the power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Show whether it is on, of each system
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

/// Show or change the power state of a machine
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
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: PowerArgs) -> anyhow::Result<ExitCode> {
    let manner = if args.force { Manner::Forced } else { Manner::Graceful };
    if args.action == Action::Status {
        let states = args.target.with(async |host| host.power_states().await).await?;
        return tell_each(&states, args.json, "POWER", ToString::to_string);
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
    let text = words(args.action, args.force, done.value.as_ref());
    tell(&done, args.json, |_| format!("{text}\n"))
}

/// What was done, as far as it was seen: what nobody has seen was asked for.
fn words(action: Action, force: bool, seen: Option<&HostPowerState>) -> &'static str {
    use HostPowerState as S;
    match (action, seen) {
        (Action::Status | Action::On, Some(S::On)) => "turned on",
        (Action::Status | Action::On, Some(S::PoweringOn)) => "powering on",
        (Action::Status | Action::On, _) => "asked to turn on",
        (Action::Off, _) if !force => "asked to shut down",
        (Action::Off, Some(S::Off)) => "turned off",
        (Action::Off, _) => "asked to turn off",
        (Action::Cycle, Some(S::On)) => "turned off and on",
        (Action::Cycle, Some(S::PoweringOn)) => "turned off, powering on",
        (Action::Cycle, _) => "asked to turn off and on",
        (Action::Reset, _) if force => "reset sent",
        (Action::Reset, _) => "asked to restart",
        (Action::Nmi, _) => "interrupt sent",
    }
}
