//! What a service keeps and what becomes of it: resources, accounts, sessions, settings that wait.

pub(crate) mod account;
pub(crate) mod bios;
pub(crate) mod clock;
pub(crate) mod fetch;
pub(crate) mod ids;
pub(crate) mod lockout;
pub(crate) mod login;
pub(crate) mod media;
pub(crate) mod pending;
pub(crate) mod restart;
pub(crate) mod running;
pub(crate) mod session;
pub(crate) mod settings;
pub(crate) mod state;
pub(crate) mod store;
