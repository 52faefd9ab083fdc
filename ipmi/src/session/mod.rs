//! Sessions with a BMC: how they are opened, what is required of every packet, and the one task that owns the socket,
//! routes answers, repeats requests, keeps the session alive and closes it. The meaning of commands is `command`'s.

mod config;
mod link;
mod open15;
mod open20;
mod owner;
mod pending;
mod probe;
pub(crate) mod sol;
mod wire;

pub use config::UserLookup;
pub(crate) use config::{Config, Protocol, SuiteChoice};
pub(crate) use link::Target;
pub(crate) use owner::{Control, Established, Job, Owner};
pub(crate) use probe::{ping, probe};
