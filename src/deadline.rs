//! Deadlines. Durations that a caller or a service names are added to the clock only here: an `Instant` can overflow,
//! which must not panic.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind};

/// Long enough to mean never.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The longest that a service is left alone at its request: a day.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// Returns the instant after a duration from now, however long it is.
pub(crate) fn after(time: Duration) -> Instant {
    later(Instant::now(), time)
}

/// Returns the instant after a duration from `begin`.
pub(crate) fn later(begin: Instant, time: Duration) -> Instant {
    begin.checked_add(time.min(FAR)).unwrap_or(begin)
}

/// Caps how long a service asks to be left alone.
pub(crate) fn asked(time: Duration) -> Duration {
    time.min(LONGEST_ASKED)
}

/// Runs what precedes a request, such as a login, within the request's deadline. Nothing of the request itself has been
/// sent if it times out.
pub(crate) async fn on_the_way<T>(deadline: Instant, what: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let late = |_| Error::new(ErrorKind::Timeout, "the login did not come to its end in time");
    timeout_at(deadline, what).await.map_err(late)?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_time_is_too_long(seconds in any::<u64>(), nanos in 0..1_000_000_000_u32, begin in any::<u64>()) {
            let time = Duration::new(seconds, nanos);
            let now = Instant::now();
            prop_assert!(after(time) >= now);
            prop_assert!(later(later(now, Duration::from_secs(begin)), time) >= now);
            prop_assert!(asked(time) <= LONGEST_ASKED);
        }
    }
}
