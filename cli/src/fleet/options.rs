//! The options of all commands that are about hosts, and what has to be known of a command line to run it for many: which hosts,
//! whether the command changes something, whether it prints JSON.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches as _};

use super::current::{HOSTS, YES};
use crate::host::seconds;

const HEADING: &str = "Many hosts";

// How a command runs for many hosts. clap would show a doc comment here as the description of each command.
#[derive(Debug, Clone, Args)]
pub(crate) struct ManyArgs {
    /// Read groups, addresses and where passwords come from from this file: hosts.toml, or an inventory of Ansible (INI, YAML)
    /// [default: hosts.toml in the user's configuration, ~/.config/rosefish]
    #[arg(help_heading = HEADING, long = "hosts", id = "inventory", value_name = "FILE")]
    pub(crate) inventory: Option<PathBuf>,
    /// Hosts at a time [default: 64]
    #[arg(help_heading = HEADING, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) parallel: Option<u16>,
    /// Give up on a host after so many seconds
    #[arg(help_heading = HEADING, long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) host_deadline: Option<Duration>,
    /// Give up on all that are left after so many seconds
    #[arg(help_heading = HEADING, long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) deadline: Option<Duration>,
    /// Try hosts that can't be reached so many times more, when all others have had their turn [default: 1]
    #[arg(help_heading = HEADING, long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub(crate) retries: Option<u32>,
    /// Finish with so many hosts before the next are begun; end if all of them fail
    #[arg(help_heading = HEADING, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) batch: Option<u16>,
    /// Wait for so many seconds between batches
    #[arg(help_heading = HEADING, long, value_name = "SECONDS", value_parser = seconds, requires = "batch")]
    pub(crate) pause: Option<Duration>,
    /// Don't ask before something is changed on several hosts, or before anything is erased
    #[arg(help_heading = HEADING, long, short = 'y', id = YES)]
    pub(crate) yes: bool,
    /// Print CSV
    #[arg(help_heading = HEADING, long)]
    pub(crate) csv: bool,
    /// Show which hosts have the same result: by `value`, a column of the table, or a JSON pointer into the output of --json
    #[arg(help_heading = HEADING, long, value_name = "WHAT", conflicts_with = "csv")]
    pub(crate) group_by: Option<String>,
    /// JSON was asked for to find what to group by: the groups themselves are text
    #[arg(long, hide = true)]
    pub(crate) groups_as_text: bool,
}

/// These options, for a command that handles all hosts at once. The options themselves are there anyway.
#[derive(Debug, Clone)]
pub(crate) struct Limits(pub(crate) ManyArgs);

impl clap::FromArgMatches for Limits {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        ManyArgs::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for Limits {
    fn augment_args(command: Command) -> Command {
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        command
    }
}

/// The flag that prints the inventory, and needs no host.
pub(crate) const ANSIBLE: &str = "ansible";

/// The flag that walks a machine of the program's own, and needs no host.
const DEMO: &str = "demo";

/// Commands whose host can be a path with payloads as well.
const PATHS: [&str; 1] = ["oem"];

/// The option of commands that don't have a dry run of their own.
const DRY_RUN: &str = "dry_run";

/// Commands that only read. All others change something.
const READS: &[&str] = &[
    "power status",
    "boot options",
    "boot progress",
    "storage list",
    "schemas fetch",
    "sensors list",
    "sensors get",
    "health",
    "logs show",
    "logs list",
    "logs download",
    "fans status",
    "controls list",
    "metrics show",
    "metrics reports",
    "metrics definitions",
    "metrics triggers",
    "sel list",
    "sel info",
    "sel get",
    "sel save",
    "inventory",
    "fru list",
    "fru read",
    "bios get",
    "bios pending",
    "bios export",
    "bios diff",
    "firmware list",
    "media list",
    "identify status",
    "users list",
    "users access",
    "users summary",
    "users test",
    "channel show",
    "channel list",
    "bmc info",
    "network show",
    "console list",
    "ipmi show",
    "ipmi dcmi",
    "ipmi pef",
    "ipmi sdr",
    "ipmi sessions",
    "lan show",
    "lan ipv6",
    "lan alerts",
    "certificate show",
    "certificate list",
    "certificate csr",
    "sessions list",
    "exporter",
    "keyring status",
    "get",
    "walk",
    "oem",
    "record",
    "report",
    "watch",
];

/// Commands that only read, unless one of these arguments is there.
const READS_WITHOUT: &[(&str, &[&str])] = &[
    ("power policy", &["policy"]),
    ("power limit", &["watts", "off"]),
    ("boot status", &["device"]),
    ("bios secure-boot", &["action"]),
    ("sel time", &["time"]),
    ("lan stats", &["clear"]),
    ("bmc watchdog", &["action"]),
    ("bmc enables", &["changes"]),
    ("bmc sysinfo", &["changes"]),
    ("ipmi asset-tag", &["text"]),
    ("ipmi controller-id", &["text"]),
];

/// Commands for one host at a time, because they are interactive. Following what happens is for one host, too.
const ALONE: [&str; 1] = ["sol"];

/// Commands that handle all hosts at once.
const TOGETHER: [&str; 2] = ["exporter", "watch"];

/// Options of commands that run for one host after another. Commands that handle all hosts at once don't have them.
const ONE_BY_ONE: [&str; 7] = ["retries", "batch", "pause", YES, "csv", "group_by", DRY_RUN];

/// What options mean for commands that handle all hosts at once: command, option, help.
const OWN_HELP: [(&str, &str, &str); 6] = [
    ("exporter", "parallel", "Read so many hosts at a time where all are asked for [default: 256]"),
    ("exporter", "host_deadline", "The longest that a host may take of a scrape, in seconds [default: all of it]"),
    ("exporter", "deadline", "End a scrape after so many seconds [default: what Prometheus says, else 10]"),
    ("watch", "parallel", "Read so many hosts at a time [default: 256]"),
    ("watch", "host_deadline", "The longest that a reading of a host may take, in seconds [default: 30, or --every]"),
    ("watch", "deadline", "End after so many seconds"),
];

/// Gives these options to commands that are about hosts, and lets those that can take several hosts do so.
pub(crate) fn decorated(command: Command) -> Command {
    let has = |command: &Command, id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
    let mut command = command.mut_subcommands(decorated);
    if !has(&command, HOSTS) {
        return command;
    }
    if has(&command, ANSIBLE) {
        command = command.mut_arg(HOSTS, |arg| arg.required(false).required_unless_present(ANSIBLE));
    }
    if has(&command, DEMO) {
        command = command.mut_arg(HOSTS, |arg| arg.required(false).required_unless_present(DEMO).conflicts_with(DEMO));
    }
    if command.get_positionals().count() == 1 && !ALONE.contains(&command.get_name()) {
        command = command.mut_arg(HOSTS, |arg| arg.action(ArgAction::Append).num_args(1..));
    }
    if !has(&command, DRY_RUN) {
        let help = "Say what would be changed on which hosts; change nothing";
        command =
            command.arg(Arg::new(DRY_RUN).long("dry-run").action(ArgAction::SetTrue).help(help).help_heading(HEADING));
    } else {
        command = command.arg(Arg::new(OWN_DRY_RUN).hide(true).long("own-dry-run").action(ArgAction::SetTrue));
    }
    let mut command = ManyArgs::augment_args(command);
    if TOGETHER.contains(&command.get_name()) {
        for id in ONE_BY_ONE {
            command = command.mut_arg(id, |arg| arg.hide(true));
        }
        let name = command.get_name().to_owned();
        for (_, id, help) in OWN_HELP.iter().filter(|(of, ..)| *of == name) {
            command = command.mut_arg(*id, |arg| arg.help(*help));
        }
    }
    match has(&command, "json") {
        true => command.mut_arg("csv", |arg| arg.conflicts_with("json")),
        false => command,
    }
}

/// An argument whose presence says that the command has its own dry run.
const OWN_DRY_RUN: &str = "own_dry_run";

/// Returns whether results are grouped by something that only JSON has, and the command doesn't print JSON yet.
pub(crate) fn wants_json(matches: &ArgMatches) -> bool {
    matches!(Line::of(matches), Ok(Some((line, leaf)))
        if !line.json && line.many.group_by.as_ref().is_some_and(|what| what.starts_with('/')) && leaf.try_contains_id("json").is_ok())
}

/// Returns the command line with the options that print JSON to group by, in front of a `--`.
pub(crate) fn with_json(mut words: Vec<OsString>) -> Vec<OsString> {
    let at = words.iter().position(|word| word == "--").unwrap_or(words.len());
    words.splice(at..at, ["--json", "--groups-as-text"].map(OsString::from));
    words
}

/// What is known of a command line that is about hosts.
#[derive(Debug)]
pub(crate) struct Line {
    /// The words of `HOST`.
    pub(crate) hosts: Vec<String>,
    pub(crate) many: ManyArgs,
    /// The command without its arguments: `power off`.
    pub(crate) command: String,
    pub(crate) changes: bool,
    /// Nothing may be changed, and the command has no dry run of its own.
    pub(crate) dry_run: bool,
    pub(crate) json: bool,
    pub(crate) alone: bool,
    /// It handles all hosts at once.
    pub(crate) is_together: bool,
    /// Its host can be a path.
    pub(crate) takes_paths: bool,
}

impl Line {
    /// Reads what matters here. Returns `None` if the command is not about hosts.
    pub(crate) fn of(matches: &ArgMatches) -> Result<Option<(Self, &ArgMatches)>, clap::Error> {
        let (mut leaf, mut path) = (matches, Vec::new());
        while let Some((name, inner)) = leaf.subcommand() {
            path.push(name);
            leaf = inner;
        }
        let Ok(Some(hosts)) = leaf.try_get_many::<String>(HOSTS) else { return Ok(None) };
        let command = path.join(" ");
        let flag = |id: &str| leaf.try_get_one::<bool>(id).ok().flatten().copied().unwrap_or_default();
        // A flag always has a value, whether it was given or not.
        let is_there = |id: &str| {
            leaf.try_contains_id(id).unwrap_or_default() && leaf.value_source(id) != Some(ValueSource::DefaultValue)
        };
        let only_reads = READS.contains(&command.as_str())
            || READS_WITHOUT.iter().any(|(name, ids)| *name == command && !ids.iter().any(|id| is_there(id)));
        let has_own = leaf.try_get_one::<bool>(OWN_DRY_RUN).is_ok();
        let dry_run = flag(DRY_RUN);
        let is_together = TOGETHER.contains(&command.as_str());
        let was_said = |id: &&&str| leaf.value_source(id) == Some(ValueSource::CommandLine);
        if is_together && let Some(id) = ONE_BY_ONE.iter().find(was_said) {
            let text =
                format!("`{command}` is about all hosts at a time and does without --{}\n", id.replace('_', "-"));
            return Err(clap::Error::raw(clap::error::ErrorKind::ArgumentConflict, text));
        }
        let line = Self {
            is_together,
            hosts: hosts.cloned().collect(),
            many: ManyArgs::from_arg_matches(leaf)?,
            changes: !(only_reads || has_own && dry_run),
            dry_run: dry_run && !has_own && !only_reads,
            json: flag("json"),
            takes_paths: PATHS.contains(&command.as_str()),
            alone: ALONE.contains(&command.as_str()) || flag("follow"),
            command,
        };
        Ok(Some((line, leaf)))
    }
}
