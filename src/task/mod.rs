//! Long-running operations (DSP0266, "Asynchronous operations"): where they are followed, how far they are, and how
//! they ended. Actions, edits and creations start them.

mod handle;
mod state;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt};

use crate::client::{Client, Request, Response};
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::schema::Task;
use crate::schema::message::Message;
use crate::wire::Returned;
pub use handle::TaskHandle;
pub use state::{Progress, TaskPhase};
use watch::{Step, Watch};

/// An operation that a service has accepted and now carries out.
///
/// ```no_run
/// # async fn run(system: rosefish::Resource<rosefish::schema::ComputerSystem>) -> Result<(), rosefish::Error> {
/// use std::time::Duration;
/// use rosefish::schema::resource::ResetType;
///
/// if let Some(task) = system.reset(ResetType::GracefulRestart).await?.task {
///     task.wait(Duration::from_secs(300)).await?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TaskMonitor {
    client: Client,
    handle: TaskHandle,
    interval: Option<Duration>,
    /// Whether the monitor was found before: if it is not found any more, the operation is over.
    seen: Arc<AtomicBool>,
    /// The resource that the operation changes, if known.
    target: Option<String>,
}

impl fmt::Debug for TaskMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TaskMonitor").field(&self.handle).finish()
    }
}

/// How an operation ended that did not fail.
#[derive(Clone)]
#[non_exhaustive]
pub struct Completion {
    /// `TaskState` or `JobState`, as the service spells it.
    pub state: Option<String>,
    /// The HTTP status of the operation, where the service still had it.
    pub status: Option<u16>,
    /// What the service has to say about it.
    pub messages: Vec<Message>,
    /// The URIs of what was made.
    pub created: Vec<String>,
    known: bool,
    body: Bytes,
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion")
            .field("state", &self.state)
            .field("status", &self.status)
            .field("messages", &self.messages)
            .field("created", &self.created)
            .field("known", &self.known)
            .finish_non_exhaustive()
    }
}

impl Completion {
    /// Returns whether the service said how it ended. Some forget an operation as soon as it has ended: it is over,
    /// and the only way to find out what it did is to look.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.known
    }

    /// Returns what the operation answered; empty where it answered nothing or the service did not keep it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns what the operation answered, as what the schema says that it returns.
    #[must_use]
    pub fn value<R: Returned>(&self) -> Option<R> {
        R::read(&self.body)
    }
}

/// The progress of an operation: see [`TaskMonitor::updates`].
#[must_use = "nothing is asked before the stream is polled"]
pub struct TaskUpdates(BoxStream<'static, Result<Progress, Error>>);

impl fmt::Debug for TaskUpdates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskUpdates").finish_non_exhaustive()
    }
}

impl TaskUpdates {
    /// Reads the next report; none at the end.
    ///
    /// # Errors
    ///
    /// As [`TaskMonitor::updates`].
    pub async fn try_next(&mut self) -> Result<Option<Progress>, Error> {
        self.0.next().await.transpose()
    }
}

impl Stream for TaskUpdates {
    type Item = Result<Progress, Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_next_unpin(context)
    }
}

impl Client {
    /// Continues to follow an operation that this program, or another one, has begun.
    #[must_use]
    pub fn task(&self, handle: TaskHandle) -> TaskMonitor {
        TaskMonitor { client: self.clone(), handle, interval: None, seen: Arc::default(), target: None }
    }
}

impl Resource<Task> {
    /// Follows this task.
    #[must_use]
    pub fn monitor(&self) -> TaskMonitor {
        let task = Some(self.uri().to_owned());
        let monitor = self.task_monitor.clone().filter(|uri| !uri.is_empty()).or_else(|| task.clone());
        self.client().task(TaskHandle { monitor, task })
    }
}

#[cfg(feature = "update")]
impl Resource<crate::schema::Job> {
    /// Follows this job.
    #[must_use]
    pub fn monitor(&self) -> TaskMonitor {
        let task = Some(self.uri().to_owned());
        self.client().task(TaskHandle { monitor: task.clone(), task })
    }
}

impl TaskMonitor {
    /// Follows the operation that a 202 announces.
    pub(crate) fn of(client: &Client, response: &Response) -> Self {
        client.task(TaskHandle::of(response))
    }

    /// Records which resource the operation changes.
    pub(crate) fn about(mut self, uri: String) -> Self {
        self.target = Some(uri);
        self
    }

    pub(crate) fn target(&self) -> Option<&str> {
        self.target.as_deref()
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Returns what is needed to follow it later or elsewhere.
    #[must_use]
    pub fn handle(&self) -> &TaskHandle {
        &self.handle
    }

    /// Asks this often, where the service does not say how long to wait (`Retry-After`). Without it: after one second
    /// first, and then ever more rarely, up to every ten.
    #[must_use]
    pub fn every(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Returns the progress, each time that the service was asked. The last report is the one whose phase is not
    /// [`Running`](TaskPhase::Running).
    ///
    /// What makes no answer, or "not now" for one, is retried: services restart in the middle of an update. An
    /// error ends the stream.
    ///
    /// # Errors
    ///
    /// Where the service can't be asked for ten minutes, does not let this account see, or has named nothing to ask.
    pub fn updates(&self) -> TaskUpdates {
        let watch = self.watch();
        let updates = futures_util::stream::unfold(Some(watch), |watch| async {
            let mut watch = watch?;
            match watch.step().await {
                Ok(Step::Going(progress)) => Some((Ok(progress), Some(watch))),
                Ok(Step::Ended(end)) => Some((Ok(end.progress()), None)),
                Err(error) => Some((Err(error), None)),
            }
        });
        TaskUpdates(Box::pin(updates.fuse()))
    }

    /// Waits until it has ended. Dropping the future gives up the waiting and nothing else.
    ///
    /// # Errors
    ///
    /// Where it failed ([`ErrorKind::TaskFailed`]), where it has not ended within this time ([`ErrorKind::Timeout`]; it
    /// continues, and can be waited for again), and as [`updates`](Self::updates).
    pub async fn wait(&self, within: Duration) -> Result<Completion, Error> {
        self.clone().wait_boxed(within).await
    }

    fn wait_boxed(self, within: Duration) -> BoxFuture<'static, Result<Completion, Error>> {
        Box::pin(async move {
            let mut watch = self.watch();
            let ended = async {
                loop {
                    if let Step::Ended(end) = watch.step().await? {
                        return Ok::<_, Error>(end);
                    }
                }
            };
            let end = match tokio::time::timeout(within, ended).await {
                Ok(ended) => ended?,
                Err(_) => {
                    let text = format!("the operation has not ended within {within:?}, and continues");
                    return Err(self.error(ErrorKind::Timeout, text));
                }
            };
            if end.phase == TaskPhase::Failed {
                let state = end.state.map_or_else(String::new, |state| format!(" ({state})"));
                let error = self.error(ErrorKind::TaskFailed, format!("the operation failed{state}"));
                return Err(error.with_messages(end.messages));
            }
            let known = end.phase == TaskPhase::Succeeded;
            let watch::End { state, status, messages, created, body, .. } = end;
            Ok(Completion { state, status, messages, created, known, body })
        })
    }

    /// Stops it: DELETE on the task monitor, else on the task; a job that can't be deleted is cancelled by its action. A service
    /// may take time; wait to see how it ends.
    ///
    /// # Errors
    ///
    /// Where nothing can be asked, or the service refuses.
    pub async fn cancel(&self) -> Result<(), Error> {
        self.clone().cancel_boxed().await
    }

    fn cancel_boxed(self) -> BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move {
            let mut refused = None;
            let mut places: Vec<_> = self.handle.monitor.iter().chain(&self.handle.task).collect();
            places.dedup();
            for uri in places {
                let request = Request::new("DELETE", uri);
                match self.client.send(request.clone()).await?.success(&request) {
                    Ok(_) => {
                        self.seen.store(true, Ordering::Relaxed);
                        return Ok(());
                    }
                    // These answers show that nothing was stopped.
                    Err(error) if matches!(error.status(), Some(400 | 404 | 405 | 410 | 501)) => refused = Some(error),
                    Err(error) => return Err(error),
                }
                if let Some(request) = self.cancellation(uri).await {
                    return self.client.send(request.clone()).await?.success(&request).map(drop);
                }
            }
            Err(refused.unwrap_or_else(|| self.error(ErrorKind::Missing, "the service named nothing to stop it by")))
        })
    }

    /// Returns the request that cancels a job: its action, else a PATCH of its state.
    async fn cancellation(&self, uri: &str) -> Option<Request> {
        let response = self.client.send(Request::get(uri)).await.ok()?;
        let value = crate::wire::from_slice::<serde_json::Value>(&response.body).ok()?;
        let target = value.pointer("/Actions/#Job.Cancel/target").and_then(serde_json::Value::as_str);
        match target {
            Some(target) => Some(Request::with_body("POST", target, "{}".to_owned())),
            None if value.get("JobState").is_some() => {
                let mut request = Request::with_body("PATCH", uri, r#"{"JobState":"Cancelled"}"#.to_owned());
                request.if_match = response.etag();
                Some(request)
            }
            None => None,
        }
    }

    fn watch(&self) -> Watch {
        Watch::new(&self.client, &self.handle, self.interval, &self.seen)
    }

    fn error(&self, kind: ErrorKind, text: impl Into<String>) -> Error {
        let error = Error::new(kind, text);
        match self.handle.monitor.as_ref().or(self.handle.task.as_ref()) {
            Some(uri) => error.at("GET", uri),
            None => error,
        }
    }
}
