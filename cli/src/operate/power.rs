//! `rosefish power`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand, ValueEnum};
use rosefish::host::{Host, HostPowerState, Manner, Outcome, PowerRestorePolicy};
use rosefish::schema::resource::ResetType;

use super::{On, Target, WaitArgs, power_limit, tell, tell_each};

const EXAMPLES: &str = "\
Examples:
  rosefish power 10.0.0.7 --user root                 is it on?
  rosefish power on 10.0.0.7 --user root
  rosefish power off 10.0.0.7 --user root             asks the operating system to shut down
  rosefish power off 10.0.0.7 --wait --user root      and waits until it is off, for up to 600 seconds
  rosefish power off 10.0.0.7 --force --user root     pulls the plug
  rosefish power reset 10.0.0.7 --wait=900 --user root
  rosefish power policy 10.0.0.7 last-state --user root
  rosefish power limit 10.0.0.7 --watts 400 --user root
  rosefish power cycle 10.0.0.7 --of-chassis --chassis Enclosure --user root
  rosefish power on https://10.0.0.7/redfish/v1/Systems/Node2 --user root

`turned on` and `turned off` mean that the machine was seen to be. If it is not within 10 seconds, that is an error; --wait
gives it longer. Where a machine has no word for what is wanted, two are sent, and shown.";

/// Show or change the power state of a machine
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PowerArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the power.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show whether it is on, of each system
    Status(On),
    /// Turn it on
    On(ChangeArgs),
    /// Have the operating system shut down; with --force, turn it off at once
    Off(ForceArgs),
    /// Turn it off at once, and on again
    Cycle(ChangeArgs),
    /// Have the operating system restart; with --force, reset at once
    Reset(ForceArgs),
    /// Send a diagnostic interrupt (NMI)
    Nmi(ChangeArgs),
    /// Show or set what happens when power returns
    Policy(PolicyArgs),
    /// Show power limits, or set one
    Limit(power_limit::LimitArgs),
}

#[derive(Debug, Args)]
struct ChangeArgs {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    waiting: WaitArgs,
    /// Reset the chassis itself, with everything in it (Redfish alone)
    #[arg(long)]
    of_chassis: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ForceArgs {
    /// Don't ask the operating system: what it hasn't written is lost
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    change: ChangeArgs,
}

#[derive(Debug, Args)]
struct PolicyArgs {
    #[command(flatten)]
    target: Target,
    /// What is to happen when power returns; without it, show what does
    #[arg(value_name = "POLICY")]
    policy: Option<PolicyName>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What a machine does when its power returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyName {
    /// It turns on
    AlwaysOn,
    /// It stays off
    AlwaysOff,
    /// It is what it was before
    LastState,
}

/// A change of the power state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    On,
    Off,
    Cycle,
    Reset,
    Nmi,
}

pub(crate) async fn run(args: PowerArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Status(args) => {
            let states = args.target.with(async |host| host.power_states().await).await?;
            tell_each(&states, args.json, "POWER", ToString::to_string)
        }
        Verb::Policy(args) => policy(args).await,
        Verb::Limit(args) => power_limit::run(args).await,
        Verb::On(args) => changed(args, Action::On, false).await,
        Verb::Off(ForceArgs { change, force }) => changed(change, Action::Off, force).await,
        Verb::Cycle(args) => changed(args, Action::Cycle, false).await,
        Verb::Reset(ForceArgs { change, force }) => changed(change, Action::Reset, force).await,
        Verb::Nmi(args) => changed(args, Action::Nmi, false).await,
    }
}

async fn policy(args: PolicyArgs) -> anyhow::Result<ExitCode> {
    let Some(policy) = args.policy else {
        let found = args.target.with(async |host| host.power_restore_policies().await).await?;
        return tell_each(&found, args.json, "POLICY", ToString::to_string);
    };
    let policy = match policy {
        PolicyName::AlwaysOn => PowerRestorePolicy::AlwaysOn,
        PolicyName::AlwaysOff => PowerRestorePolicy::AlwaysOff,
        PolicyName::LastState => PowerRestorePolicy::LastState,
    };
    let done = args.target.with(async |host| host.set_power_restore_policy(policy).await).await?;
    tell(&done, args.json, |policy| format!("{policy}\n"))
}

async fn changed(args: ChangeArgs, action: Action, force: bool) -> anyhow::Result<ExitCode> {
    if args.of_chassis {
        let word = chassis_word(action, force);
        let done = args.target.with(async |host| host.reset_chassis(word).await).await?;
        return tell(&done, args.json, |id| format!("{} sent to chassis {id}\n", done.sent.join(", ")));
    }
    let wait = args.waiting.wait;
    let done = args.target.patiently(wait, async |host| change(host, action, force, wait).await).await?;
    let text = words(action, force, done.value.as_ref());
    let how = if done.sent.len() > 1 { format!(" ({})", done.sent.join(", then ")) } else { String::new() };
    tell(&done, args.json, |_| format!("{text}{how}\n"))
}

/// Does it, and waits for what is to be seen then where that is wanted.
async fn change(
    host: &Host,
    action: Action,
    force: bool,
    wait: Option<Duration>,
) -> Result<Outcome<Option<HostPowerState>>, rosefish::Error> {
    let manner = if force { Manner::Forced } else { Manner::Graceful };
    let begun = Instant::now();
    let mut done = match (action, wait) {
        (Action::Off, _) => host.power_off(manner).await?,
        (Action::Cycle, _) => host.power_cycle().await?,
        (Action::Reset, Some(within)) if !force => host.restart(within).await?,
        (Action::Reset, _) => host.reset(manner).await?,
        (Action::Nmi, _) => return host.diagnostic_interrupt().await,
        (Action::On, _) => host.power_on().await?,
    };
    if let Some(within) = wait {
        let goal = if action == Action::Off { HostPowerState::Off } else { HostPowerState::On };
        done.value = Some(host.wait_for_power(goal, within.saturating_sub(begun.elapsed())).await?.value);
        done.unread = None;
    }
    Ok(done)
}

fn chassis_word(action: Action, force: bool) -> ResetType {
    match (action, force) {
        (Action::Off, true) => ResetType::ForceOff,
        (Action::Off, false) => ResetType::GracefulShutdown,
        (Action::Cycle, _) => ResetType::PowerCycle,
        (Action::Reset, true) => ResetType::ForceRestart,
        (Action::Reset, false) => ResetType::GracefulRestart,
        (Action::Nmi, _) => ResetType::Nmi,
        (Action::On, _) => ResetType::On,
    }
}

/// What was done, as far as it was seen: what nobody has seen was asked for.
fn words(action: Action, force: bool, seen: Option<&HostPowerState>) -> &'static str {
    use HostPowerState as S;
    match (action, seen) {
        (Action::On, Some(S::On)) => "turned on",
        (Action::On, Some(S::PoweringOn)) => "powering on",
        (Action::On, _) => "asked to turn on",
        (Action::Off, Some(S::Off)) => "turned off",
        (Action::Off, _) if !force => "asked to shut down",
        (Action::Off, _) => "asked to turn off",
        (Action::Cycle, Some(S::On)) => "turned off and on",
        (Action::Cycle, Some(S::PoweringOn)) => "turned off, powering on",
        (Action::Cycle, _) => "asked to turn off and on",
        (Action::Reset, Some(S::On)) if force => "reset sent, and it is on",
        (Action::Reset, _) if force => "reset sent",
        (Action::Reset, Some(S::On)) => "asked to restart, and it is on",
        (Action::Reset, _) => "asked to restart",
        (Action::Nmi, _) => "interrupt sent",
    }
}
