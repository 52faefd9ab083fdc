//! `rosefish boot`.

use std::process::ExitCode;

use clap::Args;
use rosefish::host::{BootDevice, BootMode, BootOverride};

use super::{Target, tell, tell_each};

const EXAMPLES: &str = "\
Devices: pxe, disk, cd, floppy, usb, bios-setup, diagnostics, uefi-shell, uefi-http, and whatever else Redfish knows on
that machine; `none` takes the override away. IPMI doesn't know usb, uefi-shell and uefi-http, and wants --uefi or --legacy.

Examples:
  rosefish boot 10.0.0.7 --user root                      what is in force
  rosefish boot 10.0.0.7 pxe --uefi --user root           the next start from the network
  rosefish boot 10.0.0.7 bios-setup --uefi --user root
  rosefish boot 10.0.0.7 none --user root";

/// Show or set from where a machine starts next
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BootArgs {
    #[command(flatten)]
    target: Target,
    /// From where to start
    #[arg(value_name = "DEVICE")]
    device: Option<String>,
    /// Every time, not just the next
    #[arg(long, requires = "device")]
    persistent: bool,
    /// Start by UEFI
    #[arg(long, requires = "device", conflicts_with = "legacy")]
    uefi: bool,
    /// Start as a PC BIOS does
    #[arg(long, requires = "device")]
    legacy: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: BootArgs) -> anyhow::Result<ExitCode> {
    let Some(device) = &args.device else {
        let found = args.target.with(async |host| host.boot_overrides().await).await?;
        return tell_each(&found, args.json, "BOOT", words);
    };
    if device.eq_ignore_ascii_case("none") {
        let done = args.target.with(async |host| host.clear_boot_override().await).await?;
        return tell(&done, args.json, |found| format!("{}\n", words(found)));
    }
    let device = device.parse().unwrap_or_else(|_| BootDevice::Other(device.clone()));
    let wanted = if args.persistent { BootOverride::always(device) } else { BootOverride::once(device) };
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
