//! Events: what changed, sent to anyone who wants to know (DSP0266, "Eventing"). Changes of resources
//! become records ([`record`], [`publish`]); who gets them is decided by the subscriptions
//! ([`audience`]), and how by [`stream`] (server-sent events) and [`push`] (POST to a listener).

pub(crate) mod action;
mod audience;
mod log;
mod post;
pub(crate) mod publish;
pub(crate) mod push;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod report;
pub(crate) mod stream;
pub(crate) mod subscription;

use crate::http::uri;
use crate::machine::store::Store;

/// The key of the EventService, where the root has one.
fn service(store: &Store) -> Option<String> {
    store.get(uri::ROOT)?.object().get("EventService")?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
}
