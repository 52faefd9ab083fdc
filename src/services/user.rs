//! Accounts by user name: finding, creating, changing and deleting them, in whichever way the service keeps them, with
//! the result verified.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::read_back::{Seen, follow, read_back};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::create::Created;
use crate::resource::edit::{Committed, Edit};
use crate::resource::partial::Partial;
use crate::schema::privileges::PrivilegeType;
use crate::schema::{AccountService, ManagerAccount, Role};

/// The standard's roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StandardRole {
    Administrator,
    Operator,
    ReadOnly,
}

impl StandardRole {
    pub(crate) const ALL: [(Self, &'static str); 3] =
        [(Self::Administrator, "Administrator"), (Self::Operator, "Operator"), (Self::ReadOnly, "ReadOnly")];

    /// Returns whether a role has the same privileges: some services name their roles differently.
    fn is_role(self, role: &Role) -> bool {
        let may = |privilege: PrivilegeType| role.assigned_privileges.contains(&privilege);
        let (users, manager) = (may(PrivilegeType::ConfigureUsers), may(PrivilegeType::ConfigureManager));
        let components = may(PrivilegeType::ConfigureComponents);
        may(PrivilegeType::Login)
            && match self {
                Self::Administrator => users && manager && components,
                Self::Operator => components && !users && !manager,
                Self::ReadOnly => !users && !manager && !components,
            }
    }
}

async fn service(client: &Client) -> Result<Resource<AccountService>, Error> {
    client.root().account_service().await
}

async fn accounts(client: &Client) -> Result<Partial<Resource<ManagerAccount>>, Error> {
    Ok(service(client).await?.accounts().members().collect_all().await)
}

/// Finds the account of a user; `None` if there is none.
///
/// # Errors
///
/// Also if it is not among those that could be read, and others could not be read.
pub(crate) async fn find(client: &Client, name: &str) -> Result<Option<Resource<ManagerAccount>>, Error> {
    let Partial { items, mut missing } = accounts(client).await?;
    match items.into_iter().find(|account| account.user_name.as_deref() == Some(name)) {
        None if missing.is_empty() => Ok(None),
        None => Err(missing.swap_remove(0).error),
        found => Ok(found),
    }
}

/// Like [`find`], for a user that must exist.
pub(crate) async fn named(client: &Client, name: &str) -> Result<Resource<ManagerAccount>, Error> {
    let Partial { items, mut missing } = accounts(client).await?;
    let names: Vec<_> =
        items.iter().filter_map(|account| account.user_name.clone()).filter(|name| !name.is_empty()).collect();
    match items.into_iter().find(|account| account.user_name.as_deref() == Some(name)) {
        Some(found) => Ok(found),
        None if missing.is_empty() => {
            let text = format!("there is no user {name:?}; there are: {}", names.join(", "));
            Err(Error::new(ErrorKind::NotAllowed, text))
        }
        None => Err(missing.swap_remove(0).error),
    }
}

/// Returns the service's `RoleId` for a role: by name, else the only role with the same privileges.
///
/// # Errors
///
/// If the service lists its roles, and none has the name or the privileges: the error lists those that exist.
pub(crate) async fn role_id(client: &Client, wanted: &str) -> Result<String, Error> {
    let standard = StandardRole::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted)).map(|(role, _)| *role);
    let found = service(client).await?.roles().members().collect_all().await;
    let id = |role: &Resource<Role>| role.role_id.clone().or(role.id.clone()).filter(|id| !id.is_empty());
    let is_called = |role: &&Resource<Role>| {
        let names = [role.role_id.as_deref(), role.id.as_deref(), role.name.as_deref()];
        names.iter().flatten().any(|name| name.eq_ignore_ascii_case(wanted))
    };
    if let Some(role) = found.iter().find(is_called).and_then(id) {
        return Ok(role);
    }
    if let Some(standard) = standard {
        let mut alike = found.iter().filter(|role| standard.is_role(role)).filter_map(id);
        if let (Some(only), None) = (alike.next(), alike.next()) {
            return Ok(only);
        }
    }
    let names: Vec<_> = found.iter().filter_map(id).collect();
    if names.is_empty() || !found.is_whole() {
        // The service will refuse the role if it doesn't know it.
        return Ok(wanted.to_owned());
    }
    let text = format!("this service has no role {wanted}; choose one of: {}", names.join(", "));
    Err(Error::new(ErrorKind::NotAllowed, text))
}

/// Creates an enabled account, and verifies that it is as requested.
///
/// # Errors
///
/// If the name is taken, if the service refuses, and if the account differs from what was requested.
pub(crate) async fn create(
    client: &Client,
    name: &str,
    password: &SecretString,
    role: &str,
    within: Duration,
) -> Result<Resource<ManagerAccount>, Error> {
    if find(client, name).await?.is_some() {
        return Err(Error::new(ErrorKind::NotAllowed, format!("there is a user {name:?} already")));
    }
    let role = role_id(client, role).await?;
    let member = ManagerAccount {
        user_name: Some(name.to_owned()),
        password: Some(password.expose_secret().to_owned()),
        role_id: Some(role.clone()),
        enabled: Some(true),
        ..ManagerAccount::default()
    };
    let collection = service(client).await?.accounts().await?;
    match collection.create(&member).await? {
        Created::Accepted(task) => follow(task, within).await?,
        Created::Resource(_) | Created::Confirmed(_) => {}
    }
    let client = client.clone();
    let look = || async {
        let found = find(&client, name).await?;
        found.ok_or_else(|| Error::new(ErrorKind::NotFound, format!("there is no user {name:?} afterwards")))
    };
    let is_wanted = |account: &Resource<ManagerAccount>| differs(account, Some(&role), Some(true)).is_none();
    as_wanted(read_back(within, look, is_wanted).await, "made the account", |account| {
        differs(account, Some(&role), Some(true))
    })
}

/// Changes the given properties of an account, and verifies them.
///
/// # Errors
///
/// If the service refuses, and if the account shows something else.
pub(crate) async fn change(
    account: &Resource<ManagerAccount>,
    role: Option<&str>,
    enabled: Option<bool>,
    within: Duration,
) -> Result<Resource<ManagerAccount>, Error> {
    let role = match role {
        Some(role) => Some(role_id(account.client(), role).await?),
        None => None,
    };
    let mut edit = account.edit();
    edit.role_id = role.clone().or_else(|| account.role_id.clone());
    edit.enabled = enabled.or(account.enabled);
    send(edit, within).await?;
    let look = || async { account.client().get::<ManagerAccount>(account.uri()).await };
    let is_wanted = |account: &Resource<ManagerAccount>| differs(account, role.as_deref(), enabled).is_none();
    as_wanted(read_back(within, look, is_wanted).await, "changed the account", |account| {
        differs(account, role.as_deref(), enabled)
    })
}

/// Sets the password of an account. Passwords can't be read back.
///
/// # Errors
///
/// If the service refuses.
pub(crate) async fn set_password(
    account: &Resource<ManagerAccount>,
    password: &SecretString,
    within: Duration,
) -> Result<(), Error> {
    let mut edit = account.edit();
    edit.password = Some(password.expose_secret().to_owned());
    send(edit, within).await
}

async fn send(edit: Edit<ManagerAccount>, within: Duration) -> Result<(), Error> {
    match edit.commit().await? {
        Committed::Accepted(task) => follow(task, within).await,
        Committed::Unchanged | Committed::Updated(_) | Committed::Pending(_) | Committed::Confirmed(_) => Ok(()),
    }
}

/// Deletes an account, and verifies that it is gone.
///
/// # Errors
///
/// If the service refuses, and if the account still has its name afterwards.
pub(crate) async fn delete(account: Resource<ManagerAccount>, name: &str, within: Duration) -> Result<(), Error> {
    let (client, uri) = (account.client().clone(), account.uri().to_owned());
    if let Some(task) = account.delete().await?.task {
        follow(task, within).await?;
    }
    let look = || async {
        match client.get::<ManagerAccount>(&uri).await {
            Ok(account) => Ok(account.user_name.as_deref() != Some(name)),
            Err(error) if error.is_not_found() => Ok(true),
            Err(error) => Err(error),
        }
    };
    match read_back(within, look, |gone| *gone).await {
        Seen::Otherwise(_) => {
            let text = format!("the service confirmed that {name} was removed, but the account is still there");
            Err(Error::new(ErrorKind::NotInForce, text).at("DELETE", &uri))
        }
        // A confirmed change counts as done if it can't be read.
        Seen::AsWanted(_) | Seen::Unread(_) => Ok(()),
    }
}

/// Describes how an account differs from what was requested.
fn differs(account: &ManagerAccount, role: Option<&str>, enabled: Option<bool>) -> Option<String> {
    let mut other = Vec::new();
    if let (Some(role), Some(found)) = (role, account.role_id.as_deref())
        && !role.eq_ignore_ascii_case(found)
    {
        other.push(format!("its role is {found}"));
    }
    if let (Some(enabled), Some(found)) = (enabled, account.enabled)
        && enabled != found
    {
        other.push(format!("it is {}", if found { "enabled" } else { "disabled" }));
    }
    (!other.is_empty()).then(|| other.join(" and "))
}

fn as_wanted(
    seen: Seen<Resource<ManagerAccount>>,
    done: &str,
    differs: impl Fn(&ManagerAccount) -> Option<String>,
) -> Result<Resource<ManagerAccount>, Error> {
    match seen {
        Seen::AsWanted(account) => Ok(account),
        Seen::Otherwise(account) => {
            let how = differs(&account).unwrap_or_default();
            let text = format!("the service confirmed that it {done}, but {how}");
            Err(Error::new(ErrorKind::NotInForce, text).at("GET", account.uri()))
        }
        Seen::Unread(error) => {
            let text = format!("the service confirmed that it {done}, but the account could not be read");
            Err(Error::new(ErrorKind::NotInForce, text).with_source(error))
        }
    }
}
