//! `rosefish boot`.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use rosefish::host::{BootDevice, BootEntry, BootMode, BootOverride};

use super::{Table, Target, print, tell, tell_each, tell_list, wrong_usage};
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Devices: pxe, disk, cd, floppy, usb, bios-setup, diagnostics, uefi-shell, uefi-http, and whatever else Redfish knows on
that machine; `none` takes the override away. `http URI` starts from a URI, `target PATH` from a UEFI device path, `next Boot0003` from a boot
option. `options` shows what there is to start from in its order, `order` puts some first, `progress` shows how far the start is. IPMI doesn't know usb, uefi-shell and uefi-http, and wants --uefi or --legacy.

Examples:
  rosefish boot 10.0.0.7 --user root                      what is in force
  rosefish boot 10.0.0.7 pxe --uefi --user root           the next start from the network
  rosefish boot 10.0.0.7 bios-setup --uefi --user root
  rosefish boot 10.0.0.7 none --user root
  rosefish boot 10.0.0.7 http http://10.0.0.1/boot.efi --user root
  rosefish boot 10.0.0.7 options --user root
  rosefish boot 10.0.0.7 order Boot0003 Boot0001 --user root
  rosefish boot 10.0.0.7 progress --follow --user root";

/// How often a start that is followed is looked at.
const OFTEN: Duration = Duration::from_secs(2);

/// Show or set from where a machine starts next
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BootArgs {
    #[command(flatten)]
    target: Target,
    /// From where to start; or `options`, `order`, `progress`
    #[arg(value_name = "DEVICE")]
    device: Option<String>,
    /// What the word before needs: a URI, a path, boot options
    #[arg(value_name = "VALUE")]
    values: Vec<String>,
    /// Every time, not just the next
    #[arg(long, requires = "device")]
    persistent: bool,
    /// Start by UEFI
    #[arg(long, requires = "device", conflicts_with = "legacy")]
    uefi: bool,
    /// Start as a PC BIOS does
    #[arg(long, requires = "device")]
    legacy: bool,
    /// With `progress`: continue until the operating system runs, or Ctrl-C
    #[arg(long, requires = "device")]
    follow: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: BootArgs) -> anyhow::Result<ExitCode> {
    let Some(device) = &args.device else {
        let found = args.target.with(async |host| host.boot_overrides().await).await?;
        return tell_each(&found, args.json, "BOOT", words);
    };
    let only = || match &args.values[..] {
        [only] => only.clone(),
        _ => wrong_usage("say one URI, path or boot option behind it"),
    };
    let wanted = match device.to_ascii_lowercase().as_str() {
        "options" => {
            let found = args.target.with(async |host| host.boot_entries().await).await?;
            return tell_list(&found, args.json, table);
        }
        "order" => {
            let first = &args.values;
            if first.is_empty() {
                wrong_usage("say which boot options come first; `options` shows what there is");
            }
            let done = args.target.with(async |host| host.set_boot_order(first.clone()).await).await?;
            return tell(&done, args.json, |order| format!("{}\n", one_line(&order.join(", "))));
        }
        "progress" => return progress(&args).await,
        "http" => BootOverride::http(only()),
        "target" => BootOverride::uefi_target(only()),
        "next" => BootOverride::boot_option(only()),
        _ if !args.values.is_empty() => wrong_usage("this device takes nothing behind it"),
        "none" => {
            let done = args.target.with(async |host| host.clear_boot_override().await).await?;
            return tell(&done, args.json, |found| format!("{}\n", words(found)));
        }
        _ => BootOverride::once(device.parse().unwrap_or_else(|_| BootDevice::Other(device.clone()))),
    };
    let wanted = if args.persistent { wanted.always_so() } else { wanted };
    let wanted = match (args.uefi, args.legacy) {
        (true, _) => wanted.mode(BootMode::Uefi),
        (_, true) => wanted.mode(BootMode::Legacy),
        _ => wanted,
    };
    let done = args.target.with(async |host| host.set_boot_override(wanted.clone()).await).await?;
    tell(&done, args.json, |found| format!("{}\n", words(found)))
}

fn words(boot: &Option<BootOverride>) -> String {
    boot.as_ref().map_or_else(|| "no override".to_owned(), ToString::to_string)
}

fn table(all: &[BootEntry]) -> String {
    let mut table = Table::new(&["ORDER", "OPTION", "NAME", "KIND", "STATE", "PATH"]);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    for one in all {
        let place = one.place.map(|place| place.to_string()).unwrap_or_default();
        let state = if one.enabled == Some(false) { "disabled" } else { "" };
        let (name, kind, path) = (text(&one.name), text(&one.alias), text(&one.uefi_device_path));
        table.row([place, one.reference.clone(), name, kind, state.to_owned(), path]);
    }
    table.text()
}

async fn progress(args: &BootArgs) -> anyhow::Result<ExitCode> {
    if !args.follow {
        let found = args.target.with(async |host| host.boot_stage().await).await?;
        return tell(&found, args.json, |stage| format!("{}\n", one_line(&stage.state)));
    }
    let follow = async |host: &rosefish::host::Host| {
        let mut stages = host.boot_stages(OFTEN);
        while let Some(stage) = stages.try_next().await? {
            let since = stage.since.as_deref().unwrap_or_default();
            let line = match args.json {
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
    args.target.with(follow).await?;
    Ok(ExitCode::SUCCESS)
}
