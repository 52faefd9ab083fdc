//! UEFI Secure Boot: whether it is on, its keys, and its key databases. IPMI has none of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::every::{OfSystem, of_each};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::{Error, ErrorKind};
use crate::resource::Resource;
use crate::resource::edit::Committed;
use crate::resource::partial::Partial;
use crate::schema::SecureBoot;
use crate::schema::secure_boot::ResetKeysType;
use crate::services::read_back::{Seen, follow, read_back, seconds};

/// How long the change may take to show, and a task that brings it about.
const PATIENCE: Duration = Duration::from_secs(5);
const TASK: Duration = Duration::from_secs(120);

/// A database of keys, such as `db` or `PK`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SecureBootKeys {
    /// Its name: `PK`, `KEK`, `db`, `dbx` and so on.
    pub id: String,
    /// How many certificates are in it, where the service shows them.
    pub certificates: Option<usize>,
    /// How many signatures are in it, where the service shows them.
    pub signatures: Option<usize>,
}

/// How Secure Boot stands.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct SecureBootState {
    /// Whether it is on from the next start on.
    pub enabled: Option<bool>,
    /// Whether it was on at the last start, as the service spells it.
    pub last_start: Option<String>,
    /// The mode (`UserMode`, `SetupMode`), as the service spells it.
    pub mode: Option<String>,
    /// The key databases.
    pub databases: Partial<SecureBootKeys>,
}

/// What becomes of the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SecureBootReset {
    /// All keys are those of the factory.
    Defaults,
    /// All keys are gone.
    DeleteAll,
    /// The platform key is gone: setup mode.
    DeletePlatformKey,
}

impl Host {
    /// Returns how Secure Boot stands.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, the system has none, and where several systems could be meant.
    pub async fn secure_boot(&self) -> Result<Outcome<SecureBootState>, Error> {
        self.read(Capability::SecureBoot, |session| Box::pin(read(session))).await
    }

    /// Returns how Secure Boot stands, of each system that is meant.
    ///
    /// # Errors
    ///
    /// Where no system has it.
    pub async fn secure_boot_of_systems(&self) -> Result<Outcome<Partial<OfSystem<SecureBootState>>>, Error> {
        let read = |session| Box::pin(of_each(session, |one| Box::pin(read(one)))) as Running<_>;
        self.read(Capability::SecureBoot, read).await
    }

    /// Turns Secure Boot on or off, from the next start on, and reads it back: [`Outcome::unread`] says if the change is confirmed
    /// and does not show.
    ///
    /// # Errors
    ///
    /// Where the service refuses it.
    pub async fn enable_secure_boot(&self, enable: bool) -> Result<Outcome<()>, Error> {
        let patience = self.patience(PATIENCE);
        let operation = move |session| Box::pin(set(session, enable, patience)) as Running<_>;
        self.make(Capability::SecureBoot, operation, None).await
    }

    /// Resets the keys.
    ///
    /// # Errors
    ///
    /// Where the service has no such action, or refuses it.
    pub async fn reset_secure_boot_keys(&self, how: SecureBootReset) -> Result<Outcome<()>, Error> {
        let operation = move |session| Box::pin(reset(session, how)) as Running<_>;
        self.make(Capability::SecureBoot, operation, None).await
    }
}

async fn of(session: Session) -> Result<Resource<SecureBoot>, Fault> {
    match session {
        Session::Redfish(service) => Ok(service.system().await?.secure_boot().await?),
        Session::Ipmi(_) => Err(Fault::lacking("IPMI has no Secure Boot")),
    }
}

async fn read(session: Session) -> Result<SecureBootState, Fault> {
    let found = of(session).await?;
    let mut databases = found.secure_boot_databases().members().collect_all().await;
    databases.missing.retain(|missing| missing.error.kind() != ErrorKind::Missing);
    let mut items = Vec::new();
    for database in &databases.items {
        let certificates = database.certificates().get_opt().await?.map(|list| list.members.len());
        let signatures = database.signatures().get_opt().await?.map(|list| list.members.len());
        let id = database.database_id.clone().or_else(|| database.id.clone()).unwrap_or_default();
        items.push(SecureBootKeys { id, certificates, signatures });
    }
    Ok(SecureBootState {
        enabled: found.secure_boot_enable,
        last_start: found.secure_boot_current_boot.as_ref().map(|state| state.as_str().to_owned()),
        mode: found.secure_boot_mode.as_ref().map(|mode| mode.as_str().to_owned()),
        databases: Partial { items, missing: databases.missing },
    })
}

async fn set(session: Session, enable: bool, patience: Duration) -> Result<Made<()>, Fault> {
    let found = of(session).await?;
    if found.secure_boot_enable == Some(enable) {
        return Ok(Made::unseen((), Vec::new()));
    }
    let mut edit = found.edit();
    edit.secure_boot_enable = Some(enable);
    let sent = vec![format!("PATCH {}", edit.patch().body)];
    match edit.commit().await.map_err(Fault::of_change)? {
        Committed::Accepted(task) => follow(task, TASK).await.map_err(Fault::of_change)?,
        // It is taken down for the next start, and is not to be seen before that.
        Committed::Pending(_) => return Ok(Made::unseen((), sent)),
        Committed::Unchanged | Committed::Updated(_) | Committed::Confirmed(_) => {}
    }
    let look = || async {
        let now: Resource<SecureBoot> = found.client().get(found.uri()).await?;
        Ok(now.secure_boot_enable)
    };
    let unread = match read_back(patience, look, |now| *now == Some(enable)).await {
        Seen::AsWanted(_) => None,
        Seen::Otherwise(now) => {
            let now = now.map_or("does not show", |now| if now { "shows it enabled" } else { "shows it disabled" });
            let text = format!("the service {now}, for {}; some show it after the next start", seconds(patience));
            Some(Error::new(ErrorKind::NotInForce, text))
        }
        Seen::Unread(error) => Some(error),
    };
    Ok(Made { value: (), sent, unread })
}

async fn reset(session: Session, how: SecureBootReset) -> Result<Made<()>, Fault> {
    let found = of(session).await?;
    let word = match how {
        SecureBootReset::Defaults => ResetKeysType::ResetAllKeysToDefault,
        SecureBootReset::DeleteAll => ResetKeysType::DeleteAllKeys,
        SecureBootReset::DeletePlatformKey => ResetKeysType::DeletePK,
    };
    let sent = vec![format!("SecureBoot.ResetKeys {word}")];
    found.reset_keys(word).await.map_err(Fault::of_action)?;
    Ok(Made::unseen((), sent))
}
