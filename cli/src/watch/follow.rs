//! The work behind the watch: each host is read by a task of its own, in turns, and what happens there is followed beside it.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rosefish::host::Host;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::digest::Digest;
use super::events;
use super::lanes::{Lanes, Pace};
use super::news::{News, Tell};
use crate::monitor::machine::Machine;

/// When a host is read, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) pace: Pace,
    /// So many readings, or until the watch ends.
    pub(super) count: Option<u32>,
}

/// Reads a host and follows what happens there, for as many readings as are wanted.
pub(super) async fn follow(machine: Arc<Machine>, plan: Plan, lanes: Arc<Lanes>, tell: Tell) {
    let (connected, seen) = watch::channel(None);
    tokio::select! {
        () = readings(&machine, plan, &lanes, &tell, &connected) => {}
        () = happenings(seen, plan.pace, &lanes, &tell) => {}
    }
}

/// A host that has a session, and whether that is one of Redfish.
type Connected = Option<(Host, bool)>;

async fn readings(machine: &Machine, plan: Plan, lanes: &Lanes, tell: &Tell, connected: &watch::Sender<Connected>) {
    let Pace { every, longest } = plan.pace;
    let mut left = plan.count;
    let mut is_slow = false;
    let mut next = Instant::now();
    loop {
        let scrape = {
            let Some(_turn) = lanes.turn(is_slow).await else { return };
            machine.scrape(Instant::now() + longest).await
        };
        is_slow = !scrape.is_up || scrape.took > longest / 2;
        let digest = Digest::new(&scrape, Timestamp::now());
        let by_redfish = digest.backend.as_deref() == Some("redfish");
        if tell.0.send(News::Read(tell.1, Box::new(digest))).await.is_err() {
            return;
        }
        let host = machine.host().await;
        connected.send_if_modified(|known| {
            let is_other = known.is_some() != host.is_some();
            if is_other {
                *known = host.map(|host| (host, by_redfish));
            }
            is_other
        });
        if let Some(left) = &mut left {
            *left = left.saturating_sub(1);
            if *left == 0 {
                return;
            }
        }
        // A host that takes longer than the pace is read again at once, but not twice.
        next = (next + every).max(Instant::now());
        sleep_until(next).await;
    }
}

/// Never ends by itself.
async fn happenings(mut seen: watch::Receiver<Connected>, pace: Pace, lanes: &Lanes, tell: &Tell) {
    loop {
        let connected = seen.borrow_and_update().clone();
        let following = async {
            if let Some((host, by_redfish)) = &connected {
                events::follow(host, *by_redfish, pace, lanes, tell).await;
            }
            std::future::pending::<()>().await;
        };
        let is_over = tokio::select! {
            changed = seen.changed() => changed.is_err(),
            () = following => false,
        };
        if is_over {
            return std::future::pending().await;
        }
    }
}

/// No time is longer than this.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 3600);
