//! Describing a host before connecting to it.

use std::fmt;
use std::sync::{Arc, Mutex};

use super::outcome::{Backend, Outcome};
use super::profile::HostProfile;
use super::route::Connections;
use super::{Host, Inner};
use crate::client::{Client, ClientBuilder, Credentials};
use crate::error::{Error, ErrorKind};
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

type RedfishOptions = Arc<dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync>;
type IpmiOptions = Arc<dyn Fn(ipmi::Builder) -> ipmi::Builder + Send + Sync>;

/// How a host is to be reached.
#[derive(Clone)]
pub(super) struct Plan {
    address: String,
    pub(super) protocol: Protocol,
    redfish_credentials: Option<Credentials>,
    ipmi_credentials: Option<Credentials>,
    redfish_options: RedfishOptions,
    ipmi_options: IpmiOptions,
    pub(super) system: Option<String>,
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
fn host_of(address: &str) -> &str {
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

/// Describes a [`Host`]. See [`Host::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `connect`"]
pub struct HostBuilder {
    plan: Plan,
    profile: HostProfile,
}

impl HostBuilder {
    pub(super) fn new(address: &str) -> Self {
        let plan = Plan {
            address: address.to_owned(),
            protocol: Protocol::Auto,
            redfish_credentials: None,
            ipmi_credentials: None,
            redfish_options: Arc::new(|builder| builder),
            ipmi_options: Arc::new(|builder| builder),
            system: None,
        };
        Self { plan, profile: HostProfile::default() }
    }

    /// Who logs in, by either protocol.
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.redfish_credentials(credentials.clone()).ipmi_credentials(credentials)
    }

    /// Who logs in by Redfish. With credentials for one protocol alone, the other isn't used.
    pub fn redfish_credentials(mut self, credentials: Credentials) -> Self {
        self.plan.redfish_credentials = Some(credentials);
        self
    }

    /// Who logs in by IPMI. With credentials for one protocol alone, the other isn't used.
    pub fn ipmi_credentials(mut self, credentials: Credentials) -> Self {
        self.plan.ipmi_credentials = Some(credentials);
        self
    }

    /// Which protocol to use; Redfish where there is Redfish unless said otherwise.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.plan.protocol = protocol;
        self
    }

    /// Options of the Redfish client: certificates, timeouts. Credentials are named on this builder.
    pub fn redfish(mut self, options: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        self.plan.redfish_options = Arc::new(options);
        self
    }

    /// Options of the IPMI client: port, cipher suite, privilege level, timeouts. Credentials are named on this builder.
    pub fn ipmi(mut self, options: impl Fn(ipmi::Builder) -> ipmi::Builder + Send + Sync + 'static) -> Self {
        self.plan.ipmi_options = Arc::new(options);
        self
    }

    /// The `Id` of the system that is meant, where a Redfish service has several. IPMI can't tell systems apart, and isn't
    /// used then.
    pub fn system(mut self, id: impl Into<String>) -> Self {
        self.plan.system = Some(id.into());
        self
    }

    /// What was learned another time: protocols that are known to be there aren't probed again, and those known not to be
    /// are tried last.
    pub fn profile(mut self, profile: HostProfile) -> Self {
        self.profile = profile;
        self
    }

    /// Finds a protocol, one after the other, and logs in.
    ///
    /// # Errors
    ///
    /// When no protocol can be reached; and when the first that can be refuses the credentials or shows a certificate that
    /// isn't accepted: the other one isn't tried then.
    pub async fn connect(self) -> Result<Outcome<Host>, Error> {
        if host_of(&self.plan.address).is_empty() {
            let text = format!("{:?} names no host: a name, an address or a URL was expected", self.plan.address);
            return Err(Error::new(ErrorKind::Configuration, text));
        }
        let connections = tokio::sync::Mutex::new(Connections::default());
        let inner = Inner { plan: self.plan, connections, profile: Mutex::new(self.profile) };
        let host = Host(Arc::new(inner));
        let found = host.find().await?;
        Ok(found.map(|()| host))
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
