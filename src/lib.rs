//! Rosefish.
pub mod schema;
pub mod wire;
