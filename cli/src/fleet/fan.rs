//! Runs a command for many hosts: asks before it changes something, keeps to the limits, and ends well when it is interrupted. What does the
//! running is the library's [`Fleet`].

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use clap::ArgMatches;
use futures_util::future::BoxFuture;
use rosefish::fleet::{Fleet, FleetResult, FleetRun};
use rosefish::host::Host;
use rosefish::{Error, ErrorKind};

use super::current::{Named, arguments_for};
use super::names::folded;
use super::options::Line;
use super::outcome::{Outcome, Told};
use super::tell::Teller;
use crate::capture::Capture;
use crate::host::{HostArgs, HostError};
use crate::interrupt::{INTERRUPTED, interrupt};
use crate::terminal::{one_line, say};

/// Hosts at a time.
const PARALLEL: u16 = 64;

/// A command for one host.
pub(crate) type Work = BoxFuture<'static, anyhow::Result<ExitCode>>;

/// Begins a command for a host.
pub(crate) type Begin = Arc<dyn Fn(Arc<Named>) -> anyhow::Result<Work> + Send + Sync>;

/// Asks on the terminal before something is changed on several hosts; without a terminal it has to be said on the command line.
pub(crate) fn confirm(line: &Line, hosts: &[Named]) -> anyhow::Result<bool> {
    if !line.changes || hosts.len() < 2 || line.many.yes {
        return Ok(true);
    }
    let (count, command) = (hosts.len(), &line.command);
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        bail!("`{command}` would change {count} hosts: say --yes, or --dry-run to see which");
    }
    let names = one_line(&folded(hosts.iter().map(|host| host.name.as_str())));
    crate::terminal::ask(&format!("{command} on {count} hosts: {names}? [y/N] "))?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("the answer could not be read")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// Says what would be done.
pub(crate) fn plan(line: &Line, hosts: &[Named]) -> anyhow::Result<ExitCode> {
    let mut out = crate::terminal::stdout();
    if line.json {
        for host in hosts {
            let value = serde_json::json!({ "outcome": "dry-run", "command": line.command, "address": host.address });
            writeln!(out, "{}", serde_json::json!({ "host": host.name, "value": value }))?;
        }
    } else {
        let size = line.many.batch.map_or(hosts.len(), usize::from);
        for batch in hosts.chunks(size.max(1)) {
            let names = folded(batch.iter().map(|host| host.name.as_str()));
            writeln!(out, "would do `{}` on {} hosts: {names}", line.command, batch.len())?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// Asks for the passwords that have to be typed, before anything runs: each user's once.
fn ask_for_passwords(hosts: &[Arc<Named>], leaf: &ArgMatches) -> anyhow::Result<()> {
    if leaf.try_contains_id("concurrency").is_err() {
        return Ok(());
    }
    let mut asked: Vec<String> = Vec::new();
    for host in hosts {
        let args: HostArgs = arguments_for(Arc::clone(host), leaf)?;
        if let Some(user) = args.typed_by().filter(|user| !asked.iter().any(|other| other == user)) {
            crate::password::ask_for_all(user)?;
            asked.push(user.to_owned());
        }
    }
    Ok(())
}

/// Runs a command for all hosts and shows what comes of it.
pub(crate) async fn run(line: Line, leaf: &ArgMatches, hosts: Vec<Named>, begin: Begin) -> anyhow::Result<ExitCode> {
    let mut teller = Teller::new(&line, names(&hosts));
    match each(&line, leaf, hosts, begin, &mut teller).await? {
        End::Reached => teller.end(),
        End::Interrupted => teller.interrupted(),
    }
}

/// Runs a command for all hosts and gives what came of each, in their order, for what is made of all of them; none of those that an
/// interruption left over.
pub(crate) async fn gather(
    line: &Line,
    leaf: &ArgMatches,
    hosts: Vec<Named>,
    begin: Begin,
) -> anyhow::Result<(Vec<Option<Told>>, ExitCode)> {
    let mut teller = Teller::gathering(names(&hosts));
    let end = each(line, leaf, hosts, begin, &mut teller).await?;
    let gathered = teller.gathered();
    let code = match end {
        End::Reached => teller.end()?,
        End::Interrupted => teller.interrupted()?,
    };
    Ok((gathered, code))
}

fn names(hosts: &[Named]) -> Vec<String> {
    hosts.iter().map(|host| host.name.clone()).collect()
}

/// Whether all hosts had their turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Reached,
    Interrupted,
}

async fn each(
    line: &Line,
    leaf: &ArgMatches,
    hosts: Vec<Named>,
    begin: Begin,
    teller: &mut Teller,
) -> anyhow::Result<End> {
    let hosts: Vec<Arc<Named>> = hosts.into_iter().map(Arc::new).collect();
    ask_for_passwords(&hosts, leaf)?;
    let until = line.many.deadline.and_then(|time| Instant::now().checked_add(time));
    let size = line.many.batch.map_or(hosts.len(), usize::from).max(1);
    let mut pressed = pin!(interrupt());
    let mut first = 0;
    for (number, batch) in hosts.chunks(size).enumerate() {
        if let Some(pause) = line.many.pause.filter(|_| number > 0) {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = &mut pressed => return Ok(End::Interrupted),
            }
        }
        let mut failures = 0;
        let jobs = Jobs::new(batch, Arc::clone(&begin), true);
        let mut run = jobs.run(line, until);
        loop {
            let done = tokio::select! {
                biased;
                () = &mut pressed => {
                    // Sessions are ended in the background; the program waits for that at its end.
                    run.stop(Duration::ZERO).await;
                    return Ok(End::Interrupted);
                }
                done = run.next() => done,
            };
            let Some(done) = done else { break };
            let index = first + done.index;
            let told = jobs.told(done);
            failures += usize::from(matches!(told.outcome, Outcome::Failed(_) | Outcome::Unreached));
            teller.tell(index, told)?;
        }
        first += batch.len();
        if failures == batch.len() && first < hosts.len() {
            say!("rosefish: every host of this batch failed: the other {} are left alone", hosts.len() - first);
            for index in first..hosts.len() {
                teller.tell(index, Told::left_alone())?;
            }
            break;
        }
    }
    Ok(End::Reached)
}

/// Runs a command for a host whose turn it is by somebody else's account, with the limits of its line.
#[cfg(feature = "nats")]
pub(crate) async fn one(line: &Line, host: Arc<Named>, begin: Begin) -> Told {
    let jobs = Jobs::new(&[host], begin, false);
    match jobs.run(line, None).next().await {
        Some(done) => jobs.told(done),
        // unreachable: a host that was named has a result.
        None => Told::left_alone(),
    }
}

/// The hosts of a batch, and what their commands have printed.
struct Jobs {
    names: Vec<String>,
    hosts: HashMap<String, Arc<Named>>,
    begin: Begin,
    /// A command line that is wrong for one is wrong for all, and ends the program.
    ends_program: bool,
    running: Mutex<HashMap<String, Capture>>,
    /// What came of hosts that are tried again, should it come to nothing else.
    failed: Mutex<HashMap<String, Told>>,
}

impl Jobs {
    fn new(batch: &[Arc<Named>], begin: Begin, ends_program: bool) -> Arc<Self> {
        let names = batch.iter().map(|host| host.name.clone()).collect();
        let hosts = batch.iter().map(|host| (host.name.clone(), Arc::clone(host))).collect();
        Arc::new(Self { names, hosts, begin, ends_program, running: Mutex::default(), failed: Mutex::default() })
    }

    fn run(self: &Arc<Self>, line: &Line, until: Option<Instant>) -> FleetRun<Told> {
        let jobs = Arc::clone(self);
        self.fleet(line, until).run_unconnected(move |host| Arc::clone(&jobs).job(host.address().to_owned()))
    }

    fn fleet(&self, line: &Line, until: Option<Instant>) -> Fleet {
        let mut fleet = Fleet::new(self.names.clone().into_iter().map(|name| Host::builder(&name)))
            .concurrency(line.many.parallel.unwrap_or(PARALLEL).into())
            .attempts(line.many.retries.unwrap_or(1).saturating_add(1));
        if let Some(time) = line.many.host_deadline {
            fleet = fleet.host_deadline(time);
        }
        match until {
            Some(until) => fleet.deadline(until.saturating_duration_since(Instant::now())),
            None => fleet,
        }
    }

    async fn job(self: Arc<Self>, name: String) -> Result<Told, Error> {
        let capture = Capture::default();
        lock(&self.running).insert(name.clone(), capture.clone());
        let work = match self.hosts.get(&name) {
            Some(host) => (self.begin)(Arc::clone(host)),
            None => Err(anyhow::anyhow!("unknown host {name}")),
        };
        let done = match work {
            Ok(work) => capture.of(work).await,
            Err(error) => Err(error),
        };
        if self.ends_program
            && let Err(error) = &done
            && let Some(usage) = error.downcast_ref::<clap::Error>()
        {
            usage.exit();
        }
        let told = Told::new(capture.take(), done);
        lock(&self.running).remove(&name);
        if told.outcome == Outcome::Unreached {
            lock(&self.failed).insert(name, told);
            return Err(Error::unsent(std::io::Error::other("it could not be reached")));
        }
        Ok(told)
    }

    /// What came of a host, also where that is an error of the fleet itself.
    fn told(&self, done: FleetResult<Told>) -> Told {
        let captured = lock(&self.running).remove(&done.host).map(|capture| capture.take()).unwrap_or_default();
        match done.result {
            Ok(told) => told,
            Err(error) if error.is_timeout() => {
                let reached = captured.reached;
                let error = anyhow::Error::new(HostError::new(error.report(), ErrorKind::Timeout));
                let mut told = Told::new(captured, Err(error));
                if done.attempts == 0 {
                    told.outcome = Outcome::LeftAlone;
                } else if reached {
                    told.outcome = Outcome::Failed(Some(ErrorKind::Timeout));
                }
                told
            }
            Err(error) => {
                let kept = lock(&self.failed).remove(&done.host);
                kept.unwrap_or_else(|| Told::new(captured, Err(anyhow::Error::new(error))))
            }
        }
    }
}

fn lock<T>(what: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Teller {
    /// Ends after Ctrl-C: what was shown stays shown.
    fn interrupted(self) -> anyhow::Result<ExitCode> {
        self.give_up()?;
        Ok(INTERRUPTED.into())
    }
}
