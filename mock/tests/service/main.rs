//! What a service does beyond reading and changing single resources: queries, tasks, events, updates;
//! and what goes wrong on request.

mod control;
mod events;
mod faults;
mod queries;
mod quirks;
mod recipes;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod tasks;
mod types;
mod updates;
