//! A BMC that speaks IPMI over LAN, for tests of any IPMI client: RMCP+ with cipher suites 3 and 17 (and weaker ones
//! when asked), users, chassis, boot options, sensors, event log, inventory, LAN configuration, SOL, bridging, DCMI;
//! and everything that goes wrong with real ones, to order.
//!
//! ```
//! use rosefish_mock::ipmi::{Act, MockIpmi, Rule};
//!
//! # fn main() -> std::io::Result<()> {
//! let bmc = MockIpmi::builder().credentials("admin", "password").suites(&[17]).start_blocking()?;
//! // The next Chassis Control is carried out, and its answer lost.
//! bmc.rule(Rule::once(0x00, 0x02, Act::ExecuteSilently));
//! println!("point a client at {}", bmc.addr());
//! assert_eq!(bmc.executed(0x00, 0x02), 0);
//! # Ok(())
//! # }
//! ```
//!
//! The [`machine`] behind the BMC knows nothing of IPMI's packets and can be shared with a Redfish service.

mod bmc;
mod builder;
mod command;
mod config;
mod faults;
mod journal;
pub mod machine;
mod request;
mod server;
mod wire;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

pub use bmc::Handler;
pub use builder::Builder;
pub use config::{BridgeReply, Duplicates};
pub use faults::{Act, Direction, Faults, Forgery, HandshakeFault, Rule};
pub use journal::{Fate, Received, Stats};
pub use machine::power::{Cause, PowerAction, PowerState};
pub use machine::users::{Privilege, User};
pub use machine::{Change, ChangeKind, Machine, SharedMachine};
pub use wire::session::Refusal;

use bmc::Bmc;
use server::{Host, locked};

/// A running mock BMC. It stops when this is dropped.
pub struct MockIpmi {
    address: SocketAddr,
    bmc: Arc<Mutex<Bmc>>,
    machine: SharedMachine,
    host: Arc<Host>,
}

impl fmt::Debug for MockIpmi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockIpmi").field("address", &self.address).finish_non_exhaustive()
    }
}

impl MockIpmi {
    /// A BMC to be set up.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Many BMCs on one thread, set up as by default.
    ///
    /// # Errors
    ///
    /// A socket could not be bound, or the thread not be started.
    pub async fn fleet(count: usize) -> io::Result<Fleet> {
        Builder::default().fleet(count).await
    }

    /// Where the BMC listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The machine behind the BMC.
    #[must_use]
    pub fn machine(&self) -> &SharedMachine {
        &self.machine
    }

    /// The commands that were received so far, in order; of very many, the last 100,000.
    #[must_use]
    pub fn journal(&self) -> Vec<Received> {
        locked(&self.bmc).journal.iter().cloned().collect()
    }

    /// Forgets the commands that were received, and the counts.
    pub fn clear_journal(&self) {
        let mut bmc = locked(&self.bmc);
        bmc.journal.clear();
        bmc.stats = Stats::default();
    }

    /// How often a command took effect.
    #[must_use]
    pub fn executed(&self, netfn: u8, command: u8) -> usize {
        let bmc = locked(&self.bmc);
        let is = |entry: &&Received| entry.netfn == netfn && entry.command == command && entry.executed();
        bmc.journal.iter().filter(is).count()
    }

    /// Counts of datagrams, faults, sessions and refused packets.
    #[must_use]
    pub fn stats(&self) -> Stats {
        locked(&self.bmc).stats.clone()
    }

    /// How many sessions are active.
    #[must_use]
    pub fn sessions(&self) -> usize {
        locked(&self.bmc).sessions.active().count()
    }

    /// Forgets all sessions without a word, as a BMC does that was restarted.
    pub fn forget_sessions(&self) {
        locked(&self.bmc).sessions.clear();
    }

    /// Replaces the faults, and starts their random numbers anew.
    pub fn set_faults(&self, faults: Faults) {
        locked(&self.bmc).set_faults(faults);
    }

    /// Adds a fault for certain commands. Rules are tried in the order in which they were added.
    pub fn rule(&self, rule: Rule) {
        locked(&self.bmc).rules.push(rule);
    }

    /// Drops all rules.
    pub fn clear_rules(&self) {
        locked(&self.bmc).rules.clear();
    }

    /// Answers a command by a function: OEM commands, or others than the mock's own.
    pub fn handle(&self, netfn: u8, command: u8, handler: Handler) {
        locked(&self.bmc).handlers.insert((netfn, command), handler);
    }

    /// Takes the BMC off the network, or puts it back. Sessions stay as they are.
    pub fn set_online(&self, online: bool) {
        locked(&self.bmc).offline = !online;
    }

    /// Stops the BMC. Of a fleet, the thread goes on until the last one is stopped.
    pub fn shutdown(self) {
        self.set_online(false);
        drop(self.host);
    }
}

/// Many BMCs on one thread.
#[derive(Debug)]
pub struct Fleet {
    members: Vec<MockIpmi>,
}

impl Fleet {
    /// The BMCs.
    #[must_use]
    pub fn members(&self) -> &[MockIpmi] {
        &self.members
    }

    /// Where they listen.
    #[must_use]
    pub fn addrs(&self) -> Vec<SocketAddr> {
        self.members.iter().map(MockIpmi::addr).collect()
    }

    /// Stops them all.
    pub fn shutdown(self) {}
}
