//! `rosefish raw`: any command of IPMI, by its bytes.

use std::process::ExitCode;

use clap::Args;
use rosefish::ipmi::command::{NetFn, Raw};
use serde_json::json;

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

fn byte(text: &str) -> Result<u8, String> {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hexadecimal) => u8::from_str_radix(hexadecimal, 16),
        None => text.parse(),
    };
    value.map_err(|_| "expected a byte, such as 6 or 0x0a".to_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_decimal_or_hexadecimal() {
        assert_eq!((byte("6"), byte("0x0a"), byte("0XFF")), (Ok(6), Ok(10), Ok(255)));
        for text in ["256", "0x100", "0a", "-1", ""] {
            assert!(byte(text).is_err(), "{text}");
        }
    }
}
