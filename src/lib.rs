//! Rosefish.
mod account;
mod action;
mod apply;
mod change;
mod client;
mod collection;
mod create;
mod edit;
mod error;
#[cfg(feature = "telemetry")]
pub mod event;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "ipmi")]
pub mod ipmi;
pub mod message;
mod query;
mod resource;
pub mod schema;
mod task;
#[cfg(feature = "update")]
mod update;
pub mod wire;

pub use action::{Call, Reply, Returned};
pub use apply::Apply;
pub use client::transport;
pub use client::{
    Client, ClientBuilder, Credentials, ExposedSession, RawResponse, RetryPolicy, SERVICE_ROOT, SessionToken, Traffic,
};
pub use collection::Members;
pub use create::{Create, Created, CreationCapability};
pub use edit::{Change, Edit};
pub use error::{Error, ErrorKind};
pub use query::{Expand, Filter, FilterValue, Property, Query};
pub use resource::{AnyResource, Follow, Resource};
pub use task::{Completion, Phase, Progress, TaskHandle, TaskMonitor, TaskUpdates};
#[cfg(feature = "update")]
pub use update::Upload;

/// The examples of the README, which are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
