//! The handle of a host: what all clones share.

use std::sync::{Arc, Mutex, PoisonError};

use super::connections::Connections;
use super::plan::Plan;
use super::profile::HostProfile;

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
pub struct Host(pub(super) Arc<Inner>);

#[derive(Debug)]
pub(super) struct Inner {
    pub(super) plan: Plan,
    pub(super) connections: tokio::sync::Mutex<Connections>,
    pub(super) profile: Mutex<HostProfile>,
}

impl Host {
    /// Returns the host's name or address, as it was given.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.0.plan.address
    }

    /// Returns what was learned of this host. Given to [`HostBuilder::profile`](super::HostBuilder::profile) another
    /// time, it saves asking again.
    #[must_use]
    pub fn profile(&self) -> HostProfile {
        self.0.profile.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn learn(&self, change: impl FnOnce(&mut HostProfile)) {
        change(&mut self.0.profile.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Ends the sessions of both protocols. Dropping the last clone does so as well, in the background.
    pub async fn close(&self) {
        let (redfish, ipmi) = self.0.connections.lock().await.take();
        if let Some(client) = redfish
            && let Err(error) = client.close().await
        {
            tracing::info!(host = self.0.plan.address, error = %error.report(), "the Redfish session was not ended; it will time out");
        }
        if let Some(bmc) = ipmi {
            bmc.close().await;
        }
    }
}
