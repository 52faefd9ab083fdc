//! Deadlines. Durations that a caller chooses are added to the clock only here, as the sum may exceed what the clock can hold,
//! and must not end the program.

use std::time::Duration;

use tokio::time::Instant;

/// A duration that is as good as forever.
const FAR: Duration = Duration::from_secs(30 * 365 * 24 * 3600);

/// Returns the moment `time` from now, however long that is.
pub(crate) fn after(time: Duration) -> Instant {
    later(Instant::now(), time)
}

/// Returns the moment `time` after `begin`.
pub(crate) fn later(begin: Instant, time: Duration) -> Instant {
    begin.checked_add(time.min(FAR)).unwrap_or(begin)
}

/// Returns one of `of` equal parts of a duration.
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
