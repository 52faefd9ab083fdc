//! What docs/coming-from.md shows of nv-redfish, against the service, user and password that the arguments name.

use std::sync::Arc;

use nv_redfish::ServiceRoot;
use nv_redfish::bmc_http::reqwest::Client;
use nv_redfish::bmc_http::{BmcCredentials, CacheSettings, HttpBmc};
use nv_redfish::schema::resource::ResetType;
use url::Url;

async fn job(url: &str, user: &str, password: &str) -> Result<(), Box<dyn std::error::Error>> {
    let credentials = BmcCredentials::new(user.into(), password.into());
    let bmc = Arc::new(HttpBmc::new(Client::new()?, Url::parse(url)?, credentials, CacheSettings::default()));
    let root = ServiceRoot::new(bmc).await?;
    if let Some(systems) = root.systems().await? {
        for system in systems.members().await? {
            println!("{:?} {:?}", system.hardware_id().model, system.power_state());
            // Done, a body, or a task to follow.
            let _answer = system.reset(Some(ResetType::ForceOff)).await?;
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [url, user, password] = &words[..] else { return Err("URL USER PASSWORD".into()) };
    job(url, user, password).await
}
