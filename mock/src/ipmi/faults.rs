//! Faults to order: what the network does to datagrams, what a forger adds, what the BMC answers wrongly.
//! All of it is off by default, and random faults are the same again with the same seed.

use std::time::Duration;

use super::journal::Stats;
use crate::random::Random;

/// A packet that somebody else than the BMC might have sent, or that a faulty BMC sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// The right session id, neither authenticated nor encrypted.
    Plaintext,
    /// Authenticated and encrypted, with a wrong code.
    WrongCode,
    /// Encrypted, without a code.
    Unauthenticated,
    /// Authenticated with the right code, but in the clear.
    Unencrypted,
    /// Right in all but the session id.
    OtherSession,
    /// An IPMI 1.5 packet outside of sessions.
    Legacy,
    /// The datagram that was sent before, once more.
    Replay,
}

impl Forgery {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Plaintext,
        Self::WrongCode,
        Self::Unauthenticated,
        Self::Unencrypted,
        Self::OtherSession,
        Self::Legacy,
        Self::Replay,
    ];
}

/// Something wrong in the session's handshake. Each applies to every handshake while it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeFault {
    /// The Open Session Response names this suite's algorithms, whatever was proposed, and continues with them.
    Downgrade(u8),
    /// The message of this payload type (11h, 13h, 15h) carries this status and nothing is opened.
    Status(u8, u8),
    /// The code in RAKP 2 is wrong.
    WrongKeyExchangeCode,
    /// The check value in RAKP 4 is wrong.
    WrongCheckValue,
    /// The message of this payload type has another tag than the request.
    WrongTag(u8),
    /// The message of this payload type names another console session id.
    WrongSession(u8),
    /// The message of this payload type is cut to this many bytes.
    Truncate(u8, usize),
    /// The message of this payload type is never sent.
    Silence(u8),
}

/// Which way datagrams go that the network's faults affect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// To the BMC and from it.
    #[default]
    Both,
    /// To the BMC.
    Requests,
    /// From the BMC.
    Replies,
}

/// The faults of a BMC and of the network before it. Numbers without a unit are probabilities from 0 to 1.
#[derive(Clone, Debug)]
pub struct Faults {
    /// The seed of all random choices.
    pub seed: u64,
    /// Which datagrams are lost, doubled, delayed, reordered, cut and corrupted.
    pub direction: Direction,
    /// A datagram is lost.
    pub drop: f64,
    /// A datagram arrives twice.
    pub duplicate: f64,
    /// A datagram is overtaken by others.
    pub reorder: f64,
    /// How long a reordered datagram is held back at most.
    pub reorder_by: Duration,
    /// How long every datagram takes, at least and at most.
    pub delay: (Duration, Duration),
    /// A datagram loses its end.
    pub truncate: f64,
    /// A datagram has a bit flipped.
    pub corrupt: f64,
    /// A reply within a session arrives late, after later ones.
    pub late: f64,
    /// How late.
    pub late_by: Duration,
    /// A forged datagram precedes a reply within a session.
    pub forge: f64,
    /// The forged datagrams to choose from.
    pub forgeries: Vec<Forgery>,
    /// The true reply does not follow the forged one.
    pub forge_instead: bool,
    /// A command is answered with `code` and not carried out.
    pub wrong_code: f64,
    /// The completion code of `wrong_code`.
    pub code: u8,
    /// A command is answered with C0h, node busy, and not carried out.
    pub busy: f64,
    /// Input over SOL is refused.
    pub sol_nack: f64,
    /// Handshake faults.
    pub handshake: Vec<HandshakeFault>,
    /// Network faults leave alone what is not of an active session.
    pub spare_handshake: bool,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 0,
            direction: Direction::Both,
            drop: 0.0,
            duplicate: 0.0,
            reorder: 0.0,
            reorder_by: Duration::from_millis(10),
            delay: (Duration::ZERO, Duration::ZERO),
            truncate: 0.0,
            corrupt: 0.0,
            late: 0.0,
            late_by: Duration::from_millis(500),
            forge: 0.0,
            forgeries: Forgery::ALL.to_vec(),
            forge_instead: false,
            wrong_code: 0.0,
            code: 0xFF,
            busy: 0.0,
            sol_nack: 0.0,
            handshake: Vec::new(),
            spare_handshake: false,
        }
    }
}

/// What a rule does with a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Answer with this code, and don't carry it out.
    Refuse(u8),
    /// Carry it out, and answer with this code all the same.
    ExecuteAndSay(u8),
    /// Don't carry it out and don't answer.
    Swallow,
    /// Carry it out and don't answer. A repetition of the request is answered.
    ExecuteSilently,
    /// Answer with this code and data, and don't carry it out.
    Reply(u8, Vec<u8>),
    /// Carry it out and answer after this long.
    Late(Duration),
    /// Carry it out, and send this forged datagram in place of the answer.
    Forge(Forgery),
    /// Carry it out, and cut the response's data to this many bytes.
    Shorten(usize),
}

/// A fault for the next commands of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Network function.
    pub netfn: u8,
    /// The command; `None` is any.
    pub command: Option<u8>,
    /// How many of them.
    pub times: u32,
    /// What is done.
    pub act: Act,
}

impl Rule {
    /// Creates a rule for the next command of this network function and code.
    #[must_use]
    pub fn once(netfn: u8, command: u8, act: Act) -> Self {
        Self { netfn, command: Some(command), times: 1, act }
    }

    /// Creates a rule for Get Channel Cipher Suites, the first that many clients send.
    ///
    /// ```
    /// use rosefish_mock::ipmi::{Act, Rule};
    ///
    /// let silent = Rule::cipher_suites(Act::Swallow);
    /// let empty = Rule::cipher_suites(Act::Reply(0, vec![1]));
    /// let garbled = Rule::cipher_suites(Act::Reply(0, vec![1, 0xC0, 3, 0x01, 0xC0, 0xFF, 0x41]));
    /// let refused = Rule::cipher_suites(Act::Refuse(0xC1));
    /// ```
    #[must_use]
    pub fn cipher_suites(act: Act) -> Self {
        Self::always(0x06, 0x54, act)
    }

    /// Rules for the commands that read and write what a channel is (40h to 42h), and the users' access to it (43h, 44h).
    ///
    /// ```
    /// use rosefish_mock::ipmi::{Act, MockIpmi, Rule};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let bmc = MockIpmi::builder().start_blocking()?;
    /// Rule::channel_commands(Act::Refuse(0xD4)).into_iter().for_each(|rule| bmc.rule(rule));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn channel_commands(act: Act) -> Vec<Self> {
        (0x40..=0x44).map(|command| Self::always(0x06, command, act.clone())).collect()
    }

    /// Creates a rule for every command of this network function and code.
    #[must_use]
    pub fn always(netfn: u8, command: u8, act: Act) -> Self {
        Self { times: u32::MAX, ..Self::once(netfn, command, act) }
    }
}

/// A datagram after the network's faults: its copies, each with its delay.
pub(crate) type Carried = Vec<(Duration, Vec<u8>)>;

impl Faults {
    /// Carries a datagram through the faulty network.
    pub(crate) fn carry(&self, mut datagram: Vec<u8>, random: &mut Random, stats: &mut Stats) -> Carried {
        if random.happens(self.drop) {
            stats.dropped += 1;
            return Vec::new();
        }
        if random.happens(self.truncate) {
            stats.truncated += 1;
            let length = random.below(datagram.len() as u64);
            datagram.truncate(usize::try_from(length).unwrap_or(0));
        }
        if random.happens(self.corrupt) {
            stats.corrupted += 1;
            let bit = random.below(datagram.len() as u64 * 8);
            if let Some(byte) = datagram.get_mut(usize::try_from(bit / 8).unwrap_or(0)) {
                *byte ^= 1 << (bit % 8);
            }
        }
        let mut carried = Vec::new();
        if random.happens(self.duplicate) {
            stats.duplicated += 1;
            carried.push((self.travel(random, stats), datagram.clone()));
        }
        carried.push((self.travel(random, stats), datagram));
        carried
    }

    fn travel(&self, random: &mut Random, stats: &mut Stats) -> Duration {
        let (least, most) = self.delay;
        let mut takes = least + within(most.saturating_sub(least), random);
        if random.happens(self.reorder) {
            stats.delayed += 1;
            takes += within(self.reorder_by, random);
        }
        takes
    }

    pub(crate) fn affect(&self, direction: Direction) -> bool {
        self.direction == Direction::Both || self.direction == direction
    }

    /// Returns the first handshake fault that `pick` recognises, as `pick` maps it.
    pub(crate) fn handshake<T>(&self, pick: impl Fn(&HandshakeFault) -> Option<T>) -> Option<T> {
        self.handshake.iter().find_map(pick)
    }
}

fn within(most: Duration, random: &mut Random) -> Duration {
    let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random.below(nanos))
}
