//! The mock BMC as clients see it: over UDP, with a console of these tests' own, and with tools that others wrote.

mod commands;
mod console;
mod faults;
mod flaws;
mod freeipmi;
mod hostile;
mod machine;
mod sessions;
mod sol;
mod tools;

use rosefish_mock::ipmi::{Builder, MockIpmi};

/// A BMC with `admin` and `password`, set up further by the test.
fn start(set_up: impl FnOnce(Builder) -> Builder) -> MockIpmi {
    set_up(MockIpmi::builder().credentials("admin", "password")).start_blocking().expect("a mock BMC")
}

fn plain() -> MockIpmi {
    start(|builder| builder)
}
