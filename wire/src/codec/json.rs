//! JSON text, read token by token. Text that is skipped is checked against the grammar like the rest.
//!
//! The text is valid Unicode, so a string without escapes is a slice of it. Nothing is copied before it is known what it is
//! needed for.

use std::borrow::Cow;
use std::fmt;

/// Which kind of value comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are JSON's own")]
pub enum Peek {
    Null,
    True,
    False,
    Number,
    String,
    Array,
    Object,
}

/// What is wrong with text that is not JSON. The [`Json`] that found it says where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrong {
    End,
    Value,
    Name,
    Colon,
    Object,
    Array,
    Number,
    Escape,
    Control,
    Rest,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::End => "the text ends too early",
            Self::Value => "expected a value",
            Self::Name => "expected a name in quotes",
            Self::Colon => "expected a colon",
            Self::Object => "expected a comma or the end of the object",
            Self::Array => "expected a comma or the end of the array",
            Self::Number => "not a number",
            Self::Escape => "not an escape",
            Self::Control => "a control character within a string",
            Self::Rest => "more after the value",
        })
    }
}

/// A string as written between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted<'j> {
    raw: &'j str,
    escaped: bool,
    start: usize,
}

impl<'j> Quoted<'j> {
    /// Returns the decoded text, or `None` if it is not Unicode text, such as half a surrogate pair.
    #[inline]
    pub(crate) fn text(self) -> Option<Cow<'j, str>> {
        if self.escaped { self.unescaped().map(Cow::Owned) } else { Some(Cow::Borrowed(self.raw)) }
    }

    fn unescaped(self) -> Option<String> {
        let mut text = String::with_capacity(self.raw.len());
        unescape(self.raw, &mut text, false).then_some(text)
    }

    /// Returns the decoded text, with U+FFFD in place of each half of a surrogate pair.
    pub(crate) fn lossy_text(self) -> String {
        let mut text = String::with_capacity(self.raw.len());
        unescape(self.raw, &mut text, true);
        text
    }

    /// Returns where the text between the quotes begins and ends.
    pub(crate) fn place(self) -> (usize, usize) {
        (self.start, self.start.saturating_add(self.raw.len()))
    }

    /// Returns the text as written between the quotes.
    pub(crate) fn raw(self) -> &'j str {
        self.raw
    }

    /// Returns the text if it has no escapes, so that it needs no decoding.
    #[inline]
    pub(crate) fn plain(self) -> Option<&'j str> {
        (!self.escaped).then_some(self.raw)
    }
}

/// A position in a JSON text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'j> {
    text: &'j str,
    place: usize,
}

impl<'j> Json<'j> {
    pub(crate) fn new(text: &'j str) -> Self {
        Self { text, place: 0 }
    }

    /// Returns an earlier position in the same text.
    pub(crate) fn back_to(&self, place: usize) -> Self {
        Self { text: self.text, place }
    }

    /// Returns how far the text was read, in bytes.
    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// Returns the text from an earlier position up to this one.
    #[inline]
    pub(crate) fn since(&self, start: usize) -> &'j str {
        // Both ends are next to an ASCII character, so the text can be split there.
        self.text.get(start..self.place).unwrap_or_default()
    }

    /// Returns the kind of the next value.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<Peek, Wrong> {
        Ok(match self.token().ok_or(Wrong::End)? {
            b'"' => Peek::String,
            b'{' => Peek::Object,
            b'[' => Peek::Array,
            b'0'..=b'9' | b'-' => Peek::Number,
            b'n' => Peek::Null,
            b't' => Peek::True,
            b'f' => Peek::False,
            _ => return Err(Wrong::Value),
        })
    }

    /// Reads the name of an object's next member. For the `first` one, the position is the object's brace.
    // The result is too large for registers and is used at once: a call would cost more than the function itself.
    #[inline(always)]
    pub(crate) fn next_name(&mut self, first: bool) -> Result<Option<Quoted<'j>>, Wrong> {
        if !self.next(first, b'}', Wrong::Object)? {
            return Ok(None);
        }
        if self.token().ok_or(Wrong::End)? != b'"' {
            return Err(Wrong::Name);
        }
        let name = self.string()?;
        if self.token().ok_or(Wrong::End)? != b':' {
            return Err(Wrong::Colon);
        }
        self.place = self.place.saturating_add(1);
        Ok(Some(name))
    }

    /// Returns the kind of an array's next item. For the `first` one, the position is the array's bracket.
    #[inline]
    pub(crate) fn next_item(&mut self, first: bool) -> Result<Option<Peek>, Wrong> {
        if self.next(first, b']', Wrong::Array)? { self.peek().map(Some) } else { Ok(None) }
    }

    /// Moves to the next part of an object or array. Returns `false` at its end.
    #[inline]
    fn next(&mut self, first: bool, end: u8, wrong: Wrong) -> Result<bool, Wrong> {
        if first {
            self.place = self.place.saturating_add(1);
        }
        let byte = self.token().ok_or(Wrong::End)?;
        if byte == end {
            self.place = self.place.saturating_add(1);
            return Ok(false);
        }
        if first {
            return Ok(true);
        }
        if byte != b',' {
            return Err(wrong);
        }
        self.place = self.place.saturating_add(1);
        Ok(true)
    }

    /// Moves past a null, true or false.
    #[inline]
    pub(crate) fn word(&mut self, word: &str) -> Result<(), Wrong> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(Wrong::Value);
        }
        self.place = self.place.saturating_add(word.len());
        Ok(())
    }

    /// Reads a number and returns its text.
    #[inline]
    pub(crate) fn number(&mut self) -> Result<&'j str, Wrong> {
        let start = self.place;
        if self.at(0) == b'-' {
            self.place = self.place.saturating_add(1);
        }
        match self.at(0) {
            b'0' => self.place = self.place.saturating_add(1),
            _ => self.digits()?,
        }
        if self.at(0) == b'.' {
            self.place = self.place.saturating_add(1);
            self.digits()?;
        }
        if matches!(self.at(0), b'e' | b'E') {
            self.place = self.place.saturating_add(1);
            if matches!(self.at(0), b'+' | b'-') {
                self.place = self.place.saturating_add(1);
            }
            self.digits()?;
        }
        // In `01` this is the second digit.
        if self.at(0).is_ascii_digit() {
            return Err(Wrong::Number);
        }
        Ok(self.since(start))
    }

    #[inline]
    fn digits(&mut self) -> Result<(), Wrong> {
        let start = self.place;
        while self.at(0).is_ascii_digit() {
            self.place = self.place.saturating_add(1);
        }
        if self.place == start { Err(Wrong::Number) } else { Ok(()) }
    }

    /// Reads the string at this position.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<Quoted<'j>, Wrong> {
        self.place = self.place.saturating_add(1);
        let start = self.place;
        self.place = self.place.saturating_add(plain(self.rest()));
        let escaped = self.at(0) != b'"';
        if escaped {
            self.escapes()?;
        }
        let raw = self.since(start);
        self.place = self.place.saturating_add(1);
        Ok(Quoted { raw, escaped, start })
    }

    /// Moves from the first escape of a string to the string's end.
    #[cold]
    fn escapes(&mut self) -> Result<(), Wrong> {
        loop {
            match self.rest().first().ok_or(Wrong::End)? {
                b'"' => return Ok(()),
                b'\\' => match self.at(1) {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => self.place = self.place.saturating_add(2),
                    b'u' if (2..6).all(|ahead| self.at(ahead).is_ascii_hexdigit()) => {
                        self.place = self.place.saturating_add(6)
                    }
                    _ => return Err(Wrong::Escape),
                },
                _ => return Err(Wrong::Control),
            }
            self.place = self.place.saturating_add(plain(self.rest()));
        }
    }

    /// Checks that nothing follows.
    pub(crate) fn finish(&mut self) -> Result<(), Wrong> {
        if self.token().is_none() { Ok(()) } else { Err(Wrong::Rest) }
    }

    /// Returns the next byte that is not blank.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        match self.text.as_bytes().get(self.place) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.past_blanks(),
        }
    }

    fn past_blanks(&mut self) -> Option<u8> {
        loop {
            match *self.text.as_bytes().get(self.place)? {
                b' ' | b'\n' | b'\r' | b'\t' => {
                    self.place = self.place.saturating_add(1);
                    self.place = self.place.saturating_add(blanks(self.rest()));
                }
                byte => return Some(byte),
            }
        }
    }

    /// Returns a byte ahead, or 0 after the end, which is not part of any token.
    #[inline]
    fn at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.place.saturating_add(ahead)).copied().unwrap_or_default()
    }

    #[inline]
    fn rest(&self) -> &'j [u8] {
        self.text.as_bytes().get(self.place..).unwrap_or_default()
    }

    /// Returns line and column of this position, counted from 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        position(self.text.as_bytes(), self.place)
    }

    /// Returns the text around this position.
    pub(crate) fn around(&self) -> String {
        let around = self.text.as_bytes().get(self.place.saturating_sub(12)..).unwrap_or_default();
        String::from_utf8_lossy(around.get(..32).unwrap_or(around)).trim().to_owned()
    }
}

/// Returns line and column of a position, counted from 1.
pub(crate) fn position(bytes: &[u8], place: usize) -> (usize, usize) {
    let before = bytes.get(..place).unwrap_or(bytes);
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let columns = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (lines.saturating_add(1), columns.saturating_add(1))
}

/// Returns sixteen copies of a byte as one number.
const fn all(byte: u8) -> u128 {
    u128::from_le_bytes([byte; 16])
}

/// Counts the bytes before one that ends a string, begins an escape or is not allowed in a string.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    // Sixteen bytes at a time. The highest bit of a byte marks it as special. After the first such byte, others may be marked wrongly.
    let special = |chunk: u128| {
        let is_zero = |chunk: u128| chunk.wrapping_sub(all(1));
        let control = chunk.wrapping_sub(all(b' '));
        (is_zero(chunk ^ all(b'"')) | is_zero(chunk ^ all(b'\\')) | control) & !chunk & all(0x80)
    };
    let passed = |rest: &[u8]| bytes.len().saturating_sub(rest.len());
    let mut rest = bytes;
    while let Some((chunk, tail)) = rest.split_first_chunk() {
        let found = special(u128::from_le_bytes(*chunk));
        if found != 0 {
            return passed(rest).saturating_add((found.trailing_zeros() / 8) as usize);
        }
        rest = tail;
    }
    let tail = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..b' '));
    passed(rest).saturating_add(tail.unwrap_or(rest.len()))
}

/// Counts the spaces at the beginning, up to sixteen at once.
#[inline]
fn blanks(bytes: &[u8]) -> usize {
    match bytes.first_chunk() {
        Some(chunk) => ((u128::from_le_bytes(*chunk) ^ all(b' ')).trailing_zeros() / 8) as usize,
        None => 0,
    }
}

/// Decodes a string with escapes. Half a surrogate pair ends it or, if `lossy`, becomes U+FFFD. Returns whether the end of the
/// string was reached.
fn unescape(raw: &str, text: &mut String, lossy: bool) -> bool {
    let mut rest = raw;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut chars = escape.chars();
        let c = match chars.next() {
            Some('b') => Some('\x08'),
            Some('f') => Some('\x0C'),
            Some('n') => Some('\n'),
            Some('r') => Some('\r'),
            Some('t') => Some('\t'),
            Some('u') => unicode(&mut chars),
            other => other,
        };
        match c {
            Some(c) => text.push(c),
            None if lossy => text.push(char::REPLACEMENT_CHARACTER),
            None => return false,
        }
        rest = chars.as_str();
    }
    text.push_str(rest);
    true
}

/// Decodes the character of one escape, or of two that are a surrogate pair.
fn unicode(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = unit(chars)?;
    if !(0xD800..=0xDBFF).contains(&first) {
        return char::from_u32(first);
    }
    let mut after = chars.as_str().strip_prefix("\\u")?.chars();
    let low = unit(&mut after).filter(|low| (0xDC00..=0xDFFF).contains(low))?;
    *chars = after;
    // Ten bits from each.
    char::from_u32(((first & 0x3FF) << 10 | low & 0x3FF).saturating_add(0x10000))
}

/// Reads four hexadecimal digits.
fn unit(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    (0..4).try_fold(0, |sum, _| Some(sum << 4 | chars.next()?.to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_where_it_ends_whatever_its_length() {
        let cases = [
            ("", Some("")),
            ("\u{7f}é😀", Some("\u{7f}é😀")),
            ("\\n\\/\\\"\\\\", Some("\n/\"\\")),
            ("\\u00e9\\uD83D\\ude00", Some("é😀")),
            ("\\ud800", None),
            ("\\ud800\\u0041", None),
            ("\\ude00\\ud83d", None),
        ];
        for (before, after) in (0..40).flat_map(|before| [0, 1, 15, 16, 17].map(|after| (before, after))) {
            let (before, after) = ("!".repeat(before), "~".repeat(after));
            for (written, meant) in cases {
                let text = format!("\"{before}{written}{after}\" \"");
                let mut json = Json::new(&text);
                let found = json.string().unwrap();
                assert_eq!(found.text().as_deref(), meant.map(|meant| format!("{before}{meant}{after}")).as_deref());
                assert_eq!(found.plain().is_some(), !written.contains('\\'));
                assert_eq!(json.place(), text.len() - 2, "{text}");
            }
            for wrong in ["\n", "\u{0}", "\u{1f}", "\\x", "\\u12g4", "\\U0041", "\\é"] {
                assert!(Json::new(&format!("\"{before}{wrong}{after}\"")).string().is_err(), "{wrong:?}");
            }
            assert_eq!(Json::new(&format!("\"{before}{after}")).string().unwrap_err(), Wrong::End);
        }
    }

    #[test]
    fn blanks_are_passed_however_many() {
        for count in 0..40 {
            for text in [" ", "\n", "\r\n ", "\t", "\n    "].map(|blank| blank.repeat(count)) {
                let mut json = Json::new(&text);
                assert_eq!((json.peek(), json.place()), (Err(Wrong::End), text.len()));
                let text = format!("{text}7{text}");
                let mut json = Json::new(&text);
                assert_eq!(json.peek(), Ok(Peek::Number));
                assert_eq!(json.number(), Ok("7"));
                assert_eq!(json.finish(), Ok(()));
            }
        }
        assert_eq!(Json::new("\u{b}7").peek(), Err(Wrong::Value));
    }

    #[test]
    fn numbers_are_what_the_grammar_says() {
        for text in ["0", "-0", "10", "-1.50", "0.0", "1e5", "1E+05", "2.5e-300", "123456789012345678901234567890"] {
            let mut json = Json::new(text);
            assert_eq!((json.peek(), json.number(), json.finish()), (Ok(Peek::Number), Ok(text), Ok(())));
        }
        for text in
            ["-", "01", "-01", "1.", ".5", "1.e5", "1e", "1e+", "+1", "1x", "1.5.5", "--1", "0x1", "NaN", "-Infinity"]
        {
            let mut json = Json::new(text);
            let read = json.peek().and_then(|_| json.number()).and_then(|_| json.finish());
            assert!(read.is_err(), "{text}");
        }
    }

    #[test]
    fn a_place_is_told_by_line_and_column() {
        assert_eq!(position(b"{}", 0), (1, 1));
        assert_eq!(position(b"{\n  x}", 4), (2, 3));
        assert_eq!(position(b"{\n", 9), (2, 1));
    }
}
