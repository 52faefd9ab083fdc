//! Futures that add the type to an outcome. Generic code is compiled again for each type in each program, so the work
//! itself is done without types, and a thin generic shell adds the type at the end.
//!
//! Shells are `#[inline(never)]`: the body of an `async fn` is compiled in each codegen unit that polls it, three times
//! for a tokio `main`, with everything inlined in it.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::BoxFuture;

use super::{Fetch, Resource};
use crate::error::Error;

/// A resource that is being read: what `.await` on a [`Follow`](crate::Follow) waits for.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct ResourceFuture<T> {
    fetch: Fetch,
    holds: PhantomData<fn() -> T>,
}

impl<T> ResourceFuture<T> {
    /// Wraps the read of a resource that is known to have this type.
    pub(crate) fn of(fetch: Fetch) -> Self {
        Self { fetch, holds: PhantomData }
    }
}

impl<T> fmt::Debug for ResourceFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceFuture").finish_non_exhaustive()
    }
}

impl<T> Future for ResourceFuture<T> {
    type Output = Result<Resource<T>, Error>;

    #[inline(never)]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.fetch.as_mut().poll(context).map_ok(Resource::of)
    }
}

/// An operation that doesn't depend on the type of its outcome, and the conversion to that type.
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub(crate) struct Typed<A, B> {
    work: BoxFuture<'static, Result<A, Error>>,
    typed: fn(A) -> B,
}

impl<A, B> Typed<A, B> {
    pub(crate) fn new(work: BoxFuture<'static, Result<A, Error>>, typed: fn(A) -> B) -> Self {
        Self { work, typed }
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
