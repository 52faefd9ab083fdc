//! serde on top of the reflection, so that the types compose with other libraries. Rosefish itself decodes and
//! encodes without it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::mem;

use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::codec::decode::decode;
use crate::codec::error::Limits;
use crate::codec::json::{Json, Peek, Quoted, Wrong};
use crate::reflect::record::{Member, Record, Type};
use crate::value::enums::OpenEnum;

/// Writes a record with any serde serializer.
///
/// # Errors
///
/// Those of the serializer, and what serde's data model has no place for: strings that are no Unicode.
pub fn serialize<S: Serializer>(record: &dyn Record, serializer: S) -> Result<S::Ok, S::Error> {
    let text = crate::codec::encode::encode(record);
    let mut json = Json::new(&text);
    let peek = json.peek().map_err(S::Error::custom)?;
    Node { json: &RefCell::new(json), peek }.serialize(serializer)
}

/// A value of a JSON text, read while it is written. It is written once only, as each takes its part of the text.
struct Node<'a, 'j> {
    json: &'a RefCell<Json<'j>>,
    peek: Peek,
}

impl<'j> Node<'_, 'j> {
    fn step<T, E: serde::ser::Error>(&self, read: impl FnOnce(&mut Json<'j>) -> Result<T, Wrong>) -> Result<T, E> {
        read(&mut self.json.borrow_mut()).map_err(E::custom)
    }

    fn number<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.step(Json::number)?;
        if let Ok(number) = text.parse::<i64>() {
            return serializer.serialize_i64(number);
        }
        if let Ok(number) = text.parse::<u64>() {
            return serializer.serialize_u64(number);
        }
        serializer.serialize_f64(text.parse().map_err(S::Error::custom)?)
    }
}

fn text<E: serde::ser::Error>(quoted: Quoted<'_>) -> Result<Cow<'_, str>, E> {
    quoted.text().ok_or_else(|| E::custom("a string that is no Unicode text"))
}

impl Serialize for Node<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.peek {
            Peek::Null => {
                self.step(|json| json.word("null"))?;
                serializer.serialize_unit()
            }
            Peek::True => {
                self.step(|json| json.word("true"))?;
                serializer.serialize_bool(true)
            }
            Peek::False => {
                self.step(|json| json.word("false"))?;
                serializer.serialize_bool(false)
            }
            Peek::Number => self.number(serializer),
            Peek::String => serializer.serialize_str(&text::<S::Error>(self.step(Json::string)?)?),
            Peek::Array => {
                let mut seq = serializer.serialize_seq(None)?;
                let mut first = true;
                while let Some(peek) = self.step(|json| json.next_item(mem::take(&mut first)))? {
                    seq.serialize_element(&Node { json: self.json, peek })?;
                }
                seq.end()
            }
            Peek::Object => {
                let mut map = serializer.serialize_map(None)?;
                let mut first = true;
                while let Some(name) = self.step(|json| json.next_name(mem::take(&mut first)))? {
                    let peek = self.step(Json::peek)?;
                    map.serialize_entry(&text::<S::Error>(name)?, &Node { json: self.json, peek })?;
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
pub fn deserialize<'de, T: Type, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let value = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
    from_json(&value.to_string()).map_err(D::Error::custom)
}

fn from_json<T: Type>(json: &str) -> Result<T, crate::DecodeError> {
    decode(json.as_bytes(), &Limits::default()).map(|decoded| decoded.value)
}

/// Reads a member of an enumeration with any serde deserializer.
pub fn spelled<'de, E: OpenEnum, D: Deserializer<'de>>(deserializer: D) -> Result<E, D::Error> {
    let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
    Ok(E::of(Member { number: None, spelling: &text }))
}
