//! The command line of rosefish: one module per command, and what they share: how a host is named ([`host`]) and how a
//! service is walked ([`walk`]). Whatever is about Redfish itself is the library's.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod capture;
mod certificate;
mod change;
mod check;
mod exporter;
mod files;
mod fleet;
mod get;
mod grammar;
pub mod host;
mod image;
mod interrupt;
mod ipmitool;
mod keyring;
mod known_bmcs;
mod manual;
mod mistaken;
mod mock;
mod monitor;
#[cfg(feature = "nats")]
mod nats;
mod oem;
mod operate;
mod partial;
mod password;
mod pretty;
mod record;
mod report;
mod schema;
mod schemas;
mod service;
mod sessions;
mod silence;
mod stored_password;
mod terminal;
mod trace;
mod trust;
mod typed;
mod validate;
pub mod walk;
mod watch;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches, Parser, Subcommand};

use crate::fleet::current::{Named, arguments_for};
use crate::fleet::fan::Work;
use crate::fleet::hosts::Hosts;
use crate::fleet::options::Line;
use crate::terminal::{LookArgs, one_line, say};

const EXAMPLES: &str = "\
Examples:
  rosefish walk --demo                            see it work, without any hardware
  rosefish walk https://bmc --user root           what a BMC has
  rosefish get https://bmc/redfish/v1/Systems/1   one resource
  rosefish set bmc /redfish/v1/Systems/1 AssetTag=7   change a property; action invokes an action, vendors' as well
  rosefish power 10.0.0.7 --user root             is it on? Redfish, or IPMI where there is none
  rosefish power on 10.0.0.7 --user root          a noun, a verb and a host; with no verb, it is shown
  rosefish sensors 10.0.0.7 --user root           and health, fans, controls, metrics, boot, logs, sel, inventory, fru, identify, bmc, users, network, storage, lan, console, sol
  rosefish media boot 10.0.0.7 install.iso --user root   start a machine from an image on this computer
  rosefish oem captured/                          what vendors add to the standard
  rosefish power @cluster,node[01-16] --user root many hosts: lists, ranges, groups of an inventory, or - for standard input
  rosefish check captured/                        decode payloads from files
  rosefish validate https://bmc --user root       judge a service by the standard; payloads in files as well
  rosefish schema ComputerSystem/PowerState       what the schemas say of it
  rosefish schemas fetch bmc theirs/              the schemas that a service publishes; diff compares two folders
  rosefish record https://bmc captured/           a folder of payloads that the mock serves
  rosefish exporter @cluster                      metrics of many hosts for Prometheus
  rosefish watch @cluster                         how many hosts are, on the terminal, as it changes
  rosefish fleet submit -- power @cluster         workers on other machines do it
  rosefish report @cluster -o report.html         one page about many machines, for people
  rosefish mock --port 8443                       a BMC to try things on

The password comes from ROSEFISH_PASSWORD, a file, a command or the system's keyring (--password-file, --password-command,
--keyring), or is asked for; it is never an argument.

Exit codes: 0 done; 1 not done, the last line says why; 2 wrong command line; 3 done in part: what could not be
read is named on standard error, and as `partial` in JSON; 4 something was found that was looked for (problems, differences);
5 of many hosts, none could be reached; 130 interrupted.
Of many hosts: 0 done on all, 3 on some, 1 on none.";

/// Inspect and operate servers through their BMCs, over Redfish or IPMI
#[derive(Debug, Parser)]
#[command(name = "rosefish", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    look: LookArgs,
    /// Show the requests that are sent; twice, what is in them and in the answers, but for secrets
    #[arg(help_heading = "Output", long, short, action = clap::ArgAction::Count, global = true)]
    verbose: u8,
}

#[derive(Debug, Subcommand)]
enum Command {
    Walk(walk::WalkArgs),
    Get(get::GetArgs),
    Set(change::set::SetArgs),
    Action(change::action::ActionArgs),
    Power(operate::power::PowerArgs),
    Boot(operate::boot::BootArgs),
    Sensors(operate::sensors::SensorsArgs),
    Fans(operate::fans::FansArgs),
    Controls(operate::controls::ControlsArgs),
    Metrics(operate::metrics::MetricsArgs),
    Health(operate::health::HealthArgs),
    Logs(operate::logs::LogsArgs),
    Sel(operate::sel::SelArgs),
    Inventory(operate::inventory::InventoryArgs),
    Fru(operate::fru::FruArgs),
    Bios(operate::bios::BiosArgs),
    Firmware(operate::firmware::FirmwareArgs),
    Media(operate::media::MediaArgs),
    Identify(operate::identify::IdentifyArgs),
    Users(operate::users::UsersArgs),
    Bmc(operate::bmc::BmcArgs),
    Network(operate::network::NetworkArgs),
    Storage(operate::storage::StorageArgs),
    Lan(operate::lan::LanArgs),
    Channel(operate::channel::ChannelArgs),
    Ipmi(operate::ipmi::IpmiArgs),
    Console(operate::console::ConsoleArgs),
    Certificate(certificate::CertificateArgs),
    Keyring(keyring::KeyringArgs),
    Sessions(sessions::SessionsArgs),
    Raw(operate::raw::RawArgs),
    Sol(operate::sol::SolArgs),
    Oem(oem::OemArgs),
    Check(check::CheckArgs),
    Exporter(exporter::ExporterArgs),
    Validate(validate::ValidateArgs),
    Schema(schema::SchemaArgs),
    Schemas(schemas::SchemasArgs),
    Record(record::RecordArgs),
    Report(report::ReportArgs),
    Watch(watch::WatchArgs),
    #[cfg(feature = "nats")]
    Fleet(nats::FleetArgs),
    Mock(mock::MockArgs),
    Completions(manual::CompletionsArgs),
    Man(manual::ManArgs),
}

/// How long the program waits at its end for what blocks a thread.
const RUNTIME_END: Duration = Duration::from_millis(300);

/// The exit code of a command line that is wrong.
const WRONG_USAGE: u8 = 2;

/// The command line as `clap` knows it.
fn command() -> clap::Command {
    fleet::options::decorated(grammar::decorated(Arguments::command()))
}

/// Runs the command that the arguments of this process name.
#[must_use]
pub fn run() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    if let Some(hint) = ipmitool::hint(&words) {
        say!("rosefish: {}", one_line(&hint));
        return WRONG_USAGE.into();
    }
    let command = command();
    if let Some(hint) = mistaken::hint(&command, &words) {
        say!("rosefish: {}", one_line(&hint));
        return WRONG_USAGE.into();
    }
    let matches = grammar::matches(command, words).unwrap_or_else(|error| error.exit());
    match LookArgs::from_arg_matches(&matches) {
        Ok(look) => look.apply(),
        Err(error) => error.exit(),
    }
    trace::show(matches.get_count("verbose"));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("the program can't start its threads")),
    };
    let code = match runtime.block_on(carry_out(matches)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    };
    silence::end();
    let left = runtime.block_on(host::logged_out());
    // What is left of the runtime ends now: a session of IPMI says so to its BMC. Whatever blocks a thread, a read of standard
    // input for example, is left behind.
    runtime.shutdown_timeout(RUNTIME_END);
    // Sessions that were reported as left open are not waited for again.
    if left == 0 {
        host::logged_out_at_the_end();
    }
    code
}

/// Carries a command out, for the host that it is about or for each of many.
async fn carry_out(matches: ArgMatches) -> anyhow::Result<ExitCode> {
    let arguments = |host: Arc<Named>, matches: &ArgMatches| match arguments_for::<Arguments>(host, matches) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    let Some((line, leaf)) = Line::of(&matches).unwrap_or_else(|error| error.exit()) else {
        return dispatch(arguments(Arc::default(), &matches).command).await;
    };
    let Hosts { mut all, is_list } =
        fleet::hosts::resolve(&line.hosts, line.many.inventory.as_deref(), line.takes_paths)?;
    if line.dry_run {
        return fleet::fan::plan(&line, &all);
    }
    if line.is_together {
        return match matches.subcommand_name() {
            Some("watch") => watch::run(arguments_for_each(all, leaf)?).await,
            _ => exporter::run(arguments_for_each(all, leaf)?).await,
        };
    }
    if let Some(("report", leaf)) = matches.subcommand() {
        return report::run(&line, leaf, all, is_list).await;
    }
    let is_list = is_list || line.many.csv || line.many.group_by.is_some();
    if !is_list && let Some(host) = all.pop() {
        return dispatch(arguments(Arc::new(host), &matches).command).await;
    }
    anyhow::ensure!(!line.alone, "`{}` like this is about one host at a time", line.command);
    if !fleet::fan::confirm(&line, &all)? {
        say!("rosefish: nothing was done");
        return Ok(ExitCode::FAILURE);
    }
    let leaf = leaf.clone();
    let begin = move |host| begin_for(host, &matches);
    fleet::fan::run(line, &leaf, all, Arc::new(begin)).await
}

fn arguments_for_each<A: FromArgMatches>(all: Vec<Named>, leaf: &ArgMatches) -> Result<Vec<A>, clap::Error> {
    all.into_iter().map(|host| arguments_for(Arc::new(host), leaf)).collect()
}

/// Runs a command unless it is interrupted.
async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        // These say themselves what an interrupt means: a table of what was seen, and the end of the service.
        Command::Walk(_)
        | Command::Record(_)
        | Command::Mock(_)
        | Command::Media(_)
        | Command::Exporter(_)
        | Command::Watch(_) => begin(command).await,
        #[cfg(feature = "nats")]
        Command::Fleet(_) => begin(command).await,
        command => interrupt::uninterrupted(begin(command)).await.unwrap_or(Ok(interrupt::INTERRUPTED.into())),
    }
}

/// Begins a command for a host.
fn begin_for(host: Arc<Named>, matches: &ArgMatches) -> anyhow::Result<Work> {
    Ok(begin(arguments_for::<Arguments>(host, matches)?.command))
}

fn begin(command: Command) -> Work {
    match command {
        Command::Walk(args) => Box::pin(walk::run(args)),
        Command::Schema(args) => Box::pin(async { schema::run(args) }),
        Command::Record(args) => Box::pin(record::run(args)),
        // All of its hosts share a page: `carry_out` has begun it.
        Command::Report(_) => Box::pin(async { Ok(ExitCode::SUCCESS) }),
        Command::Mock(args) => Box::pin(mock::run(args)),
        Command::Exporter(args) => Box::pin(exporter::run(vec![args])),
        Command::Watch(args) => Box::pin(watch::run(vec![args])),
        Command::Media(args) => Box::pin(operate::media::run(args)),
        #[cfg(feature = "nats")]
        Command::Fleet(args) => {
            Box::pin(nats::run(args, nats::program::Program { command: crate::command, begin: begin_for }))
        }
        Command::Completions(args) => Box::pin(async { manual::completions(args, crate::command()) }),
        Command::Man(args) => Box::pin(async { manual::pages(args, crate::command()) }),
        Command::Get(args) => Box::pin(get::run(args)),
        Command::Set(args) => Box::pin(change::set::run(args)),
        Command::Action(args) => Box::pin(change::action::run(args)),
        Command::Power(args) => Box::pin(operate::power::run(args)),
        Command::Boot(args) => Box::pin(operate::boot::run(args)),
        Command::Sensors(args) => Box::pin(operate::sensors::run(args)),
        Command::Fans(args) => Box::pin(operate::fans::run(args)),
        Command::Controls(args) => Box::pin(operate::controls::run(args)),
        Command::Metrics(args) => Box::pin(operate::metrics::run(args)),
        Command::Bios(args) => Box::pin(operate::bios::run(args)),
        Command::Firmware(args) => Box::pin(operate::firmware::run(args)),
        Command::Health(args) => Box::pin(operate::health::run(args)),
        Command::Logs(args) => Box::pin(operate::logs::run(args)),
        Command::Sel(args) => Box::pin(operate::sel::run(args)),
        Command::Fru(args) => Box::pin(operate::fru::run(args)),
        Command::Channel(args) => Box::pin(operate::channel::run(args)),
        Command::Inventory(args) => Box::pin(operate::inventory::run(args)),
        Command::Identify(args) => Box::pin(operate::identify::run(args)),
        Command::Users(args) => Box::pin(operate::users::run(args)),
        Command::Bmc(args) => Box::pin(operate::bmc::run(args)),
        Command::Network(args) => Box::pin(operate::network::run(args)),
        Command::Console(args) => Box::pin(operate::console::run(args)),
        Command::Storage(args) => Box::pin(operate::storage::run(args)),
        Command::Lan(args) => Box::pin(operate::lan::run(args)),
        Command::Ipmi(args) => Box::pin(operate::ipmi::run(args)),
        Command::Certificate(args) => Box::pin(certificate::run(args)),
        Command::Keyring(args) => Box::pin(keyring::run(args)),
        Command::Sessions(args) => Box::pin(sessions::run(args)),
        Command::Raw(args) => Box::pin(operate::raw::run(args)),
        Command::Sol(args) => Box::pin(operate::sol::run(args)),
        Command::Oem(args) => Box::pin(oem::run(args)),
        Command::Schemas(args) => Box::pin(schemas::run(args)),
        Command::Check(args) => Box::pin(check::run(args)),
        Command::Validate(args) => Box::pin(validate::run(args)),
    }
}

/// Says on standard error what could not be done, and what caused it: `rosefish: a: b: c`.
fn failed(error: &anyhow::Error) -> ExitCode {
    if let Some(usage) = error.downcast_ref::<clap::Error>() {
        usage.exit();
    }
    // A reader that has gone (`| head`) is not a failure to report.
    if error.chain().filter_map(|cause| cause.downcast_ref::<std::io::Error>()).any(is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    say!("rosefish: {}", one_line(&format!("{error:#}")));
    ExitCode::FAILURE
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_told_with_all_causes_each_once() {
        let error = rosefish::Error::lost(std::io::Error::other("the cable is out"));
        assert_eq!(format!("{:#}", anyhow::Error::new(error)), "the connection broke: the cable is out");
    }

    #[test]
    fn the_command_line_is_consistent() {
        command().debug_assert();
    }

    #[test]
    fn each_command_says_what_it_is_for() {
        let mut abouts = std::collections::BTreeMap::new();
        for command in command().get_subcommands() {
            let about = command.get_about().expect("a command says what it is for").to_string();
            let other = abouts.insert(about, command.get_name().to_owned());
            assert_eq!(other, None, "{}", command.get_name());
        }
    }
}
