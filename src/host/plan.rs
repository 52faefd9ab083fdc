//! How a host is to be reached: by which protocols, as whom, with which options.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::outcome::Backend;
use super::redfish::Chosen;
use crate::client::builder::ClientBuilder;
use crate::client::{Client, Credentials};
use crate::ipmi;

/// Which protocol to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Redfish where there is Redfish, else IPMI.
    #[default]
    Auto,
    /// Redfish alone.
    Redfish,
    /// IPMI alone.
    Ipmi,
}

pub(super) type RedfishOptions = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;
pub(super) type IpmiOptions = Arc<dyn Fn(ipmi::Builder) -> ipmi::Builder + Send + Sync>;

/// How a host is to be reached.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) address: String,
    pub(super) protocol: Protocol,
    pub(super) redfish_credentials: Option<Credentials>,
    pub(super) ipmi_credentials: Option<Credentials>,
    pub(super) redfish_options: RedfishOptions,
    pub(super) ipmi_options: IpmiOptions,
    pub(super) chosen: Chosen,
    /// How long a change may take to show.
    pub(super) patience: Option<Duration>,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("address", &self.address).field("protocol", &self.protocol).finish_non_exhaustive()
    }
}

impl Plan {
    /// The protocols that may be used at all, the preferred one first.
    pub(super) fn backends(&self) -> &'static [Backend] {
        match (self.protocol, &self.redfish_credentials, &self.ipmi_credentials) {
            (Protocol::Redfish, ..) => &[Backend::Redfish],
            (Protocol::Ipmi, ..) => &[Backend::Ipmi],
            // Who names credentials for one protocol alone means that one.
            (Protocol::Auto, Some(_), None) => &[Backend::Redfish],
            (Protocol::Auto, None, Some(_)) => &[Backend::Ipmi],
            (Protocol::Auto, ..) => &[Backend::Redfish, Backend::Ipmi],
        }
    }

    /// The Redfish service, with no credentials: to find out whether it is there.
    pub(super) fn redfish_probe(&self) -> ClientBuilder {
        (self.redfish_options)(Client::builder(&self.address))
    }

    pub(super) fn redfish(&self) -> ClientBuilder {
        match &self.redfish_credentials {
            Some(credentials) => self.redfish_probe().credentials(credentials.clone()),
            None => self.redfish_probe(),
        }
    }

    pub(super) fn ipmi_probe(&self) -> ipmi::Builder {
        (self.ipmi_options)(ipmi::Client::builder(host_of(&self.address)))
    }

    pub(super) fn ipmi(&self) -> ipmi::Builder {
        match &self.ipmi_credentials {
            Some(Credentials { user, password }) => self.ipmi_probe().credentials(user.clone(), password.clone()),
            None => self.ipmi_probe(),
        }
    }
}

/// The host in what may be a URL: no scheme, no port, no path, no brackets.
pub(super) fn host_of(address: &str) -> &str {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or_default();
    }
    match authority.split_once(':') {
        // More than one colon and no brackets: an IPv6 address.
        Some((host, port)) if !port.contains(':') => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_what_people_type() {
        let cases = [
            ("10.0.0.7", "10.0.0.7"),
            ("https://bmc.example:8443/redfish/v1", "bmc.example"),
            ("bmc:8443", "bmc"),
            ("http://[fe80::1]:8000", "fe80::1"),
            ("fe80::1", "fe80::1"),
        ];
        for (address, host) in cases {
            assert_eq!(host_of(address), host, "{address}");
        }
    }
}
