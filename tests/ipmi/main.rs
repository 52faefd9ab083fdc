//! The IPMI client against the mock BMC, and against independent BMC simulators where they run.

mod changes;
mod commands;
mod faults;
mod incomplete;
mod limits;
mod peers;
mod rest;
mod sessions;

use std::time::Duration;

use rosefish::ipmi::{Builder, Client};
use rosefish_mock::ipmi::MockIpmi;

/// A client with little patience, as everything is on one machine.
fn builder(bmc: &MockIpmi) -> Builder {
    Client::builder(bmc.addr().ip().to_string())
        .port(bmc.addr().port())
        .credentials("admin", "password")
        .repeat_after(Duration::from_millis(40))
        .timeout(Duration::from_secs(4))
}

async fn connect(bmc: &MockIpmi) -> Client {
    builder(bmc).connect().await.unwrap()
}

async fn start() -> MockIpmi {
    MockIpmi::builder().start().await.unwrap()
}

/// Waits until `done` holds, for two seconds at most.
async fn eventually(mut done: impl FnMut() -> bool) -> bool {
    for _ in 0..200 {
        if done() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    done()
}
