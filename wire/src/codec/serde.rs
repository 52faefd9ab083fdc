//! serde on top of the reflection, so that the types compose with other libraries. Rosefish itself decodes and
//! encodes without it.

use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use crate::codec::decode::decode;
use crate::codec::encode::encode;
use crate::codec::error::{DecodeError, Limits};
use crate::codec::lenient::Node;
use crate::reflect::record::{Member, Record, Type};
use crate::value::enums::OpenEnum;

/// Writes a record with any serde serializer.
///
/// # Errors
///
/// Those of the serializer. Strings that are not Unicode text have U+FFFD where they are not.
pub fn serialize<S: Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    let text = encode(record);
    Node::all(&text).map_err(S::Error::custom)?.serialize(serializer)
}

/// Reads a record with any serde deserializer. Where the payload departs from the schemas is not reported: use
/// [`decode`] for that.
///
/// # Errors
///
/// Those of the deserializer, and what is not an object.
pub fn deserialize<'de, T: Type, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
    from_json(&value.to_string()).map_err(D::Error::custom)
}

fn from_json<T: Type>(json: &str) -> Result<T, DecodeError> {
    decode(json.as_bytes(), &Limits::default()).map(|decoded| decoded.value)
}

/// Reads a member of an enumeration with any serde deserializer.
pub fn spelled<'de, E: OpenEnum, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    Ok(E::of(Member { number: None, spelling: &text }))
}
