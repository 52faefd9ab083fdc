//! `rosefish fleet submit` and `results`: hands in a command as jobs, and shows what comes of them as if it had run here.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use async_nats::jetstream::context::PublishErrorKind;
use async_nats::jetstream::message::PublishMessage;
use clap::Args;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use serde_json::json;
use tokio::time::sleep;

use super::follow::{Awaited, follow};
use super::job::{Job, Parsed, VERSION, is_submission, parse, shard};
use super::program::Program;
use super::server::{KEPT_FOR, NatsArgs, Server};
use super::stamp::{new_id, now};
use super::store::Submission;
use crate::fleet::fan::{confirm, plan};
use crate::fleet::hosts::{Hosts, resolve};
use crate::fleet::names::folded;
use crate::host::seconds;
use crate::interrupt::uninterrupted;
use crate::operate::print;
use crate::terminal::say;

/// No job is begun later than this after it was handed in, if `--deadline` doesn't say otherwise.
const DEADLINE: Duration = Duration::from_secs(3600);

/// No deadline is later.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Jobs that are on their way to the server at a time.
const ON_THE_WAY: usize = 64;

/// How long the server may take jobs later than at once: it is starting, or has as many as it takes.
const PATIENCE: Duration = Duration::from_secs(60);

const PAUSE: Duration = Duration::from_millis(500);

const EXAMPLES: &str = "\
Examples:
  rosefish fleet submit -- power status @cluster
  rosefish fleet submit -- power off node[01-64] --force --yes
  rosefish fleet submit --no-wait -- sensors @cluster --json --deadline 600

Behind the -- stands a command line as it is without workers, with lists and groups of this computer's inventory; what is shown, and the
exit code, are the same. A job is not begun later than --deadline says, an hour if it says nothing. Files, options that say how to log
in, and whatever is secret can't be in a job. Ctrl-C ends the waiting; the workers continue.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct SubmitArgs {
    #[command(flatten)]
    nats: NatsArgs,
    /// Don't wait: print the name to ask for results by
    #[arg(long)]
    no_wait: bool,
    /// The command, with its hosts and options
    #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(super) struct ResultsArgs {
    /// The name that `fleet submit` printed
    #[arg(value_name = "ID")]
    id: String,
    /// Show what there is; don't wait for the rest
    #[arg(long)]
    no_wait: bool,
    /// Wait for so many seconds at most
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "no_wait")]
    wait: Option<Duration>,
    #[command(flatten)]
    nats: NatsArgs,
}

pub(super) async fn run(args: SubmitArgs, program: Program) -> anyhow::Result<ExitCode> {
    let parsed = parse(program, &args.words)?;
    let many = &parsed.line.many;
    let Hosts { all, .. } = resolve(&parsed.line.hosts, many.inventory.as_deref(), false)?;
    if parsed.line.dry_run {
        return plan(&parsed.line, &all);
    }
    let deadline = many.deadline.unwrap_or(DEADLINE);
    ensure!(deadline <= LONGEST, "--deadline: jobs are kept for a day, so {} seconds at most", LONGEST.as_secs());
    let until = now().saturating_add(deadline.as_secs().max(1));
    let (id, one) = (new_id()?, parsed.job(until)?);
    let mut jobs = Vec::new();
    for (number, host) in all.iter().enumerate() {
        jobs.push(one.of_host(&id, number, host)?);
    }
    if !confirm(&parsed.line, &all)? {
        say!("rosefish: nothing was done");
        return Ok(ExitCode::FAILURE);
    }
    let words = args.words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let hosts = all.into_iter().map(|host| host.name).collect();
    let submission = Submission { version: VERSION, words, hosts, until, handed_in: None };
    let server = Server::connect(&args.nats, "submit").await?;
    let awaited = Awaited::new(&server, &id, submission).await?;
    // What Ctrl-C interrupts is said with how far it came.
    let handed_in = uninterrupted(hand_in(&server, &id, &awaited.submission, &jobs)).await;
    match handed_in.unwrap_or_else(|| Err(anyhow::anyhow!("interrupted"))) {
        Ok(()) => {}
        Err(error) => {
            return Err(error.context(format!(
                "not all of {} jobs were handed in; `rosefish fleet results {id}` shows what comes of those that were",
                jobs.len()
            )));
        }
    }
    if !is_anyone_there(&server).await {
        say!("rosefish: no worker is there; jobs wait for one for {} s", deadline.as_secs());
    }
    if args.no_wait {
        return print(&match parsed.line.json {
            true => format!("{}\n", json!({ "submission": id, "hosts": jobs.len() })),
            false => format!("{id}\n"),
        });
    }
    say!("rosefish: handed in {} jobs as {id}", jobs.len());
    follow(&server, awaited, &parsed, None).await
}

/// Whether a worker says that it is there.
async fn is_anyone_there(server: &Server) -> bool {
    let asked = server.client.request(server.workers(), "".into());
    tokio::time::timeout(Duration::from_secs(2), asked).await.is_ok_and(|answer| answer.is_ok())
}

/// Hands the jobs in, with what they are parts of.
async fn hand_in(server: &Server, id: &str, submission: &Submission, jobs: &[Job]) -> anyhow::Result<()> {
    let value = serde_json::to_vec(submission)?;
    ensure!(
        value.len() <= server.largest(),
        "{} hosts at a time are more than the NATS server takes as one (max_payload): hand them in as several",
        jobs.len()
    );
    server.submissions.create(id, value.into()).await.context("the NATS server does not take it")?;
    let all: Vec<_> = jobs.iter().map(|job| publish(server, job).boxed()).collect();
    let mut all = stream::iter(all).buffer_unordered(ON_THE_WAY);
    let mut number = 0_usize;
    while let Some(done) = all.next().await {
        done.with_context(|| format!("{number} of {} jobs were handed in", jobs.len()))?;
        number = number.saturating_add(1);
        if number % ON_THE_WAY == 1 {
            wake(server).await;
        }
    }
    wake(server).await;
    let whole = Submission { handed_in: Some(jobs.len()), ..submission.clone() };
    server.submissions.put(id, serde_json::to_vec(&whole)?.into()).await.context("the NATS server does not take it")?;
    Ok(())
}

/// Says to workers that there is something. Who doesn't hear it looks by itself.
async fn wake(server: &Server) {
    let _ = server.client.publish(server.wake(), "".into()).await;
}

/// Hands in a job. It is one job however often that is tried: its name says that it is the same.
async fn publish(server: &Server, job: &Job) -> anyhow::Result<()> {
    let payload = serde_json::to_vec(job)?;
    let begin = tokio::time::Instant::now();
    loop {
        let message = PublishMessage::build().message_id(&job.id).payload(payload.clone().into());
        let published = match server.context.send_publish(server.jobs_of(shard(&job.host)), message).await {
            Ok(confirmed) => confirmed.await.map(|_| ()),
            Err(error) => Err(error),
        };
        match published {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded || begin.elapsed() > PATIENCE => {
                return Err(error).with_context(|| format!("the job of {} is not taken", job.host));
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

pub(super) async fn results(args: ResultsArgs, program: Program) -> anyhow::Result<ExitCode> {
    ensure!(is_submission(&args.id), "{:?} is not a name that `rosefish fleet submit` prints", args.id);
    let server = Server::connect(&args.nats, "results").await?;
    let found = server.submissions.get(&args.id).await.context("what was handed in can't be read")?;
    let days = KEPT_FOR.as_secs() / (24 * 3600);
    let found = found.with_context(|| format!("nothing was handed in as {} in the last {days} days", args.id))?;
    let submission: Submission = serde_json::from_slice(&found).context("what was handed in can't be understood")?;
    ensure!(submission.version == VERSION, "{} was handed in by another version of rosefish", args.id);
    let words: Vec<OsString> = submission.words.iter().map(Into::into).collect();
    let parsed: Parsed = parse(program, &words)?;
    match submission.handed_in {
        Some(number) if number == submission.hosts.len() => {}
        _ => say!("rosefish: it is not known that all jobs of {} were handed in: {}", args.id, {
            folded(submission.hosts.iter().map(String::as_str))
        }),
    }
    let awaited = Awaited::new(&server, &args.id, submission).await?;
    let wait = if args.no_wait { Some(Duration::ZERO) } else { args.wait };
    follow(&server, awaited, &parsed, wait).await
}
