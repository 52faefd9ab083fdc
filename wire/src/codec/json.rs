//! JSON text, read token by token. What is passed over is held to the grammar like what is read.
//!
//! The text is Unicode already, so a string without escapes is a part of it, and nothing is copied before it is known
//! what becomes of it.

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

/// What is wrong with text that is not JSON. The [`Json`] that came upon it says where.
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

/// A string as it stands between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Quoted<'j> {
    raw: &'j str,
    escaped: bool,
    start: usize,
}

impl<'j> Quoted<'j> {
    /// What it means; none where that is not Unicode text, as half a surrogate pair isn't.
    #[inline]
    pub(crate) fn text(self) -> Option<Cow<'j, str>> {
        if self.escaped { self.unescaped().map(Cow::Owned) } else { Some(Cow::Borrowed(self.raw)) }
    }

    fn unescaped(self) -> Option<String> {
        let mut text = String::with_capacity(self.raw.len());
        unescape(self.raw, &mut text, false).then_some(text)
    }

    /// What it means, with U+FFFD in place of each half of a surrogate pair.
    pub(crate) fn lossy_text(self) -> String {
        let mut text = String::with_capacity(self.raw.len());
        unescape(self.raw, &mut text, true);
        text
    }

    /// Where it begins and ends between the quotes.
    pub(crate) fn place(self) -> (usize, usize) {
        (self.start, self.start.saturating_add(self.raw.len()))
    }

    /// As it is written between the quotes.
    pub(crate) fn raw(self) -> &'j str {
        self.raw
    }

    /// What it means, where that is as it stands.
    #[inline]
    pub(crate) fn plain(self) -> Option<&'j str> {
        (!self.escaped).then_some(self.raw)
    }
}

/// A place in a JSON text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'j> {
    text: &'j str,
    place: usize,
}

impl<'j> Json<'j> {
    pub(crate) fn new(text: &'j str) -> Self {
        Self { text, place: 0 }
    }

    /// At a place that was passed before.
    pub(crate) fn back_to(&self, place: usize) -> Self {
        Self { text: self.text, place }
    }

    /// How far the text was read.
    #[inline]
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// The text from a place that was passed before.
    #[inline]
    pub(crate) fn since(&self, start: usize) -> &'j str {
        // Both ends stand beside an ASCII character, so the text can be cut there.
        self.text.get(start..self.place).unwrap_or_default()
    }

    /// What comes next.
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

    /// The name of an object's next member; of its `first` this place is the object's brace.
    // What it gives is too large for registers and is looked at right away: a call would cost more than what is called.
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

    /// What the next item of an array is; of its `first` this place is the array's bracket.
    #[inline]
    pub(crate) fn next_item(&mut self, first: bool) -> Result<Option<Peek>, Wrong> {
        if self.next(first, b']', Wrong::Array)? { self.peek().map(Some) } else { Ok(None) }
    }

    /// To the next part of an object or array; false at its end.
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

    /// Past a null, true or false.
    #[inline]
    pub(crate) fn word(&mut self, word: &str) -> Result<(), Wrong> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(Wrong::Value);
        }
        self.place = self.place.saturating_add(word.len());
        Ok(())
    }

    /// The text of a number.
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
        // Of `01` this is the second digit.
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

    /// The string at this place.
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

    /// From the first escape of a string to its end.
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

    /// That nothing follows.
    pub(crate) fn finish(&mut self) -> Result<(), Wrong> {
        if self.token().is_none() { Ok(()) } else { Err(Wrong::Rest) }
    }

    /// The next byte that is not blank.
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

    /// A byte from here; 0 behind the end, which is part of no token.
    #[inline]
    fn at(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.place.saturating_add(ahead)).copied().unwrap_or_default()
    }

    #[inline]
    fn rest(&self) -> &'j [u8] {
        self.text.as_bytes().get(self.place..).unwrap_or_default()
    }

    /// Line and column of this place, counted from 1.
    pub(crate) fn position(&self) -> (usize, usize) {
        position(self.text.as_bytes(), self.place)
    }

    /// The text around this place.
    pub(crate) fn around(&self) -> String {
        let around = self.text.as_bytes().get(self.place.saturating_sub(12)..).unwrap_or_default();
        String::from_utf8_lossy(around.get(..32).unwrap_or(around)).trim().to_owned()
    }
}

/// Line and column of a place, counted from 1.
pub(crate) fn position(bytes: &[u8], place: usize) -> (usize, usize) {
    let before = bytes.get(..place).unwrap_or(bytes);
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let columns = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    (lines.saturating_add(1), columns.saturating_add(1))
}

/// A number with this byte in all of its places.
const fn all(byte: u8) -> u128 {
    u128::from_le_bytes([byte; 16])
}

/// How many bytes come before one that ends a string, begins an escape or may not stand in a string.
#[inline]
fn plain(bytes: &[u8]) -> usize {
    // Sixteen at a time. A byte's highest bit shows what it is; only above the first such byte may it show too much.
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

/// How many spaces are at the beginning, as far as is looked at once.
#[inline]
fn blanks(bytes: &[u8]) -> usize {
    match bytes.first_chunk() {
        Some(chunk) => ((u128::from_le_bytes(*chunk) ^ all(b' ')).trailing_zeros() / 8) as usize,
        None => 0,
    }
}

/// Writes what a string with escapes means. Half a surrogate pair is the end of it, or U+FFFD if `lossy`; whether it came to
/// the end of the string.
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

/// The character of one escape, or of two where a surrogate pair takes two.
fn unicode(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let first = unit(chars)?;
    if !(0xD800..=0xDBFF).contains(&first) {
        return char::from_u32(first);
    }
    let mut after = chars.as_str().strip_prefix("\\u")?.chars();
    let low = unit(&mut after).filter(|low| (0xDC00..=0xDFFF).contains(low))?;
    *chars = after;
    // Ten bits of each.
    char::from_u32(((first & 0x3FF) << 10 | low & 0x3FF).saturating_add(0x10000))
}

/// Four hexadecimal digits.
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
