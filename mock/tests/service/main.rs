//! What a service does beyond reading and changing single resources: queries, tasks, events, updates.

mod queries;
#[path = "../support/mod.rs"]
mod support;
