//! `Edm.PrimitiveType`: any scalar.

use std::fmt;

use crate::codec::deviation::{DeviationKind, Problem};
use crate::codec::error::DecodeError;
use crate::codec::json::Peek;
use crate::codec::number::holds;
use crate::codec::reader::Reader;
use crate::codec::scalar::{Reading, Scalar, holds_itself, wrong};
use crate::codec::writer::Writer;

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
    /// A number that is not a 64-bit integer.
    Decimal(f64),
    /// A string.
    String(String),
}

impl Primitive {
    /// Returns the text, where it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number, where it is an integer.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the value, where it is a boolean.
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
    fn decode(reader: &mut Reader<'_>, peek: Peek) -> Result<Reading<Self>, DecodeError> {
        const EXPECTED: &str = "a string, number or boolean";
        Ok(match peek {
            Peek::Null => {
                reader.null()?;
                Reading::Exact(Self::Null)
            }
            Peek::True | Peek::False => Reading::Exact(Self::Bool(reader.bool(peek)?)),
            Peek::String => match reader.str()? {
                Some(text) => Reading::Exact(Self::String(text.to_owned())),
                None => Reading::Refused(Problem::new(DeviationKind::Unicode, EXPECTED)),
            },
            _ if peek == Peek::Number => {
                let text = reader.number()?;
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

    fn encode(&self, writer: &mut Writer) {
        match self {
            Self::Null => writer.raw("null"),
            Self::Bool(value) => value.encode(writer),
            Self::Int(number) => number.encode(writer),
            Self::Decimal(number) => number.encode(writer),
            Self::String(text) => text.encode(writer),
        }
    }

    fn text(&self) -> Option<&str> {
        self.as_str()
    }
}

holds_itself!(Primitive);
