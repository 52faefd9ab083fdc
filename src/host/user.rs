//! The BMC's users: who they are, and making, changing and removing them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Reason, Running};
use super::machine::Host;
use super::made::Made;
use super::outcome::{AttemptPhase, Outcome};
use super::profile::Capability;
use super::reading::{finish, from_ipmi};
use super::route::{Look, Session};
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::ipmi::{self, Privilege};
use crate::resource::partial::Partial;
use crate::schema::ManagerAccount;
use crate::services;
use crate::services::survey::Survey;

/// How long a change of an account may take to show.
const PATIENCE: Duration = Duration::from_secs(5);

/// A user of a BMC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Its identifier: of the account by Redfish, the number by IPMI.
    pub id: String,
    /// The name that it logs in with. Empty for IPMI's anonymous user.
    pub name: String,
    /// Whether it may log in, where that is reported.
    pub enabled: Option<bool>,
    /// Whether it is locked after too many wrong passwords, where that is reported.
    pub locked: Option<bool>,
    /// What it may do: the role by Redfish, the privilege level on this channel by IPMI.
    pub role: Option<String>,
}

impl User {
    /// Returns whether anybody can log in as this user without a name.
    #[must_use]
    pub fn is_anonymous(&self) -> bool {
        self.name.is_empty()
    }
}

/// What a user may do.
///
/// ```
/// use rosefish::host::UserRole;
///
/// assert_eq!("operator".parse(), Ok(UserRole::Operator));
/// assert_eq!(UserRole::ReadOnly.to_string(), "ReadOnly");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserRole {
    /// Everything.
    Administrator,
    /// Everything but users and the BMC itself.
    Operator,
    /// Read; IPMI's level "User".
    ReadOnly,
    /// Another role, by the name that a Redfish service has for it.
    Other(String),
}

impl UserRole {
    /// IPMI's privilege level.
    fn privilege(&self) -> Result<Privilege, Fault> {
        Ok(match self {
            Self::Administrator => Privilege::Administrator,
            Self::Operator => Privilege::Operator,
            Self::ReadOnly => Privilege::User,
            Self::Other(name) => {
                let text = format!("IPMI has no role {name}; choose one of: Administrator, Operator, ReadOnly");
                return Err(Fault::inexpressible(text));
            }
        })
    }
}

impl fmt::Display for UserRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Administrator => "Administrator",
            Self::Operator => "Operator",
            Self::ReadOnly => "ReadOnly",
            Self::Other(name) => name,
        })
    }
}

impl FromStr for UserRole {
    type Err = std::convert::Infallible;

    /// Takes the standard's names and IPMI's in any case; anything else is [`Other`](Self::Other).
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "administrator" | "admin" => Self::Administrator,
            "operator" => Self::Operator,
            "readonly" | "read-only" | "user" => Self::ReadOnly,
            _ => Self::Other(name.to_owned()),
        })
    }
}

/// What is to be done to a user.
#[derive(Clone)]
enum Change {
    Create { password: SecretString, role: UserRole },
    Password(SecretString),
    Role(UserRole),
    Enabled(bool),
    Delete,
}

impl Change {
    /// Whether it is to be seen that it was made; none where that can't be seen.
    fn holds(&self, user: Option<&User>) -> Option<bool> {
        match self {
            // Whether it has the password and may log in is another matter: what is left over is not the user.
            Self::Create { .. } | Self::Password(_) => None,
            Self::Role(wanted) => match user?.role.as_deref()?.parse().ok()? {
                found if found == *wanted => Some(true),
                // A service may have another name for it.
                UserRole::Other(_) => None,
                _ => Some(false),
            },
            Self::Enabled(enabled) => user.and_then(|user| user.enabled).map(|found| found == *enabled),
            Self::Delete => Some(user.is_none()),
        }
    }
}

impl Host {
    /// Reads the BMC's users, and those that could not be read; by IPMI, those that have a name, and the anonymous one
    /// where it is enabled.
    ///
    /// # Errors
    ///
    /// If no protocol can say, or this user may not ask.
    pub async fn users(&self) -> Result<Outcome<Partial<User>>, Error> {
        self.read(Capability::Users, |session| Box::pin(users(session))).await
    }

    /// Adds a user who may log in. By Redfish an account is added to the collection, or takes an empty place where the service
    /// has a fixed number of them; by IPMI the first free place is filled. Returns the user as it was seen afterwards.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host, password: rosefish::secrecy::SecretString) -> Result<(), rosefish::Error> {
    /// use rosefish::host::UserRole;
    ///
    /// let user = host.create_user("monitor", password, UserRole::ReadOnly).await?.value;
    /// println!("{} is {:?}", user.id, user.role);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where there is such a user already or no such role ([`ErrorKind::NotAllowed`]), where it is refused (a password that is
    /// too simple, for example), and where the user is not as it was asked to be ([`ErrorKind::NotInForce`]).
    pub async fn create_user(
        &self,
        name: &str,
        password: impl Into<SecretString>,
        role: UserRole,
    ) -> Result<Outcome<User>, Error> {
        let done = self.change_user(name, Change::Create { password: password.into(), role }).await?;
        let name = name.to_owned();
        Ok(done.map(|user| user.unwrap_or(User { id: String::new(), name, enabled: None, locked: None, role: None })))
    }

    /// Sets a user's password. Where it is the user of this host's sessions, they continue with the new one by Redfish.
    ///
    /// # Errors
    ///
    /// Where there is no such user, where it is refused, and where the BMC says that it is another password.
    pub async fn set_password(&self, name: &str, password: impl Into<SecretString>) -> Result<Outcome<()>, Error> {
        Ok(self.change_user(name, Change::Password(password.into())).await?.map(drop))
    }

    /// Sets what a user may do.
    ///
    /// # Errors
    ///
    /// As [`create_user`](Self::create_user), and where there is no such user.
    pub async fn set_user_role(&self, name: &str, role: UserRole) -> Result<Outcome<()>, Error> {
        Ok(self.change_user(name, Change::Role(role)).await?.map(drop))
    }

    /// Sets whether a user may log in.
    ///
    /// # Errors
    ///
    /// Where there is no such user, where it is refused, and where it is otherwise afterwards.
    pub async fn enable_user(&self, name: &str, enabled: bool) -> Result<Outcome<()>, Error> {
        Ok(self.change_user(name, Change::Enabled(enabled)).await?.map(drop))
    }

    /// Removes a user: the account, or its name where the service has a fixed number of places.
    ///
    /// # Errors
    ///
    /// Where there is no such user, where it is refused, and where it is still there afterwards.
    pub async fn delete_user(&self, name: &str) -> Result<Outcome<()>, Error> {
        Ok(self.change_user(name, Change::Delete).await?.map(drop))
    }

    fn change_user(
        &self,
        name: &str,
        change: Change,
    ) -> impl Future<Output = Result<Outcome<Option<User>>, Error>> + Send {
        let (host, name, patience) = (self.clone(), name.to_owned(), self.patience(PATIENCE));
        Box::pin(async move {
            let (wanted, user) = (change.clone(), name.clone());
            // After an answer that was lost.
            let look = Arc::new(move |session| {
                let (wanted, user) = (wanted.clone(), user.clone());
                Box::pin(async move {
                    let found = users(session).await?;
                    let is_whole = found.is_whole();
                    let found = found.into_iter().find(|found| found.name == user);
                    match wanted.holds(found.as_ref()) {
                        Some(true) if is_whole || found.is_some() => Ok(Some(found)),
                        Some(false) => Ok(None),
                        _ => Err(Fault::inexpressible("whether the user was changed can't be read")),
                    }
                }) as Running<_>
            }) as Look<_>;
            let operation = move |session| {
                let (name, change) = (name.clone(), change.clone());
                Box::pin(async move {
                    match session {
                        Session::Redfish(service) => by_redfish(service.client, name, change, patience).await,
                        Session::Ipmi(bmc) => by_ipmi(bmc, name, change).await,
                    }
                }) as Running<_>
            };
            host.make(Capability::ChangeUsers, operation, Some(look)).await
        })
    }
}

async fn by_redfish(
    client: Client,
    name: String,
    change: Change,
    patience: Duration,
) -> Result<Made<Option<User>>, Fault> {
    if let Change::Create { password, role } = &change {
        let made = services::user::create(&client, &name, password, &role.to_string(), patience).await;
        let made = made.map_err(of_account_change)?;
        let sent = format!("a new ManagerAccount at {}", made.uri());
        return Ok(Made::unseen(of_account(made.into_value()), vec![sent]));
    }
    let account = services::user::named(&client, &name).await.map_err(of_account_change)?;
    let sent = vec![format!("{} of {}", change.words(), account.uri())];
    let user = match change {
        Change::Create { .. } => None,
        Change::Password(password) => {
            services::user::set_password(&account, &password, patience).await.map_err(of_account_change)?;
            None
        }
        Change::Role(role) => {
            let role = role.to_string();
            let done = services::user::change(&account, Some(&role), None, patience).await;
            of_account(done.map_err(of_account_change)?.into_value())
        }
        Change::Enabled(enabled) => {
            let done = services::user::change(&account, None, Some(enabled), patience).await;
            of_account(done.map_err(of_account_change)?.into_value())
        }
        Change::Delete => {
            services::user::delete(account, &name, patience).await.map_err(of_account_change)?;
            None
        }
    };
    Ok(Made::unseen(user, sent))
}

/// A name that is wrong is wrong by the other protocol as well.
fn of_account_change(error: Error) -> Fault {
    match error.kind() {
        ErrorKind::NotAllowed if error.uri().is_none() => {
            Fault { phase: AttemptPhase::Ask, reason: Reason::Final, error }
        }
        _ => Fault::of_action(error),
    }
}

impl Change {
    fn words(&self) -> &'static str {
        match self {
            Self::Create { .. } => "creation",
            Self::Password(_) => "Password",
            Self::Role(_) => "RoleId",
            Self::Enabled(_) => "Enabled",
            Self::Delete => "removal",
        }
    }
}

async fn by_ipmi(bmc: ipmi::Client, name: String, change: Change) -> Result<Made<Option<User>>, Fault> {
    if let Change::Create { password, role } = &change {
        let privilege = role.privilege()?;
        let id = bmc.add_user(&name, password.clone(), privilege).await?;
        let role = Some(format!("{privilege:?}"));
        let user = User { id: id.to_string(), name, enabled: Some(true), locked: None, role };
        return Ok(Made::unseen(Some(user), vec!["Set User Name, Password and Access".to_owned()]));
    }
    let Some(user) = bmc.user_named(&name).await? else {
        let names: Vec<_> =
            bmc.users().await?.items.into_iter().map(|user| user.name).filter(|name| !name.is_empty()).collect();
        let text = format!("there is no user {name:?}; there are: {}", names.join(", "));
        return Err(Fault::refused(text));
    };
    let sent = match change {
        Change::Create { .. } => "",
        Change::Password(password) => {
            bmc.set_user_password(user.id, password).await?;
            "Set User Password"
        }
        Change::Role(role) => {
            bmc.set_user_privilege(user.id, Some(role.privilege()?)).await?;
            "Set User Access"
        }
        Change::Enabled(enabled) => {
            bmc.enable_user(user.id, enabled).await?;
            if enabled { "Set User Password (enable)" } else { "Set User Password (disable)" }
        }
        Change::Delete => {
            bmc.remove_user(user.id).await?;
            "Set User Name to none"
        }
    };
    Ok(Made::unseen(None, vec![sent.to_owned()]))
}

async fn users(session: Session) -> Result<Partial<User>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let Partial { items: places, missing } = from_ipmi(bmc.users().await?);
            // Many BMCs say that a place without a name is enabled, and let nobody in by it.
            let is_shown = |user: &ipmi::User| {
                let may_enter = user.access.enabled == Some(true) && user.access.ipmi_messaging;
                !user.name.is_empty() || (user.id == 1 && may_enter && user.access.privilege.is_some())
            };
            let users = places.into_iter().filter(is_shown).map(|user| User {
                id: user.id.to_string(),
                name: user.name,
                enabled: user.access.enabled,
                locked: None,
                role: user.access.privilege.map(|privilege| format!("{privilege:?}")),
            });
            finish(users.collect(), missing, "no user of the BMC has a name")
        }
        Session::Redfish(service) => {
            let mut survey = Survey::of(&service.client);
            let mut users = Vec::new();
            if let Some(accounts) = survey.one(&survey.root(), "AccountService").await {
                for account in survey.members(&accounts, "Accounts").await {
                    let Ok(account) = account.typed::<ManagerAccount>() else { continue };
                    users.extend(of_account(account.into_value()));
                }
            }
            finish(users, survey.into_missing(), "the Redfish service shows no accounts")
        }
    }
}

/// None for a slot that no account is in.
fn of_account(account: ManagerAccount) -> Option<User> {
    let ManagerAccount { id, user_name, enabled, locked, role_id, .. } = account;
    let name = user_name.filter(|name| !name.is_empty())?;
    Some(User { id: id.unwrap_or_default(), name, enabled, locked, role: role_id })
}
