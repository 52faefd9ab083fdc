//! How many hosts are read at a time, how often, and for how long at most.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How often logs are read, and how long that may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) every: Duration,
    pub(super) longest: Duration,
}

/// How many hosts are read at a time. Those that did not answer the last time, or took long, have a quarter of the places for
/// themselves: they hold up only one another.
#[derive(Debug)]
pub(super) struct Lanes {
    quick: Arc<Semaphore>,
    slow: Arc<Semaphore>,
}

impl Lanes {
    pub(super) fn new(parallel: usize) -> Self {
        let slow = parallel / 4;
        let quick = Arc::new(Semaphore::new(parallel.saturating_sub(slow).max(1)));
        Self { slow: if slow == 0 { Arc::clone(&quick) } else { Arc::new(Semaphore::new(slow)) }, quick }
    }

    pub(super) async fn turn(&self, is_slow: bool) -> Option<OwnedSemaphorePermit> {
        let lane = if is_slow { &self.slow } else { &self.quick };
        Arc::clone(lane).acquire_owned().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slow_hosts_leave_places_to_the_others() {
        let lanes = Lanes::new(8);
        let slow = [lanes.turn(true).await, lanes.turn(true).await];
        assert!(slow.iter().all(Option::is_some) && lanes.slow.available_permits() == 0);
        assert_eq!(lanes.quick.available_permits(), 6);
        // With few places they share them.
        let lanes = Lanes::new(1);
        let _turn = lanes.turn(true).await;
        assert_eq!(lanes.quick.available_permits(), 0);
    }
}
