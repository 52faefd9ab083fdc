//! JSON text to a tree. serde_json would show no lines of what it has read.

use std::collections::BTreeSet;

use super::{MAX_DEPTH, Node, Value, line, too_deep};
use crate::error::Error;

/// Reads a JSON text.
pub(crate) fn read(file: &str, text: &str) -> Result<Node, Error> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { file, text, position: 0, counted: 0, line: 1 };
    let node = reader.value(0)?;
    match reader.peek() {
        None => Ok(node),
        Some(_) => Err(reader.unexpected("the end of the file")),
    }
}

struct Reader<'t> {
    file: &'t str,
    text: &'t str,
    position: usize,
    /// Up to where line breaks are counted.
    counted: usize,
    line: u32,
}

impl Reader<'_> {
    /// The next byte that is not a whitespace, which is left to be read.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.position..)?;
        self.position += rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')).count();
        self.text.as_bytes().get(self.position).copied()
    }

    fn line(&mut self) -> u32 {
        let passed = self.text.as_bytes().get(self.counted..self.position).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(line(breaks) - 1);
        self.counted = self.position.max(self.counted);
        self.line
    }

    fn error(&mut self, found: impl Into<String>, expected: &str) -> Error {
        let line = self.line();
        Error::at(self.file, line, found, expected)
    }

    fn unexpected(&mut self, expected: &str) -> Error {
        let found = match self.text.get(self.position..).and_then(|rest| rest.chars().next()) {
            Some(c) => format!("{c:?}"),
            None => "the end of the file".to_owned(),
        };
        self.error(found, expected)
    }

    fn take(&mut self, byte: u8, expected: &str) -> Result<(), Error> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected(expected));
        }
        self.position += 1;
        Ok(())
    }

    fn value(&mut self, depth: usize) -> Result<Node, Error> {
        let first = self.peek();
        let line = self.line();
        if depth >= MAX_DEPTH {
            return Err(too_deep(self.file, line));
        }
        let value = match first {
            Some(b'{') => self.map(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Value::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => self.word()?,
        };
        Ok(Node { line, value })
    }

    fn word(&mut self) -> Result<Value, Error> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        for (word, value) in [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)] {
            if rest.starts_with(word) {
                self.position += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected("a JSON value"))
    }

    fn number(&mut self) -> Result<Value, Error> {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let length =
            rest.bytes().take_while(|byte| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9')).count();
        let number = rest.get(..length).unwrap_or_default();
        if number.parse::<f64>().is_err() {
            return Err(self.error(format!("`{number}`"), "a number"));
        }
        self.position += length;
        Ok(Value::Number(number.to_owned()))
    }

    fn list(&mut self, depth: usize) -> Result<Value, Error> {
        self.position += 1;
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.position += 1;
            return Ok(Value::List(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b']') => break,
                _ => return Err(self.unexpected("`,` or `]`")),
            }
        }
        self.position += 1;
        Ok(Value::List(items))
    }

    fn map(&mut self, depth: usize) -> Result<Value, Error> {
        self.position += 1;
        let (mut members, mut known) = (Vec::new(), BTreeSet::new());
        if self.peek() == Some(b'}') {
            self.position += 1;
            return Ok(Value::Map(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("a name in quotes"));
            }
            let key = self.string()?;
            if !known.insert(key.clone()) {
                return Err(self.error(format!("`{key}` a second time"), "each name once"));
            }
            self.take(b':', "`:`")?;
            members.push((key, self.value(depth + 1)?));
            match self.peek() {
                Some(b',') => self.position += 1,
                Some(b'}') => break,
                _ => return Err(self.unexpected("`,` or `}`")),
            }
        }
        self.position += 1;
        Ok(Value::Map(members))
    }

    /// A string, from its opening quote.
    fn string(&mut self) -> Result<String, Error> {
        self.position += 1;
        let mut text = String::new();
        loop {
            let rest = self.text.get(self.position..).unwrap_or_default();
            let plain = rest.find(|c: char| matches!(c, '"' | '\\') || c < ' ').unwrap_or(rest.len());
            text.push_str(rest.get(..plain).unwrap_or_default());
            self.position += plain;
            match rest.as_bytes().get(plain) {
                Some(b'"') => {
                    self.position += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    self.position += 1;
                    text.push(self.escape()?);
                }
                Some(_) => return Err(self.unexpected("a text without control characters")),
                None => return Err(self.unexpected("the quote that ends a text")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, Error> {
        let byte = self.text.as_bytes().get(self.position).copied();
        let plain = match byte {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.position += 1;
                return self.unicode();
            }
            _ => return Err(self.unexpected("an escape that JSON has")),
        };
        self.position += 1;
        Ok(plain)
    }

    /// What `\u` begins; a surrogate needs its other half.
    fn unicode(&mut self) -> Result<char, Error> {
        let first = self.four()?;
        let code = match first {
            0xD800..=0xDBFF if self.text.get(self.position..).is_some_and(|rest| rest.starts_with("\\u")) => {
                self.position += 2;
                let second = self.four()?;
                0x10000 + ((first - 0xD800) << 10) + second.wrapping_sub(0xDC00) % 0x400
            }
            _ => first,
        };
        char::from_u32(code).ok_or_else(|| self.error(format!("\\u{first:04x}"), "a character"))
    }

    fn four(&mut self) -> Result<u32, Error> {
        let digits = self.text.get(self.position..self.position + 4).unwrap_or_default();
        let all = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u32::from_str_radix(digits, 16) {
            Ok(code) if all => {
                self.position += 4;
                Ok(code)
            }
            _ => Err(self.unexpected("four hexadecimal digits")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_know_their_lines() {
        let node = read("a.json", "{\n \"a\": [1, -2.5e3,\n true],\n\n\"b\\u00e9\\n\\ud83c\\udf39\": null}").unwrap();
        assert_eq!(node.get("a").unwrap().items()[2], Node { line: 3, value: Value::Bool(true) });
        assert_eq!(node.get("a").unwrap().items()[1].value, Value::Number("-2.5e3".to_owned()));
        assert_eq!(node.get("b\u{e9}\n\u{1f339}"), Some(&Node { line: 5, value: Value::Null }));
    }

    #[test]
    fn what_is_not_json_is_an_error_with_its_line() {
        let deep = "[".repeat(100_000);
        for (text, line) in [
            ("", 1),
            ("\n\n{\"a\": 1,}", 3),
            ("{\"a\": 1\n\"b\": 2}", 2),
            ("{\"a\": 1} x", 1),
            ("[1,\n 2,\n nul]", 3),
            ("{\"a\": \"b\nc\"}", 1),
            ("\"\\x\"", 1),
            ("\"\\ud800\"", 1),
            ("\"\\u12\u{e9}4\"", 1),
            ("1.2.3", 1),
            ("<html>", 1),
            ("{\"a\": 1,\n\"a\": 2}", 2),
            ("\"open", 1),
            (deep.as_str(), 1),
        ] {
            let error = read("a.json", text).unwrap_err();
            assert_eq!((error.file(), error.line()), ("a.json", Some(line)), "{error}");
        }
    }
}
