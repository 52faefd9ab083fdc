//! What a machine does when its power returns.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::every::{OfSystem, every};
use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::{Confirmed, Made};
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::{Look, Session};
use crate::error::{Error, ErrorKind};
use crate::ipmi::command::chassis::{PowerRestorePolicy as IpmiPolicy, SetPowerRestorePolicy};
use crate::resource::partial::Partial;
use crate::schema::ComputerSystem;
use crate::schema::computer_system::PowerRestorePolicyTypes;
use crate::services::power;

/// How long a policy may take to show.
const PATIENCE: Duration = Duration::from_secs(5);

/// What a machine does when its power supply gets power again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PowerRestorePolicy {
    /// It turns on.
    AlwaysOn,
    /// It stays off.
    AlwaysOff,
    /// It is what it was before.
    LastState,
}

impl fmt::Display for PowerRestorePolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AlwaysOn => "always on",
            Self::AlwaysOff => "always off",
            Self::LastState => "last state",
        })
    }
}

impl PowerRestorePolicy {
    fn redfish(self) -> PowerRestorePolicyTypes {
        match self {
            Self::AlwaysOn => PowerRestorePolicyTypes::AlwaysOn,
            Self::AlwaysOff => PowerRestorePolicyTypes::AlwaysOff,
            Self::LastState => PowerRestorePolicyTypes::LastState,
        }
    }

    fn ipmi(self) -> IpmiPolicy {
        match self {
            Self::AlwaysOn => IpmiPolicy::AlwaysOn,
            Self::AlwaysOff => IpmiPolicy::AlwaysOff,
            Self::LastState => IpmiPolicy::Previous,
        }
    }
}

impl Host {
    /// Returns what each system that is meant does when its power returns.
    ///
    /// # Errors
    ///
    /// Where no protocol has it of any.
    pub async fn power_restore_policies(&self) -> Result<Outcome<Partial<OfSystem<PowerRestorePolicy>>>, Error> {
        self.read(Capability::PowerRestore, |session| Box::pin(policies(session))).await
    }

    /// Sets what the system does when its power returns, and reads it back.
    ///
    /// ```no_run
    /// # async fn example(host: rosefish::host::Host) -> Result<(), rosefish::Error> {
    /// use rosefish::host::PowerRestorePolicy;
    ///
    /// host.set_power_restore_policy(PowerRestorePolicy::LastState).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where it is refused, no protocol can do it, several systems could be meant, or it is another one afterwards
    /// ([`ErrorKind::NotInForce`]).
    pub async fn set_power_restore_policy(
        &self,
        policy: PowerRestorePolicy,
    ) -> Result<Outcome<PowerRestorePolicy>, Error> {
        let patience = self.patience(PATIENCE);
        let look = Arc::new(move |session| {
            Box::pin(async move { Ok(Some(one(session).await?).filter(|found| *found == policy)) }) as Running<_>
        }) as Look<_>;
        let operation = move |session| Box::pin(set(session, policy, patience)) as Running<_>;
        self.make(Capability::PowerRestore, operation, Some(look)).await
    }
}

fn of_system(system: &ComputerSystem) -> Result<PowerRestorePolicy, Error> {
    Ok(match &system.power_restore_policy {
        Some(PowerRestorePolicyTypes::AlwaysOn) => PowerRestorePolicy::AlwaysOn,
        Some(PowerRestorePolicyTypes::AlwaysOff) => PowerRestorePolicy::AlwaysOff,
        Some(PowerRestorePolicyTypes::LastState) => PowerRestorePolicy::LastState,
        Some(other) => {
            let text = format!("PowerRestorePolicy is {other}, which no standard knows");
            return Err(Error::new(ErrorKind::Missing, text));
        }
        None => return Err(Error::new(ErrorKind::Missing, "the system does not show its PowerRestorePolicy")),
    })
}

async fn of_ipmi(bmc: &crate::ipmi::Client) -> Result<PowerRestorePolicy, Fault> {
    match bmc.chassis_status().await?.restore_policy {
        IpmiPolicy::AlwaysOn => Ok(PowerRestorePolicy::AlwaysOn),
        IpmiPolicy::AlwaysOff => Ok(PowerRestorePolicy::AlwaysOff),
        IpmiPolicy::Previous => Ok(PowerRestorePolicy::LastState),
        _ => Err(Fault::lacking("the BMC does not know what happens when power returns")),
    }
}

async fn one(session: Session) -> Result<PowerRestorePolicy, Fault> {
    match session {
        Session::Ipmi(bmc) => of_ipmi(&bmc).await,
        Session::Redfish(service) => Ok(of_system(&*service.system().await?)?),
    }
}

async fn policies(session: Session) -> Result<Partial<OfSystem<PowerRestorePolicy>>, Fault> {
    match session {
        Session::Ipmi(bmc) => Ok(OfSystem::only(of_ipmi(&bmc).await?)),
        Session::Redfish(service) => every(&service, async |system| of_system(&system)).await,
    }
}

async fn set(
    session: Session,
    policy: PowerRestorePolicy,
    patience: Duration,
) -> Result<Made<PowerRestorePolicy>, Fault> {
    let sent = match &session {
        Session::Ipmi(bmc) => {
            bmc.send(&SetPowerRestorePolicy(policy.ipmi())).await?;
            format!("Set Power Restore Policy {:?}", policy.ipmi())
        }
        Session::Redfish(service) => {
            let system = service.system().await?;
            // What it doesn't show it doesn't have.
            of_system(&system)?;
            let done = power::set_restore_policy(&system, policy.redfish(), patience).await;
            done.map_err(Fault::of_action)?;
            format!("PowerRestorePolicy {}", policy.redfish())
        }
    };
    let look = move || Box::pin(one(session.clone())) as Running<_>;
    let otherwise = |found| Err(format!("asked for {policy}; still {found}"));
    let asked = Confirmed { asked: policy, sent: vec![sent], patience };
    asked.seen(look, move |found| *found == policy, otherwise).await
}
