//! Server-sent events as bytes become frames (WHATWG HTML, "Server-sent events"). Does no I/O and knows nothing of
//! Redfish; what a frame's data means is left to the stream.

use std::sync::Arc;
use std::time::Duration;

/// What a service sent between two blank lines, if there was data in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Frame {
    /// The last `id` that came, with this frame or before it.
    pub id: Option<Arc<str>>,
    /// The `event` field.
    pub event: Option<String>,
    /// The `data` lines, joined by line feeds.
    pub data: String,
}

/// A frame that was larger than the parser's limit. What follows it is read as ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oversized {
    /// The limit, in bytes.
    pub limit: usize,
}

/// Takes bytes as they come, in whatever pieces, and gives frames.
///
/// ```
/// use rosefish::event::sse::Parser;
///
/// let mut parser = Parser::new(1 << 20);
/// parser.push(b"id: 7\r\ndata: {\"Id\":\r\nda");
/// assert!(parser.next_frame().is_none());
/// parser.push(b"ta: \"7\"}\r\n\r\n");
/// let frame = parser.next_frame().unwrap().unwrap();
/// assert_eq!((frame.id.as_deref(), frame.data.as_str()), (Some("7"), "{\"Id\":\n\"7\"}"));
/// ```
#[derive(Debug)]
pub struct Parser {
    limit: usize,
    /// The line that is not finished yet.
    line: Vec<u8>,
    /// A carriage return ended the last line: a line feed that follows belongs to it.
    after_return: bool,
    /// No line was finished yet: a byte order mark may come.
    first: bool,
    data: Vec<u8>,
    has_data: bool,
    event: Option<String>,
    id: Option<Arc<str>>,
    oversized: bool,
    /// That it is too large was said already.
    reported: bool,
    retry: Option<Duration>,
    /// Bytes that were not looked at yet, and how many of them were.
    waiting: Vec<u8>,
    taken: usize,
}

impl Parser {
    /// Creates a parser that keeps at most so many bytes of a frame.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_return: false,
            first: true,
            data: Vec::new(),
            has_data: false,
            event: None,
            id: None,
            oversized: false,
            reported: false,
            retry: None,
            waiting: Vec::new(),
            taken: 0,
        }
    }

    /// Takes the next bytes. They are made into frames one by one, as these are asked for.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.drain(..std::mem::take(&mut self.taken));
        self.waiting.extend_from_slice(bytes);
    }

    /// Returns the next frame that is whole. An error stands for a frame that is too large, and comes as soon as it is.
    pub fn next_frame(&mut self) -> Option<Result<Frame, Oversized>> {
        let waiting = std::mem::take(&mut self.waiting);
        let mut rest = waiting.get(self.taken..).unwrap_or_default();
        let mut found = None;
        while found.is_none()
            && let Some((&first, after)) = rest.split_first()
        {
            if std::mem::take(&mut self.after_return) && first == b'\n' {
                rest = after;
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let (part, after) = rest.split_at(end.unwrap_or(rest.len()));
            // Of a line beyond the limit nothing is kept; it reads as a comment.
            if self.line.len().saturating_add(part.len()) > self.limit.saturating_add(16) {
                self.oversized = true;
                self.line = b":".to_vec();
            } else {
                self.line.extend_from_slice(part);
            }
            rest = after;
            if let Some((&end, after)) = after.split_first() {
                self.after_return = end == b'\r';
                rest = after;
                found = self.end_line();
            }
            if self.oversized && !std::mem::replace(&mut self.reported, true) {
                found = Some(Err(Oversized { limit: self.limit }));
            }
        }
        self.taken = waiting.len().saturating_sub(rest.len());
        self.waiting = waiting;
        if self.taken == self.waiting.len() {
            self.waiting.clear();
            self.taken = 0;
        }
        found
    }

    /// Returns the last `id` that came: what `Last-Event-ID` says when the stream is asked for again.
    #[must_use]
    pub fn last_id(&self) -> Option<&str> {
        self.id.as_deref().filter(|id| !id.is_empty())
    }

    /// Returns how long the service wants a client to wait before it connects again.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Forgets what is not whole: the connection broke, and a new one begins. The last `id` stays.
    pub fn restart(&mut self) {
        self.line.clear();
        self.waiting.clear();
        self.taken = 0;
        self.after_return = false;
        self.first = true;
        self.clear();
    }

    fn clear(&mut self) {
        self.data.clear();
        self.has_data = false;
        self.event = None;
        self.oversized = false;
        self.reported = false;
    }

    fn end_line(&mut self) -> Option<Result<Frame, Oversized>> {
        let mut line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.first) && line.starts_with("\u{feff}".as_bytes()) {
            line.drain(..3);
        }
        let frame = match line.is_empty() {
            true => self.dispatch(),
            false => {
                self.field(&line);
                None
            }
        };
        // Its memory serves the next line.
        line.clear();
        self.line = line;
        frame
    }

    fn field(&mut self, line: &[u8]) {
        let colon = line.iter().position(|byte| *byte == b':');
        let (name, value) = line.split_at(colon.unwrap_or(line.len()));
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = value.strip_prefix(b" ").unwrap_or(value);
        let text = || String::from_utf8_lossy(value).into_owned();
        match name {
            b"data" => {
                // With the line feed that comes before it.
                if self.data.len().saturating_add(value.len()) >= self.limit {
                    self.oversized = true;
                    self.data.clear();
                }
                if !self.oversized {
                    if self.has_data {
                        self.data.push(b'\n');
                    }
                    self.data.extend_from_slice(value);
                }
                self.has_data = true;
            }
            b"event" => self.event = Some(text()),
            b"id" if !value.contains(&0) => self.id = Some(text().into()),
            b"retry" if !value.is_empty() && value.iter().all(u8::is_ascii_digit) => {
                self.retry = text().parse().ok().map(Duration::from_millis);
            }
            // A comment, or nothing that anybody defined.
            _ => {}
        }
    }

    fn dispatch(&mut self) -> Option<Result<Frame, Oversized>> {
        let whole = self.has_data && !self.oversized;
        let frame = whole.then(|| Frame {
            id: self.id.clone().filter(|id| !id.is_empty()),
            event: self.event.take().filter(|event| !event.is_empty()),
            data: String::from_utf8_lossy(&self.data).into_owned(),
        });
        self.clear();
        frame.map(Ok)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<Result<Frame, Oversized>> {
        let mut parser = Parser::new(1000);
        let mut frames = Vec::new();
        for piece in pieces {
            parser.push(piece);
            frames.extend(std::iter::from_fn(|| parser.next_frame()));
        }
        frames
    }

    fn frame(id: Option<&str>, event: Option<&str>, data: &str) -> Result<Frame, Oversized> {
        Ok(Frame { id: id.map(Into::into), event: event.map(str::to_owned), data: data.to_owned() })
    }

    #[test]
    fn frames_are_read_as_the_standard_says() {
        let cases: [(&str, Vec<_>); 12] = [
            ("data: a\n\n", vec![frame(None, None, "a")]),
            ("\u{feff}data: a\n\n", vec![frame(None, None, "a")]),
            ("data:a\r\ndata:  b\r\n\r\n", vec![frame(None, None, "a\n b")]),
            ("data: a\r\rdata: b\r\r", vec![frame(None, None, "a"), frame(None, None, "b")]),
            (": heartbeat\n\n\n\n", vec![]),
            ("id: 1\ndata: a\n\ndata: b\n\n", vec![frame(Some("1"), None, "a"), frame(Some("1"), None, "b")]),
            ("id: 1\ndata: a\n\nid\ndata: b\n\n", vec![frame(Some("1"), None, "a"), frame(None, None, "b")]),
            ("event: Alert\ndata: a\n\ndata: b\n\n", vec![frame(None, Some("Alert"), "a"), frame(None, None, "b")]),
            ("event: Alert\n\ndata\n\n", vec![frame(None, None, "")]),
            ("data: a\nunknown: x\ndata\ndata: b\n\n", vec![frame(None, None, "a\n\nb")]),
            ("id: 1\0\ndata: a\n\n", vec![frame(None, None, "a")]),
            ("data: not finished\n", vec![]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(&[text.as_bytes()]), expected, "{text:?}");
        }
    }

    #[test]
    fn a_frame_that_is_too_large_does_not_hide_the_next() {
        let large = format!("data: {}\n\ndata: b\n\n", "x".repeat(5000));
        assert_eq!(parse(&[large.as_bytes()]), [Err(Oversized { limit: 1000 }), frame(None, None, "b")]);
        let many = format!("{}\ndata: b\n\n", "data: 0123456789\n".repeat(500));
        assert_eq!(parse(&[many.as_bytes()]), [Err(Oversized { limit: 1000 }), frame(None, None, "b")]);
        let mut parser = Parser::new(100);
        // Of an endless line nothing is kept, and it is reported once and at once.
        let mut told = 0;
        for _ in 0..10_000 {
            parser.push(&[b'x'; 64]);
            told += std::iter::from_fn(|| parser.next_frame()).count();
        }
        assert_eq!(told, 1);
        assert!(parser.line.capacity() + parser.waiting.capacity() < 1000, "{parser:?}");
        // However many frames a piece has, they share their id, and are made one by one.
        let mut parser = Parser::new(1 << 20);
        parser.push(format!("id: {}\n{}", "i".repeat(1 << 19), "data\n\n".repeat(10_000)).as_bytes());
        let ids: Vec<_> = std::iter::from_fn(|| parser.next_frame()).map(|frame| frame.unwrap().id.unwrap()).collect();
        assert!(ids.len() == 10_000 && ids.iter().all(|id| Arc::ptr_eq(id, &ids[0])));
    }

    #[test]
    fn the_pause_and_the_last_id_outlive_a_connection() {
        let mut parser = Parser::new(1000);
        parser.push(b"retry: 1500\nid: 9\ndata: a\n\ndata: half");
        let mut frames: Vec<_> = std::iter::from_fn(|| parser.next_frame()).collect();
        parser.restart();
        parser.push(b"retry: soon\ndata: b\n\n");
        frames.extend(std::iter::from_fn(|| parser.next_frame()));
        assert_eq!(parser.retry(), Some(Duration::from_millis(1500)));
        assert_eq!(parser.last_id(), Some("9"));
        assert_eq!(frames, [frame(Some("9"), None, "a"), frame(Some("9"), None, "b")]);
    }

    proptest! {
        /// However the network cuts the bytes, the frames are the same; and any bytes will do.
        #[test]
        fn pieces_make_no_difference(
            lines in prop::collection::vec("(data|id|event|retry|:|x)?:? ?[a-z0-9é\u{0}\u{feff}]{0,12}", 0..30),
            ends in prop::collection::vec(prop::sample::select(vec!["\n", "\r\n", "\r", "\n\n", "\r\n\r\n"]), 30),
            cuts in prop::collection::vec(0usize..400, 0..8),
            noise in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut bytes: Vec<u8> = lines.iter().zip(&ends).flat_map(|(line, end)| [line.as_bytes(), end.as_bytes()].concat()).collect();
            bytes.extend(noise);
            let mut cuts: Vec<_> = cuts.iter().map(|cut| (*cut).min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<_> = cuts.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect();
            let single: Vec<_> = bytes.chunks(1).collect();
            let whole = parse(&[&bytes]);
            prop_assert_eq!(&parse(&pieces), &whole);
            prop_assert_eq!(&parse(&single), &whole);
        }

        /// What is written as the standard says comes out as it went in.
        #[test]
        fn what_is_sent_is_read(records in prop::collection::vec(("[a-z0-9]{1,5}", "[ -~é\n]{0,40}"), 0..10)) {
            let mut text = String::new();
            for (id, data) in &records {
                text += &format!("id: {id}\n");
                data.split('\n').for_each(|line| text += &format!("data: {line}\n"));
                text += "\n";
            }
            let expected: Vec<_> = records.iter().map(|(id, data)| frame(Some(id), None, data)).collect();
            prop_assert_eq!(parse(&[text.as_bytes()]), expected);
        }
    }
}
