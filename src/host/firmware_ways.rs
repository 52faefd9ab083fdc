//! The ways in which a service accepts firmware images.

use serde::{Deserialize, Serialize};

use super::machine::Host;
use crate::client::Client;
use crate::error::Error;
use crate::schema::UpdateService;

/// How an image gets to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FirmwareWay {
    /// A form with the image in it (`MultipartHttpPushUri`): takes targets and a time.
    Multipart,
    /// The image alone (`HttpPushUri`): takes targets and a time where the service has `HttpPushUriTargets` and `HttpPushUriOptions`.
    Push,
    /// The service fetches the image from a URI (`UpdateService.SimpleUpdate`).
    Fetch,
}

impl Host {
    /// Returns the ways in which the service takes images, the best first.
    ///
    /// # Errors
    ///
    /// Where there is no Redfish, or no `UpdateService`.
    pub async fn firmware_ways(&self) -> Result<Vec<FirmwareWay>, Error> {
        let client = self.redfish().await?;
        Box::pin(offered(client)).await
    }
}

pub(super) fn has(uri: &Option<String>) -> bool {
    uri.as_ref().is_some_and(|uri| !uri.trim().is_empty())
}

async fn offered(client: Client) -> Result<Vec<FirmwareWay>, Error> {
    let service = client.root().update_service().await?;
    let all = [
        (FirmwareWay::Multipart, has(&service.multipart_http_push_uri)),
        (FirmwareWay::Push, has(&service.http_push_uri)),
        (FirmwareWay::Fetch, service.simple_update(String::new()).is_supported()),
    ];
    Ok(all.into_iter().filter(|(_, is_offered)| *is_offered).map(|(way, _)| way).collect())
}

/// Returns the way in which an image is sent.
pub(super) fn way(service: &UpdateService, is_file: bool) -> FirmwareWay {
    match is_file {
        false => FirmwareWay::Fetch,
        true if has(&service.multipart_http_push_uri) => FirmwareWay::Multipart,
        true => FirmwareWay::Push,
    }
}
