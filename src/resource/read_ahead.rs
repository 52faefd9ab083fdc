//! Requests that run ahead of anyone who reads their answers. A future that nobody polls stands still, and would keep its
//! place among the requests under way from those that its reader waits for meanwhile.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

use crate::error::{Error, ErrorKind};

type Work<T> = BoxFuture<'static, Result<T, Error>>;

/// The outcome of something that continues by itself, and ends when this is dropped: at once, as what it holds may be the
/// last that keeps a session open.
struct Ahead<T> {
    task: JoinHandle<Result<T, Error>>,
    future: Shared<T>,
}

/// What a task works at, and what the one who waits for it may take away.
struct Shared<T>(Arc<Mutex<Option<Work<T>>>>);

impl<T> Shared<T> {
    fn take(&self) -> Option<Work<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Future for Shared<T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(future) => future.as_mut().poll(context),
            None => Poll::Ready(Err(Error::new(ErrorKind::Connect, "the request was interrupted"))),
        }
    }
}

impl<T> Drop for Ahead<T> {
    fn drop(&mut self) {
        drop(self.future.take());
        self.task.abort();
    }
}

impl<T> Future for Ahead<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.task.poll_unpin(context).map(|outcome| {
            outcome.unwrap_or_else(|error| {
                Err(Error::new(ErrorKind::Connect, "the request was interrupted").with_source(error))
            })
        })
    }
}

/// Begins something at once, which continues whether it is polled or not.
pub(crate) fn ahead<T: Send + 'static>(mut future: Work<T>) -> Work<T> {
    // What was inlined is there already.
    if let Some(done) = future.as_mut().now_or_never() {
        return Box::pin(std::future::ready(done));
    }
    let shared = Arc::new(Mutex::new(Some(future)));
    Box::pin(Ahead { task: tokio::spawn(Shared(Arc::clone(&shared))), future: Shared(shared) })
}
