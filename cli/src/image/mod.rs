//! The server that BMCs read an image from: one file, in ranges, by as many readers as there are, and nothing else.

pub(crate) mod file;
mod range;
pub(crate) mod server;
