//! Where an operation is followed, in a form that can be kept.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::state;
use crate::client::Response;
use crate::client::mask::of_uri;

/// What is needed to follow an operation: keep it, and another process can continue with it.
///
/// ```
/// let handle = rosefish::TaskHandle::new("/redfish/v1/TaskService/TaskMonitors/7");
/// let kept = serde_json::to_string(&handle).unwrap();
/// assert_eq!(serde_json::from_str::<rosefish::TaskHandle>(&kept).unwrap(), handle);
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct TaskHandle {
    /// Where the answer to the operation will be, once there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) monitor: Option<String>,
    /// The task or job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<String>,
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("monitor", &self.monitor.as_deref().map(of_uri))
            .field("task", &self.task.as_deref().map(of_uri))
            .finish()
    }
}

impl TaskHandle {
    /// Creates the handle of what a 202's `Location` names: a task monitor, a task or a job.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { monitor: Some(uri.into()), task: None }
    }

    /// Returns the task monitor, or what the service gave for one; none where it named nothing.
    #[must_use]
    pub fn monitor(&self) -> Option<&str> {
        self.monitor.as_deref()
    }

    /// Returns the task or job, where the service named it.
    #[must_use]
    pub fn task(&self) -> Option<&str> {
        self.task.as_deref()
    }

    pub(super) fn of(response: &Response) -> Self {
        let report = state::report(&response.body);
        let task = report.as_ref().and_then(|report| report.uri.clone());
        let monitor = response.location().map(str::to_owned);
        let monitor = monitor.or_else(|| report.and_then(|report| report.monitor));
        let monitor = monitor.or_else(|| task.clone()).or_else(|| state::mentioned(&response.body));
        Self { monitor, task }
    }
}
