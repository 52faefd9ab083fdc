//! Waits for what comes of jobs, and shows it as a run on this computer would. What is published is a hint; what counts is what is kept.

use std::collections::BTreeSet;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use async_nats::Subscriber;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use tokio::time::{Instant, sleep, sleep_until};

use super::answer::{Answer, Origin};
use super::job::{Parsed, job_id};
use super::server::Server;
use super::stamp::{new_id, now};
use super::store::{Claim, Submission, Written};
use crate::capture::Captured;
use crate::fleet::outcome::{Outcome, Told};
use crate::fleet::tell::Teller;
use crate::interrupt::{INTERRUPTED, interrupt};
use crate::partial::DONE_IN_PART;
use crate::terminal::say;

/// How often the server is asked what is there, should a hint be lost.
const LOOK: Duration = Duration::from_secs(5);

/// Answers that are read at a time.
const AT_A_TIME: usize = 16;

/// How long after the deadline of jobs somebody else may answer for them.
const AFTER: Duration = Duration::from_secs(10);

/// Jobs whose answers are awaited.
#[derive(Debug)]
pub(super) struct Awaited {
    id: String,
    pub(super) submission: Submission,
    hints: Subscriber,
}

impl Awaited {
    /// Listens from here on.
    pub(super) async fn new(server: &Server, id: &str, submission: Submission) -> anyhow::Result<Self> {
        let hints = server.client.subscribe(server.results_of(&format!("{id}.*"))).await;
        Ok(Self { id: id.to_owned(), submission, hints: hints.context("the NATS server does not say what comes")? })
    }

    /// The number of the job that a hint is about, and of those that came with it.
    fn hinted(&self, subject: &str) -> Option<usize> {
        subject.rsplit('.').next()?.parse().ok().filter(|number| *number < self.submission.hosts.len())
    }
}

/// How the waiting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All jobs have answers.
    All,
    /// Its time was over.
    InTime,
}

/// Shows answers as they come: all, or those that come within so long.
pub(super) async fn follow(
    server: &Server,
    awaited: Awaited,
    parsed: &Parsed,
    within: Option<Duration>,
) -> anyhow::Result<ExitCode> {
    let id = awaited.id.clone();
    let teller = Teller::new(&parsed.line, awaited.submission.hosts.clone());
    let missing = (0..awaited.submission.hosts.len()).collect();
    let mut following = Following { server, awaited, parsed, teller, missing };
    let end = tokio::select! {
        biased;
        end = following.all(within).boxed() => Some(end?),
        () = interrupt() => None,
    };
    let Following { teller, missing, .. } = following;
    match end {
        Some(End::All) => teller.end(),
        Some(End::InTime) => {
            teller.give_up()?;
            say!("rosefish: {} jobs of {id} have no result yet", missing.len());
            Ok(DONE_IN_PART.into())
        }
        None => {
            teller.give_up()?;
            say!("rosefish: the workers continue; `rosefish fleet results {id}` shows what comes of it");
            Ok(INTERRUPTED.into())
        }
    }
}

/// What is shown so far, and what is missing.
struct Following<'f> {
    server: &'f Server,
    awaited: Awaited,
    parsed: &'f Parsed,
    teller: Teller,
    missing: BTreeSet<usize>,
}

impl Following<'_> {
    async fn all(&mut self, within: Option<Duration>) -> anyhow::Result<End> {
        let begin = Instant::now();
        let end = within.and_then(|time| begin.checked_add(time));
        let left = Duration::from_secs(self.awaited.submission.until.saturating_sub(now())).saturating_add(AFTER);
        let mut given_up = pin!(sleep(left));
        let (mut look, mut is_late) = (begin, false);
        let mut ready: BTreeSet<usize> = BTreeSet::new();
        loop {
            if Instant::now() >= look {
                // While the server can't be reached, nothing is there.
                ready.extend(self.server.answered(&self.awaited.id).await.unwrap_or_default());
                look = Instant::now() + LOOK;
            }
            self.show(std::mem::take(&mut ready)).await?;
            if self.missing.is_empty() {
                return Ok(End::All);
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                return Ok(End::InTime);
            }
            tokio::select! {
                Some(hint) = self.awaited.hints.next() => {
                    ready.extend(self.awaited.hinted(&hint.subject));
                    // More of them may be there already.
                    while let Some(Some(hint)) = self.awaited.hints.next().now_or_never() {
                        ready.extend(self.awaited.hinted(&hint.subject));
                    }
                }
                () = &mut given_up, if !is_late => {
                    is_late = true;
                    for number in self.missing.clone() {
                        self.withdraw(number).await?;
                    }
                    look = Instant::now();
                }
                () = sleep_until(end.map_or(look, |end| look.min(end))) => {}
            }
        }
    }

    /// Shows those of these answers that were not shown yet.
    async fn show(&mut self, ready: BTreeSet<usize>) -> anyhow::Result<()> {
        let (server, id) = (self.server, self.awaited.id.as_str());
        let reads = ready.into_iter().filter(|number| self.missing.contains(number)).collect::<Vec<_>>();
        let read = |number| async move { (number, server.answer_of(&job_id(id, number)).await) }.boxed();
        let reads: Vec<_> = reads.into_iter().map(read).collect();
        let mut reads = stream::iter(reads).buffer_unordered(AT_A_TIME);
        while let Some((number, answer)) = reads.next().await {
            let Some(answer) = answer else { continue };
            self.missing.remove(&number);
            self.teller.tell(number, answer.map_or_else(|error| not_read(&error), Answer::told))?;
        }
        Ok(())
    }

    /// Answers for a job that nobody has begun, and sees to it that nobody does.
    async fn withdraw(&self, number: usize) -> anyhow::Result<()> {
        let (job, attempt) = (job_id(&self.awaited.id, number), new_id()?);
        let host = self.awaited.submission.hosts.get(number).cloned().unwrap_or_default();
        let worker = "none".to_owned();
        if self.parsed.line.changes {
            let claim = Claim { worker: worker.clone(), attempt: attempt.clone() };
            if self.server.claim(&job, &claim).await? != Written::Own {
                return Ok(());
            }
        }
        let origin = Origin { job, host, worker, attempt, begun: now() };
        let mut told = Told::too_late();
        if !self.parsed.line.changes {
            // Somebody may be reading, and be late.
            told.error = Some("left alone: no worker gave a result in time".to_owned());
        }
        self.server.answer(&Answer::new(origin, told)).await?;
        Ok(())
    }
}

fn not_read(error: &anyhow::Error) -> Told {
    let error = Some(crate::terminal::one_line(&format!("{error:#}")));
    Told { captured: Captured::default(), outcome: Outcome::Failed(None), error }
}
