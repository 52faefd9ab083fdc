//! Reading back what was changed. A change that the BMC confirmed is done, unless what it says afterwards contradicts it;
//! one whose answer was lost is done where it shows.

use std::time::Duration;

use crate::{Client, Error, ErrorKind};

/// How often it is looked whether a change shows, and how long it is waited in between: some BMCs take a moment.
const LOOKS: u32 = 4;
const WAIT: Duration = Duration::from_millis(150);

impl Client {
    /// What became of a change, given what the BMC answered to it. `contradiction` reads back, and says in words what is
    /// not as it was asked; `None` when all is, or the BMC doesn't report it.
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
                // That it can't be read back doesn't make a confirmed change undone.
                Err(_) => return answered,
            }
        }
        answered?;
        let detail = format!("the BMC accepted it, but {}", found.unwrap_or_default());
        Err(Error::new(ErrorKind::NotInForce, action, detail).at(self.peer()))
    }
}
