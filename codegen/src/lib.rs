//! The schema compiler of rosefish: DMTF CSDL -> a resolved, flattened [`Model`] -> Rust.
//!
//! [`load`] reads the files ([`csdl`]), [`build`] makes the model of them ([`model`]), as the [`Manifest`] says.
//! It is used by rosefish's build script; it downloads nothing and writes nothing.

mod base;
mod builder;
pub mod csdl;
mod error;
mod manifest;
pub mod model;
mod pinned;
pub mod rust;
mod summary;

pub use base::Base;
pub use builder::Builder;
pub use csdl::load;
pub use error::Error;
pub use manifest::{Manifest, Source};
pub use model::ir::Model;
pub use model::{Selection, build};
pub use pinned::pinned;
pub use summary::summary;
