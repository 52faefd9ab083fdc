//! Rosefish.
