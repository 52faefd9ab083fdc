//! The BMC's users. Changing them is left to either protocol's own client.

use serde::{Deserialize, Serialize};

use super::fault::Fault;
use super::machine::Host;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::Error;

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
    /// The BMC's users; by IPMI, those that have a name.
    ///
    /// # Errors
    ///
    /// Where no protocol can tell, or this user may not ask.
    pub async fn users(&self) -> Result<Outcome<Vec<User>>, Error> {
        self.read(Capability::Users, |session| Box::pin(users(session))).await
    }
}

async fn users(session: Session) -> Result<Vec<User>, Fault> {
    match session {
        Session::Ipmi(bmc) => {
            let places = bmc.users().await?.items.into_iter().filter(|user| !user.name.is_empty());
            let users = places.map(|user| User {
                id: user.id.to_string(),
                name: user.name,
                enabled: user.access.enabled,
                locked: None,
                role: user.access.privilege.map(|privilege| format!("{privilege:?}")),
            });
            Ok(users.collect())
        }
        Session::Redfish(service) => {
            let accounts = service.client.root().account_service().await?.accounts().members();
            let accounts: Vec<_> = accounts.try_collect().await?;
            let user = |account: crate::Resource<crate::schema::ManagerAccount>| {
                let account = account.into_value();
                User {
                    id: account.id.unwrap_or_default(),
                    name: account.user_name.unwrap_or_default(),
                    enabled: account.enabled,
                    locked: account.locked,
                    role: account.role_id,
                }
            };
            Ok(accounts.into_iter().map(user).filter(|user| !user.name.is_empty()).collect())
        }
    }
}
