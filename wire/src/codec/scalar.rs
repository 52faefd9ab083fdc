//! The scalars of the standard: how each is read from JSON, what is coerced without loss and what is refused.

use std::any::Any;
use std::fmt;

use crate::codec::deviation::{DeviationKind, Handling, Problem};
use crate::codec::error::DecodeError;
use crate::codec::json::Peek;
use crate::codec::number::{Whole, holds, is_number, whole};
use crate::codec::reader::Reader;
use crate::codec::writer::Writer;
use crate::value::odata::{ETag, ODataId, ODataType};
use crate::value::oem::Oem;
use crate::value::text::{DateTime, Duration, Guid};

/// A scalar type of the standard.
pub trait Scalar: Clone + PartialEq + fmt::Debug + Any + Send + Sync {
    /// Reads a value that is not null. A value that is refused may be left unread.
    ///
    /// # Errors
    ///
    /// Only for text that is not JSON.
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError>;
    /// Writes the value as JSON.
    fn encode(&self, writer: &mut Writer);
    /// Returns the text of a string-like scalar.
    fn text(&self) -> Option<&str> {
        None
    }
}

/// The result of reading a scalar.
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

/// The result of reading into a slot.
#[derive(Debug)]
pub enum Fit {
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
    /// Returns how many values there are.
    fn len(&self) -> usize;
    /// Returns whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Reads one more (`Vec`), or the only one (`Option`).
    ///
    /// # Errors
    ///
    /// Only for text that is not JSON.
    fn read(&mut self, reader: &mut Reader<'_>, peek: Peek) -> Result<Fit, DecodeError>;
    /// Writes one of them as JSON.
    fn write(&self, index: usize, writer: &mut Writer);
    /// Removes all values.
    fn clear(&mut self);
    /// Returns whether both hold the same values.
    fn same(&self, other: &dyn ScalarSlot) -> bool;
    /// Takes over the values of the other.
    fn assign(&mut self, other: &dyn ScalarSlot);
    /// Returns the text of a string-like scalar.
    fn text(&self) -> Option<&str> {
        None
    }
    /// Returns the identifier, if it holds one.
    fn odata_id(&self) -> Option<&ODataId> {
        None
    }
    /// Prints one of them for a person.
    fn print(&self, index: usize) -> &dyn fmt::Debug;
}

/// A type that holds scalars of one type.
pub(crate) trait Holder: Clone + PartialEq + fmt::Debug + Any {
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
        impl $crate::codec::scalar::Holder for $scalar {
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

pub(crate) use holds_itself;

holds_itself!(String);

impl<H: Holder> ScalarSlot for H {
    fn len(&self) -> usize {
        self.count()
    }

    fn read(&mut self, reader: &mut Reader<'_>, peek: Peek) -> Result<Fit, DecodeError> {
        let (value, outcome) = match H::Value::decode(reader, peek)? {
            Reading::Exact(value) => (value, Fit::Exact),
            Reading::Rounded(value) => (value, Fit::Rounded),
            Reading::Odd(value, problem, handling) => (value, Fit::Odd(problem, handling)),
            Reading::Refused(problem) => return Ok(Fit::Refused(problem)),
        };
        self.put(value);
        Ok(outcome)
    }

    fn write(&self, index: usize, writer: &mut Writer) {
        if let Some(value) = self.value(index) {
            value.encode(writer);
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

/// Creates the problem of a value that is not of the expected kind.
pub(crate) fn wrong(expected: &'static str) -> Problem {
    Problem::new(DeviationKind::WrongType, expected)
}

impl Scalar for bool {
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "true or false";
        Ok(match peek {
            Peek::True | Peek::False => Reading::Exact(reader.bool(peek)?),
            Peek::String => {
                let Some(text) = reader.str()? else { return Ok(Reading::Refused(wrong(EXPECTED))) };
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

    fn encode(&self, writer: &mut Writer) {
        writer.raw(if *self { "true" } else { "false" });
    }
}

impl Scalar for i64 {
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "an integer";
        let problem = |kind| Problem::new(kind, EXPECTED);
        if peek == Peek::Number {
            return Ok(match whole(reader.number()?) {
                Some(Whole::Exact(number)) => Reading::Exact(number),
                Some(Whole::Decimal(number)) => {
                    Reading::Odd(number, problem(DeviationKind::IntegerAsDecimal), Handling::Coerced)
                }
                Some(Whole::Fraction) => Reading::Refused(problem(DeviationKind::FractionForInteger)),
                Some(Whole::TooLarge) | None => Reading::Refused(problem(DeviationKind::OutOfRange)),
            });
        }
        if peek == Peek::String
            && let Some(text) = reader.str()?
            && is_number(text)
            && let Some(Whole::Exact(number) | Whole::Decimal(number)) = whole(text)
        {
            return Ok(Reading::Odd(number, problem(DeviationKind::NumberInString), Handling::Coerced));
        }
        Ok(Reading::Refused(wrong(EXPECTED)))
    }

    fn encode(&self, writer: &mut Writer) {
        writer.print(self);
    }
}

impl Scalar for f64 {
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "a number";
        if peek == Peek::Number {
            let text = reader.number()?;
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
            && let Some(text) = reader.str()?
            && is_number(text)
            && let Ok(number) = text.parse::<Self>()
            && number.is_finite()
        {
            let problem = Problem::new(DeviationKind::NumberInString, EXPECTED);
            return Ok(Reading::Odd(number, problem, Handling::Coerced));
        }
        Ok(Reading::Refused(wrong(EXPECTED)))
    }

    fn encode(&self, writer: &mut Writer) {
        /// Whole numbers below this are written with all their digits; from here on, that is more than a number needs.
        const LONG: f64 = 1e15;
        match *self {
            // JSON has neither infinities nor NaN.
            number if !number.is_finite() => writer.raw("null"),
            // A whole number is written without a decimal point: some services accept nothing else for watts and percentages.
            number if number.fract() == 0.0 && number.abs() < LONG => writer.print(&format_args!("{number}")),
            number => writer.print(&format_args!("{number:?}")),
        }
    }
}

impl Scalar for String {
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "a string";
        let odd = |text| Reading::Odd(text, Problem::new(DeviationKind::ScalarForString, EXPECTED), Handling::Coerced);
        Ok(match peek {
            Peek::String => match reader.str()? {
                Some(text) => Reading::Exact(text.to_owned()),
                None => Reading::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)),
            },
            Peek::True | Peek::False => odd(reader.bool(peek)?.to_string()),
            _ if peek == Peek::Number => odd(reader.number()?.to_owned()),
            _ => Reading::Refused(wrong(EXPECTED)),
        })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.string(self);
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

macro_rules! text_scalar {
    ($($ty:ty: $expected:literal, $check:expr;)*) => {$(
        impl Scalar for $ty {
            fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
                if peek != Peek::String {
                    return Ok(Reading::Refused(wrong($expected)));
                }
                let Some(text) = reader.str()? else {
                    return Ok(Reading::Refused(Problem::new(DeviationKind::Unicode, $expected)));
                };
                let value = Self::from(text);
                let check: fn(&Self) -> Option<DeviationKind> = $check;
                Ok(match check(&value) {
                    None => Reading::Exact(value),
                    Some(kind) => Reading::Odd(value, Problem::new(kind, $expected), Handling::Kept),
                })
            }

            fn encode(&self, writer: &mut Writer) {
                writer.string(self.as_str());
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
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        // Some services send a number, which is as good as a string here.
        Ok(match String::decode(reader, peek)? {
            Reading::Exact(text) | Reading::Rounded(text) => Reading::Exact(Self::from(text)),
            Reading::Odd(text, problem, handling) => Reading::Odd(Self::from(text), problem, handling),
            Reading::Refused(problem) => Reading::Refused(problem),
        })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.string(self.as_str());
    }

    fn text(&self) -> Option<&str> {
        Some(self.as_str())
    }
}

impl Scalar for Oem {
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        let value = Self::from_json(reader.raw(peek)?);
        // Free-form, but an object.
        Ok(match peek {
            Peek::Object => Reading::Exact(value),
            _ => Reading::Odd(value, wrong("an object"), Handling::Kept),
        })
    }

    fn encode(&self, writer: &mut Writer) {
        writer.kept(self.json());
    }
}
