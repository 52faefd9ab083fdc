//! Whom a BMC alerts, and what passed through its LAN channel: `rosefish lan alerts`, `lan alert` and `lan stats`.

use std::net::IpAddr;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, ValueEnum};
use rosefish::ipmi::command::alert::{AlertDestination, AlertKind};
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use serde_json::{Value, json};

use super::facts::{Facts, missing, named};
use super::lan_channel::{ShowArgs, mac};
use super::{CHANGES, Table, wrong_usage};

#[derive(Debug, Args)]
pub(super) struct StatsArgs {
    #[command(flatten)]
    rest: ShowArgs,
    /// Set the counters to zero when they have been read
    #[arg(long)]
    clear: bool,
}

#[derive(Debug, Args)]
pub(super) struct AlertArgs {
    #[command(flatten)]
    rest: ShowArgs,
    /// The number of the destination; `alerts` shows which there are
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(0..=15))]
    number: u8,
    /// Where alerts go
    #[arg(help_heading = CHANGES, long, value_name = "ADDRESS")]
    to: Option<IpAddr>,
    /// What is sent
    #[arg(help_heading = CHANGES, long)]
    kind: Option<Kind>,
    /// Whether alerts are sent again until they are acknowledged
    #[arg(help_heading = CHANGES, long, value_name = "BOOL")]
    acknowledge: Option<bool>,
    /// For how many seconds an acknowledgement is waited for
    #[arg(help_heading = CHANGES, long, value_name = "SECONDS")]
    ack_timeout: Option<u8>,
    /// How often alerts are sent again
    #[arg(help_heading = CHANGES, long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=7))]
    alert_retries: Option<u8>,
    /// Whether the backup gateway is used
    #[arg(help_heading = CHANGES, long, value_name = "BOOL")]
    backup_gateway: Option<bool>,
}

/// What is sent to a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// An SNMP trap (PET)
    Trap,
    /// The vendor's first kind
    Oem1,
    /// The vendor's second kind
    Oem2,
}

pub(super) async fn stats(args: &StatsArgs) -> anyhow::Result<ExitCode> {
    let ShowArgs { target, channel, json } = &args.rest;
    let channel = channel.unwrap_or(PRESENT_CHANNEL);
    let found = target.with(async |bmc| {
        let found = bmc.lan_statistics(channel).await?;
        if args.clear {
            bmc.clear_lan_statistics(channel).await?;
        }
        Ok(found)
    });
    let found = found.await?;
    let mut facts = Facts::default();
    facts.put(named!({
        "ip_received": found.ip_received,
        "ip_header_errors": found.ip_header_errors,
        "ip_address_errors": found.ip_address_errors,
        "ip_fragments": found.ip_fragments,
        "ip_sent": found.ip_sent,
        "udp_received": found.udp_received,
        "rmcp_received": found.rmcp_received,
        "proxy_received": found.proxy_received,
        "proxy_dropped": found.proxy_dropped,
    }));
    facts.tell(target, *json)
}

pub(super) async fn list(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let channel = args.channel.unwrap_or(PRESENT_CHANNEL);
    let found = args.target.with(async |bmc| Ok(bmc.alert_destinations(channel).await?)).await?;
    let missing = missing(found.missing);
    let all: Vec<Value> = found.items.iter().map(to_json).collect();
    args.target.tell(args.json, all.into(), &missing, || table(&found.items))
}

pub(super) async fn set(args: &AlertArgs) -> anyhow::Result<ExitCode> {
    let ShowArgs { target, channel, json } = &args.rest;
    let channel = channel.unwrap_or(PRESENT_CHANNEL);
    let is_nothing = args.to.is_none()
        && args.kind.is_none()
        && args.acknowledge.is_none()
        && args.ack_timeout.is_none()
        && args.alert_retries.is_none()
        && args.backup_gateway.is_none();
    if is_nothing {
        return Err(wrong_usage("`alert` needs an option that says what to change, such as --to"));
    }
    let done = target.with(async |bmc| {
        let there = bmc.alert_destinations(channel).await?;
        let numbers: Vec<_> = there.items.iter().map(|one| one.number.to_string()).collect();
        let Some(mut one) = there.items.into_iter().find(|one| one.number == args.number) else {
            if let Some(unread) = there.missing.into_iter().next() {
                return Err(unread.into_error().into());
            }
            bail!("there is no alert destination {}; there are: {}", args.number, numbers.join(", "));
        };
        change(&mut one, args);
        bmc.set_alert_destination(channel, one).await?;
        Ok(one)
    });
    let done = done.await?;
    target.tell(*json, to_json(&done), &[], || table(&[done]))
}

fn change(one: &mut AlertDestination, args: &AlertArgs) {
    if let Some(address) = args.to {
        // The hardware address was that of the other one.
        (one.address, one.mac) = (address, [0; 6]);
        one.backup_gateway &= address.is_ipv4();
    }
    if let Some(kind) = args.kind {
        one.kind = match kind {
            Kind::Trap => AlertKind::SnmpTrap,
            Kind::Oem1 => AlertKind::Oem1,
            Kind::Oem2 => AlertKind::Oem2,
        };
    }
    one.acknowledged = args.acknowledge.unwrap_or(one.acknowledged);
    one.timeout_seconds = args.ack_timeout.unwrap_or(one.timeout_seconds);
    one.retries = args.alert_retries.unwrap_or(one.retries);
    one.backup_gateway = args.backup_gateway.unwrap_or(one.backup_gateway);
}

fn kind(one: &AlertDestination) -> String {
    match one.kind {
        AlertKind::SnmpTrap => "trap".to_owned(),
        AlertKind::Oem1 => "oem1".to_owned(),
        AlertKind::Oem2 => "oem2".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn to_json(one: &AlertDestination) -> Value {
    json!({
        "number": one.number,
        "address": Some(one.address).filter(|_| !one.is_empty()),
        "kind": kind(one),
        "acknowledged": one.acknowledged,
        "timeout_seconds": one.timeout_seconds,
        "retries": one.retries,
        "backup_gateway": one.backup_gateway,
        "mac_address": Some(one.mac).filter(|mac| *mac != [0; 6]).map(mac),
    })
}

fn table(all: &[AlertDestination]) -> Table {
    let mut table = Table::new(&["NUMBER", "ADDRESS", "KIND", "ACKNOWLEDGED", "TIMEOUT", "RETRIES"]);
    for one in all {
        let address = if one.is_empty() { String::new() } else { one.address.to_string() };
        let acknowledged = if one.acknowledged { "yes" } else { "no" }.to_owned();
        let timeout = format!("{} s", one.timeout_seconds);
        table.row([one.number.to_string(), address, kind(one), acknowledged, timeout, one.retries.to_string()]);
    }
    table
}
