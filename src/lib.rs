//! Rosefish.
mod action;
mod client;
mod collection;
mod edit;
mod error;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "ipmi")]
pub mod ipmi;
mod resource;
pub mod schema;
pub mod wire;

pub use action::{Call, Reply, Returned};
pub use client::{Client, ClientBuilder, Credentials, RawResponse, SERVICE_ROOT, Traffic};
pub use collection::Members;
pub use edit::{Change, Edit};
pub use error::{Error, ErrorKind};
pub use resource::{AnyResource, Follow, Resource};

/// The examples of the README, which are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
