//! A live service: what it answers, and how.

pub(crate) mod crawl;
mod headers;
pub(crate) mod probe;

pub(crate) use headers::check as check_headers;
