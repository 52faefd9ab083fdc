//! JSON for comparisons: numbers keep their text, and strings keep all their code units and bytes, so that nothing is lost before
//! values are compared. It only sees payloads that the decoder has accepted, so it may take more than JSON, and nothing is nested
//! deeper than the decoder allows. It shares no code with the decoder, whose results it checks.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Json<'j> {
    /// A number, or `null`, `true` or `false`: as it is written.
    Word(&'j str),
    String(Text),
    Array(Vec<Self>),
    /// The members in the order of the text. A name may be repeated.
    Object(Vec<(Text, Self)>),
}

/// The content of a string.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    Unicode(String),
    /// Not all of it is text: code points, halves of surrogate pairs, and bytes that are not UTF-8, which are counted from
    /// [`Text::BYTES`].
    Odd(Vec<u32>),
}

impl Text {
    /// Beyond all code points.
    const BYTES: u32 = 0x0011_0000;

    /// Returns the string, if all of it is text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Unicode(text) => Some(text),
            Self::Odd(_) => None,
        }
    }

    /// Makes a string of code points and the like. Two of them may be the halves of a surrogate pair.
    fn of(units: Vec<u32>) -> Self {
        let mut joined: Vec<u32> = Vec::with_capacity(units.len());
        for unit in units {
            match joined.last_mut() {
                Some(high @ 0xD800..=0xDBFF) if (0xDC00..=0xDFFF).contains(&unit) => {
                    *high = 0x10000 + ((*high - 0xD800) << 10) + (unit - 0xDC00);
                }
                _ => joined.push(unit),
            }
        }
        let text = joined.iter().map(|unit| char::from_u32(*unit)).collect();
        match text {
            Some(text) => Self::Unicode(text),
            None => Self::Odd(joined),
        }
    }
}

/// The part of the payload that has not been read yet.
struct Reader<'j>(&'j [u8]);

impl<'j> Reader<'j> {
    fn next(&mut self) -> Option<u8> {
        self.0 = self.0.trim_ascii_start();
        self.0.first().copied()
    }

    fn skip(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then(|| self.pass(1))
    }

    fn pass(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    fn value(&mut self) -> Option<Json<'j>> {
        Some(match self.next()? {
            b'"' => Json::String(self.string()?),
            b'[' => Json::Array(self.list(b'[', b']', Self::value)?),
            b'{' => Json::Object(self.list(b'{', b'}', |reader| {
                let name = reader.string()?;
                reader.skip(b':')?;
                Some((name, reader.value()?))
            })?),
            _ => {
                let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
                let end = self.0.iter().position(|byte| !in_word(byte)).unwrap_or(self.0.len());
                let (word, rest) = self.0.split_at(end);
                self.0 = rest;
                Json::Word(std::str::from_utf8(word).ok().filter(|word| !word.is_empty())?)
            }
        })
    }

    fn list<T>(&mut self, open: u8, close: u8, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.skip(open)?;
        let mut items = Vec::new();
        if self.next()? != close {
            items.push(item(self)?);
            while self.next()? == b',' {
                self.skip(b',')?;
                items.push(item(self)?);
            }
        }
        self.skip(close)?;
        Some(items)
    }

    fn string(&mut self) -> Option<Text> {
        self.skip(b'"')?;
        let end = self.0.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
        if self.0.get(end) == Some(&b'"')
            && let Some(text) = self.0.get(..end).and_then(|text| std::str::from_utf8(text).ok())
        {
            self.pass(end + 1);
            return Some(Text::Unicode(text.to_owned()));
        }
        let mut units = Vec::new();
        loop {
            match *self.0.first()? {
                b'"' => break,
                b'\\' => units.push(self.escape()?),
                _ => self.plain(&mut units),
            }
        }
        self.pass(1);
        Some(Text::of(units))
    }

    /// Reads an escape. If it is not one, returns its backslash as a byte that is not text.
    fn escape(&mut self) -> Option<u32> {
        let c = match *self.0.get(1)? {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'u' => {
                let digits = self.0.get(2..6).and_then(|digits| std::str::from_utf8(digits).ok());
                let unit = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
                self.pass(if unit.is_some() { 6 } else { 1 });
                return Some(unit.unwrap_or(Text::BYTES + u32::from(b'\\')));
            }
            other if other.is_ascii_graphic() => other,
            _ => {
                self.pass(1);
                return Some(Text::BYTES + u32::from(b'\\'));
            }
        };
        self.pass(2);
        Some(u32::from(c))
    }

    /// Reads up to the next quote or backslash.
    fn plain(&mut self, units: &mut Vec<u32>) {
        let end = self.0.iter().position(|byte| matches!(byte, b'"' | b'\\')).unwrap_or(self.0.len());
        let (plain, rest) = self.0.split_at(end);
        self.0 = rest;
        for chunk in plain.utf8_chunks() {
            units.extend(chunk.valid().chars().map(u32::from));
            units.extend(chunk.invalid().iter().map(|byte| Text::BYTES + u32::from(*byte)));
        }
    }
}

impl<'j> Json<'j> {
    /// Reads a JSON text. Returns `None` if it is not JSON.
    #[allow(dead_code, reason = "for tests, the library's as well")]
    pub(crate) fn parse(text: &'j (impl AsRef<[u8]> + ?Sized)) -> Option<Self> {
        Self::first(text.as_ref()).filter(|(_, behind)| behind.is_empty()).map(|(value, _)| value)
    }

    /// Reads the JSON text that a payload begins with, and returns it with what follows, if that is more than blanks.
    pub(crate) fn first(payload: &'j [u8]) -> Option<(Self, &'j [u8])> {
        let mut reader = Reader(payload.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(payload));
        let value = reader.value()?;
        let behind = if reader.0.trim_ascii().is_empty() { &[] } else { reader.0 };
        Some((value, behind))
    }

    /// Returns whether both have the same value. Numbers are compared as decimals, the order of names doesn't matter, and the last
    /// one counts if a name is repeated.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(one), Self::Word(other)) => {
                one == other || (is_number(one) && is_number(other) && decimal(one) == decimal(other))
            }
            (Self::String(one), Self::String(other)) => one == other,
            (Self::Array(one), Self::Array(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.same(other))
            }
            (Self::Object(one), Self::Object(other)) => {
                let (one, other) = (last(one), last(other));
                one.len() == other.len()
                    && one.iter().zip(&other).all(|((name, one), (known, other))| name == known && one.same(other))
            }
            _ => false,
        }
    }

    /// Returns the value of a member. The last one counts if the name is repeated.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rev().find(|(known, _)| known.as_str() == Some(name)).map(|(_, value)| value)
    }

    /// Returns the value as JSON text, or `None` if a string in it is not text.
    pub(crate) fn text(&self) -> Option<String> {
        let mut text = String::new();
        self.write(&mut text)?;
        Some(text)
    }

    fn write(&self, into: &mut String) -> Option<()> {
        let quoted = |text: &Text| text.as_str().map(|text| serde_json::Value::from(text).to_string());
        match self {
            Self::Word(word) => into.push_str(word),
            Self::String(text) => into.push_str(&quoted(text)?),
            Self::Array(items) => {
                into.push('[');
                for (index, item) in items.iter().enumerate() {
                    into.push_str(if index > 0 { "," } else { "" });
                    item.write(into)?;
                }
                into.push(']');
            }
            Self::Object(members) => {
                into.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    into.push_str(if index > 0 { "," } else { "" });
                    into.push_str(&quoted(name)?);
                    into.push(':');
                    value.write(into)?;
                }
                into.push('}');
            }
        }
        Some(())
    }

    /// Counts the strings, numbers, booleans and nulls.
    pub(crate) fn leaves(&self) -> u64 {
        match self {
            Self::Word(_) | Self::String(_) => 1,
            Self::Array(items) => items.iter().map(Self::leaves).sum(),
            Self::Object(members) => members.iter().map(|(_, value)| value.leaves()).sum(),
        }
    }

    /// Returns the content of a string, if all of it is text.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => text.as_str(),
            _ => None,
        }
    }
}

fn last<'a, 'j>(members: &'a [(Text, Json<'j>)]) -> BTreeMap<&'a Text, &'a Json<'j>> {
    members.iter().map(|(name, value)| (name, value)).collect()
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

/// A decimal's sign, its significant digits and the power of ten of the last of them. Exact, whatever its size.
fn decimal(text: &str) -> (bool, &str, Cow<'_, str>, i128) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = [whole, fraction].concat();
    let kept = digits.trim_end_matches('0');
    let significant = kept.trim_start_matches('0');
    if significant.is_empty() {
        return (false, "", Cow::Borrowed(""), 0);
    }
    // An exponent beyond 38 digits is compared by its text alone.
    let (power, beyond) = match exponent.parse::<i128>() {
        Ok(power) => (power, ""),
        Err(_) => (0, exponent),
    };
    let zeros = digits.len() - kept.len();
    let shift = i128::try_from(zeros).unwrap_or_default() - i128::try_from(fraction.len()).unwrap_or_default();
    (negative, beyond, Cow::Owned(significant.to_owned()), power.saturating_add(shift))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_exactly() {
        let cases = [
            ("41.0", "41", true),
            ("1.5E-254", "15e-255", true),
            ("-0.0", "0", true),
            ("100", "1e2", true),
            ("23058430092136940000", "2.305843009213694e19", true),
            ("23058430092136940001", "23058430092136940000", false),
            ("9007199254740993", "9007199254740992.0", false),
            ("0.1", "0.10000000000000000555", false),
            (r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, true),
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#, true),
            (r#"{"a":1,"a":2}"#, r#"{"a":1}"#, false),
            (r#"{"a":null}"#, "{}", false),
            ("[1,2]", "[2,1]", false),
            (r#""\u0041""#, r#""A""#, true),
            (r#""1""#, "1", false),
            (r#""\ud800""#, r#""\ud800""#, true),
            (r#""\ud800""#, r#""\ud801""#, false),
            (r#""\ud83d\ude00""#, "\"\u{1f600}\"", true),
            (r#"{"\ud800":1}"#, r#"{"\ud801":1}"#, false),
            ("null", "\"null\"", false),
            (" [ ] ", "[]", true),
            ("\"a\tb\"", r#""a\tb""#, true),
            ("\"a\tb\"", r#""a\nb""#, false),
        ];
        for (one, other, same) in cases {
            let (left, right) = (Json::parse(one).unwrap(), Json::parse(other).unwrap());
            assert_eq!(left.same(&right), same, "{one} {other}");
            assert_eq!(right.same(&left), same, "{other} {one}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_compared_too() {
        let cases: [(&[u8], &[u8], bool); 6] = [
            (b"\"\xFF\"", b"\"\xFF\"", true),
            (b"\"\xFF\"", b"\"\xFE\"", false),
            (b"\"\xFF\"", "\"\u{FFFD}\"".as_bytes(), false),
            (b"\"\xC3\xA9\xC3\"", b"\"\\u00e9\xC3\"", true),
            (b"{\"\xFF\":1,\"\xFE\":2}", b"{\"\xFE\":2,\"\xFF\":1}", true),
            (b"\"\\u00\xFF9\"", b"\"\\u00\xFE9\"", false),
        ];
        for (one, other, same) in cases {
            let (left, right) = (Json::parse(one).unwrap(), Json::parse(other).unwrap());
            assert_eq!(left.same(&right), same, "{}", String::from_utf8_lossy(one));
        }
        assert!(Json::parse("{} {}").is_none());
        assert_eq!(Json::first(b"{}\0\n").unwrap().1, b"\0\n");
        assert!(Json::first(b"{} \n").unwrap().1.is_empty());
    }
}
