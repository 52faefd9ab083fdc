//! A large body being sent. It is sent only once, because nobody knows what a service did with the first half of an
//! image, and it is watched, because nothing else shows that a request which takes an hour is alive.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::{Instant, timeout_at};

use super::transport::{Body, HttpResponse};
use crate::deadline::later;
use crate::error::{Error, ErrorKind};

/// How often progress is checked once the body may have stalled.
const LOOK: Duration = Duration::from_millis(100);

/// A body that can be sent until the first piece of it was.
#[derive(Clone)]
pub(crate) struct Outgoing(Arc<Mutex<State>>);

struct State {
    /// `None` once the first piece of it was requested.
    body: Option<Body>,
    length: u64,
    sent: u64,
    /// When the last piece was taken.
    moved: Instant,
    /// Why the body ended early.
    failure: Option<Error>,
    /// How long the body may stall before it is complete.
    stall: Duration,
    /// How long the answer may take after the last piece.
    answer: Duration,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("length", &self.length()).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// Creates a body of known length.
    pub(crate) fn new(body: Body, stall: Duration, answer: Duration) -> Self {
        let length = body.length().unwrap_or_default();
        let state = State { body: Some(body), length, sent: 0, moved: Instant::now(), failure: None, stall, answer };
        Self(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn length(&self) -> u64 {
        self.state().length
    }

    /// Returns whether part of the body was sent, so that it can't be sent again.
    pub(crate) fn is_spent(&self) -> bool {
        self.state().body.is_none()
    }

    /// Returns the body for one attempt. The attempt takes the underlying body when its first piece is requested: one
    /// that fails before that leaves it whole.
    pub(crate) fn body(&self) -> Body {
        self.state().moved = Instant::now();
        let attempt = Attempt { outgoing: self.clone(), body: None, ended: false };
        Body::sized(self.length(), attempt)
    }

    /// Waits for the answer for as long as the body makes progress.
    pub(crate) async fn watch(
        &self,
        mut sent: impl Future<Output = Result<HttpResponse, Error>> + Unpin + Send,
        deadline: Instant,
    ) -> Result<HttpResponse, Error> {
        loop {
            // Which of the two limits applies may change while waiting.
            let shortest = |state: &State| later(state.moved, state.stall.min(state.answer));
            let look = shortest(&self.state()).max(later(Instant::now(), LOOK)).min(deadline);
            if let Ok(answer) = timeout_at(look, &mut sent).await {
                return self.judge(answer);
            }
            if Instant::now() >= self.until().min(deadline) {
                break;
            }
        }
        let State { sent, length, .. } = *self.state();
        let text = match sent < length {
            true => format!("the upload came to a halt, or took too long, after {sent} of {length} bytes"),
            false => "the service did not answer in time".to_owned(),
        };
        Err(Error::new(ErrorKind::Timeout, text).maybe_sent())
    }

    fn until(&self) -> Instant {
        let state = self.state();
        let patience = if state.sent < state.length { state.stall } else { state.answer };
        later(state.moved, patience)
    }

    /// Reports the body's own failure as the reason why the request failed, unless the service refused the request.
    fn judge(&self, answer: Result<HttpResponse, Error>) -> Result<HttpResponse, Error> {
        let refused = answer.as_ref().is_ok_and(|answer| !answer.status().is_success());
        match self.state().failure.take() {
            Some(failure) if !refused => Err(failure.maybe_sent()),
            _ => answer,
        }
    }
}

/// The body as one attempt sends it.
struct Attempt {
    outgoing: Outgoing,
    body: Option<Body>,
    ended: bool,
}

impl Stream for Attempt {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        if self.body.is_none() {
            let body = self.outgoing.state().body.take();
            self.body = body;
        }
        let Some(body) = &mut self.body else {
            self.ended = true;
            let text = "the body was sent already, and is not sent a second time";
            return Poll::Ready(Some(Err(Error::new(ErrorKind::Body, text))));
        };
        let piece = ready!(Pin::new(body).poll_next(context));
        let mut state = self.outgoing.state();
        state.moved = Instant::now();
        let piece = match piece {
            Some(Ok(piece)) => {
                state.sent = state.sent.saturating_add(piece.len() as u64);
                return Poll::Ready(Some(Ok(piece)));
            }
            Some(Err(error)) => {
                let stand_in = Error::new(ErrorKind::Body, error.report());
                state.failure = Some(error);
                Some(Err(stand_in))
            }
            None => None,
        };
        drop(state);
        self.ended = true;
        Poll::Ready(piece)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn a_body_can_be_sent_until_something_of_it_was() {
        let limit = Duration::from_secs(1);
        let outgoing = Outgoing::new(Body::from(Bytes::from_static(b"image")), limit, limit);
        drop(outgoing.body());
        assert!(!outgoing.is_spent());
        let mut body = outgoing.body();
        assert_eq!(body.next().await.unwrap().unwrap(), "image");
        assert!(body.next().await.is_none() && outgoing.is_spent());
        assert_eq!(outgoing.body().next().await.unwrap().unwrap_err().kind(), ErrorKind::Body);
    }
}
