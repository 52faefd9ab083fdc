//! What commands share: their input (the machine, the session), their results, completion codes, and helpers that
//! parse requests.

use std::net::SocketAddr;
use std::time::Duration;

use crate::ipmi::journal::Fate;
use crate::ipmi::machine::Machine;
use crate::ipmi::state::State;
use crate::ipmi::wire::message::Request;
use crate::ipmi::wire::session::{Session, Sessions};

/// Completion codes that several commands use (IPMI 2.0 table 5-2).
pub(crate) mod code {
    pub(crate) const INVALID_COMMAND: u8 = 0xC1;
    pub(crate) const OUT_OF_SPACE: u8 = 0xC4;
    pub(crate) const RESERVATION: u8 = 0xC5;
    pub(crate) const LENGTH: u8 = 0xC7;
    pub(crate) const FIELD_TOO_LONG: u8 = 0xC8;
    pub(crate) const OUT_OF_RANGE: u8 = 0xC9;
    pub(crate) const CANNOT_RETURN: u8 = 0xCA;
    pub(crate) const NOT_PRESENT: u8 = 0xCB;
    pub(crate) const INVALID_FIELD: u8 = 0xCC;
    pub(crate) const PRIVILEGE: u8 = 0xD4;
    pub(crate) const STATE: u8 = 0xD5;
}

/// A completion code other than zero, with the data that some commands return with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) code: u8,
    pub(crate) data: Vec<u8>,
}

impl Refused {
    pub(crate) fn with(code: u8, data: Vec<u8>) -> Self {
        Self { code, data }
    }
}

impl From<u8> for Refused {
    fn from(code: u8) -> Self {
        Self { code, data: Vec::new() }
    }
}

/// The data of a response, or why there is none.
pub(crate) type Answer = Result<Vec<u8>, Refused>;

/// What remains to be done once a command's response is sent.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Messages that follow the response.
    pub(crate) more: Vec<Vec<u8>>,
    /// Requests that were passed on to other controllers, and what became of them.
    pub(crate) bridged: Vec<(Request, Fate)>,
    /// Sessions that end.
    pub(crate) closed: Vec<u32>,
    /// The BMC resets: cold or warm.
    pub(crate) reset: Option<bool>,
    /// The session whose console was taken away.
    pub(crate) stopped_console: Option<u32>,
}

/// What a command works on.
pub(crate) struct Context<'a> {
    pub(crate) machine: &'a mut Machine,
    pub(crate) state: &'a mut State,
    /// The session the command came in; `None` outside of sessions.
    pub(crate) session: Option<&'a mut Session>,
    /// All other sessions.
    pub(crate) others: &'a mut Sessions,
    pub(crate) request: &'a Request,
    pub(crate) peer: SocketAddr,
    pub(crate) now: Duration,
    pub(crate) effects: Effects,
}

impl Context<'_> {
    /// Returns the LAN channel, which is 1; Eh means "this channel".
    pub(crate) fn lan_channel(&self, channel: u8) -> Result<u8, Refused> {
        match channel & 0x0F {
            0x0E | 0x01 => Ok(1),
            _ => Err(code::INVALID_FIELD.into()),
        }
    }
}

pub(super) type Run = fn(&mut Context<'_>, &[u8]) -> Answer;

/// A command: the privilege it requires (0 if it is also allowed outside of sessions), and what it does.
#[derive(Clone, Copy)]
pub(crate) struct Command {
    pub(super) privilege: u8,
    pub(super) run: Run,
}

pub(crate) const ANYBODY: u8 = 0;
pub(crate) const CALLBACK: u8 = 1;
pub(crate) const USER: u8 = 2;
pub(crate) const OPERATOR: u8 = 3;
pub(crate) const ADMINISTRATOR: u8 = 4;

/// Creates an entry of a command table.
pub(crate) fn command(privilege: u8, run: Run) -> Option<Command> {
    Some(Command { privilege, run })
}

/// Returns the byte at this offset, or C7h if the request is too short.
pub(crate) fn byte(data: &[u8], at: usize) -> Result<u8, Refused> {
    data.get(at).copied().ok_or(Refused::from(code::LENGTH))
}

/// Returns all of the data if it has this length, else C7h.
pub(crate) fn exactly<const N: usize>(data: &[u8]) -> Result<[u8; N], Refused> {
    data.try_into().map_err(|_| Refused::from(code::LENGTH))
}

/// Returns a piece of a record: CAh if it is longer than one read may return, C9h beyond the record's end.
pub(crate) fn piece(record: &[u8], offset: usize, count: usize, most: u8) -> Result<&[u8], Refused> {
    let rest = record.get(offset..).ok_or(code::OUT_OF_RANGE)?;
    let count = count.min(rest.len());
    if count > usize::from(most) {
        return Err(code::CANNOT_RETURN.into());
    }
    Ok(rest.get(..count).unwrap_or_default())
}

/// Encodes a number up to 99 as two decimal digits.
pub(crate) fn bcd(number: u8) -> u8 {
    let tens = number / 10 % 10;
    (tens << 4) | (number % 10)
}

/// Converts a number to a byte, at most FFh.
pub(crate) fn small(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}
