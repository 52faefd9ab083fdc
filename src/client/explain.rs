//! What messages mean that only the service's own registries explain: these are read when it says something of the kind,
//! and kept.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Client;
use super::request::Response;
use crate::message;
use crate::message::id::MessageId;
use crate::message::registry::{Registry, lacks_text, standard};
use crate::schema::message::Message;

/// How long an error may be kept from its caller for the sake of its text.
const PATIENCE: Duration = Duration::from_secs(5);

impl Client {
    /// Fills in what a message leaves out, from DMTF's registries or, where they don't know it, from those of the
    /// service: text, resolution and severity. For messages of events and logs; those of errors are complete.
    pub async fn complete_message(&self, message: &mut Message) {
        message::complete(message);
        if let Some(prefix) = unexplained(message) {
            // A message without a text is better than none.
            let found = tokio::time::timeout(PATIENCE, self.registry(prefix)).await;
            if let (Ok(Some(registry)), Some(id)) = (found, message.message_id.clone()) {
                registry.complete(&MessageId::new(&id), message);
            }
        }
    }

    /// Has the messages of an error say what they mean.
    pub(crate) async fn explain(&self, response: &mut Response) {
        // While there are other troubles than the request, nothing more is asked.
        let explicable = matches!(response.status, 400 | 403..=409 | 415 | 422 | 500 | 501);
        if !explicable || self.options.connecting || self.options.plain {
            return;
        }
        let mut messages = response.messages();
        if messages.iter().any(|message| unexplained(message).is_some()) {
            for message in &mut messages {
                self.complete_message(message).await;
            }
            response.messages = Some(messages);
        }
    }

    /// A registry of the service.
    async fn registry(&self, prefix: String) -> Option<Arc<Registry>> {
        // One at a time, so that each is read once.
        let mut known = self.inner.registries.0.lock().await;
        if let Some(found) = known.get(&prefix) {
            return found.clone();
        }
        let found = self.plain().find_registry(&prefix).await.map(Arc::new);
        known.insert(prefix, found.clone());
        found
    }

    async fn find_registry(&self, prefix: &str) -> Option<Registry> {
        let root = self.inner.root.get()?;
        let link = root.0.registries.as_ref()?.uri()?.as_str().to_owned();
        let collection = self.json(&link).await.ok()?;
        let members = collection["Members"].as_array()?.iter().filter_map(|member| member["@odata.id"].as_str());
        // Mostly they are named after what they hold, so that one file is enough to look at.
        let named = |uri: &&str| {
            let name = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            name.len() >= prefix.len() && name.get(..prefix.len()).is_some_and(|name| name.eq_ignore_ascii_case(prefix))
        };
        let (likely, others): (Vec<_>, Vec<_>) = members.partition(named);
        for uri in likely.into_iter().chain(others).take(16) {
            let Ok(file) = self.json(uri).await else { continue };
            let is_it = ["Registry", "Id"].iter().any(|name| {
                let said = file[*name].as_str().unwrap_or_default();
                said.split('.').next() == Some(prefix)
            });
            if !is_it {
                continue;
            }
            let locations = file["Location"].as_array().into_iter().flatten();
            let english = |location: &&Value| location["Language"].as_str().is_none_or(|text| text.starts_with("en"));
            let uris = |location: &Value| location["Uri"].as_str().map(str::to_owned);
            let place =
                locations.clone().filter(english).find_map(uris).or_else(|| locations.clone().find_map(uris))?;
            return self.json(&place).await.ok().map(|json| Registry::from_json(&json));
        }
        None
    }
}

/// The prefix of the registry that would have to say what a message means.
fn unexplained(message: &Message) -> Option<String> {
    let id = MessageId::new(message.message_id.as_deref()?);
    (lacks_text(message) && !id.prefix.is_empty() && standard(id.prefix).is_none()).then(|| id.prefix.to_owned())
}
