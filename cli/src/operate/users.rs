//! `rosefish users`: who may log in at a BMC, by either protocol.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use rosefish::host::{Host, Outcome, User, UserRole};
use secrecy::{ExposeSecret as _, SecretString};

use super::{On, Table, tell_list, user_access};
use crate::password::{NEW_PASSWORD_VARIABLE, typed};
use crate::terminal::say;

const EXAMPLES: &str = "\
Examples:
  rosefish users 10.0.0.7 --user root
  rosefish users add 10.0.0.7 monitor read-only --user root
  rosefish users password 10.0.0.7 monitor --user root
  rosefish users role 10.0.0.7 monitor operator --user root
  rosefish users test 10.0.0.7 monitor --user root        is it still the password?

Roles: administrator, operator, read-only (IPMI: administrator, operator, user), and whatever other roles the Redfish service has.
The new password, or the one to test, comes from ROSEFISH_NEW_PASSWORD or is asked for; it is never an argument.";

/// Show or change the users of a BMC
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct UsersArgs {
    #[command(subcommand)]
    verb: Verb,
}

/// What to do with the users.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Show them
    List(On),
    /// Add NAME with ROLE; the new password is asked for
    Add(RoleArgs),
    /// Change the password of NAME
    Password(NameArgs),
    /// Change what NAME may do to ROLE
    #[command(alias = "privilege")]
    Role(RoleArgs),
    /// Let NAME log in
    Enable(NameArgs),
    /// Don't let NAME log in
    Disable(NameArgs),
    /// Remove NAME
    Remove(NameArgs),
    /// Test whether a password is that of NAME, by IPMI; exit code 4 if it isn't
    Test(user_access::TestArgs),
    /// Show how many places for users there are, by IPMI
    Summary(On),
    /// Show by which ways users may come in on this channel, by IPMI
    Access(On),
}

#[derive(Debug, Args)]
struct NameArgs {
    #[command(flatten)]
    on: On,
    /// The user's name
    #[arg(value_name = "NAME")]
    name: String,
}

#[derive(Debug, Args)]
struct RoleArgs {
    #[command(flatten)]
    user: NameArgs,
    /// What the user may do
    #[arg(value_name = "ROLE")]
    role: UserRole,
}

/// A change of a user.
#[derive(Debug, Clone)]
enum Action {
    Add(UserRole),
    Password,
    Role(UserRole),
    Enable(bool),
    Remove,
}

pub(crate) async fn run(args: UsersArgs) -> anyhow::Result<ExitCode> {
    let (NameArgs { on, name }, action) = match args.verb {
        Verb::List(on) => return list(&on).await,
        Verb::Test(args) => return user_access::test(args).await,
        Verb::Summary(on) => return user_access::summary(&on).await,
        Verb::Access(on) => return user_access::access(&on).await,
        Verb::Add(RoleArgs { user, role }) => (user, Action::Add(role)),
        Verb::Role(RoleArgs { user, role }) => (user, Action::Role(role)),
        Verb::Password(user) => (user, Action::Password),
        Verb::Enable(user) => (user, Action::Enable(true)),
        Verb::Disable(user) => (user, Action::Enable(false)),
        Verb::Remove(user) => (user, Action::Remove),
    };
    let password = match action {
        Action::Add(_) | Action::Password => new_password(&name)?,
        _ => SecretString::default(),
    };
    let work = async |host: &Host| apply(host, action.clone(), &name, password).await;
    on.tell(work, |_, id| match (&action, id.as_str()) {
        (Action::Add(_), "") => format!("added {name}\n"),
        (Action::Add(_), id) => format!("added {name} as user {id}\n"),
        (Action::Remove, _) => format!("removed {name}\n"),
        (Action::Password, _) => format!("changed the password of {name}\n"),
        (Action::Role(_), _) => format!("changed the role of {name}\n"),
        (Action::Enable(true), _) => format!("enabled {name}\n"),
        (Action::Enable(false), _) => format!("disabled {name}\n"),
    })
    .await
}

async fn list(on: &On) -> anyhow::Result<ExitCode> {
    let found = on.with(async |host| host.users().await).await?;
    if found.value.iter().any(|user| user.is_anonymous() && user.enabled == Some(true)) {
        say!("warning: the anonymous user is enabled: anybody may be able to log in without a name");
    }
    tell_list(&found, on.json, table)
}

/// Does it, and gives the ID of a user that is new.
async fn apply(
    host: &Host,
    action: Action,
    name: &str,
    password: SecretString,
) -> Result<Outcome<String>, rosefish::Error> {
    let done = match action {
        Action::Add(role) => return Ok(host.create_user(name, password, role).await?.map(|user| user.id)),
        Action::Password => host.set_password(name, password).await?,
        Action::Role(role) => host.set_user_role(name, role).await?,
        Action::Enable(may) => host.enable_user(name, may).await?,
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
    let ask = |what: &str| typed(what.to_owned());
    let (once, again) = (ask(&format!("New password of {name}: "))?, ask("Again: ")?);
    if once.expose_secret() != again.expose_secret() {
        bail!("the two were not the same: nothing was changed");
    }
    Ok(once)
}

fn table(all: &[User]) -> Table {
    let mut table = Table::new(&["ID", "NAME", "ROLE", "STATE"]);
    for user in all {
        let name = if user.is_anonymous() { "(anonymous)".to_owned() } else { user.name.clone() };
        table.row([user.id.clone(), name, user.role.clone().unwrap_or_default(), state(user)]);
    }
    table
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
