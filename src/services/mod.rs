//! What services do differently, a module for each matter, on top of the generated types and of what resources can do.

pub(crate) mod account;
#[cfg(feature = "systems")]
pub(crate) mod boot;
#[cfg(feature = "systems")]
pub(crate) mod media;
#[cfg(feature = "update")]
pub(crate) mod update;
