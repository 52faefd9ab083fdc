//! Which operations become tasks, how long they take and how they end.

use std::time::Duration;

use axum::http::Method;

use crate::fault::glob;

/// An operation that becomes a task instead of being done at once, for
/// [`Builder::task`](crate::Builder::task).
///
/// ```
/// use std::time::Duration;
/// use rosefish_mock::{MockBmc, TaskRule};
///
/// let builder = MockBmc::builder()
///     .task(TaskRule::new("POST", "**/Volumes").takes(Duration::from_secs(2)))
///     .task(TaskRule::new("POST", "**/UpdateService.SimpleUpdate").fails("the image is damaged"));
/// ```
#[derive(Clone, Debug)]
#[must_use = "a rule does nothing until a builder has it"]
pub struct TaskRule {
    method: String,
    path: String,
    pub(super) duration: Option<Duration>,
    pub(super) steps: u32,
    pub(super) retry_after: Option<u32>,
    pub(super) failure: Option<String>,
    pub(super) job: bool,
    pub(super) forgotten: bool,
    immediate: bool,
}

impl TaskRule {
    /// Creates a rule for requests of this method to paths of this pattern: `*` stands for anything within a
    /// segment, `**` for anything at all. Rules that were added later take precedence.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            duration: None,
            steps: 10,
            retry_after: Some(1),
            failure: None,
            job: false,
            forgotten: false,
            immediate: false,
        }
    }

    /// Sets how long the task runs. Defaults to [`Builder::task_duration`](crate::Builder::task_duration).
    pub fn takes(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// Sets in how many steps `PercentComplete` goes to 100. Defaults to ten.
    pub fn steps(mut self, steps: u32) -> Self {
        self.steps = steps.clamp(1, 100);
        self
    }

    /// Sets the seconds in `Retry-After`; `None` leaves the header out. Defaults to 1.
    pub fn retry_after(mut self, seconds: Option<u32>) -> Self {
        self.retry_after = seconds;
        self
    }

    /// Has the operation fail: it is not carried out, and the task ends as `Exception` with this text.
    pub fn fails(mut self, text: &str) -> Self {
        self.failure = Some(text.to_owned());
        self
    }

    /// Has the operation become a Job of the JobService, and `Location` is the job itself.
    pub fn as_job(mut self) -> Self {
        self.job = true;
        self
    }

    /// Has the service forget the task as soon as it has ended: task and monitor are gone,
    /// whether anybody has asked for the answer or not.
    pub fn forgotten(mut self) -> Self {
        self.forgotten = true;
        self
    }

    /// Has the operation done at once, whatever an earlier rule says.
    pub fn at_once(mut self) -> Self {
        self.immediate = true;
        self
    }

    fn is_for(&self, method: &Method, path: &str) -> bool {
        method.as_str() == self.method && glob::path(&self.path, path)
    }
}

/// The rules of a service.
#[derive(Clone, Debug)]
pub(crate) struct TaskRules {
    rules: Vec<TaskRule>,
    /// How long tasks take if their rule doesn't say.
    pub(crate) duration: Duration,
}

impl Default for TaskRules {
    fn default() -> Self {
        // No machine writes firmware or collects diagnostic data within one request.
        let slow =
            ["**/UpdateService.SimpleUpdate", "**/UpdateService.StartUpdate", "**/LogService.CollectDiagnosticData"];
        Self {
            rules: slow.iter().map(|path| TaskRule::new("POST", path)).collect(),
            duration: Duration::from_millis(500),
        }
    }
}

impl TaskRules {
    pub(crate) fn add(&mut self, rule: TaskRule) {
        self.rules.push(rule);
    }

    /// Returns the rule for a request, or `None` if it is carried out at once.
    pub(crate) fn find(&self, method: &Method, path: &str) -> Option<TaskRule> {
        self.rules.iter().rev().find(|rule| rule.is_for(method, path)).filter(|rule| !rule.immediate).cloned()
    }

    /// Returns the rule for a request that becomes a task unless a rule decides otherwise.
    pub(crate) fn or_default(&self, method: &Method, path: &str) -> Option<TaskRule> {
        if self.rules.iter().any(|rule| rule.is_for(method, path)) {
            self.find(method, path)
        } else {
            Some(TaskRule::new(method.as_str(), path))
        }
    }
}
