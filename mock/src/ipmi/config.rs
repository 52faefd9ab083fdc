//! How a BMC is set up: suites, keys, limits, and the habits in which real BMCs differ.

use std::fmt;
use std::time::Duration;

use super::machine::users::Privilege;

/// What a BMC does with a request that it has seen a moment ago (same sequence number, same bytes).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Duplicates {
    /// It answers as before and carries nothing out: what the specification asks for.
    #[default]
    AnswerAgain,
    /// It carries the command out once more, as BMCs do that don't keep count.
    ExecuteAgain,
    /// It says nothing.
    Ignore,
}

/// How the answer of a bridged request comes back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BridgeReply {
    /// Send Message is acknowledged, and the answer follows as a message of its own.
    #[default]
    Separate,
    /// The answer is in the data of the response to Send Message.
    Embedded,
}

/// Which sequence number a response bears.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SequenceEcho {
    /// That of the request.
    #[default]
    AsSent,
    /// 0 in the first response of a session, then that of the request.
    ZeroAtFirst,
    /// 0, whatever was sent, as some simulators do. Requests that all have the sequence number 0 are taken for new
    /// ones where [`Duplicates`] allows it.
    Zero,
}

/// The set-up of a BMC.
#[derive(Clone)]
pub(crate) struct Config {
    pub(crate) suites: Vec<u8>,
    pub(crate) kg: Option<Vec<u8>>,
    pub(crate) max_sessions: usize,
    pub(crate) inactivity: Duration,
    pub(crate) handshake_timeout: Duration,
    pub(crate) duplicates: Duplicates,
    pub(crate) duplicate_lifetime: Duration,
    pub(crate) bridge_reply: BridgeReply,
    pub(crate) echo: SequenceEcho,
    pub(crate) channel_limit: Privilege,
    /// The access mode of the LAN channel: 0 disabled, 2 always available.
    pub(crate) channel_mode: u8,
    /// Bytes that one read of an SDR, a FRU device or a SEL entry gives at most.
    pub(crate) max_read: u8,
    /// How long the BMC is away after it was reset.
    pub(crate) reset_takes: Duration,
    /// Whether IPMI 1.5 sessions are offered.
    pub(crate) legacy: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            suites: vec![3, 17],
            kg: None,
            max_sessions: 16,
            inactivity: Duration::from_secs(60),
            handshake_timeout: Duration::from_secs(20),
            duplicates: Duplicates::default(),
            duplicate_lifetime: Duration::from_secs(5),
            bridge_reply: BridgeReply::default(),
            echo: SequenceEcho::default(),
            channel_limit: Privilege::Administrator,
            channel_mode: 2,
            max_read: 0xFF,
            reset_takes: Duration::from_millis(200),
            legacy: false,
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("suites", &self.suites).finish_non_exhaustive()
    }
}
