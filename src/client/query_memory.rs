//! Features that a service announces but doesn't have: remembers where `$expand` and similar parameters failed, so that
//! they are not tried again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How many places are remembered. A service with more of them is taken to fail everywhere.
const MOST: usize = 256;

/// The places where query parameters that only save requests have failed. Shared by all clones of a client.
#[derive(Debug, Default)]
pub(crate) struct QueryMemory(Mutex<HashSet<String>>);

impl QueryMemory {
    /// Returns whether they have failed for this resource, or nearly everywhere.
    pub(crate) fn has_failed(&self, uri: &str) -> bool {
        let failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        failed.len() >= MOST || failed.contains(document(uri))
    }

    /// Records that they failed for this resource, which could be read without them.
    pub(crate) fn note(&self, uri: &str) {
        let mut failed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failed.len() < MOST {
            failed.insert(document(uri).to_owned());
        }
    }
}

/// Returns a URI without its query and its trailing slash.
fn document(uri: &str) -> &str {
    uri.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/')
}
