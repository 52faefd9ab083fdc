//! A session: its keys, what it requires of a packet, its sequence numbers, and the replies it remembers.
//! It is opened in `handshake` or, for IPMI 1.5, by the commands that activate one.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use super::crypto::{Keys, Suite, md5_code, same};
use super::packet::{self, AUTHENTICATED, ENCRYPTED, V15, V20};
use super::sol::Sol;
use crate::ipmi::machine::users::Privilege;
use crate::random::Random;

/// How many of the latest requests a session recognises. Less than 64, so that a request sequence number that has
/// wrapped around belongs to a new request.
const REMEMBERED: usize = 16;
/// How far ahead of the highest number seen, and behind it, a sequence number may be.
const AHEAD: u32 = 16;
const BEHIND: u32 = 16;

/// Why a packet was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No session has this id, or it is not active yet.
    UnknownSession,
    /// The suite has integrity and the packet has none.
    NotAuthenticated,
    /// The suite has confidentiality and the packet is in the clear.
    NotEncrypted,
    /// The integrity code is wrong.
    WrongCode,
    /// The sequence number was seen before, or lies outside the window.
    Replayed,
    /// Lengths, padding or checksums are wrong.
    Malformed,
}

/// The sliding window over sequence numbers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    highest: u32,
    seen: u32,
}

impl Window {
    pub(crate) fn starting_at(highest: u32) -> Self {
        Self { highest, seen: 0 }
    }

    /// Accepts a number. `false` if it is a repetition or outside the window.
    pub(crate) fn take(&mut self, number: u32) -> bool {
        if number == 0 {
            return false;
        }
        let ahead = number.wrapping_sub(self.highest);
        if (1..=AHEAD).contains(&ahead) {
            self.seen = self.seen << ahead | 1;
            self.highest = number;
            return true;
        }
        let behind = self.highest.wrapping_sub(number);
        let fresh = behind < BEHIND && self.seen >> behind & 1 == 0;
        if fresh {
            self.seen |= 1 << behind;
        }
        fresh
    }
}

/// A request and the replies to it.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) at: Duration,
    pub(crate) request: Vec<u8>,
    pub(crate) replies: Vec<Vec<u8>>,
}

/// The phase that a session has reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Opened; RAKP 1 is awaited.
    Opened,
    /// RAKP 2 was sent; RAKP 3 is awaited.
    Keyed,
    /// Usable.
    Active,
}

/// The parts that only an IPMI 1.5 session has.
#[derive(Clone)]
pub(crate) struct Legacy {
    pub(crate) auth_type: u8,
    pub(crate) password: [u8; 16],
    pub(crate) challenge: [u8; 16],
}

/// A session with its keys.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) id: u32,
    pub(crate) handle: u8,
    pub(crate) console_id: u32,
    pub(crate) peer: SocketAddr,
    pub(crate) phase: Phase,
    pub(crate) suite: Suite,
    pub(crate) keys: Keys,
    pub(crate) legacy: Option<Legacy>,
    pub(crate) user: u8,
    pub(crate) user_name: String,
    pub(crate) user_key: Vec<u8>,
    pub(crate) role: u8,
    pub(crate) randoms: ([u8; 16], [u8; 16]),
    pub(crate) limit: Privilege,
    pub(crate) privilege: Privilege,
    pub(crate) signed_window: Window,
    plain_window: Window,
    pub(crate) signed_sent: u32,
    plain_sent: u32,
    pub(crate) last_used: Duration,
    pub(crate) recent: VecDeque<Remembered>,
    /// Handshake messages and their answers, for messages that arrive twice.
    pub(crate) handshake: Vec<(Vec<u8>, Vec<u8>)>,
    pub(crate) sol: Option<Sol>,
    /// The last datagram sent, for replayed forgeries.
    pub(crate) last_sent: Vec<u8>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("phase", &self.phase).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(
        id: u32,
        console_id: u32,
        suite: Suite,
        peer: SocketAddr,
        limit: Privilege,
        now: Duration,
    ) -> Self {
        Self {
            id,
            handle: 0,
            console_id,
            peer,
            phase: Phase::Opened,
            suite,
            keys: Keys::default(),
            legacy: None,
            user: 0,
            user_name: String::new(),
            user_key: Vec::new(),
            role: 0,
            randoms: ([0; 16], [0; 16]),
            limit,
            privilege: limit.min(Privilege::User),
            signed_window: Window::default(),
            plain_window: Window::default(),
            signed_sent: 0,
            plain_sent: 0,
            last_used: now,
            recent: VecDeque::new(),
            handshake: Vec::new(),
            sol: None,
            last_sent: Vec::new(),
        }
    }

    /// Checks a packet against the negotiated protection and returns its payload.
    pub(crate) fn open(&mut self, packet: &V20<'_>) -> Result<Vec<u8>, Refusal> {
        if self.phase != Phase::Active || self.legacy.is_some() {
            return Err(Refusal::UnknownSession);
        }
        let sol = packet.kind & 0x3F == packet::SOL;
        let (may_skip_code, may_skip_cipher) = match &self.sol {
            Some(active) if sol => (!active.authenticated, !active.encrypted),
            _ => (false, false),
        };
        if self.suite.integrity != 0 {
            if packet.kind & AUTHENTICATED != 0 {
                self.check_code(packet)?;
            } else if !may_skip_code {
                return Err(Refusal::NotAuthenticated);
            }
        }
        let encrypted = packet.kind & ENCRYPTED != 0;
        if self.suite.confidentiality != 0 && !encrypted && !may_skip_cipher {
            return Err(Refusal::NotEncrypted);
        }
        let authenticated = self.suite.integrity != 0 && packet.kind & AUTHENTICATED != 0;
        let window = if authenticated { &mut self.signed_window } else { &mut self.plain_window };
        if !window.take(packet.sequence) {
            return Err(Refusal::Replayed);
        }
        if encrypted {
            return self.keys.decrypt(packet.payload).ok_or(Refusal::Malformed);
        }
        Ok(packet.payload.to_vec())
    }

    fn check_code(&self, packet: &V20<'_>) -> Result<(), Refusal> {
        let length = self.suite.code_length();
        let pad_end = packet.trailer.len().checked_sub(length).ok_or(Refusal::Malformed)?;
        let signed_end = packet.session_part.len().checked_sub(length).ok_or(Refusal::Malformed)?;
        let (padding, code) = packet.trailer.split_at_checked(pad_end).ok_or(Refusal::Malformed)?;
        let signed = packet.session_part.get(..signed_end).ok_or(Refusal::Malformed)?;
        if !same(&self.suite.integrity_code(&self.keys.k1, signed), code) {
            return Err(Refusal::WrongCode);
        }
        match padding {
            [pad @ .., count, 0x07] if usize::from(*count) == pad.len() => Ok(()),
            _ => Err(Refusal::Malformed),
        }
    }

    /// Returns the flag bits for packets of this payload type.
    pub(crate) fn flags(&self, kind: u8) -> u8 {
        let (sign, hide) = match &self.sol {
            Some(active) if kind == packet::SOL => (active.authenticated, active.encrypted),
            _ => (true, true),
        };
        let mut flags = 0;
        if self.suite.integrity != 0 && sign {
            flags |= AUTHENTICATED;
        }
        if self.suite.confidentiality != 0 && hide {
            flags |= ENCRYPTED;
        }
        flags
    }

    /// Creates a datagram from a payload, with a new sequence number.
    pub(crate) fn seal(&mut self, kind: u8, payload: &[u8], random: &mut Random) -> Vec<u8> {
        let datagram = match &self.legacy {
            Some(legacy) => {
                self.signed_sent = next(self.signed_sent);
                let code = legacy_code(legacy, self.console_id, payload, self.signed_sent);
                packet::v15_packet(legacy.auth_type, self.signed_sent, self.console_id, code, payload)
            }
            None => {
                let flags = self.flags(kind);
                self.seal_as(kind | flags, payload, random)
            }
        };
        self.last_sent.clone_from(&datagram);
        datagram
    }

    /// Creates a datagram with these flag bits, whatever was negotiated.
    pub(crate) fn seal_as(&mut self, kind: u8, payload: &[u8], random: &mut Random) -> Vec<u8> {
        let sent = if kind & AUTHENTICATED != 0 { &mut self.signed_sent } else { &mut self.plain_sent };
        *sent = next(*sent);
        let sequence = *sent;
        let encrypted;
        let payload = if kind & ENCRYPTED != 0 {
            encrypted = self.keys.encrypt(random.bytes(), payload);
            &encrypted
        } else {
            payload
        };
        let mut out = packet::v20_packet(kind, self.console_id, sequence, payload);
        if kind & AUTHENTICATED != 0 {
            let length = out.len() - packet::SESSION_PART + 2;
            let pad = length.next_multiple_of(4) - length;
            out.resize(out.len() + pad, 0xFF);
            out.extend_from_slice(&[u8::try_from(pad).unwrap_or(0), 0x07]);
            let signed = out.get(packet::SESSION_PART..).unwrap_or_default();
            let mut code = self.suite.integrity_code(&self.keys.k1, signed);
            out.append(&mut code);
        }
        out
    }

    /// Checks an IPMI 1.5 packet.
    pub(crate) fn open_legacy(&mut self, packet: &V15<'_>) -> Result<(), Refusal> {
        let legacy = self.legacy.as_ref().filter(|_| self.phase == Phase::Active).ok_or(Refusal::UnknownSession)?;
        if packet.auth_type != legacy.auth_type {
            return Err(Refusal::NotAuthenticated);
        }
        let code = legacy_code(legacy, packet.session, packet.message, packet.sequence);
        if let Some(code) = code
            && !same(&code, packet.code.unwrap_or_default())
        {
            return Err(Refusal::WrongCode);
        }
        if self.signed_window.take(packet.sequence) { Ok(()) } else { Err(Refusal::Replayed) }
    }

    /// Returns the replies to an identical request if it came within `lifetime`.
    pub(crate) fn recall(&self, request: &[u8], now: Duration, lifetime: Duration) -> Option<Vec<Vec<u8>>> {
        let found = self.recent.iter().rev().find(|old| old.request == request)?;
        (now < found.at + lifetime).then(|| found.replies.clone())
    }

    pub(crate) fn remember(&mut self, request: Vec<u8>, replies: Vec<Vec<u8>>, at: Duration) {
        self.recent.retain(|old| old.request != request);
        while self.recent.len() >= REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(Remembered { at, request, replies });
    }
}

/// Computes the code of an IPMI 1.5 packet. `None` for the authentication type "none".
pub(crate) fn legacy_code(legacy: &Legacy, session: u32, message: &[u8], sequence: u32) -> Option<[u8; 16]> {
    match legacy.auth_type {
        0 => None,
        4 => Some(legacy.password),
        _ => Some(md5_code(legacy.password, session, message, sequence)),
    }
}

/// Returns the next sequence number, skipping zero, which is for packets outside of sessions.
fn next(number: u32) -> u32 {
    match number.wrapping_add(1) {
        0 => 1,
        next => next,
    }
}

/// All sessions of a BMC.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_id: BTreeMap<u32, Session>,
    last_handle: u8,
}

impl Sessions {
    pub(crate) fn get_mut(&mut self, id: u32) -> Option<&mut Session> {
        self.by_id.get_mut(&id)
    }

    pub(crate) fn put(&mut self, mut session: Session) {
        if session.phase == Phase::Active && session.handle == 0 {
            self.last_handle = if self.last_handle >= 0xFE { 1 } else { self.last_handle + 1 };
            session.handle = self.last_handle;
        }
        self.by_id.insert(session.id, session);
    }

    pub(crate) fn take(&mut self, id: u32) -> Option<Session> {
        self.by_id.remove(&id)
    }

    pub(crate) fn clear(&mut self) {
        self.by_id.clear();
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.by_id.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.by_id.values_mut()
    }

    pub(crate) fn active(&self) -> impl Iterator<Item = &Session> {
        self.iter().filter(|session| session.phase == Phase::Active)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Removes sessions that timed out: half-open ones and inactive ones.
    pub(crate) fn expire(&mut self, now: Duration, half_open: Duration, inactive: Duration) {
        self.by_id.retain(|_, session| {
            let limit = if session.phase == Phase::Active { inactive } else { half_open };
            now < session.last_used + limit
        });
    }

    /// Returns an unused session id, never zero.
    pub(crate) fn fresh_id(&self, random: &mut Random) -> u32 {
        loop {
            let id = u32::from_le_bytes(random.bytes());
            if id != 0 && !self.by_id.contains_key(&id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_once_and_only_near_the_highest() {
        let mut window = Window::default();
        for (number, taken) in
            [(0, false), (1, true), (1, false), (4, true), (3, true), (3, false), (2, true), (20, true), (4, false)]
        {
            assert_eq!(window.take(number), taken, "{number}");
        }
        assert!(window.take(5), "fifteen behind");
        assert!(!window.take(37), "seventeen ahead");
        assert!(window.take(36), "sixteen ahead");
    }

    #[test]
    fn the_window_goes_round_with_the_numbers() {
        let mut window = Window::starting_at(u32::MAX - 1);
        assert!(window.take(u32::MAX));
        assert!(!window.take(0));
        assert!(window.take(1));
        assert!(!window.take(u32::MAX));
    }
}
