//! The part of decoding that scalars see: the JSON text, read piece by piece, with the limits, the current position, and the
//! deviations found so far.

use std::borrow::Cow;
use std::fmt;

use super::deviation::Deviation;
use super::error::{DecodeError, DecodeErrorKind, Limits};
use super::json::{Json, Peek, Quoted, Wrong};
use super::lossy::Lossy;
use super::mend::Mended;

/// Reads JSON text.
pub struct Reader<'j> {
    pub(crate) json: Json<'j>,
    /// All of the text.
    whole: Lossy<'j>,
    /// Whether strings may have been mended, which is rare.
    pub(crate) is_mended: bool,
    /// What was mended, in a payload that is read for the first time.
    pub(crate) mended: Option<&'j Mended<'j>>,
    /// The last string that was read, if it could not be borrowed from the payload.
    unescaped: Option<String>,
    pub(crate) deviations: Vec<Deviation>,
    pub(crate) path: Vec<Segment<'j>>,
    pub(crate) depth: usize,
    limits: Limits,
    /// How much memory the value may still take, and whether it took too much.
    memory: usize,
    is_spent: bool,
}

/// A step of a JSON pointer.
#[derive(Debug)]
pub(crate) enum Segment<'j> {
    Field(&'static str),
    Index(usize),
    Name(Cow<'j, str>),
}

impl fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("pointer", &self.pointer()).finish_non_exhaustive()
    }
}

impl<'j> Reader<'j> {
    pub(crate) fn new(text: Lossy<'j>, limits: &Limits) -> Self {
        let memory = limits.memory_for(text.text.len());
        let limits = Limits { depth: limits.depth.min(Limits::MAX_DEPTH), memory: Some(memory), ..*limits };
        Self {
            json: Json::new(text.text),
            whole: text,
            is_mended: !text.is_whole(),
            mended: None,
            unescaped: None,
            deviations: Vec::new(),
            path: Vec::with_capacity(8),
            depth: 0,
            limits,
            memory,
            is_spent: false,
        }
    }

    pub(crate) fn mended(mended: &'j Mended<'j>, limits: &Limits) -> Self {
        let limits = Limits { memory: Some(limits.memory_for(mended.payload_len())), ..*limits };
        let mut reader = Self { is_mended: true, mended: Some(mended), ..Self::new(mended.json(), &limits) };
        reader.charge(mended.cost());
        reader
    }

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

    /// Reads a number and returns its text.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<&'j str, DecodeError> {
        self.json.number().map_err(|wrong| self.error(wrong))
    }

    /// Reads a string. Returns `None` if it is not Unicode text.
    #[inline]
    pub(crate) fn str(&mut self) -> Result<Option<&str>, DecodeError> {
        let quoted = self.json.string().map_err(|wrong| self.error(wrong))?;
        if let Some(plain) = quoted.plain()
            && !self.is_mended
        {
            return Ok(Some(plain));
        }
        self.unescaped = self.text(quoted).map(Cow::into_owned);
        Ok(self.unescaped.as_deref())
    }

    /// Returns the decoded text of a string or name, or `None` if it is not Unicode text.
    #[inline]
    pub(crate) fn text(&self, quoted: Quoted<'j>) -> Option<Cow<'j, str>> {
        if self.is_mended && !self.quoted(quoted).is_whole() { None } else { quoted.text() }
    }

    /// Returns a string or name as written between its quotes.
    pub(crate) fn quoted(&self, quoted: Quoted<'j>) -> Lossy<'j> {
        let (start, end) = quoted.place();
        self.whole.part(start, end)
    }

    /// Reads any value and returns its text. Reports what was mended in it.
    #[inline]
    pub(crate) fn raw(&mut self, peek: Peek) -> Result<Lossy<'j>, DecodeError> {
        let start = self.place();
        self.skip(peek)?;
        if self.is_mended {
            self.report_within(start);
        }
        Ok(self.since(start))
    }

    /// Returns the text of a value that begins at `start`, and reads it first unless that was done.
    pub(crate) fn rest_of(&mut self, start: usize, peek: Peek) -> Result<Lossy<'j>, DecodeError> {
        if self.place() == start { self.raw(peek) } else { Ok(self.since(start)) }
    }

    /// Returns the text from an earlier position up to this one.
    #[inline]
    pub(crate) fn since(&self, start: usize) -> Lossy<'j> {
        self.whole.part(start, self.place())
    }

    pub(crate) fn part(&self, start: usize, end: usize) -> Lossy<'j> {
        self.whole.part(start, end)
    }

    /// Returns the rest of the text, if it is more than blanks.
    pub(crate) fn behind(&mut self) -> Option<Lossy<'j>> {
        let start = self.place();
        match self.json.finish() {
            Ok(()) => None,
            Err(_) => Some(self.whole.part(start, self.whole.text.len())),
        }
    }

    pub(crate) fn finish(&mut self) -> Result<(), DecodeError> {
        self.json.finish().map_err(|wrong| self.error(wrong))
    }

    /// Returns how far the text was read, in bytes.
    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.json.place()
    }

    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Peek, DecodeError> {
        self.json.peek().map_err(|wrong| self.error(wrong))
    }

    /// Skips a value, but checks that it is JSON and within the limits.
    pub(crate) fn skip(&mut self, peek: Peek) -> Result<(), DecodeError> {
        match peek {
            Peek::Object => {
                self.descend()?;
                let mut members = 0;
                while self.next_name(&mut members)?.is_some() {
                    let peek = self.peek()?;
                    self.skip(peek)?;
                }
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Peek::Array => {
                self.descend()?;
                let mut members = 0;
                while let Some(peek) = self.next_item(&mut members)? {
                    self.skip(peek)?;
                }
                self.depth = self.depth.saturating_sub(1);
                Ok(())
            }
            Peek::String => self.json.string().map(drop).map_err(|wrong| self.error(wrong)),
            Peek::Number => self.number().map(drop),
            Peek::Null => self.null(),
            Peek::True | Peek::False => self.bool(peek).map(drop),
        }
    }

    #[inline]
    pub(crate) fn descend(&mut self) -> Result<(), DecodeError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > self.limits.depth {
            return Err(self.exceeded(DecodeErrorKind::TooDeep(self.limits.depth)));
        }
        Ok(())
    }

    /// Reads the name of an object's next member, and counts the member.
    #[inline(always)]
    pub(crate) fn next_name(&mut self, members: &mut usize) -> Result<Option<Quoted<'j>>, DecodeError> {
        let name = self.json.next_name(*members == 0).map_err(|wrong| self.error(wrong))?;
        if name.is_some() {
            self.count(members)?;
        }
        Ok(name)
    }

    /// Returns the kind of an array's next item, and counts the item.
    #[inline]
    pub(crate) fn next_item(&mut self, items: &mut usize) -> Result<Option<Peek>, DecodeError> {
        let item = self.json.next_item(*items == 0).map_err(|wrong| self.error(wrong))?;
        if item.is_some() {
            self.count(items)?;
        }
        Ok(item)
    }

    #[inline]
    fn count(&self, members: &mut usize) -> Result<(), DecodeError> {
        *members = members.saturating_add(1);
        if *members > self.limits.members {
            let kind = match self.limits.memory {
                Some(limit) if self.is_spent() => DecodeErrorKind::TooMuchMemory(limit),
                _ => DecodeErrorKind::TooManyMembers(self.limits.members),
            };
            return Err(self.exceeded(kind));
        }
        Ok(())
    }

    /// Counts memory that the value takes. Once it is too much, no further members are allowed, so that only the code that
    /// counts members has to check.
    #[inline]
    pub(crate) fn charge(&mut self, bytes: usize) {
        match self.memory.checked_sub(bytes) {
            Some(left) => self.memory = left,
            None => self.spend(),
        }
    }

    #[cold]
    fn spend(&mut self) {
        self.is_spent = true;
        self.memory = 0;
        self.limits.members = 0;
    }

    /// Returns whether the value took more memory than it may.
    #[inline]
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent
    }

    #[cold]
    pub(crate) fn exceeded(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.position(), self.pointer(), String::new())
    }

    #[cold]
    pub(crate) fn error(&self, wrong: Wrong) -> DecodeError {
        let kind = match self.mended {
            Some(mended) if mended.is_lost(self.place()) => DecodeErrorKind::NotUtf8,
            _ => DecodeErrorKind::Syntax(wrong.to_string()),
        };
        DecodeError::new(kind, self.position(), self.pointer(), self.json.around())
    }

    fn position(&self) -> (usize, usize) {
        match self.mended {
            Some(mended) => mended.position(self.place()),
            None => self.json.position(),
        }
    }
}
