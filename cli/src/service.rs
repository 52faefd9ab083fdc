//! A host, for what only its Redfish service has: certificates, sessions.

use clap::Args;
use rosefish::Client;
use rosefish::host::Backend;
use serde_json::{Value, json};

use crate::fleet::current::Address;
use crate::host::{HostArgs, log_out, split_url};
use crate::operate::envelope;

/// A Redfish service, and how to log in.
#[derive(Debug, Args)]
pub(crate) struct Service {
    #[command(flatten)]
    pub(crate) address: Address,
    #[command(flatten)]
    pub(crate) host: HostArgs,
}

impl Service {
    /// Returns the envelope of a result, with what could not be read.
    pub(crate) fn json(&self, value: Value, missing: Value) -> String {
        format!("{:#}\n", envelope(&self.address, &json!(Backend::Redfish), value, missing))
    }

    /// Connects, does the work and ends the session, however the work ended.
    pub(crate) async fn with<T>(&self, work: impl AsyncFnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let (origin, _) = split_url(&self.address)?;
        let client = self.host.connect(origin).await?;
        let done = work(&client).await;
        log_out(client).await;
        done.map_err(|error| match error.downcast::<rosefish::Error>() {
            Ok(error) => self.host.hint(&self.address, &error),
            Err(error) => error,
        })
    }
}
