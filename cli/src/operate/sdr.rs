//! `rosefish ipmi sdr`: the state of the sensor data records, and their bytes in a file.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use rosefish::ipmi::record::sel::Timestamp;

use super::OnIpmi;
use super::facts::{Facts, missing, named, time};

#[derive(Debug, Args)]
pub(super) struct SdrArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// Write the bytes of all records to a file, one behind the other
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

pub(super) async fn run(args: SdrArgs) -> anyhow::Result<ExitCode> {
    let SdrArgs { on, save } = args;
    let save = save.map(|file| on.target.file(&file, true)).transpose()?;
    let found = on.target.with(async |bmc| {
        let mut found = Facts::default();
        // A controller that describes itself has records, and no repository.
        found.take("state of the records", bmc.sdr_repository_info().await, |info| {
            named!({
                "version": format!("{}.{}", info.version & 0x0f, info.version >> 4),
                "records": info.records,
                "free_bytes": info.free,
                "last_addition": time(Timestamp(info.last_addition)),
                "last_erase": time(Timestamp(info.last_erase)),
            })
        });
        let Some(file) = &save else { return Ok(found) };
        let records = bmc.sdr_bytes().collect_all().await?;
        let bytes = records.items.concat();
        std::fs::write(file, &bytes).with_context(|| format!("--save {}", file.display()))?;
        found.missing.extend(missing(records.missing));
        found.put(named!({ "saved": records.items.len(), "file": file.display().to_string() }));
        Ok(found)
    });
    let found: Facts = found.await?;
    if found.values.is_empty() && found.missing.is_empty() {
        anyhow::bail!("the BMC has no repository of sensor data records");
    }
    found.tell(&on.target, on.json)
}
