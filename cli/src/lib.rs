//! The command line of rosefish: one module per command, and what they share: how a host is named ([`host`]) and how a
//! service is walked ([`walk`]). Whatever is about Redfish itself is the library's.

#![deny(clippy::print_stdout, clippy::print_stderr)]

mod certificate;
mod change;
mod check;
mod files;
mod get;
mod grammar;
pub mod host;
mod image;
mod ipmitool;
mod manual;
mod mistaken;
mod mock;
mod oem;
mod operate;
mod partial;
mod pretty;
mod record;
mod schema;
mod schemas;
mod service;
mod sessions;
mod terminal;
mod trace;
mod typed;
mod validate;
pub mod walk;

use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::terminal::{LookArgs, one_line, say};

const EXAMPLES: &str = "\
Examples:
  rosefish walk --demo                            see it work, without any hardware
  rosefish walk https://bmc --user root           what a BMC has
  rosefish get https://bmc/redfish/v1/Systems/1   one resource
  rosefish set bmc /redfish/v1/Systems/1 AssetTag=7   change a property; action invokes an action, vendors' as well
  rosefish power 10.0.0.7 --user root             is it on? Redfish, or IPMI where there is none
  rosefish power on 10.0.0.7 --user root          a noun, a verb and a host; with no verb, it is shown
  rosefish sensors 10.0.0.7 --user root           and health, boot, logs, sel, inventory, identify, bmc, users, network, storage, lan, console, sol
  rosefish media boot 10.0.0.7 install.iso --user root   start a machine from an image on this computer
  rosefish oem captured/                          what vendors add to the standard
  rosefish check captured/                        decode payloads from files
  rosefish validate https://bmc --user root       judge a service by the standard; payloads in files as well
  rosefish schema ComputerSystem/PowerState       what the schemas say of it
  rosefish schemas fetch bmc theirs/              the schemas that a service publishes; diff compares two folders
  rosefish record https://bmc captured/           a folder of payloads that the mock serves
  rosefish mock --port 8443                       a BMC to try things on

The password comes from ROSEFISH_PASSWORD or is asked for; it is never an argument.

Exit codes: 0 done; 1 not done, the last line says why; 2 wrong command line; 3 done in part: what could not be
read is named on standard error, and as `partial` in JSON; 4 something was found that was looked for (problems, differences);
130 interrupted.";

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
    Health(operate::health::HealthArgs),
    Logs(operate::logs::LogsArgs),
    Sel(operate::sel::SelArgs),
    #[command(visible_alias = "fru")]
    Inventory(operate::inventory::InventoryArgs),
    Bios(operate::bios::BiosArgs),
    Firmware(operate::firmware::FirmwareArgs),
    Media(operate::media::MediaArgs),
    Identify(operate::identify::IdentifyArgs),
    Users(operate::users::UsersArgs),
    Bmc(operate::bmc::BmcArgs),
    Network(operate::network::NetworkArgs),
    Storage(operate::storage::StorageArgs),
    Lan(operate::lan::LanArgs),
    Console(operate::console::ConsoleArgs),
    Certificate(certificate::CertificateArgs),
    Sessions(sessions::SessionsArgs),
    Raw(operate::raw::RawArgs),
    Sol(operate::sol::SolArgs),
    Oem(oem::OemArgs),
    Check(check::CheckArgs),
    Validate(validate::ValidateArgs),
    Schema(schema::SchemaArgs),
    Schemas(schemas::SchemasArgs),
    Record(record::RecordArgs),
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
    grammar::decorated(Arguments::command())
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
    let words = grammar::normalised(&command, words);
    let arguments = match Arguments::from_arg_matches(&command.get_matches_from(words)) {
        Ok(arguments) => arguments,
        Err(error) => error.exit(),
    };
    arguments.look.apply();
    trace::show(arguments.verbose);
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::Error::new(error).context("the program can't start its threads")),
    };
    let code = match runtime.block_on(dispatch(arguments.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    };
    runtime.block_on(host::logged_out());
    // What is left of the runtime ends now: a session of IPMI says so to its BMC. Whatever blocks a thread, a read of standard
    // input for example, is left behind.
    runtime.shutdown_timeout(RUNTIME_END);
    code
}

type Work = std::pin::Pin<Box<dyn Future<Output = anyhow::Result<ExitCode>>>>;

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    let run = async |work| host::uninterrupted(work).await.unwrap_or(Ok(host::INTERRUPTED.into()));
    match command {
        // These say themselves what an interrupt means: a table of what was seen, and the end of the service.
        Command::Walk(args) => walk::run(args).await,
        Command::Schema(args) => schema::run(args),
        Command::Record(args) => record::run(args).await,
        Command::Mock(args) => mock::run(args).await,
        Command::Media(args) => operate::media::run(args).await,
        Command::Completions(args) => manual::completions(args, crate::command()),
        Command::Man(args) => manual::pages(args, crate::command()),
        Command::Get(args) => run(Box::pin(get::run(args)) as Work).await,
        Command::Set(args) => run(Box::pin(change::set::run(args))).await,
        Command::Action(args) => run(Box::pin(change::action::run(args))).await,
        Command::Power(args) => run(Box::pin(operate::power::run(args))).await,
        Command::Boot(args) => run(Box::pin(operate::boot::run(args))).await,
        Command::Sensors(args) => run(Box::pin(operate::sensors::run(args))).await,
        Command::Bios(args) => run(Box::pin(operate::bios::run(args))).await,
        Command::Firmware(args) => run(Box::pin(operate::firmware::run(args))).await,
        Command::Health(args) => run(Box::pin(operate::health::run(args))).await,
        Command::Logs(args) => run(Box::pin(operate::logs::run(args))).await,
        Command::Sel(args) => run(Box::pin(operate::sel::run(args))).await,
        Command::Inventory(args) => run(Box::pin(operate::inventory::run(args))).await,
        Command::Identify(args) => run(Box::pin(operate::identify::run(args))).await,
        Command::Users(args) => run(Box::pin(operate::users::run(args))).await,
        Command::Bmc(args) => run(Box::pin(operate::bmc::run(args))).await,
        Command::Network(args) => run(Box::pin(operate::network::run(args))).await,
        Command::Console(args) => run(Box::pin(operate::console::run(args))).await,
        Command::Storage(args) => run(Box::pin(operate::storage::run(args))).await,
        Command::Lan(args) => run(Box::pin(operate::lan::run(args))).await,
        Command::Certificate(args) => run(Box::pin(certificate::run(args))).await,
        Command::Sessions(args) => run(Box::pin(sessions::run(args))).await,
        Command::Raw(args) => run(Box::pin(operate::raw::run(args))).await,
        Command::Sol(args) => run(Box::pin(operate::sol::run(args))).await,
        Command::Oem(args) => run(Box::pin(oem::run(args))).await,
        Command::Schemas(args) => run(Box::pin(schemas::run(args))).await,
        Command::Check(args) => run(Box::pin(check::run(args))).await,
        Command::Validate(args) => run(Box::pin(validate::run(args))).await,
    }
}

/// Says on standard error what could not be done, and what caused it: `rosefish: a: b: c`.
fn failed(error: &anyhow::Error) -> ExitCode {
    // A reader that has gone (`| head`) is no failure worth words.
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
}
