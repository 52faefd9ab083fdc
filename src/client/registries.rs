//! The service's own message registries that were looked for, kept for all clones of a client.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::message::registry::Registry;

/// The registries that were looked for, by prefix; none where the service does not have one.
#[derive(Debug, Default)]
pub(crate) struct Registries(pub(super) Mutex<HashMap<String, Option<Arc<Registry>>>>);
