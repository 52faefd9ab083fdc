//! `rosefish bmc`: the BMC itself.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use rosefish::host::Controller;

use super::{Target, tell};
use crate::partial::tell_missing;

/// What to do with the BMC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Show what it is
    Info,
    /// Restart it; the machine runs on
    Reset,
}

/// Show what a BMC is, or restart it
#[derive(Debug, Args)]
pub(crate) struct BmcArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "info", hide_default_value = true)]
    action: Action,
    /// After `reset`, wait until the BMC can be used again, for so many seconds at most
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "600",
        value_parser = crate::host::seconds
    )]
    wait: Option<Duration>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: BmcArgs) -> anyhow::Result<ExitCode> {
    if args.action == Action::Reset {
        if let Some(within) = args.wait {
            let ready = args.target.with(async |host| {
                let done = host.reset_controller().await?;
                let ready = host.wait_until_ready(within).await?;
                let mut done = done.map(|()| ready.value);
                done.unread = None;
                Ok(done)
            });
            return tell(&ready.await?, args.json, |ready| {
                let gone = if ready.gone_after_seconds.is_some() { "" } else { "; it was not seen to go" };
                format!("the BMC is ready after {:.0} s{gone}\n", ready.ready_after_seconds)
            });
        }
        let done = args.target.with(async |host| host.reset_controller().await).await?;
        return tell(&done, args.json, |()| "the BMC restarts\n".to_owned());
    }
    let found = args.target.with(async |host| host.controllers().await).await?;
    let code = tell_missing(&found.value.missing);
    let several = found.value.items.len() > 1 || !found.value.missing.is_empty();
    if several {
        let all = found.map(|found| found.items);
        tell(&all, args.json, |all| all.iter().map(|one| lines(one, true)).collect::<Vec<_>>().join("\n"))?;
        return Ok(code);
    }
    // One, or there would have been an error.
    let only = found.map(|found| found.items.into_iter().next().unwrap_or_default());
    tell(&only, args.json, |only| lines(only, false))
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
