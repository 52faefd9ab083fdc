//! Turns payloads that are JSON apart from bytes in some strings into JSON text: bytes that are not UTF-8 become U+FFFD, and
//! control characters become the escapes that JSON requires. What was mended, and where, is reported.

use super::json::position;
use super::lossy::{Lossy, Lost};

/// A payload that was mended.
#[derive(Debug)]
pub(crate) struct Mended<'p> {
    payload: &'p [u8],
    pub(crate) text: String,
    lost: Vec<Lost>,
    /// Positions in the text of escapes that replace control characters.
    controls: Vec<u32>,
}

impl<'p> Mended<'p> {
    /// Mends a payload. Returns `None` if there is nothing to mend, or so much that the payload is not text at all, or if that takes
    /// more than this memory beside a copy of the payload.
    pub(crate) fn of(payload: &'p [u8], memory: usize) -> Option<Self> {
        let most = Mender::MOST.min(memory / Mender::COST);
        let mut mender =
            Mender { out: Vec::with_capacity(payload.len().saturating_add(64)), most, ..Mender::default() };
        for chunk in payload.utf8_chunks() {
            chunk.valid().bytes().for_each(|byte| mender.byte(byte));
            if !chunk.invalid().is_empty() {
                mender.lose(chunk.invalid());
            }
            if mender.is_too_much() {
                return None;
            }
        }
        let Mender { out, lost, controls, .. } = mender;
        if lost.is_empty() && controls.is_empty() {
            return None;
        }
        Some(Self { payload, text: String::from_utf8(out).ok()?, lost, controls })
    }

    /// Returns how much memory it takes beside a copy of the payload.
    pub(crate) fn cost(&self) -> usize {
        self.lost.len().saturating_add(self.controls.len()).saturating_mul(Mender::COST)
    }

    /// Returns the length of the payload.
    pub(crate) fn payload_len(&self) -> usize {
        self.payload.len()
    }

    pub(crate) fn json(&self) -> Lossy<'_> {
        Lossy::new(&self.text, &self.lost)
    }

    /// Returns whether a part of the text has an escape that replaces a control character.
    pub(crate) fn has_control(&self, start: usize, end: usize) -> bool {
        let before = |place: usize| self.controls.partition_point(|control| (*control as usize) < place);
        before(start) < before(end)
    }

    /// Returns whether the text has a replacement for bytes that are not UTF-8 at this position.
    pub(crate) fn is_lost(&self, place: usize) -> bool {
        self.lost.binary_search_by_key(&place, Lost::at).is_ok()
    }

    /// Returns line and column in the payload of a position in the text.
    pub(crate) fn position(&self, place: usize) -> (usize, usize) {
        let mark = char::REPLACEMENT_CHARACTER.len_utf8();
        let (mut gone, mut added) = (0_usize, 0_usize);
        for lost in self.lost.iter().take_while(|lost| lost.at() < place) {
            gone = gone.saturating_add(lost.bytes().len());
            added = added.saturating_add(mark);
        }
        for control in self.controls.iter().map(|at| *at as usize).take_while(|at| *at < place) {
            gone = gone.saturating_add(1);
            let is_long = self.text.get(control..).is_some_and(|escape| escape.starts_with("\\u"));
            added = added.saturating_add(if is_long { 6 } else { 2 });
        }
        position(self.payload, place.saturating_add(gone).saturating_sub(added))
    }
}

#[derive(Default)]
struct Mender {
    out: Vec<u8>,
    lost: Vec<Lost>,
    controls: Vec<u32>,
    /// How many objects and arrays are open.
    depth: usize,
    in_string: bool,
    /// The length of an unfinished escape, such as `\u00`.
    escape: usize,
    /// The body has ended.
    behind: bool,
    /// The most places that may be mended.
    most: usize,
}

impl Mender {
    /// The most places that are ever mended.
    const MOST: usize = 1_000_000;
    /// The most memory for each: an escape and its position, in vectors that may be half empty.
    const COST: usize = 2 * (size_of::<Lost>() + "\\u0000".len() + size_of::<u32>());

    fn is_too_much(&self) -> bool {
        self.lost.len().saturating_add(self.controls.len()) > self.most
    }

    fn byte(&mut self, byte: u8) {
        match byte {
            _ if self.behind => {}
            _ if self.in_string => return self.in_string(byte),
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                self.behind = self.depth == 0;
            }
            _ => {}
        }
        self.out.push(byte);
    }

    fn in_string(&mut self, byte: u8) {
        if byte < b' ' {
            return self.control(byte);
        }
        self.escape = match (self.escape, byte) {
            (0, b'\\') => 1,
            (1, b'u') => 2,
            (digits @ 2..5, byte) if byte.is_ascii_hexdigit() => digits.saturating_add(1),
            (1, _) => 0,
            (_, b'"') => {
                self.in_string = false;
                0
            }
            (_, b'\\') => 1,
            _ => 0,
        };
        self.out.push(byte);
    }

    fn control(&mut self, byte: u8) {
        // The result is dropped anyway, and each escape is six times as long as the character.
        if self.is_too_much() {
            return;
        }
        if self.escape > 0 {
            return self.lose(&[byte]);
        }
        self.controls.push(u32::try_from(self.out.len()).unwrap_or(u32::MAX));
        let escape = match byte {
            b'\n' => "\\n".to_owned(),
            b'\r' => "\\r".to_owned(),
            b'\t' => "\\t".to_owned(),
            _ => format!("\\u{byte:04x}"),
        };
        self.out.extend_from_slice(escape.as_bytes());
    }

    /// Replaces bytes that are not text, together with the escape that they interrupt.
    fn lose(&mut self, bytes: &[u8]) {
        let at = self.out.len().saturating_sub(self.escape);
        if let Some(lost) = Lost::new(at, [self.out.get(at..).unwrap_or_default(), bytes]) {
            self.lost.push(lost);
        }
        self.escape = 0;
        self.out.truncate(at);
        self.out.extend_from_slice("\u{FFFD}".as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mended_is_told_and_can_be_restored() {
        let cases: &[(&[u8], Option<&str>)] = &[
            (b"{\"a\":\"b\"}", None),
            (b"{\"a\":\n\"b\\u0000\"}\n", None),
            (b"{\"a\":\"\xFF\xFE\"}", Some("{\"a\":\"\u{FFFD}\u{FFFD}\"}")),
            (b"{\"a\":\"\xE2\x82\"}", Some("{\"a\":\"\u{FFFD}\"}")),
            (b"{\"\xB0\":[\"\\n\xB0\"]}", Some("{\"\u{FFFD}\":[\"\\n\u{FFFD}\"]}")),
            // A broken-off escape is lost together with the bytes that break it off.
            (b"{\"a\":\"x\\\xFFy\"}", Some("{\"a\":\"x\u{FFFD}y\"}")),
            (b"{\"a\":\"x\\\\\xFFy\"}", Some("{\"a\":\"x\\\\\u{FFFD}y\"}")),
            (b"{\"a\":\"\\u00\xFF9\"}", Some("{\"a\":\"\u{FFFD}9\"}")),
            (b"{\"a\":\"\\u00e9\xFF\"}", Some("{\"a\":\"\\u00e9\u{FFFD}\"}")),
            (b"{\"a\":\"\\u00\x01\"}", Some("{\"a\":\"\u{FFFD}\"}")),
            (b"{\"a\":\"\\\t\"}", Some("{\"a\":\"\u{FFFD}\"}")),
            // After the body nothing is a string.
            (b"{}\xFF\"\x01\"", Some("{}\u{FFFD}\"\x01\"")),
        ];
        for (payload, expected) in cases {
            let mended = Mended::of(payload, 1 << 20);
            assert_eq!(mended.as_ref().map(|mended| mended.text.as_str()), *expected);
            if let Some(mended) = mended {
                assert_eq!(&*mended.json().bytes(), *payload, "{}", mended.text);
            }
        }
        let mended = Mended::of(b"{\"a\tb\":\"c\x00\nd\"}", 1 << 20).unwrap();
        assert_eq!(mended.text, "{\"a\\tb\":\"c\\u0000\\nd\"}");
        assert_eq!((mended.position(9), mended.position(16), mended.position(18)), ((1, 9), (1, 11), (2, 1)));
        assert!(mended.has_control(2, 5) && mended.has_control(9, 19) && !mended.has_control(5, 9));
    }

    #[test]
    fn parts_know_what_was_lost_of_them() {
        let mended = Mended::of(b"{\"a\":[\"\xFFx\",\"y\xFE\"]}", 1 << 20).unwrap();
        let whole = mended.json();
        let part = whole.part(6, 13);
        assert_eq!((part.text, &*part.bytes()), ("\"\u{FFFD}x\",", &b"\"\xFFx\","[..]));
        let inner = part.part(1, 4);
        assert_eq!((inner.text, &*inner.bytes()), ("\u{FFFD}", &b"\xFF"[..]));
        assert!(whole.part(0, 5).is_whole());
    }
}
