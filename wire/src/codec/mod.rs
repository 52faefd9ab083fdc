//! Bytes to values and back.

pub(crate) mod decode;
pub(crate) mod deviation;
pub(crate) mod encode;
pub(crate) mod error;
pub(crate) mod json;
pub(crate) mod lenient;
pub(crate) mod lossy;
pub(crate) mod mend;
pub(crate) mod number;
pub(crate) mod pattern;
pub(crate) mod reader;
pub(crate) mod report;
pub(crate) mod residue;
pub(crate) mod returned;
pub(crate) mod scalar;
pub(crate) mod serde;
pub(crate) mod splice;
pub(crate) mod writer;
