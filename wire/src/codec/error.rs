//! The one way in which decoding fails: text that is not JSON, or that exceeds a limit.

use std::fmt;

/// Why a payload could not be decoded. A payload that merely departs from the schemas decodes, with
/// [deviations](crate::Deviation).
#[derive(Clone, PartialEq, Eq)]
pub struct DecodeError(Box<Failure>);

/// Boxed, as every read can fail but hardly ever does.
#[derive(Clone, PartialEq, Eq)]
struct Failure {
    kind: DecodeErrorKind,
    pointer: String,
    line: usize,
    column: usize,
    excerpt: String,
}

/// What kind of failure a [`DecodeError`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The bytes are not UTF-8, elsewhere than in strings.
    NotUtf8,
    /// The text is not JSON; the parser's words.
    Syntax(String),
    /// The JSON is not an object; what it is.
    NotAnObject(&'static str),
    /// The payload is larger than the limit; bytes.
    TooLarge(usize),
    /// The payload is nested deeper than the limit.
    TooDeep(usize),
    /// An object or array has more members than the limit.
    TooManyMembers(usize),
    /// What the payload decodes to takes more memory than the limit; bytes.
    TooMuchMemory(usize),
}

impl DecodeError {
    /// Creates an error at a line and column, with the JSON pointer of the value around it and an excerpt of the text.
    pub(crate) fn new(kind: DecodeErrorKind, (line, column): (usize, usize), pointer: String, excerpt: String) -> Self {
        Self(Box::new(Failure { kind, pointer, line, column, excerpt }))
    }

    /// Returns what kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> &DecodeErrorKind {
        &self.0.kind
    }

    /// Returns where in the text, counted from 1: line and column.
    #[must_use]
    pub fn position(&self) -> (usize, usize) {
        (self.0.line, self.0.column)
    }

    /// Returns the JSON pointer of the value that could not be read.
    #[must_use]
    pub fn pointer(&self) -> &str {
        &self.0.pointer
    }

    /// Returns whether a limit was exceeded, as opposed to text that is not JSON.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(
            self.0.kind,
            DecodeErrorKind::TooLarge(_)
                | DecodeErrorKind::TooDeep(_)
                | DecodeErrorKind::TooManyMembers(_)
                | DecodeErrorKind::TooMuchMemory(_)
        )
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { kind, pointer, line, column, excerpt } = &*self.0;
        match kind {
            DecodeErrorKind::NotUtf8 => f.write_str("the payload is not UTF-8")?,
            DecodeErrorKind::Syntax(words) => write!(f, "the payload is not JSON: {words}")?,
            DecodeErrorKind::NotAnObject(what) => {
                return write!(f, "the payload is {what}, where a JSON object was expected");
            }
            DecodeErrorKind::TooLarge(limit) => {
                return write!(f, "the payload is larger than the limit of {limit} bytes");
            }
            DecodeErrorKind::TooDeep(limit) => write!(f, "the payload is nested deeper than the limit of {limit}")?,
            DecodeErrorKind::TooManyMembers(limit) => {
                write!(f, "an object or array has more members than the limit of {limit}")?;
            }
            DecodeErrorKind::TooMuchMemory(limit) => {
                write!(f, "the payload takes more memory than the limit of {limit} bytes")?;
            }
        }
        write!(f, " at line {line} column {column}")?;
        if !pointer.is_empty() {
            write!(f, ", in {pointer}")?;
        }
        if !excerpt.is_empty() {
            write!(f, ", near `{excerpt}`")?;
        }
        Ok(())
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl std::error::Error for DecodeError {}

/// What a payload may be at most. Real services stay far below the defaults; a hostile one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the whole payload. Defaults to 64 MiB, and is 512 MiB at most.
    pub size: usize,
    /// Objects and arrays within each other. Defaults to 64, and is 128 at most.
    pub depth: usize,
    /// Members of one object or array. Defaults to 1,000,000.
    pub members: usize,
    /// Bytes of memory that the decoded value may take, the payload itself not counted. Defaults to ten times the payload,
    /// though not less than 16 MiB nor more than 256 MiB: an empty object is two bytes long, and a record with room for a
    /// hundred properties.
    pub memory: Option<usize>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size: 64 << 20, depth: 64, members: 1_000_000, memory: None }
    }
}

impl Limits {
    /// The largest payload that is ever read: positions have 32 bits, and mending can lengthen the text.
    pub(crate) const MAX_SIZE: usize = u32::MAX as usize / 8;

    /// Returns how many bytes of memory the decoded value of a payload of this size may take.
    pub(crate) fn memory_for(&self, size: usize) -> usize {
        self.memory.unwrap_or_else(|| size.saturating_mul(10).clamp(16 << 20, 256 << 20))
    }

    /// The deepest nesting that is ever read; more would not fit on a small stack.
    pub const MAX_DEPTH: usize = 128;

    /// Returns these limits with another one on the bytes of a payload.
    #[must_use]
    pub const fn with_size(self, size: usize) -> Self {
        Self { size, ..self }
    }

    /// Returns these limits with another one on the objects and arrays within each other.
    #[must_use]
    pub const fn with_depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// Returns these limits with another one on the members of an object or array.
    #[must_use]
    pub const fn with_members(self, members: usize) -> Self {
        Self { members, ..self }
    }

    /// Returns these limits with another one on the memory that a decoded value may take, in bytes.
    #[must_use]
    pub const fn with_memory(self, memory: usize) -> Self {
        Self { memory: Some(memory), ..self }
    }
}
