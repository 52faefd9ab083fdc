//! What each verb of HTTP does to resources.

pub(crate) mod body;
pub(crate) mod collection;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod merge;
pub(crate) mod patch;
pub(crate) mod post;
pub(crate) mod query;
pub(crate) mod refuse;
