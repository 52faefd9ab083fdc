//! The turn of a job at a worker, from its delivery to its answer. A job may be delivered several times, but a change is only begun
//! once.

use std::sync::Arc;
use std::time::Duration;

use async_nats::RequestErrorKind;
use async_nats::jetstream::{AckKind, Message};
use rosefish::ErrorKind;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval_at, sleep, timeout};

use super::answer::{Answer, Origin};
use super::job::{Job, Parsed, begin_of};
use super::server::ACK_WAIT;
use super::stamp::{new_id, now};
use super::store::{Claim, Written};
use super::worker::Worker;
use crate::capture::Captured;
use crate::fleet::current::Named;
use crate::fleet::fan;
use crate::fleet::outcome::{Outcome, Told};
use crate::password::forget_commands;
use crate::terminal::{one_line, say};

/// How long the server may take to confirm that a job is over, and a worker to say what it is doing.
const CONFIRMED: Duration = Duration::from_secs(3);

/// When a job that another worker is doing is looked at again.
const LATER: Duration = Duration::from_secs(10);

/// A worker is gone if it can't be asked so many times, this long apart: that is longer than reconnecting to the server takes.
const ASKED: usize = 4;
const APART: Duration = Duration::from_secs(3);

/// A reading fails after so many deliveries: each time, a worker was lost over it.
const MOST_DELIVERIES: i64 = 5;

/// The longest text to quote of what a host shows after a change whose result is unknown.
const LONGEST_LOOK: usize = 200;

/// What happens with a job that was delivered.
#[derive(Debug)]
enum End {
    /// It has its answer.
    Answered,
    /// It is to be delivered again.
    Again(Duration),
    /// It is not a job.
    Never,
}

/// What another worker says about a job that it began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    Doing,
    NotDoing,
    Gone,
}

impl Worker {
    /// Gives a job its turn, and reports to the server at intervals that it is under way.
    pub(super) async fn turn(&self, message: Message) {
        let every = ACK_WAIT / 3;
        let mut beat = interval_at(Instant::now() + every, every);
        let mut work = Box::pin(self.work(&message));
        let end = loop {
            tokio::select! {
                biased;
                end = &mut work => break end,
                _ = beat.tick() => {
                    let _ = timeout(CONFIRMED, message.ack_with(AckKind::Progress)).await;
                }
            }
        };
        // If this gets lost, the job is delivered again, and has its answer by then.
        let _ = match end {
            End::Answered => timeout(CONFIRMED, message.double_ack()).await,
            End::Again(delay) => timeout(CONFIRMED, message.ack_with(AckKind::Nak(Some(delay)))).await,
            End::Never => timeout(CONFIRMED, message.ack_with(AckKind::Term)).await,
        };
    }

    async fn work(&self, message: &Message) -> End {
        let job = match Job::read(&message.payload) {
            Ok(job) => job,
            Err(error) => {
                say!("rosefish: something that was handed in is left out: {}", one_line(&format!("{error:#}")));
                return End::Never;
            }
        };
        let Some(_doing) = self.begin(&job.id) else { return End::Again(LATER) };
        if self.server.answer_of(&job.id).await.is_some() {
            return End::Answered;
        }
        let Ok(attempt) = new_id() else { return End::Again(LATER) };
        let (worker, begun) = (self.id.clone(), now());
        let origin = Origin { job: job.id.clone(), host: job.host.clone(), worker, attempt, begun };
        let told = match self.prepared(&job) {
            Ok((parsed, host)) if parsed.line.changes => self.change(&job, &origin, &parsed, host).await,
            Ok((parsed, host)) => {
                let delivered = message.info().map_or(1, |info| info.delivered);
                self.read(&job, &parsed, host, delivered).await
            }
            Err(error) => Some(refused(&format!("nothing was done: {error:#} (worker {})", self.id))),
        };
        let Some(told) = told else { return End::Again(LATER) };
        self.count(told.outcome);
        match self.server.answer(&Answer::new(origin, told)).await {
            Ok(Written::Own) => End::Answered,
            Ok(Written::Before(())) => {
                say!(
                    "rosefish: job {} of {} has a result that another worker gave; this worker's is dropped",
                    job.id,
                    job.host
                );
                End::Answered
            }
            Err(error) => {
                say!(
                    "rosefish: the result of job {} of {} is lost: {}",
                    job.id,
                    job.host,
                    one_line(&format!("{error:#}"))
                );
                End::Again(LATER)
            }
        }
    }

    /// Returns the command and the host of a job, as this worker knows them.
    fn prepared(&self, job: &Job) -> anyhow::Result<(Arc<Parsed>, Named)> {
        let host = self.served.find(&job.host, &job.path).ok_or_else(|| {
            anyhow::anyhow!("{} is not one of the hosts that this worker was given", one_line(&job.host))
        })?;
        Ok((Arc::new(job.parsed(self.program)?), host))
    }

    /// Reads something. Returns `None` if that has to be repeated.
    async fn read(&self, job: &Job, parsed: &Arc<Parsed>, host: Named, delivered: i64) -> Option<Told> {
        if job.until < now() {
            return Some(Told::too_late());
        }
        if delivered > MOST_DELIVERIES {
            let lost = format!("{} workers were lost while they did it", delivered.saturating_sub(1));
            return Some(told(Outcome::Failed(None), &lost));
        }
        self.carry_out(parsed, host).await
    }

    /// Changes something, unless that was begun before. Returns `None` if this is not decided yet.
    async fn change(&self, job: &Job, origin: &Origin, parsed: &Arc<Parsed>, host: Named) -> Option<Told> {
        let claim = Claim { worker: self.id.clone(), attempt: origin.attempt.clone() };
        let written = tokio::select! {
            written = self.server.claim(&job.id, &claim) => written,
            () = self.aborted() => return None,
        };
        match written {
            // Nobody else begins it any more.
            Ok(Written::Own) if job.until < now() => Some(Told::too_late()),
            Ok(Written::Own) => Some(match self.carry_out(parsed, host).await {
                Some(told) => told,
                None => unknown(&format!(
                    "worker {} had to end while `{}` was under way: what it sent may have been done",
                    self.id,
                    job.command()
                )),
            }),
            Ok(Written::Before(before)) => self.lost(job, host, before).await,
            Err(error) => Some(refused(&format!("nothing was done: {error:#}"))),
        }
    }

    /// Returns what is known of a change that another worker began, or `None` if that worker is doing it or has answered.
    async fn lost(&self, job: &Job, host: Named, claim: Claim) -> Option<Told> {
        let owner = self.owner(&claim.worker, &job.id).await;
        // The answer may have come meanwhile.
        if owner == Owner::Doing || self.server.answer_of(&job.id).await.is_some() {
            return None;
        }
        let lost = if owner == Owner::Gone { "is gone" } else { "does not do it any more" };
        let text = format!(
            "worker {} began `{}` and {lost}: what it sent may have been done",
            one_line(&claim.worker),
            job.command()
        );
        Some(unknown(&format!("{text}{}", self.look(job, host).await)))
    }

    /// Asks the worker that began a job whether it is doing it.
    async fn owner(&self, worker: &str, job: &str) -> Owner {
        let subject = self.server.worker(worker);
        if worker.is_empty() || !worker.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Owner::Gone;
        }
        for number in 0..ASKED {
            if number > 0 {
                sleep(APART).await;
            }
            let asked = self.server.client.request(subject.clone(), job.to_owned().into());
            match timeout(CONFIRMED, asked).await {
                Ok(Ok(said)) if said.payload.as_ref() == b"doing" => return Owner::Doing,
                Ok(Ok(_)) => return Owner::NotDoing,
                Ok(Err(error)) if error.kind() != RequestErrorKind::NoResponders => sleep(CONFIRMED).await,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        Owner::Gone
    }

    /// Returns what the host shows now, as the end of a sentence.
    async fn look(&self, job: &Job, host: Named) -> String {
        let Some((look, parsed)) = job.look(self.program) else { return String::new() };
        let Some(told) = self.carry_out(&Arc::new(parsed), host).await else { return String::new() };
        let text = one_line(told.captured.text.trim());
        match (told.outcome, told.error) {
            (_, Some(error)) => format!("; what is there now could not be read: {error}"),
            (Outcome::Well | Outcome::InPart, None) if !text.is_empty() && text.len() <= LONGEST_LOOK => {
                format!("; `{}` shows now: {text}", look.command())
            }
            _ => format!("; `{}` shows what is there now", look.command()),
        }
    }

    /// Runs the command as if it had been given here. Returns `None` if jobs under way are aborted.
    async fn carry_out(&self, parsed: &Arc<Parsed>, host: Named) -> Option<Told> {
        let (parsed, begin) = (Arc::clone(parsed), begin_of(self.program, parsed));
        let mut one = JoinSet::new();
        one.spawn(async move { fan::one(&parsed.line, Arc::new(host), begin).await });
        tokio::select! {
            done = one.join_next() => Some(match done {
                Some(Ok(told)) => {
                    if told.outcome == Outcome::Failed(Some(ErrorKind::Unauthorized)) {
                        forget_commands();
                    }
                    told
                }
                // A panic in a command doesn't end the worker.
                _ => unknown("the program failed while it did this: what it sent may have been done"),
            }),
            () = self.aborted() => {
                // Sessions are ended in the background.
                one.shutdown().await;
                None
            }
        }
    }
}

fn told(outcome: Outcome, error: &str) -> Told {
    Told { captured: Captured::default(), outcome, error: Some(one_line(error)) }
}

fn refused(error: &str) -> Told {
    told(Outcome::Failed(Some(ErrorKind::NotAllowed)), error)
}

fn unknown(error: &str) -> Told {
    told(Outcome::Unknown, &format!("unknown: {error}"))
}
