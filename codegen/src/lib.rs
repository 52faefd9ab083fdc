//! The schema compiler of rosefish: CSDL, JSON Schema or OpenAPI -> a resolved, flattened [`Model`] -> Rust.
//!
//! [`load`] reads the files to documents ([`csdl`]), [`build`] makes the model of them ([`model`]), as the [`Manifest`] says.
//! It is used by rosefish's build script; it downloads nothing and writes nothing.

mod base;
mod builder;
mod check;
pub mod csdl;
mod diff;
mod error;
#[cfg(feature = "json-schema")]
mod json_schema;
mod load;
mod manifest;
pub mod model;
#[cfg(feature = "openapi")]
mod openapi;
mod pinned;
pub mod rust;
mod summary;
#[cfg(feature = "json-schema")]
mod tree;

pub use base::Base;
pub use builder::Builder;
pub use check::check;
pub use diff::{Difference, diff};
pub use error::Error;
pub use load::{load, parse};
pub use manifest::{Manifest, Source};
pub use model::ir::Model;
pub use model::{Selection, build};
pub use pinned::pinned;
pub use summary::summary;
