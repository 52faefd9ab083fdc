//! A typed, async client for Redfish, and for IPMI where there is no Redfish.
//!
//! - [`Client`] is a session with one BMC. It gives [`Resource`]s of the types in [`schema`], which are generated from
//!   the DMTF's and SNIA's schemas when the library is built: links are followed and actions invoked by methods, changes
//!   made by [`Resource::edit`].
//! - [`wire`] is how payloads become values and values payloads, whatever a BMC makes of the standard.
//! - [`host`] is one machine over whichever protocol it speaks; [`ipmi`] is IPMI over LAN by itself.
//!
//! The README has a tour.

mod account;
mod action;
mod ahead;
mod apply;
#[cfg(feature = "systems")]
mod boot;
mod change;
#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only event streams are read piece by piece"))]
mod client;
mod collection;
mod create;
mod edit;
mod error;
#[cfg(feature = "telemetry")]
pub mod event;
mod follow;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "systems")]
mod media;
pub mod message;
mod opaque;
#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "some of it is for event streams"))]
mod query;
mod resource;
pub mod schema;
mod task;
#[cfg(feature = "update")]
mod update;

pub use action::{Call, Reply};
pub use apply::Apply;
#[cfg(feature = "systems")]
pub use boot::OverrideBoot;
pub use client::transport;
pub use client::{
    Client, ClientBuilder, Credentials, ExposedSession, RawResponse, RetryPolicy, SERVICE_ROOT, SessionToken, Traffic,
};
pub use collection::Members;
pub use create::{Create, Created, CreationCapability};
pub use edit::{Change, Edit};
pub use error::{Error, ErrorKind};
pub use follow::Follow;
#[cfg(feature = "systems")]
pub use media::Insert;
pub use opaque::Typed;
pub use query::{Expand, Filter, FilterValue, Property, Query};
pub use resource::{AnyResource, Resource};
#[cfg(feature = "ipmi")]
#[doc(inline)]
pub use rosefish_ipmi as ipmi;
#[doc(inline)]
pub use rosefish_wire::{self as wire, Returned};
pub use task::{Completion, Phase, Progress, TaskHandle, TaskMonitor, TaskUpdates};
#[cfg(feature = "update")]
pub use update::Upload;

/// The examples of the README, which are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
