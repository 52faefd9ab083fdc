//! `rosefish storage`: controllers, drives and volumes.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::{Args, Subcommand};
use rosefish::Selector;
use rosefish::host::{Host, Initialize, NewVolume, StorageDrive, StorageSystem, StorageVolume};

use super::{On, Table};
use crate::fleet::current::Sure;
use crate::terminal::{one_line, say};

const EXAMPLES: &str = "\
Examples:
  rosefish storage 10.0.0.7 --user root                       controllers, drives and volumes
  rosefish storage create 10.0.0.7 raid1 --user root          of two spare drives that are alike
  rosefish storage create 10.0.0.7 raid5 --drive Bay2 --drive Bay3 --drive Bay4 --name data --user root
  rosefish storage initialise 10.0.0.7 2 --yes --user root    erases volume 2
  rosefish storage delete 10.0.0.7 2 --yes --user root
  rosefish storage locate 10.0.0.7 Bay3 --user root           lights its lamp; --off turns it off
  rosefish storage erase 10.0.0.7 Bay3 --yes --user root      nothing can be read from that drive any more

What erases something asks first, unless --yes is given. Drives and volumes are named by Id, name or URI.";

/// Show controllers, drives and volumes; make, erase and delete volumes; light and erase drives
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StorageArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the storage.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show it
    List(On),
    /// Make a volume of spare drives, or of those that are named
    Create(CreateArgs),
    /// Erase the content of a volume
    #[command(alias = "initialize")]
    Initialise(InitialiseArgs),
    /// Delete a volume, with all that is on it
    Delete(VolumeArgs),
    /// Light the identify lamp of a drive
    Locate(LocateArgs),
    /// Erase a drive, so that nothing can be read from it any more
    Erase(EraseArgs),
}

#[derive(Debug, Args)]
struct CreateArgs {
    #[command(flatten)]
    on: On,
    /// The RAID type, such as raid1
    #[arg(value_name = "RAID")]
    raid: String,
    /// The storage, where there are several
    #[arg(long, value_name = "STORAGE")]
    storage: Option<Selector>,
    /// Make it of this drive; may be given more than once [default: spare ones that are alike]
    #[arg(long = "drive", value_name = "DRIVE", conflicts_with = "count")]
    drives: Vec<Selector>,
    /// Choose so many spare drives [default: as many as the RAID type needs]
    #[arg(long, value_name = "N")]
    count: Option<usize>,
    /// What it is called
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Its size in bytes, or with a unit such as 500GB or 2TiB [default: all that there is]
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    size: Option<u64>,
    /// Give up after so many seconds [default: 3600]. The service continues
    #[arg(long, value_name = "SECONDS", value_parser = crate::host::seconds)]
    within: Option<Duration>,
}

#[derive(Debug, Args)]
struct VolumeArgs {
    #[command(flatten)]
    on: On,
    /// The volume
    #[arg(value_name = "VOLUME")]
    volume: Selector,
    /// The storage that it is in, where volumes of several are called so
    #[arg(long, value_name = "STORAGE")]
    storage: Option<Selector>,
    #[command(flatten)]
    yes: Sure,
}

#[derive(Debug, Args)]
struct InitialiseArgs {
    #[command(flatten)]
    volume: VolumeArgs,
    /// Erase all of it, not just what describes its content
    #[arg(long)]
    slow: bool,
}

#[derive(Debug, Args)]
struct LocateArgs {
    #[command(flatten)]
    on: On,
    /// The drive
    #[arg(value_name = "DRIVE")]
    drive: Selector,
    /// Turn it off
    #[arg(long)]
    off: bool,
}

#[derive(Debug, Args)]
struct EraseArgs {
    #[command(flatten)]
    on: On,
    /// The drive
    #[arg(value_name = "DRIVE")]
    drive: Selector,
    /// How: BlockErase, CryptographicErase or Overwrite [default: as the drive does]
    #[arg(long, value_name = "HOW")]
    how: Option<String>,
    #[command(flatten)]
    yes: Sure,
}

fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 9] = [
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("T", 1_000_000_000_000),
        ("G", 1_000_000_000),
        ("", 1),
    ];
    let found = UNITS.iter().find_map(|(unit, factor)| {
        let number = text.strip_suffix(unit)?.trim().parse::<u64>().ok()?;
        number.checked_mul(*factor)
    });
    found.filter(|bytes| *bytes > 0).ok_or_else(|| "expected a size such as 500GB or 2TiB".to_owned())
}

/// Asks whether something may be erased.
fn confirm(Sure(yes): Sure, what: &str) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("{what}; say --yes if that is wanted (there is no terminal to ask on)");
    }
    say!("{what}. Continue? Type yes:");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() != "yes" {
        bail!("nothing was done");
    }
    Ok(())
}

pub(crate) async fn run(args: StorageArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(on) => on.tell_list(async |host| host.storage().await, list).await,
        Verb::Create(args) => create(args).await,
        Verb::Initialise(InitialiseArgs { volume, slow }) => {
            confirm(volume.yes, &format!("this erases volume {} of {}", volume.volume, volume.on.target.address()))?;
            let how = if slow { Initialize::Slow } else { Initialize::Fast };
            let VolumeArgs { on, volume, storage, .. } = volume;
            let work = async |host: &Host| host.initialize_volume(storage, volume, how).await;
            on.tell(work, |_, volume| format!("initialised {}\n", of_volume(volume))).await
        }
        Verb::Delete(VolumeArgs { on, volume, storage, yes }) => {
            confirm(yes, &format!("this deletes volume {volume} of {}, with all that is on it", on.target.address()))?;
            let work = async |host: &Host| host.delete_volume(storage, volume).await;
            on.tell(work, |_, volume| format!("deleted {}\n", of_volume(volume))).await
        }
        Verb::Locate(LocateArgs { on, drive, off }) => {
            let work = async |host: &Host| host.identify_drive(drive, !off).await;
            let state = if off { "off" } else { "on" };
            on.tell(work, |_, drive| format!("the lamp of {} is {state}\n", one_line(&drive.drive))).await
        }
        Verb::Erase(EraseArgs { on, drive, how, yes }) => {
            confirm(yes, &format!("this erases drive {drive} of {} for good", on.target.address()))?;
            let work = async |host: &Host| host.erase_drive(drive, how).await;
            on.tell(work, |_, drive| {
                let serial = drive.serial_number.as_deref().map(|serial| format!(" ({serial})")).unwrap_or_default();
                format!("the service says that it erased {}{serial}\n", one_line(&drive.drive))
            })
            .await
        }
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<ExitCode> {
    let mut volume = args.drives.into_iter().fold(NewVolume::new(args.raid), NewVolume::drive);
    if let Some(storage) = args.storage {
        volume = volume.storage(storage);
    }
    if let Some(count) = args.count {
        volume = volume.count(count);
    }
    if let Some(name) = args.name {
        volume = volume.name(name);
    }
    if let Some(size) = args.size {
        volume = volume.capacity_bytes(size);
    }
    if let Some(within) = args.within {
        volume = volume.within(within);
    }
    let work = async |host: &Host| host.create_volume(volume).await;
    args.on.tell(work, |_, volume| format!("made {}\n", of_volume(volume))).await
}

fn of_volume(volume: &StorageVolume) -> String {
    let raid = volume.raid.as_deref().map(|raid| format!(", {raid}")).unwrap_or_default();
    let drives = if volume.drives.is_empty() { String::new() } else { format!(" of {}", volume.drives.join(", ")) };
    one_line(&format!("volume {}{raid}{drives}", volume.volume))
}

fn list(all: &[StorageSystem]) -> String {
    all.iter().map(of_storage).collect::<Vec<_>>().join("\n")
}

fn of_storage(storage: &StorageSystem) -> String {
    let owned = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = storage.name.as_ref().filter(|name| **name != storage.storage);
    let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
    let mut text = format!("Storage     {}\n", one_line(&format!("{}{name}", storage.storage)));
    for one in &storage.controllers {
        let parts = [&one.name, &one.model, &one.firmware, &one.health];
        // Some have the model for a name.
        let mut parts: Vec<_> = parts.into_iter().flatten().cloned().collect();
        parts.dedup();
        text.push_str(&format!("Controller  {}\n", one_line(&parts.join(", "))));
    }
    let mut drives = Table::new(&["DRIVE", "SIZE", "MEDIA", "MODEL", "SERIAL", "HEALTH", "USE"]);
    for one in &storage.drives {
        let media: Vec<_> = [&one.protocol, &one.media].into_iter().flatten().cloned().collect();
        let lit = if one.identify == Some(true) { ", lamp on" } else { "" };
        let used = one.taken.as_deref().map_or("spare", |taken| taken.trim_start_matches("is "));
        let (model, serial, health) = (owned(&one.model), owned(&one.serial_number), health(one));
        drives.row([
            one.drive.clone(),
            size(one.capacity_bytes),
            media.join(" "),
            model,
            serial,
            health,
            format!("{used}{lit}"),
        ]);
    }
    let mut volumes = Table::new(&["VOLUME", "NAME", "RAID", "SIZE", "HEALTH", "DRIVES"]);
    for one in &storage.volumes {
        let (name, raid, health) = (owned(&one.name), owned(&one.raid), owned(&one.health));
        volumes.row([one.volume.clone(), name, raid, size(one.capacity_bytes), health, one.drives.join(", ")]);
    }
    for table in [drives.text(), volumes.text()] {
        if !table.is_empty() {
            text.push('\n');
            text.push_str(&table);
        }
    }
    text
}

fn health(drive: &StorageDrive) -> String {
    let failing = (drive.failure_predicted == Some(true)).then(|| "failing".to_owned());
    drive.health.iter().cloned().chain(failing).collect::<Vec<_>>().join(", ")
}

/// A size as drives are sold, in powers of ten.
fn size(bytes: Option<u64>) -> String {
    let Some(bytes) = bytes else { return String::new() };
    for (unit, factor) in [("TB", 1_000_000_000_000_u64), ("GB", 1_000_000_000), ("MB", 1_000_000)] {
        if bytes >= factor {
            let tenths = bytes / (factor / 10);
            return match tenths % 10 {
                0 => format!("{} {unit}", tenths / 10),
                _ => format!("{}.{} {unit}", tenths / 10, tenths % 10),
            };
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, count) in [("500GB", 500_000_000_000), ("2TiB", 2 << 40), ("512", 512), ("3 T", 3_000_000_000_000)] {
            assert_eq!(bytes(text), Ok(count), "{text}");
        }
        for text in ["", "0", "-1GB", "1.5TB", "99999999TB", "GB", "5 apples"] {
            assert!(bytes(text).is_err(), "{text}");
        }
        for (count, text) in [(3_840_755_982_336, "3.8 TB"), (960_000_000_000, "960 GB"), (512, "512 B")] {
            assert_eq!(size(Some(count)), text);
        }
    }
}
