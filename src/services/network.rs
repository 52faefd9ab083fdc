//! The network of a manager: where its service keeps each setting, and how to write it there. The standard moved static
//! addresses and name servers to properties of their own, moved the VLAN to another place and back, and has the host
//! name in two places.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::error::{Error, ErrorKind};
use crate::resource::AnyResource;
use crate::resource::commit::Written;
use crate::resource::partial::{Partial, key};
use crate::services::read_back::follow;
use crate::services::select::{Selector, choose};
use crate::services::survey::{Survey, text, to_json};

/// A requested setting of a manager's network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Setting {
    HostName(String),
    NtpServers(Vec<String>),
    NameServers(Vec<String>),
    Dhcp(bool),
    /// A static address; a field that is `None` stays unchanged.
    Address {
        address: Option<String>,
        subnet_mask: Option<String>,
        gateway: Option<String>,
    },
    /// The VLAN; `None` disables it.
    Vlan(Option<u16>),
    /// A protocol by the service's name for it.
    Protocol {
        name: String,
        enabled: Option<bool>,
        port: Option<u16>,
    },
}

impl Setting {
    /// Returns whether it is a property of an interface, rather than of the protocols.
    fn is_of_interface(&self) -> bool {
        matches!(self, Self::NameServers(_) | Self::Dhcp(_) | Self::Address { .. } | Self::Vlan(_))
    }
}

/// The network resources of a manager.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) protocols: Option<AnyResource>,
    pub(crate) interfaces: Vec<AnyResource>,
}

/// A change of one resource: JSON pointers with their new values.
#[derive(Debug)]
pub(crate) struct Write {
    resource: AnyResource,
    values: Vec<(String, Value)>,
}

impl Network {
    /// Reads the resources. The survey records what can't be read.
    pub(crate) async fn of(manager: &AnyResource, survey: &mut Survey) -> Self {
        let protocols = survey.one(manager, "NetworkProtocol").await;
        let interfaces = survey.members(manager, "EthernetInterfaces").await;
        Self { protocols, interfaces }
    }

    /// Finds the selected interface: the one that is named, else the only one that is reachable from outside the host.
    fn interface(&self, named: Option<&Selector>) -> Result<AnyResource, Error> {
        let mut all = self.interfaces.clone();
        if named.is_none() {
            let outer: Vec<_> = all.iter().filter(|one| is_outer(&to_json(one))).cloned().collect();
            if !outer.is_empty() {
                all = outer;
            }
        }
        let Some(table) = all.first().map(AnyResource::table) else {
            return Err(Error::new(ErrorKind::Missing, "the manager does not show its network interfaces"));
        };
        choose(table, Partial::whole(all), named)
    }

    /// Determines what is written where. Nothing is sent.
    ///
    /// # Errors
    ///
    /// If the service does not have one of the settings. Nothing may be written then.
    pub(crate) fn plan(&self, settings: &[Setting], named: Option<&Selector>) -> Result<Vec<Write>, Error> {
        let mut of_protocols = Vec::new();
        let mut of_interface = Vec::new();
        let insists = named.is_some() || settings.iter().any(Setting::is_of_interface);
        let has_name = settings.iter().any(|one| matches!(one, Setting::HostName(_)));
        let interface = match insists || has_name {
            true => match self.interface(named) {
                Ok(interface) => Some(interface),
                Err(error) if insists || self.protocols.is_none() => return Err(error),
                // The protocols have a host name as well.
                Err(_) => None,
            },
            false => None,
        };
        let shown = interface.as_ref().map(to_json).unwrap_or_default();
        let protocols = self.protocols.as_ref().map(to_json).unwrap_or_default();
        for setting in settings {
            match setting {
                // If both have one, the interface's is the one that the schema makes writable.
                Setting::HostName(name)
                    if interface.is_none()
                        || (shown.get("HostName").is_none() && protocols.get("HostName").is_some()) =>
                {
                    of_protocols.push(("/HostName".to_owned(), json!(name)));
                }
                Setting::HostName(name) => of_interface.push(("/HostName".to_owned(), json!(name))),
                Setting::NtpServers(servers) => of_protocols.push(ntp_servers(&protocols, servers)?),
                Setting::Protocol { name, enabled, port } => {
                    of_protocols.extend(protocol(&protocols, name, *enabled, *port)?);
                }
                Setting::NameServers(servers) => {
                    let name =
                        if shown.get("StaticNameServers").is_some() { "StaticNameServers" } else { "NameServers" };
                    of_interface.push((format!("/{name}"), json!(servers)));
                }
                Setting::Dhcp(enabled) => of_interface.push(dhcp(&shown, *enabled)),
                Setting::Address { address, subnet_mask, gateway } => {
                    let wanted = [("Address", address), ("SubnetMask", subnet_mask), ("Gateway", gateway)];
                    of_interface.push(static_address(&shown, wanted)?);
                }
                Setting::Vlan(id) => of_interface.extend(vlan(&shown, *id)?),
            }
        }
        let mut writes = Vec::new();
        // A change that may break the connection is made last.
        if !of_protocols.is_empty() {
            let Some(resource) = self.protocols.clone() else {
                return Err(Error::new(ErrorKind::Missing, "the manager does not show its network protocols"));
            };
            writes.push(Write { resource, values: of_protocols });
        }
        if !of_interface.is_empty()
            && let Some(interface) = interface
        {
            writes.push(Write { resource: interface, values: of_interface });
        }
        let cuts = |write: &Write| write.values.iter().any(|(at, _)| at.starts_with("/HTTP"));
        if writes.first().is_some_and(cuts) && !settings.iter().any(|one| matches!(one, Setting::Address { .. })) {
            writes.reverse();
        }
        Ok(writes)
    }

    /// Returns whether the settings have the values that were written; `None` if a resource could not be read.
    pub(crate) fn shows(&self, writes: &[Write]) -> Option<bool> {
        let mut all = true;
        for write in writes {
            let mut now = self.protocols.iter().chain(&self.interfaces);
            let now = now.find(|one| key(one.uri()) == key(write.resource.uri()))?;
            let now = to_json(now);
            for (pointer, wanted) in &write.values {
                all &= shows(now.pointer(pointer).unwrap_or(&Value::Null), wanted);
            }
        }
        Some(all)
    }
}

/// The outcome of the writes.
#[derive(Debug, Default)]
pub(crate) struct Done {
    pub(crate) sent: Vec<String>,
    /// Whether the service deferred a change.
    pub(crate) is_pending: bool,
}

/// Makes the planned changes, one resource after the other.
///
/// # Errors
///
/// If the service refuses one: the error says what was written before.
pub(crate) async fn write(writes: &[Write], within: Duration) -> Result<Done, Error> {
    let mut done = Done::default();
    for write in writes {
        if let Err(error) = write.send(within, &mut done).await {
            if done.sent.is_empty() {
                return Err(error);
            }
            let text = format!("{} was taken, and the rest was not", done.sent.join(", then "));
            return Err(Error::new(error.kind(), text).with_source(error));
        }
    }
    Ok(done)
}

impl Write {
    async fn send(&self, within: Duration, done: &mut Done) -> Result<(), Error> {
        let mut edit = self.resource.edit();
        for (pointer, value) in &self.values {
            edit.set(pointer, value.clone())?;
        }
        let sent = format!("PATCH {} {}", self.resource.uri(), edit.patch().body);
        match edit.commit().await? {
            Written::Unchanged => return Ok(()),
            Written::Accepted(task) => follow(task, within).await?,
            Written::Pending(_) => done.is_pending = true,
            Written::Confirmed(unread) => done.is_pending |= unread.pending,
            Written::Updated(_) => {}
        }
        done.sent.push(sent);
        Ok(())
    }
}

/// Returns whether the manager is reachable from outside through this interface.
fn is_outer(json: &Value) -> bool {
    let scope = text(json, "RoutingScope");
    let is_inner = matches!(scope, Some("HostOnly" | "Internal"))
        || json["Links"].get("HostInterface").is_some_and(Value::is_object)
        || json.get("InterfaceEnabled") == Some(&Value::Bool(false));
    let addresses = json["IPv4Addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
    let link_local = |one: &Value| text(one, "Address").is_some_and(|address| address.starts_with("169.254."));
    !is_inner && (addresses.is_empty() || !addresses.iter().all(link_local))
}

fn ntp_servers(protocols: &Value, servers: &[String]) -> Result<(String, Value), Error> {
    match protocols.get("NTP") {
        Some(Value::Object(_)) => Ok(("/NTP/NTPServers".to_owned(), json!(servers))),
        _ => Err(Error::new(ErrorKind::Missing, "the manager does not show NTP among its network protocols")),
    }
}

fn protocol(
    protocols: &Value,
    name: &str,
    enabled: Option<bool>,
    port: Option<u16>,
) -> Result<Vec<(String, Value)>, Error> {
    let empty = Map::new();
    let all = protocols.as_object().unwrap_or(&empty);
    let known: Vec<&String> = all.iter().filter(|(_, one)| is_protocol(one)).map(|(name, _)| name).collect();
    let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) else {
        let names: Vec<_> = known.iter().map(|name| name.as_str()).collect();
        let text = format!("the manager has no protocol {name}; choose one of: {}", names.join(", "));
        return Err(Error::new(ErrorKind::NotAllowed, text));
    };
    let enabled = enabled.map(|enabled| (format!("/{known}/ProtocolEnabled"), json!(enabled)));
    Ok(enabled.into_iter().chain(port.map(|port| (format!("/{known}/Port"), json!(port)))).collect())
}

/// Returns whether a property of the network protocols is a protocol.
pub(crate) fn is_protocol(json: &Value) -> bool {
    json.get("ProtocolEnabled").is_some() || json.get("Port").is_some()
}

fn dhcp(shown: &Value, enabled: bool) -> (String, Value) {
    // Before `DHCPv4`, the address itself said where it came from.
    if shown.get("DHCPv4").is_none() && shown["IPv4Addresses"].get(0).is_some() {
        let origin = if enabled { "DHCP" } else { "Static" };
        return ("/IPv4Addresses/0/AddressOrigin".to_owned(), json!(origin));
    }
    ("/DHCPv4/DHCPEnabled".to_owned(), json!(enabled))
}

/// Changes the first static address. Its other properties and further addresses are kept.
fn static_address(shown: &Value, wanted: [(&str, &Option<String>); 3]) -> Result<(String, Value), Error> {
    let is_new = shown.get("IPv4StaticAddresses").is_some();
    let name = if is_new { "IPv4StaticAddresses" } else { "IPv4Addresses" };
    let mut all: Vec<Value> = shown[name].as_array().cloned().unwrap_or_default();
    let has_address = |one: &Value| text(one, "Address").is_some();
    let used = all.iter().rposition(has_address).map_or(0, |last| last.saturating_add(1));
    all.truncate(used);
    let place = all.iter().position(has_address).unwrap_or_default();
    // A member of an array that is written has the place of the one that was there: an empty object leaves it as it is.
    all.iter_mut().filter(|one| !has_address(one)).for_each(|one| *one = json!({}));
    let in_use = &shown["IPv4Addresses"][0];
    let mut first = Map::new();
    for (property, value) in wanted {
        let before = all.get(place).and_then(|one| text(one, property)).or_else(|| text(in_use, property));
        match (value.as_deref().or(before), property) {
            (Some(value), _) => drop(first.insert(property.to_owned(), json!(value))),
            (None, "Gateway") => {}
            (None, _) => {
                let text = format!("a static address needs its {property}, which is not there yet");
                return Err(Error::new(ErrorKind::NotAllowed, text));
            }
        }
    }
    if !is_new {
        first.insert("AddressOrigin".to_owned(), json!("Static"));
    }
    match all.get_mut(place) {
        Some(one) => *one = Value::Object(first),
        None => all.push(Value::Object(first)),
    }
    Ok((format!("/{name}"), Value::Array(all)))
}

fn vlan(shown: &Value, id: Option<u16>) -> Result<Vec<(String, Value)>, Error> {
    if !shown["VLAN"].is_object() {
        let text = match text(&shown["VLANs"], "@odata.id") {
            Some(uri) => format!("the VLANs of this interface are resources of their own, below {uri}"),
            None => "the interface does not show its VLAN".to_owned(),
        };
        return Err(Error::new(ErrorKind::Missing, text));
    }
    let enable = ("/VLAN/VLANEnable".to_owned(), json!(id.is_some()));
    Ok(id.map(|id| ("/VLAN/VLANId".to_owned(), json!(id))).into_iter().chain([enable]).collect())
}

/// Returns whether a value has what was written: services add properties, leave empty entries in lists, and change the
/// case of addresses and names.
pub(crate) fn shows(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| shows(found, wanted)))
        }
        (Value::Array(found), Value::Array(wanted)) => {
            let there = |one: &&Value| !one.is_null() && one.as_str() != Some("");
            let found: Vec<&Value> = found.iter().filter(there).collect();
            let wanted: Vec<&Value> = wanted.iter().filter(there).collect();
            found.len() == wanted.len() && wanted.iter().all(|wanted| found.iter().any(|found| shows(found, wanted)))
        }
        (Value::String(found), Value::String(wanted)) => found.eq_ignore_ascii_case(wanted),
        (found, wanted) => found == wanted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_adds_is_no_difference() {
        for (found, wanted, same) in [
            (json!(["ntp1", "", null]), json!(["NTP1"]), true),
            (json!(["ntp1", "ntp2"]), json!(["ntp1"]), false),
            (
                json!([{ "Address": "10.0.0.8", "Gateway": null, "AddressOrigin": "Static" }]),
                json!([{ "Address": "10.0.0.8" }]),
                true,
            ),
            (json!([{ "Address": "10.0.0.9" }]), json!([{ "Address": "10.0.0.8" }]), false),
            (json!(null), json!(true), false),
            (json!(443), json!(443), true),
        ] {
            assert_eq!(shows(&found, &wanted), same, "{found} {wanted}");
        }
    }

    #[test]
    fn settings_are_where_the_service_has_them() {
        let old =
            json!({ "IPv4Addresses": [{ "Address": "10.0.0.7", "SubnetMask": "255.0.0.0", "Gateway": "10.0.0.1" }] });
        let new = json!({ "IPv4StaticAddresses": [], "IPv4Addresses": old["IPv4Addresses"], "DHCPv4": {} });
        let address = Some("10.0.0.8".to_owned());
        let wanted = [("Address", &address), ("SubnetMask", &None), ("Gateway", &None)];
        let static_of = |shown| static_address(shown, wanted).unwrap();
        let whole = json!([{ "Address": "10.0.0.8", "SubnetMask": "255.0.0.0", "Gateway": "10.0.0.1" }]);
        assert_eq!(static_of(&new), ("/IPv4StaticAddresses".to_owned(), whole));
        assert_eq!(static_of(&old).1[0]["AddressOrigin"], "Static");
        // Members of an array are written by their places.
        let gaps = json!([null, { "Address": "10.0.0.7", "SubnetMask": "255.0.0.0" }, {}, null]);
        let gaps = json!({ "IPv4StaticAddresses": gaps, "DHCPv4": {} });
        assert_eq!(static_of(&gaps).1, json!([{}, { "Address": "10.0.0.8", "SubnetMask": "255.0.0.0" }]));
        assert!(static_address(&json!({}), wanted).unwrap_err().to_string().contains("SubnetMask"));
        assert_eq!(dhcp(&new, true), ("/DHCPv4/DHCPEnabled".to_owned(), json!(true)));
        assert_eq!(dhcp(&old, false), ("/IPv4Addresses/0/AddressOrigin".to_owned(), json!("Static")));
        assert!(
            vlan(&json!({ "VLANs": { "@odata.id": "/x/VLANs" } }), Some(7))
                .unwrap_err()
                .to_string()
                .contains("/x/VLANs")
        );
    }
}
