//! `rosefish keyring`: passwords in the keyring of the operating system, for `--keyring`. None is shown.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::host::split_url;
use crate::operate::print;
use crate::service::Service;
use crate::stored_password;

const EXAMPLES: &str = "\
Examples:
  rosefish keyring set 10.0.0.7 --user root          ask for the password, and store it
  rosefish keyring set @cluster --yes                of each host, with the user and the password-command of its inventory
  rosefish power 10.0.0.7 --user root --keyring      log in with what is stored
  rosefish keyring forget 10.0.0.7 --user root

On Linux it is the kernel's keyring, which keeps a password until it was not used for three days, or the system restarts. On macOS it
is the Keychain, on Windows the Credential Manager.";

/// Store the passwords of hosts in the system's keyring, for --keyring
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct KeyringArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show whether a password is stored
    Status(On),
    /// Store a password: that of the environment, a file or a command, or one that is asked for
    Set(On),
    /// Remove a stored password
    Forget(On),
}

#[derive(Debug, Args)]
struct On {
    #[command(flatten)]
    service: Service,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: KeyringArgs) -> anyhow::Result<ExitCode> {
    let (Verb::Status(on) | Verb::Set(on) | Verb::Forget(on)) = &args.verb;
    let Service { address, host } = &on.service;
    let (origin, _) = split_url(address)?;
    let (name, user) = (host.name(origin), host.named_user()?);
    let (is_stored, text) = match &args.verb {
        Verb::Status(_) => match stored_password::has(name, user).await? {
            true => (true, "stored".to_owned()),
            false => (false, "not stored".to_owned()),
        },
        Verb::Set(_) => {
            stored_password::set(name, user, host.password_to_store(origin).await?).await?;
            (true, format!("stored the password of {user}"))
        }
        Verb::Forget(_) => {
            anyhow::ensure!(
                stored_password::forget(name, user).await?,
                "the keyring has no password of {user} at {name}"
            );
            (false, format!("removed the password of {user}"))
        }
    };
    match on.json {
        true => print(&format!("{:#}\n", json!({ "host": name, "user": user, "stored": is_stored }))),
        false => print(&format!("{text}\n")),
    }
}
