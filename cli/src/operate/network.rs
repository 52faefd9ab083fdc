//! `rosefish network`: the BMC's own network.

use std::net::IpAddr;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use rosefish::Selector;
use rosefish::host::{Host, NetworkChange, NetworkInterface, NetworkSettings};

use super::lan::AddressArgs;
use super::{CHANGES, On, Table, wrong_usage};
use crate::terminal::{one_line, say};

const EXAMPLES: &str = "\
Examples:
  rosefish network 10.0.0.7 --user root
  rosefish network set 10.0.0.7 --hostname bmc-07 --ntp ntp1.example,ntp2.example --user root
  rosefish network set 10.0.0.7 --address 10.0.0.8 --netmask 255.255.255.0 --gateway 10.0.0.1 --user root
  rosefish network set 10.0.0.7 --dhcp --user root
  rosefish network set 10.0.0.7 --enable IPMI --disable Telnet --listen SSH=2222 --user root

Protocols are called as `rosefish network HOST` shows them. By IPMI there are addresses and VLANs alone: see `rosefish lan` for its channels.";

/// Show or change the network of a BMC: names, addresses, VLAN, time servers, protocols
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct NetworkArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the network.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show it
    Show(Box<On>),
    /// Change what the options name, and leave the rest
    Set(Box<SetArgs>),
}

#[derive(Debug, Args)]
struct SetArgs {
    #[command(flatten)]
    on: On,
    /// The interface, by Id, name or URI [default: the only one that is reached from outside]
    #[arg(help_heading = CHANGES, long, value_name = "INTERFACE")]
    interface: Option<Selector>,
    /// The host name
    #[arg(help_heading = CHANGES, long, value_name = "NAME")]
    hostname: Option<String>,
    /// Take the IPv4 address from DHCP; a static one ends that
    #[arg(help_heading = CHANGES, long, conflicts_with_all = ["ip", "netmask", "gateway"])]
    dhcp: bool,
    #[command(flatten)]
    address: AddressArgs,
    /// The name servers, with commas between them
    #[arg(help_heading = CHANGES, long, value_name = "ADDRESS", value_delimiter = ',')]
    dns: Vec<IpAddr>,
    /// The time servers, with commas between them
    #[arg(help_heading = CHANGES, long, value_name = "SERVER", value_delimiter = ',')]
    ntp: Vec<String>,
    /// Enable this protocol; may be given more than once
    #[arg(help_heading = CHANGES, long, value_name = "PROTOCOL")]
    enable: Vec<String>,
    /// Disable this protocol; may be given more than once
    #[arg(help_heading = CHANGES, long, value_name = "PROTOCOL")]
    disable: Vec<String>,
    /// Put this protocol on a port; may be given more than once
    #[arg(help_heading = CHANGES, long, value_name = "PROTOCOL=PORT", value_parser = listen)]
    listen: Vec<(String, u16)>,
}

fn listen(text: &str) -> Result<(String, u16), String> {
    let wrong = || "expected a protocol and its port, such as SSH=2222".to_owned();
    let (name, port) = text.split_once('=').ok_or_else(wrong)?;
    let port = port.parse().ok().filter(|port| *port > 0 && !name.is_empty()).ok_or_else(wrong)?;
    Ok((name.to_owned(), port))
}

impl SetArgs {
    fn change(&self) -> NetworkChange {
        let mut change = NetworkChange::new();
        if let Some(name) = &self.hostname {
            change = change.host_name(name);
        }
        if !self.ntp.is_empty() {
            change = change.ntp_servers(&self.ntp);
        }
        for name in &self.enable {
            change = change.protocol(name, true);
        }
        for name in &self.disable {
            change = change.protocol(name, false);
        }
        for (name, port) in &self.listen {
            change = change.port(name, *port);
        }
        if !self.dns.is_empty() {
            change = change.name_servers(self.dns.iter().map(IpAddr::to_string));
        }
        if self.dhcp {
            change = change.dhcp();
        }
        let AddressArgs { ip, netmask, gateway, vlan } = self.address;
        if ip.is_some() || netmask.is_some() || gateway.is_some() {
            change = change.static_address(ip, netmask, gateway);
        }
        if let Some(vlan) = vlan {
            change = change.vlan(vlan.0);
        }
        match &self.interface {
            Some(interface) => change.interface(interface.clone()),
            None => change,
        }
    }
}

pub(crate) async fn run(args: NetworkArgs) -> anyhow::Result<ExitCode> {
    match args.verb {
        Verb::Show(on) => on.tell_list(async |host| host.network().await, text).await,
        Verb::Set(args) => set(&args).await,
    }
}

async fn set(args: &SetArgs) -> anyhow::Result<ExitCode> {
    let change = args.change();
    if change.is_empty() {
        return Err(wrong_usage("`set` needs an option that says what, such as --hostname"));
    }
    let cuts = change.may_cut_off();
    if cuts {
        say!("warning: this may cut the BMC off from here; if it does not answer, look for it where it is to be then");
    }
    let work = async |host: &Host| host.change_network(change).await;
    let told = args.on.tell(work, |sent, found| match found {
        _ if sent.is_empty() => "it is so already; nothing was sent\n".to_owned(),
        Some(found) => text(std::slice::from_ref(found)),
        None => "set\n".to_owned(),
    });
    told.await
}

fn text(all: &[NetworkSettings]) -> String {
    all.iter().map(of_manager).collect::<Vec<_>>().join("\n")
}

fn of_manager(network: &NetworkSettings) -> String {
    let ntp = match network.ntp_enabled {
        Some(false) => format!("disabled, {}", network.ntp_servers.join(", ")),
        _ => network.ntp_servers.join(", "),
    };
    let lines = [
        ("Manager", network.manager.clone()),
        ("Host name", network.host_name.clone()),
        ("FQDN", network.fqdn.clone()),
        ("NTP", Some(ntp.trim_end_matches(", ").to_owned()).filter(|ntp| !ntp.is_empty())),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        if let Some(value) = value {
            text.push_str(&format!("{name:<10} {}\n", one_line(&value)));
        }
    }
    for part in network.interfaces.iter().map(of_interface).chain([protocols(network)]) {
        if !part.is_empty() {
            text.push('\n');
            text.push_str(&part);
        }
    }
    text.trim_start_matches('\n').to_owned()
}

fn of_interface(one: &NetworkInterface) -> String {
    let name = one.name.as_ref().filter(|name| **name != one.id).map(|name| format!(" ({name})")).unwrap_or_default();
    let mut lines = vec![("Interface", format!("{}{name}{}", one.id, state(one)))];
    lines.extend(one.mac_address.iter().map(|mac| ("MAC", mac.clone())));
    let list = |text: &[String]| Some(text.join(", ")).filter(|text| !text.is_empty());
    for address in &one.addresses {
        let length = address.prefix_length.map(|length| format!("/{length}")).unwrap_or_default();
        let origin = address.origin.as_ref().map(|origin| format!(" ({origin})")).unwrap_or_default();
        lines.push(("Address", format!("{}{length}{origin}", address.address)));
    }
    if one.dhcp == Some(true) {
        lines.push(("DHCP", "asked for an IPv4 address".to_owned()));
    }
    let gateways: Vec<String> = one.gateway.iter().chain(&one.gateway_v6).cloned().collect();
    lines.extend(list(&gateways).map(|gateways| ("Gateway", gateways)));
    lines.extend(one.vlan.map(|vlan| ("VLAN", vlan.to_string())));
    lines.extend(list(&one.name_servers).map(|servers| ("DNS", servers)));
    lines.iter().map(|(name, value)| format!("{name:<10} {}\n", one_line(value))).collect()
}

fn state(interface: &NetworkInterface) -> &'static str {
    match (interface.enabled, interface.link_up) {
        (Some(false), _) => ", disabled",
        (_, Some(false)) => ", no link",
        (_, Some(true)) => ", up",
        (Some(true), None) => ", enabled",
        (None, None) => "",
    }
}

fn protocols(network: &NetworkSettings) -> String {
    let mut table = Table::new(&["PROTOCOL", "STATE", "PORT"]);
    for one in &network.protocols {
        let state = match one.enabled {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "",
        };
        table.row([one.name.clone(), state.to_owned(), one.port.map(|port| port.to_string()).unwrap_or_default()]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_belongs_to_a_protocol() {
        assert_eq!(listen("SSH=2222"), Ok(("SSH".to_owned(), 2222)));
        for text in ["SSH", "=22", "SSH=0", "SSH=70000", "SSH="] {
            assert!(listen(text).is_err(), "{text}");
        }
    }
}
