//! What the schemas say of payloads, version by version: the types of the library have all versions of a schema in one, which is
//! right for reading and too lenient for judging.

pub(crate) mod definition;
mod derive;
pub(crate) mod library;
mod source;
pub(crate) mod version;
