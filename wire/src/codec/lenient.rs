//! JSON for serde, read as leniently as records are: a value that serde can't represent affects nothing but itself.

use std::borrow::Cow;
use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use serde::de::DeserializeOwned;
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq, Serializer};

use super::error::Limits;
use super::json::{Json, Peek, Quoted, Wrong};
use super::mend::Mended;

/// Reads a payload as a value of a serde type, as `serde_json::from_slice` does, but for what services are known to send: a
/// byte order mark, bytes that are not UTF-8 and control characters in strings, half a surrogate pair, and anything behind
/// the value. Where a string is not Unicode text it has U+FFFD.
///
/// ```
/// let error: serde_json::Value = rosefish::wire::from_slice(b"{\"code\": \"General\xFF\"}\0")?;
/// assert_eq!(error["code"], "General\u{FFFD}");
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// Where the payload does not begin with JSON, the JSON does not fit the type, or it would take more than 256 MiB as a
/// [`serde_json::Value`].
pub fn from_slice<T: DeserializeOwned>(payload: &[u8]) -> Result<T, serde_json::Error> {
    from_slice_within(payload, &Limits::default().with_memory(MOST_MEMORY))
}

/// Reads a payload as [`from_slice`] does, within [`Limits::memory`] of what it takes as a [`serde_json::Value`]. The other limits
/// are ignored.
///
/// # Errors
///
/// As those of [`from_slice`].
pub fn from_slice_within<T: DeserializeOwned>(payload: &[u8], limits: &Limits) -> Result<T, serde_json::Error> {
    let payload = payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload);
    let memory = limits.memory_for(payload.len());
    within_memory(payload, memory)?;
    match serde_json::from_slice(payload) {
        Err(error) if error.is_syntax() => match Mended::of(payload, memory) {
            Some(mended) => value_of(&mended.text).map_err(|_| error),
            None => std::str::from_utf8(payload).ok().and_then(|text| value_of(text).ok()).ok_or(error),
        },
        read => read,
    }
}

/// The most memory that a payload may take as a `Value`. The decoder of records counts its memory; serde doesn't.
const MOST_MEMORY: usize = 256 << 20;

/// Checks that JSON does not take too much memory as a `Value`, by the commas, braces and colons in it.
fn within_memory(json: &[u8], most: usize) -> Result<(), serde_json::Error> {
    // Half of a vector may be empty, and so may half of each node of a map, which has room for eleven entries.
    const ITEM: usize = 2 * size_of::<serde_json::Value>();
    const NAME: usize = ITEM + 3 * size_of::<String>();
    const OBJECT: usize = 12 * (size_of::<String>() + size_of::<serde_json::Value>());
    // The shortest object has two bytes.
    if json.len() <= (most / OBJECT).saturating_mul(2) {
        return Ok(());
    }
    let (mut memory, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        memory = memory.saturating_add(match byte {
            _ if std::mem::take(&mut escaped) => 0,
            b'\\' => {
                escaped = in_string;
                0
            }
            b'"' => {
                in_string = !in_string;
                0
            }
            _ if in_string => 0,
            b'{' => OBJECT,
            b':' => NAME,
            b',' | b'[' => ITEM,
            _ => 0,
        });
    }
    if memory > most {
        let text = format_args!("the JSON takes more memory than the limit of {most} bytes");
        return Err(<serde_json::Error as serde::de::Error>::custom(text));
    }
    Ok(())
}

/// How deep arrays and objects may nest: as deep as `serde_json` reads. Each level takes several frames of the stack, which a
/// service could exhaust with a few kilobytes of brackets.
const DEEPEST: usize = 128;

/// A value of a JSON text, read while it is serialized. It can be serialized only once, as that reads its part of the text.
pub(crate) struct Node<'j> {
    json: Rc<RefCell<Json<'j>>>,
    peek: Peek,
    depth: usize,
}

impl<'j> Node<'j> {
    /// Returns the first value of a text.
    pub(crate) fn all(text: &'j str) -> Result<Self, Wrong> {
        let mut json = Json::new(text);
        let peek = json.peek()?;
        Ok(Self { json: Rc::new(RefCell::new(json)), peek, depth: 0 })
    }

    /// Returns a value within this one.
    fn within<E: serde::ser::Error>(&self, peek: Peek) -> Result<Self, E> {
        let depth = self.depth.saturating_add(1);
        if depth > DEEPEST {
            return Err(E::custom(format_args!("the JSON is nested more than {DEEPEST} deep")));
        }
        Ok(Self { json: Rc::clone(&self.json), peek, depth })
    }

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

/// Returns the decoded text of a string, with U+FFFD where it is not Unicode text.
fn text(quoted: Quoted<'_>) -> Cow<'_, str> {
    quoted.text().unwrap_or_else(|| Cow::Owned(quoted.lossy_text()))
}

/// Reads JSON text that was kept as a value of a serde type. What serde can't represent (half a surrogate pair, numbers
/// beyond `f64`) affects nothing but itself: it becomes U+FFFD or null.
///
/// # Errors
///
/// Where the text does not fit the type.
pub(crate) fn value_of<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    within_memory(json.as_bytes(), MOST_MEMORY)?;
    match serde_json::from_str(json) {
        Err(error) if error.is_syntax() => {
            let Ok(node) = Node::all(json) else { return Err(error) };
            serde_json::from_value(serde_json::to_value(node)?)
        }
        read => read,
    }
}

impl Serialize for Node<'_> {
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
            Peek::String => serializer.serialize_str(&text(self.step(Json::string)?)),
            Peek::Array => {
                let mut seq = serializer.serialize_seq(None)?;
                let mut first = true;
                while let Some(peek) = self.step(|json| json.next_item(mem::take(&mut first)))? {
                    seq.serialize_element(&self.within(peek)?)?;
                }
                seq.end()
            }
            Peek::Object => {
                let mut map = serializer.serialize_map(None)?;
                let mut first = true;
                while let Some(name) = self.step(|json| json.next_name(mem::take(&mut first)))? {
                    let peek = self.step(Json::peek)?;
                    map.serialize_entry(&text(name), &self.within(peek)?)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn what_is_nested_without_end_is_an_error() {
        for (begin, end) in [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]")] {
            for count in [200, 100_000] {
                // Whole, cut off, and with a byte that only the lenient reading takes.
                let whole = begin.repeat(count) + "1" + &end.repeat(count);
                let odd = format!("[\"\\ud800\",{whole}]");
                for text in [whole.as_str(), &begin.repeat(count), &odd] {
                    assert!(value_of::<Value>(text).is_err());
                    assert!(from_slice::<Value>(text.as_bytes()).is_err());
                    let spoilt = [b"[\"\xFF\",", text.as_bytes(), b"]"].concat();
                    assert!(from_slice::<Value>(&spoilt).is_err());
                }
            }
            let shallow = format!("[\"\\ud800\",{}1{}]", begin.repeat(50), end.repeat(50));
            assert!(value_of::<Value>(&shallow).is_ok(), "{shallow}");
        }
    }
}
