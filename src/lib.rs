//! Rosefish.
pub mod wire;
