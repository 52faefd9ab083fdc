//! What a payload had that the schemas don't allow, and what became of it.

use std::borrow::Cow;
use std::fmt;

/// One place where a payload departs from the schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deviation {
    /// Where: a JSON pointer (RFC 6901) from the resource's top.
    pub pointer: String,
    /// What is wrong.
    pub kind: DeviationKind,
    /// What the schema wants there.
    pub expected: Cow<'static, str>,
    /// The start of what was there, as JSON.
    pub found: String,
    /// What became of it.
    pub handling: Handling,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = if self.pointer.is_empty() { "the resource" } else { &self.pointer };
        write!(f, "{pointer}: {}: expected {}, found {} ({})", self.kind, self.expected, self.found, self.handling)
    }
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// What is wrong about a value.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DeviationKind {
            $($(#[$doc])* $kind,)*
        }

        impl DeviationKind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Returns a name for tables and JSON, `wrong-type`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// A JSON value of another kind than declared, an object for a number say.
    WrongType = "wrong-type",
    /// Null where the schema does not allow it.
    Null = "null-not-allowed",
    /// Null in place of an array.
    NullCollection = "null-collection",
    /// One value where an array of them is declared.
    SingleForCollection = "single-for-collection",
    /// A number in a string.
    NumberInString = "number-in-string",
    /// A boolean in a string.
    BooleanInString = "boolean-in-string",
    /// A number or boolean where a string is declared.
    ScalarForString = "scalar-for-string",
    /// An integer written with a fraction or exponent, `41.0`.
    IntegerAsDecimal = "int-as-float",
    /// A number with a fraction where an integer is declared.
    FractionForInteger = "fraction-for-integer",
    /// A number too large for its type.
    OutOfRange = "number-out-of-range",
    /// A property that the type does not have.
    UnknownProperty = "prop-unknown",
    /// A property whose name is right but for its case or blanks around it.
    MiscasedProperty = "prop-wrong-case",
    /// A property that came twice.
    DuplicateProperty = "prop-duplicate",
    /// A spelling that the enumeration does not have.
    UnknownMember = "enum-unknown",
    /// A spelling that is right but for its case.
    MiscasedMember = "enum-wrong-case",
    /// An empty string in place of a member of an enumeration.
    EmptyMember = "enum-empty-string",
    /// Not a date and time of ISO 8601 with an offset.
    DateTime = "bad-datetime",
    /// Not a duration of ISO 8601.
    Duration = "bad-duration",
    /// Not a UUID.
    Guid = "bad-uuid",
    /// A string, or the name of a property, that is not Unicode text: bytes that are not UTF-8, or half a surrogate pair.
    Unicode = "bad-unicode",
    /// A control character in a string, or in the name of a property, where JSON wants an escape.
    ControlCharacter = "control-character",
    /// Something other than blanks behind the JSON object.
    TrailingData = "trailing-data",
    /// A link that is a string.
    LinkAsString = "link-as-string",
    /// A link without `@odata.id`: an empty object.
    EmptyLink = "link-empty-object",
    /// A link that is neither a reference nor a resource.
    IrregularLink = "link-irregular",
}

impl fmt::Display for DeviationKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of a value that deviates. In every case encoding gives back what came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Handling {
    /// The field has the value in the type that the schema declares; nothing was lost by it.
    Coerced,
    /// The field is empty; the original is kept beside it.
    Withheld,
    /// The field has the value as it came.
    Kept,
}

impl fmt::Display for Handling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Coerced => "coerced",
            Self::Withheld => "withheld",
            Self::Kept => "kept",
        })
    }
}

/// What a slot has to say of a value before the decoder knows where it stands.
#[derive(Debug, Clone, Copy)]
pub struct Problem {
    pub(crate) kind: DeviationKind,
    pub(crate) expected: &'static str,
}

impl Problem {
    pub(crate) fn new(kind: DeviationKind, expected: &'static str) -> Self {
        Self { kind, expected }
    }
}
