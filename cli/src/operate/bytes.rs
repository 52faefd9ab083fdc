//! What only IPMI has: `rosefish raw` and `rosefish lan`.

use std::process::ExitCode;

use clap::Args;
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
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
    /// Tell it as JSON
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

pub(crate) async fn raw(args: RawArgs) -> anyhow::Result<ExitCode> {
    let [net_fn, command, data @ ..] = &args.bytes[..] else { anyhow::bail!("a network function and a command") };
    let mut raw = Raw::new(NetFn(*net_fn), *command, data);
    if args.reading {
        raw = raw.reading();
    }
    let answer = args.target.with(async |bmc| Ok(bmc.send(&raw).await?)).await?;
    if args.json {
        return print(&format!("{}\n", json!({ "data": answer })));
    }
    let lines = answer.chunks(16).map(|line| line.iter().map(|byte| format!(" {byte:02x}")).collect::<String>() + "\n");
    print(&lines.collect::<String>())
}

/// Show the LAN configuration of a BMC, by IPMI
#[derive(Debug, Args)]
pub(crate) struct LanArgs {
    #[command(flatten)]
    target: IpmiTarget,
    /// The channel; without it, the one that the session comes in by
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=15))]
    channel: Option<u8>,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn lan(args: LanArgs) -> anyhow::Result<ExitCode> {
    let channel = args.channel.unwrap_or(PRESENT_CHANNEL);
    let lan = args.target.with(async |bmc| Ok(bmc.lan_configuration(channel).await?)).await?;
    let mac = |mac: Option<[u8; 6]>| mac.map(|mac| mac.map(|byte| format!("{byte:02x}")).join(":"));
    let text = |value: Option<std::net::Ipv4Addr>| value.map(|value| value.to_string());
    let suites = lan.cipher_suites.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let lines = [
        ("Address", text(lan.address)),
        ("Address source", lan.source.map(|source| format!("{source:?}").to_lowercase())),
        ("Subnet mask", text(lan.subnet_mask)),
        ("MAC address", mac(lan.mac)),
        ("Gateway", text(lan.gateway)),
        ("Gateway MAC", mac(lan.gateway_mac)),
        ("Backup gateway", text(lan.backup_gateway)),
        ("VLAN", lan.vlan.map(|vlan| vlan.map_or_else(|| "off".to_owned(), |id| id.to_string()))),
        ("VLAN priority", lan.vlan_priority.map(|priority| priority.to_string())),
        ("SNMP community", lan.community),
        ("Cipher suites", Some(suites).filter(|suites| !suites.is_empty())),
    ];
    if args.json {
        let told = lines.into_iter().map(|(name, value)| (name.to_lowercase().replace(' ', "_"), json!(value)));
        return print(&format!("{}\n", serde_json::Value::Object(told.collect())));
    }
    let told = lines.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name:<15} {value}\n")));
    print(&told.collect::<String>())
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
