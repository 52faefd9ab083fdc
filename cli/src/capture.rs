//! Captures what a command prints while it runs for one of many hosts, so that it can be shown with the host's name.

use std::sync::{Arc, Mutex, PoisonError};

tokio::task_local! {
    static CAPTURE: Capture;
}

/// The captured output of a command. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Captured>>);

/// See [`Capture`].
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Captured {
    /// What it printed on standard output, except tables.
    pub(crate) text: String,
    /// The rows of its tables, with their headings first.
    pub(crate) tables: Vec<Vec<Vec<String>>>,
    /// Its lines on standard error.
    pub(crate) said: Vec<String>,
    /// Whether the host has answered.
    pub(crate) reached: bool,
}

impl Capture {
    /// Runs work whose output is captured.
    pub(crate) async fn of<T>(&self, work: impl Future<Output = T>) -> T {
        CAPTURE.scope(self.clone(), work).await
    }

    /// Takes what was captured so far.
    pub(crate) fn take(&self) -> Captured {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns whether output is captured here.
pub(crate) fn is_on() -> bool {
    CAPTURE.try_with(|_| ()).is_ok()
}

/// Captures something. Returns false if nothing is captured here, and it has to be printed.
pub(crate) fn keep(what: impl FnOnce(&mut Captured)) -> bool {
    let kept = CAPTURE.try_with(|capture| what(&mut capture.0.lock().unwrap_or_else(PoisonError::into_inner)));
    kept.is_ok()
}

/// Notes that the host has answered.
pub(crate) fn reached() {
    keep(|captured| captured.reached = true);
}
