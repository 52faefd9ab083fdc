//! `rosefish watch`: the state of many hosts, as it changes. A task per host reads it in turns ([`follow`]) and receives its events
//! ([`events`]); a reading is summed up as a [`digest`]. On a terminal, that becomes a dashboard: the [`state`], its picture
//! ([`draw`], [`details`]) on the [`screen`]. Elsewhere it is printed as [`lines`].

mod details;
mod digest;
mod draw;
mod events;
mod follow;
mod lanes;
mod lines;
mod news;
mod paint;
mod screen;
mod state;
#[cfg(test)]
mod tests;

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::fleet::options::Limits;
use crate::fleet::outcome::Outcome;
use crate::fleet::tell::code;
use crate::host::seconds;
use crate::interrupt::{INTERRUPTED, finished, interrupt};
use crate::monitor::machine::{Machine, Reading};
use crate::monitor::{COMPONENTS_EVERY, PARALLEL, ask_passwords, end_all, open_files_for};
use crate::operate::Target;
use crate::terminal::look;
use follow::{LONGEST, Plan};
use lanes::{Lanes, Pace};
use lines::Printed;
use news::{News, Tell};
use screen::{Screen, Typed, keys};
use state::State;

const EXAMPLES: &str = "\
Examples:
  rosefish watch @cluster                             the hosts of the inventory
  rosefish watch node[01-64]-ipmi --user monitor --every 30
  rosefish watch @cluster | tee changes.log           no terminal: a line for each change
  rosefish watch @cluster --json --count 1            an object for each host, and the end

Keys: q, Esc or Ctrl-C end it; up and down choose a host, Tab shows it alone, then the events; s sorts by the next column, r turns
the order around. docs/watch.md has them all.";

/// Watch how hosts are: power, health, temperatures, power draw and events, on the terminal, until q or Ctrl-C
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    target: Target,
    /// Read each host every so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    every: Duration,
    /// End after so many readings of each host
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Don't read components, which takes many requests: health is that of the sensors then
    #[arg(long)]
    no_components: bool,
    /// Print JSON: a line for each reading, each event and each note on how events are read
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: Limits,
}

/// How long a reading may take if nothing else is set.
const READING: Duration = Duration::from_secs(30);

/// How many pieces of news may wait to be shown.
const NEWS: usize = 1024;

/// How often the picture is drawn at most.
const FRAME: Duration = Duration::from_millis(100);

/// How the watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// All readings were made, or its time was up.
    Done,
    /// A person has seen enough.
    Left,
    Interrupted,
}

/// Watches until it is ended. Each host has its own arguments; those that are not about a host are the same for all.
pub(crate) async fn run(each: Vec<WatchArgs>) -> anyhow::Result<ExitCode> {
    let Some(first) = each.first() else { anyhow::bail!("no hosts") };
    let (as_json, many) = (first.json, first.limits.0.clone());
    let every = first.every.min(LONGEST);
    let longest = many.host_deadline.unwrap_or_else(|| READING.max(every)).min(LONGEST);
    let plan = Plan { pace: Pace { every, longest }, count: first.count };
    let components = !first.no_components;
    let reading = Reading { components, logs: false, every: COMPONENTS_EVERY, longest: None, says: false };
    let targets: Vec<Target> = each.into_iter().map(|args| args.target).collect();
    ask_passwords(&targets)?;
    open_files_for(targets.len().saturating_mul(4).saturating_add(64));
    let machines: Vec<_> = targets.into_iter().map(|target| Arc::new(Machine::new(target, reading))).collect();
    let lanes = Arc::new(Lanes::new(many.parallel.unwrap_or(PARALLEL).into()));
    let (sender, news) = mpsc::channel(NEWS);
    let mut tasks = JoinSet::new();
    for (number, machine) in machines.iter().enumerate() {
        let tell = Tell(sender.clone(), number);
        tasks.spawn(follow::follow(Arc::clone(machine), plan, Arc::clone(&lanes), tell));
    }
    drop(sender);
    let names = machines.iter().map(|machine| machine.name().to_owned()).collect();
    let mut watch = Watch { names, news, outcomes: vec![Outcome::LeftAlone; machines.len()] };
    let shown = async {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        if as_json || !look().is_terminal || !std::io::stdin().is_terminal() || is_dumb {
            watch.print(as_json).await
        } else {
            watch.show().await
        }
    };
    let time = many.deadline.unwrap_or(Duration::MAX);
    let end = tokio::select! {
        end = shown => end,
        () = interrupt() => Ok(End::Interrupted),
        () = sleep(time) => Ok(End::Done),
    };
    let over = async {
        // After this, no task uses the session of its host.
        tasks.shutdown().await;
        end_all(&machines).await;
    };
    finished(over).await;
    Ok(match end? {
        End::Left => ExitCode::SUCCESS,
        End::Interrupted => INTERRUPTED.into(),
        // Exit code 5 is only for lists of hosts.
        End::Done if watch.outcomes == [Outcome::Unreached] => ExitCode::FAILURE,
        End::Done => code(&watch.outcomes),
    })
}

/// What is watched.
#[derive(Debug)]
struct Watch {
    names: Vec<String>,
    news: mpsc::Receiver<News>,
    /// The outcome of the last reading of each host.
    outcomes: Vec<Outcome>,
}

impl Watch {
    fn note(&mut self, news: &News) {
        if let News::Read(number, digest) = news
            && let Some(outcome) = self.outcomes.get_mut(*number)
        {
            *outcome = digest.outcome();
        }
    }

    /// Prints news until there is nothing more to come.
    async fn print(&mut self, as_json: bool) -> anyhow::Result<End> {
        let mut printed = Printed::default();
        while let Some(news) = self.news.recv().await {
            self.note(&news);
            printed.tell(&self.names, news, as_json)?;
        }
        Ok(End::Done)
    }

    /// Shows the dashboard, until a person ends it or there is nothing more to come.
    async fn show(&mut self) -> anyhow::Result<End> {
        let mut state = State::new(self.names.iter().map(String::as_str), look().colours);
        let mut screen = Screen::take()?;
        let mut typed = keys();
        let mut frames = interval(FRAME);
        frames.set_missed_tick_behavior(MissedTickBehavior::Delay);
        screen.draw(&state)?;
        let mut is_drawn = true;
        loop {
            tokio::select! {
                news = self.news.recv() => {
                    let Some(news) = news else { return Ok(End::Done) };
                    self.note(&news);
                    state.take(news);
                    is_drawn = false;
                }
                typed = typed.recv() => match typed {
                    Some(Typed::Ask(ask)) => {
                        state.ask(ask);
                        is_drawn = false;
                    }
                    Some(Typed::Resized) => is_drawn = false,
                    Some(Typed::Interrupt) => return Ok(End::Interrupted),
                    // Without a keyboard, nobody is there.
                    Some(Typed::End) | None => return Ok(End::Left),
                },
                _ = frames.tick() => {
                    anyhow::ensure!(Screen::is_there(), "the screen was lost");
                    let now = Timestamp::now();
                    if !is_drawn || now.as_second() != state.now.as_second() {
                        state.now = now;
                        screen.draw(&state)?;
                        is_drawn = true;
                    }
                }
            }
        }
    }
}
