//! What messages mean that only the service's own registries explain: these are read when it says something of the kind,
//! and kept.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::Client;
use super::request::{Request, Response};
use crate::deadline::after;
use crate::message;
use crate::message::id::MessageId;
use crate::message::registry::{Registry, lacks_text, standard};
use crate::schema::message::Message;
use crate::wire::from_slice_within;

/// How long an error may be kept from its caller for the sake of its text.
const PATIENCE: Duration = Duration::from_secs(5);

/// How many registries are looked for on behalf of one error.
const REGISTRIES: usize = 2;

/// How many registries are looked for in the life of a client: services have some five.
const MOST_REGISTRIES: usize = 16;

/// The largest body that is read on the way to a registry, and of one. Dell's has three megabytes.
const LARGEST: usize = 16 << 20;

/// How many files of registries are looked at to find one.
const FILES: usize = 16;

impl Client {
    /// Fills in what a message leaves out, from DMTF's registries or, where they don't know it, from those of the
    /// service: text, resolution and severity. For messages of events and logs; those of errors are complete.
    ///
    /// Returns within five seconds, with the message as it is where a registry takes longer to be read.
    pub async fn complete_message(&self, message: &mut Message) {
        self.complete_messages(std::slice::from_mut(message), after(PATIENCE)).await;
    }

    /// Has the messages of an error say what they mean, within the time of the call.
    pub(crate) async fn explain(&self, response: &mut Response, deadline: Instant) {
        // While there are other troubles than the request, nothing more is asked.
        let explicable = matches!(response.status, 400 | 403..=409 | 415 | 422 | 500 | 501);
        if !explicable || self.options.connecting || self.options.plain {
            return;
        }
        let mut messages = response.messages();
        if messages.iter().any(|message| unexplained(message).is_some()) {
            self.complete_messages(&mut messages, deadline.min(after(PATIENCE))).await;
            response.messages = Some(messages);
        }
    }

    /// Completes messages as far as time and the number of registries allow. A message without a text is better than none.
    async fn complete_messages(&self, messages: &mut [Message], until: Instant) {
        let mut found: Vec<(String, Option<Arc<Registry>>)> = Vec::new();
        for message in messages {
            message::complete(message);
            let Some(prefix) = unexplained(message) else { continue };
            if !found.iter().any(|(known, _)| *known == prefix) {
                if found.len() == REGISTRIES {
                    continue;
                }
                let registry = self.registry(&prefix, until).await;
                found.push((prefix.clone(), registry));
            }
            let registry = found.iter().find(|(known, _)| *known == prefix).and_then(|(_, registry)| registry.as_ref());
            if let (Some(registry), Some(id)) = (registry, message.message_id.clone()) {
                registry.complete(&MessageId::new(&id), message);
            }
        }
    }

    /// A registry of the service. One that can't be read in time is not looked for again, as each error would wait for it; but
    /// for one whose call had less time than that.
    async fn registry(&self, prefix: &str, until: Instant) -> Option<Arc<Registry>> {
        // One at a time, so that each is read once.
        let mut known = timeout_at(until, self.inner.registries.0.lock()).await.ok()?;
        if let Some(found) = known.get(prefix) {
            return found.clone();
        }
        if known.len() >= MOST_REGISTRIES {
            return None;
        }
        let plain = self.plain();
        let begun = Instant::now();
        let found = timeout_at(until, plain.find_registry(prefix)).await;
        if found.is_err() && begun.elapsed().saturating_mul(2) < PATIENCE {
            return None;
        }
        let found = found.ok().flatten().map(Arc::new);
        known.insert(prefix.to_owned(), found.clone());
        found
    }

    async fn small_json(&self, uri: &str) -> Option<Value> {
        let request = Request::get(uri);
        let response = self.send(request.clone()).await.and_then(|response| response.success(&request)).ok()?;
        if response.body.len() > LARGEST { None } else { from_slice_within(&response.body, self.limits()).ok() }
    }

    async fn find_registry(&self, prefix: &str) -> Option<Registry> {
        let root = self.inner.root.get()?;
        let link = root.0.registries.as_ref()?.uri()?.as_str().to_owned();
        let collection = self.small_json(&link).await?;
        let members = collection["Members"].as_array()?.iter().filter_map(|member| member["@odata.id"].as_str());
        // Mostly they are named after what they hold, so that one file is enough to look at.
        let named = |uri: &&str| {
            let name = uri.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            name.len() >= prefix.len() && name.get(..prefix.len()).is_some_and(|name| name.eq_ignore_ascii_case(prefix))
        };
        let (likely, others): (Vec<_>, Vec<_>) = members.partition(named);
        for uri in likely.into_iter().chain(others).take(FILES) {
            let Some(file) = self.small_json(uri).await else { continue };
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
            return self.small_json(&place).await.map(|json| Registry::from_json(&json));
        }
        None
    }
}

/// The prefix of the registry that would have to say what a message means.
fn unexplained(message: &Message) -> Option<String> {
    let id = MessageId::new(message.message_id.as_deref()?);
    (lacks_text(message) && !id.prefix.is_empty() && standard(id.prefix).is_none()).then(|| id.prefix.to_owned())
}
