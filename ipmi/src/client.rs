//! The public handle on a BMC: connecting, sending commands, addressing a satellite controller, closing. All clones share
//! one session, which is closed when the last of them is dropped.

use std::net::{SocketAddr, SocketAddrV6};
use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretBox, SecretString};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::address::{Address, AddressError};
use super::command::session::{ChannelAuthenticationCapabilities, Privilege};
use super::command::{Command, CompletionCode, Effect};
use super::deadline::after;
use super::error::{Error, ErrorKind};
use super::packet::message::BMC_ADDRESS;
use super::packet::rmcp::Pong;
use super::packet::session15::AuthType;
use super::packet::suite::CipherSuite;
use super::session::{self, Config, Control, Established, Job, Owner, Protocol, SuiteChoice, Target, UserLookup};

/// The UDP port of RMCP.
pub const DEFAULT_PORT: u16 = 623;
const CONNECTING: &str = "connecting";
const LONGEST_USER: usize = 16;
const LONGEST_PASSWORD: usize = 20;
/// How many timeouts reading something in many steps may take by default.
const READ_TIMEOUTS: u32 = 40;
/// How many commands may be queued while as many as allowed are under way.
const QUEUE: usize = 64;

/// A session with a BMC. Clones are cheap and share it.
///
/// ```no_run
/// # async fn example() -> Result<(), rosefish_ipmi::Error> {
/// use rosefish_ipmi::{Client, command::chassis::ChassisControl};
///
/// let client = Client::builder("10.0.0.7").credentials("admin", "password").connect().await?;
/// if !client.chassis_status().await?.power_on {
///     client.chassis_control(ChassisControl::PowerUp).await?;
/// }
/// client.close().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Client {
    shared: Arc<Shared>,
    target: Target,
    /// The deadline for everything that is done with this handle.
    until: Option<Instant>,
}

#[derive(Debug)]
struct Shared {
    jobs: mpsc::Sender<Job>,
    control: mpsc::UnboundedSender<Control>,
    established: Established,
    privilege: Privilege,
    address: SocketAddr,
    peer: String,
    timeout: Duration,
    read_limit: Duration,
}

impl Client {
    /// Describes a connection to `host`: a name or an address, perhaps with a port, as [`Address`] reads it.
    pub fn builder(host: impl Into<String>) -> Builder {
        Builder {
            host: host.into(),
            port: None,
            unprotected: None,
            target: Target::Bmc,
            config: Config {
                user: Vec::new(),
                password: SecretString::default(),
                bmc_key: None,
                lookup: UserLookup::default(),
                privilege: Privilege::Administrator,
                protocol: Protocol::V2(SuiteChoice::Strongest),
                first_repeat: Duration::from_millis(500),
                timeout: Duration::from_secs(15),
                keep_alive: Some(Duration::from_secs(25)),
                under_way: 4,
                read_limit: None,
            },
        }
    }

    /// Sends a command and waits for its answer.
    ///
    /// Dropping the future cancels it. A command that changes state may have been carried out by then.
    ///
    /// # Errors
    /// When the BMC refuses it ([`ErrorKind::Refused`] with the completion code), doesn't answer in time, answers what
    /// can't be read, or the session was closed.
    pub async fn send<C: Command>(&self, command: &C) -> Result<C::Response, Error> {
        self.send_within(command, self.shared.timeout).await
    }

    /// Like [`send`](Self::send), but waits for `patience` instead of the session's timeout.
    pub(crate) async fn send_within<C: Command>(&self, command: &C, patience: Duration) -> Result<C::Response, Error> {
        let mut data = Vec::new();
        command.encode(&mut data);
        if data.len() > usize::from(u8::MAX) {
            let detail = format!("{} bytes are more than a request can have", data.len());
            return Err(Error::invalid(C::NAME, detail).at(&self.shared.peer));
        }
        let (reply, answer) = oneshot::channel();
        let job = Job {
            action: C::NAME,
            target: self.target,
            code: command.code(),
            lun: command.lun(),
            data,
            effect: command.effect(),
            patience: self.at_most(patience),
            reply: Some(reply),
        };
        let asked = async {
            self.shared.jobs.send(job).await.map_err(|_| self.closed(C::NAME))?;
            answer.await.map_err(|_| self.closed(C::NAME))?
        };
        let reply = match self.until {
            // The deadline holds for waiting in the queue as well, which the job's patience doesn't cover.
            Some(_) if self.is_over() => return Err(self.late(C::NAME)),
            Some(until) => timeout_at(until, asked).await.map_err(|_| match command.effect() {
                Effect::Reads => self.late(C::NAME),
                Effect::Changes => self.late(C::NAME).perhaps_done(),
            })??,
            None => asked.await?,
        };
        match CompletionCode::from(reply.completion) {
            CompletionCode::Success => command
                .decode(&reply.data)
                .map_err(|malformed| Error::malformed(C::NAME, malformed).at(&self.shared.peer)),
            code => {
                // Some bridges answer on behalf of a controller that they couldn't reach.
                let bridge = code.of_a_bridge().filter(|_| self.target != Target::Bmc);
                let number = code.number();
                let detail = match (command.explain(code), bridge) {
                    (Some(meaning), _) => format!("completion code {number:#04x}: {meaning}"),
                    (None, Some(meaning)) => {
                        format!("the satellite controller: completion code {number:#04x}: {meaning}")
                    }
                    (None, None) => code.to_string(),
                };
                Err(Error::new(ErrorKind::Refused(code), C::NAME, detail).at(&self.shared.peer))
            }
        }
    }

    /// Returns the same session, with commands going to a satellite controller: at `address` on IPMB or another
    /// `channel`, by way of the BMC.
    #[must_use]
    pub fn satellite(&self, channel: u8, address: u8) -> Self {
        Self { target: Target::Satellite { channel, address }, ..self.clone() }
    }

    /// Returns the same session, with commands going to the BMC itself.
    #[must_use]
    pub fn bmc(&self) -> Self {
        Self { target: Target::Bmc, ..self.clone() }
    }

    /// Returns the same session with a deadline, `time` from now, for everything that is done with this handle: single commands
    /// as well as reading in many steps. A list gives what was read until then, and reports the rest as missing. A command that
    /// changes state may have been carried out although its time is over.
    ///
    /// ```no_run
    /// # async fn example(bmc: rosefish_ipmi::Client) {
    /// use std::time::Duration;
    ///
    /// let sensors = bmc.within(Duration::from_secs(20)).sdr().collect_all().await;
    /// # }
    /// ```
    #[must_use]
    pub fn within(&self, time: Duration) -> Self {
        let until = after(time);
        Self { until: Some(self.until.map_or(until, |earlier| earlier.min(until))), ..self.clone() }
    }

    /// Shortens a time to what is left until this handle's deadline.
    fn at_most(&self, time: Duration) -> Duration {
        self.until.map_or(time, |until| time.min(until.saturating_duration_since(Instant::now())))
    }

    /// Returns whether this handle's deadline has passed.
    pub(crate) fn is_over(&self) -> bool {
        self.until.is_some_and(|until| until <= Instant::now())
    }

    fn late(&self, action: &'static str) -> Error {
        Error::new(ErrorKind::Timeout, action, "the time for all of it is over").at(&self.shared.peer)
    }

    /// Returns whether commands go to the controller at this slave address.
    pub(crate) fn is_for(&self, address: u8) -> bool {
        self.target.address() == address
    }

    /// Closes the session and waits until that is done, at most about a second. Other clones find it closed.
    /// Dropping the last clone closes it as well, in the background.
    pub async fn close(&self) {
        let (closed, done) = oneshot::channel();
        if self.shared.control.send(Control::Close(closed)).is_ok() {
            let _ = done.await;
        }
    }

    /// Returns the negotiated cipher suite; none for IPMI 1.5.
    #[must_use]
    pub fn cipher_suite(&self) -> Option<CipherSuite> {
        self.shared.established.suite
    }

    /// Returns the GUID that the BMC reported when the session was opened; none for IPMI 1.5.
    #[must_use]
    pub fn session_guid(&self) -> Option<[u8; 16]> {
        self.shared.established.guid
    }

    /// Returns the privilege level of the session.
    #[must_use]
    pub fn privilege(&self) -> Privilege {
        self.shared.privilege
    }

    /// Returns the BMC's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Returns how long to wait for an answer.
    pub(crate) fn timeout(&self) -> Duration {
        self.shared.timeout
    }

    /// Returns how long reading something in many steps may take from now on.
    pub(crate) fn read_limit(&self) -> Duration {
        self.at_most(self.shared.read_limit)
    }

    pub(crate) fn peer(&self) -> &str {
        &self.shared.peer
    }

    pub(crate) fn control(&self, control: Control) -> Result<(), Error> {
        self.shared.control.send(control).map_err(|_| self.closed("using the session"))
    }

    fn closed(&self, action: &'static str) -> Error {
        Error::new(ErrorKind::Closed, action, "the session was closed").at(&self.shared.peer)
    }
}

/// Describes a connection before it is made.
#[derive(Debug)]
#[must_use = "nothing happens until `connect`"]
pub struct Builder {
    host: String,
    port: Option<u16>,
    /// A suite that may be used although it doesn't protect everything.
    unprotected: Option<CipherSuite>,
    target: Target,
    config: Config,
}

impl Builder {
    /// Sets the user name and the password. Defaults to the BMC's user without a name.
    pub fn credentials(mut self, user: impl Into<String>, password: impl Into<SecretString>) -> Self {
        self.config.user = user.into().into_bytes();
        self.config.password = password.into();
        self
    }

    /// Sets the BMC's key K_G, for BMCs on which one is set: at most 20 bytes.
    pub fn bmc_key(mut self, key: impl Into<SecretBox<[u8]>>) -> Self {
        self.config.bmc_key = Some(key.into());
        self
    }

    /// Sets the UDP port, whatever the host says. Defaults to the host's, or 623.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Sets the privilege level of the session. Defaults to Administrator.
    pub fn privilege(mut self, privilege: Privilege) -> Self {
        self.config.privilege = privilege;
        self
    }

    /// Has commands go to a satellite controller behind the BMC from the start, as [`Client::satellite`] does: at `address` on
    /// IPMB (channel 0) or another `channel`. The session is the BMC's.
    pub fn satellite(mut self, channel: u8, address: u8) -> Self {
        self.target = if address == BMC_ADDRESS { Target::Bmc } else { Target::Satellite { channel, address } };
        self
    }

    /// Sets how the BMC looks up the user. Defaults to by name alone.
    pub fn user_lookup(mut self, lookup: UserLookup) -> Self {
        self.config.lookup = lookup;
        self
    }

    /// Insists on a cipher suite instead of the strongest that the BMC offers. This also saves asking which it offers.
    /// Suites that leave out authentication, integrity or encryption are refused by [`connect`](Self::connect).
    pub fn cipher_suite(mut self, suite: CipherSuite) -> Self {
        self.config.protocol = Protocol::V2(SuiteChoice::Exactly(suite));
        self
    }

    /// Insists on a cipher suite that leaves out integrity or encryption, or (suite 0) everything: anyone who is on the
    /// network can read along, and with most of them give commands to the BMC.
    pub fn danger_unprotected_cipher_suite(mut self, suite: CipherSuite) -> Self {
        self.unprotected = Some(suite);
        self.config.protocol = Protocol::V2(SuiteChoice::Exactly(suite));
        self
    }

    /// Speaks IPMI 1.5, which doesn't encrypt anything and, but for MD5, doesn't notice forged packets: anyone who is on
    /// the network can read along, new passwords included.
    pub fn danger_ipmi_1_5(mut self, auth_type: AuthType) -> Self {
        self.config.protocol = Protocol::V15(auth_type);
        self
    }

    /// Sets how long to wait for an answer, with all repetitions. Defaults to 15 seconds.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.config.timeout = timeout;
        self
    }

    /// Sets how long to wait before a request is first repeated. Defaults to half a second. Further waits are longer, up to
    /// four times that.
    pub fn repeat_after(mut self, wait: Duration) -> Self {
        self.config.first_repeat = wait.max(Duration::from_millis(1));
        self
    }

    /// Sets how long the session may be idle before a request keeps it alive; `None` for never. BMCs end sessions that are
    /// idle for a minute. Defaults to 25 seconds.
    pub fn keep_alive(mut self, interval: Option<Duration>) -> Self {
        self.config.keep_alive = interval.map(|interval| interval.max(Duration::from_millis(10)));
        self
    }

    /// Sets how many requests may be under way at a time, 1 to 32. Defaults to 4. Some BMCs take only one.
    pub fn requests_under_way(mut self, count: usize) -> Self {
        self.config.under_way = count.clamp(1, 32);
        self
    }

    /// Sets how long reading in many steps may take: a list, or the memory of an FRU device. What was read until then is
    /// returned, and the rest is reported as missing. Defaults to forty times [`timeout`](Self::timeout), which is ten minutes
    /// if that isn't set. [`Client::within`] sets it for one call.
    pub fn read_limit(mut self, limit: Duration) -> Self {
        self.config.read_limit = Some(limit);
        self
    }

    /// Opens the session. Cancelling it leaves no session behind.
    ///
    /// # Errors
    /// When the name doesn't resolve, nothing answers, the credentials are refused ([`Error::is_auth`]; they are tried
    /// once), the BMC has no protected cipher suite, or answers another one than was asked for.
    pub async fn connect(self) -> Result<Client, Error> {
        self.check().map_err(|error| error.at(self.named()))?;
        let addresses = self.resolve().await.map_err(|error| error.at(self.named()))?;
        let named = self.named().to_owned();
        let target = self.target;
        let config = Arc::new(self.config);
        let mut last = None;
        for address in addresses {
            match connect(address, Arc::clone(&config)).await {
                Ok(client) => return Ok(Client { target, ..client }),
                // Another address of the same name may reach the BMC. Other errors would be the same there.
                Err(error) if matches!(error.kind(), ErrorKind::Timeout | ErrorKind::Unreachable) => {
                    last = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(no_address(&named, last))
    }

    /// Asks, without a session, how sessions are authenticated. This is the surest way to learn whether the host speaks IPMI,
    /// and which version. Nothing secret is sent.
    ///
    /// # Errors
    /// When the name doesn't resolve or nothing answers.
    pub async fn probe(&self) -> Result<ChannelAuthenticationCapabilities, Error> {
        let mut last = None;
        for address in self.resolve().await.map_err(|error| error.at(self.named()))? {
            match session::probe(address, &self.config).await {
                Ok(capabilities) => return Ok(capabilities),
                Err(error) => last = Some(error.at(&address.to_string())),
            }
        }
        Err(no_address(self.named(), last))
    }

    /// Sends an ASF presence ping. Many BMCs that speak IPMI leave it unanswered; [`probe`](Self::probe) finds those.
    ///
    /// # Errors
    /// When the name doesn't resolve or nothing answers.
    pub async fn ping(&self) -> Result<Pong, Error> {
        let mut last = None;
        for address in self.resolve().await.map_err(|error| error.at(self.named()))? {
            match session::ping(address, &self.config).await {
                Ok(pong) => return Ok(pong),
                Err(error) => last = Some(error.at(&address.to_string())),
            }
        }
        Err(no_address(self.named(), last))
    }

    fn check(&self) -> Result<(), Error> {
        let config = &self.config;
        if config.user.len() > LONGEST_USER {
            let detail = format!("a user name has at most {LONGEST_USER} bytes, not {}", config.user.len());
            return Err(Error::invalid(CONNECTING, detail));
        }
        let longest = if matches!(config.protocol, Protocol::V15(_)) { 16 } else { LONGEST_PASSWORD };
        if config.password().len() > longest {
            return Err(Error::invalid(CONNECTING, format!("a password has at most {longest} bytes here")));
        }
        if config.bmc_key.as_ref().is_some_and(|key| key.expose_secret().len() > LONGEST_PASSWORD) {
            return Err(Error::invalid(CONNECTING, "K_G has at most 20 bytes"));
        }
        if let Protocol::V2(SuiteChoice::Exactly(suite)) = config.protocol
            && !suite.is_protected()
            && self.unprotected != Some(suite)
        {
            let detail = format!("{suite} leaves packets unprotected; it has to be asked for by the name that says so");
            return Err(Error::new(ErrorKind::Unsupported, CONNECTING, detail));
        }
        Ok(())
    }

    /// Returns the host for messages, without anything before an @: that may be a password.
    fn named(&self) -> &str {
        self.host.rsplit('@').next().unwrap_or_default()
    }

    async fn resolve(&self) -> Result<Vec<SocketAddr>, Error> {
        let address: Address =
            self.host.parse().map_err(|error: AddressError| Error::invalid(CONNECTING, error.to_string()))?;
        let port = self.port.or(address.port()).unwrap_or(DEFAULT_PORT);
        // An IPv6 address must be looked up only if its zone is the name of an interface, rather than a number.
        if let Some(ip) = address.ipv6()
            && let Some(scope) = address.zone().map_or(Some(0), |zone| zone.parse().ok())
        {
            return Ok(vec![SocketAddrV6::new(ip, port, 0, scope).into()]);
        }
        let found = tokio::net::lookup_host((address.host(), port)).await;
        Ok(found.map_err(|error| Error::io(ErrorKind::Unreachable, "looking up the name", error))?.collect())
    }
}

/// Returns the error of the last address that was tried, or one for a name without addresses.
fn no_address(host: &str, last: Option<Error>) -> Error {
    last.unwrap_or_else(|| Error::new(ErrorKind::Unreachable, CONNECTING, "the name has no address").at(host))
}

async fn connect(address: SocketAddr, config: Arc<Config>) -> Result<Client, Error> {
    let peer = address.to_string();
    let (privilege, timeout) = (config.privilege, config.timeout);
    let read_limit = config.read_limit.unwrap_or(timeout.saturating_mul(READ_TIMEOUTS));
    let (jobs, jobs_of_owner) = mpsc::channel(QUEUE);
    let (control, control_of_owner) = mpsc::unbounded_channel();
    let owner = Owner::new(address, config, jobs_of_owner, control_of_owner).await?;
    let (ready, opened) = oneshot::channel();
    tokio::spawn(owner.run(ready));
    let established = opened
        .await
        .map_err(|_| Error::new(ErrorKind::Closed, CONNECTING, "the runtime is shutting down").at(&peer))??;
    let shared = Arc::new(Shared { jobs, control, established, privilege, address, peer, timeout, read_limit });
    Ok(Client { shared, target: Target::default(), until: None })
}
