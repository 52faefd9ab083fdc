//! Operations that take their time: a request is answered with 202 and a task monitor, goes on as a
//! Task (or a Job) that tells how far it is, and leaves its real answer with the monitor (DSP0266,
//! "Asynchronous operations"). What the operation does is the handlers' business; they carry it out
//! when the task ends.

mod monitor;
mod progress;
mod rule;

pub use rule::TaskRule;

pub(crate) use monitor::answer as monitor;
pub(crate) use progress::{cancel_jobs, cancel_resource, start, submit, was_reset};
pub(crate) use rule::TaskRules;

use std::collections::BTreeMap;

use crate::http::reply::Reply;
use crate::http::uri;
use crate::machine::state::State;

/// The tasks whose monitors are known.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    /// By the key of the monitor.
    monitors: BTreeMap<String, Monitored>,
    /// Those that wait for a reset.
    waiting: Vec<progress::Running>,
}

/// What stands behind a monitor.
#[derive(Debug)]
struct Monitored {
    /// The key of the Task or Job.
    resource: String,
    /// What the monitor itself answers as long as the task runs.
    retry_after: Option<u32>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Running,
    /// The answer of the operation, for whoever asks first.
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

/// The key of the collection of tasks, or of jobs; none where the tree has no such service.
fn collection(state: &State, job: bool) -> Option<String> {
    let (service, members) = if job { ("JobService", "Jobs") } else { ("Tasks", "Tasks") };
    let follow = |key: &str, name: &str| {
        state.store.get(key)?.object().get(name)?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
    };
    let service = follow(uri::ROOT, service)?;
    follow(&service, members).filter(|collection| state.store.contains(collection))
}
