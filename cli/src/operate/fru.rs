//! `rosefish fru`: the inventories that a machine's parts keep of themselves, field by field and byte by byte. IPMI alone has
//! them in this form; what a machine is made of by either protocol is `inventory`'s.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use rosefish::ipmi::record::fru_edit::FruField;
use serde_json::{Value, json};

use super::facts::missing;
use super::{OnIpmi, fru_text};
use crate::terminal::one_line;

const EXAMPLES: &str = "\
Examples:
  rosefish fru 10.0.0.7 --user root
  rosefish fru read 10.0.0.7 fru0.bin --user root          before anything is changed
  rosefish fru edit 10.0.0.7 product.asset-tag=rack7 product.serial-number=X12 --user root
  rosefish fru write 10.0.0.7 fru0.bin --user root

Fields: chassis.part-number, chassis.serial-number; board.manufacturer, board.name, board.serial-number, board.part-number,
board.file-id; product.manufacturer, product.name, product.part-number, product.version, product.serial-number,
product.asset-tag, product.file-id; and extra1, extra2 and so on of each, which vendors add.";

/// No device has more bytes.
const LARGEST: u64 = 65_535;

/// Show or change what the parts of a machine keep of themselves (FRU), by IPMI
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct FruArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the inventories.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show all fields of all devices
    List(ListArgs),
    /// Change fields of one device, and its checksums
    Edit(EditArgs),
    /// Write the bytes of one device to a file
    Read(FileArgs),
    /// Write a file to one device
    Write(FileArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// Only this device
    #[arg(long, value_name = "N")]
    device: Option<u8>,
}

#[derive(Debug, Args)]
struct EditArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// What to change; an empty TEXT empties a field
    #[arg(value_name = "FIELD=TEXT", value_parser = change, num_args = 1.., required = true)]
    changes: Vec<(FruField, String)>,
    /// The device
    #[arg(long, value_name = "N", default_value_t = 0)]
    device: u8,
}

#[derive(Debug, Args)]
struct FileArgs {
    #[command(flatten)]
    on: OnIpmi,
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The device
    #[arg(long, value_name = "N", default_value_t = 0)]
    device: u8,
}

fn change(text: &str) -> Result<(FruField, String), String> {
    let (field, text) =
        text.split_once('=').ok_or_else(|| "expected FIELD=TEXT, such as product.asset-tag=7".to_owned())?;
    let field = field.parse::<FruField>().map_err(|error| error.to_string())?;
    Ok((field, text.to_owned()))
}

pub(crate) async fn run(args: FruArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::List(args) => list(args).await,
        Verb::Edit(args) => edit(args).await,
        Verb::Read(args) => read(args).await,
        Verb::Write(args) => write(args).await,
    }
}

async fn list(args: ListArgs) -> anyhow::Result<ExitCode> {
    let ListArgs { on, device } = args;
    if let Some(device) = device {
        let found = on.target.with(async |bmc| Ok(bmc.fru(device).await?)).await?;
        let value = fru_text::to_json(device, "", &found);
        return on.target.tell(on.json, Value::Array(vec![value]), &[], || fru_text::lines(device, "", &found));
    }
    let found = on.target.with(async |bmc| Ok(bmc.frus().collect_all().await?)).await?;
    // A place that nothing is in is nothing that is missing.
    let missing = missing(found.missing.into_iter().filter(|one| !one.is_absent()).collect());
    let name = |one: &rosefish::ipmi::Fru| one.locator.as_ref().map(|place| place.name.clone()).unwrap_or_default();
    let all = found.items.iter().map(|one| fru_text::to_json(one.device, &name(one), &one.inventory));
    on.target.tell(on.json, all.collect(), &missing, || {
        let texts = found.items.iter().map(|one| fru_text::lines(one.device, &name(one), &one.inventory));
        texts.collect::<Vec<_>>().join("\n")
    })
}

async fn edit(args: EditArgs) -> anyhow::Result<ExitCode> {
    let EditArgs { on, changes, device } = args;
    let written = on.target.with(async |bmc| Ok(bmc.edit_fru(device, &changes).await?)).await?;
    let what: Vec<_> = changes.iter().map(|(field, text)| format!("{field} is {}", one_line(text))).collect();
    let value = json!({ "device": device, "written_bytes": written });
    on.target.tell(on.json, value, &[], || match written {
        0 => format!("it was so already: {}\n", what.join(", ")),
        _ => what.iter().map(|line| format!("{line}\n")).collect(),
    })
}

async fn read(args: FileArgs) -> anyhow::Result<ExitCode> {
    let FileArgs { on, file, device } = args;
    let file = on.target.file(&file, true)?;
    let bytes = on.target.with(async |bmc| Ok(bmc.fru_bytes(device).await?)).await?;
    std::fs::write(&file, &bytes).with_context(|| file.display().to_string())?;
    let value = json!({ "device": device, "file": file.display().to_string(), "bytes": bytes.len() });
    on.target.tell(on.json, value, &[], || format!("{} bytes in {}\n", bytes.len(), file.display()))
}

async fn write(args: FileArgs) -> anyhow::Result<ExitCode> {
    let FileArgs { on, file, device } = args;
    let file = on.target.file(&file, false)?;
    let about = std::fs::metadata(&file).with_context(|| file.display().to_string())?;
    if !about.is_file() || about.len() > LARGEST || about.len() == 0 {
        bail!("{}: expected a file of 1 to {LARGEST} bytes", file.display());
    }
    let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
    let written = on.target.with(async |bmc| Ok(bmc.write_fru(device, &bytes).await?)).await?;
    let value = json!({ "device": device, "written_bytes": written });
    on.target.tell(on.json, value, &[], || match written {
        0 => "the device has these bytes already\n".to_owned(),
        _ => format!("wrote {written} bytes that were others, and read back all {}\n", bytes.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_names_a_field_and_a_text() {
        let (field, text) = change("product.asset-tag=a=b").unwrap();
        assert_eq!((field.to_string().as_str(), text.as_str()), ("product.asset-tag", "a=b"));
        assert!(change("product.asset-tag").is_err());
        assert!(change("product.spoon=1").unwrap_err().contains("product.serial-number"));
    }
}
