//! `rosefish bmc`: the BMC itself.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::host::Controller;

use super::{On, Target, WaitArgs, bmc_settings, tell, tell_list};

/// Show what a BMC is, restart it, or set its watchdog, enables and texts
#[derive(Debug, Args)]
pub(crate) struct BmcArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the BMC.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what it is
    Info(On),
    /// Restart it; the machine runs on
    Reset(ResetArgs),
    /// Show, stop or start the watchdog timer, by IPMI
    Watchdog(bmc_settings::WatchdogArgs),
    /// Show or set what it does with messages and events, by IPMI
    Enables(bmc_settings::EnablesArgs),
    /// Show or set the texts that it keeps for the system, by IPMI
    Sysinfo(bmc_settings::SysinfoArgs),
}

#[derive(Debug, Args)]
struct ResetArgs {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    waiting: WaitArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: BmcArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Info(on) => info(&on).await,
        Verb::Reset(args) => reset(args).await,
        Verb::Watchdog(args) => bmc_settings::watchdog(args).await,
        Verb::Enables(args) => bmc_settings::enables(args).await,
        Verb::Sysinfo(args) => bmc_settings::sysinfo(args).await,
    }
}

async fn reset(args: ResetArgs) -> anyhow::Result<ExitCode> {
    let Some(within) = args.waiting.wait else {
        let done = args.target.with(async |host| host.reset_controller().await).await?;
        return tell(&done, args.json, |()| "the BMC restarts\n".to_owned());
    };
    let ready = args.target.with(async |host| {
        let done = host.reset_controller().await?;
        let ready = host.wait_until_ready(within).await?;
        let mut done = done.map(|()| ready.value);
        done.unread = None;
        Ok(done)
    });
    tell(&ready.await?, args.json, |ready| {
        let gone = if ready.gone_after_seconds.is_some() { "" } else { "; it was not seen to go" };
        format!("the BMC is ready after {:.0} s{gone}\n", ready.ready_after_seconds)
    })
}

async fn info(on: &On) -> anyhow::Result<ExitCode> {
    let found = on.with(async |host| host.controllers().await).await?;
    if found.value.items.len() > 1 || !found.value.missing.is_empty() {
        return tell_list(&found, on.json, |all| all.iter().map(|one| lines(one, true)).collect::<Vec<_>>().join("\n"));
    }
    // One, or there would have been an error.
    let only = found.map(|found| found.items.into_iter().next().unwrap_or_default());
    tell(&only, on.json, |only| lines(only, false))
}

fn lines(found: &Controller, with_id: bool) -> String {
    let lines = [
        ("Id", found.id.as_ref().filter(|_| with_id)),
        ("Manufacturer", found.manufacturer.as_ref()),
        ("Model", found.model.as_ref()),
        ("Firmware", found.firmware.as_ref()),
        ("Protocol", found.protocol_version.as_ref()),
    ];
    lines.iter().filter_map(|(name, value)| value.map(|value| format!("{name:<13} {value}\n"))).collect()
}
