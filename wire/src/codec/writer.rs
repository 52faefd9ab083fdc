//! Writes JSON text: the part of encoding that scalars see.

use std::fmt::{self, Write as _};

use super::lossy::{Lossy, LossyBox, Lost, restored};

/// Writes JSON text.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    lost: Vec<Lost>,
}

impl Writer {
    pub(crate) fn raw(&mut self, json: &str) {
        self.out.push_str(json);
    }

    /// Writes JSON that was received and kept.
    pub(crate) fn kept(&mut self, json: Lossy<'_>) {
        if !json.is_whole() {
            self.lost.extend(json.lost(self.out.len()));
        }
        self.out.push_str(json.text);
    }

    pub(crate) fn print(&mut self, value: &dyn fmt::Display) {
        // Writing to a String doesn't fail.
        let _ = write!(self.out, "{value}");
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    /// Returns the written JSON as text.
    pub(crate) fn text(self) -> String {
        self.out
    }

    /// Returns the written JSON in a form to keep.
    pub(crate) fn kept_text(self) -> LossyBox {
        Lossy::new(&self.out, &self.lost).into()
    }

    /// Returns the written JSON as bytes, with the original ones where U+FFFD replaces them in the text.
    pub(crate) fn bytes(self) -> Vec<u8> {
        if self.lost.is_empty() { self.out.into_bytes() } else { restored(&self.out, self.lost.into_iter()) }
    }
}

/// Writes a JSON string.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c < ' ' || c == '"' || c == '\\') {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                let _ = write!(out, "\\u{:04x}", control as u32);
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}
