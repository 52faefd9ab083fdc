//! The mode in which a manager controls the fans, if the vendor has a resource for it: `FanMode`, which Supermicro's
//! managers link to in `Oem`.

use std::time::Duration;

use serde_json::Value;

use super::read_back::follow;
use super::survey::{text, to_json};
use crate::error::{Error, ErrorKind};
use crate::resource::AnyResource;
use crate::resource::commit::Written;

/// A resource with a fan mode.
#[derive(Debug, Clone)]
pub(crate) struct FanMode {
    resource: AnyResource,
    json: Value,
}

impl FanMode {
    /// Finds the fan mode of a manager; `None` if its `Oem` doesn't link to one.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub(crate) async fn of(manager: &AnyResource) -> Result<Option<Self>, Error> {
        let json = to_json(manager);
        let vendors = json["Oem"].as_object().into_iter().flat_map(|oem| oem.values());
        let link = |vendor: &Value| text(&vendor["FanMode"], "@odata.id").map(str::to_owned);
        let Some(uri) = vendors.filter_map(link).next() else { return Ok(None) };
        Ok(Some(Self::new(manager.client().get_any(&uri, None).await?)))
    }

    fn new(resource: AnyResource) -> Self {
        Self { json: to_json(&resource), resource }
    }

    pub(crate) fn uri(&self) -> &str {
        self.resource.uri()
    }

    /// Returns the current mode.
    pub(crate) fn mode(&self) -> Option<&str> {
        text(&self.json, "Mode")
    }

    /// Returns the modes that the service lists.
    pub(crate) fn allowed(&self) -> Vec<String> {
        let allowed = self.json["Mode@Redfish.AllowableValues"].as_array();
        allowed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Sets a mode. Returns it in the service's spelling, and what was sent; nothing if it was set already.
    ///
    /// # Errors
    ///
    /// If the service lists other modes only (nothing is sent then), and if it refuses.
    pub(crate) async fn set(&self, wanted: &str, within: Duration) -> Result<(String, Option<String>), Error> {
        let allowed = self.allowed();
        let mode = match spelled(&allowed, wanted) {
            Some(mode) => mode.to_owned(),
            None if allowed.is_empty() => wanted.to_owned(),
            None => {
                let text = format!("the fans have the modes {}, not {wanted:?}", allowed.join(", "));
                return Err(Error::new(ErrorKind::NotAllowed, text).at("PATCH", self.uri()));
            }
        };
        let mut edit = self.resource.edit();
        edit.set("/Mode", mode.as_str())?;
        let sent = format!("PATCH {} {}", self.uri(), edit.patch().body);
        match edit.commit().await? {
            Written::Unchanged => return Ok((mode, None)),
            Written::Accepted(task) => follow(task, within).await?,
            Written::Updated(_) | Written::Pending(_) | Written::Confirmed(_) => {}
        }
        Ok((mode, Some(sent)))
    }

    /// Reads it again.
    ///
    /// # Errors
    ///
    /// If it can't be read.
    pub(crate) async fn now(&self) -> Result<Self, Error> {
        Ok(Self::new(self.resource.client().get_any(self.uri(), None).await?))
    }
}

/// Finds a name in a list, ignoring case and punctuation: `full-speed` is `FullSpeed`.
pub(crate) fn spelled<'n>(all: &'n [String], wanted: &str) -> Option<&'n str> {
    let plain = |name: &str| -> String {
        name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
    };
    let wanted = plain(wanted);
    all.iter().find(|name| plain(name) == wanted).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_is_found_however_it_is_written() {
        let all = ["FullSpeed".to_owned(), "HeavyIO".to_owned()];
        for (wanted, found) in
            [("full-speed", Some("FullSpeed")), ("heavy_io", Some("HeavyIO")), ("full", None), ("", None)]
        {
            assert_eq!(spelled(&all, wanted), found, "{wanted}");
        }
    }
}
