//! The tasks whose monitors are known, as the state keeps them.

use std::collections::BTreeMap;

use crate::http::reply::Reply;

/// The tasks whose monitors are known.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    /// By the key of the monitor.
    pub(super) monitors: BTreeMap<String, Monitored>,
}

/// What stands behind a monitor.
#[derive(Debug)]
pub(super) struct Monitored {
    /// The key of the Task or Job.
    pub(super) resource: String,
    /// What the monitor itself answers as long as the task runs.
    pub(super) retry_after: Option<u32>,
    pub(super) stage: Stage,
}

#[derive(Debug)]
pub(super) enum Stage {
    Running,
    /// The answer of the operation, for anyone who asks first.
    Ended(Reply),
    /// That answer was given, or the task was cancelled.
    Gone,
}

impl Tasks {
    /// A task and its monitor, by the key of either.
    pub(crate) fn pair(&self, key: &str) -> Option<[String; 2]> {
        let (monitor, monitored) =
            self.monitors.iter().find(|(monitor, monitored)| *monitor == key || monitored.resource == key)?;
        Some([monitored.resource.clone(), monitor.clone()])
    }
}
