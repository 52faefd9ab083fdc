//! `rosefish bmc watchdog`, `enables` and `sysinfo`: what only IPMI sets of a BMC.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, ValueEnum};
use rosefish::host::Missing;
use rosefish::ipmi::Client;
use rosefish::ipmi::command::device::SystemInfo;
use rosefish::ipmi::command::enables::{GlobalEnable, GlobalEnables};
use rosefish::ipmi::command::watchdog::{
    GetWatchdogTimer, ResetWatchdogTimer, SetWatchdogTimer, TimeoutAction, TimerUse, WatchdogTimer,
};

use super::On;
use super::facts::{Facts, Values, named};

#[derive(Debug, Args)]
pub(super) struct WatchdogArgs {
    #[command(flatten)]
    on: On,
    /// What to do with the timer; without it, show it
    #[arg(value_name = "ACTION")]
    action: Option<WatchdogAction>,
}

/// What is done with the watchdog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum WatchdogAction {
    /// Stop it
    Off,
    /// Start it, or have it begin again
    Reset,
}

#[derive(Debug, Args)]
pub(super) struct EnablesArgs {
    #[command(flatten)]
    on: On,
    /// What to turn on or off, such as event-log=off; without it, show all
    #[arg(value_name = "NAME=on|off", value_parser = enable)]
    changes: Vec<(GlobalEnable, bool)>,
}

#[derive(Debug, Args)]
pub(super) struct SysinfoArgs {
    #[command(flatten)]
    on: On,
    /// What to set, such as system-name=node7; without it, show all
    #[arg(value_name = "NAME=TEXT", value_parser = text)]
    changes: Vec<(&'static str, String)>,
}

/// The texts, by their names.
const TEXTS: [(&str, SystemInfo); 6] = [
    ("firmware-version", SystemInfo::FirmwareVersion),
    ("system-name", SystemInfo::SystemName),
    ("primary-os-name", SystemInfo::PrimaryOsName),
    ("os-name", SystemInfo::OsName),
    ("os-version", SystemInfo::OsVersion),
    ("bmc-url", SystemInfo::BmcUrl),
];

fn enable(text: &str) -> Result<(GlobalEnable, bool), String> {
    let found = text.split_once('=').and_then(|(name, state)| {
        let on = match state {
            "on" => true,
            "off" => false,
            _ => return None,
        };
        Some((GlobalEnable::ALL.into_iter().find(|one| one.name() == name)?, on))
    });
    found.ok_or_else(|| {
        let names = GlobalEnable::ALL.map(GlobalEnable::name).join(", ");
        format!("expected NAME=on or NAME=off, and one of these names: {names}")
    })
}

fn text(text: &str) -> Result<(&'static str, String), String> {
    let found = text.split_once('=').and_then(|(name, text)| {
        let (name, _) = TEXTS.iter().find(|(known, _)| *known == name)?;
        Some((*name, text.to_owned()))
    });
    found.ok_or_else(|| {
        let names = TEXTS.map(|(name, _)| name).join(", ");
        format!("expected NAME=TEXT, and one of these names: {names}")
    })
}

pub(super) async fn enables(args: EnablesArgs) -> anyhow::Result<ExitCode> {
    let EnablesArgs { on, changes } = args;
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| {
        let mut enables = bmc.global_enables().await?;
        if !changes.is_empty() {
            enables = changes.iter().fold(enables, |all, (one, on)| all.with(*one, *on));
            bmc.set_global_enables(enables).await?;
        }
        Ok(enables)
    });
    let found: GlobalEnables = found.await?;
    let mut facts = Facts::default();
    for one in GlobalEnable::ALL {
        facts.values.push((one.name(), found.is_on(one).into()));
    }
    facts.tell(&target, on.json)
}

pub(super) async fn sysinfo(args: SysinfoArgs) -> anyhow::Result<ExitCode> {
    let SysinfoArgs { on, changes } = args;
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| {
        for (name, text) in &changes {
            let Some((_, parameter)) = TEXTS.iter().find(|(known, _)| known == name) else { continue };
            bmc.set_system_info(*parameter, text).await.map_err(|error| anyhow::Error::new(error).context(*name))?;
        }
        texts(bmc).await
    });
    found.await?.tell(&target, on.json)
}

async fn texts(bmc: &Client) -> anyhow::Result<Facts> {
    let mut facts = Facts::default();
    for (name, parameter) in TEXTS {
        match bmc.system_info(parameter).await {
            Ok(Some(text)) => facts.values.push((name, text.into())),
            Ok(None) => {}
            Err(error) if error.is_session_lost() => return Err(error.into()),
            Err(error) => facts.missing.push(Missing::new(name, error.into())),
        }
    }
    if facts.values.is_empty() && facts.missing.is_empty() {
        bail!("the BMC keeps no texts for the system");
    }
    Ok(facts)
}

pub(super) async fn watchdog(args: WatchdogArgs) -> anyhow::Result<ExitCode> {
    let WatchdogArgs { on, action } = args;
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| {
        let before = bmc.send(&GetWatchdogTimer).await?;
        match action {
            None => return Ok(before),
            Some(WatchdogAction::Reset) => bmc.send(&ResetWatchdogTimer).await?,
            Some(WatchdogAction::Off) => {
                // What it is for and from what it starts stays; that it isn't to keep running stops it.
                let stop = SetWatchdogTimer {
                    do_not_log: before.do_not_log,
                    keep_running: false,
                    timer_use: before.timer_use,
                    action: TimeoutAction::None,
                    pre_timeout_interrupt: 0,
                    pre_timeout: 0,
                    clear_expired: 0,
                    countdown: before.initial,
                };
                bmc.send(&stop).await?;
            }
        }
        let after = bmc.send(&GetWatchdogTimer).await?;
        match (action, after.running) {
            (Some(WatchdogAction::Off), true) => bail!("the BMC accepted it, but the watchdog is still running"),
            (Some(WatchdogAction::Reset), false) => bail!("the BMC accepted it, but the watchdog is not running"),
            _ => Ok(after),
        }
    });
    let mut facts = Facts::default();
    facts.put(of_timer(&found.await?));
    facts.tell(&target, on.json)
}

fn of_timer(timer: &WatchdogTimer) -> Values {
    let used_for = match timer.timer_use {
        TimerUse::BiosFrb2 => "BIOS FRB2",
        TimerUse::BiosPost => "BIOS POST",
        TimerUse::OsLoad => "OS load",
        TimerUse::SmsOs => "operating system",
        TimerUse::Oem => "OEM",
        _ => "reserved",
    };
    let action = match timer.action {
        TimeoutAction::None => "none",
        TimeoutAction::HardReset => "reset",
        TimeoutAction::PowerDown => "power off",
        TimeoutAction::PowerCycle => "power cycle",
        _ => "reserved",
    };
    let interrupt = ["none", "SMI", "NMI", "messaging"].get(usize::from(timer.pre_timeout_interrupt)).copied();
    const EXPIRED: [&str; 5] = ["BIOS FRB2", "BIOS POST", "OS load", "operating system", "OEM"];
    let expired = (1..).zip(EXPIRED).filter(|(bit, _)| timer.expired >> bit & 1 != 0).map(|(_, name)| name);
    let seconds = |time: Duration| time.as_secs_f64();
    named!({
        "running": timer.running,
        "used_for": used_for,
        "action": action,
        "pre_timeout_interrupt": interrupt.unwrap_or("reserved"),
        "pre_timeout_seconds": timer.pre_timeout,
        "initial_seconds": seconds(timer.initial),
        "present_seconds": timer.present.map(seconds),
        "logs_expiry": !timer.do_not_log,
        "expired": expired.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_wrong_are_answered_with_those_that_there_are() {
        assert_eq!(enable("event-log=off"), Ok((GlobalEnable::EventLogging, false)));
        assert_eq!(text("os-name=a=b"), Ok(("os-name", "a=b".to_owned())));
        for wrong in ["event-log", "event-log=maybe", "spoon=on", ""] {
            assert!(enable(wrong).unwrap_err().contains("event-buffer"), "{wrong}");
            assert!(text(wrong).unwrap_err().contains("system-name"), "{wrong}");
        }
    }
}
