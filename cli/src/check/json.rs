//! JSON as it is compared: numbers keep their text, so that nothing is lost before it is compared.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiter::{Jiter, JiterError, Peek};

/// A JSON value.
#[derive(Debug)]
pub(crate) enum Json<'j> {
    /// `null`, `true` or `false`.
    Word(&'static str),
    /// The text of a number.
    Number(&'j str),
    /// What a string says; its text with the quotes where it has no Unicode text (half of a surrogate pair).
    String(Cow<'j, str>),
    Array(Vec<Self>),
    /// The members in the order of the text; a name may come again.
    Object(Vec<(String, Self)>),
}

impl<'j> Json<'j> {
    /// Reads a JSON text that was read before, so that it is known to be JSON and not too deep.
    ///
    /// # Errors
    ///
    /// Where the text is not JSON.
    pub(crate) fn parse(text: &'j str) -> Result<Self, JiterError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut jiter = Jiter::new(text.as_bytes());
        let peek = jiter.peek()?;
        let value = Self::value(text, &mut jiter, peek)?;
        jiter.finish()?;
        Ok(value)
    }

    fn value(text: &'j str, jiter: &mut Jiter<'j>, peek: Peek) -> Result<Self, JiterError> {
        let start = jiter.current_index();
        Ok(match peek {
            Peek::Null => {
                jiter.known_null()?;
                Self::Word("null")
            }
            Peek::True | Peek::False => Self::Word(if jiter.known_bool(peek)? { "true" } else { "false" }),
            Peek::String => {
                let before = jiter.clone();
                if let Ok(string) = jiter.known_str() {
                    return Ok(Self::String(Cow::Owned(string.to_owned())));
                }
                *jiter = before;
                jiter.known_skip(peek)?;
                Self::String(Cow::Borrowed(text.get(start..jiter.current_index()).unwrap_or_default()))
            }
            Peek::Array => {
                let mut items = Vec::new();
                let mut next = jiter.known_array()?;
                while let Some(peek) = next {
                    items.push(Self::value(text, jiter, peek)?);
                    next = jiter.array_step()?;
                }
                Self::Array(items)
            }
            Peek::Object => {
                let mut members = Vec::new();
                let mut key = jiter.known_object()?.map(str::to_owned);
                while let Some(name) = key {
                    let peek = jiter.peek()?;
                    members.push((name, Self::value(text, jiter, peek)?));
                    key = jiter.next_key()?.map(str::to_owned);
                }
                Self::Object(members)
            }
            _ => {
                jiter.known_skip(peek)?;
                Self::Number(text.get(start..jiter.current_index()).unwrap_or_default())
            }
        })
    }

    /// Whether both have the same value: numbers as decimals, the order of names aside, of a name that comes again the
    /// last.
    pub(crate) fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Word(one), Self::Word(other)) => one == other,
            (Self::Number(one), Self::Number(other)) => one == other || decimal(one) == decimal(other),
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
        members.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// What a string says.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

fn last<'a, 'j>(members: &'a [(String, Json<'j>)]) -> BTreeMap<&'a str, &'a Json<'j>> {
    members.iter().map(|(name, value)| (name.as_str(), value)).collect()
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
        ];
        for (one, other, same) in cases {
            let (left, right) = (Json::parse(one).unwrap(), Json::parse(other).unwrap());
            assert_eq!(left.same(&right), same, "{one} {other}");
            assert_eq!(right.same(&left), same, "{other} {one}");
        }
    }
}
