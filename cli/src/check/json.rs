//! JSON as it is compared: numbers keep their text and strings all their code units, so that nothing is lost before it
//! is compared. Written for text that the decoder has read before: it takes more than JSON, and nothing deeper than
//! the decoder's limit comes here.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Json<'j> {
    /// A number, or `null`, `true` or `false`: as it is written.
    Word(&'j str),
    String(Text),
    Array(Vec<Self>),
    /// The members in the order of the text; a name may come again.
    Object(Vec<(Text, Self)>),
}

/// What a string says.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    Unicode(String),
    /// UTF-16 with half of a surrogate pair in it.
    Units(Vec<u16>),
}

impl Text {
    /// The text, where it is any.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Unicode(text) => Some(text),
            Self::Units(_) => None,
        }
    }
}

/// The rest of the text that is yet to be read.
struct Reader<'j>(&'j str);

impl<'j> Reader<'j> {
    fn next(&mut self) -> Option<char> {
        self.0 = self.0.trim_start();
        self.0.chars().next()
    }

    fn skip(&mut self, expected: char) -> Option<()> {
        self.next()?;
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    fn value(&mut self) -> Option<Json<'j>> {
        Some(match self.next()? {
            '"' => Json::String(self.string()?),
            '[' => Json::Array(self.list('[', ']', Self::value)?),
            '{' => Json::Object(self.list('{', '}', |reader| {
                let name = reader.string()?;
                reader.skip(':')?;
                Some((name, reader.value()?))
            })?),
            _ => {
                let end = self.0.find([',', ']', '}', ' ', '\n', '\r', '\t']).unwrap_or(self.0.len());
                let (word, rest) = self.0.split_at(end);
                self.0 = rest;
                Json::Word(word)
            }
        })
    }

    fn list<T>(&mut self, open: char, close: char, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        self.skip(open)?;
        let mut items = Vec::new();
        if self.next()? != close {
            items.push(item(self)?);
            while self.next()? == ',' {
                self.skip(',')?;
                items.push(item(self)?);
            }
        }
        self.skip(close)?;
        Some(items)
    }

    fn string(&mut self) -> Option<Text> {
        self.skip('"')?;
        let end = self.0.find(['"', '\\'])?;
        if self.0.get(end..)?.starts_with('"') {
            let text = self.0.get(..end)?.to_owned();
            self.0 = self.0.get(end + 1..)?;
            return Some(Text::Unicode(text));
        }
        let mut units = Vec::new();
        let mut chars = self.0.chars();
        loop {
            let c = match chars.next()? {
                '"' => break,
                '\\' => match chars.next()? {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'b' => '\u{8}',
                    'f' => '\u{c}',
                    'u' => {
                        units.push(u16::from_str_radix(chars.as_str().get(..4)?, 16).ok()?);
                        chars.nth(3)?;
                        continue;
                    }
                    other => other,
                },
                other => other,
            };
            units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
        self.0 = chars.as_str();
        Some(String::from_utf16(&units).map_or_else(|_| Text::Units(units), Text::Unicode))
    }
}

impl<'j> Json<'j> {
    /// Reads a JSON text; none where it is no JSON.
    pub(crate) fn parse(text: &'j str) -> Option<Self> {
        let mut reader = Reader(text.strip_prefix('\u{feff}').unwrap_or(text));
        let value = reader.value()?;
        reader.next().is_none().then_some(value)
    }

    /// Whether both have the same value: numbers as decimals, the order of names aside, of a name that comes again the
    /// last.
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

    /// The value of the member of this name.
    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().rev().find(|(known, _)| known.as_str() == Some(name)).map(|(_, value)| value)
    }

    /// What a string says.
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
        ];
        for (one, other, same) in cases {
            let (left, right) = (Json::parse(one).unwrap(), Json::parse(other).unwrap());
            assert_eq!(left.same(&right), same, "{one} {other}");
            assert_eq!(right.same(&left), same, "{other} {one}");
        }
    }
}
