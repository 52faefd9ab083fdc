//! The BMC's own network: names, addresses, VLAN, time servers, and the protocols that it speaks. By IPMI it is the LAN
//! configuration of the channel that the session comes in by.

use std::net::Ipv4Addr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::redfish::Service;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::ipmi::command::lan::{AddressSource, LanConfiguration, LanParameter};
use crate::ipmi::command::session::PRESENT_CHANNEL;
use crate::resource::partial::{Missing, Partial};
use crate::resource::{AnyResource, Resource};
use crate::services::network::{self, Network, Setting};
use crate::services::select::{Selector, label};
use crate::services::survey::{Survey, text, to_json};

/// How long a setting may take to show: some BMCs restart their network for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// The network of a BMC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetworkSettings {
    /// The name to choose the manager by; none by IPMI.
    pub manager: Option<String>,
    /// Its host name, without the domain.
    pub host_name: Option<String>,
    /// Its name with the domain.
    pub fqdn: Option<String>,
    /// Its interfaces.
    pub interfaces: Vec<NetworkInterface>,
    /// Whether it sets its clock by NTP.
    pub ntp_enabled: Option<bool>,
    /// The servers that it asks for the time.
    pub ntp_servers: Vec<String>,
    /// The protocols that it speaks or could speak.
    pub protocols: Vec<NetworkProtocol>,
}

/// A network interface of a BMC.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetworkInterface {
    /// The name to choose it by; by IPMI `channel 1`.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// Whether it has a link.
    pub link_up: Option<bool>,
    /// Its MAC address.
    pub mac_address: Option<String>,
    /// Whether it asks DHCP for an IPv4 address.
    pub dhcp: Option<bool>,
    /// How DHCPv6 is used, as the service spells it (`Stateful`, `Disabled`).
    pub dhcp_v6: Option<String>,
    /// Its addresses, of both versions.
    pub addresses: Vec<NetworkAddress>,
    /// The IPv4 gateway.
    pub gateway: Option<String>,
    /// The IPv6 gateway.
    pub gateway_v6: Option<String>,
    /// The VLAN that it is in; none where it is in none.
    pub vlan: Option<u16>,
    /// The name servers in use.
    pub name_servers: Vec<String>,
    /// The longest packet in bytes.
    pub mtu: Option<u64>,
}

/// An address of an interface.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetworkAddress {
    /// The address, IPv4 or IPv6.
    pub address: String,
    /// The length of the network's prefix in bits.
    pub prefix_length: Option<u8>,
    /// Where it comes from, as the service spells it (`Static`, `DHCP`, `SLAAC`, `LinkLocal`).
    pub origin: Option<String>,
}

/// A protocol that a BMC speaks or could speak.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NetworkProtocol {
    /// Its name, as the service spells it (`HTTPS`, `SSH`, `IPMI`).
    pub name: String,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// The port that it is on.
    pub port: Option<u16>,
}

/// A change of a BMC's network: what is not set stays as it is.
///
/// ```no_run
/// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
/// use rosefish::host::NetworkChange;
///
/// let change = NetworkChange::new().host_name("bmc-07").ntp_servers(["ntp1.example", "ntp2.example"]).protocol("Telnet", false);
/// let done = host.change_network(change).await?;
/// println!("sent: {}", done.sent.join(", "));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct NetworkChange {
    settings: Vec<Setting>,
    interface: Option<Selector>,
}

impl NetworkChange {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, setting: Setting) -> Self {
        self.settings.push(setting);
        self
    }

    /// Names the interface, where several could be meant: by its `Id`, name or URI.
    #[must_use]
    pub fn interface(mut self, interface: Selector) -> Self {
        self.interface = Some(interface);
        self
    }

    /// Sets the host name.
    #[must_use]
    pub fn host_name(self, name: impl Into<String>) -> Self {
        self.with(Setting::HostName(name.into()))
    }

    /// Sets the servers that are asked for the time. Whether any is asked is the protocol `NTP`'s to say.
    #[must_use]
    pub fn ntp_servers<S: Into<String>>(self, servers: impl IntoIterator<Item = S>) -> Self {
        self.with(Setting::NtpServers(servers.into_iter().map(Into::into).collect()))
    }

    /// Sets the name servers.
    #[must_use]
    pub fn name_servers<S: Into<String>>(self, servers: impl IntoIterator<Item = S>) -> Self {
        self.with(Setting::NameServers(servers.into_iter().map(Into::into).collect()))
    }

    /// Takes the IPv4 address from DHCP. The BMC may be at another address then.
    #[must_use]
    pub fn dhcp(self) -> Self {
        self.with(Setting::Dhcp(true))
    }

    /// Sets a static IPv4 address and ends DHCP. What is `None` stays as it is.
    #[must_use]
    pub fn static_address(
        self,
        address: Option<Ipv4Addr>,
        subnet_mask: Option<Ipv4Addr>,
        gateway: Option<Ipv4Addr>,
    ) -> Self {
        let text = |address: Option<Ipv4Addr>| address.map(|address| address.to_string());
        let (address, subnet_mask, gateway) = (text(address), text(subnet_mask), text(gateway));
        self.with(Setting::Dhcp(false)).with(Setting::Address { address, subnet_mask, gateway })
    }

    /// Puts it into a VLAN, 1 to 4094, or into none.
    #[must_use]
    pub fn vlan(self, id: Option<u16>) -> Self {
        self.with(Setting::Vlan(id))
    }

    /// Enables or disables a protocol, by the name that the service has for it.
    #[must_use]
    pub fn protocol(self, name: impl Into<String>, enabled: bool) -> Self {
        self.with(Setting::Protocol { name: name.into(), enabled: Some(enabled), port: None })
    }

    /// Sets the port of a protocol.
    #[must_use]
    pub fn port(self, name: impl Into<String>, port: u16) -> Self {
        self.with(Setting::Protocol { name: name.into(), enabled: None, port: Some(port) })
    }

    /// Returns whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.settings.is_empty()
    }

    /// Returns whether the BMC may not be reached any more as it is now: its address, its VLAN or the protocol that is
    /// in use changes.
    #[must_use]
    pub fn may_cut_off(&self) -> bool {
        self.settings.iter().any(|setting| match setting {
            Setting::Dhcp(_) | Setting::Address { .. } | Setting::Vlan(_) => true,
            Setting::Protocol { name, enabled, port } => {
                let is_used = ["http", "https", "ipmi"].contains(&name.to_ascii_lowercase().as_str());
                is_used && (*enabled == Some(false) || port.is_some())
            }
            _ => false,
        })
    }
}

impl Host {
    /// Returns the networks of the managers that are meant. By IPMI it is that of the present channel, without names, time servers
    /// and protocols.
    ///
    /// # Errors
    ///
    /// Where no protocol has it.
    pub async fn network(&self) -> Result<Outcome<Partial<NetworkSettings>>, Error> {
        self.read(Capability::Network, |session| Box::pin(read(session))).await
    }

    /// Changes the network of the manager, and reads it back. Returns what is there now, or none where that could not be read:
    /// it may be at another address then.
    ///
    /// # Errors
    ///
    /// Where several managers or interfaces could be meant, where the service does not have one of the settings (nothing is sent
    /// then), refuses one, or shows something else afterwards ([`ErrorKind::NotInForce`]). IPMI has addresses and VLANs alone. A
    /// change that moves the BMC before it answers is an error of which the outcome is unknown.
    pub async fn change_network(&self, change: NetworkChange) -> Result<Outcome<Option<NetworkSettings>>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(set(session, change.clone(), patience)) as Running<_>;
        self.make(Capability::Network, operation, None).await
    }
}

async fn read(session: Session) -> Result<Partial<NetworkSettings>, Fault> {
    let service = match session {
        Session::Redfish(service) => service,
        Session::Ipmi(bmc) => {
            let lan = bmc.lan_configuration(PRESENT_CHANNEL).await?;
            let missing = lan.missing.iter().cloned().map(Missing::from).collect();
            return Ok(Partial { items: vec![of_lan(&lan)], missing });
        }
    };
    let managers = service.managers().await?;
    if managers.items.is_empty() {
        managers.choose(None)?;
        return Err(Fault::lacking("the Redfish service knows no managers"));
    }
    let all: Vec<AnyResource> = managers.items.iter().map(|manager| manager.any().clone()).collect();
    let mut survey = Survey::of(&service.client);
    survey.adopt(managers);
    let mut items = Vec::new();
    for manager in &all {
        let network = Network::of(manager, &mut survey).await;
        if network.protocols.is_some() || !network.interfaces.is_empty() {
            items.push(of_redfish(Some(label(manager, &all)), &network));
        }
    }
    super::reading::finish(items, survey.into_missing(), "no manager of this service shows its network")
}

async fn set(
    session: Session,
    change: NetworkChange,
    patience: Duration,
) -> Result<Made<Option<NetworkSettings>>, Fault> {
    match session {
        Session::Redfish(service) => by_redfish(service, change, patience).await,
        Session::Ipmi(bmc) => {
            let parameters = parameters(&change)?;
            bmc.set_lan_configuration(PRESENT_CHANNEL, &parameters).await?;
            let sent = parameters.iter().map(|one| format!("Set LAN Configuration {one:?}")).collect();
            // It is read back by the command itself; what is there as a whole is another matter.
            let found = bmc.lan_configuration(PRESENT_CHANNEL).await.map(|lan| of_lan(&lan));
            Ok(match found {
                Ok(found) => Made::unseen(Some(found), sent),
                Err(error) => Made { value: None, sent, unread: Some(error.into()) },
            })
        }
    }
}

/// A manager's network as it is now, and the survey that read it.
async fn look(service: &Service, manager: &AnyResource) -> (Network, Survey) {
    let mut survey = Survey::of(&service.client);
    let network = Network::of(manager, &mut survey).await;
    (network, survey)
}

async fn by_redfish(
    service: Service,
    change: NetworkChange,
    patience: Duration,
) -> Result<Made<Option<NetworkSettings>>, Fault> {
    let manager = service.manager_to_change().await?;
    let name = Some(label(manager.any(), std::slice::from_ref(manager.any())));
    let manager = Resource::into_any(manager);
    let (network, survey) = look(&service, &manager).await;
    let planned = network.plan(&change.settings, change.interface.as_ref());
    // That a place is not shown may be for lack of reading it.
    let writes = match (planned, survey.into_missing().into_iter().next()) {
        (Err(error), Some(unread)) if error.kind() == ErrorKind::Missing => return Err(unread.error.into()),
        (planned, _) => planned?,
    };
    let done = network::write(&writes, patience).await.map_err(Fault::of_change)?;
    if done.sent.is_empty() {
        return Ok(Made::unseen(Some(of_redfish(name, &network)), Vec::new()));
    }
    let writes = std::sync::Arc::new(writes);
    let is_pending = done.is_pending;
    let look = || {
        let (service, manager, writes, name) = (service.clone(), manager.clone(), writes.clone(), name.clone());
        Box::pin(async move {
            let (network, survey) = look(&service, &manager).await;
            match (network.shows(&writes), survey.into_missing().into_iter().next()) {
                (Some(shows), _) => Ok((Some(of_redfish(name, &network)), shows || is_pending)),
                (None, Some(unread)) => Err(unread.error.into()),
                (None, None) => Err(Fault::lacking("the manager does not show what was changed any more")),
            }
        }) as Running<_>
    };
    let mut sent = done.sent;
    if is_pending {
        sent.push("taken down in the settings: it takes effect later".to_owned());
    }
    let confirmed = Confirmed { asked: (None, false), sent, patience };
    let otherwise = |_| Err("the settings were confirmed, and not all of them show".to_owned());
    let made = confirmed.seen(look, |(_, shows)| *shows, otherwise).await?;
    Ok(Made { value: made.value.0, sent: made.sent, unread: made.unread })
}

/// The change in IPMI's words, in an order in which the BMC stays reachable for as long as can be.
fn parameters(change: &NetworkChange) -> Result<Vec<LanParameter>, Fault> {
    if change.interface.is_some() {
        return Err(Fault::inexpressible("IPMI has channels instead of named interfaces"));
    }
    let mut parameters = Vec::new();
    let read = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<Ipv4Addr>().ok());
    for setting in &change.settings {
        match setting {
            Setting::Dhcp(true) => parameters.push((2, LanParameter::Source(AddressSource::Dhcp))),
            Setting::Dhcp(false) => parameters.push((2, LanParameter::Source(AddressSource::Static))),
            Setting::Address { address, subnet_mask, gateway } => {
                parameters.extend(read(subnet_mask).map(|mask| (0, LanParameter::SubnetMask(mask))));
                parameters.extend(read(gateway).map(|gateway| (1, LanParameter::Gateway(gateway))));
                parameters.extend(read(address).map(|address| (3, LanParameter::Address(address))));
            }
            Setting::Vlan(id) => parameters.push((4, LanParameter::Vlan(*id))),
            Setting::HostName(_) | Setting::NtpServers(_) | Setting::NameServers(_) | Setting::Protocol { .. } => {
                let text = "IPMI has neither host names, name servers, time servers nor protocols of a BMC's network";
                return Err(Fault::inexpressible(text));
            }
        }
    }
    parameters.sort_by_key(|(order, _)| *order);
    Ok(parameters.into_iter().map(|(_, parameter)| parameter).collect())
}

fn of_lan(lan: &LanConfiguration) -> NetworkSettings {
    let mac = |mac: [u8; 6]| mac.map(|byte| format!("{byte:02x}")).join(":");
    let address = lan.address.filter(|address| !address.is_unspecified());
    let prefix_length = lan.subnet_mask.and_then(prefix_length);
    let origin = lan.source.and_then(|source| match source {
        AddressSource::Static => Some("Static"),
        AddressSource::Dhcp => Some("DHCP"),
        AddressSource::Bios => Some("BIOS"),
        _ => None,
    });
    let address = address.map(|address| NetworkAddress {
        address: address.to_string(),
        prefix_length,
        origin: origin.map(str::to_owned),
    });
    let interface = NetworkInterface {
        id: "present channel".to_owned(),
        mac_address: lan.mac.map(mac),
        dhcp: lan.source.map(|source| source == AddressSource::Dhcp),
        addresses: address.into_iter().collect(),
        gateway: lan.gateway.filter(|gateway| !gateway.is_unspecified()).map(|gateway| gateway.to_string()),
        vlan: lan.vlan.flatten(),
        ..NetworkInterface::default()
    };
    NetworkSettings { interfaces: vec![interface], ..NetworkSettings::default() }
}

fn prefix_length(mask: Ipv4Addr) -> Option<u8> {
    let ones = mask.to_bits().leading_ones();
    (ones == mask.to_bits().count_ones()).then(|| u8::try_from(ones).unwrap_or_default())
}

fn texts(json: &Value) -> Vec<String> {
    let list = json.as_array().map(Vec::as_slice).unwrap_or_default();
    let there = list.iter().filter_map(Value::as_str).map(str::trim);
    there.filter(|text| !matches!(*text, "" | "0.0.0.0" | "::")).map(str::to_owned).collect()
}

fn port(json: &Value) -> Option<u16> {
    json["Port"].as_u64().and_then(|port| u16::try_from(port).ok())
}

fn of_redfish(manager: Option<String>, network: &Network) -> NetworkSettings {
    let json = network.protocols.as_ref().map(to_json).unwrap_or_default();
    let interfaces: Vec<Value> = network.interfaces.iter().map(to_json).collect();
    // An interface's name is the one that can be set.
    let own = |name: &str| interfaces.iter().find_map(|one| text(one, name)).or_else(|| text(&json, name));
    let protocols = json.as_object().into_iter().flatten().filter(|(_, one)| network::is_protocol(one));
    let protocols = protocols.map(|(name, one)| {
        let enabled = one["ProtocolEnabled"].as_bool();
        NetworkProtocol { name: name.clone(), enabled, port: port(one) }
    });
    let labels = network.interfaces.iter().map(|one| label(one, &network.interfaces));
    NetworkSettings {
        manager,
        host_name: own("HostName").map(str::to_owned),
        fqdn: own("FQDN").map(str::to_owned),
        interfaces: labels.zip(&interfaces).map(|(id, one)| interface(id, one)).collect(),
        ntp_enabled: json["NTP"]["ProtocolEnabled"].as_bool(),
        ntp_servers: texts(&json["NTP"]["NTPServers"]),
        protocols: protocols.collect(),
    }
}

/// A gateway. Many write the unspecified address where there is none.
fn gateway(text: Option<&str>) -> Option<String> {
    let is_none = |text: &&str| text.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_unspecified());
    text.filter(|text| !is_none(text)).map(str::to_owned)
}

fn interface(id: String, json: &Value) -> NetworkInterface {
    let owned = |name: &str| text(json, name).map(str::to_owned);
    let list = |name: &str| json[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let address = |one: &Value| -> Option<NetworkAddress> {
        let address = text(one, "Address").filter(|address| !matches!(*address, "0.0.0.0" | "::"))?.to_owned();
        let mask = text(one, "SubnetMask").and_then(|mask| mask.parse().ok()).and_then(prefix_length);
        let length = one["PrefixLength"].as_u64().and_then(|length| u8::try_from(length).ok());
        Some(NetworkAddress {
            address,
            prefix_length: mask.or(length),
            origin: text(one, "AddressOrigin").map(str::to_owned),
        })
    };
    let origin =
        || list("IPv4Addresses").first().and_then(|one| text(one, "AddressOrigin")).map(|origin| origin == "DHCP");
    let name_servers = match texts(&json["NameServers"]) {
        none if none.is_empty() => texts(&json["StaticNameServers"]),
        used => used,
    };
    let is_tagged = json["VLAN"]["VLANEnable"].as_bool() == Some(true);
    NetworkInterface {
        id,
        name: owned("Name"),
        enabled: json["InterfaceEnabled"].as_bool(),
        link_up: text(json, "LinkStatus").map(|status| status == "LinkUp"),
        mac_address: owned("MACAddress").or_else(|| owned("PermanentMACAddress")),
        dhcp: json["DHCPv4"]["DHCPEnabled"].as_bool().or_else(origin),
        dhcp_v6: text(&json["DHCPv6"], "OperatingMode").map(str::to_owned),
        addresses: list("IPv4Addresses").iter().chain(list("IPv6Addresses")).filter_map(address).collect(),
        gateway: list("IPv4Addresses").iter().find_map(|one| gateway(text(one, "Gateway"))),
        gateway_v6: gateway(text(json, "IPv6DefaultGateway")),
        vlan: json["VLAN"]["VLANId"].as_u64().filter(|_| is_tagged).and_then(|id| u16::try_from(id).ok()),
        name_servers,
        mtu: json["MTUSize"].as_u64(),
    }
}
