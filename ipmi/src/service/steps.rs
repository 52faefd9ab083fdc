//! Reads in many steps, with limits for the total time and the number of steps. Errors of a single step are distinguished from
//! those that end all of them: the session is lost, or a limit is reached.

use std::time::Duration;

use tokio::time::Instant;

use crate::command::Command;
use crate::command::device::GetDeviceId;
use crate::deadline::{after, part};
use crate::{Client, Error, ErrorKind};

/// Why a step failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// Other steps may succeed.
    Step(Error),
    /// No other step can succeed.
    All(Error),
}

impl Failure {
    /// Returns the error, whether it is about a step or all of them.
    pub(super) fn into_error(self) -> Error {
        let (Self::Step(error) | Self::All(error)) = self;
        error
    }
}

impl Client {
    /// Returns whether other commands will fail as well. After a timeout, another command is tried: a BMC that answers it only
    /// left one unanswered, and one that doesn't is gone.
    pub(super) async fn is_lost(&self, error: &Error, patience: Duration) -> bool {
        if !error.is_timeout() {
            return error.is_session_lost();
        }
        let sign_of_life = self.bmc().send_within(&GetDeviceId, patience).await;
        sign_of_life.is_err_and(|error| error.completion_code().is_none() && error.kind() != ErrorKind::Malformed)
    }
}

/// The steps of one conversation.
#[derive(Debug)]
pub(super) struct Steps {
    client: Client,
    limit: Duration,
    ends: Instant,
    left: u32,
    /// Whether a step was left unanswered, so that the next ones get less time.
    impatient: bool,
}

impl Steps {
    /// Allows at most `most` steps, within the time that the client has for reading.
    pub(super) fn new(client: Client, most: u32) -> Self {
        let limit = client.read_limit();
        Self { client, limit, ends: after(limit), left: most, impatient: false }
    }

    pub(super) fn peer(&self) -> &str {
        self.client.peer()
    }

    /// Sends the command of one step.
    pub(super) async fn send<C: Command>(&mut self, command: &C) -> Result<C::Response, Failure> {
        let now = Instant::now();
        let bound = |kind, detail| Err(Failure::All(Error::new(kind, C::NAME, detail).at(self.client.peer())));
        let Some(left) = self.left.checked_sub(1) else {
            return bound(ErrorKind::Malformed, "it has no end".to_owned());
        };
        if now >= self.ends {
            return bound(ErrorKind::Timeout, format!("it isn't read within {:?}", self.limit));
        }
        self.left = left;
        let timeout = self.client.timeout();
        let patience = if self.impatient { part(timeout, 4) } else { timeout };
        match self.client.send_within(command, self.at_most(patience)).await {
            Ok(response) => Ok(response),
            Err(error) => {
                self.impatient |= error.is_timeout();
                let lost = self.client.is_lost(&error, self.at_most(timeout)).await;
                Err(if lost { Failure::All(error) } else { Failure::Step(error) })
            }
        }
    }

    /// Waits, as far as the limit allows.
    pub(super) async fn wait(&self, time: Duration) {
        tokio::time::sleep(self.at_most(time)).await;
    }

    /// Shortens a patience to the time that is left, though not below what an answer needs.
    fn at_most(&self, patience: Duration) -> Duration {
        const LEAST: Duration = Duration::from_millis(100);
        patience.min(self.ends.saturating_duration_since(Instant::now()).max(LEAST))
    }
}
