//! `rosefish fleet worker`: takes jobs from the server, as many as it has places for, until it is asked to end.

use std::collections::HashSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{AckKind, Message};
use clap::Args;
use futures_util::{FutureExt as _, StreamExt as _};
use serde_json::json;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use super::job::SHARDS;
use super::program::Program;
use super::server::{NatsArgs, Server};
use super::stamp::{new_id, now};
use crate::fleet::hosts::Served;
use crate::fleet::outcome::Outcome;
use crate::host::seconds;
use crate::interrupt::{INTERRUPTED, interrupt};
use crate::monitor::open_files_for;
use crate::password::never_ask;
use crate::terminal::say;

const EXAMPLES: &str = "\
Examples:
  rosefish fleet worker                               for all hosts of hosts.toml
  rosefish fleet worker @rack1 --at-once 16           for those of a group
  rosefish fleet worker --nats tls://nats.example:4222 --nats-creds worker.creds

A worker takes names from jobs, and everything else from its own inventory: addresses, users, where passwords come from, which
certificates are trusted. Jobs for other hosts are refused. At Ctrl-C or SIGTERM it takes no more, and ends what it does.";

/// Jobs at a time.
const AT_ONCE: u16 = 16;

/// How long jobs may take to finish once the worker has been asked to end.
const GRACE: Duration = Duration::from_secs(30);

/// How long jobs that are aborted may take to log out and to report that.
const LAST: Duration = Duration::from_secs(10);

/// How long the server may take to deliver jobs, or to say that there are none.
const FETCH: Duration = Duration::from_secs(5);

/// How often the queues are checked without an announcement. A job that another worker lost may wait this long.
const IDLE: Duration = Duration::from_secs(2);

/// How often a worker reports its state.
const TELEMETRY: Duration = Duration::from_secs(10);

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct WorkerArgs {
    /// The hosts to work for, by their names: a,b or node[01-64] or @GROUP [default: all that the inventory names]
    #[arg(value_name = "HOST")]
    served: Vec<String>,
    /// Read groups, addresses and where passwords come from from this file [default: hosts.toml in the user's configuration]
    #[arg(long = "hosts", value_name = "FILE")]
    inventory: Option<PathBuf>,
    /// Jobs at a time [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    at_once: Option<u16>,
    /// Take jobs of these shards of all hosts alone, such as 0-3 or 0,2 [default: of all, 0-7]
    #[arg(long, value_name = "SHARDS", value_parser = shards)]
    shards: Option<Shards>,
    /// Give what is under way so many seconds to end when the worker has to end [default: 30]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    grace: Option<Duration>,
    #[command(flatten)]
    nats: NatsArgs,
}

#[derive(Debug, Clone, PartialEq)]
struct Shards(Vec<u16>);

fn shards(text: &str) -> Result<Shards, String> {
    let wrong = || format!("expected shards from 0 to {}, such as 0-3 or 0,2", SHARDS - 1);
    let number = |text: &str| text.trim().parse::<u16>().ok().filter(|shard| *shard < SHARDS).ok_or_else(wrong);
    let mut all = Vec::new();
    for part in text.split(',') {
        match part.split_once('-') {
            Some((first, last)) => all.extend(number(first)?..=number(last)?),
            None => all.push(number(part)?),
        }
    }
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { Err(wrong()) } else { Ok(Shards(all)) }
}

/// A worker.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) id: String,
    pub(super) server: Server,
    pub(super) served: Served,
    pub(super) program: Program,
    shards: Vec<u16>,
    at_once: u16,
    since: u64,
    /// The jobs that are under way, until they have an answer.
    doing: Mutex<HashSet<String>>,
    done: AtomicU64,
    not_done: AtomicU64,
    /// Whether jobs under way are aborted.
    abort: watch::Receiver<bool>,
}

/// A job that is under way for as long as this lives.
#[derive(Debug)]
pub(super) struct Doing<'w>(&'w Worker, String);

impl Drop for Doing<'_> {
    fn drop(&mut self) {
        self.0.doing.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Worker {
    /// Begins a job. Returns `None` if it is under way here already.
    pub(super) fn begin(&self, job: &str) -> Option<Doing<'_>> {
        let mut doing = self.doing.lock().unwrap_or_else(PoisonError::into_inner);
        doing.insert(job.to_owned()).then(|| Doing(self, job.to_owned()))
    }

    fn is_doing(&self, job: &str) -> bool {
        self.doing.lock().unwrap_or_else(PoisonError::into_inner).contains(job)
    }

    pub(super) fn count(&self, outcome: Outcome) {
        let is_done = matches!(outcome, Outcome::Well | Outcome::InPart | Outcome::Found);
        let counter = if is_done { &self.done } else { &self.not_done };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Waits until jobs under way are aborted.
    pub(super) async fn aborted(&self) {
        let mut abort = self.abort.clone();
        if abort.wait_for(|abort| *abort).await.is_err() {
            std::future::pending().await
        }
    }

    /// Returns the state of the worker, as JSON.
    fn state(&self) -> Vec<u8> {
        let under_way = self.doing.lock().unwrap_or_else(PoisonError::into_inner).len();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let state = json!({
            "worker": self.id, "since": self.since, "shards": self.shards, "at-once": self.at_once, "under-way": under_way,
            "done": count(&self.done), "not-done": count(&self.not_done),
        });
        state.to_string().into_bytes()
    }

    /// Reports the state at intervals, and answers when asked for it or about a job.
    async fn speak(self: Arc<Self>) -> anyhow::Result<()> {
        let client = &self.server.client;
        let mut all = client.subscribe(self.server.workers()).await?;
        let mut own = client.subscribe(self.server.worker(&self.id)).await?;
        let mut every = interval(TELEMETRY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let (to, text) = tokio::select! {
                Some(asked) = all.next() => (asked.reply, self.state()),
                Some(asked) = own.next() => {
                    let is_doing = std::str::from_utf8(&asked.payload).is_ok_and(|job| self.is_doing(job));
                    (asked.reply, if is_doing { b"doing".to_vec() } else { b"not doing".to_vec() })
                }
                _ = every.tick() => (Some(self.server.telemetry(&self.id).into()), self.state()),
            };
            if let Some(to) = to {
                // If the answer gets lost, the question is repeated.
                let _ = client.publish(to, text.into()).await;
            }
        }
    }
}

/// Works until it is asked to end.
pub(super) async fn run(args: WorkerArgs, program: Program) -> anyhow::Result<ExitCode> {
    let served = Served::load(&args.served, args.inventory.as_deref())?;
    never_ask();
    let id = new_id()?;
    let server = Server::connect(&args.nats, &format!("worker {id}")).await?;
    let at_once = args.at_once.unwrap_or(AT_ONCE);
    open_files_for(usize::from(at_once).saturating_mul(4));
    let shards = args.shards.map_or_else(|| (0..SHARDS).collect(), |shards| shards.0);
    let mut queues = Vec::new();
    for shard in &shards {
        queues.push(server.queue(*shard).await?);
    }
    let (give_up, abort) = watch::channel(false);
    let (done, not_done, doing) = Default::default();
    let worker = Worker { id, server, served, program, shards, at_once, since: now(), doing, done, not_done, abort };
    let worker = Arc::new(worker);
    let mut voice = JoinSet::new();
    voice.spawn(Arc::clone(&worker).speak());
    say!("rosefish: worker {} takes jobs for {}, {at_once} at a time", worker.id, worker.served);
    let mut turns = JoinSet::new();
    worker.take_until_told(&queues, &mut turns).await?;
    let grace = args.grace.unwrap_or(GRACE);
    let left = worker.doing.lock().unwrap_or_else(PoisonError::into_inner).len();
    if left > 0 {
        say!("rosefish: takes no more jobs, and gives the {left} that are under way {} s", grace.as_secs());
    }
    if timeout(grace, ended(&mut turns)).await.is_err() {
        let _ = give_up.send(true);
        if timeout(LAST, ended(&mut turns)).await.is_err() {
            say!("rosefish: {} jobs have no result from this worker: another one looks at them", turns.len());
        }
    }
    let _ = timeout(FETCH, worker.server.client.flush()).await;
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    say!("rosefish: worker {}: {} jobs done, {} not", worker.id, count(&worker.done), count(&worker.not_done));
    Ok(INTERRUPTED.into())
}

async fn ended(turns: &mut JoinSet<()>) {
    while turns.join_next().await.is_some() {}
}

impl Worker {
    /// Takes jobs while there are free places, until the program is asked to end.
    async fn take_until_told(self: &Arc<Self>, queues: &[PullConsumer], turns: &mut JoinSet<()>) -> anyhow::Result<()> {
        let mut wake = self.server.client.subscribe(self.server.wake()).await?;
        let (told, mut stop) = watch::channel(false);
        tokio::spawn(async move {
            interrupt().await;
            let _ = told.send(true);
        });
        let places = Arc::new(Semaphore::new(self.at_once.into()));
        let mut first = 0_usize;
        while !*stop.borrow() {
            // The queues are about to be checked: drop the announcements that came before.
            while wake.next().now_or_never().flatten().is_some() {}
            let mut taken = 0;
            for number in 0..queues.len() {
                let at = first.wrapping_add(number).checked_rem(queues.len()).unwrap_or_default();
                let (free, Some(queue)) = (places.available_permits(), queues.get(at)) else { continue };
                if free == 0 || *stop.borrow() {
                    break;
                }
                for message in fetched(queue, free).await {
                    taken += 1;
                    self.give_turn(message, &places, turns).await;
                }
            }
            first = first.wrapping_add(1);
            while turns.try_join_next().is_some() {}
            if places.available_permits() == 0 {
                tokio::select! {
                    _ = places.acquire() => {}
                    _ = stop.changed() => {}
                }
            } else if taken == 0 {
                tokio::select! {
                    _ = wake.next() => {}
                    () = sleep(IDLE) => {}
                    _ = stop.changed() => {}
                }
            }
        }
        Ok(())
    }

    async fn give_turn(self: &Arc<Self>, message: Message, places: &Arc<Semaphore>, turns: &mut JoinSet<()>) {
        // There is a free place, and nothing else takes it.
        let Ok(place) = Arc::clone(places).try_acquire_owned() else {
            let _ = message.ack_with(AckKind::Nak(None)).await;
            return;
        };
        let worker = Arc::clone(self);
        turns.spawn(async move {
            worker.turn(message).await;
            drop(place);
        });
    }
}

/// Fetches jobs from a queue, at most so many. What the server can't deliver in time goes to a later fetch.
async fn fetched(queue: &PullConsumer, most: usize) -> Vec<Message> {
    let mut all = Vec::new();
    let fetch = async {
        let Ok(mut messages) = queue.fetch().max_messages(most.min(64)).messages().await else { return };
        while let Some(Ok(message)) = messages.next().await {
            all.push(message);
        }
    };
    let _ = timeout(FETCH, fetch).await;
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_numbers_and_ranges() {
        assert_eq!(shards("0-2,5,1"), Ok(Shards(vec![0, 1, 2, 5])));
        assert_eq!(shards("7"), Ok(Shards(vec![7])));
        for text in ["", "8", "3-1", "a", "0-", "-1"] {
            assert!(shards(text).is_err(), "{text}");
        }
    }
}
