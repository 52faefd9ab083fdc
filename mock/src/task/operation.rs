//! The life of a task: it starts, shows its progress, and ends with the operation's answer or because it
//! was cancelled.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, Version, header};
use serde_json::{Map, Value, json};

use super::rule::TaskRule;
use super::tasks::{Monitored, Stage};
use crate::http::call::Call;
use crate::http::reply::Reply;
use crate::http::uri;
use crate::journal;
use crate::machine::state::{State, Waiting};
use crate::machine::{clock, ids};
use crate::message::{self, Message};
use crate::schema::secret;

/// The function that carries out a request.
pub(crate) type CarryOut = fn(&mut State, &Call) -> Reply;

/// A task under way.
#[derive(Debug)]
struct Running {
    /// The key of the Task or Job.
    resource: String,
    monitor: String,
    /// The request to carry out; `None` for a job that a client created without one.
    call: Option<Call>,
    carry_out: CarryOut,
    rule: TaskRule,
    step: u32,
    pause: Duration,
}

/// Turns a valid request into a task that starts now or at the next reset. `None` if the tree has no
/// task service: the request is then carried out at once.
pub(crate) fn start(
    state: &mut State,
    call: &Call,
    rule: TaskRule,
    at_reset: bool,
    carry_out: CarryOut,
) -> Option<Reply> {
    let collection = collection(state, rule.job)?;
    let service = uri::parent(&collection)?.to_owned();
    let id = ids::free_id(&state.store, &collection);
    let resource = format!("{collection}/{id}");
    let monitor = if rule.job { resource.clone() } else { format!("{service}/TaskMonitors/{id}") };
    let json = if rule.job { job(state, &resource, &id, call) } else { task(state, &resource, &monitor, &id, call) };
    state.store.add_member(&collection, &resource, json);
    if at_reset {
        set_state(state, &resource, "Pending");
    }
    if !rule.job {
        let monitored = Monitored { resource: resource.clone(), retry_after: rule.retry_after, stage: Stage::Running };
        state.tasks.monitors.insert(monitor.clone(), monitored);
    }

    let body = state.store.get(&resource)?.json.as_deref()?.clone();
    let mut reply = Reply::json(StatusCode::ACCEPTED, &body).with(header::LOCATION, &monitor);
    if let Some(seconds) = rule.retry_after {
        reply = reply.with(header::RETRY_AFTER, &seconds.to_string());
    }
    let duration = rule.duration.unwrap_or(state.settings.tasks.duration);
    let pause = duration / rule.steps;
    let running = Running { resource, monitor, call: Some(call.clone()), carry_out, rule, step: 0, pause };
    if at_reset {
        let resource = running.resource.clone();
        state.waiting.push(Waiting { resource, pause, then: Box::new(move |state| advance(state, running)) });
    } else {
        state.schedule(pause, move |state| advance(state, running));
    }
    Some(reply)
}

/// Starts a job that a client created, at once or when its schedule says.
pub(crate) fn submit(state: &mut State, job: &str, body: &Map<String, Value>, carry_out: CarryOut) {
    let call = body.get("Payload").and_then(|payload| {
        let said = |name: &str| payload.get(name).and_then(Value::as_str);
        Some(Call {
            method: said("HttpOperation").unwrap_or("POST").parse().ok()?,
            key: uri::key(said("TargetUri")?),
            query: None,
            version: Version::HTTP_11,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
            body: said("JsonBody").unwrap_or_default().to_owned().into(),
        })
    });
    let rule = TaskRule::new("POST", job).as_job();
    let pause = state.settings.tasks.duration / rule.steps;
    let running = Running { resource: job.to_owned(), monitor: job.to_owned(), call, carry_out, rule, step: 0, pause };
    let start = body.get("Schedule").and_then(|schedule| schedule.get("InitialStartTime")?.as_str()?.parse().ok());
    let wait = start.map_or(0, |start: jiff::Timestamp| start.as_second() - jiff::Timestamp::now().as_second());
    let wait = Duration::from_secs(wait.try_into().unwrap_or(0));
    set_state(state, job, if wait.is_zero() { "Running" } else { "Pending" });
    state.schedule(wait + pause, move |state| {
        if shown_state(state, &running.resource) == Some("Pending") {
            set_state(state, &running.resource, "Running");
        }
        advance(state, running);
    });
}

/// Cancels a job, or all of them. A job that has ended stays as it is.
pub(crate) fn cancel_jobs(state: &mut State, job: Option<&str>) {
    let all = || collection(state, true).map(|jobs| state.store.members(&jobs)).unwrap_or_default();
    for job in job.map_or_else(all, |job| vec![job.to_owned()]) {
        if matches!(shown_state(state, &job), Some("New" | "Pending" | "Running")) {
            let id = job.rsplit('/').next().unwrap_or_default();
            let cancelled = Message::new(&message::TASK_CANCELLED, [id]).to_json();
            finish(state, &job, "Cancelled", vec![cancelled]);
        }
    }
}

/// Starts the tasks that were waiting for a reset.
pub(crate) fn was_reset(state: &mut State) {
    for waiting in std::mem::take(&mut state.waiting) {
        if shown_state(state, &waiting.resource) == Some("Pending") {
            set_state(state, &waiting.resource, "Running");
            state.later.push((waiting.pause, waiting.then));
        }
    }
}

/// Returns the key of the collection of tasks or jobs, or `None` if the tree has no such service.
fn collection(state: &State, job: bool) -> Option<String> {
    let (service, members) = if job { ("JobService", "Jobs") } else { ("Tasks", "Tasks") };
    let follow = |key: &str, name: &str| {
        state.store.get(key)?.object().get(name)?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
    };
    let service = follow(uri::ROOT, service)?;
    follow(&service, members).filter(|collection| state.store.contains(collection))
}

fn set_state(state: &mut State, resource: &str, value: &str) {
    state.store.update(resource, |task| {
        let name = if task.contains_key("JobState") { "JobState" } else { "TaskState" };
        task.insert(name.to_owned(), value.into());
    });
}

fn task(state: &State, key: &str, monitor: &str, id: &str, call: &Call) -> Value {
    json!({
        "@odata.id": key,
        "@odata.type": ids::type_of_new(&state.store, "Task"),
        "Id": id,
        "Name": format!("{} {}", call.method, call.key),
        "TaskState": "Running",
        "TaskStatus": "OK",
        "PercentComplete": 0,
        "StartTime": clock::now(),
        "TaskMonitor": monitor,
        "HidePayload": false,
        "Payload": payload(call),
        "Messages": [],
    })
}

fn job(state: &State, key: &str, id: &str, call: &Call) -> Value {
    json!({
        "@odata.id": key,
        "@odata.type": ids::type_of_new(&state.store, "Job"),
        "Id": id,
        "Name": format!("{} {}", call.method, call.key),
        "JobState": "Running",
        "JobStatus": "OK",
        "PercentComplete": 0,
        "StartTime": clock::now(),
        "HidePayload": false,
        "Payload": payload(call),
        "Messages": [],
    })
}

/// Returns the request as a task shows it, without its secrets.
fn payload(call: &Call) -> Value {
    let mut payload = Map::new();
    payload.insert("HttpOperation".to_owned(), call.method.as_str().into());
    payload.insert("TargetUri".to_owned(), call.key.clone().into());
    if let Ok(mut body @ Value::Object(_)) = serde_json::from_slice::<Value>(&call.body) {
        journal::mask(&mut body);
        payload.insert("JsonBody".to_owned(), body.to_string().into());
    }
    let headers: Vec<Value> = call
        .headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            name.starts_with("content-") || name == "host" || name == "accept" || name.starts_with("odata-")
        })
        .filter(|(name, _)| !secret::is_secret(name.as_str()))
        .filter_map(|(name, value)| Some(format!("{name}: {}", value.to_str().ok()?).into()))
        .collect();
    payload.insert("HttpHeaders".to_owned(), headers.into());
    Value::Object(payload)
}

/// Advances a task by one step.
fn advance(state: &mut State, mut running: Running) {
    if shown_state(state, &running.resource) != Some("Running") {
        return;
    }
    running.step += 1;
    if running.step < running.rule.steps {
        let percent = 100 * running.step / running.rule.steps;
        state.store.update(&running.resource, |task| {
            task.insert("PercentComplete".to_owned(), percent.into());
        });
        let pause = running.pause;
        state.schedule(pause, move |state| advance(state, running));
        return;
    }
    let reply = match &running.rule.failure {
        Some(text) => Reply::error(Message::new(&message::OPERATION_FAILED, []).worded(text)),
        None => running
            .call
            .as_ref()
            .map_or_else(|| Reply::empty(StatusCode::NO_CONTENT), |call| (running.carry_out)(state, call)),
    };
    end(state, &running, reply);
}

/// Returns the state that a Task or a Job shows.
fn shown_state<'a>(state: &'a State, resource: &str) -> Option<&'a str> {
    let task = state.store.get(resource)?.object();
    task.get("TaskState").or_else(|| task.get("JobState"))?.as_str()
}

fn end(state: &mut State, running: &Running, reply: Reply) {
    let failed = reply.is_error();
    let id = running.resource.rsplit('/').next().unwrap_or_default();
    let kind = if failed { &message::TASK_ABORTED } else { &message::TASK_COMPLETED };
    let mut messages = vec![Message::new(kind, [id]).to_json()];
    messages.extend(reply.messages());
    let how = if failed { "Exception" } else { "Completed" };
    finish(state, &running.resource, how, messages);
    if running.rule.forgotten {
        state.tasks.monitors.remove(&running.monitor);
        if let Some(collection) = state.store.collection_of(&running.resource) {
            state.store.remove_member(&collection, &running.resource);
        }
    } else if let Some(monitored) = state.tasks.monitors.get_mut(&running.monitor) {
        monitored.stage = Stage::Ended(reply);
    }
}

/// Records in a task how it ended.
fn finish(state: &mut State, resource: &str, how: &str, messages: Vec<Value>) {
    let fine = how == "Completed";
    state.store.update(resource, |task| {
        let job = task.contains_key("JobState");
        task.insert(if job { "JobState" } else { "TaskState" }.to_owned(), how.into());
        let status = if fine { "OK" } else { "Warning" };
        task.insert(if job { "JobStatus" } else { "TaskStatus" }.to_owned(), status.into());
        if fine {
            task.insert("PercentComplete".to_owned(), 100.into());
        }
        task.insert("EndTime".to_owned(), clock::now().into());
        task.insert("Messages".to_owned(), messages.into());
    });
}

/// Cancels a running task by its monitor. Returns whether a task was running.
pub(super) fn cancel(state: &mut State, monitor: &str) -> bool {
    let Some(monitored) = state.tasks.monitors.get_mut(monitor) else {
        return false;
    };
    if !matches!(monitored.stage, Stage::Running) {
        return false;
    }
    monitored.stage = Stage::Gone;
    let resource = monitored.resource.clone();
    let id = resource.rsplit('/').next().unwrap_or_default();
    let cancelled = Message::new(&message::TASK_CANCELLED, [id]).to_json();
    finish(state, &resource, "Cancelled", vec![cancelled]);
    true
}

/// Stops the operation of a Task or Job that was deleted.
pub(crate) fn cancel_resource(state: &mut State, resource: &str) {
    for monitored in state.tasks.monitors.values_mut() {
        if monitored.resource == resource {
            monitored.stage = Stage::Gone;
        }
    }
}
