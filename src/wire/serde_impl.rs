//! serde on top of the reflection, so that the types compose with other libraries. Rosefish itself decodes and
//! encodes without it.

use std::cell::RefCell;

use jiter::{Jiter, JiterError, Peek};
use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::decode::decode;
use super::enums::OpenEnum;
use super::error::Limits;
use super::record::{Member, Record, Type};

/// Writes a record with any serde serializer.
///
/// # Errors
///
/// Those of the serializer, and what serde's data model has no place for: strings that are no Unicode.
pub(crate) fn serialize<S: Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    let json = super::encode(record);
    let mut jiter = Jiter::new(json.as_bytes());
    let peek = jiter.peek().map_err(S::Error::custom)?;
    Node { jiter: &RefCell::new(jiter), peek }.serialize(serializer)
}

/// A value of a JSON text, read while it is written. It is written once only, as each takes its part of the text.
struct Node<'a, 'j> {
    jiter: &'a RefCell<Jiter<'j>>,
    peek: Peek,
}

impl<'j> Node<'_, 'j> {
    fn step<T, E: serde::ser::Error>(
        &self,
        read: impl FnOnce(&mut Jiter<'j>) -> Result<T, JiterError>,
    ) -> Result<T, E> {
        read(&mut self.jiter.borrow_mut()).map_err(E::custom)
    }

    fn number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.step(|jiter| jiter.known_number_bytes(self.peek).map(<[u8]>::to_vec))?;
        let text = String::from_utf8(text).map_err(S::Error::custom)?;
        if let Ok(number) = text.parse::<i64>() {
            return serializer.serialize_i64(number);
        }
        if let Ok(number) = text.parse::<u64>() {
            return serializer.serialize_u64(number);
        }
        serializer.serialize_f64(text.parse().map_err(S::Error::custom)?)
    }
}

impl Serialize for Node<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.peek {
            Peek::Null => {
                self.step(Jiter::known_null)?;
                serializer.serialize_unit()
            }
            Peek::True | Peek::False => serializer.serialize_bool(self.step(|jiter| jiter.known_bool(self.peek))?),
            Peek::String => serializer.serialize_str(&self.step(|jiter| jiter.known_str().map(str::to_owned))?),
            Peek::Array => {
                let mut seq = serializer.serialize_seq(None)?;
                let mut next = self.step(Jiter::known_array)?;
                while let Some(peek) = next {
                    seq.serialize_element(&Node { jiter: self.jiter, peek })?;
                    next = self.step(Jiter::array_step)?;
                }
                seq.end()
            }
            Peek::Object => {
                let mut map = serializer.serialize_map(None)?;
                let mut key = self.step(|jiter| jiter.known_object().map(|key| key.map(str::to_owned)))?;
                while let Some(name) = key {
                    let peek = self.step(Jiter::peek)?;
                    map.serialize_entry(&name, &Node { jiter: self.jiter, peek })?;
                    key = self.step(|jiter| jiter.next_key().map(|key| key.map(str::to_owned)))?;
                }
                map.end()
            }
            _ => self.number(serializer),
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

/// Reads a member of an enumeration with any serde deserializer.
pub(crate) fn spelled<'de, E: OpenEnum, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    Ok(E::of(Member { number: None, spelling: &text }))
}
