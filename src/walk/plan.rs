//! The plan of a walk: where it begins, how far it goes and what it leaves out.

use super::pattern::Pattern;
use super::references::Reference;
use crate::client::Client;
use crate::schema;

pub(super) type Predicate = Box<dyn Fn(&Reference) -> bool + Send + Sync>;

/// What a [`Walk`](super::Walk) was set to.
pub(super) struct Plan {
    pub(super) client: Client,
    pub(super) starts: Vec<String>,
    pub(super) depth: usize,
    pub(super) limit: usize,
    pub(super) skipped: Vec<Pattern>,
    pub(super) skipped_types: Vec<&'static str>,
    pub(super) followed: Option<Predicate>,
}

impl Plan {
    /// Returns whether a reference to this path is followed.
    pub(super) fn wants(&self, reference: &Reference, path: &str) -> bool {
        let is_skipped_type = || {
            let table = reference.target.or_else(|| schema::find_uri(path));
            table.is_some_and(|table| self.skipped_types.contains(&table.name))
        };
        self.followed.as_ref().is_none_or(|wanted| wanted(reference))
            && !self.skipped.iter().any(|pattern| pattern.fits(path))
            && (self.skipped_types.is_empty() || !is_skipped_type())
    }
}
