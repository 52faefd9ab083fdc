//! `rosefish boot`.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use rosefish::host::{BootDevice, BootEntry, BootMode, BootOverride, Host};

use super::{On, print, tell_each, tell_rows, wrong_usage};
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Devices: pxe, disk, cd, floppy, usb, bios-setup, diagnostics, uefi-shell, uefi-http, and whatever else Redfish knows on
that machine. IPMI doesn't know usb, uefi-shell and uefi-http, and wants --uefi or --legacy.

Examples:
  rosefish boot 10.0.0.7 --user root                      what is in force
  rosefish boot once 10.0.0.7 pxe --uefi --user root      the next start from the network
  rosefish boot always 10.0.0.7 disk --user root
  rosefish boot clear 10.0.0.7 --user root
  rosefish boot http 10.0.0.7 http://10.0.0.1/boot.efi --user root
  rosefish boot options 10.0.0.7 --user root
  rosefish boot order 10.0.0.7 Boot0003 Boot0001 --user root
  rosefish boot progress 10.0.0.7 --follow --user root

`rosefish boot HOST DEVICE` is short for `boot once HOST DEVICE`, with --persistent for `boot always`; `boot HOST none` for `boot clear`.";

/// How often a start that is followed is looked at.
const OFTEN: Duration = Duration::from_secs(2);

/// Show or set from where a machine starts next
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BootArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the start of a machine.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what is in force, of each system
    Status(ShortArgs),
    /// Start from a device the next time
    #[command(alias = "set")]
    Once(DeviceArgs),
    /// Start from a device every time
    Always(DeviceArgs),
    /// Take the override away
    #[command(alias = "none")]
    Clear(On),
    /// Start from a URI (UEFI HTTP)
    Http(ValueArgs),
    /// Start from a UEFI device path
    Target(ValueArgs),
    /// Start from a boot option, such as Boot0003
    Next(ValueArgs),
    /// Show what there is to start from, in its order
    Options(On),
    /// Put some boot options first
    Order(OrderArgs),
    /// Show how far the start is
    Progress(ProgressArgs),
}

/// How it starts.
#[derive(Debug, Args)]
struct HowArgs {
    /// Every time, not just the next
    #[arg(long)]
    persistent: bool,
    /// Start by UEFI
    #[arg(long, conflicts_with = "legacy")]
    uefi: bool,
    /// Start as a PC BIOS does
    #[arg(long)]
    legacy: bool,
}

#[derive(Debug, Args)]
struct ShortArgs {
    #[command(flatten)]
    on: On,
    /// Short for `boot once`
    #[arg(value_name = "DEVICE", hide = true)]
    device: Option<String>,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct DeviceArgs {
    #[command(flatten)]
    on: On,
    /// From where to start
    #[arg(value_name = "DEVICE")]
    device: String,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct ValueArgs {
    #[command(flatten)]
    on: On,
    /// The URI, path or boot option
    #[arg(value_name = "VALUE")]
    value: String,
    #[command(flatten)]
    how: HowArgs,
}

#[derive(Debug, Args)]
struct OrderArgs {
    #[command(flatten)]
    on: On,
    /// The boot options that come first; `boot options` shows what there is
    #[arg(value_name = "OPTION", required = true)]
    first: Vec<String>,
}

#[derive(Debug, Args)]
struct ProgressArgs {
    #[command(flatten)]
    on: On,
    /// Continue until the operating system runs, or Ctrl-C
    #[arg(long)]
    follow: bool,
}

pub(crate) async fn run(args: BootArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Status(ShortArgs { on, device, how }) => match device {
            Some(device) if device.eq_ignore_ascii_case("none") => clear(&on).await,
            Some(device) => set(&on, &how, from(&device)).await,
            None if how.persistent || how.uefi || how.legacy => {
                Err(wrong_usage("say from which device, such as `boot once HOST pxe`"))
            }
            None => {
                let found = on.with(async |host| host.boot_overrides().await).await?;
                tell_each(&found, on.json, "BOOT", words)
            }
        },
        Verb::Once(DeviceArgs { on, device, how }) if device.eq_ignore_ascii_case("none") && !how.persistent => {
            clear(&on).await
        }
        Verb::Once(DeviceArgs { on, device, how }) => set(&on, &how, from(&device)).await,
        Verb::Always(DeviceArgs { on, device, how }) => set(&on, &how, from(&device).always_so()).await,
        Verb::Clear(on) => clear(&on).await,
        Verb::Http(ValueArgs { on, value, how }) => set(&on, &how, BootOverride::http(value)).await,
        Verb::Target(ValueArgs { on, value, how }) => set(&on, &how, BootOverride::uefi_target(value)).await,
        Verb::Next(ValueArgs { on, value, how }) => set(&on, &how, BootOverride::boot_option(value)).await,
        Verb::Options(on) => {
            let found = on.with(async |host| host.boot_entries_of_systems().await).await?;
            let headings = ["ORDER", "OPTION", "NAME", "KIND", "STATE", "PATH"];
            tell_rows(&found, on.json, &headings, |entries| entries.iter().map(row).collect())
        }
        Verb::Order(OrderArgs { on, first }) => {
            let work = async |host: &Host| host.set_boot_order(first).await;
            on.tell(work, |_, order| format!("{}\n", one_line(&order.join(", ")))).await
        }
        Verb::Progress(args) => progress(&args).await,
    }
}

fn from(device: &str) -> BootOverride {
    BootOverride::once(device.parse().unwrap_or_else(|_| BootDevice::Other(device.to_owned())))
}

async fn set(on: &On, how: &HowArgs, wanted: BootOverride) -> anyhow::Result<ExitCode> {
    let wanted = if how.persistent { wanted.always_so() } else { wanted };
    let wanted = match (how.uefi, how.legacy) {
        (true, _) => wanted.mode(BootMode::Uefi),
        (_, true) => wanted.mode(BootMode::Legacy),
        _ => wanted,
    };
    let work = async |host: &Host| host.set_boot_override(wanted).await;
    on.tell(work, |_, found| format!("{}\n", words(found))).await
}

async fn clear(on: &On) -> anyhow::Result<ExitCode> {
    let work = async |host: &Host| host.clear_boot_override().await;
    on.tell(work, |_, found| format!("{}\n", words(found))).await
}

fn words(boot: &Option<BootOverride>) -> String {
    boot.as_ref().map_or_else(|| "no override".to_owned(), ToString::to_string)
}

fn row(one: &BootEntry) -> Vec<String> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let place = one.place.map(|place| place.to_string()).unwrap_or_default();
    let state = if one.enabled == Some(false) { "disabled" } else { "" };
    // `None` is how Redfish spells that there is no alias.
    let kind = one.alias.clone().filter(|alias| alias != "None").unwrap_or_default();
    let (name, path) = (text(&one.name), text(&one.uefi_device_path));
    vec![place, one.reference.clone(), name, kind, state.to_owned(), path]
}

async fn progress(args: &ProgressArgs) -> anyhow::Result<ExitCode> {
    if !args.follow {
        let found = args.on.with(async |host| host.boot_stage_of_systems().await).await?;
        return tell_each(&found, args.on.json, "STAGE", |stage| one_line(&stage.state));
    }
    let follow = async |host: &Host| {
        let mut stages = host.boot_stages(OFTEN);
        while let Some(stage) = stages.try_next().await? {
            let since = stage.since.as_deref().unwrap_or_default();
            let line = match args.on.json {
                true => serde_json::to_string(&stage).unwrap_or_default(),
                false => one_line(&format!("{since}  {}", stage.state)).trim().to_owned(),
            };
            // Nobody is left to read it.
            if print(&format!("{line}\n")).is_err() || stage.state == "OSRunning" {
                break;
            }
        }
        Ok(())
    };
    args.on.with(follow).await?;
    Ok(ExitCode::SUCCESS)
}
