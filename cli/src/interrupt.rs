//! Signals that ask the program to end: Ctrl-C, SIGTERM, SIGHUP. The program listens from the first moment that something waits for
//! one until its end, so that none is lost between two waits. Before that, a signal ends it directly.

use std::future::Future;
use std::sync::OnceLock;
#[cfg(unix)]
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch::{self, Receiver};

use crate::terminal::say;

/// The exit code after Ctrl-C.
pub(crate) const INTERRUPTED: u8 = 130;

/// How long further signals count as one with the first.
const TOGETHER: Duration = Duration::from_millis(50);

/// Whether the program was asked to end. Not set before something listens.
static PRESSED: OnceLock<Receiver<bool>> = OnceLock::new();

/// Waits until the program is asked to end. Returns at once if it has been. The next signal ends it at once.
pub(crate) async fn interrupt() {
    let mut pressed = PRESSED.get_or_init(listen).clone();
    if pressed.wait_for(|pressed| *pressed).await.is_err() {
        // The runtime that listened has ended.
        std::future::pending::<()>().await;
    }
}

/// Returns whether the program was asked to end.
pub(crate) fn is_interrupted() -> bool {
    PRESSED.get().is_some_and(|pressed| *pressed.borrow())
}

/// Returns the result of the work, or `None` if the program is asked to end first, or has been. The work is dropped then: its
/// clients log out in the background, and [`logged_out`](crate::host::logged_out) waits for them.
pub(crate) async fn uninterrupted<T>(work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        // The work is polled first: while it asks for a password, nothing listens here, and Ctrl-C ends the program.
        biased;
        done = work => Some(done),
        () = interrupt() => None,
    }
}

/// As [`uninterrupted`], for the work at the end. If the program was asked to end before, the work is done all the same, and only
/// another signal ends the program at once.
pub(crate) async fn finished<T>(work: impl Future<Output = T>) -> Option<T> {
    match is_interrupted() {
        true => Some(work.await),
        false => uninterrupted(work).await,
    }
}

/// Begins to listen, and ends the program at the second signal. The handlers are installed when this returns.
fn listen() -> Receiver<bool> {
    let (sender, pressed) = watch::channel(false);
    let mut signals = Signals::begin();
    tokio::spawn(async move {
        signals.next().await;
        sender.send_replace(true);
        // A terminal that closes sends several signals: those that come with the first are not a second one.
        let together = tokio::time::sleep(TOGETHER);
        tokio::pin!(together);
        loop {
            tokio::select! {
                biased;
                () = signals.next() => {}
                () = &mut together => break,
            }
        }
        signals.next().await;
        say!("rosefish: sessions may be left open; they will time out");
        std::process::exit(INTERRUPTED.into());
    });
    pressed
}

#[cfg(unix)]
struct Signals(Vec<tokio::signal::unix::Signal>);

#[cfg(unix)]
impl Signals {
    fn begin() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let mut kinds = vec![SignalKind::interrupt(), SignalKind::terminate()];
        // A program started with `nohup` is meant to continue.
        if !ignores_hangup() {
            kinds.push(SignalKind::hangup());
        }
        let mut signals = Vec::new();
        for kind in kinds {
            match signal(kind) {
                Ok(signal) => signals.push(signal),
                // It ends the program directly then.
                Err(error) => say!("rosefish: signal {} will leave sessions open: {error}", kind.as_raw_value()),
            }
        }
        Self(signals)
    }

    async fn next(&mut self) {
        std::future::poll_fn(|context| match self.0.iter_mut().any(|signal| signal.poll_recv(context).is_ready()) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        })
        .await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn begin() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            // Ctrl-C can't be pressed here.
            std::future::pending::<()>().await;
        }
    }
}

/// Returns whether SIGHUP is ignored, as it is with `nohup`. Where there is no `/proc`, this is not known.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{INTERRUPTED, TOGETHER, finished, interrupt, is_interrupted, uninterrupted};

    /// Set for the process that is asked to end: the test runs itself once more, as a process can only be asked once.
    const CHILD: &str = "ROSEFISH_TEST_INTERRUPT";

    fn press() {
        let sent = Command::new("sh")
            .args(["-c", "kill \"$@\"", "kill", "-INT", &std::process::id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_comes_between_two_waits_is_not_lost() {
        if std::env::var_os(CHILD).is_none() {
            let name = "interrupt::tests::what_comes_between_two_waits_is_not_lost";
            let mut program = Command::new(std::env::current_exe().unwrap());
            let output = program.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
            assert_eq!(output.status.code(), Some(INTERRUPTED.into()), "{output:?}");
            return;
        }
        assert!(uninterrupted(tokio::task::yield_now()).await.is_some());
        // Nothing waits now.
        press();
        press();
        while !is_interrupted() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(uninterrupted(std::future::pending::<()>()).await.is_none());
        interrupt().await;
        assert!(finished(tokio::time::sleep(TOGETHER * 2)).await.is_some());
        press();
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
}
