//! What a job may contain. People who may submit jobs may operate machines, and nothing else: they don't control the computer that
//! a worker runs on, nor where it sends its passwords. So the commands are listed here, and options are refused that name files,
//! hold a secret, or say how to log in, by which protocol or whom to trust. Both ends check a job against this.

use clap::builder::ValueParser;
use clap::{Arg, ArgMatches};
use rosefish::wire::{is_secret, without_secrets};

/// The commands that workers carry out. The others use files, keyrings or terminals of the computer that they run on, ask for
/// passwords, run until they are stopped, or are for IPMI alone: a job doesn't choose the protocol for a host.
const COMMANDS: [&str; 71] = [
    "get",
    "set",
    "action",
    "power status",
    "power on",
    "power off",
    "power cycle",
    "power reset",
    "power nmi",
    "power policy",
    "power limit",
    "boot status",
    "boot once",
    "boot always",
    "boot clear",
    "boot http",
    "boot target",
    "boot next",
    "boot options",
    "boot order",
    "boot progress",
    "sensors list",
    "sensors get",
    "sensors threshold",
    "fans status",
    "fans mode",
    "controls list",
    "controls set",
    "metrics show",
    "metrics reports",
    "metrics definitions",
    "metrics triggers",
    "health",
    "logs show",
    "logs list",
    "logs clear",
    "sel list",
    "sel clear",
    "inventory",
    "bios get",
    "bios set",
    "bios pending",
    "bios reset",
    "bios secure-boot",
    "firmware list",
    "firmware update",
    "firmware start",
    "media list",
    "media insert",
    "media eject",
    "identify status",
    "identify on",
    "identify off",
    "users list",
    "users role",
    "users enable",
    "users disable",
    "users remove",
    "bmc info",
    "bmc reset",
    "network show",
    "network set",
    "storage list",
    "storage create",
    "storage initialise",
    "storage delete",
    "storage locate",
    "storage erase",
    "console list",
    "sessions list",
    "sessions end",
];

/// The heading of the options that say how a host is reached, and those of them that a job may contain.
const CONNECTION: &str = "Connection";
const OF_CONNECTION: [&str; 2] = ["timeout", "concurrency"];

/// Options that affect the worker's computer, or would send a password from its environment elsewhere.
const REFUSED: [(&str, &str); 10] = [
    ("protocol", "which protocol is spoken is what the worker's own hosts.toml says"),
    ("port", "how a host is reached is what the worker's own hosts.toml says"),
    ("privilege", "how a host is reached is what the worker's own hosts.toml says"),
    ("cipher_suite", "how a host is reached is what the worker's own hosts.toml says"),
    ("parallel", "each worker says how much it does at a time"),
    ("batch", "jobs are taken as workers are free"),
    ("pause", "jobs are taken as workers are free"),
    ("image_user", "the password would be that of the worker's environment"),
    ("listen", "it names an address of the computer that it runs on"),
    ("ansible", "it is about no host"),
];

/// Options that stay with the submitter: which inventory to read, how results are shown, and when it is too late.
const KEPT_HERE: [&str; 4] = ["inventory", "csv", "group_by", "deadline"];

/// Returns whether an argument stays with the submitter.
pub(super) fn stays(id: &str) -> bool {
    KEPT_HERE.contains(&id)
}

/// Returns why workers don't carry out this command, if they don't.
pub(super) fn refused(command: &str, leaf: &clap::Command, matches: &ArgMatches) -> Option<String> {
    if !COMMANDS.contains(&command) {
        return Some(format!(
            "workers don't carry out `{command}`: it is about the computer that it runs on, asks for a password, is IPMI's alone, or lasts"
        ));
    }
    if command == "get" && matches.get_flag("json") {
        return Some("`get --json` gives a body as it came, secrets and all: leave out --json".to_owned());
    }
    leaf.get_arguments().find_map(|arg| refused_argument(command, arg, matches))
}

fn refused_argument(command: &str, arg: &Arg, matches: &ArgMatches) -> Option<String> {
    let id = arg.get_id().as_str();
    if stays(id) || matches.value_source(id) != Some(clap::parser::ValueSource::CommandLine) {
        return None;
    }
    let shown = arg.get_long().map_or_else(|| id.to_uppercase(), |long| format!("--{long}"));
    let no = |why: &str| Some(format!("{shown} can't be in a job: {why}"));
    if let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == id) {
        return no(why);
    }
    if arg.get_help_heading() == Some(CONNECTION) && !OF_CONNECTION.contains(&id) {
        return no("how to log in, and whom to trust, is what the worker's own hosts.toml says");
    }
    if arg.get_value_parser().type_id() == ValueParser::path_buf().type_id() {
        return no("a file would be one of the computer that the worker runs on");
    }
    if !arg.get_action().takes_values() {
        return None;
    }
    if is_secret(id) {
        return no("it is a secret, which others could read on its way");
    }
    for value in matches.get_raw(id).into_iter().flatten() {
        let value = value.to_string_lossy();
        let name = value.split_once('=').map(|(name, _)| name.rsplit('/').next().unwrap_or(name));
        if name.is_some_and(is_secret) || without_secrets(&value) != value {
            return no("there is a secret in it, which others could read on its way");
        }
        // The worker would open it as a file.
        if command == "firmware update" && id == "image" && !value.contains("://") {
            return no("a file would be one of the computer that the worker runs on; name a URI that the BMC can read");
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::current::HOSTS;

    #[test]
    fn each_command_that_workers_carry_out_is_about_hosts() {
        let root = crate::command();
        for command in COMMANDS {
            let found = command.split(' ').try_fold(&root, |found, name| found.find_subcommand(name));
            let found = found.unwrap_or_else(|| panic!("there is no command {command}"));
            assert!(found.get_arguments().any(|arg| arg.get_id() == HOSTS), "{command}");
        }
    }
}
