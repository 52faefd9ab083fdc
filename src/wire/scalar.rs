//! The scalars of the standard: how each is read from JSON, what is coerced without loss and what is refused.

use std::any::Any;
use std::fmt;

use jiter::Peek;

use super::decode::Decoder;
use super::deviation::{DeviationKind, Handling, Problem};
use super::encode::Encoder;
use super::error::DecodeError;
use super::odata::{ETag, ODataId, ODataType};
use super::oem::Oem;
use super::text::{DateTime, Duration, Guid};

/// A scalar type of the standard.
pub trait Scalar: Clone + PartialEq + fmt::Debug + Any + Send + Sync {
    /// Reads a value that is not null. A value that is refused may be left where it is.
    ///
    /// # Errors
    ///
    /// Only for text that is not JSON.
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError>;
    /// Writes the value as JSON.
    fn encode(&self, encoder: &mut Encoder);
    /// The text of a string-like scalar.
    fn text(&self) -> Option<&str> {
        None
    }
}

/// What came of reading a scalar.
#[derive(Debug)]
pub enum Reading<S> {
    /// The value, as it was meant to be written.
    Exact(S),
    /// The value, though not all of its text: the original must be kept beside it. Nothing is wrong with it.
    Rounded(S),
    /// The value, which departs from the schema.
    Odd(S, Problem, Handling),
    /// Not a value of this type.
    Refused(Problem),
}

/// What came of reading into a slot.
#[derive(Debug)]
pub enum Outcome {
    /// Fine.
    Exact,
    /// Fine, but the original must be kept.
    Rounded,
    /// Taken, though it departs from the schema.
    Odd(Problem, Handling),
    /// Not taken.
    Refused(Problem),
}

/// `Option<S>` or `Vec<S>` of a scalar type.
pub trait ScalarSlot: fmt::Debug + Any {
    /// How many there are.
    fn len(&self) -> usize;
    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Reads one more (`Vec`), or the only one (`Option`).
    ///
    /// # Errors
    ///
    /// Only for text that is not JSON.
    fn read(&mut self, decoder: &mut Decoder<'_>, peek: Peek) -> Result<Outcome, DecodeError>;
    /// Writes one of them as JSON.
    fn write(&self, index: usize, encoder: &mut Encoder);
    /// Takes all away.
    fn clear(&mut self);
    /// Whether both hold the same.
    fn same(&self, other: &dyn ScalarSlot) -> bool;
    /// Takes over what the other holds.
    fn assign(&mut self, other: &dyn ScalarSlot);
    /// The text of a string-like scalar.
    fn text(&self) -> Option<&str> {
        None
    }
    /// The identifier, where it holds one.
    fn odata_id(&self) -> Option<&ODataId> {
        None
    }
    /// Prints one of them for a person.
    fn print(&self, index: usize) -> &dyn fmt::Debug;
}

/// What can hold scalars of one type.
trait Holder: Clone + PartialEq + fmt::Debug + Any {
    type Value: Scalar;
    fn count(&self) -> usize;
    fn value(&self, index: usize) -> Option<&Self::Value>;
    fn put(&mut self, value: Self::Value);
    fn empty(&mut self);
}

impl<S: Scalar> Holder for Option<S> {
    type Value = S;
    fn count(&self) -> usize {
        usize::from(self.is_some())
    }
    fn value(&self, index: usize) -> Option<&S> {
        self.as_ref().filter(|_| index == 0)
    }
    fn put(&mut self, value: S) {
        *self = Some(value);
    }
    fn empty(&mut self) {
        *self = None;
    }
}

impl<S: Scalar> Holder for Vec<S> {
    type Value = S;
    fn count(&self) -> usize {
        self.len()
    }
    fn value(&self, index: usize) -> Option<&S> {
        self.get(index)
    }
    fn put(&mut self, value: S) {
        self.push(value);
    }
    fn empty(&mut self) {
        self.clear();
    }
}

macro_rules! holds_itself {
    ($($scalar:ty)*) => {$(
        /// As the value of a map.
        impl Holder for $scalar {
            type Value = Self;
            fn count(&self) -> usize {
                1
            }
            fn value(&self, index: usize) -> Option<&Self> {
                Some(self).filter(|_| index == 0)
            }
            fn put(&mut self, value: Self) {
                *self = value;
            }
            fn empty(&mut self) {
                *self = Self::default();
            }
        }
    )*};
}

holds_itself!(Primitive String);

impl<H: Holder> ScalarSlot for H {
    fn len(&self) -> usize {
        self.count()
    }

    fn read(&mut self, decoder: &mut Decoder<'_>, peek: Peek) -> Result<Outcome, DecodeError> {
        let (value, outcome) = match H::Value::decode(decoder, peek)? {
            Reading::Exact(value) => (value, Outcome::Exact),
            Reading::Rounded(value) => (value, Outcome::Rounded),
            Reading::Odd(value, problem, handling) => (value, Outcome::Odd(problem, handling)),
            Reading::Refused(problem) => return Ok(Outcome::Refused(problem)),
        };
        self.put(value);
        Ok(outcome)
    }

    fn write(&self, index: usize, encoder: &mut Encoder) {
        if let Some(value) = self.value(index) {
            value.encode(encoder);
        }
    }

    fn clear(&mut self) {
        self.empty();
    }

    fn same(&self, other: &dyn ScalarSlot) -> bool {
        let other: &dyn Any = other;
        other.downcast_ref::<H>() == Some(self)
    }

    fn assign(&mut self, other: &dyn ScalarSlot) {
        let other: &dyn Any = other;
        if let Some(other) = other.downcast_ref::<H>() {
            self.clone_from(other);
        }
    }

    fn text(&self) -> Option<&str> {
        self.value(0).and_then(Scalar::text)
    }

    fn odata_id(&self) -> Option<&ODataId> {
        self.value(0).and_then(|value| (value as &dyn Any).downcast_ref())
    }

    fn print(&self, index: usize) -> &dyn fmt::Debug {
        match self.value(index) {
            Some(value) => value,
            None => &(),
        }
    }
}

fn wrong(expected: &'static str) -> Problem {
    Problem::new(DeviationKind::WrongType, expected)
}

impl Scalar for bool {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "true or false";
        Ok(match peek {
            Peek::True | Peek::False => Reading::Exact(decoder.bool(peek)?),
            Peek::String => {
                let Some(text) = decoder.str()? else { return Ok(Reading::Refused(wrong(EXPECTED))) };
                let problem = Problem::new(DeviationKind::BooleanInString, EXPECTED);
                match text {
                    _ if text.eq_ignore_ascii_case("true") => Reading::Odd(true, problem, Handling::Coerced),
                    _ if text.eq_ignore_ascii_case("false") => Reading::Odd(false, problem, Handling::Coerced),
                    _ => Reading::Refused(wrong(EXPECTED)),
                }
            }
            _ => Reading::Refused(wrong(EXPECTED)),
        })
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(if *self { "true" } else { "false" });
    }
}

/// What a number's text is as an integer.
enum Whole {
    Exact(i64),
    /// Written with a fraction of zero or an exponent.
    Decimal(i64),
    Fraction,
    TooLarge,
}

fn whole(text: &str) -> Option<Whole> {
    if let Ok(number) = text.parse::<i64>() {
        return Some(Whole::Exact(number));
    }
    if !text.contains(['.', 'e', 'E']) {
        let digits = text.trim_start_matches('-');
        return (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then_some(Whole::TooLarge);
    }
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite())?;
    // Beyond 2^53 an f64 no longer tells neighbouring integers apart.
    Some(match number {
        _ if number.fract() != 0.0 => Whole::Fraction,
        _ if number.abs() > 9_007_199_254_740_992.0 => Whole::TooLarge,
        #[allow(clippy::cast_possible_truncation, reason = "a whole number within 2^53")]
        _ => Whole::Decimal(number as i64),
    })
}

impl Scalar for i64 {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "an integer";
        let problem = |kind| Problem::new(kind, EXPECTED);
        if peek.is_num() {
            return Ok(match whole(decoder.number(peek)?) {
                Some(Whole::Exact(number)) => Reading::Exact(number),
                Some(Whole::Decimal(number)) => {
                    Reading::Odd(number, problem(DeviationKind::IntegerAsDecimal), Handling::Coerced)
                }
                Some(Whole::Fraction) => Reading::Refused(problem(DeviationKind::FractionForInteger)),
                Some(Whole::TooLarge) | None => Reading::Refused(problem(DeviationKind::OutOfRange)),
            });
        }
        if peek == Peek::String
            && let Some(text) = decoder.str()?
            && is_number(text)
            && let Some(Whole::Exact(number) | Whole::Decimal(number)) = whole(text)
        {
            return Ok(Reading::Odd(number, problem(DeviationKind::NumberInString), Handling::Coerced));
        }
        Ok(Reading::Refused(wrong(EXPECTED)))
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.print(self);
    }
}

impl Scalar for f64 {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "a number";
        if peek.is_num() {
            let text = decoder.number(peek)?;
            return Ok(match text.parse::<Self>() {
                Ok(number) if !number.is_finite() => {
                    Reading::Refused(Problem::new(DeviationKind::OutOfRange, EXPECTED))
                }
                Ok(number) if holds(number, text) => Reading::Exact(number),
                Ok(number) => Reading::Rounded(number),
                Err(_) => Reading::Refused(wrong(EXPECTED)),
            });
        }
        if peek == Peek::String
            && let Some(text) = decoder.str()?
            && is_number(text)
            && let Ok(number) = text.parse::<Self>()
            && number.is_finite()
        {
            let problem = Problem::new(DeviationKind::NumberInString, EXPECTED);
            return Ok(Reading::Odd(number, problem, Handling::Coerced));
        }
        Ok(Reading::Refused(wrong(EXPECTED)))
    }

    fn encode(&self, encoder: &mut Encoder) {
        // JSON has neither infinities nor NaN.
        if self.is_finite() { encoder.print(&format_args!("{self:?}")) } else { encoder.raw("null") }
    }
}

/// A decimal number as JSON writes it, give or take leading zeros and a plus sign, which some services add.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.ends_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
}

/// Whether the number, printed as short as it can be, has the value of the text. Up to 15 digits it always has.
fn holds(number: f64, text: &str) -> bool {
    if text.len() <= 16 && !text.contains(['e', 'E']) {
        return true;
    }
    decimal(text) == decimal(&format!("{number:?}"))
}

/// A decimal's significant digits and the exponent of the last of them.
fn decimal(text: &str) -> (bool, String, i64) {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let mut exponent = exponent.parse::<i64>().unwrap_or_default();
    let (negative, mantissa) = mantissa.strip_prefix('-').map_or((false, mantissa), |rest| (true, rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent -= i64::try_from(fraction.len()).unwrap_or_default();
    let digits = [whole, fraction].concat();
    let kept = digits.trim_end_matches('0');
    exponent += i64::try_from(digits.len() - kept.len()).unwrap_or_default();
    let kept = kept.trim_start_matches('0').to_owned();
    if kept.is_empty() { (false, kept, 0) } else { (negative, kept, exponent) }
}

impl Scalar for String {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "a string";
        let odd = |text| Reading::Odd(text, Problem::new(DeviationKind::ScalarForString, EXPECTED), Handling::Coerced);
        Ok(match peek {
            Peek::String => match decoder.str()? {
                Some(text) => Reading::Exact(text.to_owned()),
                None => Reading::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)),
            },
            Peek::True | Peek::False => odd(decoder.bool(peek)?.to_string()),
            _ if peek.is_num() => odd(decoder.number(peek)?.to_owned()),
            _ => Reading::Refused(wrong(EXPECTED)),
        })
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.string(self);
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

macro_rules! text_scalar {
    ($($ty:ty: $expected:literal, $check:expr;)*) => {$(
        impl Scalar for $ty {
            fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
                if peek != Peek::String {
                    return Ok(Reading::Refused(wrong($expected)));
                }
                let Some(text) = decoder.str()? else {
                    return Ok(Reading::Refused(Problem::new(DeviationKind::Unicode, $expected)));
                };
                let value = Self::from(text);
                let check: fn(&Self) -> Option<DeviationKind> = $check;
                Ok(match check(&value) {
                    None => Reading::Exact(value),
                    Some(kind) => Reading::Odd(value, Problem::new(kind, $expected), Handling::Kept),
                })
            }

            fn encode(&self, encoder: &mut Encoder) {
                encoder.string(self.as_str());
            }

            fn text(&self) -> Option<&str> {
                Some(self.as_str())
            }
        }
    )*};
}

text_scalar! {
    DateTime: "a date and time of ISO 8601 with an offset",
        |value| (!value.is_conforming()).then_some(DeviationKind::DateTime);
    Duration: "a duration of ISO 8601", |value| (!value.is_conforming()).then_some(DeviationKind::Duration);
    Guid: "a UUID", |value| (!value.is_conforming()).then_some(DeviationKind::Guid);
    ODataId: "a URI", |_| None;
    ODataType: "a type's name", |_| None;
}

impl Scalar for ETag {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        // Some services send a number. It is as good as a string here.
        Ok(match String::decode(decoder, peek)? {
            Reading::Exact(text) | Reading::Rounded(text) => Reading::Exact(Self::from(text)),
            Reading::Odd(text, problem, handling) => Reading::Odd(Self::from(text), problem, handling),
            Reading::Refused(problem) => Reading::Refused(problem),
        })
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.string(self.as_str());
    }

    fn text(&self) -> Option<&str> {
        Some(self.as_str())
    }
}

impl Scalar for Oem {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        let value = Self::from_json(decoder.raw(peek)?);
        // Free-form, but an object.
        Ok(match peek {
            Peek::Object => Reading::Exact(value),
            _ => Reading::Odd(value, wrong("an object"), Handling::Kept),
        })
    }

    fn encode(&self, encoder: &mut Encoder) {
        encoder.raw(self.as_json());
    }
}

/// A value of any scalar type, `Edm.PrimitiveType`: what BIOS attributes hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Primitive {
    /// Null.
    #[default]
    Null,
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number that is no 64-bit integer.
    Decimal(f64),
    /// A string.
    String(String),
}

impl Primitive {
    /// The text, where it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is an integer.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The value, where it is a boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
            Self::String(text) => text.fmt(f),
        }
    }
}

impl From<bool> for Primitive {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Primitive {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<f64> for Primitive {
    fn from(value: f64) -> Self {
        Self::Decimal(value)
    }
}

impl From<&str> for Primitive {
    fn from(value: &str) -> Self {
        Self::String(value.to_owned())
    }
}

impl From<String> for Primitive {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}

impl Scalar for Primitive {
    fn decode(decoder: &mut Decoder<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "a string, number or boolean";
        Ok(match peek {
            Peek::Null => {
                decoder.null()?;
                Reading::Exact(Self::Null)
            }
            Peek::True | Peek::False => Reading::Exact(Self::Bool(decoder.bool(peek)?)),
            Peek::String => match decoder.str()? {
                Some(text) => Reading::Exact(Self::String(text.to_owned())),
                None => Reading::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)),
            },
            _ if peek.is_num() => {
                let text = decoder.number(peek)?;
                match (text.parse::<i64>(), text.parse::<f64>()) {
                    (Ok(number), _) => Reading::Exact(Self::Int(number)),
                    (_, Ok(number)) if number.is_finite() && holds(number, text) => {
                        Reading::Exact(Self::Decimal(number))
                    }
                    (_, Ok(number)) if number.is_finite() => Reading::Rounded(Self::Decimal(number)),
                    _ => Reading::Refused(Problem::new(DeviationKind::OutOfRange, EXPECTED)),
                }
            }
            _ => Reading::Refused(wrong(EXPECTED)),
        })
    }

    fn encode(&self, encoder: &mut Encoder) {
        match self {
            Self::Null => encoder.raw("null"),
            Self::Bool(value) => value.encode(encoder),
            Self::Int(number) => number.encode(encoder),
            Self::Decimal(number) => number.encode(encoder),
            Self::String(text) => text.encode(encoder),
        }
    }

    fn text(&self) -> Option<&str> {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_f64_holds_a_decimal_if_it_prints_as_it() {
        let cases = [
            ("0.1", true),
            ("41.0", true),
            ("1.5E-254", true),
            ("0.98279769314803982", false),
            ("23058430092136940000", true),
            ("23058430092136940001", false),
            ("9007199254740993", true),
            ("90071992547409931", false),
            ("100000000000000000000.0", true),
            ("-0.0", true),
        ];
        for (text, expected) in cases {
            let number: f64 = text.parse().unwrap();
            // Sixteen digits or fewer are taken on trust, as integers in decimal places are compared by value.
            assert_eq!(holds(number, text), expected, "{text}");
        }
    }
}
