//! What a run gives, with the types that its job has: the shell around the engine.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;

use super::engine::{Engine, Value};
use super::result::FleetResult;
use crate::client::logged_out;
use crate::error::{Error, ErrorKind};

/// A job that runs on many hosts: a stream of [`FleetResult`]s. See the [module](super).
#[must_use = "nothing happens until it is polled"]
pub struct FleetRun<T> {
    engine: Box<Engine>,
    gives: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for FleetRun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FleetRun").field("under_way", &self.engine.under_way()).finish_non_exhaustive()
    }
}

impl<T> FleetRun<T> {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine: Box::new(engine), gives: PhantomData }
    }

    /// Returns how many hosts are worked on at the moment.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.engine.under_way()
    }

    /// Ends the run: no further host is begun, what is under way is given up, and sessions are ended. Waits for that, for at most so long, and returns
    /// how many sessions are still to be ended then, as [`logged_out`](crate::logged_out) counts them.
    pub async fn stop(mut self, within: Duration) -> usize {
        self.engine.abandon().await;
        logged_out(within).await
    }
}

impl<T: 'static> FleetRun<T> {
    /// Waits for the next host that is done with; none when all are.
    pub async fn next(&mut self) -> Option<FleetResult<T>> {
        std::future::poll_fn(|context| self.engine.poll_next(context)).await.map(typed)
    }
}

impl<T: 'static> Stream for FleetRun<T> {
    type Item = FleetResult<T>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.engine.poll_next(context).map(|done| done.map(typed))
    }
}

fn typed<T: 'static>(done: FleetResult<Value>) -> FleetResult<T> {
    let FleetResult { index, host, result, begun, attempts, elapsed } = done;
    let result = match result.map(|value| value.downcast::<T>()) {
        Ok(Ok(value)) => Ok(*value),
        // unreachable: the engine hands on what the job of this very run returned.
        Ok(Err(_)) => Err(Error::new(ErrorKind::Decode, "the job returned another type")),
        Err(error) => Err(error),
    };
    FleetResult { index, host, result, begun, attempts, elapsed }
}
