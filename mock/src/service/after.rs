//! What follows a request: its changes are published, and what was scheduled is set going.

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::event::{publish, push, report};
use crate::machine::running::Running;

/// Publishes what has changed, and sets going what was scheduled.
pub(super) fn publish_changes(machine: &Arc<Running>) {
    let (later, outbox) = {
        let mut state = machine.state();
        publish::publish_changes(&mut state);
        (std::mem::take(&mut state.later), state.events.outbox())
    };
    if !outbox.is_empty() {
        push::deliver(machine, outbox);
    }
    for (delay, change) in later {
        let owner = Arc::downgrade(machine);
        machine.spawn(async move {
            tokio::time::sleep(delay).await;
            // Changes of a service that nobody holds any more concern nobody.
            if let Some(machine) = owner.upgrade() {
                change(&mut machine.state());
                publish_changes(&machine);
            }
        });
    }
}

/// Makes all metric reports again, and sends them, again and again.
pub(super) async fn refresh_reports(machine: Weak<Running>, pause: Duration) {
    loop {
        tokio::time::sleep(pause).await;
        let Some(machine) = machine.upgrade() else {
            return;
        };
        report::refresh(&mut machine.state());
        publish_changes(&machine);
    }
}
