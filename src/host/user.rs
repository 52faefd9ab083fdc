//! The BMC's users. Changing them is left to either protocol's own client.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::reading::{finish, from_ipmi};
use super::route::Session;
use crate::error::Error;
use crate::resource::partial::Partial;
use crate::schema::ManagerAccount;
use crate::services::survey::Survey;

/// A user of a BMC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct User {
    /// Its identifier: of the account by Redfish, the number by IPMI.
    pub id: String,
    /// The name that it logs in with.
    pub name: String,
    /// Whether it may log in, where that is told.
    pub enabled: Option<bool>,
    /// Whether it is locked after too many wrong passwords, where that is told.
    pub locked: Option<bool>,
    /// What it may do: the role by Redfish, the privilege level on this channel by IPMI.
    pub role: Option<String>,
}

impl Host {
    /// The BMC's users, and those that could not be read; by IPMI, those that have a name.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell, or this user may not ask.
    pub async fn users(&self) -> Result<Outcome<Partial<User>>, Error> {
        self.read(Capability::Users, |session| Box::pin(users(session))).await
    }
}

async fn users(session: Session) -> Result<Partial<User>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let Partial { items: places, missing } = from_ipmi(bmc.users().await?);
            let users = places.into_iter().filter(|user| !user.name.is_empty()).map(|user| User {
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
                    let ManagerAccount { id, user_name, enabled, locked, role_id, .. } = account.into_value();
                    // A slot that no account is in.
                    let Some(name) = user_name.filter(|name| !name.is_empty()) else { continue };
                    users.push(User { id: id.unwrap_or_default(), name, enabled, locked, role: role_id });
                }
            }
            finish(users, survey.into_missing(), "the Redfish service shows no accounts")
        }
    }
}
