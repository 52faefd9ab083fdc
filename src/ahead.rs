//! Requests that run ahead of whoever reads their answers. A future that nobody polls stands still, and would keep its
//! place among the requests under way from those that its reader waits for meanwhile.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

use crate::error::{Error, ErrorKind};

/// The outcome of something that goes on by itself, and ends when this is dropped.
struct Ahead<T>(JoinHandle<Result<T, Error>>);

impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for Ahead<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll_unpin(context).map(|outcome| {
            outcome.unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Connect, "the request was interrupted").with_source(error))
            })
        })
    }
}

/// Begins something at once, which goes on whether it is polled or not.
pub(crate) fn ahead<T: Send + 'static>(
    future: BoxFuture<'static, Result<T, Error>>,
) -> BoxFuture<'static, Result<T, Error>> {
    let mut future = future;
    // What was inlined is there already.
    if let Some(done) = future.as_mut().now_or_never() {
        return Box::pin(std::future::ready(done));
    }
    Box::pin(Ahead(tokio::spawn(future)))
}
