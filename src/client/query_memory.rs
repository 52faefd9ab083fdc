//! What a service says that it can and then can't: where `$expand` and its like failed, so that it is not tried again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How many places are remembered. A service with more of them fails everywhere.
const MOST: usize = 256;

/// Where query parameters that only save requests have failed. Shared by all clones of a client.
#[derive(Debug, Default)]
pub(crate) struct QueryMemory(Mutex<HashSet<String>>);

impl QueryMemory {
    /// Whether they have failed for this resource, or nearly everywhere.
    pub(crate) fn has_failed(&self, uri: &str) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.len() >= MOST || failed.contains(document(uri))
    }

    /// They have failed for this resource, which could be read without them.
    pub(crate) fn note(&self, uri: &str) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() < MOST {
            failed.insert(document(uri).to_owned());
        }
    }
}

/// A URI without query and without a slash at its end.
fn document(uri: &str) -> &str {
    uri.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}
