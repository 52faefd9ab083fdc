//! What answers report about long-running operations: where to ask, how far they are, whether and how they ended. Does
//! no I/O.

use serde_json::Value;

use crate::schema::Task;
use crate::schema::message::Message;
use crate::wire::{Limits, Record, decode, peek_odata_type};

/// How a task or job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TaskPhase {
    /// It has not ended: it waits, runs or is being stopped.
    Running,
    /// It has ended, and did what it was to do.
    Succeeded,
    /// It has ended otherwise: with errors, or because somebody stopped it.
    Failed,
    /// It has ended, and the service has forgotten how.
    Unknown,
}

/// How far a task or job is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Progress {
    /// How it stands.
    pub phase: TaskPhase,
    /// `TaskState` or `JobState`, as the service spells it; none where it says nothing.
    pub state: Option<String>,
    /// `PercentComplete`. Some services leave it at 0 to the end.
    pub percent: Option<u8>,
    /// What the service has to say about it.
    pub messages: Vec<Message>,
}

impl Progress {
    /// Returns the progress of an operation that continues, with no further details.
    pub(super) fn going_on() -> Self {
        Self { phase: TaskPhase::Running, state: None, percent: None, messages: Vec::new() }
    }
}

/// A body that is a task or a job.
#[derive(Debug)]
pub(super) struct Report {
    pub(super) uri: Option<String>,
    pub(super) monitor: Option<String>,
    pub(super) progress: Progress,
    /// The URIs of created resources.
    pub(super) created: Vec<String>,
}

/// Parses a body as a task or job; `None` if it is neither.
pub(super) fn report(body: &[u8]) -> Option<Report> {
    let task = decode::<Task>(body, &Limits::default()).ok()?.value;
    let residue = (&task as &dyn Record).residue();
    let text = |json: &str| serde_json::from_str::<String>(json).ok();
    let state = task.task_state.as_ref().map(|state| state.as_str().to_owned());
    let state = state.or_else(|| residue.get("JobState").and_then(text));
    let named = task.odata_type.as_ref().is_some_and(|name| matches!(name.type_name(), "Task" | "Job" | "DellJob"));
    if !named && state.is_none() {
        return None;
    }
    let critical = |text: &str| text.eq_ignore_ascii_case("Critical");
    let ill = task.task_status.as_ref().is_some_and(|health| critical(health.as_str()))
        || residue.get("JobStatus").and_then(text).is_some_and(|health| critical(&health));
    let phase = match state.as_deref().map(phase) {
        Some(TaskPhase::Succeeded) if ill => TaskPhase::Failed,
        Some(phase) => phase,
        // Only an operation that has ended has an end time.
        None if task.end_time.is_some() && ill => TaskPhase::Failed,
        None if task.end_time.is_some() => TaskPhase::Succeeded,
        None => TaskPhase::Running,
    };
    let percent = task.percent_complete.and_then(|percent| u8::try_from(percent).ok()).map(|percent| percent.min(100));
    let created = task.links.iter().flat_map(|links| &links.created_resources);
    let created = created.filter_map(|link| link.uri()).map(|uri| uri.as_str().to_owned()).collect();
    Some(Report {
        uri: task.odata_id.map(|uri| uri.as_str().to_owned()).filter(|uri| !uri.is_empty()),
        monitor: task.task_monitor.filter(|uri| !uri.is_empty()),
        progress: Progress { phase, state, percent, messages: task.messages },
        created,
    })
}

/// Maps a state to a phase: the standard's states, and those that services invent.
fn phase(state: &str) -> TaskPhase {
    match state {
        "Completed" => TaskPhase::Succeeded,
        "Killed" | "Exception" | "Cancelled" | "Invalid" => TaskPhase::Failed,
        "New" | "Starting" | "Running" | "Suspended" | "Interrupted" | "Pending" | "Stopping" | "Service"
        | "Cancelling" | "UserIntervention" | "Continue" | "Validating" => TaskPhase::Running,
        made_up => {
            let text = made_up.to_ascii_lowercase();
            let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
            if says(&["not completed", "incomplete"]) {
                TaskPhase::Running
            } else if says(&["error", "fail", "abort", "cancelled", "canceled", "killed"]) {
                TaskPhase::Failed
            } else if says(&["completed", "success", "done", "finished"]) {
                TaskPhase::Succeeded
            } else {
                TaskPhase::Running
            }
        }
    }
}

/// Finds where to follow an operation in a 202 without a `Location`: the body's `TaskMonitor`, its own URI if it is a
/// task, else any URI in it that looks like a task's. Some services only name it in the arguments of a message.
pub(super) fn mentioned(body: &[u8]) -> Option<String> {
    let value = crate::wire::from_slice::<Value>(body).ok()?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|uri| !uri.is_empty());
    text("TaskMonitor")
        .or_else(|| text("@odata.id").filter(|uri| is_task(uri)))
        .map(str::to_owned)
        .or_else(|| find(&value, 0))
}

fn find(value: &Value, depth: usize) -> Option<String> {
    match value {
        _ if depth > 8 => None,
        Value::String(text) => is_task(text).then(|| text.clone()),
        Value::Array(items) => items.iter().find_map(|item| find(item, depth.saturating_add(1))),
        Value::Object(members) => members.values().find_map(|member| find(member, depth.saturating_add(1))),
        _ => None,
    }
}

fn is_task(uri: &str) -> bool {
    let place = ["/Tasks/", "/TaskMonitors/", "/Jobs/"].into_iter().any(|folder| uri.contains(folder));
    place && uri.contains("/redfish/") && !uri.contains(char::is_whitespace)
}

/// Returns whether a URI is that of a task or job itself, a member of their collection, and not that of its monitor.
pub(super) fn names_task(uri: &str) -> bool {
    let mut segments = uri.trim_end_matches('/').rsplit('/').skip(1);
    matches!(segments.next(), Some("Tasks" | "Jobs"))
}

/// Returns whether a body is a service root. Some services answer every request with it while they start.
pub(super) fn is_root(body: &[u8]) -> bool {
    peek_odata_type(body).is_some_and(|name| name.type_name() == "ServiceRoot")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_and_jobs_are_read_alike() {
        let cases = [
            (
                r##"{"@odata.type":"#Task.v1_7_0.Task","TaskState":"Running","PercentComplete":40}"##,
                TaskPhase::Running,
                Some(40),
            ),
            (r##"{"TaskState":"Completed","TaskStatus":"OK"}"##, TaskPhase::Succeeded, None),
            (r##"{"TaskState":"Completed","TaskStatus":"Critical"}"##, TaskPhase::Failed, None),
            (r##"{"TaskState":"Exception"}"##, TaskPhase::Failed, None),
            (
                r##"{"@odata.type":"#Job.v1_2_0.Job","JobState":"CompletedWithErrors","PercentComplete":"100"}"##,
                TaskPhase::Failed,
                Some(100),
            ),
            (r##"{"JobState":"Completed","JobStatus":"OK"}"##, TaskPhase::Succeeded, None),
            (r##"{"JobState":"RebootPending"}"##, TaskPhase::Running, None),
            (r##"{"@odata.type":"#Task.v1_0_0.Task","EndTime":"2026-01-01T00:00:00Z"}"##, TaskPhase::Succeeded, None),
            (r##"{"@odata.type":"#Task.v1_0_0.Task"}"##, TaskPhase::Running, None),
        ];
        for (body, phase, percent) in cases {
            let report = report(body.as_bytes()).unwrap();
            assert_eq!((report.progress.phase, report.progress.percent), (phase, percent), "{body}");
        }
        for body in ["", "[]", "{}", r##"{"@odata.type":"#Chassis.v1_0_0.Chassis","Name":"Task"}"##] {
            assert!(report(body.as_bytes()).is_none(), "{body}");
        }
    }

    #[test]
    fn a_monitor_is_found_in_whatever_body_names_it() {
        let task = "/redfish/v1/TaskService/Tasks/1234";
        let cases = [
            (
                r#"{"Accepted":{"@Message.ExtendedInfo":[{"MessageArgs":["/redfish/v1/TaskService/Tasks/1234"]}]}}"#,
                Some(task),
            ),
            (r#"{"@odata.id":"/redfish/v1/TaskService/Tasks/1234","Name":"x"}"#, Some(task)),
            (
                r#"{"@odata.id":"/redfish/v1/TaskService/Tasks/1","TaskMonitor":"/redfish/v1/monitor/7"}"#,
                Some("/redfish/v1/monitor/7"),
            ),
            (r#"{"Message":"see /redfish/v1/TaskService/Tasks/1"}"#, None),
            (r#"{"@odata.id":"/redfish/v1/Systems/1"}"#, None),
            ("<html>", None),
        ];
        for (body, expected) in cases {
            assert_eq!(mentioned(body.as_bytes()).as_deref(), expected, "{body}");
        }
    }
}
