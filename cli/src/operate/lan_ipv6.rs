//! IPv6 of a BMC by IPMI: `rosefish lan ipv6`, and what `rosefish lan set` sets of it.

use std::net::Ipv6Addr;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use rosefish::ipmi::command::lan_ipv6::{Addressing, Ipv6Configuration, Ipv6Entry, Ipv6Parameter};
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use serde_json::{Value, json};

use super::facts::{Facts, lines, missing, named, object};
use super::lan_channel::{ShowArgs, mac};
use super::told::Shown;
use super::{CHANGES, Table};

/// Which of the two versions of IP is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ipv6 {
    /// IPv4 alone
    Off,
    /// IPv6 alone
    Only,
    /// Both
    Both,
}

/// Which routers are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Routers {
    /// None
    None,
    /// The one that is set
    Static,
    /// Those that advertise themselves
    Advertised,
    /// Both
    Both,
}

/// What `set` sets of IPv6.
#[derive(Debug, Args)]
pub(super) struct Ipv6Args {
    /// Whether IPv6 is used beside IPv4, alone, or not
    #[arg(help_heading = CHANGES, long)]
    ipv6: Option<Ipv6>,
    /// The static IPv6 address with the length of its prefix, such as 2001:db8::7/64, or off
    #[arg(help_heading = CHANGES, long, value_name = "ADDRESS/N", value_parser = static_address)]
    ipv6_address: Option<StaticAddress>,
    /// Which of the static IPv6 addresses [default: 0]
    #[arg(help_heading = CHANGES, long, value_name = "N", requires = "ipv6_address")]
    ipv6_slot: Option<u8>,
    /// The static IPv6 router
    #[arg(help_heading = CHANGES, long, value_name = "ADDRESS")]
    ipv6_gateway: Option<Ipv6Addr>,
    /// Which IPv6 routers are used
    #[arg(help_heading = CHANGES, long)]
    ipv6_routers: Option<Routers>,
}

/// A static address, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct StaticAddress(Option<(Ipv6Addr, u8)>);

fn static_address(text: &str) -> Result<StaticAddress, String> {
    if text == "off" {
        return Ok(StaticAddress(None));
    }
    let found = text.split_once('/').and_then(|(address, prefix)| {
        let prefix = prefix.parse().ok().filter(|prefix| (1..=128).contains(prefix))?;
        Some((address.parse().ok()?, prefix))
    });
    let found = found.filter(|(address, _): &(Ipv6Addr, u8)| !address.is_unspecified() && !address.is_multicast());
    found
        .map(|found| StaticAddress(Some(found)))
        .ok_or_else(|| "expected an address such as 2001:db8::7/64, or off".to_owned())
}

impl Ipv6Args {
    /// Returns the parameters in an order that keeps the BMC reachable for as long as possible.
    pub(super) fn parameters(&self) -> Vec<Ipv6Parameter> {
        let addressing = self.ipv6.map(|ipv6| match ipv6 {
            Ipv6::Off => Addressing::Ipv4Only,
            Ipv6::Only => Addressing::Ipv6Only,
            Ipv6::Both => Addressing::Both,
        });
        let routers = self.ipv6_routers.map(|routers| Ipv6Parameter::RouterControl {
            fixed: matches!(routers, Routers::Static | Routers::Both),
            advertised: matches!(routers, Routers::Advertised | Routers::Both),
        });
        let slot = self.ipv6_slot.unwrap_or(0);
        [
            self.ipv6_gateway.map(Ipv6Parameter::Router),
            routers,
            self.ipv6_address.map(|StaticAddress(address)| Ipv6Parameter::Static { slot, address }),
            addressing.map(Ipv6Parameter::Addressing),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

pub(super) async fn show(args: &ShowArgs) -> anyhow::Result<ExitCode> {
    let channel = args.channel.unwrap_or(PRESENT_CHANNEL);
    let mut found = args.target.with(async |bmc| Ok(bmc.ipv6_configuration(channel).await?)).await?;
    let missing = missing(std::mem::take(&mut found.missing));
    let state = state(&found);
    let addresses: Vec<&Ipv6Entry> = found.static_addresses.iter().chain(&found.dynamic_addresses).collect();
    let mut value = state.values.clone();
    value.push(("addresses", addresses.iter().map(|one| entry(one)).collect()));
    args.target.tell(args.json, object(value), &missing, || {
        let mut table = Table::new(&["SOURCE", "SLOT", "ADDRESS", "STATE"]);
        for one in addresses.iter().filter(|one| !one.address.is_unspecified()) {
            table.row([word(&one.source), one.slot.to_string(), with_prefix(one), state_of(one)]);
        }
        Shown::TextAndTables(lines(&state.values), vec![table])
    })
}

fn word(value: &impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}

fn with_prefix(one: &Ipv6Entry) -> String {
    format!("{}/{}", one.address, one.prefix_length)
}

fn state_of(one: &Ipv6Entry) -> String {
    one.state.as_ref().map(word).unwrap_or_default()
}

fn state(found: &Ipv6Configuration) -> Facts {
    let mut facts = Facts::default();
    let addressing = found.addressing.map(|addressing| match addressing {
        Addressing::Ipv4Only => "off".to_owned(),
        Addressing::Ipv6Only => "only".to_owned(),
        Addressing::Both => "both".to_owned(),
        other => word(&other),
    });
    facts.put(named!({
        "ipv6": addressing,
        "can_be_only": found.support.map(|bits| bits & 1 != 0),
        "can_be_both": found.support.map(|bits| bits & 2 != 0),
        "can_alert": found.support.map(|bits| bits & 4 != 0),
        "has_dhcpv6": found.dynamic.map(|(dhcp, _)| dhcp),
        "has_slaac": found.dynamic.map(|(_, slaac)| slaac),
        "hop_limit": found.hop_limit,
        "static_routers": found.router_control.map(|(fixed, _)| fixed),
        "advertised_routers": found.router_control.map(|(_, advertised)| advertised),
        "router": found.router.filter(|router| !router.is_unspecified()),
        "router_mac": found.router_mac.filter(|found| *found != [0; 6]).map(mac),
        "router_prefix": found.router_prefix.filter(|(_, length)| *length > 0)
            .map(|(prefix, length)| format!("{prefix}/{length}")),
    }));
    facts
}

fn entry(one: &Ipv6Entry) -> Value {
    json!({
        "source": word(&one.source),
        "slot": one.slot,
        "enabled": one.enabled,
        "address": Some(one.address).filter(|address| !address.is_unspecified()),
        "prefix_length": one.prefix_length,
        "state": one.state.as_ref().map(word),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_static_address_has_a_prefix_or_is_off() {
        let found = static_address("2001:db8::7/64").unwrap();
        assert_eq!(found, StaticAddress(Some(("2001:db8::7".parse().unwrap(), 64))));
        assert_eq!(static_address("off"), Ok(StaticAddress(None)));
        for wrong in ["2001:db8::7", "2001:db8::7/0", "2001:db8::7/129", "::/64", "ff02::1/64", "192.0.2.1/24", ""] {
            assert!(static_address(wrong).is_err(), "{wrong}");
        }
    }
}
