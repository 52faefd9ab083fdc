//! What keeps a program from compiling this library. How a value is dropped, moved and cloned is compiled in each crate
//! that does so, with all that the value contains; and what is generic, once more for each type. So what is large stands
//! behind a trait object, and what is generic is a shell that gives the outcome its type.
//!
//! Shells are `#[inline(never)]`: the body of an `async fn` is compiled in each unit of code generation that polls it, three
//! times for a `main` of tokio's, with all that was inlined in it.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

use crate::error::Error;

/// A value of this type and of no other, which can be told here alone: `Box<dyn Opaque<T>>` is a `Box<T>` that is dropped
/// in this crate.
pub(crate) trait Opaque<T>: Send + Sync {
    fn inner(&self) -> &T;
    fn inner_mut(&mut self) -> &mut T;
    fn unbox(self: Box<Self>) -> Box<T>;
}

impl<T: Send + Sync> Opaque<T> for T {
    fn inner(&self) -> &T {
        self
    }

    fn inner_mut(&mut self) -> &mut T {
        self
    }

    fn unbox(self: Box<Self>) -> Box<T> {
        self
    }
}

impl<T> Deref for dyn Opaque<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.inner()
    }
}

impl<T> DerefMut for dyn Opaque<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.inner_mut()
    }
}

/// The future of something that is done without knowing the type of its outcome, and of that type: `.await` on a
/// [`Follow`](crate::Follow) waits for one.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Typed<A, B> {
    work: BoxFuture<'static, Result<A, Error>>,
    typed: fn(A) -> B,
}

impl<A, B> Typed<A, B> {
    pub(crate) fn new(work: BoxFuture<'static, Result<A, Error>>, typed: fn(A) -> B) -> Self {
        Self { work, typed }
    }
}

impl<A, B> fmt::Debug for Typed<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Typed").finish_non_exhaustive()
    }
}

impl<A, B> Future for Typed<A, B> {
    type Output = Result<B, Error>;

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.work.as_mut().poll(context) {
            Poll::Ready(Ok(outcome)) => Poll::Ready(Ok((self.typed)(outcome))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Pending,
        }
    }
}
