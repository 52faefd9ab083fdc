//! `rosefish raw`: any command of IPMI, by its bytes.

use std::process::ExitCode;

use clap::Args;
use rosefish::ipmi::command::{NetFn, Raw};
use serde_json::json;

use super::bytes::byte;
use super::{IpmiTarget, print};

/// Send any command by IPMI
///
/// The answer's bytes are shown in hexadecimal, without the completion code; one that isn't zero is an error.
#[derive(Debug, Args)]
pub(crate) struct RawArgs {
    #[command(flatten)]
    target: IpmiTarget,
    /// Network function, command and data: bytes, such as 6 or 0x0a
    #[arg(value_name = "BYTE", value_parser = byte, num_args = 2.., required = true)]
    bytes: Vec<u8>,
    /// The command changes nothing: repeat it when no answer comes
    #[arg(long)]
    reading: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: RawArgs) -> anyhow::Result<ExitCode> {
    let [net_fn, command, data @ ..] = &args.bytes[..] else { anyhow::bail!("a network function and a command") };
    let mut raw = Raw::new(NetFn(*net_fn), *command, data);
    if args.reading {
        raw = raw.reading();
    }
    let answer = args.target.with(async |bmc| Ok(bmc.send(&raw).await?)).await?;
    if args.json {
        let json = args.target.envelope(json!({ "data": answer }), json!([]));
        return print(&format!("{json:#}\n"));
    }
    let lines = answer.chunks(16).map(|line| line.iter().map(|byte| format!(" {byte:02x}")).collect::<String>() + "\n");
    print(&lines.collect::<String>())
}
