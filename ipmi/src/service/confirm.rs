//! Reads changes back. A change that the BMC confirmed counts as done, unless what it reports afterwards contradicts it. One
//! whose answer was lost counts as done if it can be read back.

use std::time::Duration;

use crate::{Client, Error, ErrorKind};

/// How often a change is read back, and the first wait in between, which doubles: some BMCs take a moment.
const LOOKS: u32 = 4;
const WAIT: Duration = Duration::from_millis(150);

impl Client {
    /// Returns the outcome of a change, given the BMC's answer to it. `contradiction` reads the change back and describes what
    /// differs from what was asked; it returns `None` if nothing does, or if the BMC doesn't report it.
    pub(super) async fn confirm<F: Future<Output = Result<Option<String>, Error>> + Send>(
        &self,
        action: &'static str,
        answered: Result<(), Error>,
        contradiction: impl Fn() -> F + Send,
    ) -> Result<(), Error> {
        if let Err(error) = &answered
            && !error.may_have_acted()
        {
            return answered;
        }
        let mut wait = WAIT;
        let mut found = None;
        for look in 0..LOOKS {
            if look > 0 {
                tokio::time::sleep(wait).await;
                wait = wait.saturating_mul(2);
            }
            match contradiction().await {
                Ok(None) => return Ok(()),
                Ok(Some(text)) => found = Some(text),
                // A confirmed change counts as done even if it can't be read back.
                Err(_) => return answered,
            }
        }
        answered?;
        let detail = format!("the BMC accepted it, but {}", found.unwrap_or_default());
        Err(Error::new(ErrorKind::NotInForce, action, detail).at(self.peer()))
    }
}
