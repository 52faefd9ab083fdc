//! The body of a request or an answer: there already, or to come in pieces, of a length that is known or not.

use std::fmt;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{BoxStream, StreamExt as _};
use http_body::{Frame, SizeHint};

use crate::error::{Error, ErrorKind};

/// The body of a request or an answer: a stream of pieces, and a body of the crate `http-body`.
///
/// That of a request has a [`length`](Self::length), in bytes, and is sent with that as `Content-Length`: there are services
/// that take no chunked bodies. It ends in an error where what it is made of turns out to be shorter or longer.
pub struct Body(Content);

enum Content {
    Whole(Bytes),
    Pieces(Pieces),
    Sized(Sized),
}

/// The mutex is never locked: it makes of a stream that is `Send` one that can be shared as well.
struct Pieces(Mutex<BoxStream<'static, Result<Bytes, Error>>>);

struct Sized {
    pieces: Pieces,
    /// How many bytes are yet to come from there.
    left: u64,
    /// The last piece, until it is certain that there is nothing behind it.
    held: Option<Bytes>,
    ended: bool,
}

impl Body {
    /// Makes a body of pieces to come, of a length that is not known. After an error nothing more is read.
    pub fn new(pieces: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self(Content::Pieces(Pieces(Mutex::new(Box::pin(pieces.fuse())))))
    }

    /// Makes a body of exactly so many bytes, in pieces to come. Where there are fewer or more, it ends in an error of the kind
    /// [`ErrorKind::Body`], before the last of so many bytes is given.
    pub fn sized(length: u64, pieces: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        let pieces = Pieces(Mutex::new(Box::pin(pieces.fuse())));
        Self(Content::Sized(Sized { pieces, left: length, held: None, ended: false }))
    }

    /// Returns how many bytes are to come, where that is known. It is of each request.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match &self.0 {
            Content::Whole(bytes) => Some(bytes.len() as u64),
            Content::Pieces(_) => None,
            Content::Sized(sized) => {
                Some(sized.left.saturating_add(sized.held.as_ref().map_or(0, |held| held.len() as u64)))
            }
        }
    }

    /// Returns the whole body, where it is in memory: that of all requests but uploads. It may have a password in it.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Content::Whole(bytes) => Some(bytes),
            Content::Pieces(_) | Content::Sized(_) => None,
        }
    }
}

/// A body that is there already.
impl From<Bytes> for Body {
    fn from(whole: Bytes) -> Self {
        Self(Content::Whole(whole))
    }
}

impl Pieces {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        let pieces = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        pieces.as_mut().poll_next(context)
    }
}

impl Sized {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        while !self.ended {
            let piece = match ready!(self.pieces.poll_next(context)) {
                Some(Ok(piece)) if piece.is_empty() => continue,
                Some(Ok(piece)) => piece,
                Some(Err(error)) => return self.fail(error),
                None if self.left == 0 => break,
                None => return self.fail(odd(&format!("ended {} bytes before the length that was said", self.left))),
            };
            match self.left.checked_sub(piece.len() as u64) {
                None => return self.fail(odd("is longer than was said")),
                Some(0) => (self.left, self.held) = (0, Some(piece)),
                Some(left) => {
                    self.left = left;
                    return Poll::Ready(Some(Ok(piece)));
                }
            }
        }
        self.ended = true;
        Poll::Ready(self.held.take().map(Ok))
    }

    fn fail(&mut self, error: Error) -> Poll<Option<Result<Bytes, Error>>> {
        (self.ended, self.held) = (true, None);
        Poll::Ready(Some(Err(error)))
    }
}

fn odd(what: &str) -> Error {
    Error::new(ErrorKind::Body, format!("what was to be sent {what}"))
}

impl Stream for Body {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Content::Pieces(pieces) => pieces.poll_next(context),
            Content::Sized(sized) => sized.poll_next(context),
        }
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        Stream::poll_next(self, context).map(|piece| piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Pieces(_) => false,
            Content::Sized(sized) => sized.ended,
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length().map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Without what is in it, which may be a password.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("length", &self.length()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, TryStreamExt as _};

    use super::*;

    fn of(length: u64, pieces: &[&'static str]) -> Body {
        let pieces: Vec<_> = pieces.iter().map(|piece| Ok(Bytes::from(*piece))).collect();
        Body::sized(length, futures_util::stream::iter(pieces))
    }

    #[tokio::test]
    async fn a_body_is_as_long_as_was_said_or_an_error_before_its_last_byte() {
        for (length, pieces, expected) in [
            (0, &[][..], Some("")),
            (0, &["", ""], Some("")),
            (5, &["ab", "", "cde"], Some("abcde")),
            (5, &["abcde", ""], Some("abcde")),
            (5, &["ab", "cd"], None),
            (5, &[], None),
            (5, &["abc", "de", "f"], None),
            (5, &["abc", "def"], None),
            (0, &["a"], None),
        ] {
            assert_eq!(of(length, pieces).length(), Some(length));
            let whole = of(length, pieces).map_ok(|piece| piece.to_vec()).try_concat().await;
            match expected {
                Some(text) => assert_eq!(whole.unwrap(), text.as_bytes()),
                None => assert_eq!(whole.unwrap_err().kind(), ErrorKind::Body, "{length} {pieces:?}"),
            }
            let given: usize = of(length, pieces)
                .filter_map(|piece| async { piece.ok() })
                .map(|piece| piece.len())
                .fold(0, |sum, len| async move { sum + len })
                .await;
            assert!(expected.is_some() || given < length.max(1) as usize, "{length} {pieces:?}: {given} were given");
        }
    }

    #[tokio::test]
    async fn a_body_shows_its_length_and_nothing_of_what_is_in_it() {
        let mut body = Body::from(Bytes::from_static(b"hunter2"));
        assert_eq!(format!("{body:?}"), "Body { length: Some(7), .. }");
        assert_eq!(body.as_bytes().map(|bytes| &bytes[..]), Some(&b"hunter2"[..]));
        assert!(body.next().await.is_some() && body.next().await.is_none());
        let mut body = of(5, &["abc", "de"]);
        assert!(body.as_bytes().is_none());
        body.next().await.unwrap().unwrap();
        assert_eq!(body.length(), Some(2), "what is left");
    }
}
