//! JSON text as it is written: what scalars see of encoding.

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

    /// JSON that came and was kept.
    pub(crate) fn kept(&mut self, json: Lossy<'_>) {
        if !json.is_whole() {
            self.lost.extend(json.lost(self.out.len()));
        }
        self.out.push_str(json.text);
    }

    pub(crate) fn print(&mut self, value: &dyn fmt::Display) {
        // A String takes whatever is written to it.
        let _ = write!(self.out, "{value}");
    }

    pub(crate) fn string(&mut self, text: &str) {
        write_string(&mut self.out, text);
    }

    /// What was written, as text.
    pub(crate) fn text(self) -> String {
        self.out
    }

    /// What was written, to be kept.
    pub(crate) fn kept_text(self) -> LossyBox {
        Lossy::new(&self.out, &self.lost).into()
    }

    /// What was written, with the bytes that came where there is no text for them.
    pub(crate) fn bytes(self) -> Vec<u8> {
        if self.lost.is_empty() { self.out.into_bytes() } else { restored(&self.out, self.lost.into_iter()) }
    }
}

/// A JSON string.
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
