//! What a change came to, and whether that was seen: a change that a BMC has confirmed is looked for afterwards.

use std::time::Duration;

use super::fault::{Fault, Running};
use crate::error::Error;
use crate::services::read_back::{Seen, read_back, seconds};

/// A change that was made.
#[derive(Debug)]
pub(super) struct Made<T> {
    /// What is there now; what was asked for, where that could not be read.
    pub(super) value: T,
    pub(super) sent: Vec<String>,
    /// Why it could not be read.
    pub(super) unread: Option<Error>,
}

impl<T> Made<T> {
    /// One of which nothing can be seen from outside.
    pub(super) fn unseen(value: T, sent: Vec<String>) -> Self {
        Self { value, sent, unread: None }
    }
}

/// A change that was sent and confirmed, about to be looked for.
pub(super) struct Confirmed<T> {
    /// What was asked for.
    pub(super) asked: T,
    pub(super) sent: Vec<String>,
    /// How long it may take to show.
    pub(super) patience: Duration,
}

impl<T: Send> Confirmed<T> {
    /// Looks for it. What is there instead at the end may do as well, or `otherwise` says what was asked and what is there.
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
