//! The state while it is served: shared by requests, streams and deliveries, with the runtime that these
//! run on.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::runtime::Handle;

use crate::machine::state::State;

/// A state that is served.
#[derive(Debug)]
pub(crate) struct Running {
    state: Mutex<State>,
    /// What its tasks run on, as soon as it is served.
    runtime: OnceLock<Handle>,
}

impl Running {
    pub(crate) fn new(state: State) -> Self {
        Self { state: Mutex::new(state), runtime: OnceLock::new() }
    }

    /// The state. A handler that panicked leaves at worst one resource half-changed, which is no
    /// reason to stop serving the others.
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to serve, on the runtime that this is called on.
    pub(crate) fn begin(&self) {
        // It is called once.
        let _ = self.runtime.set(Handle::current());
    }

    /// Lets something run beside the requests. Without a runtime it is dropped: the service has not
    /// begun then, or has ended.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = self.runtime.get() {
            runtime.spawn(work);
        }
    }
}
