//! The tasks with known monitors, as part of the state.

use std::collections::BTreeMap;

use crate::http::reply::Reply;

/// The tasks with known monitors.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    /// By the key of the monitor.
    pub(super) monitors: BTreeMap<String, Monitored>,
}

/// The task behind a monitor.
#[derive(Debug)]
pub(super) struct Monitored {
    /// The key of the Task or Job.
    pub(super) resource: String,
    /// The `Retry-After` of the monitor while the task runs.
    pub(super) retry_after: Option<u32>,
    pub(super) stage: Stage,
}

#[derive(Debug)]
pub(super) enum Stage {
    Running,
    /// The operation ended; the first request gets its answer.
    Ended(Reply),
    /// The answer was fetched, or the task was cancelled.
    Gone,
}

impl Tasks {
    /// Returns the keys of a task and its monitor, given either.
    pub(crate) fn pair(&self, key: &str) -> Option<[String; 2]> {
        let (monitor, monitored) =
            self.monitors.iter().find(|(monitor, monitored)| *monitor == key || monitored.resource == key)?;
        Some([monitored.resource.clone(), monitor.clone()])
    }
}
