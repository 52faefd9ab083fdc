//! `rosefish inventory`: what a machine is made of.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use rosefish::host::{Component, ComponentKind, Outcome, Partial, Severity, inventory_changes};

use super::{Table, Target, print, tell_list, told_apart, wrong_usage};
use crate::fleet::ansible_list;
use crate::fleet::current::HOSTS;
use crate::fleet::options::{ANSIBLE, Limits};
use crate::partial::FOUND;
use crate::terminal::look;

const EXAMPLES: &str = "\
Examples:
  rosefish inventory 10.0.0.7 --user root
  rosefish inventory 10.0.0.7 --kind memory --empty --user root   with the slots that nothing is in
  rosefish inventory 10.0.0.7 --save node7.json --user root
  rosefish inventory 10.0.0.7 --diff node7.json --user root       what has changed since; exit code 4 if anything has
  rosefish inventory --ansible --list     the hosts of hosts.toml for Ansible

Kinds: system, chassis, board, manager, processor, gpu, memory, graphics-controller, storage-controller, drive, volume,
network-adapter, network-port, network-function, network-interface, fabric-adapter, pcie-device, power-supply, battery, fan, pump, firmware";

/// Show what a machine is made of: makers, models, serial numbers, sizes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct InventoryArgs {
    #[command(flatten)]
    target: Target,
    /// Only components of this kind; may be given several times
    #[arg(long, value_name = "KIND")]
    kind: Vec<ComponentKind>,
    /// Also places that nothing is in
    #[arg(long)]
    empty: bool,
    /// Write everything to a file as JSON, for --diff
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Show what differs from what --save wrote
    #[arg(long, value_name = "FILE", conflicts_with_all = ["kind", "empty", "save"])]
    diff: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Be a dynamic inventory of Ansible: print the hosts and groups of the inventory, without passwords
    #[arg(help_heading = ANSIBLE_HEADING, long, id = ANSIBLE, conflicts_with_all = [HOSTS, "kind", "empty", "save", "diff", "json"])]
    ansible: bool,
    /// With --ansible: print all groups and hosts, as is done without it
    #[arg(help_heading = ANSIBLE_HEADING, long)]
    list: bool,
    /// With --ansible: print the variables of this host
    #[arg(help_heading = ANSIBLE_HEADING, long, value_name = "NAME", conflicts_with = "list")]
    host: Option<String>,
    #[command(flatten)]
    many: Limits,
}

const ANSIBLE_HEADING: &str = "Ansible";

pub(crate) async fn run(args: InventoryArgs) -> anyhow::Result<ExitCode> {
    if args.ansible {
        let inventory = args.many.0.inventory.as_deref();
        let json = match &args.host {
            Some(name) => ansible_list::host(name, inventory)?,
            None => ansible_list::list(inventory)?,
        };
        print(&format!("{json:#}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    // clap doesn't require `--ansible` here, as it excludes HOST.
    if args.list || args.host.is_some() {
        return Err(wrong_usage("--list and --host are for --ansible"));
    }
    let file = |file: &Option<PathBuf>, is_written| file.as_deref().map(|file| args.target.file(file, is_written));
    let (diff, save) = (file(&args.diff, false).transpose()?, file(&args.save, true).transpose()?);
    let kept = diff.as_deref().map(read).transpose()?;
    let found = args.target.with(async |host| host.inventory().await).await?;
    if let Some(kept) = kept {
        return tell_changes(found, &kept, args.json);
    }
    if let Some(file) = &save {
        let text = format!("{:#}\n", serde_json::to_value(&found.value.items)?);
        std::fs::write(file, text).with_context(|| format!("--save {}", file.display()))?;
    }
    // In JSON, each component says whether it is there.
    let is_shown = |part: &Component| {
        let of_kind = args.kind.is_empty() || args.kind.contains(&part.kind);
        of_kind && (args.empty || args.json || !part.is_empty)
    };
    let shown = found.map(|all| all.filter(is_shown));
    tell_list(&shown, args.json, tables)
}

fn read(file: &Path) -> anyhow::Result<Vec<Component>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("--diff {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("--diff {}: not what --save writes", file.display()))
}

/// Shows what differs, and returns an exit code that says whether anything does. What could not be read may differ.
fn tell_changes(found: Outcome<Partial<Component>>, kept: &[Component], as_json: bool) -> anyhow::Result<ExitCode> {
    let changed = found.map(|now| Partial { items: inventory_changes(kept, &now.items), missing: now.missing });
    let differs = !changed.value.items.is_empty();
    let code = tell_list(&changed, as_json, |changes| {
        let mut text = String::new();
        for change in changes {
            let _ = writeln!(text, "{}", change.to_string().replace(char::is_control, " "));
        }
        text
    })?;
    Ok(if differs { FOUND.into() } else { code })
}

/// Makes tables to show. On a terminal, there is one for each kind, in the order in which they come: a DIMM needs other column
/// widths than a port.
fn tables(all: &[Component]) -> Vec<Table> {
    if !look().is_terminal {
        return vec![table(None, &all.iter().collect::<Vec<_>>(), look().width.is_none())];
    }
    let mut kinds: Vec<ComponentKind> = Vec::new();
    for part in all {
        if !kinds.contains(&part.kind) {
            kinds.push(part.kind);
        }
    }
    let of_kind = |kind| all.iter().filter(|part| part.kind == kind).collect::<Vec<_>>();
    let is_wide = look().width.is_none();
    kinds.into_iter().map(|kind| table(Some(&kind.to_string().to_uppercase()), &of_kind(kind), is_wide)).collect()
}

/// Makes a table of components. If it is not wide, it only has what distinguishes one component from another.
pub(crate) fn table(kind: Option<&str>, all: &[&Component], is_wide: bool) -> Table {
    let mut headings = kind.map_or(vec!["KIND", "NAME"], |kind| vec![kind]);
    headings.extend(["MODEL", "SERIAL NUMBER", "DETAILS", "STATE"]);
    if is_wide {
        headings.extend(["MANUFACTURER", "PART NUMBER", "VERSION", "ASSET TAG"]);
    }
    let mut table = Table::new(&headings);
    let names: Vec<_> = all.iter().map(|part| (part.name.as_str(), part.id.as_str())).collect();
    for (part, name) in all.iter().zip(told_apart(&names)) {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let model = match (&part.manufacturer, &part.model) {
            (Some(maker), Some(model)) if !is_wide && !model.contains(maker.as_str()) => format!("{maker} {model}"),
            (Some(maker), None) if !is_wide => maker.clone(),
            (_, model) => text(model),
        };
        let version = part.version.as_ref().filter(|_| !is_wide).map(|version| format!("version {version}"));
        let location = part.details.location.clone().filter(|location| !name.contains(location.trim()));
        let details = details(part).into_iter().chain(version).chain(location).collect::<Vec<_>>().join(", ");
        let mut row = kind.map_or(vec![part.kind.to_string()], |_| Vec::new());
        row.extend([name, model, text(&part.serial_number), details, state(part)]);
        if is_wide {
            row.extend([&part.manufacturer, &part.part_number, &part.version, &part.asset_tag].map(text));
        }
        table.row(row);
    }
    table
}

/// Describes a component in a few words: `32 GiB`, `DDR5`, `4800 MHz`.
fn details(part: &Component) -> Vec<String> {
    const GIB: u64 = 1 << 30;
    let details = &part.details;
    let mut words = Vec::new();
    if let Some(bytes) = details.capacity_bytes {
        // Memory is counted and sold in powers of two, drives are not.
        words.push(match part.kind {
            ComponentKind::Memory if bytes % GIB == 0 => format!("{} GiB", bytes / GIB),
            ComponentKind::Memory => format!("{} MiB", bytes >> 20),
            _ => format!("{} GB", bytes / 1_000_000_000),
        });
    }
    words.extend(details.variant.clone());
    words.extend(details.cores.map(|cores| format!("{cores} cores")));
    words.extend(details.speed_mhz.map(|speed| format!("{speed} MHz")));
    words.extend(details.link_bits_per_second.filter(|speed| *speed > 0).map(|speed| match speed {
        1_000_000_000.. if speed % 1_000_000_000 == 0 => format!("{} Gbit/s", speed / 1_000_000_000),
        _ => format!("{} Mbit/s", speed / 1_000_000),
    }));
    words.extend(details.link_up.map(|up| if up { "link up" } else { "link down" }.to_owned()));
    words.extend(details.mac_addresses.iter().cloned());
    words.extend(details.power_watts.map(|watts| format!("{watts} W")));
    words
}

fn state(part: &Component) -> String {
    if part.is_empty {
        return "empty".to_owned();
    }
    let health = part.health.filter(|health| *health != Severity::Ok).map(|health| health.to_string());
    let state = part.state.as_deref().filter(|state| *state != "Enabled");
    state.into_iter().chain(health.as_deref()).collect::<Vec<_>>().join(", ")
}
