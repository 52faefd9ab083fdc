//! The JSON text, read piece by piece: scalars, values passed over, limits, and where it is wrong.

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::deviate::pointer;
use super::{Decoder, Segment};
use crate::wire::error::{DecodeError, DecodeErrorKind};

impl<'j> Decoder<'j> {
    #[inline]
    pub(crate) fn bool(&mut self, peek: Peek) -> Result<bool, DecodeError> {
        self.jiter.known_bool(peek).map_err(|error| self.error(&error))
    }

    #[inline]
    pub(crate) fn null(&mut self) -> Result<(), DecodeError> {
        self.jiter.known_null().map_err(|error| self.error(&error))
    }

    /// The text of a number.
    #[inline]
    pub(crate) fn number(&mut self, peek: Peek) -> Result<&'j str, DecodeError> {
        let start = self.place();
        if let Err(error) = self.jiter.known_number_bytes(peek) {
            return Err(self.error(&error));
        }
        Ok(self.since(start))
    }

    /// A string; none, and nothing consumed, where it has no Unicode text.
    #[inline]
    pub(crate) fn str(&mut self) -> Result<Option<&str>, DecodeError> {
        // Asked first on a copy only where it fails: the borrow of a success would outlive the failure's branch.
        if self.surrogates && self.has_odd_escape(self.place()) {
            let mut copy = self.jiter.clone();
            if let Err(error) = copy.known_str() {
                return if is_unicode(&error) { Ok(None) } else { Err(self.error(&error)) };
            }
        }
        match self.jiter.known_str() {
            Ok(text) => Ok(Some(text)),
            Err(error) => Err(locate(self.text, self.base, &self.path, &error)),
        }
    }

    /// Whether the string at this place has an escaped surrogate, which may lack its other half.
    pub(super) fn has_odd_escape(&self, start: usize) -> bool {
        let rest = self.text.as_bytes().get(start + 1..).unwrap_or_default();
        let mut bytes = rest.iter();
        while let Some(byte) = bytes.next() {
            match byte {
                b'"' => return false,
                b'\\' => {
                    if let [b'u', b'd' | b'D', ..] = bytes.as_slice() {
                        return true;
                    }
                    bytes.next();
                }
                _ => {}
            }
        }
        false
    }

    /// The text of any value.
    #[inline]
    pub(crate) fn raw(&mut self, peek: Peek) -> Result<&'j str, DecodeError> {
        let start = self.place();
        self.skip(peek)?;
        Ok(self.since(start))
    }

    #[inline]
    pub(super) fn since(&self, start: usize) -> &'j str {
        // Both ends stand beside an ASCII character, so the text can be cut there.
        self.text.get(start..self.place()).unwrap_or_default()
    }

    /// How far the text was read.
    #[inline]
    pub(super) fn place(&self) -> usize {
        self.base + self.jiter.current_index()
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<Peek, DecodeError> {
        self.jiter.peek().map_err(|error| self.error(&error))
    }

    pub(super) fn finish(&mut self) -> Result<(), DecodeError> {
        self.jiter.finish().map_err(|error| self.error(&error))
    }

    /// Passes over a value, but makes sure that it is JSON and within the limits.
    pub(super) fn skip(&mut self, peek: Peek) -> Result<(), DecodeError> {
        match peek {
            Peek::Object => {
                self.descend()?;
                let mut members = 0;
                let mut more = match self.jiter.known_object() {
                    Ok(key) => key.is_some(),
                    Err(error) => return Err(self.error(&error)),
                };
                while more {
                    self.count(&mut members)?;
                    let peek = self.peek()?;
                    self.skip(peek)?;
                    more = match self.jiter.next_key() {
                        Ok(key) => key.is_some(),
                        Err(error) => return Err(self.error(&error)),
                    };
                }
                self.depth -= 1;
            }
            Peek::Array => {
                self.descend()?;
                let mut members = 0;
                let mut next = self.jiter.known_array().map_err(|error| self.error(&error))?;
                while let Some(peek) = next {
                    self.count(&mut members)?;
                    self.skip(peek)?;
                    next = self.jiter.array_step().map_err(|error| self.error(&error))?;
                }
                self.depth -= 1;
            }
            _ => {
                let start = self.place();
                if let Err(error) = self.jiter.known_skip(peek) {
                    if peek != Peek::String || !is_unicode(&error) {
                        return Err(self.error(&error));
                    }
                    self.skip_surrogates(start, &error)?;
                }
            }
        }
        Ok(())
    }

    /// Passes over a string with half of a surrogate pair in it, which JSON allows and the parser does not: it is set to
    /// begin anew behind the string, of which all but the surrogates is checked.
    pub(super) fn skip_surrogates(&mut self, start: usize, error: &JiterError) -> Result<(), DecodeError> {
        let text = self.text;
        let mut end = start + 1;
        let mut harmless = String::from("\"");
        loop {
            let rest = text.get(end..).unwrap_or_default();
            let Some(at) = rest.find(['"', '\\']) else { return Err(self.error(error)) };
            let (plain, tail) = rest.split_at(at);
            harmless.push_str(plain);
            if tail.starts_with('"') {
                end += at + 1;
                break;
            }
            let is_surrogate = tail.get(2..3).is_some_and(|digit| digit.eq_ignore_ascii_case("d"))
                && tail.get(3..4).is_some_and(|digit| digit.as_bytes() >= b"8".as_slice())
                && tail.get(1..6).is_some_and(|escape| {
                    escape.starts_with('u') && escape.bytes().skip(1).all(|digit| digit.is_ascii_hexdigit())
                });
            let length = if is_surrogate { 6 } else { 1 + tail.chars().nth(1).map_or(0, char::len_utf8) };
            if !is_surrogate {
                harmless.push_str(tail.get(..length).unwrap_or_default());
            }
            end += at + length;
        }
        harmless.push('"');
        let mut check = Jiter::new(harmless.as_bytes());
        if check.known_str().is_err() {
            return Err(self.error(error));
        }
        self.base = end;
        self.jiter = Jiter::new(text.as_bytes().get(end..).unwrap_or_default());
        Ok(())
    }

    #[inline]
    pub(super) fn descend(&mut self) -> Result<(), DecodeError> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.exceeded(DecodeErrorKind::TooDeep(self.limits.depth)));
        }
        Ok(())
    }

    #[inline]
    pub(super) fn count(&self, members: &mut usize) -> Result<(), DecodeError> {
        *members += 1;
        if *members > self.limits.members {
            return Err(self.exceeded(DecodeErrorKind::TooManyMembers(self.limits.members)));
        }
        Ok(())
    }

    pub(super) fn exceeded(&self, kind: DecodeErrorKind) -> DecodeError {
        let at = jiter::LinePosition::find(self.text.as_bytes(), self.place());
        DecodeError { kind, pointer: self.pointer(), line: at.line, column: at.column, excerpt: String::new() }
    }

    pub(super) fn error(&self, error: &JiterError) -> DecodeError {
        locate(self.text, self.base, &self.path, error)
    }
}

fn is_unicode(error: &JiterError) -> bool {
    use JsonErrorType::{InvalidUnicodeCodePoint, LoneLeadingSurrogateInHexEscape, UnexpectedEndOfHexEscape};
    matches!(
        &error.error_type,
        JiterErrorType::JsonError(InvalidUnicodeCodePoint | LoneLeadingSurrogateInHexEscape | UnexpectedEndOfHexEscape)
    )
}

fn locate(text: &str, base: usize, path: &[Segment], error: &JiterError) -> DecodeError {
    let index = base + error.index;
    let at = jiter::LinePosition::find(text.as_bytes(), index);
    let words = match &error.error_type {
        JiterErrorType::JsonError(kind) => kind.to_string(),
        JiterErrorType::WrongType { expected, actual } => format!("expected {expected}, found {actual}"),
    };
    let around = text.as_bytes().get(index.saturating_sub(12)..).unwrap_or_default();
    let around = around.get(..32).unwrap_or(around);
    DecodeError {
        kind: DecodeErrorKind::Syntax(words),
        pointer: pointer(path),
        line: at.line,
        column: at.column,
        excerpt: String::from_utf8_lossy(around).trim().to_owned(),
    }
}
