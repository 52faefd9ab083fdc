//! The JSON text, read piece by piece: scalars, values passed over, limits, and where it is wrong.

use std::borrow::Cow;

use super::Decoder;
use crate::codec::error::{DecodeError, DecodeErrorKind};
use crate::codec::json::{Peek, Quoted, Wrong};

impl<'j> Decoder<'j> {
    #[inline]
    pub(crate) fn bool(&mut self, peek: Peek) -> Result<bool, DecodeError> {
        let value = peek == Peek::True;
        self.json.word(if value { "true" } else { "false" }).map_err(|wrong| self.error(wrong))?;
        Ok(value)
    }

    #[inline]
    pub(crate) fn null(&mut self) -> Result<(), DecodeError> {
        self.json.word("null").map_err(|wrong| self.error(wrong))
    }

    /// The text of a number.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<&'j str, DecodeError> {
        self.json.number().map_err(|wrong| self.error(wrong))
    }

    /// A string; none where it has no Unicode text.
    #[inline]
    pub(crate) fn str(&mut self) -> Result<Option<&str>, DecodeError> {
        let quoted = self.json.string().map_err(|wrong| self.error(wrong))?;
        if let Some(plain) = quoted.plain() {
            return Ok(Some(plain));
        }
        self.unescaped = quoted.text().map(Cow::into_owned);
        Ok(self.unescaped.as_deref())
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
        self.json.since(start)
    }

    /// How far the text was read.
    #[inline]
    pub(super) fn place(&self) -> usize {
        self.json.place()
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<Peek, DecodeError> {
        self.json.peek().map_err(|wrong| self.error(wrong))
    }

    /// Passes over a value, but makes sure that it is JSON and within the limits.
    pub(super) fn skip(&mut self, peek: Peek) -> Result<(), DecodeError> {
        match peek {
            Peek::Object => {
                self.descend()?;
                let mut members = 0;
                while self.next_name(&mut members)?.is_some() {
                    let peek = self.peek()?;
                    self.skip(peek)?;
                }
                self.depth -= 1;
                Ok(())
            }
            Peek::Array => {
                self.descend()?;
                let mut members = 0;
                while let Some(peek) = self.next_item(&mut members)? {
                    self.skip(peek)?;
                }
                self.depth -= 1;
                Ok(())
            }
            Peek::String => self.json.string().map(drop).map_err(|wrong| self.error(wrong)),
            Peek::Number => self.number().map(drop),
            Peek::Null => self.null(),
            Peek::True | Peek::False => self.bool(peek).map(drop),
        }
    }

    #[inline]
    pub(super) fn descend(&mut self) -> Result<(), DecodeError> {
        self.depth += 1;
        if self.depth > self.limits.depth {
            return Err(self.exceeded(DecodeErrorKind::TooDeep(self.limits.depth)));
        }
        Ok(())
    }

    /// The name of an object's next member, which is counted.
    #[inline(always)]
    pub(super) fn next_name(&mut self, members: &mut usize) -> Result<Option<Quoted<'j>>, DecodeError> {
        let name = self.json.next_name(*members == 0).map_err(|wrong| self.error(wrong))?;
        if name.is_some() {
            self.count(members)?;
        }
        Ok(name)
    }

    /// What an array's next item is, which is counted.
    #[inline]
    pub(super) fn next_item(&mut self, items: &mut usize) -> Result<Option<Peek>, DecodeError> {
        let item = self.json.next_item(*items == 0).map_err(|wrong| self.error(wrong))?;
        if item.is_some() {
            self.count(items)?;
        }
        Ok(item)
    }

    #[inline]
    fn count(&self, members: &mut usize) -> Result<(), DecodeError> {
        *members += 1;
        if *members > self.limits.members {
            return Err(self.exceeded(DecodeErrorKind::TooManyMembers(self.limits.members)));
        }
        Ok(())
    }

    #[cold]
    pub(super) fn exceeded(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.json.position(), self.pointer(), String::new())
    }

    #[cold]
    pub(super) fn error(&self, wrong: Wrong) -> DecodeError {
        let kind = DecodeErrorKind::Syntax(wrong.to_string());
        DecodeError::new(kind, self.json.position(), self.pointer(), self.json.around())
    }
}
