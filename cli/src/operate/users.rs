//! `rosefish users`: who may log in at a BMC. Showing them works by either protocol; changing them by IPMI.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, ValueEnum};
use rosefish::host::User;
use rosefish::ipmi::{Client, Privilege};
use secrecy::{ExposeSecret as _, SecretString};

use super::{PrivilegeName, Table, Target, print, tell_list, wrong_usage};

/// The variable that has the password of the user who is added or changed.
const NEW_PASSWORD_VARIABLE: &str = "ROSEFISH_NEW_PASSWORD";

const EXAMPLES: &str = "\
Examples:
  rosefish users 10.0.0.7 --user root
  rosefish users 10.0.0.7 add monitor user --user root
  rosefish users 10.0.0.7 password monitor --user root
  rosefish users 10.0.0.7 privilege monitor operator --user root

The new password comes from ROSEFISH_NEW_PASSWORD or is asked for; it is never an argument.";

/// What to do with the users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Show them
    List,
    /// Add NAME with LEVEL; the new password is asked for
    Add,
    /// Change the password of NAME
    Password,
    /// Change what NAME may do to LEVEL
    Privilege,
    /// Let NAME log in
    Enable,
    /// Don't let NAME log in
    Disable,
    /// Remove NAME
    Remove,
}

/// Show or change the users of a BMC
///
/// They are changed by IPMI; showing them works by Redfish as well.
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
    /// The privilege level, for `add` and `privilege`
    #[arg(value_name = "LEVEL")]
    level: Option<PrivilegeName>,
    /// Tell it as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: UsersArgs) -> anyhow::Result<ExitCode> {
    let wants_level = matches!(args.action, Action::Add | Action::Privilege);
    let change = match (args.action, args.name, args.level) {
        (Action::List, None, None) => None,
        (Action::List, ..) => wrong_usage("`list` takes no name"),
        (_, None, _) => wrong_usage("say whose, behind the action"),
        (_, Some(_), None) if wants_level => wrong_usage("say user, operator or administrator, behind the name"),
        (_, Some(_), Some(_)) if !wants_level => wrong_usage("this action takes no privilege level"),
        (action, Some(name), level) => Some((action, name, level.map(PrivilegeName::privilege))),
    };
    let Some((action, name, level)) = change else {
        let found = args.target.with(async |host| host.users().await).await?;
        return tell_list(&found, args.json, table);
    };
    let password = match action {
        Action::Add | Action::Password => Some(new_password(&name)?),
        _ => None,
    };
    let target = args.target.ipmi_alone("users are changed by IPMI alone")?;
    let done = target.with(async |bmc| apply(bmc, action, &name, level, password).await).await?;
    if args.json {
        return print(&format!("{}\n", serde_json::json!({ "id": done.to_string(), "name": name })));
    }
    let done = match action {
        Action::Add => format!("added {name} as user {done}"),
        Action::Remove => format!("removed {name}"),
        Action::Password => format!("changed the password of {name}"),
        Action::Privilege => format!("changed the privilege level of {name}"),
        Action::Enable => format!("enabled {name}"),
        Action::List | Action::Disable => format!("disabled {name}"),
    };
    print(&format!("{done}\n"))
}

/// Does it, and gives the ID of the user that it was done to.
async fn apply(
    bmc: &Client,
    action: Action,
    name: &str,
    level: Option<Privilege>,
    password: Option<SecretString>,
) -> anyhow::Result<u8> {
    if let (Action::Add, Some(level), Some(password)) = (action, level, password.clone()) {
        return Ok(bmc.add_user(name, password, level).await?);
    }
    let found = bmc.user_named(name).await?;
    let user = found.ok_or_else(|| anyhow!("the BMC has no user {name:?}: without an action, they are shown"))?.id;
    match (action, password) {
        (Action::Password, Some(password)) => bmc.set_user_password(user, password).await?,
        (Action::Privilege, _) => bmc.set_user_privilege(user, level).await?,
        (Action::Enable, _) => bmc.enable_user(user, true).await?,
        (Action::Disable, _) => bmc.enable_user(user, false).await?,
        (Action::Remove, _) => bmc.remove_user(user).await?,
        (Action::List | Action::Add | Action::Password, _) => {}
    }
    Ok(user)
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
        table.row([user.id.clone(), user.name.clone(), user.role.clone().unwrap_or_default(), state(user)]);
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
