//! `rosefish power`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rosefish::host::{Host, HostPowerState, Manner, Outcome, PowerRestorePolicy};
use rosefish::schema::resource::ResetType;

use super::{Target, tell, tell_each, wrong_usage};

const EXAMPLES: &str = "\
Examples:
  rosefish power 10.0.0.7 --user root                 is it on?
  rosefish power 10.0.0.7 on --user root
  rosefish power 10.0.0.7 off --user root             asks the operating system to shut down
  rosefish power 10.0.0.7 off --wait --user root      and waits until it is off, for up to 300 seconds
  rosefish power 10.0.0.7 off --force --user root     pulls the plug
  rosefish power 10.0.0.7 reset --wait=600 --user root
  rosefish power 10.0.0.7 policy last-state --user root
  rosefish power 10.0.0.7 cycle --of-chassis --chassis Enclosure --user root
  rosefish power https://10.0.0.7/redfish/v1/Systems/Node2 on --user root

`turned on` and `turned off` mean that the machine was seen to be. If it is not within 10 seconds, that is an error; --wait
gives it longer. Where a machine has no word for what is wanted, two are sent, and shown.";

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
    /// Have the operating system restart; with --force, reset at once
    Reset,
    /// Send a diagnostic interrupt (NMI)
    Nmi,
    /// Show or set what happens when power returns
    Policy,
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

/// Show or change the power state of a machine
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct PowerArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "status", hide_default_value = true)]
    action: Action,
    /// What happens when power returns, for `policy`
    #[arg(value_name = "POLICY")]
    policy: Option<PolicyName>,
    /// Don't ask the operating system: what it hasn't written is lost
    #[arg(long)]
    force: bool,
    /// Wait until the state is reached, for so many seconds at most
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "300",
        value_parser = crate::host::seconds
    )]
    wait: Option<Duration>,
    /// Reset the chassis itself, with everything in it (Redfish alone)
    #[arg(long)]
    of_chassis: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: PowerArgs) -> anyhow::Result<ExitCode> {
    match (args.action, args.policy) {
        (Action::Policy, None) => {
            let found = args.target.with(async |host| host.power_restore_policies().await).await?;
            return tell_each(&found, args.json, "POLICY", ToString::to_string);
        }
        (Action::Policy, Some(policy)) => {
            let policy = match policy {
                PolicyName::AlwaysOn => PowerRestorePolicy::AlwaysOn,
                PolicyName::AlwaysOff => PowerRestorePolicy::AlwaysOff,
                PolicyName::LastState => PowerRestorePolicy::LastState,
            };
            let done = args.target.with(async |host| host.set_power_restore_policy(policy).await).await?;
            return tell(&done, args.json, |policy| format!("{policy}\n"));
        }
        (_, Some(_)) => wrong_usage("a policy is for `policy` alone"),
        (_, None) => {}
    }
    if args.action == Action::Status {
        let states = args.target.with(async |host| host.power_states().await).await?;
        return tell_each(&states, args.json, "POWER", ToString::to_string);
    }
    if args.of_chassis {
        let word = chassis_word(args.action, args.force);
        let done = args.target.with(async |host| host.reset_chassis(word).await).await?;
        return tell(&done, args.json, |id| format!("{} sent to chassis {id}\n", done.sent.join(", ")));
    }
    let done = args.target.with(async |host| change(host, args.action, args.force, args.wait).await).await?;
    let text = words(args.action, args.force, done.value.as_ref());
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
    let mut done = match (action, wait) {
        (Action::Off, _) => host.power_off(manner).await?,
        (Action::Cycle, _) => host.power_cycle().await?,
        (Action::Reset, Some(within)) if !force => host.restart(within).await?,
        (Action::Reset, _) => host.reset(manner).await?,
        (Action::Nmi, _) => return host.diagnostic_interrupt().await,
        (Action::Status | Action::Policy | Action::On, _) => host.power_on().await?,
    };
    if let Some(within) = wait {
        let goal = if action == Action::Off { HostPowerState::Off } else { HostPowerState::On };
        done.value = Some(host.wait_for_power(goal, within).await?.value);
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
        (Action::Status | Action::Policy | Action::On, _) => ResetType::On,
    }
}

/// What was done, as far as it was seen: what nobody has seen was asked for.
fn words(action: Action, force: bool, seen: Option<&HostPowerState>) -> &'static str {
    use HostPowerState as S;
    match (action, seen) {
        (Action::Status | Action::Policy | Action::On, Some(S::On)) => "turned on",
        (Action::Status | Action::Policy | Action::On, Some(S::PoweringOn)) => "powering on",
        (Action::Status | Action::Policy | Action::On, _) => "asked to turn on",
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
