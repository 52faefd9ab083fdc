//! `rosefish lan`: the LAN configuration of a BMC, which only IPMI has in this form.

use std::net::Ipv4Addr;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use rosefish::host::Missing;
use rosefish::ipmi::command::lan::{AddressSource, LanConfiguration, LanParameter};
use rosefish::ipmi::command::lan_ipv6::Ipv6Parameter;
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use rosefish::ipmi::{Client, ErrorKind};
use serde_json::{Value, json};

use super::lan_channel::{ShowArgs, mac};
use super::lan_ipv6::{self, Ipv6Args};
use super::{CHANGES, lan_alerts, print, wrong_usage};
use crate::partial::tell_missing;

const EXAMPLES: &str = "\
Examples:
  rosefish lan 10.0.0.7 --user root
  rosefish lan set 10.0.0.7 --source dhcp --user root
  rosefish lan set 10.0.0.7 --ipv6 both --ipv6-address 2001:db8::7/64 --user root
  rosefish lan alert 10.0.0.7 1 --to 10.0.0.9 --user root      SNMP traps go there
  rosefish lan set 10.0.0.7 --source static --address 10.0.0.8 --netmask 255.255.255.0 --gateway 10.0.0.1 --user root";

/// Where the address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Source {
    /// From --address
    Static,
    /// From DHCP
    Dhcp,
    /// From the system's firmware
    Bios,
}

/// Show or change the LAN configuration of a BMC, by IPMI
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LanArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the LAN configuration.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show it
    Show(ShowArgs),
    /// Change what the options name, and leave the rest
    Set(SetArgs),
    /// Show what there is of IPv6
    Ipv6(ShowArgs),
    /// Show whom it alerts
    Alerts(ShowArgs),
    /// Change whom it alerts: one destination
    Alert(lan_alerts::AlertArgs),
    /// Show the counters of packets
    Stats(lan_alerts::StatsArgs),
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    rest: ShowArgs,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    ipv6: Ipv6Args,
}

/// An address and what belongs to it, for whatever sets one.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct AddressArgs {
    /// The static IPv4 address
    #[arg(help_heading = CHANGES, long = "address", value_name = "ADDRESS")]
    pub(super) ip: Option<Ipv4Addr>, // `address` is the host's
    /// The subnet mask
    #[arg(help_heading = CHANGES, long, value_name = "ADDRESS", value_parser = netmask)]
    pub(super) netmask: Option<Ipv4Addr>,
    /// The IPv4 gateway
    #[arg(help_heading = CHANGES, long, value_name = "ADDRESS")]
    pub(super) gateway: Option<Ipv4Addr>,
    /// The VLAN, 1 to 4094, or off
    #[arg(help_heading = CHANGES, long, value_name = "ID", value_parser = vlan)]
    pub(super) vlan: Option<Vlan>,
}

/// What `set` sets.
#[derive(Debug, Args)]
struct Change {
    /// Where the address comes from
    #[arg(help_heading = CHANGES, long)]
    source: Option<Source>,
    #[command(flatten)]
    address: AddressArgs,
    /// The VLAN priority, 0 to 7
    #[arg(help_heading = CHANGES, long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=7))]
    vlan_priority: Option<u8>,
}

/// A VLAN, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Vlan(pub(super) Option<u16>);

fn vlan(text: &str) -> Result<Vlan, String> {
    if text == "off" {
        return Ok(Vlan(None));
    }
    let id = text.parse().ok().filter(|id| (1..=4094).contains(id));
    id.map(|id| Vlan(Some(id))).ok_or_else(|| "expected a number from 1 to 4094, or off".to_owned())
}

fn netmask(text: &str) -> Result<Ipv4Addr, String> {
    let mask: Option<Ipv4Addr> = text.parse().ok();
    // Ones, then zeros: the complement and one more is a power of two.
    let is_mask = |mask: &Ipv4Addr| (!mask.to_bits()).checked_add(1).is_none_or(u32::is_power_of_two);
    mask.filter(is_mask).ok_or_else(|| "expected a subnet mask, such as 255.255.255.0".to_owned())
}

impl Change {
    /// The parameters in an order in which the BMC stays reachable for as long as can be.
    fn parameters(&self) -> Vec<LanParameter> {
        let source = self.source.map(|source| match source {
            Source::Static => AddressSource::Static,
            Source::Dhcp => AddressSource::Dhcp,
            Source::Bios => AddressSource::Bios,
        });
        [
            self.address.netmask.map(LanParameter::SubnetMask),
            self.address.gateway.map(LanParameter::Gateway),
            self.vlan_priority.map(LanParameter::VlanPriority),
            source.map(LanParameter::Source),
            self.address.ip.map(LanParameter::Address),
            self.address.vlan.map(|vlan| LanParameter::Vlan(vlan.0)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

pub(crate) async fn run(args: LanArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(args) => show(&args).await,
        Verb::Set(args) => set(&args).await,
        Verb::Ipv6(args) => lan_ipv6::show(&args).await,
        Verb::Alerts(args) => lan_alerts::list(&args).await,
        Verb::Alert(args) => lan_alerts::set(&args).await,
        Verb::Stats(args) => lan_alerts::stats(&args).await,
    }
}

async fn set(args: &SetArgs) -> anyhow::Result<ExitCode> {
    let (parameters, ipv6) = (args.change.parameters(), args.ipv6.parameters());
    if parameters.is_empty() && ipv6.is_empty() {
        return Err(wrong_usage("`set` needs an option that says what, such as --address"));
    }
    let channel = args.rest.channel.unwrap_or(PRESENT_CHANNEL);
    let target = &args.rest.target;
    target
        .with(async |bmc| match write(bmc, channel, &ipv6, &parameters).await {
            Err(error) if error.kind() == ErrorKind::Timeout => Err(anyhow::anyhow!(
                "{}; if this changed the address or the VLAN that is in use, look for the BMC there",
                error.report()
            )),
            done => Ok(done?),
        })
        .await?;
    match args.rest.json {
        true => print(&format!("{:#}\n", target.envelope(json!({ "set": true }), json!([])))),
        false => print("set\n"),
    }
}

/// IPv6 comes first: with the address that is in use, the session goes.
async fn write(
    bmc: &Client,
    channel: u8,
    ipv6: &[Ipv6Parameter],
    parameters: &[LanParameter],
) -> Result<(), rosefish::ipmi::Error> {
    if !ipv6.is_empty() {
        bmc.set_ipv6_configuration(channel, ipv6).await?;
    }
    if !parameters.is_empty() {
        bmc.set_lan_configuration(channel, parameters).await?;
    }
    Ok(())
}

async fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let channel = args.channel.unwrap_or(PRESENT_CHANNEL);
    let lan = args.target.with(async |bmc| Ok(bmc.lan_configuration(channel).await?)).await?;
    let missing: Vec<_> =
        lan.missing.iter().map(|one| Missing::new(one.item().to_string(), one.error().clone().into())).collect();
    if args.json {
        let json = args.target.envelope(to_json(&lan), serde_json::to_value(&missing)?);
        print(&format!("{json:#}\n"))?;
    } else {
        print(&text(lan))?;
    }
    Ok(tell_missing(&missing))
}

fn source(source: AddressSource) -> String {
    format!("{source:?}").to_lowercase()
}

fn to_json(lan: &LanConfiguration) -> Value {
    json!({
        "address": lan.address,
        "address_source": lan.source.map(source),
        "subnet_mask": lan.subnet_mask,
        "mac_address": lan.mac.map(mac),
        "gateway": lan.gateway,
        "gateway_mac": lan.gateway_mac.map(mac),
        "backup_gateway": lan.backup_gateway,
        "vlan": lan.vlan.flatten(),
        "vlan_priority": lan.vlan_priority,
        "cipher_suites": lan.cipher_suites,
    })
}

fn text(lan: LanConfiguration) -> String {
    let text = |value: Option<Ipv4Addr>| value.map(|value| value.to_string());
    let suites = lan.cipher_suites.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let lines = [
        ("Address", text(lan.address)),
        ("Address source", lan.source.map(source)),
        ("Subnet mask", text(lan.subnet_mask)),
        ("MAC address", lan.mac.map(mac)),
        ("Gateway", text(lan.gateway)),
        ("Gateway MAC", lan.gateway_mac.map(mac)),
        ("Backup gateway", text(lan.backup_gateway)),
        ("VLAN", lan.vlan.map(|vlan| vlan.map_or_else(|| "off".to_owned(), |id| id.to_string()))),
        ("VLAN priority", lan.vlan_priority.map(|priority| priority.to_string())),
        ("SNMP community", lan.community),
        ("Cipher suites", Some(suites).filter(|suites| !suites.is_empty())),
    ];
    lines.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name:<15} {value}\n"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_ones_and_then_zeros() {
        for text in ["255.255.255.0", "255.255.240.0", "0.0.0.0", "255.255.255.255"] {
            assert_eq!(netmask(text).unwrap().to_string(), text);
        }
        for text in ["255.0.255.0", "0.0.0.255", "24", ""] {
            assert!(netmask(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_vlan_is_a_number_or_off() {
        assert_eq!((vlan("7"), vlan("off")), (Ok(Vlan(Some(7))), Ok(Vlan(None))));
        for text in ["0", "4095", "on", "-1"] {
            assert!(vlan(text).is_err(), "{text}");
        }
    }
}
