//! Waiting: until a resource is as one wants it, and until what was begun is done. Services answer oddly while they do what
//! they were given; only what won't pass ends the waiting before its time.

use std::fmt::Write as _;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::client::{Client, Request, RetryPolicy, is_not_ready};
use crate::deadline::after;
use crate::error::{Error, ErrorKind};
use crate::resource::action::Reply;
use crate::resource::commit::{Unread, Written};
use crate::resource::create::Created;
use crate::resource::edit::Committed;
use crate::resource::read::{ReadAs, mistaken, other_type};
use crate::resource::typed::{ResourceFuture, Typed};
use crate::resource::{AnyResource, Expected, Fetch, Resource};
use crate::task::{Completion, TaskMonitor};
use crate::wire::{Record, Returned, Slot, Type, from_slice};

const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Whether a resource is as it is wanted.
type Holds = Box<dyn FnMut(&AnyResource) -> bool + Send>;

impl<T: Type> Resource<T> {
    /// Reads it, now and again, until a condition holds, and returns it as it was then. It is read at once, and then after
    /// pauses that grow from 250 ms to 5 s, or as long as the service says (`Retry-After`).
    ///
    /// What passes does not end the waiting: no connection, no answer in time, one that can't be read, 404 and 410, 408, 425,
    /// 429, 500 and 502 to 504.
    ///
    /// ```no_run
    /// # async fn run(system: rosefish::Resource<rosefish::schema::ComputerSystem>) -> Result<(), rosefish::Error> {
    /// use std::time::Duration;
    /// use rosefish::schema::resource::{PowerState, ResetType};
    ///
    /// system.reset(ResetType::On).await?;
    /// let system = system.wait_until(|now| now.power_state == Some(PowerState::On), Duration::from_secs(60)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the condition has not held within the time ([`ErrorKind::Timeout`]: the text says what was seen last), and where
    /// reading fails for a reason that does not pass.
    pub fn wait_until(
        &self,
        mut condition: impl FnMut(&Self) -> bool + Send + 'static,
        within: Duration,
    ) -> ResourceFuture<T> {
        let holds: Holds = Box::new(move |now| condition(&Self::of(now.clone())));
        ResourceFuture::of(until(self.client(), self.uri(), Expected::type_of::<T>(), holds, deadline(within)))
    }
}

impl<M: Type> Created<M> {
    /// Waits until the new member is made, and reads it.
    ///
    /// # Errors
    ///
    /// Where the operation failed ([`ErrorKind::TaskFailed`]) or took longer ([`ErrorKind::Timeout`]: it continues), where
    /// the service does not say what it made ([`ErrorKind::Missing`]), and where the new member could not be read within
    /// the time.
    pub fn wait(self, within: Duration) -> ResourceFuture<M> {
        let expected = Expected::type_of::<M>();
        ResourceFuture::of(match self {
            Self::Resource(made) => Box::pin(std::future::ready(Ok(made.into_any()))),
            Self::Confirmed(unread) => read_at_last(unread, expected, deadline(within)),
            Self::Accepted(task) => made(task, expected, within),
        })
    }
}

impl<T: Type> Committed<T> {
    /// Waits until the change is made, and returns the resource as it is then; the settings where the change is pending
    /// there, and none where nothing differed.
    ///
    /// # Errors
    ///
    /// Where the operation failed ([`ErrorKind::TaskFailed`]) or took longer ([`ErrorKind::Timeout`]: it continues), and where
    /// the resource could not be read within the time.
    pub fn wait(self, within: Duration) -> impl Future<Output = Result<Option<Resource<T>>, Error>> + Send {
        let written = match self {
            Self::Unchanged => Written::Unchanged,
            Self::Updated(resource) => Written::Updated(resource.into_any()),
            Self::Pending(settings) => Written::Pending(settings.into_any()),
            Self::Confirmed(unread) => Written::Confirmed(unread),
            Self::Accepted(task) => Written::Accepted(task),
        };
        Typed::new(written_at_last(written, Expected::type_of::<T>(), within), Resource::of_option)
    }
}

impl<R: Returned> Reply<R> {
    /// Waits until the operation is done, where it isn't yet: the reply then has what the operation returned and the URI of
    /// what it made, as far as the service says so, and no task.
    ///
    /// # Errors
    ///
    /// As [`TaskMonitor::wait`].
    pub fn wait(self, within: Duration) -> impl Future<Output = Result<Self, Error>> + Send {
        let Self { status, value, task, location, headers } = self;
        async move {
            let Some(task) = task else { return Ok(Self { status, value, task: None, location, headers }) };
            let done = completed(task, within).await?;
            let location = done.created.first().cloned().or(location);
            Ok(Self { status: done.status.unwrap_or(status), value: done.value(), task: None, location, headers })
        }
    }
}

fn completed(task: TaskMonitor, within: Duration) -> BoxFuture<'static, Result<Completion, Error>> {
    Box::pin(async move { task.wait(within).await })
}

/// What an operation has made, once it is done.
fn made(task: TaskMonitor, expected: Expected, within: Duration) -> Fetch {
    Box::pin(async move {
        let deadline = deadline(within);
        let done = task.wait(within).await?;
        let mut places = done.created.clone();
        let said = from_slice::<Value>(done.body()).ok();
        places.extend(said.as_ref().and_then(|said| said.get("@odata.id")?.as_str()).map(str::to_owned));
        places.dedup();
        let text = match done.is_known() {
            true => "the service has made it and does not say where it is: look for it in the collection",
            false => "the service has forgotten the operation: look in the collection for what came of it",
        };
        let mut failed = Error::new(ErrorKind::Missing, text);
        if let Some(uri) = task.handle().monitor() {
            failed = failed.at("GET", uri);
        }
        for uri in places {
            let place = Place { client: task.client().clone(), uri, expected, uncertain: true };
            match place.until(Box::new(|_| true), deadline).await {
                Ok(made) => return Ok(made),
                // It may have made several things.
                Err(error) if error.kind() == ErrorKind::Decode => failed = error,
                Err(error) => return Err(error),
            }
        }
        Err(failed)
    })
}

fn written_at_last(
    written: Written,
    expected: Expected,
    within: Duration,
) -> BoxFuture<'static, Result<Option<AnyResource>, Error>> {
    Box::pin(async move {
        let deadline = deadline(within);
        match written {
            Written::Unchanged => Ok(None),
            Written::Updated(resource) | Written::Pending(resource) => Ok(Some(resource)),
            Written::Confirmed(unread) => read_at_last(unread, expected, deadline).await.map(Some),
            Written::Accepted(task) => {
                task.wait(within).await?;
                let Some(uri) = task.target() else {
                    return Err(Error::new(ErrorKind::Missing, "it is not known what the operation was to change"));
                };
                until(task.client(), uri, expected, Box::new(|_| true), deadline).await.map(Some)
            }
        }
    })
}

/// Reads what could not be read at first.
fn read_at_last(unread: Unread, expected: Expected, deadline: Instant) -> Fetch {
    match &unread.uri {
        Some(uri) => until(&unread.client, uri, expected, Box::new(|_| true), deadline),
        None => Box::pin(std::future::ready(Err(unread.error))),
    }
}

fn deadline(within: Duration) -> Instant {
    after(within)
}

/// What is read.
struct Place {
    client: Client,
    uri: String,
    expected: Expected,
    /// It may be something else, and then says so.
    uncertain: bool,
}

/// Reads a resource until a condition holds.
fn until(client: &Client, uri: &str, expected: Expected, holds: Holds, deadline: Instant) -> Fetch {
    Place { client: client.clone(), uri: uri.to_owned(), expected, uncertain: false }.until(holds, deadline)
}

impl Place {
    fn until(self, mut holds: Holds, deadline: Instant) -> Fetch {
        // Repetitions are the matter of this loop.
        let once = self.client.with_retry(RetryPolicy::none());
        let begun = Instant::now();
        Box::pin(async move {
            let mut seen = Seen::default();
            let mut usual = FIRST_PAUSE;
            loop {
                let mut asked = None;
                match timeout_at(deadline, self.read(&once, &mut asked)).await {
                    Err(_) => return Err(seen.late(&self.uri, begun.elapsed())),
                    Ok(Ok(found)) if holds(&found) => return Ok(found),
                    Ok(Ok(found)) => seen = Seen { state: Some(state(found.record())), error: None },
                    Ok(Err(Failure::Lasting(error))) => return Err(error),
                    Ok(Err(Failure::Passing(error))) => {
                        asked = asked.or(error.retry_after());
                        tracing::debug!(origin = self.client.origin(), error = %error.report(), "read again later, as it is waited for");
                        seen.error = Some(error);
                    }
                }
                let left = deadline.saturating_duration_since(Instant::now());
                // Near the end more often, so that what comes about late is still seen.
                let pause =
                    asked.unwrap_or_else(|| usual.min(left.checked_div(2).unwrap_or_default().max(FIRST_PAUSE)));
                if left.is_zero() || pause > left {
                    sleep(if asked.is_some() { Duration::ZERO } else { left }).await;
                    return Err(seen.late(&self.uri, begun.elapsed()));
                }
                sleep(pause).await;
                usual = usual.saturating_mul(2).min(LONGEST_PAUSE);
            }
        })
    }

    /// Reads it once, and notes how long the service wants to be left alone then.
    async fn read(&self, once: &Client, asked: &mut Option<Duration>) -> Result<AnyResource, Failure> {
        let request = Request::get(&self.uri);
        let response = once.send(request.clone()).await.map_err(sort)?;
        *asked = response.retry_after();
        let response = response.success(&request).map_err(sort)?;
        let table = self.expected.table;
        if self.uncertain
            && let Some(other) = other_type(&response.body, table)
        {
            return Err(Failure::Lasting(mistaken(&self.uri, other, table)));
        }
        // A page of a web server whose service is not up, or half an answer.
        let found = self.client.decode(response, &request, ReadAs::Exactly(table)).map_err(Failure::Passing)?;
        found.checked(self.expected).map_err(Failure::Lasting)
    }
}

enum Failure {
    /// It may be otherwise in a moment.
    Passing(Error),
    Lasting(Error),
}

fn sort(error: Error) -> Failure {
    let passes = match error.kind() {
        ErrorKind::Connect | ErrorKind::Timeout | ErrorKind::NotFound | ErrorKind::Decode => true,
        ErrorKind::Refused => {
            matches!(error.status(), Some(408 | 425 | 429 | 500 | 502..=504)) || is_not_ready(error.messages(), true)
        }
        _ => false,
    };
    if passes { Failure::Passing(error) } else { Failure::Lasting(error) }
}

/// What was seen last.
#[derive(Default)]
struct Seen {
    state: Option<String>,
    /// What came since.
    error: Option<Error>,
}

impl Seen {
    fn late(self, uri: &str, waited: Duration) -> Error {
        let mut text = format!("what was waited for has not come about within {:.1} s", waited.as_secs_f64());
        match &self.state {
            Some(state) if state.is_empty() => {}
            Some(state) => {
                let _ = write!(text, "; last seen: {state}");
            }
            None => text.push_str("; it could not be read"),
        }
        let error = Error::new(ErrorKind::Timeout, text).at("GET", uri);
        match self.error {
            Some(cause) => error.with_source(cause),
            None => error,
        }
    }
}

/// The states that a resource shows, its own and those in `Status`: `PowerState Off, Status.State Starting`. Enumerations
/// only, which are never secret.
fn state(record: &dyn Record) -> String {
    let mut states = Vec::new();
    note(record, "", &mut states);
    if let Some(Slot::Record(status)) = record.table().find("Status").map(|slot| record.slot(slot))
        && let Some(status) = status.get(0)
    {
        note(status, "Status.", &mut states);
    }
    states.join(", ")
}

fn note(record: &dyn Record, within: &str, states: &mut Vec<String>) {
    for (slot, field) in record.table().fields.iter().enumerate() {
        // What comes to pass is called a state; types, modes and policies are what they were.
        if let Slot::Enum(values) = record.slot(slot)
            && ["State", "Status", "Health"].iter().any(|word| field.name.ends_with(word))
            && let Some(value) = values.iter().next()
        {
            states.push(format!("{within}{} {value}", field.name));
        }
    }
}
