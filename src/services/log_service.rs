//! The logs of a service, wherever it has them.

use crate::client::Client;
use crate::error::Error;
use crate::resource::partial::Partial;
use crate::resource::{AnyResource, Resource};
use crate::schema::LogService;
use crate::services::survey::Survey;

/// The collections whose members have logs.
const OWNERS: [&str; 3] = ["Systems", "Managers", "Chassis"];

impl Client {
    /// Reads the log services of all systems, managers and chassis, each once. What could not be read hides no other log, and
    /// is named.
    ///
    /// ```no_run
    /// # async fn run(bmc: rosefish::Client) -> Result<(), rosefish::Error> {
    /// let logs = bmc.log_services().await?;
    /// for log in &logs {
    ///     println!("{}: {:?}", log.uri(), log.log_entry_type);
    ///     let entries = log.entries().members().collect_all().await;
    ///     println!("{} entries, {} not read", entries.len(), entries.missing.len());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Client::get`], where nothing could be read at all.
    pub async fn log_services(&self) -> Result<Partial<Resource<LogService>>, Error> {
        let client = self.clone();
        let found: Partial<AnyResource> = Box::pin(async move {
            let mut survey = Survey::of(&client);
            let mut logs = Vec::new();
            for owners in OWNERS {
                for owner in survey.members(&survey.root(), owners).await {
                    logs.extend(survey.members(&owner, "LogServices").await);
                }
            }
            Partial { items: logs, missing: survey.into_missing() }
        })
        .await;
        let Partial { items, mut missing } = found;
        match items.is_empty().then(|| missing.pop()).flatten() {
            Some(nothing) => Err(nothing.error),
            None => Ok(Partial { items: items.into_iter().map(Resource::of).collect(), missing }),
        }
    }
}
