//! The state of a running service: shared by requests, streams and deliveries, together with the runtime
//! they run on.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::runtime::Handle;

use crate::machine::state::State;

/// The state of a running service.
#[derive(Debug)]
pub(crate) struct Running {
    state: Mutex<State>,
    /// The runtime of its background work, set once the service starts.
    runtime: OnceLock<Handle>,
}

impl Running {
    pub(crate) fn new(state: State) -> Self {
        Self { state: Mutex::new(state), runtime: OnceLock::new() }
    }

    /// Locks the state. If a handler panicked, at worst one resource is half-changed; the others can still
    /// be served.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts the service on the current runtime.
    pub(crate) fn begin(&self) {
        // `begin` is called once.
        let _ = self.runtime.set(Handle::current());
    }

    /// Runs something in the background. It is dropped if the service has not started or has ended.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = self.runtime.get() {
            runtime.spawn(work);
        }
    }
}
