//! What the answer to an action is read as.

use super::decode::decode;
use super::error::Limits;
use super::lenient::from_slice;
use crate::reflect::record::Type;

/// What an action may return: a type, or nothing.
pub trait Returned: Sized + Send + 'static {
    /// Reads the answer's body.
    fn read(body: &[u8]) -> Option<Self>;
}

impl Returned for () {
    fn read(_: &[u8]) -> Option<Self> {
        None
    }
}

impl Returned for serde_json::Value {
    fn read(body: &[u8]) -> Option<Self> {
        from_slice(body).ok()
    }
}

impl<T: Type> Returned for T {
    fn read(body: &[u8]) -> Option<Self> {
        decode(body, &Limits::default()).ok().map(|decoded| decoded.value)
    }
}
