//! A job: what to do with one host, as data. It is made from a command line, and the worker turns it into one again, by the same
//! grammar.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use clap::ArgMatches;
use clap::parser::ValueSource;
use serde::{Deserialize, Serialize};

use super::allowed::{refused, stays};
use super::program::Program;
use crate::fleet::current::{HOSTS, Named};
use crate::fleet::options::Line;
use crate::grammar;

/// The version of the format of jobs and answers. Nothing is done with one of another version.
pub(super) const VERSION: u32 = 1;

/// The number of shards that hosts are divided into, by their names. Workers of all versions have to agree on it.
pub(super) const SHARDS: u16 = 8;

/// The longest name of a host, and the longest path behind it.
const LONGEST: usize = 1024;

/// What to do with a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Job {
    pub(super) version: u32,
    /// The submission, and the number of the host: `3f9a1c0d77e2b4a65c18.7`.
    pub(super) id: String,
    /// The host, by the name that it has in the worker's inventory.
    pub(super) host: String,
    /// The path behind it, where the command is about a resource.
    #[serde(default)]
    pub(super) path: String,
    /// The command: `["power", "off"]`.
    pub(super) command: Vec<String>,
    /// Its arguments except the host, by their names in the grammar. A flag has no values.
    pub(super) arguments: BTreeMap<String, Vec<String>>,
    /// In seconds since 1970. The job is not begun after this.
    pub(super) until: u64,
}

/// A command line as the grammar understands it.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) matches: ArgMatches,
    pub(super) line: Line,
    /// The command that the line names, with its arguments.
    leaf: clap::Command,
    path: Vec<String>,
}

/// Parses the words of a command line, without the program's name.
pub(super) fn parse(program: Program, words: &[OsString]) -> Result<Parsed, clap::Error> {
    let words = std::iter::once("rosefish".into()).chain(words.iter().cloned()).collect();
    let matches = grammar::matches((program.command)(), words)?;
    understood(program, matches)
}

fn understood(program: Program, matches: ArgMatches) -> Result<Parsed, clap::Error> {
    let usage = |text: String| clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, format!("{text}\n"));
    let root = (program.command)();
    let (mut leaf, mut inner, mut path) = (&root, &matches, Vec::new());
    while let Some((name, next)) = inner.subcommand() {
        let Some(command) = leaf.find_subcommand(name) else { break };
        (leaf, inner) = (command, next);
        path.push(name.to_owned());
    }
    let (leaf, command) = (leaf.clone(), path.join(" "));
    let Some((line, inner)) = Line::of(&matches)? else {
        return Err(usage(format!("`{command}` is not about hosts that workers could be given")));
    };
    if let Some(why) = refused(&command, &leaf, inner) {
        return Err(usage(why));
    }
    if line.alone || line.is_together {
        return Err(usage(format!("`{command}` like this is not something that a worker does and has done")));
    }
    Ok(Parsed { matches, line, leaf, path })
}

impl Parsed {
    /// Returns the arguments of the command itself.
    pub(super) fn leaf_matches(&self) -> &ArgMatches {
        let mut leaf = &self.matches;
        while let Some((_, inner)) = leaf.subcommand() {
            leaf = inner;
        }
        leaf
    }

    /// Returns the arguments that were given, except the hosts, as data.
    fn arguments(&self) -> anyhow::Result<BTreeMap<String, Vec<String>>> {
        let matches = self.leaf_matches();
        let mut all = BTreeMap::new();
        for arg in self.leaf.get_arguments() {
            let id = arg.get_id().as_str();
            let is_global = arg.is_global_set();
            if id == HOSTS || is_global || stays(id) || matches.value_source(id) != Some(ValueSource::CommandLine) {
                continue;
            }
            let mut values = Vec::new();
            if arg.get_action().takes_values() {
                for value in matches.get_raw(id).into_iter().flatten() {
                    values.push(value.to_str().with_context(|| format!("{id} is not UTF-8"))?.to_owned());
                }
            }
            all.insert(id.to_owned(), values);
        }
        Ok(all)
    }

    /// Returns what the jobs of this line have in common. The ID, the host and the path are left empty.
    pub(super) fn job(&self, until: u64) -> anyhow::Result<Job> {
        let (id, host, path) = Default::default();
        let arguments = self.arguments()?;
        Ok(Job { version: VERSION, id, host, path, command: self.path.clone(), arguments, until })
    }
}

impl Job {
    /// Returns the job for one of the hosts.
    pub(super) fn of_host(&self, submission: &str, number: usize, host: &Named) -> anyhow::Result<Self> {
        let base = host.settings.address.as_ref().map(|address| address.replace("{host}", &host.name));
        let base = base.as_deref().unwrap_or(&host.name);
        let Some(path) = host.address.strip_prefix(base) else {
            bail!(
                "{}: workers find hosts by their names in their own inventories: name {}, not a URL",
                host.address,
                host.name
            );
        };
        let (host, path) = (host.name.clone(), path.to_owned());
        let job = Self { id: job_id(submission, number), host, path, ..self.clone() };
        job.checked()?;
        Ok(job)
    }

    /// Reads a job that somebody submitted.
    pub(super) fn read(json: &[u8]) -> anyhow::Result<Self> {
        let job: Self = serde_json::from_slice(json).context("it is not a job")?;
        job.checked()?;
        Ok(job)
    }

    fn checked(&self) -> anyhow::Result<()> {
        ensure!(self.version == VERSION, "it has version {}, not {VERSION}", self.version);
        ensure!(split_id(&self.id).is_some(), "{:?} is not the name of a job", self.id);
        let is_plain = |text: &str| text.len() <= LONGEST && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        ensure!(!self.host.is_empty() && is_plain(&self.host), "{:?} is not the name of a host", self.host);
        let is_path = self.path.is_empty() || self.path.starts_with('/');
        ensure!(is_path && is_plain(&self.path), "{:?} is not the path of a resource", self.path);
        Ok(())
    }

    /// Returns the command line for this job, by the grammar of this program.
    ///
    /// # Errors
    ///
    /// If the grammar has no such command or argument, or workers don't carry it out.
    pub(super) fn parsed(&self, program: Program) -> anyhow::Result<Parsed> {
        let root = (program.command)();
        let mut leaf = &root;
        for name in &self.command {
            leaf =
                leaf.find_subcommand(name).with_context(|| format!("there is no command `{}` here", self.command()))?;
        }
        let mut words: Vec<OsString> =
            std::iter::once("rosefish").chain(self.command.iter().map(String::as_str)).map(Into::into).collect();
        let mut unknown: Vec<&String> = self.arguments.keys().collect();
        let mut last: Vec<OsString> = Vec::new();
        for arg in leaf.get_arguments() {
            let id = arg.get_id().as_str();
            if id == HOSTS {
                last.push(self.host.clone().into());
                continue;
            }
            let Some(values) = self.arguments.get(id) else { continue };
            unknown.retain(|name| *name != id);
            match arg.get_long() {
                Some(long) if values.is_empty() => words.push(format!("--{long}").into()),
                Some(long) => words.extend(values.iter().map(|value| format!("--{long}={value}").into())),
                None => last.extend(values.iter().map(Into::into)),
            }
        }
        ensure!(
            unknown.is_empty(),
            "`{}` has no argument {} here",
            self.command(),
            unknown.first().map_or("", |name| name)
        );
        words.push("--".into());
        words.extend(last);
        let matches = (program.command)().try_get_matches_from(words).map_err(in_a_line)?;
        understood(program, matches).map_err(in_a_line)
    }

    /// Returns the command without its arguments.
    pub(super) fn command(&self) -> String {
        self.command.join(" ")
    }

    /// Returns a job that shows the state of a host after a change whose result is unknown: the first verb of its noun, for the
    /// same system, if that verb only reads.
    pub(super) fn look(&self, program: Program) -> Option<(Self, Parsed)> {
        let noun = self.command.first()?;
        let root = (program.command)();
        let first = root.find_subcommand(noun)?.get_subcommands().next()?;
        let has =
            |id: &String| first.get_arguments().any(|arg| arg.get_id().as_str() == id && arg.get_long().is_some());
        let arguments = self.arguments.iter().filter(|(id, _)| has(id) && *id != "json");
        let arguments = arguments.map(|(id, values)| (id.clone(), values.clone())).collect();
        let command = vec![noun.clone(), first.get_name().to_owned()];
        let look = Self { command, arguments, ..self.clone() };
        let parsed = look.parsed(program).ok()?;
        (!parsed.line.changes).then_some((look, parsed))
    }
}

/// Returns clap's message without its colours, usage and line ends.
fn in_a_line(error: clap::Error) -> anyhow::Error {
    let text = error.to_string();
    let first = text.lines().next().unwrap_or_default();
    anyhow::anyhow!("{}", first.strip_prefix("error: ").unwrap_or(first))
}

/// Returns the name of a job.
pub(super) fn job_id(submission: &str, number: usize) -> String {
    format!("{submission}.{number}")
}

/// Splits a job's name into the submission and the number of the host.
pub(super) fn split_id(id: &str) -> Option<(&str, usize)> {
    let (submission, number) = id.split_once('.')?;
    is_submission(submission).then_some((submission, number.parse().ok()?))
}

/// Returns whether this can be the name of a submission, which becomes part of subjects and keys.
pub(super) fn is_submission(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Returns the shard of a host, by its name (FNV-1a).
pub(super) fn shard(host: &str) -> u16 {
    let hash = host
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    u16::try_from(hash % u64::from(SHARDS)).unwrap_or_default()
}

/// Returns the function that begins a command for one host, with the arguments of a line.
pub(super) fn begin_of(program: Program, parsed: &Parsed) -> crate::fleet::fan::Begin {
    let matches = parsed.matches.clone();
    Arc::new(move |host| (program.begin)(host, &matches))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program() -> Program {
        Program { command: crate::command, begin: |_, _| bail!("nothing is done here") }
    }

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    fn named(name: &str) -> Named {
        Named { name: name.to_owned(), address: name.to_owned(), ..Named::default() }
    }

    #[test]
    fn a_line_becomes_a_job_and_the_same_line_again() {
        for (said, changes) in [
            ("power n[1-9]", false),
            ("power n1 off --force --wait=60 --json", true),
            ("power off n1,n2 --yes --host-deadline 30 --retries 0 --wait", true),
            ("power policy n1", false),
            ("power policy n1 last-state", true),
            ("boot once n1 pxe --uefi", true),
            ("boot target n1 -- -x=1", true),
            ("boot order n1 Boot0001 Boot0002 --system Node1", true),
            ("set n1 /redfish/v1/Systems/1 AssetTag=--force /Boot/X=2", true),
            ("action n1 /redfish/v1/Systems/1 Reset ResetType=On --dry-run", false),
            ("inventory n1 --csv", false),
            ("network set n1 --ntp a,b --hostname x", true),
            ("sensors n1 --timeout 5 --concurrency 2", false),
        ] {
            let parsed = parse(program(), &words(said)).unwrap_or_else(|error| panic!("{said}: {error}"));
            let job = parsed.job(7).unwrap().of_host("s1", 3, &named("n1")).unwrap();
            let job = Job::read(&serde_json::to_vec(&job).unwrap()).unwrap();
            assert_eq!((job.id.as_str(), job.host.as_str(), job.until), ("s1.3", "n1", 7));
            let again = job.parsed(program()).unwrap_or_else(|error| panic!("{said}: {error:#}"));
            assert_eq!(again.line.command, parsed.line.command, "{said}");
            assert_eq!((again.line.hosts.as_slice(), again.line.changes), (&["n1".to_owned()][..], changes), "{said}");
            assert_eq!(again.line.json, parsed.line.json, "{said}");
            assert_eq!(again.arguments().unwrap(), job.arguments, "{said}");
        }
    }

    #[test]
    fn presentation_and_lists_stay_with_who_hands_in() {
        let line = "power off n[1-9] --force --yes --hosts /x/hosts.toml --group-by value --deadline 9";
        let job = parse(program(), &words(line)).unwrap().job(1).unwrap();
        assert_eq!(job.arguments.keys().collect::<Vec<_>>(), ["force", "yes"]);
    }

    #[test]
    fn what_a_host_shows_is_the_first_verb_of_its_noun_for_the_same_system() {
        let of = |line: &str| {
            let parsed = parse(program(), &words(line)).unwrap();
            let job = parsed.job(1).unwrap().of_host("s", 0, &named("n1")).unwrap();
            job.look(program()).map(|(look, _)| (look.command(), look.arguments.into_keys().collect::<Vec<_>>()))
        };
        let system = || vec!["system".to_owned()];
        assert_eq!(of("power off n1 --force --wait=5 --json --system A"), Some(("power status".to_owned(), system())));
        assert_eq!(of("boot once n1 pxe"), Some(("boot status".to_owned(), Vec::new())));
        assert_eq!(of("set n1 /redfish/v1 A=1"), None);
    }

    #[test]
    fn names_of_jobs_and_hosts_are_plain() {
        for id in ["", "a", "a.", ".1", "a.b", "a.1.2", "a*.1", "a b.1", "../x.1"] {
            assert_eq!(split_id(id), None, "{id}");
        }
        assert_eq!(split_id("3f.12"), Some(("3f", 12)));
        let job = parse(program(), &words("power n1")).unwrap().job(1).unwrap();
        for (host, path) in [("", ""), ("a b", ""), ("n1", "x"), ("n1", "/a b"), ("n\u{7}", "")] {
            let job = Job { id: "s.1".to_owned(), host: host.to_owned(), path: path.to_owned(), ..job.clone() };
            assert!(Job::read(&serde_json::to_vec(&job).unwrap()).is_err(), "{host:?} {path:?}");
        }
    }

    /// Workers of all versions have to agree on it.
    #[test]
    fn a_host_stays_in_its_shard() {
        assert_eq!(["node01", "node02", "10.0.0.7"].map(shard), [2, 7, 3]);
        let mut seen: Vec<u16> = (0..100).map(|number| shard(&format!("n{number}"))).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, (0..SHARDS).collect::<Vec<_>>());
    }
}
