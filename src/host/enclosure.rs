//! Resets of a chassis: an enclosure with all that is in it.

use super::fault::{Fault, Running};
use super::machine::Host;
use super::made::Made;
use super::outcome::Outcome;
use super::profile::Capability;
use super::route::Session;
use crate::error::Error;
use crate::schema::resource::ResetType;
use crate::services::power;

impl Host {
    /// Resets a chassis, with the systems in it, by one of the words that it takes. Returns the `Id` of the chassis.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), rosefish::Error> {
    /// use rosefish::Credentials;
    /// use rosefish::host::Host;
    /// use rosefish::schema::resource::ResetType;
    ///
    /// let enclosure = Host::builder("10.0.0.7").credentials(Credentials::new("root", "secret")).chassis("Enclosure");
    /// enclosure.connect().await?.value.reset_chassis(ResetType::PowerCycle).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where several chassis could be meant, and where it takes other words alone: the error names them. IPMI resets systems
    /// alone.
    pub async fn reset_chassis(&self, reset: ResetType) -> Result<Outcome<String>, Error> {
        let patience = self.patience(std::time::Duration::from_secs(10));
        let operation = move |session| {
            let reset = reset.clone();
            Box::pin(async move {
                let Session::Redfish(service) = session else {
                    return Err(Fault::inexpressible("IPMI resets systems alone, not what they are in"));
                };
                let chassis = service.named_chassis().await?;
                power::reset_chassis(&chassis, reset.clone(), patience).await.map_err(Fault::of_action)?;
                let id = chassis.id.clone().unwrap_or_else(|| chassis.uri().to_owned());
                Ok(Made::unseen(id, vec![format!("Chassis.Reset {reset}")]))
            }) as Running<_>
        };
        self.make(Capability::ChassisReset, operation, None).await
    }
}
