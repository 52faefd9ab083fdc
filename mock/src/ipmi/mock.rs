//! The public face of a running BMC: what a test can ask and change while clients talk to it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use super::bmc::{Bmc, Handler};
use super::faults::{Faults, Rule};
use super::flaws::{self, Flaw, Item};
use super::journal::{Received, Stats};
use super::machine::SharedMachine;
use super::server::{Host, locked};

/// A running mock BMC. It stops when this is dropped.
pub struct MockIpmi {
    pub(super) address: SocketAddr,
    pub(super) bmc: Arc<Mutex<Bmc>>,
    pub(super) machine: SharedMachine,
    pub(super) host: Arc<Host>,
}

impl fmt::Debug for MockIpmi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockIpmi").field("address", &self.address).finish_non_exhaustive()
    }
}

impl MockIpmi {
    /// Returns where the BMC listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// Returns the machine behind the BMC.
    #[must_use]
    pub fn machine(&self) -> &SharedMachine {
        &self.machine
    }

    /// Returns the commands that were received so far, in order; of very many, the last 100,000.
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

    /// Returns how often a command took effect.
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

    /// Returns how many sessions are active.
    #[must_use]
    pub fn sessions(&self) -> usize {
        locked(&self.bmc).sessions.active().count()
    }

    /// Forgets all sessions without a word, as a BMC does that was restarted.
    pub fn forget_sessions(&self) {
        locked(&self.bmc).sessions.clear();
    }

    /// Replaces the faults, and starts their random numbers again.
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

    /// Returns all that can be asked for one by one: records, entries, FRU devices and their areas, sensors, users'
    /// places.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        flaws::items(&self.machine.lock())
    }

    /// Makes something wrong with one of the things that are asked for.
    pub fn flaw(&self, item: Item, flaw: Flaw) {
        locked(&self.bmc).state.flaws.add(item, flaw);
    }

    /// Makes all things right again.
    pub fn clear_flaws(&self) {
        locked(&self.bmc).state.flaws.clear();
    }

    /// Answers a command by a function: OEM commands, or others than the mock's own.
    pub fn handle(&self, netfn: u8, command: u8, handler: Handler) {
        locked(&self.bmc).handlers.insert((netfn, command), handler);
    }

    /// Takes the BMC off the network, or puts it back. Sessions stay as they are.
    pub fn set_online(&self, online: bool) {
        locked(&self.bmc).offline = !online;
    }

    /// Stops the BMC. Of a fleet, the thread continues until the last one is stopped.
    pub fn shutdown(self) {
        self.set_online(false);
        drop(self.host);
    }
}

/// Many BMCs on one thread.
#[derive(Debug)]
pub struct Fleet {
    pub(super) members: Vec<MockIpmi>,
}

impl Fleet {
    /// Returns the BMCs.
    #[must_use]
    pub fn members(&self) -> &[MockIpmi] {
        &self.members
    }

    /// Returns where they listen.
    #[must_use]
    pub fn addrs(&self) -> Vec<SocketAddr> {
        self.members.iter().map(MockIpmi::addr).collect()
    }

    /// Stops them all.
    pub fn shutdown(self) {}
}
