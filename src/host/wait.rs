//! Waiting for a state of the machine. Temporary errors don't end the wait.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::fault::Running;
use super::machine::Host;
use super::outcome::Outcome;
use super::power::HostPowerState;
use crate::deadline::after;
use crate::error::{Error, ErrorKind};
use crate::services::read_back::seconds;

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

impl Host {
    /// Reads the power state, now and again, until it is this one: at once, and then after pauses that grow from 250 ms to
    /// 5 s. That a BMC doesn't answer for a while doesn't end the waiting.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use std::time::Duration;
    /// use rosefish::host::{HostPowerState, Manner};
    ///
    /// host.power_off(Manner::Graceful).await?;
    /// host.wait_for_power(HostPowerState::Off, Duration::from_secs(300)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where it is another one at the end of the time ([`ErrorKind::Timeout`]: the text says which one was seen last), and
    /// where reading fails for a reason that does not pass.
    pub async fn wait_for_power(
        &self,
        state: HostPowerState,
        within: Duration,
    ) -> Result<Outcome<HostPowerState>, Error> {
        let host = self.clone();
        let wanted = state.clone();
        let look = move || -> Running<Outcome<HostPowerState>> {
            let host = host.clone();
            Box::pin(async move { Ok(host.power_state().await?) })
        };
        Box::pin(wait(within, &format!("the power is to be {state}"), look, move |found| found.value == wanted)).await
    }
}

/// Polls until the state is as wanted.
async fn wait(
    within: Duration,
    wish: &str,
    look: impl Fn() -> Running<Outcome<HostPowerState>> + Send,
    is_wanted: impl Fn(&Outcome<HostPowerState>) -> bool + Send,
) -> Result<Outcome<HostPowerState>, Error> {
    let deadline = after(within);
    let mut pause = FIRST_PAUSE;
    let mut seen = "it was not seen".to_owned();
    let mut source = None;
    loop {
        match timeout_at(deadline, look()).await {
            Ok(Ok(found)) if is_wanted(&found) => return Ok(found),
            Ok(Ok(found)) => (seen, source) = (format!("it is {}", found.value), None),
            Ok(Err(fault)) if passes(&fault.error) => source = Some(fault.error),
            Ok(Err(fault)) => return Err(fault.error),
            Err(_) => {}
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let error = Error::new(ErrorKind::Timeout, format!("{wish}; {seen} after {}", seconds(within)));
            return Err(match source {
                Some(source) => error.with_source(source),
                None => error,
            });
        }
        sleep(pause.min(left)).await;
        pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
    }
}

/// Returns whether an error may be temporary.
pub(super) fn passes(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::Decode | ErrorKind::NotFound | ErrorKind::Missing => true,
        ErrorKind::SessionLimit => true,
        ErrorKind::Refused => error.status().is_none_or(|status| matches!(status, 408 | 425 | 429 | 500..)),
        _ => false,
    }
}
