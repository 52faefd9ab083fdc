//! IPMI over LAN: a client for BMCs that don't speak Redfish.
//!
//! [`Client::builder`] opens a session, [`Client::send`] sends any [`command::Command`]; the methods of [`Client`] are
//! short forms and conversations of several commands (inventory, logs, sensors, consoles). [`packet`] is the protocol's
//! bytes without I/O.
//!
//! ```no_run
//! # async fn run() -> Result<(), rosefish_ipmi::Error> {
//! let bmc = rosefish_ipmi::Client::builder("10.0.0.7").credentials("admin", "password").connect().await?;
//! println!("{}", if bmc.chassis_status().await?.power_on { "on" } else { "off" });
//! bmc.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! Limits: one UDP socket and at most 32 requests under way for each session (4 by default); 15 seconds for an answer, with its
//! repetitions; a command that changes state is sent once.
//!
//! Sessions are of IPMI 2.0, with integrity and encryption, unless weaker ones are asked for by a name that begins with
//! `danger_`. What was negotiated is required of every packet.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(test),
    deny(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used, clippy::panic)
)]

mod address;
mod client;
pub mod command;
mod deadline;
mod error;
pub mod packet;
mod partial;
pub mod record;
mod service;
mod session;

pub use address::{Address, AddressError};
pub use client::{Builder, Client, DEFAULT_PORT};
pub use command::session::Privilege;
pub use error::{Error, ErrorKind};
pub use packet::session15::AuthType;
pub use packet::suite::CipherSuite;
pub use partial::{Item, List, Partial, ReadError};
pub use record::severity::Severity;
pub use service::channel::ChannelState;
pub use service::console::Console;
pub use service::dcmi::DcmiState;
pub use service::device::{Firmware, FirmwareComponent};
pub use service::fru::Fru;
pub use service::pef::EventFiltering;
pub use service::sensor::Measurement;
pub use service::user::{PasswordTest, User};
pub use service::vendor::{CoolingIsMyConcern, DellFans, InspurFans, SupermicroFans};
pub use session::UserLookup;

/// The example of the README, which is a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
