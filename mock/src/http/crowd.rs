//! A runtime that many services share when one process serves thousands of them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::error::Error;

/// The threads that many mocks run on, instead of one of its own for each: [`Builder::crowd`](crate::Builder::crowd). Clones are the
/// same one; it ends when the last of them and the last mock on it are dropped.
///
/// ```
/// use rosefish_mock::{Crowd, MockBmc};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let crowd = Crowd::new(1)?;
/// let mut bmcs = Vec::new();
/// for _ in 0..20 {
///     bmcs.push(MockBmc::builder().plain().crowd(&crowd).start().await?);
/// }
/// let port = bmcs[19].url().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or(0);
/// assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_ok());
/// # Ok::<(), rosefish_mock::Error>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Crowd(Arc<Threads>);

struct Threads {
    /// Each ends when its sender is dropped.
    threads: Vec<(Handle, oneshot::Sender<()>)>,
    next: AtomicUsize,
}

impl fmt::Debug for Crowd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Crowd").field("threads", &self.0.threads.len()).finish_non_exhaustive()
    }
}

impl Crowd {
    /// Starts so many threads, at least one.
    ///
    /// # Errors
    ///
    /// If no threads can be started.
    pub fn new(threads: usize) -> Result<Self, Error> {
        let threads: Result<Vec<_>, Error> = (0..threads.max(1)).map(|_| thread()).collect();
        Ok(Self(Arc::new(Threads { threads: threads?, next: AtomicUsize::new(0) })))
    }

    /// Returns the next thread in turn.
    pub(super) fn handle(&self) -> Option<&Handle> {
        let turn = self.0.next.fetch_add(1, Ordering::Relaxed);
        self.0.threads.get(turn % self.0.threads.len().max(1)).map(|(handle, _)| handle)
    }
}

fn thread() -> Result<(Handle, oneshot::Sender<()>), Error> {
    let failed = |error| Error::because("the mocks' thread can't be started", error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let work = move || {
        // Nothing is ever sent.
        let _ = runtime.block_on(stopped);
    };
    std::thread::Builder::new().name("rosefish-mock crowd".to_owned()).spawn(work).map_err(failed)?;
    Ok((handle, stop))
}
