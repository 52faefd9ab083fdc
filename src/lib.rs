//! A typed, async client for Redfish, and for IPMI where there is no Redfish.
//!
//! ```
//! use rosefish::schema::resource::ResetType;
//! use rosefish::{Client, Credentials};
//! # use rosefish_mock::MockBmc;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), rosefish::Error> {
//! # #[cfg(feature = "systems")] {
//! # let mock = MockBmc::builder().plain().start().await.unwrap();
//! # let (url, user, password) = (mock.url(), mock.user(), mock.password());
//! let bmc = Client::builder(&url).credentials(Credentials::new(user, password)).connect().await?;
//! let mut systems = bmc.root().systems().members();
//! while let Some(system) = systems.try_next().await? {
//!     println!("{:?} {:?} is {:?}", system.manufacturer, system.model, system.power_state);
//!
//!     // Sends a PATCH with what has changed, and If-Match.
//!     let mut edit = system.edit();
//!     edit.asset_tag = Some("rack 7".into());
//!     edit.commit().await?;
//!
//!     // Invokes an action. What this BMC doesn't allow is refused before anything is sent.
//!     system.reset(ResetType::ForceOff).await?;
//! }
//! bmc.close().await?;
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`] is a session with one BMC. It gives [`Resource`]s of the types in [`schema`], which are generated from
//!   the DMTF's and SNIA's schemas when the library is built: links are followed and actions invoked by methods, changes
//!   made by [`Resource::edit`].
//! - [`host`] is one machine over whichever protocol it speaks, [`fleet`] many of them at once; [`ipmi`] is IPMI over LAN by itself.
//! - [`wire`] is how payloads become values and values payloads, whatever a BMC makes of the standard.
//! - [`types`] are links, dates, open enums and what else fields hold; [`bytes`], [`http`] and [`secrecy`] are the crates whose
//!   types are in signatures here.
//!
//! [`docs/`](https://github.com/rosefish/rosefish/blob/main/docs/SUMMARY.md) is a book with a page for each of these, and
//! [`examples/`](https://github.com/rosefish/rosefish/tree/main/examples) a program for each job. What is stable between releases is in
//! [`docs/semver.md`](https://github.com/rosefish/rosefish/blob/main/docs/semver.md).
//!
//! # Without async
//!
//! A program that is not async itself makes a runtime of one thread, and waits for each future with `block_on`:
//!
//! ```
//! # #[cfg(feature = "systems")]
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! #   let mock = runtime.block_on(rosefish_mock::MockBmc::builder().plain().start())?;
//! #   let (url, user, password) = (mock.url(), mock.user(), mock.password());
//!     let credentials = rosefish::Credentials::new(user, password);
//!     let bmc = runtime.block_on(rosefish::Client::builder(&url).credentials(credentials).connect())?;
//!     let systems = runtime.block_on(bmc.root().systems().members().try_collect::<Vec<_>>())?;
//!     for system in &systems {
//!         println!("{}: {:?}", system.uri(), system.power_state);
//!     }
//!     runtime.block_on(bmc.close())?;
//!     Ok(())
//! }
//! # #[cfg(not(feature = "systems"))]
//! # fn main() {}
//! ```
//!
//! What the library does in the background (following events, reading ahead) makes progress only while `block_on` runs. A session
//! whose client is dropped is ended by a thread of its own, which [`logged_out_blocking`] waits for.
//!
//! # Features
//!
//! All but `listener` and `openapi` are on by default. The fewer are on, the faster it builds.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `systems` | computer systems, processors, memory, BIOS, PCIe, virtual media |
//! | `chassis` | chassis, sensors, power and cooling within them |
//! | `managers` | BMCs themselves, their network protocols and serial interfaces |
//! | `storage` | drives, volumes, controllers |
//! | `network` | Ethernet, fabrics, switches, ports, CXL |
//! | `accounts` | accounts, roles, certificates, keys |
//! | `telemetry` | events, logs, metrics, triggers |
//! | `update` | firmware, software, jobs, licences |
//! | `composition` | resource blocks, aggregates, containers |
//! | `facilities` | rack and room: power distribution, cooling units, outlets |
//! | `registries` | message, attribute and privilege registries |
//! | `swordfish` | SNIA Swordfish: storage services, pools, groups |
//! | `ipmi` | the IPMI client; no schemas |
//! | `listener` | the server for events that services push; no schemas |
//! | `openapi` | `ROSEFISH_SCHEMA_DIR` may be a folder of JSON Schema or OpenAPI, besides CSDL; nothing else changes |
//! | `host` | [`host`] and [`fleet`]; enables the features that it needs |
//!
//! The service root, sessions, tasks and the types that all schemas share are always there. A link to a resource whose schema is not
//! included keeps its name and its URI.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), deny(clippy::arithmetic_side_effects))]

#[cfg(all(doctest, feature = "host", feature = "listener"))]
mod book;
#[cfg_attr(not(feature = "telemetry"), allow(dead_code, reason = "some of it is for event streams"))]
mod client;
mod deadline;
mod erased;
mod error;
#[cfg(feature = "telemetry")]
pub mod event;
pub mod explore;
#[cfg(feature = "host")]
pub mod fleet;
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
pub use client::download::{Download, SavedDownload};
pub use client::tls::shared::SharedTls;
pub use client::transport;
pub use client::{
    Client, Credentials, ExposedSession, RawResponse, RetryPolicy, SERVICE_ROOT, SessionToken, Traffic, logged_out,
    logged_out_blocking,
};
pub use error::{Error, ErrorKind};
pub use query::{Expand, Filter, FilterValue, Property, Query};
pub use resource::action::{Call, Reply};
pub use resource::action_parameters::ActionParameter;
pub use resource::apply_time::Apply;
pub use resource::commit::{Unread, Written};
pub use resource::create::{Create, Created, CreationCapability};
pub use resource::edit::{Committed, Edit};
pub use resource::edit_any::AnyEdit;
pub use resource::follow::Follow;
pub use resource::members::Members;
pub use resource::oem::{OemAction, OemCall};
pub use resource::outline::Outline;
pub use resource::partial::{Missing, Partial};
pub use resource::request::OwnRequest;
pub use resource::typed::ResourceFuture;
pub use resource::{AnyResource, Resource};
#[cfg(feature = "ipmi")]
#[doc(inline)]
pub use rosefish_ipmi as ipmi;
// What signatures name, in the version that they name.
#[doc(hidden)]
pub use resource::generated;
#[doc(inline)]
pub use rosefish_schema as schema;
#[doc(inline)]
pub use rosefish_wire::{self as wire, Returned};
#[cfg(feature = "systems")]
pub use services::boot::SetBootOverride;
#[cfg(feature = "update")]
pub use services::image::UploadImage;
#[cfg(feature = "systems")]
pub use services::media::Insert;
pub use services::select::Selector;
#[cfg(feature = "update")]
pub use services::update::{Upload, UploadProgress};
pub use task::{Completion, Progress, TaskHandle, TaskMonitor, TaskPhase, TaskUpdates};
#[doc(no_inline)]
pub use {bytes, http, secrecy};

/// The examples of the README, which are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
