//! What a BMC has received and what it made of it: the evidence for "at most once" and for "never sent".

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::wire::session::Refusal;

/// What became of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was carried out, and succeeded.
    Executed,
    /// It was looked at and refused with this completion code.
    Refused(u8),
    /// It was recognised as a repetition and answered as before.
    AnsweredAgain,
    /// A fault answered for it with this code; it was not carried out.
    Faulted(u8),
    /// A fault swallowed it; it was not carried out.
    Swallowed,
}

/// A command that reached the BMC, past all checks of the session.
#[derive(Clone, PartialEq, Eq)]
pub struct Received {
    /// Machine time.
    pub at: Duration,
    /// Who sent it.
    pub from: SocketAddr,
    /// The BMC's session id; `None` outside of sessions.
    pub session: Option<u32>,
    /// The controller it was for: 20h is the BMC, others were reached by bridging.
    pub target: u8,
    /// Network function.
    pub netfn: u8,
    /// Command.
    pub command: u8,
    /// The request sequence number.
    pub sequence: u8,
    /// The request's data.
    pub data: Vec<u8>,
    /// What became of it.
    pub fate: Fate,
}

impl Received {
    /// Returns whether the command took effect.
    #[must_use]
    pub fn executed(&self) -> bool {
        self.fate == Fate::Executed
    }

    /// Set User Password and Set Channel Security Keys carry secrets.
    fn is_secret(&self) -> bool {
        self.netfn == 0x06 && matches!(self.command, 0x47 | 0x56 | 0x3A)
    }
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = if self.is_secret() { "[redacted]".to_owned() } else { format!("{:02x?}", self.data) };
        write!(
            f,
            "{:?} {} -> {:02x}: netfn {:02x} cmd {:02x} seq {} {data} {:?}",
            self.at, self.from, self.target, self.netfn, self.command, self.sequence, self.fate
        )
    }
}

/// Counts of what went over the wire and of what the faults did to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Datagrams that arrived at the socket.
    pub received: u64,
    /// Datagrams that were sent.
    pub sent: u64,
    /// Datagrams lost on purpose, either way.
    pub dropped: u64,
    /// Datagrams doubled on purpose.
    pub duplicated: u64,
    /// Datagrams held back on purpose.
    pub delayed: u64,
    /// Datagrams cut on purpose.
    pub truncated: u64,
    /// Datagrams with a bit flipped on purpose.
    pub corrupted: u64,
    /// Forged datagrams sent.
    pub forged: u64,
    /// Sessions that became active.
    pub sessions_opened: u64,
    /// Sessions that were closed by a command.
    pub sessions_closed: u64,
    /// Packets that a session did not let in, with the reason.
    pub refusals: Vec<Refusal>,
}
