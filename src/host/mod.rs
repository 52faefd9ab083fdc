//! One host over both protocols: Redfish where there is Redfish, else IPMI. Each capability is a module with its types,
//! the methods of [`Host`], and what they are in either protocol; which protocol is asked, and when the other one is, is
//! the module `route`'s alone.
//!
//! - The password goes to a service only once that has shown, without one, that it speaks the protocol; and a password
//!   that was refused is never tried on the other protocol.
//! - The other protocol is asked where the first can't be reached, isn't there, or can't do it. For a change that may have
//!   been made, only after the state was read back.
//! - What a protocol can't say is refused with the reason, never approximated.

mod boot;
mod builder;
mod controller;
mod event_log;
mod fault;
mod identify;
mod inventory;
mod outcome;
mod power;
mod profile;
mod redfish;
mod route;
mod sensor;
mod user;

use std::sync::{Arc, Mutex};

pub use boot::{BootDevice, BootMode, BootOverride};
pub use builder::{HostBuilder, Protocol};
pub use controller::Controller;
pub use event_log::{EventLogEntry, Severity};
pub use identify::Identify;
pub use inventory::{Component, ComponentKind};
pub use outcome::{Attempt, Backend, Outcome, Phase};
pub use power::{Manner, PowerState};
pub use profile::{Capability, HostProfile, Presence};
pub use sensor::{Sensor, SensorStatus, Thresholds};
pub use user::User;

use crate::client::{Client, Credentials};
use crate::error::Error;
use crate::ipmi;
use route::Connections;

/// A host, operated through its BMC. Cheap to clone; clones share the sessions.
///
/// ```no_run
/// # async fn example(password: String) -> Result<(), rosefish::Error> {
/// use rosefish::Credentials;
/// use rosefish::host::{Host, Manner};
///
/// let host = Host::connect("10.0.0.7", Credentials::new("root", password)).await?.value;
/// let done = host.power_off(Manner::Graceful).await?;
/// println!("by {}", done.backend);
/// host.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Host(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    plan: builder::Plan,
    connections: tokio::sync::Mutex<Connections>,
    profile: Mutex<HostProfile>,
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

    /// Begins to describe a host: by name, address or the URL of its Redfish service.
    pub fn builder(address: &str) -> HostBuilder {
        HostBuilder::new(address)
    }

    /// What was learned of this host. Given to [`HostBuilder::profile`] another time, it saves asking again.
    #[must_use]
    pub fn profile(&self) -> HostProfile {
        self.0.profile.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn learn(&self, change: impl FnOnce(&mut HostProfile)) {
        change(&mut self.0.profile.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// The Redfish client, for all that the capabilities here don't cover. Connects if that was not done yet.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or it was not to be used.
    pub async fn redfish(&self) -> Result<Client, Error> {
        match self.session(Backend::Redfish).await {
            Ok(route::Session::Redfish(service)) => Ok(service.client),
            Ok(route::Session::Ipmi(_)) => Err(Error::new(crate::ErrorKind::Missing, "this is no Redfish session")),
            Err(fault) => Err(fault.error),
        }
    }

    /// The IPMI client: for consoles, LAN configuration, raw commands. Connects if that was not done yet.
    ///
    /// # Errors
    ///
    /// Where there is no IPMI, or it was not to be used.
    pub async fn ipmi(&self) -> Result<ipmi::Client, Error> {
        match self.session(Backend::Ipmi).await {
            Ok(route::Session::Ipmi(bmc)) => Ok(bmc),
            Ok(route::Session::Redfish(_)) => Err(Error::new(crate::ErrorKind::Missing, "this is no IPMI session")),
            Err(fault) => Err(fault.error),
        }
    }

    /// Ends the sessions of both protocols. Dropping the last clone does so as well, in the background.
    pub async fn close(&self) {
        let (redfish, ipmi) = self.0.connections.lock().await.take();
        if let Some(client) = redfish
            && let Err(error) = client.close().await
        {
            tracing::info!(%error, "the Redfish session was not ended; it will time out");
        }
        if let Some(bmc) = ipmi {
            bmc.close().await;
        }
    }
}
