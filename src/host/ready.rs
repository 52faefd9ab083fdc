//! Waiting until a BMC is back after its reset: one that answers may not be ready yet, and one that has not gone yet answers
//! as well.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout_at};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::{Backend, Outcome};
use super::route::Session;
use super::wait::passes;
use crate::client::{Client, RetryPolicy};
use crate::deadline;
use crate::error::{Error, ErrorKind};
use crate::services::read_back::seconds;

/// How long a BMC may take to go.
const GOING: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(500);
/// How long a single look may take: a BMC that goes away answers nothing.
const LOOK: Duration = Duration::from_secs(15);
/// So often everything has to be readable in a row.
const STEADY: u32 = 2;

/// How a BMC came back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Ready {
    /// After how many seconds it was seen not to answer. None where it was never seen to go: it may not have restarted.
    pub gone_after_seconds: Option<f64>,
    /// After how many seconds it was ready.
    pub ready_after_seconds: f64,
}

impl Host {
    /// Waits until the BMC has restarted and can be used again: until it was seen to go (for 20 seconds at most), and then
    /// until it takes a login and its service root, systems and managers can be read, twice in a row. Sessions are opened again.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// host.reset_controller().await?;
    /// let ready = host.wait_until_ready(std::time::Duration::from_secs(600)).await?;
    /// println!("back after {:.0} s", ready.value.ready_after_seconds);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where it is not ready within the time ([`ErrorKind::Timeout`]: the cause is what was seen last), and where the login is
    /// refused.
    pub async fn wait_until_ready(&self, within: Duration) -> Result<Outcome<Ready>, Error> {
        let host = self.clone();
        Box::pin(async move { host.ready(within).await }).await
    }

    async fn ready(self, within: Duration) -> Result<Outcome<Ready>, Error> {
        let begun = Instant::now();
        let until = deadline::later(begun, within);
        let backend = self.in_use().await;
        let gone = self.until_gone(backend, until.min(deadline::later(begun, GOING))).await;
        let gone_after_seconds = gone.then(|| begun.elapsed().as_secs_f64());
        let mut steady = 0_u32;
        let mut last = None;
        loop {
            if steady == 0 {
                self.0.connections.lock().await.forget();
            }
            let look = until.min(deadline::after(LOOK));
            match timeout_at(look, self.look(backend)).await {
                Ok(Ok(())) => steady = steady.saturating_add(1),
                Ok(Err(fault)) if !passes(&fault.error) => return Err(fault.error),
                Ok(Err(fault)) => (steady, last) = (0, Some(fault.error)),
                Err(_) => steady = 0,
            }
            if steady == STEADY {
                let ready = Ready { gone_after_seconds, ready_after_seconds: begun.elapsed().as_secs_f64() };
                return Ok(Outcome::new(self.address(), ready, backend, Vec::new()));
            }
            if deadline::after(PAUSE) > until {
                let text = format!("the BMC is not ready after {}", seconds(within));
                let error = Error::new(ErrorKind::Timeout, text);
                return Err(match last {
                    Some(last) => error.with_source(last),
                    None => error,
                });
            }
            sleep(PAUSE).await;
        }
    }

    /// The protocol of the session that is open, else the preferred one.
    async fn in_use(&self) -> Backend {
        let connections = self.0.connections.lock().await;
        let open = |is_open: bool, backend| is_open.then_some(backend);
        let redfish = open(matches!(connections.redfish.get(), Ok(Some(_))), Backend::Redfish);
        let ipmi = open(matches!(connections.ipmi.get(), Ok(Some(_))), Backend::Ipmi);
        let preferred = self.0.plan.backends().first().copied().unwrap_or(Backend::Redfish);
        redfish.or(ipmi).unwrap_or(preferred)
    }

    /// Whether it was seen not to answer.
    async fn until_gone(&self, backend: Backend, until: Instant) -> bool {
        let Ok(session) = self.session(backend).await else { return true };
        while Instant::now() < until {
            match timeout_at(until.min(deadline::after(LOOK)), answers(&session)).await {
                Ok(true) => sleep(PAUSE).await,
                Ok(false) | Err(_) => return true,
            }
        }
        false
    }

    /// Whether all is there that one needs.
    async fn look(&self, backend: Backend) -> Result<(), Fault> {
        match self.session(backend).await? {
            Session::Ipmi(bmc) => {
                bmc.device_id().await?;
                bmc.chassis_status().await?;
                Ok(())
            }
            Session::Redfish(service) => Ok(readable(&service.client.with_retry(RetryPolicy::none())).await?),
        }
    }
}

/// Whether a BMC answers on the session that there is. One that has forgotten the session has restarted.
async fn answers(session: &Session) -> bool {
    match session {
        Session::Ipmi(bmc) => bmc.device_id().await.is_ok(),
        Session::Redfish(service) => {
            // Without a login: a new one would hide that the session has gone.
            let once = service.client.with_retry(RetryPolicy::none());
            match once.get_raw("/redfish/v1").await {
                Ok(answer) => answer.status < 500,
                Err(_) => false,
            }
        }
    }
}

async fn readable(client: &Client) -> Result<(), Error> {
    client.get_any("/redfish/v1", None).await?;
    for members in [client.root().systems().members().collect_all().await.missing, {
        client.root().managers().members().collect_all().await.missing
    }] {
        // A service without systems has none to be read.
        if let Some(missing) = members.into_iter().find(|missing| missing.error.kind() != ErrorKind::Missing) {
            return Err(missing.error);
        }
    }
    Ok(())
}
