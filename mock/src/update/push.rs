//! Where the UpdateService is, and where it accepts uploads.

use serde_json::Value;

use crate::http::uri;
use crate::machine::store::Store;

/// How images can be uploaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Push {
    Multipart,
    Plain,
}

/// Returns the key of the UpdateService, if the root has one.
pub(crate) fn service(store: &Store) -> Option<String> {
    store.get(uri::ROOT)?.object().get("UpdateService")?.get("@odata.id")?.as_str().and_then(uri::key_of_id)
}

pub(super) fn push(store: &Store, key: &str) -> Option<Push> {
    let service = store.get(&service(store)?)?.object();
    let is = |name: &str| service.get(name).and_then(Value::as_str).and_then(uri::key_of_id).as_deref() == Some(key);
    if is("MultipartHttpPushUri") { Some(Push::Multipart) } else { is("HttpPushUri").then_some(Push::Plain) }
}

/// Returns whether images can be uploaded to this key.
pub(crate) fn is_push(store: &Store, key: &str) -> bool {
    push(store, key).is_some()
}
