//! When something must have come to its end. Times that a caller names are added to the clock here and nowhere else: the clock
//! ends some day, and what can't be added up must not end the program.

use std::time::Duration;

use tokio::time::Instant;

/// As good as never.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// The moment after some time, however long that is.
pub(crate) fn after(time: Duration) -> Instant {
    later(Instant::now(), time)
}

/// The moment some time after another.
pub(crate) fn later(begin: Instant, time: Duration) -> Instant {
    begin.checked_add(time.min(FAR)).unwrap_or(begin)
}

/// An equal part of some time.
pub(crate) fn part(time: Duration, of: u32) -> Duration {
    time.checked_div(of).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_too_long() {
        let now = Instant::now();
        for time in [Duration::ZERO, Duration::MAX, Duration::from_secs(1 << 33), Duration::from_secs(1 << 62)] {
            assert!(after(time) >= now && later(later(now, time), time) >= now, "{time:?}");
        }
    }
}
