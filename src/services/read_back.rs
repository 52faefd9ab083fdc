//! Looking whether a change shows that a service has confirmed: for a while, as services lag, and not for ever.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::deadline::after;
use crate::error::{Error, ErrorKind};
use crate::task::TaskMonitor;

/// How long it is waited between two looks, at first and at most.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How often what can't be read is tried.
const MOST_FAILURES: u32 = 3;

/// What was seen of a change.
#[derive(Debug)]
pub(crate) enum Seen<T> {
    /// What was asked for.
    AsWanted(T),
    /// Something else, to the end.
    Otherwise(T),
    /// It can't be seen.
    Unread(Error),
}

/// Looks until things are as wanted, or the time is over.
pub(crate) async fn read_back<T, F: Future<Output = Result<T, Error>> + Send>(
    within: Duration,
    look: impl Fn() -> F + Send,
    is_wanted: impl Fn(&T) -> bool + Send,
) -> Seen<T> {
    let deadline = after(within);
    let mut wait = FIRST_WAIT;
    let mut failures = 0_u32;
    let mut last = None;
    loop {
        match timeout_at(deadline, look()).await {
            Ok(Ok(found)) if is_wanted(&found) => return Seen::AsWanted(found),
            Ok(Ok(found)) => last = Some(found),
            Ok(Err(error)) => {
                failures = failures.saturating_add(1);
                // That something is not shown does not change.
                let is_final = error.kind() == ErrorKind::Missing || failures == MOST_FAILURES;
                if is_final || after(wait) >= deadline {
                    return last.map_or(Seen::Unread(error), Seen::Otherwise);
                }
            }
            Err(_) => {
                let text = format!("it was not answered within {}", seconds(within));
                return last.map_or(Seen::Unread(Error::new(ErrorKind::Timeout, text)), Seen::Otherwise);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero()
            && let Some(found) = last
        {
            return Seen::Otherwise(found);
        }
        sleep(wait.min(left)).await;
        wait = wait.saturating_mul(2).min(LONGEST_WAIT);
    }
}

/// Follows an operation to its end, if that comes in time.
///
/// # Errors
///
/// Where the service says that it failed. What can't be followed may well be done: the state will show.
pub(crate) async fn follow(task: TaskMonitor, within: Duration) -> Result<(), Error> {
    let origin = task.client().origin().to_owned();
    match task.every(Duration::from_millis(500)).wait(within).await {
        Err(error) if error.kind() == ErrorKind::TaskFailed => Err(error),
        Err(error) => {
            tracing::info!(origin, error = %error.report(), "the operation could not be followed to its end");
            Ok(())
        }
        Ok(_) => Ok(()),
    }
}

/// Writes a time in words.
pub(crate) fn seconds(time: Duration) -> String {
    let text = format!("{:.1}", time.as_secs_f64());
    format!("{} s", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    async fn of(answers: &[Result<u32, ErrorKind>], within: u64) -> (Seen<u32>, u32) {
        let looks = AtomicU32::new(0);
        let look = || {
            let at = looks.fetch_add(1, Ordering::Relaxed) as usize;
            let answer = answers.get(at.min(answers.len() - 1)).copied().unwrap();
            async move { answer.map_err(|kind| Error::new(kind, "no")) }
        };
        let seen = read_back(Duration::from_millis(within), look, |found| *found == 7).await;
        (seen, looks.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn a_change_is_looked_for_until_it_shows_and_no_longer_than_it_may_take() {
        let missing = Err(ErrorKind::NotFound);
        assert!(matches!(of(&[Ok(7)], 5000).await, (Seen::AsWanted(7), 1)));
        assert!(matches!(of(&[Ok(1), Ok(2), Ok(7)], 5000).await, (Seen::AsWanted(7), 3)));
        assert!(matches!(of(&[missing, missing, Ok(7)], 5000).await, (Seen::AsWanted(7), 3)));
        assert!(matches!(of(&[Ok(1)], 400).await, (Seen::Otherwise(1), 3..=4)));
        assert!(matches!(of(&[missing], 5000).await, (Seen::Unread(_), 3)));
        assert!(matches!(of(&[Err(ErrorKind::Missing)], 5000).await, (Seen::Unread(_), 1)));
        assert!(matches!(of(&[Ok(1), missing], 5000).await, (Seen::Otherwise(1), 4)));
        assert!(matches!(of(&[Ok(1)], 0).await, (Seen::Otherwise(1), 1)));
    }

    #[tokio::test]
    async fn silence_is_not_waited_for_longer_than_that() {
        let began = Instant::now();
        let never = || std::future::pending::<Result<u32, Error>>();
        let seen = read_back(Duration::from_millis(300), never, |_| true).await;
        assert!(matches!(seen, Seen::Unread(error) if error.is_timeout()));
        assert!(began.elapsed() >= Duration::from_millis(300));
    }

    #[test]
    fn times_have_no_more_digits_than_they_need() {
        for (millis, text) in [(10_000, "10 s"), (1500, "1.5 s"), (200, "0.2 s")] {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
    }
}
