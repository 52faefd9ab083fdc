//! What is passed from the tasks that read hosts to the part that shows it.

use rosefish::host::Severity;
use serde::Serialize;
use tokio::sync::mpsc;

use super::digest::Digest;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Event {
    /// As the host has it.
    pub(super) time: Option<String>,
    pub(super) severity: Option<Severity>,
    pub(super) message: String,
    /// It was in the log before the watch began.
    #[serde(skip)]
    pub(super) is_old: bool,
}

/// News of a host, by its number.
#[derive(Debug)]
pub(super) enum News {
    Read(usize, Box<Digest>),
    Happened(usize, Event),
    /// How it is known what happens there.
    Source(usize, String),
    /// Why it is not known.
    Unread(usize, String),
}

/// Sends news of one host.
#[derive(Debug, Clone)]
pub(super) struct Tell(pub(super) mpsc::Sender<News>, pub(super) usize);

impl Tell {
    pub(super) async fn happened(&self, event: Event) {
        // Where nobody listens, the watch ends.
        let _ = self.0.send(News::Happened(self.1, event)).await;
    }

    pub(super) async fn source(&self, text: String) {
        let _ = self.0.send(News::Source(self.1, text)).await;
    }

    pub(super) async fn unread(&self, text: String) {
        let _ = self.0.send(News::Unread(self.1, text)).await;
    }
}
