//! The threads that end what was dropped: logouts that nobody waits for, side by side, on runtimes of their own. Logins run there
//! as well, so that neither a caller that gives up nor the end of its runtime cuts one whose session would be left, and so
//! does what opens the connections that they use. A program that is about to end waits for them with [`logged_out`].
//!
//! What opens a connection also drives it later on, so that all traffic of a fleet passes here: each origin has one of a few threads.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::num::NonZero;
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::{BoxFuture, Either, select};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Notify, Semaphore, oneshot};
use tracing::instrument::{Instrument as _, WithSubscriber as _};

use crate::deadline;

/// How many logouts are under way at once at one service: a BMC is a small computer.
const PER_ORIGIN: usize = 4;

/// How many are under way at once in all: each is a connection.
const IN_ALL: usize = 256;

struct Logout {
    origin: String,
    work: BoxFuture<'static, ()>,
    pending: Pending,
}

enum Work {
    Logout(Logout),
    Other(BoxFuture<'static, ()>),
}

/// How many are under way now.
static ALL: Semaphore = Semaphore::const_new(IN_ALL);

/// How many threads there are at most: with one for each processor, the connections of a fleet are not held up by one.
const MOST_THREADS: usize = 8;

/// Each is started when the first origin needs it that is one of its own.
static THREADS: [LazyLock<UnboundedSender<Work>>; MOST_THREADS] = [const { LazyLock::new(started) }; MOST_THREADS];

static PROCESSORS: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, NonZero::get).min(MOST_THREADS));

/// Returns the thread of an origin.
fn thread_of(origin: &str) -> Option<&'static UnboundedSender<Work>> {
    let mut hasher = DefaultHasher::new();
    origin.hash(&mut hasher);
    let number = usize::try_from(hasher.finish() >> 32).unwrap_or_default();
    let index = number.checked_rem(*PROCESSORS)?;
    THREADS.get(index).map(|thread| &**thread)
}

fn started() -> UnboundedSender<Work> {
    let (sender, mut receiver) = unbounded_channel::<Work>();
    // If there can't be a thread there are no logouts, and nobody waits: the channel is closed.
    let _ = thread::Builder::new().name("rosefish-logout".to_owned()).spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        runtime.block_on(async {
            let mut origins: HashMap<String, Weak<Semaphore>> = HashMap::new();
            while let Some(work) = receiver.recv().await {
                let Logout { origin, work, pending } = match work {
                    Work::Logout(logout) => logout,
                    Work::Other(work) => {
                        tokio::spawn(work);
                        continue;
                    }
                };
                if origins.len() > IN_ALL {
                    origins.retain(|_, limit| limit.strong_count() > 0);
                }
                let known = origins.get(&origin).and_then(Weak::upgrade);
                let own = known.unwrap_or_else(|| Arc::new(Semaphore::new(PER_ORIGIN)));
                origins.insert(origin, Arc::downgrade(&own));
                tokio::spawn(async move {
                    let _own = own.acquire().await;
                    let _all = ALL.acquire().await;
                    work.await;
                    drop(pending);
                });
            }
        });
    });
    sender
}

/// Gives work to the thread of an origin; it comes back where that is not there.
fn give(origin: &str, work: Work) -> Result<(), Work> {
    match thread_of(origin) {
        Some(thread) => thread.send(work).map_err(|unsent| unsent.0),
        None => Err(work),
    }
}

/// Carries out a logout in the background, or what else has to come to its end before the program does.
pub(crate) fn start(origin: String, work: impl Future<Output = ()> + Send + 'static) {
    let logout = Logout { origin, work: Box::pin(work), pending: Pending::new() };
    let at = logout.origin.clone();
    if let Err(Work::Logout(logout)) = give(&at, Work::Logout(logout)) {
        tracing::warn!(origin = logout.origin, "a session is left: there is no thread to end it");
    }
}

/// Carries out a login where neither its caller nor the end of the caller's runtime cuts it. Without a thread it runs in the
/// caller's runtime.
pub(super) fn carry_out(origin: &str, work: impl Future<Output = ()> + Send + 'static) {
    let work: BoxFuture<'static, ()> = Box::pin(work.in_current_span().with_current_subscriber());
    if let Err(Work::Other(work)) = give(origin, Work::Other(work)) {
        tokio::spawn(work);
    }
}

/// Does work whose connections are to stay when the runtime of its caller ends. It ends with its caller; none if the thread has
/// ended before it.
pub(crate) async fn there<T: Send + 'static>(origin: &str, work: BoxFuture<'static, T>) -> Option<T> {
    let (mut told, outcome) = oneshot::channel();
    carry_out(origin, async move {
        let done = match select(work, std::pin::pin!(told.closed())).await {
            Either::Left((done, _)) => done,
            Either::Right(_) => return,
        };
        returned().await;
        drop(told.send(done));
    });
    outcome.await.ok()
}

/// Lets the connection that was used return to its pool, for which a task of this thread is about to run: whoever is told before that
/// opens another one.
pub(super) async fn returned() {
    tokio::task::yield_now().await;
}

/// How many logouts have not come to their end.
#[derive(Default)]
struct Count {
    count: Mutex<usize>,
    blocked: Condvar,
    waiting: Notify,
}

static COUNT: LazyLock<Count> = LazyLock::new(Count::default);

impl Count {
    fn get(&self) -> MutexGuard<'_, usize> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that has to come to its end before a program does; counted for as long as it exists.
pub(super) struct Pending(());

impl Pending {
    pub(super) fn new() -> Self {
        let mut count = COUNT.get();
        *count = count.saturating_add(1);
        drop(count);
        Self(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let mut count = COUNT.get();
        *count = count.saturating_sub(1);
        if *count == 0 {
            COUNT.blocked.notify_all();
            COUNT.waiting.notify_waiters();
        }
    }
}

/// Waits until the sessions of all dropped clients of this process have been ended, and returns how many have not: 0 unless the
/// time has run out.
///
/// Dropping the last clone of a [`Client`](crate::Client) never blocks: its session is ended in the background, on threads
/// of the library. If the process ends before those are done, sessions are left at their services until they time out. A program
/// that drops clients instead of [closing](crate::Client::close) them waits for them as its last act:
///
/// ```no_run
/// # use std::time::Duration;
/// #[tokio::main(flavor = "current_thread")]
/// async fn main() {
///     // ... connect, work, drop ...
///     let left = rosefish::logged_out(Duration::from_secs(5)).await;
///     if left > 0 {
///         eprintln!("{left} sessions are left; they will time out");
///     }
/// }
/// ```
///
/// Counted are also logins that were under way when their callers gave up, since each may yet open a session. A logout that
/// the service refuses is over, and is not counted; it is logged as a warning.
pub async fn logged_out(within: Duration) -> usize {
    let ended = async {
        loop {
            let mut next = std::pin::pin!(COUNT.waiting.notified());
            // From here on the end of the last is noticed.
            next.as_mut().enable();
            if *COUNT.get() == 0 {
                return;
            }
            next.await;
        }
    };
    let _ = tokio::time::timeout(within, ended).await;
    *COUNT.get()
}

/// Does what [`logged_out`] does by blocking the thread, for programs whose runtime has ended. On a thread of a runtime it
/// would keep that from its work, with logins among it that others gave up.
pub fn logged_out_blocking(within: Duration) -> usize {
    let until = deadline::after(within).into_std();
    let mut count = COUNT.get();
    while *count > 0 {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        let (next, _) = COUNT.blocked.wait_timeout(count, left).unwrap_or_else(PoisonError::into_inner);
        count = next;
    }
    *count
}
