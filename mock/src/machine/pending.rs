//! Changes that wait for a reset or for a time. How they come and go is [`settings`](super::settings)'s.

use serde_json::{Map, Value};

/// Changes that are not in force yet.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    /// The key of the resource that they are for.
    pub(crate) active: String,
    pub(crate) patch: Map<String, Value>,
    pub(crate) when: When,
}

/// When changes come into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Now,
    OnReset,
    /// At this time.
    At(jiff::Timestamp),
    /// At a reset between these times.
    Within(jiff::Timestamp, jiff::Timestamp),
}
