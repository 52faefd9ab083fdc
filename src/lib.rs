//! A typed, async client for Redfish, and for IPMI where there is no Redfish.
//!
//! - [`Client`] is a session with one BMC. It gives [`Resource`]s of the types in [`schema`], which are generated from
//!   the DMTF's and SNIA's schemas when the library is built: links are followed and actions invoked by methods, changes
//!   made by [`Resource::edit`].
//! - [`wire`] is how payloads become values and values payloads, whatever a BMC makes of the standard.
//! - [`host`] is one machine over whichever protocol it speaks; [`ipmi`] is IPMI over LAN by itself.
//!
//! - [`types`] are links, dates, open enums and what else fields hold; [`bytes`], [`http`] and [`secrecy`] are the crates whose
//!   types are in signatures here.
//!
//! The README has a tour.

#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "only event streams are read piece by piece"))]
mod client;
mod erased;
mod error;
#[cfg(feature = "telemetry")]
pub mod event;
#[cfg(feature = "host")]
pub mod host;
pub mod message;
#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "some of it is for event streams"))]
mod query;
mod resource;
mod services;
mod task;
pub mod types;
pub mod walk;

pub use client::builder::ClientBuilder;
pub use client::transport;
pub use client::{
    Client, Credentials, ExposedSession, RawResponse, RetryPolicy, SERVICE_ROOT, SessionToken, Traffic, logged_out,
    logged_out_blocking,
};
pub use error::{Error, ErrorKind};
pub use query::{Expand, Filter, FilterValue, Property, Query};
pub use resource::action::{Call, Reply};
pub use resource::apply_time::Apply;
pub use resource::commit::{Unread, Written};
pub use resource::create::{Create, Created, CreationCapability};
pub use resource::edit::{Committed, Edit};
pub use resource::edit_any::AnyEdit;
pub use resource::follow::Follow;
pub use resource::members::Members;
pub use resource::oem::{OemAction, OemCall};
pub use resource::partial::{Missing, Partial};
pub use resource::request::OwnRequest;
pub use resource::typed::ResourceFuture;
pub use resource::{AnyResource, Resource};
#[cfg(feature = "ipmi")]
#[doc(inline)]
pub use rosefish_ipmi as ipmi;
// What signatures name, in the version that they name.
#[doc(inline)]
pub use rosefish_schema as schema;
#[doc(inline)]
pub use rosefish_wire::{self as wire, Returned};
#[cfg(feature = "systems")]
pub use services::boot::SetBootOverride;
#[cfg(feature = "systems")]
pub use services::media::Insert;
pub use services::select::Selector;
#[cfg(feature = "update")]
pub use services::update::Upload;
pub use task::{Completion, Progress, TaskHandle, TaskMonitor, TaskPhase, TaskUpdates};
#[doc(no_inline)]
pub use {bytes, http, secrecy};

/// The examples of the README, which are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
