//! `rosefish users`: who may log in at a BMC, by either protocol.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use rosefish::host::{Host, Outcome, User, UserRole};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Table, Target, tell, tell_list, wrong_usage};
use crate::terminal::say;

/// The variable that has the password of the user who is added or changed.
const NEW_PASSWORD_VARIABLE: &str = "ROSEFISH_NEW_PASSWORD";

const EXAMPLES: &str = "\
Examples:
  rosefish users 10.0.0.7 --user root
  rosefish users 10.0.0.7 add monitor read-only --user root
  rosefish users 10.0.0.7 password monitor --user root
  rosefish users 10.0.0.7 role monitor operator --user root

Roles: administrator, operator, read-only (IPMI: administrator, operator, user), and whatever other roles the Redfish service has.
The new password comes from ROSEFISH_NEW_PASSWORD or is asked for; it is never an argument.";

/// What to do with the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Show them
    List,
    /// Add NAME with ROLE; the new password is asked for
    Add,
    /// Change the password of NAME
    Password,
    /// Change what NAME may do to ROLE
    #[value(alias = "privilege")]
    Role,
    /// Let NAME log in
    Enable,
    /// Don't let NAME log in
    Disable,
    /// Remove NAME
    Remove,
}

/// Show or change the users of a BMC
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UsersArgs {
    #[command(flatten)]
    target: Target,
    /// What to do
    #[arg(value_name = "ACTION", default_value = "list", hide_default_value = true)]
    action: Action,
    /// Whom to change
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// What the user may do, for `add` and `role`
    #[arg(value_name = "ROLE")]
    role: Option<UserRole>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: UsersArgs) -> anyhow::Result<ExitCode> {
    let wants_role = matches!(args.action, Action::Add | Action::Role);
    let (action, name) = match (args.action, args.name, &args.role) {
        (Action::List, None, None) => {
            let found = args.target.with(async |host| host.users().await).await?;
            if found.value.iter().any(|user| user.is_anonymous() && user.enabled == Some(true)) {
                say!("warning: the anonymous user is enabled: anybody may be able to log in without a name");
            }
            return tell_list(&found, args.json, table);
        }
        (Action::List, ..) => wrong_usage("`list` takes no name"),
        (_, None, _) => wrong_usage("say whose, behind the action"),
        (_, Some(_), None) if wants_role => {
            wrong_usage("say administrator, operator, read-only or another role, behind the name")
        }
        (_, Some(_), Some(_)) if !wants_role => wrong_usage("this action takes no role"),
        (action, Some(name), _) => (action, name),
    };
    let password = match action {
        Action::Add | Action::Password => new_password(&name)?,
        _ => SecretString::default(),
    };
    let role = args.role.unwrap_or(UserRole::ReadOnly);
    let done = args.target.with(async |host| apply(host, action, &name, role, password).await).await?;
    tell(&done, args.json, |id| match (action, id.as_str()) {
        (Action::Add, "") => format!("added {name}\n"),
        (Action::Add, id) => format!("added {name} as user {id}\n"),
        (Action::Remove, _) => format!("removed {name}\n"),
        (Action::Password, _) => format!("changed the password of {name}\n"),
        (Action::Role, _) => format!("changed the role of {name}\n"),
        (Action::Enable, _) => format!("enabled {name}\n"),
        (Action::List | Action::Disable, _) => format!("disabled {name}\n"),
    })
}

/// Does it, and gives the ID of a user that is new.
async fn apply(
    host: &Host,
    action: Action,
    name: &str,
    role: UserRole,
    password: SecretString,
) -> Result<Outcome<String>, rosefish::Error> {
    let done = match action {
        Action::Add => return Ok(host.create_user(name, password, role).await?.map(|user| user.id)),
        Action::Password => host.set_password(name, password).await?,
        Action::Role => host.set_user_role(name, role).await?,
        Action::Enable => host.enable_user(name, true).await?,
        Action::List | Action::Disable => host.enable_user(name, false).await?,
        Action::Remove => host.delete_user(name).await?,
    };
    Ok(done.map(|()| String::new()))
}

fn new_password(name: &str) -> anyhow::Result<SecretString> {
    match std::env::var(NEW_PASSWORD_VARIABLE) {
        Ok(password) => return Ok(password.into()),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{NEW_PASSWORD_VARIABLE} is not UTF-8"),
        Err(std::env::VarError::NotPresent) => {}
    }
    if !std::io::stdin().is_terminal() {
        bail!("no new password for {name}: set {NEW_PASSWORD_VARIABLE} (there is no terminal to ask for it on)");
    }
    let ask = |what: &str| {
        let typed = rpassword::prompt_password(what).context("the password could not be read from the terminal")?;
        anyhow::Ok(SecretString::from(typed))
    };
    let (once, again) = (ask(&format!("New password of {name}: "))?, ask("Again: ")?);
    if once.expose_secret() != again.expose_secret() {
        bail!("the two were not the same: nothing was changed");
    }
    Ok(once)
}

fn table(all: &[User]) -> String {
    let mut table = Table::new(&["ID", "NAME", "ROLE", "STATE"]);
    for user in all {
        let name = if user.is_anonymous() { "(anonymous)".to_owned() } else { user.name.clone() };
        table.row([user.id.clone(), name, user.role.clone().unwrap_or_default(), state(user)]);
    }
    table.text()
}

fn state(user: &User) -> String {
    let enabled = match user.enabled {
        Some(true) => "enabled",
        Some(false) => "disabled",
        None => "",
    };
    let locked = if user.locked == Some(true) { ", locked" } else { "" };
    format!("{enabled}{locked}")
}
