//! How a host is reached: by which protocols, with which credentials and options.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::outcome::Backend;
use super::redfish::Chosen;
use crate::client::address::Address;
use crate::client::builder::ClientBuilder;
use crate::client::{Client, Credentials};
use crate::ipmi;

/// Which protocol to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
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

/// How a host is reached.
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
    /// Returns the protocols that may be used, the preferred one first.
    pub(super) fn backends(&self) -> &'static [Backend] {
        match (self.protocol, &self.redfish_credentials, &self.ipmi_credentials) {
            (Protocol::Redfish, ..) => &[Backend::Redfish],
            (Protocol::Ipmi, ..) => &[Backend::Ipmi],
            // A caller who sets credentials for one protocol only wants that protocol.
            (Protocol::Auto, Some(_), None) => &[Backend::Redfish],
            (Protocol::Auto, None, Some(_)) => &[Backend::Ipmi],
            (Protocol::Auto, ..) => &[Backend::Redfish, Backend::Ipmi],
        }
    }

    /// Returns whether the caller requires TLS, by `https` or by naming a certificate. If so, a timeout or a broken
    /// connection, which anyone on the network path can cause, is not a reason to fall back to a protocol that has no
    /// certificates, and whose handshake lets others guess the password offline.
    pub(super) fn insists_on_tls(&self) -> bool {
        let says_https =
            || Address::parse(&self.address).is_ok_and(|address| address.scheme.as_deref() == Some("https"));
        says_https() || self.redfish_probe().names_certificate()
    }

    /// Returns the builder of a Redfish client without credentials, to find out whether the service exists.
    pub(super) fn redfish_probe(&self) -> ClientBuilder {
        (self.redfish_options)(Client::builder(&self.address))
    }

    pub(super) fn redfish(&self) -> ClientBuilder {
        match &self.redfish_credentials {
            Some(credentials) => self.redfish_probe().credentials(credentials.clone()),
            None => self.redfish_probe(),
        }
    }

    /// Returns the builder of an IPMI client without credentials. A port in the address belongs to the protocol that
    /// was chosen; if none was, it is the Redfish service's, as in a URL.
    pub(super) fn ipmi_probe(&self) -> ipmi::Builder {
        let (host, port) = match Address::parse(&self.address) {
            Ok(Address { scheme: None, host, port, .. }) => (host.to_string(), port),
            Ok(Address { host, .. }) => (host.to_string(), None),
            Err(_) => (self.address.clone(), None),
        };
        let builder = ipmi::Client::builder(host);
        (self.ipmi_options)(match port.filter(|_| self.protocol == Protocol::Ipmi) {
            Some(port) => builder.port(port),
            None => builder,
        })
    }

    pub(super) fn ipmi(&self) -> ipmi::Builder {
        match &self.ipmi_credentials {
            Some(Credentials { user, password }) => self.ipmi_probe().credentials(user.clone(), password.clone()),
            None => self.ipmi_probe(),
        }
    }
}
