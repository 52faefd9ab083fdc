//! `rosefish users test`, `summary` and `access`: what only IPMI says of users.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;
use rosefish::ipmi::command::session::PRESENT_CHANNEL;
use rosefish::ipmi::command::user::GetUserAccess;
use rosefish::ipmi::{PasswordTest, User};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::facts::{Facts, missing, named};
use super::{On, Table};
use crate::partial::FOUND;
use crate::password::{NEW_PASSWORD_VARIABLE, typed};

#[derive(Debug, Args)]
pub(super) struct TestArgs {
    #[command(flatten)]
    on: On,
    /// The user's name
    #[arg(value_name = "NAME")]
    name: String,
    /// Whether it is stored in 16 bytes, with which IPMI 1.5 works too, or in 20 [default: 16, and 20 for a longer password]
    #[arg(long, value_name = "N", value_parser = length)]
    bytes: Option<bool>,
}

/// Whether it is twenty.
fn length(text: &str) -> Result<bool, String> {
    match text {
        "16" => Ok(false),
        "20" => Ok(true),
        _ => Err("expected 16 or 20".to_owned()),
    }
}

fn password(name: &str) -> anyhow::Result<SecretString> {
    match std::env::var(NEW_PASSWORD_VARIABLE) {
        Ok(password) => Ok(password.into()),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{NEW_PASSWORD_VARIABLE} is not UTF-8"),
        Err(std::env::VarError::NotPresent) if std::io::stdin().is_terminal() => {
            Ok(typed(format!("Password of {name} to test: "))?)
        }
        Err(std::env::VarError::NotPresent) => {
            bail!("no password to test: set {NEW_PASSWORD_VARIABLE} (there is no terminal to ask for it on)")
        }
    }
}

pub(super) async fn test(args: TestArgs) -> anyhow::Result<ExitCode> {
    let TestArgs { on, name, bytes } = args;
    let target = on.by_ipmi()?;
    let password = password(&name)?;
    let long = bytes.unwrap_or(secrecy::ExposeSecret::expose_secret(&password).len() > 16);
    let found = target.with(async |bmc| {
        let Some(user) = bmc.user_named(&name).await? else {
            bail!("there is no user {name:?}: `users` shows who there is")
        };
        Ok(bmc.test_user_password_stored_in(user.id, password, long).await?)
    });
    let found = found.await?;
    let (word, text) = match found {
        PasswordTest::Right => ("right", format!("it is the password of {name}\n")),
        PasswordTest::OtherLength => {
            let other = if long { 16 } else { 20 };
            (
                "other-length",
                format!("the password of {name} is stored in {other} bytes: test it with --bytes {other}\n"),
            )
        }
        _ => ("wrong", format!("it is not the password of {name}\n")),
    };
    let code = target.tell(on.json, json!(word), &[], || text)?;
    Ok(if found == PasswordTest::Right { code } else { FOUND.into() })
}

pub(super) async fn summary(on: &On) -> anyhow::Result<ExitCode> {
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| {
        let access = bmc.send(&GetUserAccess { channel: PRESENT_CHANNEL, user: 1 }).await?;
        let mut found = Facts::default();
        found.put(named!({
            "places": access.most_users,
            "enabled": access.enabled_users,
            "fixed_names": access.fixed_names,
        }));
        Ok(found)
    });
    found.await?.tell(&target, on.json)
}

pub(super) async fn access(on: &On) -> anyhow::Result<ExitCode> {
    let target = on.by_ipmi()?;
    let found = target.with(async |bmc| Ok(bmc.users().await?)).await?;
    let missing = missing(found.missing);
    let is_shown = |user: &&User| !user.name.is_empty() || user.access.enabled == Some(true);
    let users: Vec<&User> = found.items.iter().filter(is_shown).collect();
    let all: Vec<Value> = users.iter().map(|user| to_json(user)).collect();
    target.tell(on.json, all.into(), &missing, || table(&users))
}

fn level(user: &User) -> String {
    user.access.privilege.map_or_else(|| "none".to_owned(), |level| format!("{level:?}").to_lowercase())
}

fn to_json(user: &User) -> Value {
    let access = &user.access;
    json!({
        "id": user.id.to_string(),
        "name": user.name,
        "enabled": access.enabled,
        "privilege": level(user),
        "ipmi_messaging": access.ipmi_messaging,
        "link_authentication": access.link_authentication,
        "callback_only": access.callback_only,
    })
}

fn table(all: &[&User]) -> Table {
    let mut table = Table::new(&["ID", "NAME", "STATE", "PRIVILEGE", "IPMI", "LINK", "CALLBACK ONLY"]);
    let word = |is_so: bool| if is_so { "yes" } else { "no" }.to_owned();
    for user in all {
        let access = &user.access;
        let state = match access.enabled {
            Some(true) => "enabled",
            Some(false) => "disabled",
            None => "",
        };
        let ways = [access.ipmi_messaging, access.link_authentication, access.callback_only].map(word);
        let name = if user.name.is_empty() { "(anonymous)".to_owned() } else { user.name.clone() };
        table.row([user.id.to_string(), name, state.to_owned(), level(user)].into_iter().chain(ways));
    }
    table
}
