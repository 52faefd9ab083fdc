//! When something must have come to its end. Times that a caller or a service names are added to the clock here and nowhere
//! else: the clock ends some day, and what can't be added up must not end the program.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::error::{Error, ErrorKind};

/// As good as never.
pub(crate) const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The longest that a service is left alone because it asks for it: a day.
pub(crate) const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// The moment after some time, however long that is.
pub(crate) fn after(time: Duration) -> Instant {
    later(Instant::now(), time)
}

/// The moment some time after another.
pub(crate) fn later(begin: Instant, time: Duration) -> Instant {
    begin.checked_add(time.min(FAR)).unwrap_or(begin)
}

/// How long a service may ask to be left alone.
pub(crate) fn asked(time: Duration) -> Duration {
    time.min(LONGEST_ASKED)
}

/// What is done on the way to a request, and ends with the time that the request may take. Nothing was sent of the request
/// itself.
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
