//! serde on top of the reflection, so that the types compose with other libraries. Rosefish itself decodes and
//! encodes without it.

use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::decode::decode;
use super::error::Limits;
use super::record::{Record, Type};

/// Writes a record with any serde serializer.
///
/// # Errors
///
/// Those of the serializer.
pub(crate) fn serialize<S: Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    let value = serde_json::from_str::<serde_json::Value>(&super::encode(record)).map_err(S::Error::custom)?;
    Node(&value).serialize(serializer)
}

/// A value that serializes without the help of `serde_json`'s number types, which some formats do not know.
struct Node<'a>(&'a serde_json::Value);

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            serde_json::Value::Null => serializer.serialize_unit(),
            serde_json::Value::Bool(value) => serializer.serialize_bool(*value),
            serde_json::Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(number), ..) => serializer.serialize_i64(number),
                (_, Some(number), _) => serializer.serialize_u64(number),
                (.., number) => serializer.serialize_f64(number.unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => serializer.serialize_str(text),
            serde_json::Value::Array(values) => {
                let mut seq = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    seq.serialize_element(&Node(value))?;
                }
                seq.end()
            }
            serde_json::Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, &Node(value))?;
                }
                map.end()
            }
        }
    }
}

/// Reads a record with any serde deserializer. Where the payload departs from the schemas is not told: use
/// [`decode`] for that.
///
/// # Errors
///
/// Those of the deserializer, and what is not an object.
pub(crate) fn deserialize<'de, T: Type, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
    from_json(&value.to_string()).map_err(D::Error::custom)
}

fn from_json<T: Type>(json: &str) -> Result<T, super::DecodeError> {
    decode(json.as_bytes(), &Limits::default()).map(|decoded| decoded.value)
}
