//! Describing a host before connecting to it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::connections::Connections;
use super::machine::{Host, Inner};
use super::outcome::Outcome;
use super::plan::{Plan, Protocol};
use super::profile::HostProfile;
use super::redfish::Chosen;
use crate::client::Credentials;
use crate::client::address::Address;
use crate::client::builder::ClientBuilder;
use crate::client::tls::shared::SharedTls;
use crate::error::Error;
use crate::ipmi;
use crate::services::select::Selector;

/// Describes a [`Host`]. See [`Host::builder`].
#[derive(Clone, Debug)]
#[must_use = "nothing happens until `connect`"]
pub struct HostBuilder {
    plan: Plan,
    profile: HostProfile,
}

impl Host {
    /// Connects with the same credentials for whichever protocol there is.
    ///
    /// # Errors
    ///
    /// As [`HostBuilder::connect`].
    pub async fn connect(address: &str, credentials: Credentials) -> Result<Outcome<Self>, Error> {
        Self::builder(address).credentials(credentials).connect().await
    }

    /// Begins to describe a host: by name, address or the URL of its Redfish service, or of a system, chassis or
    /// manager of it. IPv6 addresses stand with or without
    /// brackets, with a zone where they need one: `fe80::1%eth0`. A port, `bmc:8443` or `[::1]:8443`, is that of the Redfish
    /// service, or with [`Protocol::Ipmi`] the UDP port of IPMI.
    pub fn builder(address: &str) -> HostBuilder {
        HostBuilder::new(address)
    }
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
            chosen: Chosen::default(),
            patience: None,
        };
        Self { plan, profile: HostProfile::default() }
    }

    /// Sets who logs in, by either protocol.
    pub fn credentials(self, credentials: Credentials) -> Self {
        self.redfish_credentials(credentials.clone()).ipmi_credentials(credentials)
    }

    /// Sets who logs in by Redfish. With credentials for one protocol alone, the other isn't used.
    pub fn redfish_credentials(mut self, credentials: Credentials) -> Self {
        self.plan.redfish_credentials = Some(credentials);
        self
    }

    /// Sets who logs in by IPMI. With credentials for one protocol alone, the other isn't used.
    pub fn ipmi_credentials(mut self, credentials: Credentials) -> Self {
        self.plan.ipmi_credentials = Some(credentials);
        self
    }

    /// Which protocol to use; by default Redfish where there is Redfish.
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

    /// Names the system that is meant, where a Redfish service has several: by `Id`, name or URI. So does the URL of a system
    /// in place of the host's address. IPMI can't tell systems apart, and isn't used then.
    pub fn system(mut self, system: impl Into<Selector>) -> Self {
        self.plan.chosen.system = Some(system.into());
        self
    }

    /// Names the chassis that is meant, where a Redfish service has several; without [`system`](Self::system), its system is
    /// meant as well. See there.
    pub fn chassis(mut self, chassis: impl Into<Selector>) -> Self {
        self.plan.chosen.chassis = Some(chassis.into());
        self
    }

    /// Names the manager that is meant, where a Redfish service has several; without [`system`](Self::system), the system
    /// that it manages is meant as well. See there.
    pub fn manager(mut self, manager: impl Into<Selector>) -> Self {
        self.plan.chosen.manager = Some(manager.into());
        self
    }

    /// Sets how long a change may take to show after the BMC has confirmed it. Defaults to 5 seconds, for power to 10.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.plan.patience = Some(patience);
        self
    }

    /// Returns the host's name or address, as it was given.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.plan.address
    }

    /// Shares TLS with other hosts: see [`ClientBuilder::shared_tls`].
    pub fn shared_tls(mut self, tls: &SharedTls) -> Self {
        let (options, tls) = (self.plan.redfish_options, tls.clone());
        self.plan.redfish_options = Arc::new(move |builder| options(builder.shared_tls(&tls)));
        self
    }

    /// Takes over what was learned another time: protocols that are known to be there aren't probed again, and those known not to be
    /// are tried last.
    pub fn profile(mut self, profile: HostProfile) -> Self {
        self.profile = profile;
        self
    }

    /// Finds a protocol, one after the other, and logs in.
    ///
    /// # Errors
    ///
    /// When the address is not one, or is a URL of something that is not a system, a chassis or a manager. When no protocol
    /// can be reached; and when the first that can be refuses the credentials or shows a certificate that
    /// isn't accepted: the other one isn't tried then.
    pub async fn connect(mut self) -> Result<Outcome<Host>, Error> {
        Address::parse(&self.plan.address)?;
        if self.plan.chosen.named().is_none() {
            self.plan.chosen = Chosen::by_url(&self.plan.address)?;
        }
        let connections = tokio::sync::Mutex::new(Connections::default());
        let inner = Inner { plan: self.plan, connections, profile: Mutex::new(self.profile) };
        let host = Host(Arc::new(inner));
        let found = host.find().await?;
        Ok(found.map(|()| host))
    }
}
