//! What services do differently, a module for each matter, on top of the generated types and of what resources can do.

pub(crate) mod account;
#[cfg(all(feature = "host", feature = "registries"))]
pub(crate) mod bios;
#[cfg(feature = "systems")]
pub(crate) mod boot;
#[cfg(feature = "host")]
pub(crate) mod console;
#[cfg(feature = "host")]
pub(crate) mod control;
#[cfg(feature = "host")]
pub(crate) mod diagnostics;
#[cfg(feature = "host")]
pub(crate) mod fan_mode;
#[cfg(feature = "host")]
pub(crate) mod identify;
#[cfg(feature = "update")]
pub(crate) mod image;
#[cfg(feature = "host")]
pub(crate) mod inventory;
#[cfg(feature = "host")]
pub(crate) mod log;
#[cfg(feature = "telemetry")]
pub(crate) mod log_service;
#[cfg(feature = "host")]
pub(crate) mod manager;
#[cfg(feature = "systems")]
pub(crate) mod media;
#[cfg(feature = "host")]
pub(crate) mod media_slot;
#[cfg(feature = "host")]
pub(crate) mod metrics;
#[cfg(all(feature = "host", feature = "network"))]
pub(crate) mod network;
#[cfg(feature = "host")]
pub(crate) mod power;
#[cfg(feature = "host")]
pub(crate) mod power_limit;
#[cfg(feature = "host")]
pub(crate) mod read_back;
#[cfg(feature = "update")]
pub(crate) mod reservation;
pub(crate) mod select;
#[cfg(feature = "host")]
pub(crate) mod sensor;
#[cfg(all(feature = "host", feature = "storage"))]
pub(crate) mod storage;
#[cfg(any(feature = "host", feature = "telemetry"))]
#[cfg_attr(not(feature = "host"), allow(dead_code, reason = "logs need less of it than a host"))]
pub(crate) mod survey;
#[cfg(feature = "update")]
pub(crate) mod update;
#[cfg(feature = "host")]
pub(crate) mod user;
