//! Server-sent events, cut in pieces: whatever comes, and however it is cut, the frames are the same, nothing panics, and no
//! more is kept than the limit allows.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rosefish::event::sse::{Frame, Oversized, Parser};

const LIMIT: usize = 256;

fn frames<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Result<Frame, Oversized>> {
    let mut parser = Parser::new(LIMIT);
    let mut frames = Vec::new();
    for piece in pieces {
        parser.push(piece);
        frames.extend(std::iter::from_fn(|| parser.next_frame()));
    }
    frames
}

fuzz_target!(|input: (usize, &[u8])| {
    let (size, bytes) = input;
    let whole = frames(std::iter::once(bytes));
    assert_eq!(frames(bytes.chunks(size % 16 + 1)), whole);
    for frame in whole.into_iter().flatten() {
        // What is not UTF-8 is replaced, and grows by that.
        assert!(frame.data.len() <= 3 * (LIMIT + 1));
    }
});
