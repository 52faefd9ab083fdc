//! Setting up a BMC, or many, and starting them.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::bmc::Bmc;
use super::config::{BridgeReply, Config, Duplicates, SequenceEcho};
use super::faults::{Faults, Rule};
use super::flaws::{Flaw, Flaws, Item};
use super::machine::users::{Privilege, User};
use super::machine::{Machine, SharedMachine};
use super::mock::{Fleet, MockIpmi};
use super::server::{Host, Member};

/// How a mock BMC is to be.
#[derive(Clone)]
pub struct Builder {
    users: Vec<User>,
    config: Config,
    faults: Faults,
    rules: Vec<Rule>,
    flaws: Flaws,
    machine: Option<SharedMachine>,
    address: SocketAddr,
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("users", &self.users).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            config: Config::default(),
            faults: Faults::default(),
            rules: Vec::new(),
            flaws: Flaws::default(),
            machine: None,
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
        }
    }
}

impl Builder {
    /// Sets an administrator. Without any user, there is `admin` with the password `password`.
    #[must_use]
    pub fn credentials(self, name: &str, password: &str) -> Self {
        self.user(User::new(name, password, Privilege::Administrator))
    }

    /// Adds a user, in the next slot; the first is in slot 2.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Sets the cipher suites on offer, weakest first: any of 0, 1, 2, 3, 6, 7, 8, 15, 16, 17. Defaults to 3 and 17.
    #[must_use]
    pub fn suites(mut self, suites: &[u8]) -> Self {
        self.config.suites = suites.to_vec();
        self
    }

    /// Sets the BMC's key K_G, up to 20 bytes. Without it, each user's password stands in.
    #[must_use]
    pub fn kg(mut self, kg: &[u8]) -> Self {
        self.config.kg = Some(kg.to_vec());
        self
    }

    /// Sets the UDP port on the loopback interface; 0, the default, is any.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.address.set_port(port);
        self
    }

    /// Sets the address and port to listen on.
    #[must_use]
    pub fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Faults, from the start.
    #[must_use]
    pub fn faults(mut self, faults: Faults) -> Self {
        self.faults = faults;
        self
    }

    /// Sets a fault for certain commands, from the start.
    #[must_use]
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Something wrong with one of the things that are asked for, from the start.
    #[must_use]
    pub fn flaw(mut self, item: Item, flaw: Flaw) -> Self {
        self.flaws.add(item, flaw);
        self
    }

    /// Sets the sequence number that responses bear. Defaults to that of the request.
    #[must_use]
    pub fn sequence_echo(mut self, echo: SequenceEcho) -> Self {
        self.config.echo = echo;
        self
    }

    /// Sets the machine behind the BMC, which may be behind a Redfish service as well. Defaults to a new one.
    #[must_use]
    pub fn machine(mut self, machine: SharedMachine) -> Self {
        self.machine = Some(machine);
        self
    }

    /// Sessions at a time, half-open ones counted. Defaults to 16.
    #[must_use]
    pub fn max_sessions(mut self, sessions: usize) -> Self {
        self.config.max_sessions = sessions;
        self
    }

    /// Sets how long a session may be silent. Defaults to 60 seconds.
    #[must_use]
    pub fn inactivity(mut self, timeout: Duration) -> Self {
        self.config.inactivity = timeout;
        self
    }

    /// Sets how long a handshake may take. Defaults to 20 seconds.
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.config.handshake_timeout = timeout;
        self
    }

    /// Sets what happens to a request that arrives twice.
    #[must_use]
    pub fn duplicates(mut self, duplicates: Duplicates) -> Self {
        self.config.duplicates = duplicates;
        self
    }

    /// Sets how the answers of bridged requests come back.
    #[must_use]
    pub fn bridge_reply(mut self, style: BridgeReply) -> Self {
        self.config.bridge_reply = style;
        self
    }

    /// Sets the highest privilege on the LAN channel.
    #[must_use]
    pub fn channel_limit(mut self, limit: Privilege) -> Self {
        self.config.channel_limit = limit;
        self
    }

    /// Sets how many bytes one read of an SDR or a FRU device gives at most; more is refused with CAh.
    #[must_use]
    pub fn max_read(mut self, bytes: u8) -> Self {
        self.config.max_read = bytes;
        self
    }

    /// Sets how long the BMC is away when it is reset.
    #[must_use]
    pub fn reset_takes(mut self, time: Duration) -> Self {
        self.config.reset_takes = time;
        self
    }

    /// Sets whether IPMI 1.5 sessions (MD5, straight password, none for users without a password) are offered as well.
    #[must_use]
    pub fn ipmi_1_5(mut self, offered: bool) -> Self {
        self.config.legacy = offered;
        self
    }

    /// Starts the BMC on a thread of its own.
    ///
    /// # Errors
    ///
    /// The socket could not be bound, or the thread not be started.
    pub async fn start(self) -> io::Result<MockIpmi> {
        self.start_blocking()
    }

    /// [`Builder::start`] for callers without a runtime.
    ///
    /// # Errors
    ///
    /// The socket could not be bound, or the thread not be started.
    pub fn start_blocking(self) -> io::Result<MockIpmi> {
        let address = self.address;
        let mut bmcs = self.start_many(&[address])?;
        bmcs.pop().ok_or_else(|| io::Error::other("no BMC was started"))
    }

    /// Starts many BMCs on one thread, each with a port and a machine of its own.
    /// Each takes a file descriptor: a thousand and more need a limit on open files that allows it.
    ///
    /// # Errors
    ///
    /// A socket could not be bound, or the thread not be started.
    pub async fn fleet(self, count: usize) -> io::Result<Fleet> {
        let first = self.address;
        let addresses = (0..count).map(|index| {
            let mut address = first;
            if index > 0 && first.port() != 0 {
                let port = u16::try_from(index).ok().and_then(|index| first.port().checked_add(index));
                address.set_port(port.ok_or_else(|| io::Error::other("more BMCs than ports after the first"))?);
            }
            Ok(address)
        });
        let addresses: io::Result<Vec<_>> = addresses.collect();
        self.fleet_at(&addresses?).await
    }

    /// [`Builder::fleet`] at these addresses, such as many of 127.0.0.0/8 with one port: some programs tell BMCs apart by
    /// their IP address alone.
    ///
    /// # Errors
    ///
    /// A socket could not be bound, or the thread not be started.
    pub async fn fleet_at(self, addresses: &[SocketAddr]) -> io::Result<Fleet> {
        Ok(Fleet { members: self.start_many(addresses)? })
    }

    fn start_many(self, addresses: &[SocketAddr]) -> io::Result<Vec<MockIpmi>> {
        let prototype = self.machine.clone().unwrap_or_else(|| SharedMachine::new(Machine::two_socket_server()));
        let mut users = self.users.clone();
        if users.is_empty() && prototype.lock().users.iter().all(|(_, user)| !user.enabled) {
            users.push(User::new("admin", "password", Privilege::Administrator));
        }
        for user in users {
            let name = user.name.clone();
            let slot = prototype.lock().users.add(user);
            slot.ok_or_else(|| io::Error::other(format!("no room in the user table for {name:?}")))?;
        }
        if !self.config.legacy {
            // Authentication types are IPMI 1.5's; without its sessions there are none.
            let lan = &mut prototype.lock().lan;
            lan.put(1, &[0]);
            lan.put(2, &[0; 5]);
        }
        let mut members = Vec::with_capacity(addresses.len());
        let mut started = Vec::with_capacity(addresses.len());
        for (index, address) in addresses.iter().enumerate() {
            let machine = if index == 0 { prototype.clone() } else { SharedMachine::new(prototype.lock().clone()) };
            let socket = UdpSocket::bind(address)?;
            let address = socket.local_addr()?;
            let mut bmc = Bmc::new(machine.clone(), self.config.clone(), self.faults.clone(), address.port());
            bmc.rules.clone_from(&self.rules);
            bmc.state.flaws.clone_from(&self.flaws);
            let bmc = Arc::new(Mutex::new(bmc));
            members.push(Member { socket, bmc: Arc::clone(&bmc) });
            started.push((address, bmc, machine));
        }
        let host = Arc::new(Host::start(members)?);
        Ok(started
            .into_iter()
            .map(|(address, bmc, machine)| MockIpmi { address, bmc, machine, host: Arc::clone(&host) })
            .collect())
    }
}

impl MockIpmi {
    /// Returns a BMC to be set up.
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
}
