//! What `rosefish sel` does to single entries and to the clock of the log, which only IPMI has.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context as _, bail};
use clap::Args;
use rosefish::host::Missing;
use rosefish::ipmi::Client;
use rosefish::ipmi::command::event::PlatformEvent;
use rosefish::ipmi::record::sel::{Entry, EntryBody, Generator, Timestamp};
use serde_json::{Value, json};

use super::On;
use super::bytes::byte;
use super::facts::{self, Facts, Values, lines, missing, named, object};
use super::logs::since;
use crate::terminal::one_line;

/// Who generates entries that are added: system management software, as for ipmitool.
const GENERATOR: Generator = Generator { id: 0x41, lun: 0, channel: 0 };
/// A file with more lines than this is not one of events.
const MOST_EVENTS: usize = 65_534;

#[derive(Debug, Args)]
pub(super) struct TimeArgs {
    #[command(flatten)]
    on: On,
    /// The time to set: now, or such as 2026-11-27T18:00:00Z; without it, show the clock
    #[arg(value_name = "TIME", value_parser = clock)]
    time: Option<Clock>,
}

#[derive(Debug, Args)]
pub(super) struct EntriesArgs {
    #[command(flatten)]
    on: On,
    /// The entries by their IDs, such as 0x0012
    #[arg(value_name = "ID", value_parser = entry_id, num_args = 1.., required = true)]
    ids: Vec<u16>,
}

#[derive(Debug, Args)]
pub(super) struct FileArgs {
    #[command(flatten)]
    on: On,
    /// The file: a line for each event, with its seven bytes: revision, sensor type, sensor, event type, three data bytes; what
    /// stands behind # is a comment
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// What the clock is to be set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    Now,
    At(u32),
}

fn clock(text: &str) -> Result<Clock, String> {
    if text == "now" {
        return Ok(Clock::Now);
    }
    let seconds = since(text)?.timestamp().and_then(|time| u32::try_from(time.as_second()).ok());
    // Less is taken for the time since the BMC's start, and the last one for none.
    let seconds = seconds.filter(|seconds| Timestamp(*seconds).time().is_some());
    seconds
        .map(Clock::At)
        .ok_or_else(|| "a BMC's clock has no such time: it begins in 1987 and ends in 2106".to_owned())
}

fn entry_id(text: &str) -> Result<u16, String> {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hexadecimal) => u16::from_str_radix(hexadecimal, 16),
        None => text.parse(),
    };
    let value = value.ok().filter(|id| !matches!(*id, 0 | u16::MAX));
    value.ok_or_else(|| "expected the ID of an entry, such as 18 or 0x0012".to_owned())
}

pub(super) async fn info(on: &On) -> anyhow::Result<ExitCode> {
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| {
        let log = bmc.sel_info().await?;
        let mut found = Facts::default();
        found.put(named!({
            "entries": log.entries,
            "free_bytes": log.free,
            "overflow": log.overflow,
            "last_addition": facts::time(log.last_addition),
            "last_erase": facts::time(log.last_erase),
            "can_delete": log.supports_delete,
            "can_reserve": log.supports_reserve,
        }));
        found.take("allocation of the log", bmc.sel_allocation().await, |found| {
            found.map_or_else(Vec::new, |found| {
                named!({
                    "units": found.units,
                    "unit_bytes": found.unit_bytes,
                    "free_units": found.free_units,
                    "largest_free_units": found.largest_free,
                })
            })
        });
        clock_of(bmc, &mut found).await;
        Ok(found)
    });
    found.await?.tell(&target, on.json)
}

async fn clock_of(bmc: &Client, found: &mut Facts) {
    let clock = |time: Timestamp| named!({ "clock": facts::time(time), "clock_seconds": time.0 });
    found.take("clock", bmc.sel_time().await, clock);
    found.take("offset of the clock", bmc.sel_utc_offset().await, |minutes| named!({ "utc_offset_minutes": minutes }));
}

pub(super) async fn time(args: TimeArgs) -> anyhow::Result<ExitCode> {
    let TimeArgs { on, time } = args;
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| {
        if let Some(time) = time {
            let seconds = match time {
                Clock::At(seconds) => seconds,
                Clock::Now => {
                    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
                    u32::try_from(now.as_secs()).context("a BMC's clock ends in 2106")?
                }
            };
            bmc.set_sel_time(Timestamp(seconds)).await?;
        }
        let mut found = Facts::default();
        clock_of(bmc, &mut found).await;
        Ok(found)
    });
    let found = found.await?;
    if found.values.is_empty() && found.missing.is_empty() {
        bail!("the BMC has no clock for its event log");
    }
    found.tell(&target, on.json)
}

pub(super) async fn get(args: &EntriesArgs) -> anyhow::Result<ExitCode> {
    let target = args.on.by_ipmi()?;
    let (entries, missing) = each(args, async |bmc, id| bmc.sel_entry(id).await).await?;
    let all: Vec<Values> = entries.iter().map(|(_, entry)| said_by(entry)).collect();
    let text = all.iter().map(lines).collect::<Vec<_>>().join("\n");
    let values: Vec<Value> = all.into_iter().map(object).collect();
    target.tell(args.on.json, values.into(), &missing, || text)
}

pub(super) async fn delete(args: &EntriesArgs) -> anyhow::Result<ExitCode> {
    let target = args.on.by_ipmi()?;
    let (deleted, missing) = each(args, async |bmc, id| bmc.sel_delete(id).await).await?;
    let ids: Vec<String> = deleted.iter().map(|(id, ())| format!("{id:#06x}")).collect();
    let text: String = ids.iter().map(|id| format!("deleted {id}\n")).collect();
    target.tell(args.on.json, json!(ids), &missing, || text)
}

/// Does something with each entry. One that fails hides none of the others; where all fail, that is an error.
async fn each<T>(
    args: &EntriesArgs,
    work: impl AsyncFn(&Client, u16) -> Result<T, rosefish::ipmi::Error>,
) -> anyhow::Result<(Vec<(u16, T)>, Vec<Missing>)> {
    let target = args.on.by_ipmi()?;
    target
        .with(async |bmc| {
            let (mut done, mut failed) = (Vec::new(), Vec::new());
            for id in &args.ids {
                match work(bmc, *id).await {
                    Ok(found) => done.push((*id, found)),
                    Err(error) if error.is_session_lost() || done.is_empty() && args.ids.len() == 1 => {
                        return Err(anyhow::Error::new(error).context(format!("entry {id:#06x}")));
                    }
                    Err(error) => failed.push(Missing::new(format!("entry {id:#06x}"), error.into())),
                }
            }
            match failed.is_empty() || !done.is_empty() {
                true => Ok((done, failed)),
                false => bail!("{}", failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
            }
        })
        .await
}

/// All that an entry says.
fn said_by(entry: &Entry) -> Values {
    let bytes = entry.encode().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    let mut found = Facts::default();
    found.put(named!({
        "id": format!("{:#06x}", entry.id),
        "record_type": format!("{:#04x}", entry.record_type),
        "time": entry.timestamp().and_then(facts::time),
    }));
    match &entry.body {
        EntryBody::Event { generator, sensor, revision, event, .. } => found.put(named!({
            "generator": generator.software().map_or_else(|| format!("{:#04x}", generator.id), str::to_owned),
            "sensor_type": event.sensor_type.name(),
            "sensor": format!("{sensor:#04x}"),
            "event_type": format!("{:#04x}", event.event_type.0),
            "asserted": event.asserted,
            "severity": event.severity().map(|severity| format!("{severity:?}").to_lowercase()),
            "revision": revision,
        })),
        EntryBody::OemTimestamped { manufacturer, .. } => found.put(named!({ "manufacturer": manufacturer })),
        _ => {}
    }
    found.put(named!({ "message": entry.to_string(), "bytes": bytes }));
    found.values
}

/// The events of a file, all of them or none: nothing is added of a file that has a mistake.
fn events(text: &str, file: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        let words: Vec<_> = line.split_whitespace().collect();
        if words.is_empty() {
            continue;
        }
        let place = || format!("{}, line {number}", file.display());
        let bytes: Result<Vec<u8>, String> = words.iter().map(|word| byte(word)).collect();
        let bytes: Vec<u8> = bytes.map_err(anyhow::Error::msg).with_context(place)?;
        let Ok(bytes) = <[u8; 7]>::try_from(bytes) else {
            bail!("{}: an event has seven bytes, not {}", place(), words.len());
        };
        let [revision, ..] = bytes;
        let PlatformEvent { sensor, event } = PlatformEvent::from_bytes(bytes);
        let body = EntryBody::Event { time: Timestamp(0), generator: GENERATOR, sensor, revision, event };
        all.push(Entry { id: 0, record_type: 0x02, body });
        anyhow::ensure!(all.len() <= MOST_EVENTS, "{}: no event log has room for so many events", file.display());
    }
    anyhow::ensure!(!all.is_empty(), "{} has no events", file.display());
    Ok(all)
}

pub(super) async fn add(args: &FileArgs) -> anyhow::Result<ExitCode> {
    let target = args.on.by_ipmi()?;
    let file = target.file(&args.file, false)?;
    let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let events = events(&text, &file)?;
    let (ids, missing) = target
        .with(async |bmc| {
            let mut ids = Vec::new();
            for event in &events {
                match bmc.sel_add(event).await {
                    Ok(id) => ids.push(format!("{id:#06x}")),
                    Err(error) if ids.is_empty() => return Err(error.into()),
                    // Whatever stopped this one stops the others: the log is full, for example.
                    Err(error) => {
                        let place = format!("event {} of {}, and what comes behind it", ids.len() + 1, events.len());
                        return Ok((ids, vec![Missing::new(place, error.into())]));
                    }
                }
            }
            Ok((ids, Vec::new()))
        })
        .await?;
    let text: String = ids.iter().map(|id| format!("added {id}\n")).collect();
    target.tell(args.on.json, json!(ids), &missing, || text)
}

/// An event as a line of a file.
fn line(entry: &Entry) -> Option<String> {
    let EntryBody::Event { sensor, revision, event, .. } = entry.body else { return None };
    let mut bytes = PlatformEvent { sensor, event }.to_bytes();
    bytes[0] = revision;
    let bytes = bytes.map(|byte| format!("{byte:#04x}")).join(" ");
    Some(format!("{bytes} # {}\n", one_line(&entry.to_string())))
}

pub(super) async fn save(args: &FileArgs) -> anyhow::Result<ExitCode> {
    let target = args.on.by_ipmi()?;
    let file = target.file(&args.file, true)?;
    let found = target.with(async |bmc| Ok(bmc.sel().collect_all().await?)).await?;
    let saved: Vec<String> = found.items.iter().filter_map(line).collect();
    let others = found.items.len().saturating_sub(saved.len());
    std::fs::write(&file, saved.concat()).with_context(|| file.display().to_string())?;
    let value = json!({ "file": file.display().to_string(), "saved": saved.len(), "left_out": others });
    let left_out = match others {
        0 => String::new(),
        _ => format!(", without {others} entries that vendors define: `logs --save` writes all as JSON"),
    };
    let text = format!("{} events in {}{left_out}\n", saved.len(), file.display());
    target.tell(args.on.json, value, &missing(found.missing), || text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_events_is_read_whole_or_not_at_all() {
        let text = "# saved\n0x04 0x01 0x30 0x01 0x59 0x75 0x70 # Temperature\n\n4 12 0x53 0x6f 0 0xff 0xff\n";
        let all = events(text, Path::new("x")).unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(line(&all[0]).unwrap().split(" #").next(), Some("0x04 0x01 0x30 0x01 0x59 0x75 0x70"));
        for wrong in ["", "# nothing\n", "4 1 2\n", "4 1 2 3 4 5 256\n", "4 1 2 3 4 5 6\nspoon\n"] {
            assert!(events(wrong, Path::new("x")).is_err(), "{wrong}");
        }
        let error = events("4 1 2 3 4 5 6\n1 2\n", Path::new("events.txt")).unwrap_err().to_string();
        assert!(error.contains("events.txt, line 2") && error.contains("not 2"), "{error}");
    }

    #[test]
    fn ids_and_times_are_those_that_a_bmc_has() {
        assert_eq!((entry_id("18"), entry_id("0x0012")), (Ok(18), Ok(18)));
        for text in ["0", "65535", "0x10000", "first", "-1"] {
            assert!(entry_id(text).is_err(), "{text}");
        }
        assert_eq!(clock("now"), Ok(Clock::Now));
        assert_eq!(clock("2026-11-27T18:00:00Z"), Ok(Clock::At(1_795_802_400)));
        for text in ["1970-01-01T00:01:00Z", "2200-01-01", "soon"] {
            assert!(clock(text).is_err(), "{text}");
        }
    }
}
