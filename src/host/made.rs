//! The outcome of a change, and whether it was verified: a change that a BMC has confirmed is read back.

use std::time::Duration;

use super::fault::{Fault, Running};
use crate::error::Error;
use crate::services::read_back::{Seen, read_back, seconds};

/// A change that was made.
#[derive(Debug)]
pub(super) struct Made<T> {
    /// The value that was read back, or the requested one if that failed.
    pub(super) value: T,
    pub(super) sent: Vec<String>,
    /// Why it could not be read back.
    pub(super) unread: Option<Error>,
}

impl<T> Made<T> {
    /// Creates the outcome of a change that can't be read back.
    pub(super) fn unseen(value: T, sent: Vec<String>) -> Self {
        Self { value, sent, unread: None }
    }
}

/// A change that was sent and confirmed, to be read back.
pub(super) struct Confirmed<T> {
    /// The requested value.
    pub(super) asked: T,
    pub(super) sent: Vec<String>,
    /// How long the change may take to show.
    pub(super) patience: Duration,
}

impl<T: Send> Confirmed<T> {
    /// Reads the change back. If the value is still different at the end, `otherwise` accepts it or describes the
    /// difference.
    pub(super) async fn seen(
        self,
        look: impl Fn() -> Running<T> + Send + Sync,
        is_wanted: impl Fn(&T) -> bool + Send,
        otherwise: impl FnOnce(T) -> Result<T, String> + Send,
    ) -> Result<Made<T>, Fault> {
        let Self { asked, sent, patience } = self;
        let look = || {
            let looking = look();
            async { looking.await.map_err(|fault| fault.error) }
        };
        match read_back(patience, look, is_wanted).await {
            Seen::AsWanted(found) => Ok(Made { value: found, sent, unread: None }),
            Seen::Unread(error) => Ok(Made { value: asked, sent, unread: Some(error) }),
            Seen::Otherwise(found) => match otherwise(found) {
                Ok(value) => Ok(Made { value, sent, unread: None }),
                Err(text) => Err(Fault::not_in_force(format!("{text} after {}", seconds(patience)))),
            },
        }
    }
}
