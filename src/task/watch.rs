//! Following an operation from one answer to the next. The task says how far it is and the monitor what came of it; each
//! may be missing, the same as the other, or gone when it is asked.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::time::{Instant, sleep};

use super::handle::TaskHandle;
use super::state::{self, Progress, Report, TaskPhase};
use crate::client::{Client, Request, Response};
use crate::error::{Error, ErrorKind};
use crate::resource::read::ReadAs;
use crate::schema::message::Message;
use crate::wire::at;

/// How long a monitor may be unknown before it is taken to have ended: some services name it before it is there.
const GRACE: Duration = Duration::from_secs(15);

/// How long a service may be away.
const PATIENCE: Duration = Duration::from_secs(600);

/// What one more answer said.
pub(super) enum Step {
    Going(Progress),
    Ended(End),
}

/// How it ended.
#[derive(Debug)]
pub(super) struct End {
    pub(super) phase: TaskPhase,
    pub(super) state: Option<String>,
    pub(super) percent: Option<u8>,
    pub(super) status: Option<u16>,
    pub(super) messages: Vec<Message>,
    pub(super) created: Vec<String>,
    pub(super) body: Bytes,
}

impl End {
    fn new(phase: TaskPhase) -> Self {
        let (messages, created, body) = (Vec::new(), Vec::new(), Bytes::new());
        Self { phase, state: None, percent: None, status: None, messages, created, body }
    }

    pub(super) fn progress(self) -> Progress {
        Progress { phase: self.phase, state: self.state, percent: self.percent, messages: self.messages }
    }
}

/// What a place answered.
enum Answer {
    Going(Progress),
    Ended(End),
    /// There is nothing there.
    Gone,
    /// The service is not up to it now.
    NotNow(Error),
}

pub(super) struct Watch {
    client: Client,
    handle: TaskHandle,
    interval: Option<Duration>,
    begun: Instant,
    /// How often it was asked.
    asked: u32,
    /// Something was there once.
    seen: Arc<AtomicBool>,
    /// The URIs that have answered as a task or job. Whatever else they answer is not the result.
    reported: HashSet<String>,
    task_gone: bool,
    monitor_gone: bool,
    /// Places like it were looked for in the services' lists.
    searched: bool,
    last: Progress,
    pause: Duration,
    /// Since when there is no answer.
    away: Option<Instant>,
    broken: u32,
}

impl Watch {
    pub(super) fn new(
        client: &Client,
        handle: &TaskHandle,
        interval: Option<Duration>,
        seen: &Arc<AtomicBool>,
    ) -> Self {
        Self {
            client: client.clone(),
            handle: handle.clone(),
            interval,
            begun: Instant::now(),
            asked: 0,
            seen: Arc::clone(seen),
            reported: HashSet::new(),
            task_gone: handle.task.is_none(),
            monitor_gone: handle.monitor.is_none(),
            searched: false,
            last: Progress::going_on(),
            pause: Duration::ZERO,
            away: None,
            broken: 0,
        }
    }

    /// Waits as long as the service wants, and asks once more.
    pub(super) async fn step(&mut self) -> Result<Step, Error> {
        if self.handle == TaskHandle::default() {
            return Err(Error::new(
                ErrorKind::Missing,
                "the service has accepted the operation and named nothing to follow it by: look at the resource",
            ));
        }
        // A monitor that is asked at once would say what the 202 said.
        sleep(if self.asked == 0 { self.first_pause() } else { self.pause }).await;
        self.asked = self.asked.saturating_add(1);
        self.pause = self.usual_pause();
        match self.ask().await? {
            Answer::Going(progress) => {
                self.away = None;
                self.last = progress.clone();
                Ok(Step::Going(progress))
            }
            Answer::Ended(end) => Ok(Step::Ended(end)),
            Answer::Gone if !self.is_seen() && self.begun.elapsed() < GRACE => Ok(Step::Going(self.last.clone())),
            Answer::Gone => Ok(Step::Ended(End::new(TaskPhase::Unknown))),
            Answer::NotNow(error) => {
                let since = *self.away.get_or_insert_with(Instant::now);
                if since.elapsed() > PATIENCE {
                    return Err(error);
                }
                self.pause = error.retry_after().unwrap_or(self.pause).min(PATIENCE);
                tracing::debug!(origin = self.client.origin(), error = %error.report(), "the operation is asked after again later");
                Ok(Step::Going(self.last.clone()))
            }
        }
    }

    fn is_seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    fn first_pause(&self) -> Duration {
        self.interval.unwrap_or(Duration::from_millis(100)).min(Duration::from_millis(100))
    }

    fn usual_pause(&self) -> Duration {
        self.interval.unwrap_or_else(|| Duration::from_secs(u64::from(self.asked)).min(Duration::from_secs(10)))
    }

    async fn ask(&mut self) -> Result<Answer, Error> {
        // A GET on the monitor may be what makes a service forget the task: the task is asked first.
        if !self.task_gone
            && let Some(uri) = self.handle.task.clone()
        {
            let elsewhere = self.handle.monitor.as_ref().is_some_and(|monitor| *monitor != uri) && !self.monitor_gone;
            match self.read(&uri).await {
                Ok(Answer::Gone) => self.task_gone = true,
                // Anyone who began it may not see tasks, or what is there is not a task: the monitor shows that.
                Err(error) if elsewhere && error.kind() == ErrorKind::Forbidden => self.task_gone = true,
                Ok(Answer::NotNow(error))
                    if elsewhere && error.kind() == ErrorKind::Decode && !self.reported.contains(&uri) =>
                {
                    self.task_gone = true;
                }
                Ok(Answer::Ended(end)) => return Ok(Answer::Ended(self.with_result(end, &uri).await)),
                answer => return answer,
            }
        }
        if !self.monitor_gone
            && let Some(uri) = self.handle.monitor.clone()
        {
            match self.read(&uri).await? {
                // It is retried as long as it may be that it is yet to come.
                Answer::Gone => self.monitor_gone = self.is_seen(),
                answer => return Ok(answer),
            }
        }
        // Neither is there: a job may be, whose task was removed, or a task whose monitor was.
        if !self.searched {
            self.searched = self.is_seen();
            if let Some(uri) = self.search().await {
                self.searched = true;
                if let Answer::Ended(end) = self.read(&uri).await? {
                    return Ok(Answer::Ended(end));
                }
                self.handle.task = Some(uri);
                self.task_gone = false;
                return Ok(Answer::Going(self.last.clone()));
            }
        }
        Ok(Answer::Gone)
    }

    /// Asks the monitor, once, for what came of a task that has ended.
    async fn with_result(&mut self, mut end: End, task: &str) -> End {
        let monitor = self.handle.monitor.clone().filter(|monitor| monitor != task && !self.monitor_gone);
        let Some(monitor) = monitor else { return end };
        let Ok(response) = self.client.send(Request::get(monitor)).await else { return end };
        if !matches!(response.status, 202 | 404 | 410) && state::report(&response.body).is_none() {
            end.status = Some(response.status);
            end.created.extend(response.location().map(str::to_owned));
            if end.messages.is_empty() {
                end.messages = response.messages();
            }
            end.body = response.body;
        }
        end
    }

    async fn read(&mut self, uri: &str) -> Result<Answer, Error> {
        let request = Request::get(uri);
        let response = match self.client.send(request.clone()).await {
            Ok(response) => response,
            Err(error) if matches!(error.kind(), ErrorKind::Connect | ErrorKind::Timeout) => {
                return Ok(Answer::NotNow(error));
            }
            Err(error) => return Err(error),
        };
        if let Some(pause) = response.retry_after() {
            self.pause = pause.clamp(self.first_pause(), PATIENCE);
        }
        let status = response.status;
        match status {
            // A web server whose Redfish service has not started yet.
            200 if response.is_page() => {
                let text = format!("this is not a task{}", response.glimpse());
                Ok(Answer::NotNow(Error::new(ErrorKind::Decode, text).at(request.method, &request.uri)))
            }
            200..300 => {
                self.seen.store(true, Ordering::Relaxed);
                self.broken = 0;
                Ok(self.judge(&request, response))
            }
            404 | 410 => Ok(Answer::Gone),
            // Not found out by asking: whose session is it?
            401 | 403 => Err(error_of(response, &request)),
            408 | 425 | 429 | 502..=504 => Ok(Answer::NotNow(error_of(response, &request))),
            // What the operation came to; or the service's own trouble, which passes.
            500 if self.broken < 2 => {
                self.broken = self.broken.saturating_add(1);
                Ok(Answer::NotNow(error_of(response, &request)))
            }
            _ => {
                let messages = response.messages();
                let end = End { status: Some(status), messages, body: response.body, ..End::new(TaskPhase::Failed) };
                Ok(Answer::Ended(end))
            }
        }
    }

    /// What an answer of success says.
    fn judge(&mut self, request: &Request, response: Response) -> Answer {
        let uri = &request.uri;
        let accepted = response.status == 202;
        let Some(mut report) = state::report(&response.body) else {
            if accepted {
                return Answer::Going(self.last.clone());
            }
            return self.result(request, response);
        };
        // A monitor may show its task while that runs, and the answer to the operation afterwards.
        if !accepted || report.uri.as_deref() == Some(uri) {
            self.reported.insert(uri.clone());
        }
        response.secrets.messages(&mut report.progress.messages);
        self.learn(uri, &report);
        let Report { progress, created, .. } = report;
        if accepted {
            // The status says that it continues, whatever the body has.
            return Answer::Going(Progress { phase: TaskPhase::Running, ..progress });
        }
        if progress.phase == TaskPhase::Running {
            return Answer::Going(progress);
        }
        let Progress { phase, state, percent, messages } = progress;
        Answer::Ended(End { phase, state, percent, status: None, messages, created, body: Bytes::new() })
    }

    /// What an answer of success that is not a task says: from a monitor it is the answer to the operation. From a task or
    /// job it says nothing: services answer so while they are busy or restarting.
    fn result(&self, request: &Request, response: Response) -> Answer {
        let uri = &request.uri;
        if self.reported.contains(uri) || state::names_task(uri) || state::is_root(&response.body) {
            let text = format!("this is not the task that was there{}", response.glimpse());
            return Answer::NotNow(Error::new(ErrorKind::Decode, text).at(request.method, uri));
        }
        let phase = match response.objection(request) {
            Some(_) => TaskPhase::Failed,
            None => TaskPhase::Succeeded,
        };
        let created = response.location().map(str::to_owned).into_iter().collect();
        let messages = response.messages();
        let (status, body) = (Some(response.status), response.body);
        Answer::Ended(End { status, messages, created, body, ..End::new(phase) })
    }

    fn learn(&mut self, uri: &str, report: &Report) {
        if self.handle.task.is_none()
            && let Some(task) = &report.uri
            && task != uri
        {
            self.handle.task = Some(task.clone());
            self.task_gone = false;
        }
        if let Some(monitor) = &report.monitor
            && self.handle.monitor.as_deref().is_none_or(|known| Some(known) == self.handle.task.as_deref())
        {
            self.handle.monitor = Some(monitor.clone());
            self.monitor_gone = false;
        }
    }

    /// Looks for a task or job of the same name among those that the services list.
    async fn search(&self) -> Option<String> {
        let root = self.client.root();
        let known = [self.handle.task.as_deref(), self.handle.monitor.as_deref()];
        let names: Vec<&str> = known.into_iter().flatten().flat_map(|uri| uri.rsplit('/').take(2)).collect();
        for (service, list) in [("/Tasks/@odata.id", "/Tasks/@odata.id"), ("/JobService/@odata.id", "/Jobs/@odata.id")]
        {
            let Some(service) = text(at(root.value(), service)) else { continue };
            let folder = format!("{}/", service.trim_end_matches('/'));
            let is_own = known.into_iter().flatten().any(|uri| uri.starts_with(&folder));
            let Ok(service) = self.client.fetch(&service, ReadAs::ItSays { otherwise: None }).await else { continue };
            let Some(list) = text(at(service.record(), list)) else { continue };
            let Ok(response) = self.client.send(Request::get(list)).await else { continue };
            let Ok(list) = crate::wire::from_slice::<serde_json::Value>(&response.body) else { continue };
            let members = list.get("Members").and_then(serde_json::Value::as_array).into_iter().flatten();
            let mut uris = members.filter_map(|member| member.get("@odata.id").and_then(serde_json::Value::as_str));
            let is_it = |uri: &&str| {
                let name = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
                // Another service has a task 1 of its own.
                let is_telling = is_own || name.len() > 5;
                is_telling && !known.contains(&Some(*uri)) && names.contains(&name)
            };
            if let Some(found) = uris.find(is_it) {
                return Some(found.to_owned());
            }
        }
        None
    }
}

fn error_of(response: Response, request: &Request) -> Error {
    match response.success(request) {
        Err(error) => error,
        Ok(_) => Error::new(ErrorKind::Refused, "the service refused").at(request.method, &request.uri),
    }
}

fn text(json: Option<String>) -> Option<String> {
    serde_json::from_str(&json?).ok()
}
